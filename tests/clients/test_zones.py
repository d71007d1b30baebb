"""Every zone of tzdata, as parsers understand the definition that the file brings: none of their own is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.clients.parsers import Read
from tests.unit.ical.zones import distinct_zones, zone_of
from workshop.ical import Calendar, Event, EventStatus, serialise

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST, LAST = datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)


def _instants(tzid: str) -> Iterator[datetime]:
    """Yield the middle of winter and of summer, and every half hour around each change of clocks."""
    yield from (datetime(2027, month, 15, 11, 30, tzinfo=UTC) for month in (1, 7))
    zone = zone_of(tzid)
    day = FIRST
    while day < LAST:
        if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset():
            hours = (day + number * HOUR for number in range(24))
            change = next(hour for hour in hours if _changes(hour, zone))
            yield from (change + halves * HOUR / 2 for halves in range(-1, 5))
        day += DAY


def _changes(hour: datetime, zone: ZoneInfo) -> bool:
    return hour.astimezone(zone).utcoffset() != (hour + HOUR).astimezone(zone).utcoffset()


def _is_utc(tzid: str) -> bool:
    """Tell whether the zone is another name of UTC, of which vobject makes UTC and then misses the name."""
    return not any(FIRST.replace(month=month).astimezone(zone_of(tzid)).utcoffset() for month in (1, 7))


@pytest.fixture(scope="module")
def calendar() -> tuple[bytes, dict[str, datetime]]:
    """Give a calendar with events in every zone, each under a name that no parser knows, and UID → start."""
    starts = {
        f"{tzid}-{number}": (tzid, instant)
        for tzid in distinct_zones()
        if not _is_utc(tzid)
        for number, instant in enumerate(dict.fromkeys(_instants(tzid)))
    }
    events = [
        Event(
            uid=uid,
            sequence=0,
            revised_at=FIRST,
            starts_at=instant,
            ends_at=instant + HOUR / 2,
            tzid=tzid,
            status=EventStatus.CONFIRMED,
            summary="x",
        )
        for uid, (tzid, instant) in starts.items()
    ]
    octets = serialise(Calendar(name="Zones"), events)
    return re.sub(rb"TZID([=:])", rb"TZID\1Of-the-file/", octets), {
        uid: instant for uid, (_, instant) in starts.items()
    }


def test_every_zone_is_understood(read: Callable[[bytes], Read], calendar: tuple[bytes, dict[str, datetime]]) -> None:
    octets, starts = calendar
    entries = read(octets).entries
    assert len(entries) == len(starts)
    assert [(entry.uid, entry.starts_at) for entry in entries if entry.starts_at != starts[entry.uid]] == []
    assert {entry.ends_at - entry.starts_at for entry in entries} == {HOUR / 2}
