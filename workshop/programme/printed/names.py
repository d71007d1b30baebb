"""People as programmes name them: a name, then where they work (named for what it reads)."""

from __future__ import annotations

import re

from workshop.programme.printed.draft import Found, FoundPerson
from workshop.programme.printed.repairing import is_rough
from workshop.programme.printed.runs import Run
from workshop.programme.printed.words import ENGLISH, FRENCH, HONORIFICS, PARTICLES

_TOKEN = re.compile(
    r"(?:[A-ZÀ-ÞŁŚŽČŠ][^\W\d_]*(?:['’\-][^\W\d_]+)*\.?(?:[A-Z]\.)*|[dDO]['’][A-ZÀ-Þ][^\W\d_]+(?:-[^\W\d_]+)*)$"
)
_END = re.compile(r"\s*(?:,|\(|\s[—–-]\s|:|\s/\s)\s*")
_ENTRIES = re.compile(r"\s*;\s*")
_LONGEST_NAME = 80
_TOKENS = range(2, 7)


def looks_like_person(text: str) -> bool:
    """Whether a line begins as a name does: `Thu Trang Nguyen, Centre for …`."""
    return is_name(_END.split(text[: _LONGEST_NAME * 2], maxsplit=1)[0])


def is_name(text: str) -> bool:
    """Whether a text is two to six words that begin as names do, none of them a common word."""
    tokens = text.strip(" .").split()
    if tokens and tokens[0].rstrip(".").lower() in HONORIFICS:
        tokens = tokens[1:]
    if len(tokens) not in _TOKENS or len(text) > _LONGEST_NAME:
        return False
    for index, token in enumerate(tokens):
        if 0 < index < len(tokens) - 1 and token.lower() in PARTICLES:
            continue
        # `Angela Me` is somebody; a last word may look like any other.
        is_common = token.lower() in FRENCH | ENGLISH and index < len(tokens) - 1
        if not _TOKEN.match(token) or is_common:
            return False
    return True


def read_people(run: Run) -> list[FoundPerson]:
    """Return those whom a line names, separated by semicolons."""
    places = [0]
    for match in _ENTRIES.finditer(run.text):
        places += [match.start(), match.end()]
    places.append(len(run.text))
    entries = [run.cut(start, end) for start, end in zip(places[::2], places[1::2], strict=True)]
    return [read_person(entry) for entry in entries if entry.text.strip(" .,;")]


def read_person(run: Run) -> FoundPerson:
    """Return one person; not sure where no name begins the line."""
    run = run.without(";,")
    match = _END.search(run.text[: _LONGEST_NAME * 2])
    if match is None:
        name = run.without(".;,")
        return FoundPerson(name=_found(name, is_sure=is_name(name.text)))
    name, rest = run.cut(0, match.start()), run.cut(match.end())
    if match[0].strip() == "(" and rest.text.rstrip(" .").endswith(")"):
        rest = rest.without(".;,").cut(0, len(rest.without(".;,").text) - 1)
    rest = _without_point(rest.without(";,"))
    is_sure = is_name(name.text)
    return FoundPerson(
        name=_found(name, is_sure=is_sure), affiliation=_found(rest, is_sure=is_sure) if rest.text else None
    )


def _without_point(run: Run) -> Run:
    return run.cut(0, len(run.text) - 1) if run.text.endswith(".") and not run.text.endswith("..") else run


def _found(run: Run, *, is_sure: bool) -> Found:
    return Found(value=run.text, start=run.start, end=run.end, is_sure=is_sure, is_rough=is_rough(run.text, ""))
