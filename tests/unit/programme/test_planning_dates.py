"""Dates from a rule, the public holidays of France, and what stands in the way of a date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import both
from workshop.programme.conflicts import Booking, ConflictKind, find_conflicts
from workshop.programme.schedule import (
    MAXIMUM_PLANNED,
    Holiday,
    LeftOut,
    Rhythm,
    Rule,
    holiday_of,
    is_free_day,
    left_out_of,
    slots_of,
)

FOUR, SIX = time(16), time(18)


def days(**said: object) -> list[str]:
    rule = Rule(**{"starts": FOUR, "ends": SIX, **said})  # type: ignore[arg-type]  # reason: kinds are the tests' own
    return [slot.starts_wall.date().isoformat() for slot in slots_of(rule)]


def test_every_second_monday_until_but_not() -> None:
    found = days(
        first=date(2026, 10, 5),
        every=2,
        weekdays=(0,),
        until=date(2026, 12, 14),
        excluded=frozenset({date(2026, 11, 2)}),
    )
    assert found == ["2026-10-05", "2026-10-19", "2026-11-16", "2026-11-30", "2026-12-14"]


def test_clocks_change_and_the_wall_time_stays() -> None:
    slots = slots_of(Rule(first=date(2026, 10, 19), starts=FOUR, ends=SIX, count=2))
    assert [slot.starts_wall for slot in slots] == [
        datetime(2026, 10, 19, 16),  # noqa: DTZ001 (a wall time has no zone)
        datetime(2026, 10, 26, 16),  # noqa: DTZ001 (a wall time has no zone)
    ]


def test_several_weekdays_begin_with_the_first_that_comes() -> None:
    assert days(first=date(2026, 10, 7), weekdays=(0, 3), count=3) == ["2026-10-08", "2026-10-12", "2026-10-15"]


@pytest.mark.parametrize(
    ("first", "rhythm", "expected"),
    [
        (date(2026, 10, 12), Rhythm.MONTHS_WEEKDAY, ["2026-10-12", "2026-11-09", "2026-12-14"]),
        (date(2026, 10, 26), Rhythm.MONTHS_LAST, ["2026-10-26", "2026-11-30", "2026-12-28"]),
        # The fifth of its kind can only be the last.
        (date(2026, 8, 31), Rhythm.MONTHS_WEEKDAY, ["2026-08-31", "2026-09-28", "2026-10-26"]),
        # A month without a 31st has none.
        (date(2026, 10, 31), Rhythm.MONTHS_DAY, ["2026-10-31", "2026-12-31", "2027-01-31"]),
    ],
)
def test_months(first: date, rhythm: Rhythm, expected: list[str]) -> None:
    assert days(first=first, rhythm=rhythm, count=3) == expected


def test_a_number_counts_those_that_are_left() -> None:
    found = days(first=date(2026, 4, 27), count=3, without_holidays=True, excluded=frozenset({date(2026, 5, 4)}))
    assert found == ["2026-04-27", "2026-05-11", "2026-05-18"]


def test_what_is_left_out_is_named_up_to_the_last_session() -> None:
    rule = Rule(
        first=date(2026, 4, 27), starts=FOUR, ends=SIX, count=3, without_holidays=True,
        weekdays=(0, 4), excluded=frozenset({date(2026, 5, 4), date(2026, 5, 6), date(2026, 5, 11)}),
    )  # fmt: skip
    assert days(**{name: getattr(rule, name) for name in Rule.__dataclass_fields__}) == [
        "2026-04-27", "2026-05-15", "2026-05-18",
    ]  # fmt: skip
    assert left_out_of(rule) == [
        LeftOut(date(2026, 5, 1), Holiday.LABOUR_DAY),
        LeftOut(date(2026, 5, 4), None),
        LeftOut(date(2026, 5, 8), Holiday.VICTORY_DAY),
        LeftOut(date(2026, 5, 11), None),
    ]
    assert left_out_of(Rule(first=date(2026, 5, 1), starts=FOUR, ends=SIX, count=3)) == []


def test_a_rule_that_never_fits_ends() -> None:
    assert days(first=date(2026, 12, 25), every=12, rhythm=Rhythm.MONTHS_DAY, count=3, without_holidays=True) == []


def test_one_that_ends_after_midnight_ends_the_next_day() -> None:
    (slot,) = slots_of(Rule(first=date(2026, 10, 5), starts=time(22), ends=time(0, 30), count=1))
    assert slot.ends_wall - slot.starts_wall == timedelta(hours=2, minutes=30)


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2027, 3, 26), Holiday.GOOD_FRIDAY),
        (date(2027, 3, 28), None),  # Easter itself is a Sunday
        (date(2027, 3, 29), Holiday.EASTER_MONDAY),
        (date(2027, 5, 6), Holiday.ASCENSION),
        (date(2027, 5, 17), Holiday.WHIT_MONDAY),
        (date(2026, 7, 14), Holiday.NATIONAL_DAY),
        (date(2026, 12, 26), Holiday.SAINT_STEPHEN),
        (date(2008, 5, 1), Holiday.LABOUR_DAY),  # Ascension as well
        (date(2026, 11, 12), None),
    ],
)
def test_holidays_of_france(day: date, holiday: Holiday | None) -> None:
    assert holiday_of(day) is holiday


def test_what_is_a_holiday_in_alsace_and_moselle_only_is_no_free_day() -> None:
    assert not is_free_day(date(2026, 12, 26))
    assert is_free_day(date(2026, 12, 25))


@given(
    first=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    length=st.integers(0, 800),
    every=st.integers(1, 12),
    rhythm=st.sampled_from(Rhythm),
    weekdays=st.lists(st.integers(0, 6), max_size=7).map(tuple),
    count=st.none() | st.integers(1, 200),
    without_holidays=st.booleans(),
)
def test_whatever_the_rule_dates_rise_within_it(
    first: date,
    length: int,
    every: int,
    rhythm: Rhythm,
    weekdays: tuple[int, ...],
    count: int | None,
    without_holidays: bool,  # noqa: FBT001 (hypothesis passes by name)
) -> None:
    until = first + timedelta(days=length)
    rule = Rule(
        first=first,
        starts=FOUR,
        ends=SIX,
        every=every,
        rhythm=rhythm,
        weekdays=weekdays,
        until=until,
        count=count,
        without_holidays=without_holidays,
    )
    found = [slot.starts_wall.date() for slot in slots_of(rule)]
    assert found == sorted(set(found))
    assert len(found) <= min(count or MAXIMUM_PLANNED, MAXIMUM_PLANNED)
    assert all(first <= day <= until for day in found)
    if rhythm is Rhythm.WEEKS:
        assert {day.weekday() for day in found} <= (set(weekdays) or {first.weekday()})
    if without_holidays:
        assert not any(is_free_day(day) for day in found)


def booking(key: str, hour: int, *, hours: int = 2, day: int = 16, people: dict[int, str] | None = None) -> Booking:
    starts = datetime(2026, 11, day, hour, tzinfo=UTC)
    return Booking(
        key, both(f"Fr {key}", f"En {key}"), starts, starts + timedelta(hours=hours), "Europe/Paris", people or {}
    )


def test_a_speaker_in_two_places() -> None:
    one = booking("a", 14, people={1: "Camille", 2: "Dominique"})
    other = booking("b", 15, people={2: "Dominique", 3: "Sacha"})
    found = find_conflicts(one, [one, other])
    assert [(conflict.kind, conflict.person) for conflict in found] == [
        (ConflictKind.SPEAKER, "Dominique"),
        (ConflictKind.SAME_TIME, ""),
    ]


def test_one_after_the_other_on_a_day() -> None:
    shared = {1: "Camille"}
    found = find_conflicts(booking("a", 14, people=shared), [booking("b", 16, people=shared)])
    assert [conflict.kind for conflict in found] == [ConflictKind.SAME_DAY]


def test_days_are_those_of_its_own_clock() -> None:
    """23:30 UTC on the 10th is the morning of Armistice Day in Paris; what ends at midnight is not on the next day."""
    late = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)
    found = find_conflicts(Booking("a", both("a", "a"), late, late + timedelta(hours=1), "Europe/Paris"), [])
    assert [conflict.holiday for conflict in found] == [Holiday.ARMISTICE]
    before = Booking("b", both("b", "b"), late - timedelta(hours=2), late - timedelta(minutes=30), "Europe/Paris")
    assert find_conflicts(before, []) == ()


def test_another_day_is_no_conflict() -> None:
    assert find_conflicts(booking("a", 14), [booking("b", 14, day=17)]) == ()
