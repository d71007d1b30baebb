"""One harness for other people's parsers: the octets of a calendar in, what each of them understands out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.clients import tools

PARSERS = ("icalendar", "vobject", "ical.js", "libical")
"""The product writes with the first; it never uses the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A VEVENT as a parser understands it: instants in UTC, texts unescaped, "" for what it does not have."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    stamped_at: datetime | None
    revised_at: datetime | None
    tzid: str
    summary: str
    description: str
    location: str
    status: str
    sequence: int
    transparency: str
    url: str
    conference: str
    organizer: str
    """With `mailto:`."""
    attendees: tuple[tuple[str, str], ...]
    """Address with `mailto:`, and PARTSTAT."""
    names: tuple[str, ...]
    """Of its properties, as often as each stands there, in order of the alphabet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A VCALENDAR as a parser understands it."""

    entries: tuple[Entry, ...]
    """In the file's order."""
    method: str
    name: str
    zones: tuple[str, ...]
    """TZIDs of its VTIMEZONEs, in order of the alphabet."""
    names: tuple[str, ...]


class NotUnderstoodError(AssertionError):
    """A parser refuses the calendar, or finds a fault in it."""


def read(parser: str, body: bytes) -> Read:
    """Return what a parser understands; skips where it is not installed.

    Args:
        parser: one of PARSERS.
        body: one VCALENDAR.

    Raises:
        NotUnderstoodError: it refuses the calendar or, where it looks for faults, finds one.
    """
    return read_all(parser, [body])[0]


def read_all(parser: str, bodies: Sequence[bytes]) -> list[Read]:
    """Return what a parser understands of each calendar, as `read` does; ical.js is started once for all."""
    return [_make(plain) for plain in _PARSERS[parser](bodies)]


def entries(parser: str, body: bytes) -> list[Entry]:
    """Return the entries that a parser finds, in the file's order."""
    return list(read(parser, body).entries)


def _make(plain: dict[str, Any]) -> Read:
    events = [
        Entry(
            **{
                **event,
                **{name: _instant(event[name]) for name in ("starts_at", "ends_at", "stamped_at", "revised_at")},
                "attendees": tuple((address, answer or "") for address, answer in event["attendees"]),
                "names": tuple(sorted(event["names"])),
                "tzid": event["tzid"] or "",
            }
        )
        for event in plain["events"]
    ]
    return Read(
        entries=tuple(events),
        method=plain["method"],
        name=plain["name"],
        zones=tuple(sorted(plain["zones"])),
        names=tuple(sorted(plain["names"])),
    )


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise NotUnderstoodError(f"{value} is floating: the zone is not understood")
        return value.astimezone(UTC)
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(str(value))


# -- in this process ---------------------------------------------------------------------------------------------------


def _with_icalendar(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    import icalendar

    found = []
    for body in bodies:
        icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]  # forgets zones of calendars read before
        calendar = icalendar.Calendar.from_ical(body)
        faults = [fault for component in calendar.walk() for fault in component.errors]
        if faults:
            raise NotUnderstoodError(f"icalendar: {faults}")
        found.append(
            {
                "method": str(calendar.get("METHOD", "")),
                "name": str(calendar.get("NAME", "")),
                "zones": [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")],
                "names": [name for name, _ in calendar.property_items(recursive=False) if name not in _FRAME],
                "events": [_icalendar_event(event) for event in calendar.walk("VEVENT")],
            }
        )
    return found


_FRAME = {"BEGIN", "END"}


def _icalendar_event(event: Any) -> dict[str, Any]:
    attendees = event.get("ATTENDEE", [])
    return {
        "uid": str(event["UID"]),
        "starts_at": event.decoded("DTSTART"),
        "ends_at": event.decoded("DTEND"),
        "stamped_at": event.decoded("DTSTAMP"),
        "revised_at": event.decoded("LAST-MODIFIED", None),
        "tzid": event["DTSTART"].params.get("TZID", ""),
        "sequence": int(event.get("SEQUENCE", 0)),
        "transparency": str(event.get("TRANSP", "")),
        **{name.lower(): str(event.get(name, "")) for name in _TEXTS},
        "attendees": [
            (str(attendee), attendee.params.get("PARTSTAT"))
            for attendee in (attendees if isinstance(attendees, list) else [attendees])
        ],
        "names": [name for name, _ in event.property_items(recursive=False) if name not in _FRAME],
    }


_TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "URL", "CONFERENCE", "ORGANIZER")


def _with_vobject(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    import vobject

    found = []
    for body in bodies:
        _forget_zones(vobject.icalendar)
        calendars = list(vobject.readComponents(body.decode(), validate=True))
        if len(calendars) != 1:
            raise NotUnderstoodError(f"vobject: {len(calendars)} calendars")
        calendar = calendars[0]
        found.append(
            {
                "method": _vobject_text(calendar, "method"),
                "name": _vobject_text(calendar, "name"),
                "zones": [_vobject_text(zone, "tzid") for zone in calendar.contents.get("vtimezone", [])],
                "names": [line.name for line in calendar.lines()],
                "events": [_vobject_event(event) for event in calendar.contents.get("vevent", [])],
            }
        )
    return found


def _forget_zones(module: Any) -> None:
    """Clear the zones of calendars read before: it keeps each by its name, whatever the next calendar says."""
    zones = vars(module)["__tzidMap"]
    for name in set(zones) - {"UTC"}:
        del zones[name]


def _vobject_text(component: Any, name: str) -> str:
    lines = component.contents.get(name, [])
    return str(lines[0].value) if lines else ""


def _vobject_event(event: Any) -> dict[str, Any]:
    revised = event.contents.get("last-modified")
    return {
        "uid": _vobject_text(event, "uid"),
        "starts_at": event.dtstart.value,
        "ends_at": event.dtend.value,
        "stamped_at": event.dtstamp.value,
        "revised_at": revised[0].value if revised else None,
        "tzid": getattr(event.dtstart, "x_vobj_original_tzid_param", ""),
        "sequence": int(_vobject_text(event, "sequence") or 0),
        "transparency": _vobject_text(event, "transp"),
        **{name.lower(): _vobject_text(event, name.lower()) for name in _TEXTS},
        "attendees": [
            (line.value, getattr(line, "partstat_param", None)) for line in event.contents.get("attendee", [])
        ],
        "names": [line.name for line in event.lines()],
    }


# -- in a process of their own -----------------------------------------------------------------------------------------


def _with_ical_js(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    asked = "".join(json.dumps(body.decode()) + "\n" for body in bodies)
    lines = _run("ical.js", tools.ical_js(), asked.encode()).splitlines()
    assert len(lines) == len(bodies)
    return [json.loads(line) for line in lines]


def _with_libical(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    found = []
    for body in bodies:
        plain = json.loads(_run("libical", tools.libical(), body))
        faults, is_valid = plain.pop("faults"), plain.pop("is_valid")
        if faults or not is_valid:
            raise NotUnderstoodError(f"libical: {faults} faults, valid: {is_valid}")
        found.append(plain)
    return found


def _run(parser: str, command: list[str], asked: bytes) -> str:
    run = subprocess.run(command, input=asked, capture_output=True, timeout=120, check=False)
    if run.returncode:
        raise NotUnderstoodError(f"{parser}: {run.stderr.decode()}")
    return run.stdout.decode()


_PARSERS: dict[str, Callable[[Sequence[bytes]], list[dict[str, Any]]]] = {
    "icalendar": _with_icalendar,
    "vobject": _with_vobject,
    "ical.js": _with_ical_js,
    "libical": _with_libical,
}
