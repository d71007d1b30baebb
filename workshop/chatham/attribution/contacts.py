"""Addresses, handles, profile pages, domains and telephone numbers in a text, however they are spelt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workshop.chatham.attribution.findings import Reason
from workshop.chatham.attribution.lexicon import Lexicon

Span = tuple[int, int, Reason]
"""Start, end (offsets into the folded text), reason."""

_AT = re.compile(
    r"(?P<sign>@)|[(\[{<][ \t]{0,2}(?:(?P<letter>a)|at|ad|chez|arobase?|snail|@)[ \t]{0,2}[)\]}>]"
    r"|[-=|~]at[-=|~]|(?P<spelt>\barobase?\b)|(?<=\w )(?P<word>at)(?= \w)"
)
_LABEL = r"[^\W_](?:[\w-]{0,62})"
_DOT = r"(?:\.(?=[\w])| \. |[ \t]{0,2}[(\[{][ \t]?(?:dot|point|\.)[ \t]?[)\]}][ \t]{0,2}|[ \t](?:dot|point)[ \t])"
_DOMAIN = re.compile(rf"[ \t]{{0,3}}{_LABEL}(?:{_DOT}{_LABEL}){{1,5}}")
_SPELT_DOMAIN = re.compile(rf" {_LABEL}(?: (?:dot|point) [\w-]{{2,63}}){{1,4}}")
_BARE_HOST = re.compile(rf"[ \t]{{0,3}}{_LABEL}")
_TIGHT_HOST = re.compile(_LABEL)
_TOP = frozenset(
    [
        "com",
        "org",
        "net",
        "info",
        "eu",
        "fr",
        "ch",
        "be",
        "uk",
        "de",
        "it",
        "es",
        "ca",
        "us",
        "int",
        "edu",
        "gov",
        "vn",
        "nl",
        "pt",
        "io",
        "co",
        "coop",
        "ong",
        "ngo",
        "email",
        "name",
    ]
)
_LOCAL = frozenset(".+-_%'")
_MOST_LOCAL = 64

_HANDLES = re.compile(
    r"(?<![\w.@+-])@(?=[\w.]{0,30}[^\W\d_])[\w.]{2,40}(?:@[\w.-]{1,60})?"
    r"|(?<![\w/.])u/[\w-]{3,24}(?![\w/])"
    r"|(?<![\w.])[\w.]{2,32}\#\d{4}(?!\w)"
    r"|\b(?:twitter|insta|instagram|telegram|whatsapp|mastodon|bluesky|linkedin|skype|discord|snapchat|tiktok|wickr|threema)"
    r"[ \t]{0,2}:[ \t]{0,2}(?=[\w-]{0,38}[\d_.][\w])[\w.-]{3,40}"
)
_PROFILES = re.compile(
    r"(?<![\w.-])(?:(?:www|m|mobile|[a-z]{2})\.)?(?:"
    r"linkedin\.com/(?:in|pub|profile)/|(?:twitter|x|facebook|fb|instagram|github|gitlab|threads|vk|soundcloud|snapchat)\.(?:com|net)/@?|"
    r"researchgate\.net/(?:profile|scientific-contributions)|orcid\.org/|scholar\.google\.[a-z.]{2,6}/citations|"
    r"[\w-]{1,40}\.academia\.edu/|academia\.edu/|t\.me/|wa\.me/|signal\.me/|bsky\.app/profile/|tiktok\.com/@|medium\.com/@|substack\.com/@|"
    r"youtube\.com/(?:@|c/|user/|channel/)|about\.me/|linktr\.ee/|keybase\.io/|xing\.com/profile|idref\.fr/|viaf\.org/viaf|"
    r"cv\.(?:archives-ouvertes|hal)|mastodon\.[a-z.]{2,20}/@"
    r")[^\s()<>\[\]\"]{1,200}"
    r"|://[^\s()<>\[\]\"]{1,200}?/(?:profiles?|profil|auteur|author|~|@)/?[^\s()<>\[\]\"/]{2,100}"
)
_PHONES = re.compile(
    r"(?<![\w.,/-])(?:\+|00)\d{1,3}(?:[ .()/-]{0,3}\d){7,12}(?!\d)"
    r"|(?<![\w.,/-])0\d(?:[ .-]?\d\d){4}(?![\d-])"
)
_HOSTS = re.compile(rf"(?<![\w.-])[^\W_][\w-]{{0,62}}(?:{_DOT}[^\W_][\w-]{{0,62}}){{1,6}}")
_LINKS = re.compile(r"(?:https?://|(?<![\w.])www\.)[^\s()<>\[\]\"]{1,500}")
_SPELT_DOT = re.compile(_DOT)


def find(folded: str) -> Iterator[Span]:
    """Yield what anybody can see to be an address, a handle, a page of one person or a telephone number."""
    done = 0
    for match in _AT.finditer(folded):
        span = _address_around(folded, match) if match.start() >= done else None
        if span and span[0] >= done:
            done = span[1]
            yield (*span, Reason.ADDRESS)
    for pattern, reason in (
        (_HANDLES, Reason.HANDLE),
        (_PROFILES, Reason.PROFILE_LINK),
        (_PHONES, Reason.PHONE_NUMBER),
    ):
        for match in pattern.finditer(folded):
            yield (match.start(), match.end(), reason)


def find_known(folded: str, lexicon: Lexicon) -> Iterator[Span]:
    """Yield the domains and pages that the lexicon knows to be somebody's."""
    if lexicon.domains:
        for match in _HOSTS.finditer(folded):
            labels = _SPELT_DOT.sub(".", match[0]).split(".")
            if any(".".join(labels[at:]) in lexicon.domains for at in range(len(labels) - 1)):
                yield (match.start(), match.end(), Reason.DOMAIN)
    if lexicon.links:
        for match in _LINKS.finditer(folded):
            bare = match[0].partition("://")[2] or match[0]
            bare = bare.removeprefix("www.").rstrip("/.,;:!?'")
            parts = bare.split("/")[:6]
            if any("/".join(parts[:count]) in lexicon.links for count in range(1, len(parts) + 1)):
                yield (match.start(), match.start() + len(match[0].rstrip(".,;:!?'")), Reason.DOMAIN)


def _address_around(folded: str, match: re.Match[str]) -> tuple[int, int] | None:
    """The whole address around what stands for its "@"; None where it is something else."""
    start = _local_start(folded, match.start())
    if start is None:
        return None
    tight = match.start() > 0 and not folded[match.start() - 1].isspace()
    if match["word"]:
        domain = _SPELT_DOMAIN.match(folded, match.end())
        top = domain[0].rpartition(" ")[2] if domain else ""
        return (start, domain.end()) if domain and top in _TOP else None
    domain = _DOMAIN.match(folded, match.end())
    if domain:
        return (start, domain.end())
    if match["letter"]:
        return None
    host = (_TIGHT_HOST if match["sign"] else _BARE_HOST).match(folded, match.end())
    if not host or (match["sign"] and not tight):
        return None
    return (start, host.end())


def _local_start(folded: str, end: int) -> int | None:
    """Where the part before the "@" begins; None where nothing stands there."""
    position = end
    while position > 0 and end - position < 3 and folded[position - 1] in " \t":  # noqa: PLR2004 (so many spaces may separate it)
        position -= 1
    start = position
    while start > 0 and position - start < _MOST_LOCAL and (folded[start - 1].isalnum() or folded[start - 1] in _LOCAL):
        start -= 1
    while start < position and not folded[start].isalnum():
        start += 1
    return start if start < position else None
