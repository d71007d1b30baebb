"""Feeds and downloads over HTTP, read by a parser that the product does not use."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
import vobject
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_series, build_session
from tests.web.examples import build_examples, statements
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.programme.models import OldSlug, Series, SessionStatus

pytestmark = pytest.mark.usefixtures("clock")
FEED = "/en/series/s/calendar.ics"


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="s", colour="teal")


def events(body: bytes) -> list[Any]:
    calendar = vobject.readOne(io.StringIO(body.decode()))
    return list(getattr(calendar, "vevent_list", []))


def starts(body: bytes) -> list[datetime]:
    return [event.dtstart.value.astimezone(UTC) for event in events(body)]


def test_sessions_on_both_sides_of_a_change_of_clocks_and_in_two_zones(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 10, 1, tzinfo=UTC))
    for day in (24, 26):
        build_session(session, series, starts_wall=datetime(2026, 10, day, 18))  # noqa: DTZ001 (a wall time)
    build_session(session, series, tzid="America/Toronto", starts_wall=datetime(2026, 10, 31, 18))  # noqa: DTZ001 (same)
    body = client.get(FEED).data
    assert starts(body) == [
        datetime(2026, 10, 24, 16, tzinfo=UTC),
        datetime(2026, 10, 26, 17, tzinfo=UTC),
        datetime(2026, 10, 31, 22, tzinfo=UTC),
    ]
    assert body.count(b"BEGIN:VTIMEZONE") == 2


def test_a_night_in_which_an_hour_comes_twice_and_one_across_midnight(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 10, 1, tzinfo=UTC))
    twice = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    build_session(session, series, starts_at=twice, ends_at=twice + timedelta(hours=3))
    night = datetime(2026, 11, 1, 22, tzinfo=UTC)
    build_session(session, series, starts_at=night, ends_at=night + timedelta(hours=2))
    found = events(client.get(FEED).data)
    lengths = [event.dtend.value.astimezone(UTC) - event.dtstart.value.astimezone(UTC) for event in found]
    assert lengths == [timedelta(hours=3), timedelta(hours=2)]


def test_what_http_says_of_a_feed(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, revised_at=NOW - timedelta(days=2))
    first = client.get(FEED, headers={"Accept": "text/html", "Accept-Language": "de"})
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Last-Modified"] == "Fri, 20 Nov 2026 09:00:00 GMT"
    for name in ("Set-Cookie", "Vary", "Content-Disposition", "Content-Encoding"):
        assert name not in first.headers
    assert client.get(FEED).data == first.data
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    again = client.get(FEED, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Cache-Control"] == "public, no-cache"
    head = client.head(FEED)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(first.data)))
    assert client.get(FEED, headers={"If-None-Match": '"other"'}).status_code == 200
    # A date cannot tell what was hidden since; see core.kept.
    assert client.get(FEED, headers={"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 200


def test_what_a_feed_says_of_itself(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series)
    lines = client.get(FEED).text.replace("\r\n ", "").split("\r\n")
    base = "http://127.0.0.1:5000/en/series/s"
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//workshop//workshop//EN"]
    assert f"SOURCE;VALUE=URI:{base}/calendar.ics" in lines
    assert f"URL:{base}/" in lines
    assert "COLOR:teal" in lines
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT4H" in lines
    assert "TRANSP:TRANSPARENT" in lines
    for name in ("METHOD", "ORGANIZER", "ATTENDEE", "BEGIN:VALARM", "CONFERENCE", "CLASS"):
        assert not any(line.startswith(name) for line in lines)
    assert all(len(line.encode()) <= 75 for line in client.get(FEED).text.split("\r\n"))


def test_the_window_is_from_ninety_days_ago_without_an_end(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    build_session(session, series, number=1, starts_at=NOW - timedelta(days=89))
    build_session(session, series, number=2, starts_at=NOW - timedelta(days=92))
    build_session(session, series, number=3, starts_at=NOW + timedelta(days=4000))
    assert [event.summary.value[:9] for event in events(client.get(FEED).data)] == ["Session 1", "Session 3"]
    clock.shift(timedelta(days=2))
    assert [event.summary.value[:9] for event in events(client.get(FEED).data)] == ["Session 3"]


def test_a_feed_without_sessions_is_a_calendar(client: FlaskClient, series: Series) -> None:
    answer = client.get(FEED)
    assert answer.status_code == 200
    assert b"BEGIN:VEVENT" not in answer.data
    assert b"BEGIN:VTIMEZONE" not in answer.data
    assert answer.data.endswith(b"END:VCALENDAR\r\n")


def test_unknown_and_hidden_are_plain_text_alike(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, slug="closed", level=Level.CLOSED)
    answers = [
        client.get(address)
        for address in (
            "/en/series/none/calendar.ics",
            "/fr/series/none/1/session.ics",
            "/en/series/s/none/session.ics",
            "/en/series/s/closed/session.ics",
        )
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert answer.mimetype == "text/plain"
        assert dict(answer.headers) == dict(answers[0].headers)
        assert answer.data == answers[0].data


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("path", ["/en/calendar.ics", FEED, "/en/series/s/1/session.ics"])
def test_without_its_database_it_answers_503(configure: Callable[..., Flask], path: str, tmp_path: object) -> None:
    app = configure(DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/none.sqlite")
    answer = app.test_client().get(path)
    assert answer.status_code == 503
    assert answer.mimetype == "text/plain"
    assert answer.headers["Retry-After"]


def test_an_old_slug_answers_itself(client: FlaskClient, session: Session, series: Series) -> None:
    one = build_session(session, series, slug="now")
    session.add(OldSlug(slug="old", series_id=series.id))
    session.add(OldSlug(slug="then", within_series_id=series.id, workshop_session_id=one.id))
    assert client.get("/en/series/old/calendar.ics").data == client.get(FEED).data
    file = client.get("/en/series/s/now/session.ics")
    for address in (
        "/en/series/old/then/session.ics",
        "/en/series/old/now/session.ics",
        "/en/series/s/then/session.ics",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.data) == (200, file.data)


def test_what_is_unlisted_asks_not_to_be_indexed(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, slug="listed")
    build_session(session, series, slug="unlisted", visibility=Visibility.UNLISTED)
    apart = build_series(session, slug="apart", visibility=Visibility.UNLISTED)
    build_session(session, apart, slug="1")
    found = {
        path: client.get(path).headers.get("X-Robots-Tag")
        for path in (
            *("/en/calendar.ics", FEED, "/en/series/s/listed/session.ics"),
            *("/en/series/s/unlisted/session.ics", "/en/series/apart/calendar.ics", "/en/series/apart/1/session.ics"),
        )
    }
    assert list(found.values()) == [None, None, None, "noindex", "noindex", "noindex"]


def test_a_download_is_an_attachment_with_an_ascii_name(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, slug="4", title=both("Été", "Summer"))
    answer = client.get("/fr/series/s/4/session.ics")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="s-4.ics"'
    assert answer.headers["Cache-Control"] == "no-cache"
    assert b"REFRESH-INTERVAL" not in answer.data
    assert len(events(answer.data)) == 1


def test_uid_and_sequence_are_the_same_in_both_languages_and_after_a_typo(
    client: FlaskClient, session: Session, series: Series
) -> None:
    one = build_session(session, series)
    before = {path: client.get(path) for path in ("/fr/series/s/calendar.ics", FEED, "/en/calendar.ics")}
    one.title = both("Corrigé", "Corrected")
    one.revised_at = NOW + timedelta(minutes=1)
    series.revision += 1
    for path, answer in before.items():
        after = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert after.status_code == 200
        old, new = events(answer.data)[0], events(after.data)[0]
        assert old.uid.value == new.uid.value == f"{one.uid}@localhost"
        assert old.sequence.value == new.sequence.value == "0"
        assert new.dtstamp.value > old.dtstamp.value


def test_a_cancelled_session_stays_as_cancelled(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, status=SessionStatus.CANCELLED)
    (event,) = events(client.get(FEED).data)
    assert event.status.value == "CANCELLED"
    assert event.summary.value.startswith("CANCELLED: ")


def test_two_processes_give_the_same_bytes(
    client: FlaskClient, session: Session, configure: Callable[[], Flask]
) -> None:
    build_examples(session)
    other = configure().test_client()
    for path in ("/fr/calendar.ics", "/en/series/examples/calendar.ics", "/en/series/examples/discussion/session.ics"):
        assert client.get(path).data == other.get(path).data


def test_difficult_titles_arrive_whole(client: FlaskClient, session: Session, series: Series) -> None:
    titles = ['a, b; c\\d "e" \\n', "é" * 120, "x" * 50 + "👩‍🔬" * 5, "%s %(x)s {} {{ 7*7 }}"]
    for number, title in enumerate(titles):
        build_session(session, series, number=None, slug=f"t{number}", title=Localized.neutral(title))
    assert sorted(event.summary.value for event in events(client.get(FEED).data)) == sorted(titles)


@pytest.mark.parametrize("path", ["/en/calendar.ics", FEED, "/en/series/s/n0/session.ics", "/en/series/s/subscribe"])
def test_the_number_of_statements_does_not_grow_and_a_kept_feed_needs_few(
    app: Flask, client: FlaskClient, session: Session, series: Series, path: str
) -> None:
    build_session(session, series, slug="n0")
    with statements(app) as few:
        client.get(path)
    for number in range(1, 30):
        build_session(session, series, slug=f"n{number}", starts_at=NOW + timedelta(days=number))
    series.revision += 1
    session.commit()
    with statements(app) as many:
        etag = client.get(path).headers["ETag"]
    with statements(app) as kept:
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert len(few) == len(many) <= 14
    assert len(kept) <= 2


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_subscribe_page_has_every_way(client: FlaskClient, session: Session, series: Series, language: str) -> None:
    build_session(session, series)
    text = client.get(f"/{language}/series/s/subscribe").text
    address = f"127.0.0.1:5000/{language}/series/s/calendar.ics"
    assert f'value="http://{address}"' in text
    assert f'href="webcal://{address}"' in text
    assert "https://calendar.google.com/calendar/render?cid=webcal%3A%2F%2F127.0.0.1" in text
    for name in ("Google", "iPhone", "Mac", "Outlook", "Thunderbird", "Nextcloud", "ICSx⁵", "GNOME", "KDE"):
        assert name in text
    assert '<svg class="qr"' in text
    other = {"fr": "en", "en": "fr"}[language]
    assert f'hreflang="{other}">http://127.0.0.1:5000/{other}/series/s/calendar.ics' in text


def test_the_subscribe_page_says_how_seldom_calendars_look_and_what_was_tried(
    client: FlaskClient, session: Session, series: Series
) -> None:
    build_session(session, series)
    text = client.get("/en/series/s/subscribe").text
    for words in (
        "every 4 to 24 hours",
        "every 3 to 24 hours",
        "told of late changes by e-mail",
        "vdirsyncer and khal",
        "(ical.js)",
        "(libical)",
        "We have not tried Google, Apple, Outlook and ICSx⁵",
        "Google, Microsoft, Apple (iCloud) or an employer can read",
    ):
        assert words in text
    assert len(text.encode()) < 20_000


def test_the_subscribe_page_is_honest_about_an_empty_calendar(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    one = build_session(session, series, starts_at=NOW + timedelta(days=1))
    address = "/en/series/s/subscribe"
    assert "One session is coming" in client.get(address).text
    clock.move_to(one.ends_at + timedelta(hours=1))
    assert "No session is planned at present" in client.get(address).text
    clock.shift(timedelta(days=92))
    assert "This calendar is empty today: every session" in client.get(address).text


def test_the_subscribe_page_does_not_promise_a_cancelled_session_nor_speak_of_past_ones_before_the_first(
    client: FlaskClient, session: Session, series: Series
) -> None:
    address = "/en/series/s/subscribe"
    build_session(session, series, starts_at=NOW + timedelta(days=1), is_published=False)
    session.commit()
    text = client.get(address).text
    assert "This calendar is empty today: no session of the series has been announced yet" in text
    assert "90 days" not in text
    build_session(session, series, starts_at=NOW + timedelta(days=2), status=SessionStatus.CANCELLED, cancelled_at=NOW)
    series.revision += 1
    session.commit()
    text = client.get(address).text
    assert "No session is planned at present" in text
    assert "or is cancelled" in text


@pytest.mark.databases("sqlite")
def test_a_database_that_goes_away_later_is_503_too(app: Flask, client: FlaskClient, series: Series) -> None:
    assert client.get(FEED).status_code == 200
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE series RENAME TO series_gone")
    assert client.get(FEED).status_code == 503
