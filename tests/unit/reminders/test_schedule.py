"""When reminders leave: days of the wall clock, elapsed hours, quiet hours, outages, late answers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.core.localtime import is_quiet
from workshop.reminders.schedule import (
    AnswerTimes,
    Nearness,
    Offset,
    SessionTimes,
    coming,
    current,
    departures,
    is_for,
    leaves_at,
    nearness,
    own_time,
    parse_offset,
    parse_offsets,
)

QUIET = (21, 8)
PARIS = "Europe/Paris"
RULES = ("-7d", "-1d", "-1h")


def paris(*at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo(PARIS)).astimezone(UTC)  # type: ignore[arg-type,misc] # numbers of the example


def times(starts_at: datetime, *rules: str, tzid: str = PARIS) -> SessionTimes:
    return SessionTimes(
        id=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        tzid=tzid,
        offsets=parse_offsets(rules or RULES),
    )


def sent_at(
    session: SessionTimes, now: datetime, *, confirmed_at: datetime, moved_at: datetime | None = None
) -> list[str]:
    answer = AnswerTimes(id=1, session_id=1, confirmed_at=confirmed_at, moved_at=moved_at)
    turn = current(session, now=now, quiet=QUIET)
    return [turn.offset.text] if turn is not None and is_for(turn, answer) else []


LONG_AGO = paris(2026, 1, 1)
START = paris(2026, 11, 30, 16)


@pytest.mark.parametrize(
    ("text", "days", "hours"), [("-7d", -7, 0), ("-1h", 0, -1), ("+1d", 1, 0), ("+2h", 0, 2), ("-366d", -366, 0)]
)
def test_an_offset_is_read(text: str, days: int, hours: int) -> None:
    assert parse_offset(text) == Offset(text, days, hours)


@pytest.mark.parametrize("text", ["", "7d", "-0d", "-1w", "-1d ", "--1d", "-367d", "-1.5h", "-1D", "-٣d"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an offset"):
        parse_offset(text)


def test_one_bad_rule_does_not_keep_the_others_back() -> None:
    assert [one.text for one in parse_offsets(("-7d", "soon", "-7d", "-1h"))] == ["-7d", "-1h"]


@pytest.mark.parametrize("day", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)])
def test_ten_o_clock_stays_ten_o_clock_over_a_change_of_clocks(day: datetime) -> None:
    start = paris(day.year, day.month, day.day, 10)
    own = own_time(parse_offset("-1d"), starts_at=start, ends_at=start + timedelta(hours=2), tzid=PARIS)
    assert own.astimezone(ZoneInfo(PARIS)).replace(tzinfo=None) == datetime(day.year, day.month, day.day - 1, 10)  # noqa: DTZ001 (wall time)
    assert start - own != timedelta(days=1)


def test_hours_are_elapsed_hours_over_a_change_of_clocks() -> None:
    start = paris(2026, 10, 25, 10)
    own = own_time(parse_offset("-24h"), starts_at=start, ends_at=start + timedelta(hours=2), tzid=PARIS)
    assert start - own == timedelta(hours=24)
    assert own.astimezone(ZoneInfo(PARIS)).hour == 11


def test_a_day_before_that_the_zone_skips_still_has_an_instant() -> None:
    start = paris(2027, 3, 29, 2, 30)
    own = own_time(parse_offset("-1d"), starts_at=start, ends_at=start + timedelta(hours=1), tzid=PARIS)
    assert own == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "rule", "leaves"),
    [
        (paris(2026, 11, 30, 16), "-1h", paris(2026, 11, 30, 15)),
        (paris(2026, 11, 30, 8, 30), "-1h", paris(2026, 11, 29, 20, 30)),
        (paris(2026, 11, 30, 9), "-1h", paris(2026, 11, 30, 8)),
        (paris(2026, 11, 30, 22), "-1h", paris(2026, 11, 30, 21)),  # half past eight is less than two hours before
        (paris(2026, 11, 30, 22, 30), "-1h", paris(2026, 11, 30, 20, 30)),
        (paris(2026, 11, 30, 22), "-1d", paris(2026, 11, 29, 20, 30)),
        (paris(2026, 12, 1, 0, 30), "-1d", paris(2026, 11, 29, 20, 30)),
        (paris(2026, 11, 30, 7), "-7d", paris(2026, 11, 22, 20, 30)),
    ],
)
def test_quiet_hours(start: datetime, rule: str, leaves: datetime) -> None:
    found = leaves_at(parse_offset(rule), starts_at=start, ends_at=start + timedelta(hours=2), tzid=PARIS, quiet=QUIET)
    assert found == leaves


def test_quiet_hours_may_lie_within_a_day_or_be_none() -> None:
    noon = paris(2026, 11, 30, 12, 30)
    assert is_quiet(noon, tzid=PARIS, quiet=(12, 14))
    assert not is_quiet(noon, tzid=PARIS, quiet=(13, 14))
    assert not is_quiet(noon, tzid=PARIS, quiet=(12, 12))


def test_after_the_end_nothing_leaves_before_it_even_for_quiet_hours() -> None:
    start = paris(2026, 11, 30, 19)
    session = times(start, "+1h", "+1d")
    assert [one.leaves_at for one in departures(session, quiet=QUIET)] == [
        paris(2026, 11, 30, 22),
        paris(2026, 12, 1, 20, 30),
    ]
    assert current(session, now=session.ends_at, quiet=QUIET) is None


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=8), []),
        (timedelta(days=7), ["-7d"]),
        (timedelta(days=3), ["-7d"]),
        (timedelta(days=1), ["-1d"]),
        (timedelta(hours=2), ["-1d"]),
        (timedelta(hours=2) - timedelta(seconds=1), []),
        (timedelta(hours=1), ["-1h"]),
        (timedelta(minutes=15), ["-1h"]),
        (timedelta(minutes=14), []),
        (timedelta(), []),
        (-timedelta(days=1), []),
    ],
)
def test_after_an_outage_the_newest_leaves_and_only_while_it_helps(before: timedelta, expected: list[str]) -> None:
    assert sent_at(times(START), START - before, confirmed_at=LONG_AGO) == expected


def test_the_follow_up_leaves_only_after_the_end() -> None:
    session = times(START, "-1h", "+1d")
    leaves = paris(2026, 12, 1, 18)
    assert sent_at(session, leaves - timedelta(seconds=1), confirmed_at=LONG_AGO) == []
    assert sent_at(session, leaves, confirmed_at=LONG_AGO) == ["+1d"]
    assert sent_at(session, leaves + timedelta(hours=25), confirmed_at=LONG_AGO) == []


@pytest.mark.parametrize(
    ("confirmed", "expected"),
    [
        (timedelta(days=6), ["-1d", "-1h"]),  # a week before has passed
        (timedelta(hours=37), ["-1d", "-1h"]),
        (timedelta(hours=35), ["-1h"]),  # a day before would follow within twelve hours
        (timedelta(hours=2), ["-1h"]),  # but the last one always does
        (timedelta(minutes=30), []),
    ],
)
def test_a_late_answer_gets_what_still_helps(confirmed: timedelta, expected: list[str]) -> None:
    found: list[str] = []
    at = START - confirmed
    while at < START:
        found += [text for text in sent_at(times(START), at, confirmed_at=START - confirmed) if text not in found]
        at += timedelta(minutes=10)
    assert found == expected


def test_whoever_was_just_told_of_a_move_is_not_reminded_of_what_has_passed() -> None:
    now = START - timedelta(days=3)
    assert sent_at(times(START), now, confirmed_at=LONG_AGO) == ["-7d"]
    assert sent_at(times(START), now, confirmed_at=LONG_AGO, moved_at=now - timedelta(minutes=1)) == []


def test_what_will_come() -> None:
    found = coming(times(START), now=START - timedelta(days=3), until=START, quiet=QUIET)
    assert [one.offset.text for one in found] == ["-7d", "-1d", "-1h"]
    assert [one.is_last for one in found] == [False, False, True]


@pytest.mark.parametrize(
    ("left", "zones", "expected"),
    [
        (timedelta(days=7), [PARIS], (Nearness.DAYS, 7)),
        (timedelta(days=1), [PARIS], (Nearness.TOMORROW, 1)),
        (timedelta(hours=6), [PARIS], (Nearness.TODAY, 0)),
        (timedelta(hours=1), [PARIS], (Nearness.ONE_HOUR, 0)),
        (timedelta(minutes=20), [PARIS], (Nearness.SOON, 0)),
        (timedelta(), [PARIS], (Nearness.OVER, 0)),
        (timedelta(hours=24), [PARIS, "Asia/Tokyo"], (Nearness.TOMORROW, 1)),
        # Eight in the morning in Paris is still the day before in Los Angeles: no word is true for both.
        (timedelta(hours=8), [PARIS, "America/Los_Angeles"], (Nearness.OPEN, 0)),
    ],
)
def test_words_that_are_true(left: timedelta, zones: list[str], expected: tuple[Nearness, int]) -> None:
    assert nearness(START, zones, now=START - left) == expected


zones = st.sampled_from([PARIS, "America/Toronto", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC"])
starts = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants them naive)
offsets = st.builds("{}{}{}".format, st.sampled_from("-+"), st.integers(1, 60), st.sampled_from("dh")).map(parse_offset)
quiets = st.tuples(st.integers(0, 23), st.integers(0, 23))


@settings(deadline=None)
@given(offset=offsets, start=starts, tzid=zones, quiet=quiets)
def test_never_later_than_its_own_time_and_never_in_quiet_hours_without_need(
    offset: Offset, start: datetime, tzid: str, quiet: tuple[int, int]
) -> None:
    end = start + timedelta(hours=2)
    own = own_time(offset, starts_at=start, ends_at=end, tzid=tzid)
    at = leaves_at(offset, starts_at=start, ends_at=end, tzid=tzid, quiet=quiet)
    assert at <= own
    assert (own - at) <= timedelta(hours=26)
    if offset.is_after:
        assert at >= min(own, end)
    elif is_quiet(at, tzid=tzid, quiet=quiet) and at == own:
        # Its own time: the evening before would have been less than two hours before the start, or the clock's
        # change put that half hour itself elsewhere.
        assert start - own < timedelta(hours=26)
    if at != own:
        assert is_quiet(own, tzid=tzid, quiet=quiet)
        assert offset.is_after or start - at >= timedelta(hours=2)


@settings(deadline=None)
@given(start=starts, tzid=zones, minutes=st.integers(-3000, 20000), confirmed=st.integers(0, 20000))
def test_what_is_due_has_left_its_time_behind_and_helps_still(
    start: datetime, tzid: str, minutes: int, confirmed: int
) -> None:
    now = start - timedelta(minutes=minutes)
    answer = AnswerTimes(id=1, session_id=1, confirmed_at=start - timedelta(minutes=confirmed))
    turn = current(times(start, *RULES, "+1d", tzid=tzid), now=now, quiet=QUIET)
    if turn is not None and is_for(turn, answer):
        assert answer.confirmed_at < turn.leaves_at <= now <= turn.latest_at
        assert turn.expires_at >= turn.latest_at
