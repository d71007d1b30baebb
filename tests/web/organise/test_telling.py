"""Telling those concerned what was edited: seen first, with numbers and in both languages, then pressed."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Mode, Series, SpeakerSlot, WorkshopSession
from workshop.reminders.service import notice_changes

pytestmark = pytest.mark.usefixtures("clock")
EDIT, TELL, SERIES = (f"/en/organise/series/mine/{path}" for path in ("4/edit", "4/tell", ""))


@pytest.fixture
def series(session: Session) -> Series:
    """Give a public series at `discussion`."""
    return build_series(session, slug="mine")


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    """Give its session 4 in a room, with thirty answers, one without address, and two who moderate, one without."""
    found = build_session(
        session, series, slug="4", number=4, mode=Mode.ON_SITE, place=both("Salle 1", "Room 1"), room_link=""
    )
    for number in range(30):
        values = {"address": None} if number == 0 else {}
        build_answer(session, found, build_participant(session, series, language="en", **values))
    build_slot(session, found, build_person(session, series))
    build_slot(session, found, build_person(session, series, email=""))
    session.execute(sa.update(SpeakerSlot).values(created_at=NOW - timedelta(days=1)))
    session.commit()
    return found


@pytest.fixture
def desk(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, series))
    return client


def words(page: TestResponse) -> str:
    """Return a page's text on one line, without markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))


def fields(page: TestResponse) -> dict[str, list[str]]:
    """Return what a form would send as it stands."""
    found: dict[str, list[str]] = {}
    form = page.text.partition('class="form is-wide"')[2].partition("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (('type="checkbox"' not in tag and 'type="radio"' not in tag) or " checked" in tag):
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option selected value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]* selected', options)
        found[name] = [one or other for one, other in chosen]
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = [html.unescape(text).strip()]
    return found


def edit(desk: FlaskClient, **changed: str) -> TestResponse:
    """Save the session's form with other values."""
    data = {**fields(desk.get(EDIT)), **{name.replace("__", "-"): [value] for name, value in changed.items()}}
    return desk.post(EDIT, data=data)


def seen_of(page: TestResponse) -> str:
    """Return the mark of what a page showed."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def test_an_edit_is_live_marked_shown_in_both_languages_and_told_once_it_is_pressed(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    assert edit(desk, place__en="Room 2", place__fr="Salle 2").status_code == 303
    assert "Room 2" in desk.get("/en/series/mine/4/").text
    assert notice_changes(session, NOW) == 0
    for path in (EDIT, SERIES):
        assert "32 people do not know yet what was edited here." in words(desk.get(path))
    assert "those concerned have not been told" in words(desk.get("/en/organise/"))
    page = desk.get(TELL)
    shown = words(page)
    assert "29 participants will be told by e-mail" in shown
    assert "1 has no address and reads it on their page." in shown
    assert "1 person who speaks or moderates will be told by e-mail" in shown
    assert "Before: Room 1 Now: Room 2" in shown
    assert "Changed: " in shown
    assert "Salle 1" in shown
    assert '<pre class="letter" lang="fr">' in page.text
    assert "[[link" not in page.text
    assert "exemple@" not in page.text
    done = post(desk, TELL, {"seen": seen_of(page)})
    assert done.status_code == 303
    assert "30 people are being told by e-mail." in words(desk.get(SERIES))
    assert "is being told to those concerned" in words(desk.get(SERIES))
    assert "<button" not in desk.get(TELL).text.partition("<h1>")[2].partition("What they will read")[0]
    session.expire_all()
    assert notice_changes(session, NOW) == 30
    session.commit()
    kinds = session.execute(sa.select(OutboxMessage.kind, sa.func.count()).group_by(OutboxMessage.kind)).all()
    assert {tuple(row) for row in kinds} == {("session_changed", 29), ("session_changed_speaker", 1)}
    # Who has no address reads the page; there is nobody left to be told.
    assert "there is nothing to tell" in words(desk.get(TELL))
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "reminders.tell")).one()
    assert entry.details == {"count": 30}


def test_what_changed_meanwhile_is_shown_before_anybody_is_told(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    edit(desk, place__en="Room 2", place__fr="Salle 2")
    seen = seen_of(desk.get(TELL))
    edit(desk, place__en="Room 3", place__fr="Salle 3")
    again = post(desk, TELL, {"seen": seen})
    assert again.status_code == 409
    assert "Something has changed meanwhile, so nobody has been told yet." in words(again)
    assert "Now: Room 3" in words(again)
    session.expire_all()
    assert one.tell_at is None
    assert post(desk, TELL, {"seen": seen_of(again)}).status_code == 303


def test_nothing_to_tell_says_so(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    assert "there is nothing to tell" in words(desk.get(TELL))
    edit(desk, title__en="Another title")
    assert "there is nothing to tell" in words(desk.get(TELL))
    assert "do not know yet" not in words(desk.get(SERIES))
    assert post(desk, TELL, page=EDIT).status_code == 303
    session.expire_all()
    assert one.tell_at is None


def test_under_a_strict_rule_the_messages_shown_name_nothing(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.series.level = Level.CLOSED
    one.title = both("Titre canari", "Canary title")
    session.commit()
    edit(desk, place__en="Room 2", place__fr="Salle 2")
    letters = desk.get(TELL).text.partition("What they will read")[2]
    assert letters
    assert "Room" not in letters
    assert "anary" not in letters
    assert "The place is another one: your personal page says where." in html.unescape(letters)


@pytest.mark.parametrize("role", [Role.HELPER, Role.PARTNER])
def test_it_is_for_those_who_manage(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession, role: Role
) -> None:
    sign_in(client, build_organiser(session, series, role=role))
    assert client.get(TELL).status_code == 404
