"""The check itself: reads a text, looks for what anybody may know and for what the list tells, sorts what it finds."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from workshop.chatham.attribution import bodies, contacts, passages
from workshop.chatham.attribution.findings import Finding, Reason, Severity
from workshop.chatham.attribution.lexicon import Dictionary, Lexicon
from workshop.chatham.attribution.names import Names
from workshop.chatham.attribution.reading import Reading, read
from workshop.chatham.attribution.tokens import Text

Span = tuple[int, int, Reason]
"""Start, end (offsets into the folded text), reason."""

_NEVER_CITED = {
    Reason.ADDRESS,
    Reason.HANDLE,
    Reason.PROFILE_LINK,
    Reason.HONORIFIC_AND_NAME,
    Reason.ORGANISATION_SPEAKING,
    Reason.PHONE_NUMBER,
}
_RANK = {reason: rank for rank, reason in enumerate(Reason)}


def check(text: str, language: str | None, dictionary: Dictionary) -> tuple[Finding, ...]:
    """Return what `text` (Markdown in `language`; None: unknown) gives away, in the order of the text.

    What is not private is the same with and without participants in the dictionary. Time is linear in the text.
    """
    found: set[Finding] = set()
    reading = read(text)
    readings = [reading, read(text, split=True)] if reading.joins else [reading]
    for each in readings:
        found.update(_check_reading(text, each, language, dictionary))
    public = _without_covered({finding for finding in found if not finding.is_private})
    private = {finding for finding in found if finding.is_private}
    shown = {*public, *(finding for finding in _without_covered({*private, *public}) if finding.is_private)}
    return tuple(
        sorted(shown, key=lambda finding: (finding.start, finding.end, _RANK[finding.reason], finding.is_private))
    )


def _check_reading(text: str, reading: Reading, language: str | None, dictionary: Dictionary) -> Iterator[Finding]:
    seen = Text(reading)
    if not len(seen):
        return
    sources = passages.Sources(seen)
    openly = {*_known(seen, dictionary.public, language, sources), *_anybody(seen, sources)}
    yield from (_finding(text, seen, span, is_private=False) for span in openly)
    if dictionary.whole is not None:
        of_all = set(_known(seen, dictionary.whole, language, sources)) - openly
        yield from (_finding(text, seen, span, is_private=True) for span in of_all)


def _known(text: Text, lexicon: Lexicon, language: str | None, sources: passages.Sources) -> Iterator[Span]:
    """What is found by knowing people and organisations."""
    yield from _spans(text, Names(text, lexicon, language).find(), sources)
    yield from _spans(text, bodies.find(text, lexicon), sources)
    for start, end, reason in contacts.find_known(text.folded, lexicon):
        if not _is_cited(text, start, end, sources):
            yield (start, end, reason)


def _anybody(text: Text, sources: passages.Sources) -> Iterator[Span]:
    """What is found without knowing anybody."""
    yield from contacts.find(text.folded)
    yield from _spans(text, passages.find_roles(text), sources)
    for start, end in passages.find_quotations(text):
        if not _is_cited(text, start, end, sources):
            yield (start, end, Reason.LONG_QUOTATION)


def _spans(text: Text, hits: Iterable[tuple[int, int, Reason]], sources: passages.Sources) -> Iterator[Span]:
    for first, last, reason in hits:
        # « M. » before an author's name is as often Marie as monsieur.
        initial = reason is Reason.HONORIFIC_AND_NAME and text.words[first] == "m"
        if (reason in _NEVER_CITED and not initial) or not sources.hold(first, last):
            yield (text.starts[first], text.ends[last], reason)


def _is_cited(text: Text, start: int, end: int, sources: passages.Sources) -> bool:
    first = bisect_left(text.starts, start)
    last = bisect_left(text.starts, end) - 1
    return first <= last and sources.hold(first, last)


def _finding(text: str, seen: Text, span: Span, *, is_private: bool) -> Finding:
    start, end, reason = span
    first, last = seen.reading.typed(start, end)
    words = " ".join(seen.words[bisect_left(seen.starts, start) : bisect_left(seen.starts, end)])
    key = hashlib.sha256(f"{reason.value}\n{words}".encode()).hexdigest()
    return Finding(first, last, text[first:last], reason, key, is_private)


def _without_covered(findings: set[Finding]) -> list[Finding]:
    """Leave out what stands inside another finding that asks for as much, except inside a long quotation."""
    kept: list[Finding] = []
    blocked_to = warned_to = -1
    for finding in sorted(findings, key=_widest_first):
        if finding.reason is Reason.LONG_QUOTATION:
            kept.append(finding)
        elif finding.end <= blocked_to or (finding.severity is Severity.WARN and finding.end <= warned_to):
            continue
        else:
            kept.append(finding)
            if finding.severity is Severity.BLOCK:
                blocked_to = max(blocked_to, finding.end)
            else:
                warned_to = max(warned_to, finding.end)
    return kept


def _widest_first(finding: Finding) -> tuple[int, int, int, int]:
    return (finding.start, finding.severity is Severity.WARN, -finding.end, _RANK[finding.reason])
