"""Public feeds, as parsers that the product does not use understand them: the calendar's cases of every release."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_series, build_session
from tests.clients.parsers import Entry, Read
from workshop.chatham.rule import Level
from workshop.core.localized import Localized
from workshop.programme.models import Mode, Series, WorkshopSession
from workshop.programme.service import cancel, publish, reschedule, session_values, unpublish, update_session

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.databases("sqlite")]
FEED = "/en/series/s/calendar.ics"
HOUR = timedelta(hours=1)
PROPERTIES = {
    "UID",
    "DTSTAMP",
    "LAST-MODIFIED",
    "SEQUENCE",
    "STATUS",
    "TRANSP",
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "URL",
    "CATEGORIES",
}
ReadFunction = Callable[[bytes], Read]


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="s")


@pytest.fixture
def fetch(client: FlaskClient, read: ReadFunction) -> Callable[..., Read]:
    """Give a function that reads what is at an address."""

    def fetch(path: str = FEED) -> Read:
        answer = client.get(path)
        assert answer.status_code == 200
        return read(answer.data)

    return fetch


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(found: Read) -> list[tuple[datetime, datetime]]:
    return [(entry.starts_at, entry.ends_at) for entry in found.entries]


def only(found: Read) -> Entry:
    [entry] = found.entries
    return entry


# -- times -------------------------------------------------------------------------------------------------------------


def test_two_evenings_on_both_sides_of_a_change_of_clocks(
    fetch: Callable[..., Read], session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    clock.move_to(at("2026-10-01"))
    for day in (24, 26):
        build_session(session, series, starts_wall=datetime(2026, 10, day, 18))  # noqa: DTZ001 (a wall time)
    found = fetch()
    assert times(found) == [
        (at("2026-10-24T16:00"), at("2026-10-24T18:00")),
        (at("2026-10-26T17:00"), at("2026-10-26T19:00")),
    ]
    assert found.zones == ("Europe/Paris",)


def test_a_night_in_which_an_hour_comes_twice_lasts_three_hours(
    fetch: Callable[..., Read], session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    clock.move_to(at("2026-10-01"))
    walls = {"starts_wall": datetime(2026, 10, 25, 1, 30), "ends_wall": datetime(2026, 10, 25, 3, 30)}  # noqa: DTZ001 (wall times)
    build_session(session, series, **walls)
    assert times(fetch()) == [(at("2026-10-24T23:30"), at("2026-10-25T02:30"))]


def test_both_passes_through_the_hour_that_comes_twice(
    fetch: Callable[..., Read], session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    clock.move_to(at("2026-10-01"))
    """Its wall times mean the first pass (RFC 5545 3.3.5), which ical.js and libical do not know."""
    passes = [at("2026-10-25T00:15"), at("2026-10-25T01:15")]
    for start in passes:
        build_session(session, series, starts_at=start, ends_at=start + HOUR / 2)
    assert times(fetch()) == [(start, start + HOUR / 2) for start in passes]


def test_a_night_in_which_an_hour_is_left_out(
    fetch: Callable[..., Read], session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    clock.move_to(at("2027-03-01"))
    start = at("2027-03-28T00:30")
    build_session(session, series, starts_at=start, ends_at=start + HOUR)
    assert times(fetch()) == [(start, start + HOUR)]


def test_across_midnight(fetch: Callable[..., Read], session: Session, series: Series) -> None:
    build_session(session, series, starts_wall=datetime(2026, 12, 31, 23), hours=3)  # noqa: DTZ001 (a wall time)
    assert times(fetch()) == [(at("2026-12-31T22:00"), at("2027-01-01T01:00"))]


def test_several_zones_in_one_feed(
    fetch: Callable[..., Read], session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    """Paris and Toronto change their clocks a week apart: on 28 October they are five hours from each other."""
    clock.move_to(at("2026-10-01"))
    for tzid in ("Europe/Paris", "America/Toronto", "Asia/Kathmandu", "Europe/Dublin", "UTC"):
        build_session(session, series, tzid=tzid, starts_wall=datetime(2026, 10, 28, 18))  # noqa: DTZ001 (a wall time)
    found = fetch()
    assert [(entry.tzid, entry.starts_at.strftime("%H:%M")) for entry in found.entries] == [
        ("Asia/Kathmandu", "12:15"),
        ("Europe/Paris", "17:00"),
        *sorted([("Europe/Dublin", "18:00"), ("", "18:00")], key=lambda pair: uid_of(found, pair[0])),
        ("America/Toronto", "22:00"),
    ]
    assert found.zones == ("America/Toronto", "Asia/Kathmandu", "Europe/Dublin", "Europe/Paris")


def uid_of(found: Read, tzid: str) -> str:
    return next(entry.uid for entry in found.entries if entry.tzid == tzid)


def test_every_public_session_in_one_calendar(fetch: Callable[..., Read], session: Session, series: Series) -> None:
    other = build_series(session, slug="other", tzid="America/Toronto")
    for owner in (series, other):
        build_session(session, owner)
    assert len({entry.uid for entry in fetch("/en/calendar.ics").entries}) == 2


def test_one_session_as_a_file_is_what_the_feed_says_of_it(
    fetch: Callable[..., Read], session: Session, series: Series
) -> None:
    build_session(session, series, slug="one")
    assert fetch("/en/series/s/one/session.ics").entries == fetch().entries


# -- how many ----------------------------------------------------------------------------------------------------------


def test_a_series_without_sessions(fetch: Callable[..., Read], series: Series) -> None:
    found = fetch()
    assert (found.entries, found.zones) == ((), ())
    assert found.name == series.title["en"]


def test_a_thousand_sessions(fetch: Callable[..., Read], session: Session, series: Series) -> None:
    for number in range(1000):
        start = NOW + number * 7 * HOUR
        build_session(session, series, number=number, starts_at=start, ends_at=start + HOUR)
    found = fetch()
    assert times(found) == [(NOW + number * 7 * HOUR, NOW + (number * 7 + 1) * HOUR) for number in range(1000)]
    assert len({entry.uid for entry in found.entries}) == 1000


# -- texts -------------------------------------------------------------------------------------------------------------

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
TITLES = (
    "Drugs, health; and rights, too;",
    r"C:\new\n \\ \, \; \N",
    "“One” 'two' \"three\" «four» ^n ^'",
    "é" * 120,
    "DTSTART;TZID=Europe/Paris:20260101T000000",
    "ends in a backslash\\",
    "السلام عليكم – שלום",
    # Of 25 octets, so that a line of 75 would end at each of them.
    *("x" * filling + FAMILY + "y" for filling in range(40, 70)),
)


def test_a_title_comes_through_as_it_is(fetch: Callable[..., Read], session: Session, series: Series) -> None:
    for number, title in enumerate(TITLES):
        values = {"title": Localized.neutral(title), "number": None, "slug": f"n{number}", "hours": 1}
        build_session(session, series, starts_at=NOW + number * HOUR, **values)
    assert [entry.summary for entry in fetch().entries] == list(TITLES)


def test_paragraphs_stay_paragraphs(fetch: Callable[..., Read], session: Session, series: Series) -> None:
    abstract = "First, “one”; and\\or.\n\nSecond: é\u00a0!\n\n- a point\n- another"
    build_session(session, series, abstract=both(abstract, abstract))
    assert "\n\nFirst, “one”; and\\or.\n\nSecond: é\u00a0!\n\n- a point" in only(fetch()).description


HOSTILE = (
    'a\r\nATTACH:https://bad.example.org\nBEGIN:VALARM\u2028END:VEVENT\x00\x07\x85\\n;,:"^n<b>&amp;%s{{7}}\ud800[x](y)'
)


def test_hostile_text_in_every_field_is_text(fetch: Callable[..., Read], session: Session, series: Series) -> None:
    hostile = Localized.neutral(HOSTILE.encode("utf-8", "replace").decode().replace("\x00", ""))
    series.title = hostile
    speaker = build_person(session, series, name=str(hostile.pick("en", ()).value), affiliations=(hostile,))
    one = build_session(
        session,
        series,
        title=hostile,
        short_title=hostile,
        abstract=hostile,
        objectives=(hostile,),
        place=hostile,
        mode=Mode.HYBRID,
        level=Level.ON_THE_RECORD,
    )
    build_item(session, one, title=hostile, speakers=[speaker])
    found = fetch()
    entry = only(found)
    assert entry.names == tuple(sorted(PROPERTIES))
    assert "\n" not in entry.summary + entry.location + found.name
    assert "ATTACH:https://bad.example.org BEGIN:VALARM" in entry.summary
    assert entry.url == "http://127.0.0.1:5000/en/series/s/" + one.slug + "/"


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    return build_session(session, series, slug="one", starts_wall=datetime(2026, 11, 30, 16))  # noqa: DTZ001 (a wall time)


def test_a_corrected_title_is_another_file_and_no_other_sequence(
    fetch: Callable[..., Read], client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    before, etag = only(fetch()), client.get(FEED).headers["ETag"]
    values = dataclasses.replace(session_values(one), title=both("Corrigé", "Corrected"))
    update_session(session, now=NOW + HOUR, workshop_session=one, values=values, has_answers=True)
    after = only(fetch())
    assert after.summary.endswith("– Corrected")
    assert (after.uid, after.sequence) == (before.uid, before.sequence)
    assert after.stamped_at == after.revised_at == NOW + HOUR
    assert client.get(FEED).headers["ETag"] != etag
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200


def test_two_fetches_two_seconds_apart_are_the_same(
    client: FlaskClient, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    first = client.get(FEED)
    clock.shift(2)
    second = client.get(FEED)
    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])


def test_a_move_keeps_the_uid_and_raises_sequence(
    fetch: Callable[..., Read], session: Session, one: WorkshopSession
) -> None:
    before = only(fetch())
    starts = datetime(2026, 12, 1, 10)  # noqa: DTZ001 (a wall time)
    reschedule(
        session, now=NOW, workshop_session=one, starts_wall=starts, ends_wall=starts + HOUR, tzid="America/Toronto"
    )
    after = only(fetch())
    assert (after.uid, after.sequence) == (before.uid, before.sequence + 1)
    assert (after.starts_at, after.ends_at) == (at("2026-12-01T15:00"), at("2026-12-01T16:00"))
    assert fetch().zones == ("America/Toronto",)


def test_a_cancelled_session_says_so_for_its_time(
    fetch: Callable[..., Read], session: Session, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    before = only(fetch())
    cancel(session, now=NOW, workshop_session=one)
    after = only(fetch())
    assert (after.uid, after.sequence, after.status) == (before.uid, before.sequence + 1, "CANCELLED")
    assert after.transparency == "TRANSPARENT"
    assert after.summary.startswith("CANCELLED: ")
    clock.move_to(NOW + timedelta(days=14))
    assert only(fetch()).status == "CANCELLED"
    clock.move_to(NOW + timedelta(days=15))
    assert fetch().entries == ()


def test_a_session_taken_back_leaves_a_tombstone_without_a_word(
    fetch: Callable[..., Read], session: Session, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    before = only(fetch())
    unpublish(session, now=NOW, workshop_session=one, has_answers=False)
    after = only(fetch())
    assert (after.uid, after.status, after.transparency) == (before.uid, "CANCELLED", "TRANSPARENT")
    assert (after.starts_at, after.ends_at) == (before.starts_at, before.ends_at)
    assert set(after.names) == PROPERTIES - {"SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CATEGORIES"}
    publish(session, now=NOW + HOUR, workshop_session=one)
    again = only(fetch())
    assert (again.uid, again.status, again.summary) == (before.uid, "CONFIRMED", before.summary)
    assert again.sequence > after.sequence >= before.sequence
    clock.move_to(NOW + timedelta(days=8))
    unpublish(session, now=NOW + timedelta(days=8), workshop_session=one, has_answers=False)
    clock.move_to(NOW + timedelta(days=23))
    assert fetch().entries == ()
