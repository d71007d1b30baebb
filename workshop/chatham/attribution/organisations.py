"""Names of organisations taken apart as people typed them, and found in a text by the words that carry meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workshop.chatham.attribution.findings import KnownOrganisation
from workshop.chatham.attribution.persons import words_of
from workshop.chatham.attribution.reading import fold
from workshop.chatham.attribution.vocabulary import (
    ANY_COMMON,
    CIVIC_ACRONYMS,
    EQUIVALENTS,
    FIRST_NAMES,
    FREE_MAIL,
    KINDS,
    PLACES,
    PUBLIC_SUFFIXES,
    STOP,
)

_SEPARATOR = re.compile(r"[,;()\[\]/|\n]|\s[-–—]\s|\s:\s")
_ACRONYM = re.compile(r"(?<![\w])[A-Z][A-Za-z]?[A-Z0-9](?:[-.&]?[A-Z0-9]){0,10}(?![\w])")
_OTHER_WORDS = ANY_COMMON | STOP | PLACES | FIRST_NAMES | KINDS
_LONG_ACRONYM = 5
"""An acronym that long, such as "unodc", is no other word in lower case either."""
_FULL_ENOUGH = 3
_PARTIAL = 5


@dataclass(frozen=True)
class Form:
    """One form of an organisation's name: its words that are no articles.

    `needs_upper`: only in capitals, as an acronym; `needs_capital`: its words are ordinary ones without it.
    """

    words: tuple[str, ...]
    needs_upper: bool = False
    needs_capital: bool = False


def content(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without articles and prepositions."""
    return tuple(word for word in words if word not in STOP)


def forms(organisation: KnownOrganisation) -> Iterator[Form]:
    """Yield every form under which a text may name it, in both languages where its names are known."""
    segments: set[str] = set()
    for name in organisation.names:
        parts = [part.strip() for part in _SEPARATOR.split(name)]
        segments.update(part for part in (*parts, name.strip()) if _names_something(part, whole=len(parts) == 1))
    acronyms = {fold(acronym).replace(".", "") for acronym in organisation.acronyms}
    for segment in segments:
        yield from _segment(segment)
    known = {" ".join(words_of(segment)) for segment in segments} | acronyms
    for family in EQUIVALENTS:
        if family & known:
            for name in family:
                yield from _named(words_of(name), is_acronym=name in acronyms or " " not in name)
    for acronym in acronyms:
        yield from _named(words_of(acronym), is_acronym=True)


def _names_something(segment: str, *, whole: bool) -> bool:
    """Whether a part of an affiliation stands for the organisation: no country, no everyday acronym, some capital."""
    words = content(words_of(segment)) or words_of(segment)
    if not words or (set(words) <= PLACES and not whole):
        return False
    return whole or (not set(words) <= CIVIC_ACRONYMS and any(char.isupper() for char in segment))


def _segment(segment: str) -> Iterator[Form]:
    words = words_of(segment)
    is_shouted = segment.isupper() and len(words) > 1
    alone = _ACRONYM.fullmatch(segment) is not None
    yield from _named(words, is_acronym=alone)
    if alone or is_shouted:
        return
    for acronym in _ACRONYM.findall(segment):
        folded = "".join(words_of(acronym))
        if folded not in CIVIC_ACRONYMS and len(folded) >= _FULL_ENOUGH:
            yield from _named((folded,), is_acronym=True)
    for made in _made_acronyms(segment):
        if made not in CIVIC_ACRONYMS:
            yield Form((made,), needs_upper=True)
    bare = content(words)
    if len(bare) > 1 and set(bare[1:]) <= KINDS and len(bare[0]) >= _PARTIAL and _is_distinctive(bare[0]):
        yield Form(bare[:1], needs_capital=True)


def _named(words: tuple[str, ...], *, is_acronym: bool) -> Iterator[Form]:
    bare = content(words) or words
    if not bare:
        return
    joined = "".join(words)
    if is_acronym:
        other_word = len(joined) < _LONG_ACRONYM or joined in ANY_COMMON or joined in STOP
        yield Form((joined,), needs_upper=other_word)
        return
    yield Form(
        bare, needs_capital=not any(map(_is_distinctive, bare)) or (len(bare) == 1 and not _is_distinctive(bare[0]))
    )
    if len(bare) > 1:
        yield Form((joined,))


def _is_distinctive(word: str) -> bool:
    return len(word) > 3 and word not in _OTHER_WORDS  # noqa: PLR2004 (shorter is an acronym)


def _made_acronyms(segment: str) -> set[str]:
    """Initials of the words with a capital, and of all: « Médecins du Monde » → `mdm`."""
    words = re.findall(r"[^\W_]+", segment)
    loud = [word[0] for word in words if word[0].isupper() and fold(word) not in STOP]
    if len(loud) < 2:  # noqa: PLR2004 (one capital is the name's own)
        return set()
    every = [word[0] for word in words if word[0].isupper() or fold(word) in STOP]
    return {made for letters in (loud, every) if _FULL_ENOUGH <= len(made := fold("".join(letters))) <= 8}  # noqa: PLR2004 (longer is no acronym)


def domain_forms(domain: str) -> tuple[str, Form | None] | None:
    """The folded domain and the organisation that it gives away; None where anybody may have an address."""
    folded = fold(domain.strip().strip(".").rpartition("@")[2])
    labels = [label for label in folded.split(".") if label]
    if len(labels) > 1:
        labels.pop()
    while len(labels) > 1 and labels[-1] in PUBLIC_SUFFIXES:
        labels.pop()
    if not labels or labels[-1] in FREE_MAIL:
        return None
    name = labels[-1]
    words = words_of(name)
    distinctive = len(words) == 1 and _is_distinctive(name)
    return folded, Form(words, needs_capital=len(name) < _LONG_ACRONYM) if distinctive else None
