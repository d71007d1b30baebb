"""Asking again: exact validators, and not one line written for whoever has the latest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from tests.builders import NOW, build_series, build_session
from workshop.calendars import view
from workshop.calendars.view import feeds
from workshop.core.db import db
from workshop.ical import serialise
from workshop.programme.models import Series

pytestmark = pytest.mark.usefixtures("clock")
PATHS = ("/en/calendar.ics", "/fr/series/s/calendar.ics", "/en/series/s/1/session.ics")


@pytest.fixture
def series(session: Session) -> Series:
    series = build_series(session, slug="s")
    build_session(session, series, slug="1")
    return series


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note every calendar that is written."""
    found: list[object] = []

    def note(*arguments: Any) -> bytes:
        found.append(arguments)
        return serialise(*arguments)

    monkeypatch.setattr(feeds, "serialise", note)
    return found


@pytest.mark.usefixtures("series")
@pytest.mark.parametrize("path", PATHS)
def test_whoever_has_the_latest_costs_no_serialisation(client: FlaskClient, written: list[object], path: str) -> None:
    etag = client.get(path).headers["ETag"]
    assert len(written) == 1
    for _ in range(3):
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert len(written) == 1


@pytest.mark.usefixtures("series")
@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("path", PATHS[1:])
@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"a", {}, "b"', 304),
        ("*", 304),
        ('"a"', 200),
        ("", 200),
        ("garbage", 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_none_match_as_http_says(client: FlaskClient, path: str, condition: str, status: int, method: str) -> None:
    first = client.get(path)
    etag = first.headers["ETag"]
    long_ago = {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    headers = {"If-None-Match": condition.format(etag), **long_ago}
    answer = client.open(path, method=method, headers=headers)
    assert answer.status_code == status
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == first.headers["Cache-Control"]
    if status == 304:
        assert answer.data == b""
        assert "Content-Type" not in answer.headers


def test_every_zone_in_use_is_there_once_and_right(client: FlaskClient, session: Session, series: Series) -> None:
    zones = (
        "Africa/Casablanca", "Africa/Cairo", "America/Nuuk", "America/Toronto", "Asia/Kathmandu", "Asia/Tokyo",
        "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Chatham",
    )  # fmt: skip
    expected = {f"{session_.uid}@localhost": session_.starts_at for session_ in series.sessions}
    for number, zone in enumerate(zones):
        # Both halves of the year, and hours at which the clocks of some of them are about to change.
        for wall in (datetime(2027, 1, 15, 9), datetime(2027, 7, 15, 9), datetime(2027, 3, 28, 10)):  # noqa: DTZ001 (wall times)
            made = build_session(session, series, slug=f"{number}-{wall:%m}", tzid=zone, starts_wall=wall)
            expected[f"{made.uid}@localhost"] = wall.replace(tzinfo=ZoneInfo(zone))
    series.revision += 1
    body = client.get("/en/series/s/calendar.ics").data
    calendar: Any = Calendar.from_ical(body)
    assert sorted(zone["TZID"] for zone in calendar.walk("VTIMEZONE")) == sorted({*zones, "Europe/Paris"})
    kinds = [part.name for part in calendar.subcomponents]
    assert kinds == ["VTIMEZONE"] * 10 + ["VEVENT"] * len(expected)
    read = {event["UID"]: event["DTSTART"].dt for event in calendar.walk("VEVENT")}
    assert {uid: start.timestamp() for uid, start in read.items()} == {
        uid: start.timestamp() for uid, start in expected.items()
    }
    # vobject reads the rules in the file, where icalendar knows the zone by its name.
    other = {event.uid.value: event.dtstart.value for event in vobject.readOne(body.decode()).vevent_list}
    assert {uid: start.timestamp() for uid, start in other.items()} == {
        uid: start.timestamp() for uid, start in expected.items()
    }


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("table", ["workshop_session", "section", "speaker_slot"])
@pytest.mark.parametrize("path", PATHS)
def test_half_a_database_gives_no_half_calendar(
    app: Flask, client: FlaskClient, series: Series, table: str, path: str
) -> None:
    etag = client.get(path).headers["ETag"]
    series.revision += 1
    db.session.commit()
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone")
    for headers in ({}, {"If-None-Match": etag}):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 503
        assert answer.mimetype == "text/plain"
        assert int(answer.headers["Retry-After"]) > 0
        assert "ETag" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_a_day_later_in_another_process_the_same_bytes(
    client: FlaskClient, series: Series, configure: Callable[[], Flask], clock: Any
) -> None:
    assert series.id
    first = {path: client.get(path).data for path in PATHS}
    clock.shift(timedelta(days=1, seconds=2))
    other = configure().test_client()
    assert {path: other.get(path).data for path in PATHS} == first
    assert view.window_start(NOW).hour == 0
