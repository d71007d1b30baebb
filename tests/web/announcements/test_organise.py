"""The organisers' pages: write, try out, confirm the number, follow."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, both, build_organiser, build_series, build_session
from tests.unit.announcements.conftest import draft, join, work, written
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.announcements.models import Announcement
from workshop.announcements.queries import Group, Whom
from workshop.chatham.rule import Level
from workshop.programme.models import Series, WorkshopSession

pytestmark = pytest.mark.usefixtures("clock")
BASE = "/en/organise/series/serie/announcements"
TEXTS = {"subject-fr": "Sujet", "subject-en": "Subject", "body-fr": "Bonjour.", "body-en": "Hello.", "whom": "answered"}


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session of a series, which two people come to."""
    found = build_session(session, build_series(session, slug="serie"), slug="1")
    join(session, found, language="en", address="secret@example.org", name="Secret Name")
    join(session, found)
    return found


@pytest.fixture
def series(client: FlaskClient, session: Session, workshop_session: WorkshopSession) -> Series:
    """Give the series, its owner signed in."""
    sign_in(client, build_organiser(session, workshop_session.series, email="owner@example.org"))
    return workshop_session.series


def only(session: Session) -> Announcement:
    session.expire_all()
    return session.scalars(sa.select(Announcement)).one()


def act(client: FlaskClient, one: Announcement, verb: str, **data: Any) -> TestResponse:
    return post(client, f"{BASE}/{one.key}/{verb}", data, page=f"{BASE}/new")


def test_it_is_written_tried_out_confirmed_and_followed(client: FlaskClient, session: Session, series: Series) -> None:
    assert "No announcement yet." in client.get(BASE).text
    response = post(client, f"{BASE}/new", {**TEXTS, "sessions": str(series.sessions[0].id), "states": "accepted"})
    one = only(session)
    assert (response.status_code, response.headers["Location"]) == (303, f"{BASE}/{one.key}")
    page = client.get(f"{BASE}/{one.key}")
    assert "2 people will get it, once you have sent it to yourself." in page.text
    for said in ("Sujet", "Subject", "Bonjour.", "Hello."):
        assert said in page.text
    assert not re.search("secret@|Secret Name", page.text)
    assert act(client, one, "confirm", version=1, number=2, when="now").status_code == 409
    assert act(client, one, "test", version=1).status_code == 303
    assert "Write to 2 people" in client.get(f"{BASE}/{one.key}").text
    join(session, series.sessions[0])
    changed = act(client, one, "confirm", version=1, number=2, when="now")
    assert (changed.status_code, "The number has changed" in changed.text) == (409, True)
    assert "Write to 3 people" in changed.text
    assert act(client, one, "confirm", version=1, number=3, when="now").status_code == 303
    work(session)
    session.commit()
    assert len(written(session)) == 3
    page = client.get(f"{BASE}/{one.key}")
    assert "Messages that wait to leave" in page.text
    assert client.get(f"{BASE}/{one.key}/edit").status_code == 409
    for verb, state in (("pause", "held back"), ("resume", "leaving now"), ("stop", "ended for good")):
        assert act(client, one, "act", act=verb).status_code == 303
        assert f"<dd>{state}" in client.get(f"{BASE}/{one.key}").text
    assert act(client, one, "act", act="resume").status_code == 409
    assert act(client, one, "act", act="delete").status_code == 409
    assert act(client, one, "act", act="nonsense").status_code == 422


def test_it_may_leave_later_on_the_clock_of_the_series(client: FlaskClient, session: Session, series: Series) -> None:
    one = draft(session, series)
    one.tested_at = NOW
    session.commit()
    when = {"version": 1, "number": 2, "when": "later"}
    for wall, said in (
        ("", "Please give a day and a time"),
        ("2026-11-22T09:59", "This time is past."),
        ("2027-03-28T02:30", "This time does not exist on that day"),
        ("2027-10-31T02:30", "This time occurs twice on that day"),
        ("nonsense", "Please give a day and a time"),
    ):
        page = act(client, one, "confirm", leaves_wall=wall, **when)
        assert (page.status_code, said in unescape(page.text)) == (422, True), wall
    assert 'name="fold"' in act(client, one, "confirm", leaves_wall="2027-10-31T02:30", **when).text
    assert act(client, one, "confirm", leaves_wall="2027-10-31T02:30", fold="1", **when).status_code == 303
    leaves_at = only(session).leaves_at
    assert leaves_at is not None
    assert leaves_at.isoformat() == "2027-10-31T01:30:00+00:00"
    assert act(client, one, "act", act="draft").status_code == 303
    assert only(session).confirmed_at is None
    assert act(client, one, "act", act="delete").status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(Announcement)) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject-en": ""}, "subject"),
        ({"body-fr": ""}, "body"),
        ({"subject-en": "x" * 151}, "subject"),
        ({"body-en": "https://zoom.us/rec/share/abc"}, "body"),
        ({"sessions": "999999"}, "sessions"),
        ({"states": "withdrawn"}, "states"),
        ({"languages": "xx"}, "languages"),
        ({"whom": "everybody"}, "whom"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: FlaskClient, session: Session, series: Series, changes: dict[str, str], field: str
) -> None:
    assert series.slug == "serie"
    response = post(client, f"{BASE}/new", {**TEXTS, **changes})
    assert (response.status_code, f'href="#{field}"' in response.text) == (422, True)
    assert session.scalar(sa.select(sa.func.count()).select_from(Announcement)) == 0


def test_a_series_of_one_language_needs_one_text(client: FlaskClient, session: Session, series: Series) -> None:
    series.languages = ("fr",)
    session.commit()
    assert post(client, f"{BASE}/new", {**TEXTS, "subject-en": "", "body-en": ""}).status_code == 303


def test_nobody_is_picked_out_of_a_closed_session(client: FlaskClient, session: Session, series: Series) -> None:
    closed = build_session(session, series, level=Level.CLOSED)
    join(session, closed, language="en")
    session.commit()
    for chosen in ({}, {"sessions": str(closed.id)}):
        response = post(client, f"{BASE}/new", {**TEXTS, "languages": "en", **chosen})
        assert (response.status_code, "A closed session is among these" in response.text) == (422, True)
    first = next(one for one in series.sessions if one.id != closed.id)
    assert post(client, f"{BASE}/new", {**TEXTS, "languages": "en", "sessions": str(first.id)}).status_code == 303
    for one in series.sessions:
        one.level = Level.CLOSED
    session.commit()
    page = client.get(f"{BASE}/new").text
    assert 'name="sessions"' in page
    for name in ("languages", "interpretation", "needs"):
        assert f'name="{name}"' not in page


def test_two_who_edit_do_not_overwrite_each_other(client: FlaskClient, session: Session, series: Series) -> None:
    one = draft(session, series, Group(whom=Whom.INFORMED, languages=("fr",)))
    session.commit()
    path = f"{BASE}/{one.key}/edit"
    assert re.search(r'value="fr"[^>]*checked|checked[^>]*value="fr"', client.get(path).text)
    assert post(client, path, {**TEXTS, "version": "1"}).status_code == 303
    late = post(client, path, {**TEXTS, "subject-en": "Mine", "version": "1"})
    assert (late.status_code, "Nothing was overwritten" in late.text, "Mine" in late.text) == (409, True, True)
    assert (only(session).subject["en"], only(session).version) == ("Subject", 2)


def test_who_gets_a_neutral_message_is_counted_and_it_is_shown(
    client: FlaskClient, session: Session, series: Series
) -> None:
    page = client.get(f"{BASE}/{draft(session, series).key}")
    assert "The organisers have written to you" not in page.text
    join(session, series.sessions[0], is_discreet=True)
    session.commit()
    page = client.get(f"{BASE}/{only(session).key}")
    assert "1 gets a message that names nothing" in page.text
    assert "The organisers have written to you" in page.text


def test_helpers_and_partners_find_none_of_it(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    one = draft(session, workshop_session.series)
    for role in (Role.HELPER, Role.PARTNER):
        own = client.application.test_client()
        sign_in(own, build_organiser(session, workshop_session.series, role=role))
        for path in (BASE, f"{BASE}/new", f"{BASE}/{one.key}", f"{BASE}/{one.key}/edit"):
            assert own.get(path).status_code == 404


def test_another_series_announcement_is_none_of_this_one(client: FlaskClient, session: Session, series: Series) -> None:
    assert series.slug == "serie"
    other = draft(session, build_series(session), subject=both("Autre", "Other"))
    session.commit()
    assert client.get(f"{BASE}/{other.key}").status_code == 404
