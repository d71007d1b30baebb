"""Until when a place is held for whoever it is offered to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workshop.core.localtime import is_quiet
from workshop.rsvp.models import AnswerState
from workshop.rsvp.schedule import UNDO, is_open_offer, keeps_shares, offer_ends_at, undo_until

PARIS = "Europe/Paris"
NIGHT = (21, 8)
HOUR = timedelta(hours=1)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS))


@pytest.mark.parametrize(
    ("now", "starts_at", "ends_at"),
    [
        ("2026-11-22T10:00:41", "2026-11-30T16:00", "2026-11-23T10:00"),  # a day, and a whole minute
        ("2026-11-22T22:00", "2026-11-30T16:00", "2026-11-23T20:30"),  # a day would end at night: the evening before
        ("2026-11-22T08:00", "2026-11-22T20:00", "2026-11-22T12:00"),  # near: a third of the time left
        ("2026-11-22T17:00", "2026-11-23T10:00", "2026-11-22T20:30"),  # at night: the evening before
        ("2026-11-22T20:00", "2026-11-23T16:00", "2026-11-23T09:00"),  # no evening left: the morning after
        ("2026-11-22T22:00", "2026-11-23T10:00", "2026-11-23T09:00"),
        ("2026-11-22T22:00", "2026-11-23T09:30", "2026-11-23T08:30"),
        ("2026-11-22T22:00", "2026-11-23T09:10", None),  # nobody could read it in time
        ("2026-11-22T22:00", "2026-11-23T02:00", None),
        ("2026-11-22T14:30", "2026-11-22T16:00", "2026-11-22T15:00"),
        ("2026-11-22T15:00", "2026-11-22T16:00", None),  # the last hour
        ("2026-11-22T17:00", "2026-11-22T16:00", None),
        ("2026-03-28T10:00", "2026-04-02T16:00", "2026-03-29T11:00"),  # clocks go forward: 24 hours are 24 hours
    ],
)
def test_an_offer_ends(now: str, starts_at: str, ends_at: str | None) -> None:
    found = offer_ends_at(paris(now), starts_at=paris(starts_at), tzid=PARIS, quiet=NIGHT)
    assert found == (paris(ends_at) if ends_at else None)


def test_the_night_is_that_of_whoever_gets_it() -> None:
    now, starts_at = paris("2026-11-22T10:00"), paris("2026-11-30T16:00")
    # Ten in Paris is six in the evening in Tokyo, and four in the morning in Toronto.
    assert offer_ends_at(now, starts_at=starts_at, tzid="Asia/Tokyo", quiet=NIGHT) == paris("2026-11-23T10:00")
    toronto = offer_ends_at(now, starts_at=starts_at, tzid="America/Toronto", quiet=NIGHT)
    assert toronto == paris("2026-11-23T02:30")


def test_without_quiet_hours_any_hour_will_do() -> None:
    now = paris("2026-11-22T22:00")
    assert offer_ends_at(now, starts_at=paris("2026-11-30T16:00"), tzid=PARIS, quiet=(0, 0)) == now + 24 * HOUR


zones = st.sampled_from([PARIS, "America/Toronto", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "UTC"])
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (the strategy wants naive bounds)
nights = st.sampled_from([(21, 8), (22, 7), (0, 6), (23, 0), (12, 14), (0, 0), (20, 10)])


@given(now=instants, left=st.timedeltas(timedelta(0), timedelta(days=9)), tzid=zones, quiet=nights)
@example(now=datetime(2026, 10, 24, 22, tzinfo=UTC), left=timedelta(hours=14), tzid=PARIS, quiet=NIGHT)
@example(now=datetime(2026, 3, 28, 22, tzinfo=UTC), left=timedelta(hours=11, minutes=1), tzid=PARIS, quiet=(0, 6))
def test_no_offer_ends_at_night_or_too_late_or_after_more_than_a_day(
    now: datetime, left: timedelta, tzid: str, quiet: tuple[int, int]
) -> None:
    found = offer_ends_at(now, starts_at=now + left, tzid=tzid, quiet=quiet)
    if left <= HOUR:
        assert found is None
    if found is None:
        # Only where the start is near: within a day there is a morning.
        assert left < timedelta(hours=26)
        return
    assert now < found <= now + 24 * HOUR
    assert found < now + left
    assert not is_quiet(found, tzid=tzid, quiet=quiet)
    assert found.second == found.microsecond == 0


def test_places_are_kept_for_shares_until_the_day_before() -> None:
    starts_at = paris("2026-11-30T16:00")
    assert keeps_shares(starts_at, now=paris("2026-11-29T15:59"))
    assert not keeps_shares(starts_at, now=paris("2026-11-29T16:00"))


AT = paris("2026-11-22T10:00")


@dataclass
class _Answer:
    state: AnswerState
    answered_at: datetime = AT
    waitlisted_at: datetime | None = None
    seat_kept_until: datetime | None = None


def test_until_when_giving_up_can_be_undone() -> None:
    at = AT
    seat = _Answer(AnswerState.WITHDRAWN, seat_kept_until=at + UNDO)
    assert undo_until(seat, now=at) == at + UNDO
    assert undo_until(seat, now=at + UNDO) is None
    place = _Answer(AnswerState.DECLINED, waitlisted_at=at - HOUR)
    assert undo_until(place, now=at) == at + UNDO
    assert undo_until(place, now=at + UNDO) is None
    assert undo_until(_Answer(AnswerState.WITHDRAWN), now=at) is None
    assert undo_until(_Answer(AnswerState.WAITLISTED, waitlisted_at=at), now=at) is None


def test_an_offer_is_open_until_its_end_and_the_start() -> None:
    at, later = paris("2026-11-22T10:00"), paris("2026-11-22T11:00")
    assert is_open_offer(AnswerState.OFFERED, later, later + HOUR, now=at)
    assert not is_open_offer(AnswerState.OFFERED, later, later + HOUR, now=later)
    assert not is_open_offer(AnswerState.OFFERED, later + HOUR, later, now=later)  # the session was moved
    assert not is_open_offer(AnswerState.WAITLISTED, later, later + HOUR, now=at)
