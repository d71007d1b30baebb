"""When the sessions of a series fall: dates from a rule, and the public holidays of France. Pure.

Dates are wall dates: a session at 16:00 stays at 16:00 when clocks change, and a zone comes in only where an instant is
made of a wall time.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday

MAXIMUM_PLANNED = 60
"""Sessions that one rule makes."""
_HORIZON = relativedelta(years=10)
"""So far a rule that never fills its number is followed."""
_LAST = 5
"""Weeks of a month from which a weekday can only be its last."""


class Holiday(enum.StrEnum):
    """A public holiday of France (Code du travail, L3133-1), or of Alsace and Moselle alone (L3134-13)."""

    NEW_YEAR = "new_year"
    GOOD_FRIDAY = "good_friday"
    EASTER_MONDAY = "easter_monday"
    LABOUR_DAY = "labour_day"
    VICTORY_DAY = "victory_day"
    ASCENSION = "ascension"
    WHIT_MONDAY = "whit_monday"
    NATIONAL_DAY = "national_day"
    ASSUMPTION = "assumption"
    ALL_SAINTS = "all_saints"
    ARMISTICE = "armistice"
    CHRISTMAS = "christmas"
    SAINT_STEPHEN = "saint_stephen"


OF_ALSACE_MOSELLE = frozenset({Holiday.GOOD_FRIDAY, Holiday.SAINT_STEPHEN})
"""Those that are holidays there and nowhere else in France."""
_FIXED = {
    (1, 1): Holiday.NEW_YEAR,
    (5, 1): Holiday.LABOUR_DAY,
    (5, 8): Holiday.VICTORY_DAY,
    (7, 14): Holiday.NATIONAL_DAY,
    (8, 15): Holiday.ASSUMPTION,
    (11, 1): Holiday.ALL_SAINTS,
    (11, 11): Holiday.ARMISTICE,
    (12, 25): Holiday.CHRISTMAS,
    (12, 26): Holiday.SAINT_STEPHEN,
}
_AFTER_EASTER = {
    -2: Holiday.GOOD_FRIDAY,
    1: Holiday.EASTER_MONDAY,
    39: Holiday.ASCENSION,
    50: Holiday.WHIT_MONDAY,
}
"""Days after Easter Sunday."""


def holiday_of(day: date) -> Holiday | None:
    """Return which holiday a day is; where two meet (Ascension on 1 or 8 May), the one that is always on that date."""
    return _FIXED.get((day.month, day.day)) or _AFTER_EASTER.get((day - easter(day.year)).days)


class Rhythm(enum.StrEnum):
    """How a rule goes from one date to the next."""

    WEEKS = "weeks"
    """On these weekdays, every so many weeks."""
    MONTHS_WEEKDAY = "months_weekday"
    """On the same weekday of the month as the first, such as the second Monday."""
    MONTHS_LAST = "months_last"
    """On the last weekday of its kind."""
    MONTHS_DAY = "months_day"
    """On the same day of the month; a month without it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What organisers say of a series' dates, all on its own clock."""

    first: date
    """From this day on."""
    starts: time
    ends: time
    """Not after `starts`: on the next day."""
    rhythm: Rhythm = Rhythm.WEEKS
    every: int = 1
    """Weeks or months."""
    weekdays: tuple[int, ...] = ()
    """0 for Monday; for weeks only, empty: the first day's."""
    until: date | None = None
    """The last day that may be; None: `count` says when it is enough."""
    count: int | None = None
    excluded: frozenset[date] = frozenset()
    without_holidays: bool = False
    """Whether it leaves out holidays of the whole of France."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When one session would be: naive wall times."""

    starts_wall: datetime
    ends_wall: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A day that fits the rhythm of a rule, and has no session."""

    day: date
    holiday: Holiday | None
    """None: it was excluded by hand."""


def slots_of(rule: Rule) -> list[Slot]:
    """Return when the sessions of a rule are, at most MAXIMUM_PLANNED; `count` counts those that are left."""
    return [slot_on(day, rule.starts, rule.ends) for day in _part(rule)[0]]


def left_out_of(rule: Rule) -> list[LeftOut]:
    """Return the days that a rule leaves out up to its last session, or its last day."""
    return _part(rule)[1]


def _part(rule: Rule) -> tuple[list[date], list[LeftOut]]:
    """Return the days of a rule, and those left out."""
    wanted = min(rule.count or MAXIMUM_PLANNED, MAXIMUM_PLANNED)
    found: list[date] = []
    left_out: list[LeftOut] = []
    for day in _days_of(rule):
        if len(found) == wanted:
            break
        if day in rule.excluded:
            left_out.append(LeftOut(day, None))
        elif rule.without_holidays and is_free_day(day):
            left_out.append(LeftOut(day, holiday_of(day)))
        else:
            found.append(day)
    return found, left_out


def slot_on(day: date, starts: time, ends: time) -> Slot:
    """Return a session of a day; one that does not end after it starts ends on the next."""
    last = day if ends > starts else day + timedelta(days=1)
    return Slot(datetime.combine(day, starts), datetime.combine(last, ends))


def is_free_day(day: date) -> bool:
    """Whether the whole of France has a holiday."""
    return holiday_of(day) not in (None, *OF_ALSACE_MOSELLE)


def _days_of(rule: Rule) -> Iterator[date]:
    start = datetime.combine(rule.first, time())
    end = datetime.combine(rule.until, time()) if rule.until else start + _HORIZON
    for found in _rrule(rule, start, end):
        yield found.date()


def _rrule(rule: Rule, start: datetime, end: datetime) -> rrule:
    of_first, week = rule.first.weekday(), (rule.first.day - 1) // 7 + 1
    if rule.rhythm is Rhythm.WEEKS:
        days = sorted(set(rule.weekdays)) or [of_first]
        return rrule(WEEKLY, dtstart=start, until=end, interval=rule.every, byweekday=days)
    if rule.rhythm is Rhythm.MONTHS_DAY:
        return rrule(MONTHLY, dtstart=start, until=end, interval=rule.every, bymonthday=rule.first.day)
    is_last = rule.rhythm is Rhythm.MONTHS_LAST or week == _LAST
    nth = weekday(of_first, -1 if is_last else week)
    return rrule(MONTHLY, dtstart=start, until=end, interval=rule.every, byweekday=nth)
