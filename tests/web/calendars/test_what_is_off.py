"""Cancelled sessions and those that were taken back: what feeds say of them, how long, and what they never say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_series, build_session
from workshop.chatham.rule import Level, Visibility
from workshop.core import clock as own_clock
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.service import cancel, publish, unpublish

pytestmark = pytest.mark.usefixtures("clock")
FEED = "/en/series/s/calendar.ics"
ALL = "/en/calendar.ics"
FEEDS = (FEED, ALL, "/fr/series/s/calendar.ics", "/fr/calendar.ics")
WITHOUT_WORDS = [
    "UID",
    "DTSTAMP",
    "LAST-MODIFIED",
    "SEQUENCE",
    "STATUS",
    "TRANSP",
    "DTSTART",
    "DTEND",
]


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="s")


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    one = build_session(session, series, slug="heroin", title=both("Salles à Canari", "Rooms in Canary"))
    build_item(session, one, speakers=[build_person(session, series, name="Ada Canary")])
    return one


def read(client: FlaskClient, path: str = FEED) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def take_back(session: Session, one: WorkshopSession) -> None:
    unpublish(session, now=own_clock.now(), workshop_session=one, has_answers=False)


def test_what_is_left_of_a_session_taken_back_has_no_word(
    client: FlaskClient, session: Session, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    (before,) = read(client)
    clock.shift(timedelta(hours=1))
    take_back(session, one)
    for path in FEEDS:
        (left,) = read(client, path)
        assert list(left) == WITHOUT_WORDS
        assert (left["STATUS"], left["TRANSP"], left["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 1)
        assert left["UID"] == before["UID"]
        assert (left["DTSTART"].dt, left["DTEND"].dt) == (before["DTSTART"].dt, before["DTEND"].dt)
        assert left["DTSTAMP"].dt == left["LAST-MODIFIED"].dt == own_clock.now()
        answer = client.get(path)
        assert answer.headers["Last-Modified"] == "Sun, 22 Nov 2026 10:00:00 GMT"
        assert b"anar" not in answer.data
        assert b"heroin" not in answer.data
    assert client.get("/en/series/s/heroin/session.ics").status_code == 404


def test_it_is_left_for_a_fortnight_or_until_it_would_have_ended(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    # Eight days ahead, and one in forty days.
    far = build_session(session, series, starts_at=NOW + timedelta(days=40))
    for each in (one, far):
        take_back(session, each)
    uids = {f"{one.uid}@localhost", f"{far.uid}@localhost"}
    clock.shift(timedelta(days=14))
    assert {event["UID"] for event in read(client)} == uids
    clock.shift(timedelta(days=1))
    assert [event["UID"] for event in read(client)] == [f"{far.uid}@localhost"]
    clock.move_to(far.ends_at)
    assert len(read(client)) == 1
    clock.shift(timedelta(days=1))
    assert read(client) == []
    assert read(client, ALL) == []


def test_a_cancelled_one_is_said_to_be_off_as_long(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    far = build_session(session, series, starts_at=NOW + timedelta(days=40))
    for each in (one, far):
        cancel(session, now=NOW, workshop_session=each)
    clock.shift(timedelta(days=14))
    assert [event["STATUS"] for event in read(client)] == ["CANCELLED", "CANCELLED"]
    assert all(event["SUMMARY"].startswith("CANCELLED: ") for event in read(client))
    etag = client.get(FEED).headers["ETag"]
    clock.shift(timedelta(days=1))
    # The window is part of what a feed is kept by: nobody gets yesterday's bytes, or a 304 for them.
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200
    assert [event["UID"] for event in read(client)] == [f"{far.uid}@localhost"]
    clock.move_to(far.ends_at + timedelta(days=1))
    assert read(client) == []
    # Its own page and download go on saying so.
    assert client.get(f"/en/series/s/{one.slug}/session.ics").status_code == 200


def test_one_that_was_cancelled_after_it_took_place_is_said_to_be_off_for_a_fortnight(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    past = build_session(session, series, starts_at=NOW - timedelta(days=30))
    cancel(session, now=NOW, workshop_session=past)
    clock.shift(timedelta(days=13))
    assert len(read(client)) == 1
    clock.shift(timedelta(days=2))
    assert read(client) == []


def test_a_cancellation_from_before_they_were_dated_ends_with_the_session(
    client: FlaskClient, session: Session, series: Series
) -> None:
    starts_at = NOW - timedelta(days=30)
    build_session(session, series, starts_at=starts_at, status=SessionStatus.CANCELLED, cancelled_at=None)
    assert read(client) == []


def test_published_again_it_is_itself_again_with_a_higher_sequence(
    client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    (before,) = read(client)
    take_back(session, one)
    publish(session, now=NOW, workshop_session=one)
    (after,) = read(client)
    assert (after["SEQUENCE"], after["STATUS"], after["SUMMARY"]) == (2, "CONFIRMED", before["SUMMARY"])


@pytest.mark.parametrize(
    "values",
    [{"visibility": Visibility.INVITE_ONLY}, {"visibility": Visibility.UNLISTED}, {"level": Level.CLOSED}],
)
@pytest.mark.parametrize("is_taken_back", [False, True])
def test_what_became_a_secret_is_just_gone(
    client: FlaskClient,
    session: Session,
    series: Series,
    one: WorkshopSession,
    values: dict[str, Any],
    is_taken_back: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    if is_taken_back:
        take_back(session, one)
    for name, value in values.items():
        setattr(one, name, value)
    series.revision += 1
    for path in FEEDS:
        assert read(client, path) == []
        assert one.uid.encode() not in client.get(path).data


def test_what_is_left_in_an_unlisted_series_stands_in_its_own_feed_only(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s", visibility=Visibility.UNLISTED)
    take_back(session, build_session(session, series))
    assert len(read(client)) == 1
    assert read(client, ALL) == []


def test_a_deleted_one_leaves_nothing(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession
) -> None:
    take_back(session, one)
    session.refresh(series)
    session.delete(one)
    series.revision += 1
    assert read(client) == []


def test_it_is_left_at_the_hours_that_were_announced_whatever_becomes_of_the_draft(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession
) -> None:
    take_back(session, one)
    etag = client.get(FEED).headers["ETag"]
    one.starts_wall, one.ends_wall = datetime(2027, 3, 1, 9), datetime(2027, 3, 1, 10)  # noqa: DTZ001 (wall times)
    one.starts_at, one.ends_at = NOW + timedelta(days=99), NOW + timedelta(days=99, hours=1)
    one.tzid, one.sequence, one.revised_at = "Asia/Tokyo", 7, NOW + timedelta(days=1)
    session.refresh(series)
    series.revision += 1
    # Not an octet tells that somebody is at work on it.
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 304
