"""VTIMEZONE from tzdata (RFC 5545 3.6.5), true for the years in use.

Not the library's: its onsets are an hour late, and some clients then show every summer session an hour off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from workshop.ical.content import add_line, add_raw, to_octets
from workshop.ical.tzfile import Onset, YearlyRule, Zone, get_zone

if TYPE_CHECKING:
    from icalendar import Timezone

UTC_NAMES = frozenset({"UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"})
"""Zones written as `…Z`, without a VTIMEZONE."""

_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN = timedelta(days=2)


@lru_cache(maxsize=512)
def vtimezone_for(tzid: str, first_year: int, last_year: int) -> bytes:
    """Return the VTIMEZONE component that is true from the first to the last year (of UTC), with CRLF.

    A zone with a yearly rule gets it as RRULE from the year since which it holds, each other change in these years an
    observance of its own.

    Raises:
        ZoneInfoNotFoundError: tzdata has no such zone.
        ValueError: the zone is UTC.
    """
    from icalendar import Timezone

    if tzid in UTC_NAMES:
        raise ValueError("UTC has no VTIMEZONE")
    zone = get_zone(tzid)
    rules = [(rule, since) for rule in zone.rules if (since := _held_since(rule, zone)) <= last_year + 1]
    observances = [(onset, "") for onset in _single_onsets(zone, rules, first_year, last_year)]
    for rule, since in rules:
        observances += [(_first_onset(rule, since, month), rrule) for month, rrule in _list_rrules(rule)]
    timezone = Timezone()
    add_raw(timezone, "TZID", tzid)
    for onset, rrule in sorted(observances, key=lambda each: each[0].wall):
        _add_observance(timezone, onset, rrule)
    return to_octets(timezone)


def _held_since(rule: YearlyRule, zone: Zone) -> int:
    """Return the first year of the unbroken run of years, up to today's rule, in which this rule was followed."""
    if not zone.transitions:
        return _OLDEST.year
    last = zone.transitions[-1].instant
    followed = {(onset.instant, onset.offset_from, onset.offset_to) for onset in zone.transitions}
    year = last.year + 1
    while True:
        onset = rule.onset(year - 1)
        if onset.instant <= last and (onset.instant, onset.offset_from, onset.offset_to) not in followed:
            return year
        year -= 1


def _single_onsets(
    zone: Zone, rules: Iterable[tuple[YearlyRule, int]], first_year: int, last_year: int
) -> Iterator[Onset]:
    """Yield the changes in these years, and the last before them, that no RRULE stands for."""
    begin = datetime(first_year, 1, 1, tzinfo=UTC) - _MARGIN
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC) + _MARGIN
    onsets = _list_onsets(zone, last_year + 1)
    ruled = {rule.onset(year).instant for rule, since in rules for year in range(since, last_year + 2)}
    before = [onset for onset in onsets if onset.instant <= begin]
    if not before or before[-1].instant < _OLDEST:
        # Nothing changed for as long as calendars have existed: some clients stumble over older dates.
        start = min(begin, _OLDEST)
        local = begin.astimezone(zone.info)
        offset = local.utcoffset() or timedelta(0)
        yield Onset(start - offset, offset, offset, local.tzname() or "", is_daylight=False)
    elif before[-1].instant not in ruled:
        yield before[-1]
    yield from (onset for onset in onsets if begin < onset.instant < end and onset.instant not in ruled)


def _list_onsets(zone: Zone, last_year: int) -> list[Onset]:
    """Return every change until the end of that year, those by the yearly rules included."""
    onsets = list(zone.transitions)
    if zone.rules:
        last = onsets[-1].instant if onsets else _OLDEST
        coming = [rule.onset(year) for rule in zone.rules for year in range(last.year, last_year + 1)]
        onsets += sorted((onset for onset in coming if onset.instant > last), key=lambda onset: onset.instant)
    return onsets


def _list_rrules(rule: YearlyRule) -> list[tuple[int, str]]:
    """Return month and RRULE of one yearly change: two where its seven possible days reach over the end of a month.

    Cairo changes on the day after the last Thursday of October, which can be the first of November.
    """
    weekday = _WEEKDAYS[(rule.weekday + rule.shift) % 7]
    if rule.shift == 0:
        week = -1 if rule.week == 5 else rule.week  # noqa: PLR2004 (POSIX: week 5 is the last)
        return [(rule.month, f"FREQ=YEARLY;BYMONTH={rule.month};BYDAY={week}{weekday}")]
    length = rule.month_length
    days_of_month: dict[int, list[int]] = {}
    for day in range(rule.first_day + rule.shift, rule.first_day + rule.shift + 7):
        if day < 1:
            raise ValueError(f"a yearly rule that reaches into the month before: {rule}")
        month, day_of_month = (rule.month, day) if day <= length else (rule.month % 12 + 1, day - length)
        days_of_month.setdefault(month, []).append(day_of_month)
    return [
        (month, f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={','.join(map(str, days))};BYDAY={weekday}")
        for month, days in days_of_month.items()
    ]


def _first_onset(rule: YearlyRule, since: int, month: int) -> Onset:
    """Return the first onset in that month: DTSTART must be an instance of its own RRULE."""
    year = since
    while (onset := rule.onset(year)).wall.month != month:
        year += 1
    return onset


def _add_observance(timezone: Timezone, onset: Onset, rrule: str) -> None:
    from icalendar import TimezoneDaylight, TimezoneStandard

    observance = TimezoneDaylight() if onset.is_daylight else TimezoneStandard()
    add_raw(observance, "DTSTART", onset.wall.strftime("%Y%m%dT%H%M%S"))
    add_raw(observance, "TZOFFSETFROM", _format_offset(onset.offset_from))
    add_raw(observance, "TZOFFSETTO", _format_offset(onset.offset_to))
    add_line(observance, "TZNAME", onset.name)
    if rrule:
        add_raw(observance, "RRULE", rrule)
    timezone.add_component(observance)


def _format_offset(offset: timedelta) -> str:
    """Return ±hhmm, with seconds only where a zone once had them (RFC 5545 3.3.14)."""
    total = int(offset.total_seconds())
    minutes, seconds = divmod(abs(total), 60)
    return f"{'-' if total < 0 else '+'}{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")
