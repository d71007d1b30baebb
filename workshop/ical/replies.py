"""A mailed calendar to the reply in it (RFC 5546, 3.2.3). Whoever wrote it is not trusted: all of it is bounded.

Only the lines that matter are read. The library would also make zones of the VTIMEZONEs that strangers send, and keep
them for the whole process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote

from workshop.ical.values import Method, PartStat

MAX_OCTETS = 256 * 1024
_MAX_LINES = 5000
_MAX_LINE = 2000
"""Characters of a line that is read; others may be as long as they like."""
_FOLD = re.compile("(?:\r\n|\r|\n)[ \t]")
_END = re.compile("\r\n|\r|\n")
_NAME = re.compile(r"\s*([A-Za-z-]{3,32})[ \t]*[;:]")
_STAMP = re.compile(r"\d{8}T\d{6}Z")
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_READ = frozenset({
    *("BEGIN", "END", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "ATTENDEE", "ORGANIZER"),
    *("RECURRENCE-ID", "RRULE", "RDATE"),
})  # fmt: skip
_ANSWERS = {
    "ACCEPTED": PartStat.ACCEPTED,
    "TENTATIVE": PartStat.TENTATIVE,
    "DECLINED": PartStat.DECLINED,
}


class BadReplyError(ValueError):
    """Not a reply that says something of one event; `code` says why, and quotes nothing."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one attendee answers about one event."""

    method: Method
    uid: str
    sequence: int
    """0 where it says none (RFC 5545, 3.8.7.4)."""
    stamped_at: datetime
    """DTSTAMP: when the attendee answered, UTC, to the second."""
    attendee: str
    """Without `mailto:`."""
    partstat: PartStat
    """ACCEPTED, TENTATIVE or DECLINED."""
    organizer: str
    """Without `mailto:`; empty where the program leaves it out."""


class _Line(NamedTuple):
    name: str
    parameters: dict[str, str]
    value: str


def read_reply(octets: bytes) -> Reply:
    """Return the reply in a calendar in UTF-8.

    Raises:
        BadReplyError: `method` (anything but REPLY), `attendees` (not exactly one), `delegated`, `partstat`,
            `recurrence`, `too_large`, `malformed`.
    """
    if len(octets) > MAX_OCTETS:
        raise BadReplyError("too_large")
    try:
        return _read(list(_lines(octets.decode("utf-8-sig", "replace"))))
    except BadReplyError:
        raise
    except Exception:  # noqa: BLE001 (the library has several ways to fail on a line; what it says would quote it)
        raise BadReplyError("malformed") from None


def _lines(text: str) -> Iterator[_Line]:
    """Give the lines that matter, unfolded, their names and parameters in capitals."""
    from icalendar.parser import Contentline

    lines = _END.split(_FOLD.sub("", text))
    if len(lines) > _MAX_LINES:
        raise BadReplyError("too_large")
    for line in lines:
        found = _NAME.match(line)
        if found is None or found[1].upper() not in _READ:
            continue
        if len(line) > _MAX_LINE:
            raise BadReplyError("too_large")
        _name, parameters, value = Contentline(line.strip()).parts()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        yield _Line(found[1].upper(), {key.upper(): _one(text) for key, text in parameters.items()}, value.strip())


def _one(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _read(lines: list[_Line]) -> Reply:
    calendar, event = _split(lines)
    if [line.value.upper() for line in calendar if line.name == "METHOD"] != [Method.REPLY]:
        raise BadReplyError("method")
    if any(line.name in {"RECURRENCE-ID", "RRULE", "RDATE"} for line in event):
        raise BadReplyError("recurrence")
    attendees = [line for line in event if line.name == "ATTENDEE"]
    if len(attendees) != 1:
        raise BadReplyError("attendees")
    return Reply(
        method=Method.REPLY,
        uid=_only(event, "UID"),
        sequence=_sequence(event),
        stamped_at=_stamp(_only(event, "DTSTAMP")),
        attendee=_address(attendees[0].value),
        partstat=_partstat(attendees[0]),
        organizer=_address(_only(event, "ORGANIZER", default="")),
    )


def _split(lines: Iterable[_Line]) -> tuple[list[_Line], list[_Line]]:
    """Return the lines of the calendar itself and of its one event; those of zones and alarms are left out."""
    stack: list[str] = []
    found: dict[tuple[str, ...], list[_Line]] = {}
    begun: list[tuple[str, ...]] = []
    for line in lines:
        if line.name == "BEGIN":
            stack.append(line.value.upper())
            begun.append(tuple(stack))
        elif line.name == "END":
            if not stack or stack.pop() != line.value.upper():
                raise BadReplyError("malformed")
        else:
            found.setdefault(tuple(stack), []).append(line)
        if len(stack) > 4:  # noqa: PLR2004 (calendar, event, alarm, and one more that nobody knows yet)
            raise BadReplyError("malformed")
    wanted = [path for path in begun if path[-1] != "VTIMEZONE" and path[:2] != ("VCALENDAR", "VTIMEZONE")]
    if stack or [path for path in wanted if len(path) <= 2] != [("VCALENDAR",), ("VCALENDAR", "VEVENT")]:  # noqa: PLR2004 (calendar and event)
        raise BadReplyError("malformed")
    return found.get(("VCALENDAR",), []), found.get(("VCALENDAR", "VEVENT"), [])


def _only(lines: Iterable[_Line], name: str, *, default: str | None = None) -> str:
    """Return the value of a property that stands there once; with `default` it may be missing."""
    values = [line.value for line in lines if line.name == name]
    if not values and default is not None:
        return default
    if len(values) != 1 or (default is None and not values[0]):
        raise BadReplyError("malformed")
    return values[0]


def _sequence(event: Iterable[_Line]) -> int:
    text = _only(event, "SEQUENCE", default="0")
    if not _NUMBER.fullmatch(text):
        raise BadReplyError("malformed")
    return int(text)


def _stamp(text: str) -> datetime:
    if not text.isascii() or not _STAMP.fullmatch(text):
        raise BadReplyError("malformed")
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _address(value: str) -> str:
    scheme, colon, rest = value.partition(":")
    return unquote(rest).strip() if colon and scheme.strip().lower() == "mailto" else ""


def _partstat(attendee: _Line) -> PartStat:
    if {"DELEGATED-TO", "DELEGATED-FROM"} & attendee.parameters.keys():
        raise BadReplyError("delegated")
    found = _ANSWERS.get(attendee.parameters.get("PARTSTAT", "").upper())
    if found is None:
        raise BadReplyError("partstat")
    return found
