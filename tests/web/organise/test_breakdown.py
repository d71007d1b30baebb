"""The breakdown of a session: page, bars and file show the same, as its level allows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_organiser, build_participant, build_series, build_session
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.chatham.rule import Level
from workshop.programme.models import WorkshopSession
from workshop.worker import run

PAGE = "/en/organise/series/mine/1/breakdown"


@pytest.fixture
def counted(app: Flask, session: Session, clock: time_machine.Traveller) -> WorkshopSession:
    """Give a session that has begun, with 31 people in French and 17 in English."""
    series = build_series(session, slug="mine", languages=("fr", "en"))
    one = build_session(session, series, slug="1")
    for language in ["fr"] * 31 + ["en"] * 17:
        build_answer(session, one, build_participant(session, series, language=language))
    clock.move_to(one.starts_at + timedelta(seconds=1), tick=False)
    session.commit()
    run(app, once=True)
    return one


def test_before_it_begins_the_page_says_when(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="mine")
    build_answer(session, build_session(session, series, slug="1"))
    sign_in(client, build_organiser(session, series))
    assert "once the session has begun" in client.get(PAGE).text


def test_page_and_files_show_the_same(
    client: FlaskClient,
    session: Session,
    counted: WorkshopSession,
    logged: Callable[[str], list[tuple[str, dict[str, Any]]]],
) -> None:
    sign_in(client, build_organiser(session, counted.series))
    page = client.get(PAGE)
    assert page.status_code == 200
    assert ">31 <svg" in page.text
    assert 'viewBox="0 0 48 1"' in page.text
    assert "style=" not in page.text
    taken = post(client, f"{PAGE}/export", {"format": "csv"}, page=PAGE)
    rows = list(csv.reader(io.StringIO(taken.data.decode("utf-8-sig"))))
    assert rows[1:] == [["Language", "French", "31", "48"], ["Language", "English", "17", "48"]]
    assert taken.headers["Content-Disposition"] == 'attachment; filename="mine-1-breakdown.csv"'
    sheet = post(client, f"{PAGE}/export", {"format": "xlsx"}, page=PAGE)
    assert sheet.data[:2] == b"PK"
    assert logged("rsvp.export_breakdown") == [(f"session:{counted.id}", {"rows": 2})] * 2


@pytest.mark.parametrize(
    ("level", "page_status", "file_status"),
    [
        (Level.ON_THE_RECORD, 200, 200),
        (Level.DISCUSSION, 200, 200),
        (Level.WHOLE_SESSION, 200, 404),
        (Level.CLOSED, 404, 404),
    ],
)
def test_the_level_of_today_decides(
    client: FlaskClient,
    session: Session,
    counted: WorkshopSession,
    level: Level,
    page_status: int,
    file_status: int,
) -> None:
    counted.level = level
    sign_in(client, build_organiser(session, counted.series))
    page = client.get(PAGE)
    assert page.status_code == page_status
    assert ("Download as CSV" in page.text) is (file_status == 200)
    taken = post(client, f"{PAGE}/export", {"format": "csv"}, page="/en/organise/series/mine/edit")
    assert taken.status_code == file_status


def test_helpers_and_partners_have_no_numbers(client: FlaskClient, session: Session, counted: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, counted.series, role=Role.HELPER))
    assert client.get(PAGE).status_code == 404
