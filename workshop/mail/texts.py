"""A series' own wording of a message: which kinds may be worded anew, what must stay in them, how a text is read.

A text is data, never a template. A reader of our own parts it into literals and placeholders of a short list; any other
brace is a fault. A placeholder that stands alone on its line is a passage of the product's own message (a block of that
name in its templates); one inside a line is a single value.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from workshop.core.faults import Fault, InvalidValuesError
from workshop.mail.models import MailText

MAX_SUBJECT = 200
MAX_BODY = 8000
PRODUCTS_SUBJECT = "subject"
"""The placeholder, in a subject only, for the product's own subject line."""
_KEPT = "workshop_mail_texts"
_TRIED = "workshop_mail_texts_tried"
_TOKEN = re.compile(r"\{(?P<name>[a-z_]{1,30})\}|(?P<brace>[{}])")
_MARK = "[["
"""Begins a mark of a secret link (core.links): whoever could write one would be given the link."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
DIRECTIONS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of all that follows: they can make one address look like another."""


class OwnText(NamedTuple):
    """A series' own subject and body, as typed; its line breaks are line feeds."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Adaptable:
    """What the text of one kind of message may and must hold."""

    blocks: tuple[str, ...]
    """Passages, in the order of the product's own message."""
    required: frozenset[str]
    """Those of `blocks` without which somebody would not learn what they must."""
    values: tuple[str, ...]
    """Single values, for subject and body."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Stands in a text for what only the product may say."""

    name: str


Line: TypeAlias = Placeholder | tuple[str | Placeholder, ...]
"""A passage alone, or a line of literals and values."""
Paragraph: TypeAlias = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A text without a fault."""

    subject: tuple[str | Placeholder, ...]
    body: tuple[Paragraph, ...]


def _adaptable(blocks: str, *values: str) -> Adaptable:
    """Read `blocks`, a `!` after each that is required."""
    names = blocks.split()
    required = frozenset(name[:-1] for name in names if name.endswith("!"))
    return Adaptable(tuple(name.rstrip("!") for name in names), required, values)


_OF_SESSION = ("title", "series", "date", "time", "name")
_OF_SERIES = ("series", "name")
KINDS: Mapping[str, Adaptable] = {
    "reminder": _adaptable("opening session when! where! languages decide! join! rule! links!", *_OF_SESSION),
    "thanks": _adaptable("opening session when published feedback rule! held! links!", *_OF_SESSION),
    "session_moved": _adaptable(
        "opening session change! languages answer! calendar erasure! links! join! rule!", *_OF_SESSION
    ),
    "session_cancelled": _adaptable("session when! links! rule!", *_OF_SESSION),
    "session_reinstated": _adaptable(
        "session change! languages answer! calendar erasure! links! join! rule!", *_OF_SESSION
    ),
    "session_changed": _adaptable("opening session when! change! answer calendar links! join! rule!", *_OF_SESSION),
    "answer_recorded": _adaptable(
        "answer! session when! undo! rule! join! calendar links! reminders erasure!", *_OF_SESSION
    ),
    "answer_refused": _adaptable("session when! words! links!", *_OF_SESSION),
    "answer_withdrawn": _adaptable("session when! words! calendar links!", *_OF_SESSION),
    "place_offered": _adaptable("until! session when! links!", *_OF_SESSION),
    "place_lapsed": _adaptable("session when! again links!", *_OF_SESSION),
    "place_free": _adaptable("session when! links!", *_OF_SESSION),
    "added_by_hand": _adaptable("answer! session when! reason! next! links! erasure!", *_OF_SESSION),
    "session_announced": _adaptable("answer! session when! rule! join! calendar links! stop!", *_OF_SESSION),
    "invitation": _adaptable("opening sessions! rule! links! terms! erasure!", "series"),
    "invitation_reminder": _adaptable("opening sessions! rule! links! terms! erasure!", "series"),
    "level_raised": _adaptable("session when! rule! answer! calendar links!", *_OF_SESSION),
    "level_asked": _adaptable("opening! agreement! session when! rule! links!", *_OF_SESSION),
    "speaker_link": _adaptable("opening renewed! links!", *_OF_SERIES),
    "level_raised_speaker": _adaptable("session when! rule! answer! links!", *_OF_SESSION),
    "level_asked_speaker": _adaptable("opening! agreement! session when! rule! links!", *_OF_SESSION),
    "session_moved_speaker": _adaptable("opening session change! languages links! rule!", *_OF_SESSION),
    "session_cancelled_speaker": _adaptable("session when! links! rule!", *_OF_SESSION),
    "session_reinstated_speaker": _adaptable("session change! languages links! rule!", *_OF_SESSION),
    "session_changed_speaker": _adaptable("opening session when! change! links! rule!", *_OF_SESSION),
}
"""The kinds whose words a series may choose; all others keep the product's."""


def clean_own(subject: str, body: str) -> OwnText:
    """Return subject and body as they are kept: one kind of line break, no spaces at the ends of lines."""
    lines = [line.rstrip() for line in re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", body).split("\n")]
    return OwnText(re.sub(r"\s*[\r\n\u2028\u2029\x85]\s*", " ", subject).strip(), "\n".join(lines).strip("\n"))


def check(kind: str, own: OwnText) -> list[Fault]:
    """Return all that speaks against a text; a fault's field is `subject` or `body`, its context has the line."""
    return list(_faults(KINDS[kind], own))


@functools.lru_cache(maxsize=256)
def parse(kind: str, own: OwnText) -> ParsedText:
    """Return the text in its parts.

    Raises:
        InvalidValuesError: it has faults.
    """
    if faults := check(kind, own):
        raise InvalidValuesError(faults)
    blocks = KINDS[kind].blocks
    body = (
        tuple(_line(line, blocks) for line in paragraph.split("\n"))
        for paragraph in re.split(r"\n{2,}", own.body.strip("\n"))
    )
    return ParsedText(tuple(_pieces(own.subject)), tuple(body))


def _line(line: str, blocks: tuple[str, ...]) -> Line:
    pieces = tuple(_pieces(line.strip()))
    alone = pieces[0] if len(pieces) == 1 else None
    return alone if isinstance(alone, Placeholder) and alone.name in blocks else pieces


def _pieces(line: str) -> Iterator[str | Placeholder]:
    end = 0
    for found in _TOKEN.finditer(line):
        if found.start() > end:
            yield line[end : found.start()]
        yield Placeholder(found["name"])
        end = found.end()
    if end < len(line):
        yield line[end:]


def _faults(adaptable: Adaptable, own: OwnText) -> Iterator[Fault]:
    for field, text, most in (("subject", own.subject, MAX_SUBJECT), ("body", own.body, MAX_BODY)):
        if not text.strip():
            yield Fault(field, "required")
        elif len(text) > most:
            yield Fault(field, "too_long", {"limit": most})
    in_subject = (PRODUCTS_SUBJECT, *adaptable.values)
    yield from _line_faults(own.subject, 1, "subject", in_subject, adaptable.blocks)
    for number, line in enumerate(own.body.split("\n"), start=1):
        is_alone = _TOKEN.fullmatch(line.strip()) is not None
        allowed = (*adaptable.values, *adaptable.blocks) if is_alone else adaptable.values
        yield from _line_faults(line, number, "body", allowed, adaptable.blocks)
    held = set(re.findall(r"^[ \t]*\{([a-z_]+)\}[ \t]*$", own.body, re.MULTILINE))
    missing = [name for name in adaptable.blocks if name in adaptable.required and name not in held]
    if missing and own.body.strip():
        yield Fault("body", "placeholder_missing", {"names": [f"{{{name}}}" for name in missing]})


def _line_faults(
    line: str, number: int, field: str, allowed: Collection[str], blocks: Collection[str]
) -> Iterator[Fault]:
    for found in _TOKEN.finditer(line):
        place = {"line": number, "value": _excerpt(line, found.start())}
        if found["brace"]:
            yield Fault(field, "placeholder_brace", place)
            return  # what follows a stray brace is most likely of the same making
        if found["name"] in allowed:
            continue
        if found["name"] in blocks:
            code = "placeholder_in_subject" if field == "subject" else "placeholder_not_alone"
            yield Fault(field, code, {**place, "value": found[0]})
        else:
            names = [f"{{{name}}}" for name in (*allowed, *(blocks if field == "body" else ()))]
            yield Fault(field, "placeholder_unknown", {**place, "value": found[0], "names": list(dict.fromkeys(names))})
    if _MARK in line:
        yield Fault(field, "text_mark", {"line": number})
    if DIRECTIONS.search(line):
        yield Fault(field, "text_direction", {"line": number})
    if _CONTROL.search(line.replace("\t", " ")):
        yield Fault(field, "text_control", {"line": number})


def _excerpt(line: str, start: int) -> str:
    return line[start : start + 30]


def own_text(session: Session, *, series_id: int | None, kind: str, language: str) -> OwnText | None:
    """Return a series' own wording of a kind in a language, or None: the product's.

    One SELECT per series and transaction.
    """
    if series_id is None or kind not in KINDS:
        return None
    tried: dict[tuple[int, str, str], OwnText | None] = session.info.get(_TRIED, {})
    if (series_id, kind, language) in tried:
        return tried[series_id, kind, language]
    transaction, kept = _kept(session)
    if series_id not in kept:
        kept[series_id] = list_own(session, series_id=series_id)
        session.info[_KEPT] = (transaction or session.get_transaction(), kept)
    return kept[series_id].get((kind, language))


@contextlib.contextmanager
def trying(session: Session, *, series_id: int, kind: str, language: str, own: OwnText | None) -> Iterator[None]:
    """Within this block a series has this wording, to be looked at; nothing is stored."""
    session.info[_TRIED] = {(series_id, kind, language): own}
    try:
        yield
    finally:
        del session.info[_TRIED]


def _kept(session: Session) -> tuple[SessionTransaction | None, dict[int, dict[tuple[str, str], OwnText]]]:
    transaction = session.get_transaction()
    found, kept = session.info.get(_KEPT, (None, {}))
    return transaction, (kept if found is not None and found is transaction else {})


def list_own(session: Session, *, series_id: int) -> dict[tuple[str, str], OwnText]:
    """Return kind and language → own wording, of all that a series has."""
    rows = session.execute(
        sa.select(MailText.kind, MailText.language, MailText.subject, MailText.body)
        .where(MailText.series_id == series_id)
        .order_by(MailText.kind, MailText.language)
    )
    return {(row.kind, row.language): OwnText(row.subject, row.body) for row in rows}


def copy_own(session: Session, *, now: datetime, source: int, target: int) -> None:
    """Give a new series another one's own wording. Flushes.

    Args:
        session: the database.
        now: the present instant.
        source: id of the series that has it.
        target: id of the one that has none yet.
    """
    session.add_all(
        MailText(series_id=target, kind=kind, language=language, subject=own.subject, body=own.body, revised_at=now)
        for (kind, language), own in list_own(session, series_id=source).items()
    )
    session.flush()


def save_own(session: Session, *, now: datetime, series_id: int, kind: str, language: str, own: OwnText) -> bool:
    """Keep a series' own wording; returns whether anything changed. Flushes.

    Raises:
        InvalidValuesError: the text has faults.
    """
    own = clean_own(*own)
    parse(kind, own)
    found = _find(session, series_id, kind, language)
    if found is not None and (found.subject, found.body) == own:
        return False
    said = {"subject": own.subject, "body": own.body, "revised_at": now}
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # Somebody else may have written the first text of this kind a moment ago.
    statement = insert(MailText).values(series_id=series_id, kind=kind, language=language, **said)
    session.execute(statement.on_conflict_do_update(index_elements=["series_id", "kind", "language"], set_=said))
    if found is not None:
        session.expire(found)
    session.info.pop(_KEPT, None)
    return True


def forget_own(session: Session, *, series_id: int, kind: str, language: str) -> bool:
    """Go back to the product's wording; returns whether there was another. Flushes."""
    found = _find(session, series_id, kind, language)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    session.info.pop(_KEPT, None)
    return True


def _find(session: Session, series_id: int, kind: str, language: str) -> MailText | None:
    return session.scalar(
        sa.select(MailText).where(MailText.series_id == series_id, MailText.kind == kind, MailText.language == language)
    )
