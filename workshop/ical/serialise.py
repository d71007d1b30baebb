"""Calendars as octets. No clock and no chance in here: the same values give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from workshop.ical.colours import nearest_name
from workshop.ical.content import add_line, add_raw, add_text, add_uri, to_octets
from workshop.ical.text import clean_line, escape
from workshop.ical.tzfile import get_zone
from workshop.ical.vtimezone import UTC_NAMES, vtimezone_for

if TYPE_CHECKING:
    from icalendar import Component

    from workshop.ical.values import Calendar, Event, Invitation

PRODID = "-//workshop//workshop//EN"
REFRESH_INTERVAL = "PT4H"

_END = b"END:VCALENDAR\r\n"
_COLOUR_NAME = re.compile(r"[A-Za-z]{3,30}")
_COLOUR_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


def serialise(calendar: Calendar, events: Iterable[Event]) -> bytes:
    """Return an `.ics` file: properties, one VTIMEZONE for each zone in use, events by start and UID (UTF-8, CRLF).

    Raises:
        ZoneInfoNotFoundError: an event's `tzid` is not a zone of tzdata.
    """
    ordered = sorted(events, key=lambda event: (event.starts_at, event.uid))
    years: dict[str, tuple[int, int]] = {}
    for event in ordered:
        if not _is_in_utc(event.starts_at, event.ends_at, event.tzid):
            first, last = years.get(event.tzid, (event.starts_at.year, event.ends_at.year))
            years[event.tzid] = (min(first, event.starts_at.year), max(last, event.ends_at.year))
    return b"".join(
        [
            _serialise_head(calendar),
            *(vtimezone_for(tzid, *years[tzid]) for tzid in sorted(years)),
            *map(serialise_event, ordered),
            _END,
        ]
    )


@lru_cache(maxsize=1024)
def serialise_event(event: Event) -> bytes:
    """Return one VEVENT component (RFC 5545 3.6.1).

    Raises:
        ZoneInfoNotFoundError: `tzid` is not a zone of tzdata.
    """
    from icalendar import Event as Vevent

    vevent = Vevent()
    revised_at = _format_utc(event.revised_at)
    add_line(vevent, "UID", event.uid)
    add_raw(vevent, "DTSTAMP", _format_utc(event.stamped_at) if event.stamped_at else revised_at)
    add_raw(vevent, "LAST-MODIFIED", revised_at)
    add_raw(vevent, "SEQUENCE", str(event.sequence))
    add_raw(vevent, "STATUS", event.status.value)
    add_raw(vevent, "TRANSP", "TRANSPARENT" if event.is_transparent else "OPAQUE")
    is_in_utc = _is_in_utc(event.starts_at, event.ends_at, event.tzid)
    _add_time(vevent, "DTSTART", event.starts_at, "" if is_in_utc else event.tzid)
    _add_time(vevent, "DTEND", event.ends_at, "" if is_in_utc else event.tzid)
    add_line(vevent, "SUMMARY", event.summary, event.language)
    add_text(vevent, "DESCRIPTION", event.description, event.language)
    add_line(vevent, "LOCATION", event.location, event.language)
    add_uri(vevent, "URL", event.url)
    if categories := [escape(line) for category in event.categories if (line := clean_line(category))]:
        add_raw(vevent, "CATEGORIES", ",".join(categories))
    add_uri(vevent, "CONFERENCE", event.conference, {"VALUE": "URI", "FEATURE": "VIDEO"})
    if event.invitation is not None:
        _add_invitation(vevent, event.invitation)
    return to_octets(vevent)


def _add_invitation(vevent: Component, invitation: Invitation) -> None:
    # A quotation mark cannot stand in a parameter's value (RFC 5545 3.1).
    name = clean_line(invitation.organizer_name).replace('"', "”")
    add_uri(vevent, "ORGANIZER", f"mailto:{invitation.organizer}", {"CN": name} if name else None)
    # One attendee only: nobody learns of another.
    parameters = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": invitation.partstat.value}
    add_uri(vevent, "ATTENDEE", f"mailto:{invitation.attendee}", {**parameters, "RSVP": "TRUE"})


def _serialise_head(calendar: Calendar) -> bytes:
    """Return the VCALENDAR's own lines, without its end."""
    from icalendar import Calendar as Vcalendar

    vcalendar = Vcalendar()
    add_raw(vcalendar, "VERSION", "2.0")
    add_raw(vcalendar, "PRODID", PRODID)
    add_raw(vcalendar, "CALSCALE", "GREGORIAN")
    if calendar.method is not None:
        add_raw(vcalendar, "METHOD", calendar.method.value)
    add_line(vcalendar, "NAME", calendar.name, calendar.language)
    add_line(vcalendar, "X-WR-CALNAME", calendar.name)
    add_uri(vcalendar, "URL", calendar.url)
    add_uri(vcalendar, "SOURCE", calendar.source, {"VALUE": "URI"})
    if _COLOUR_NAME.fullmatch(calendar.colour):
        add_raw(vcalendar, "COLOR", calendar.colour)
    elif _COLOUR_HEX.fullmatch(calendar.colour):
        add_raw(vcalendar, "COLOR", nearest_name(calendar.colour))
        add_raw(vcalendar, "X-APPLE-CALENDAR-COLOR", calendar.colour)
    if calendar.is_feed:
        add_raw(vcalendar, "REFRESH-INTERVAL", REFRESH_INTERVAL, {"VALUE": "DURATION"})
        add_raw(vcalendar, "X-PUBLISHED-TTL", REFRESH_INTERVAL)
    return to_octets(vcalendar, is_open=True)


@lru_cache(maxsize=1024)
def _is_in_utc(starts_at: datetime, ends_at: datetime, tzid: str) -> bool:
    """Tell whether the event is written as `…Z`.

    In UTC itself; and where an end falls into an hour that comes twice. A wall time with TZID means its first pass
    (RFC 5545 3.3.5), but libical and ical.js, and so GNOME, Thunderbird and Nextcloud, take it for the second.
    """
    if tzid in UTC_NAMES:
        return True
    zone = get_zone(tzid).info
    walls = [instant.astimezone(zone) for instant in (starts_at, ends_at)]
    return any(wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset() for wall in walls)


def _add_time(component: Component, name: str, instant: datetime, tzid: str) -> None:
    if tzid:
        local = instant.astimezone(get_zone(tzid).info)
        add_raw(component, name, local.strftime("%Y%m%dT%H%M%S"), {"TZID": tzid})
    else:
        add_raw(component, name, _format_utc(instant))


def _format_utc(instant: datetime) -> str:
    return instant.strftime("%Y%m%dT%H%M%SZ")
