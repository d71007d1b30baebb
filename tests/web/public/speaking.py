"""Somebody who speaks, with their link; and how their page's forms are sent."""

from __future__ import annotations

import html
import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import both, build_item, build_person, build_series, build_session, build_slot
from tests.web.workspace import token_of
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.links import Purpose, issue
from workshop.people.models import Person
from workshop.programme.models import SpeakerSlot, WorkshopSession
from workshop.programme.view.speakers import part_key

NAME = "Zoé Canari"


def build_speaker(session: Session, level: Level = Level.DISCUSSION, **values: Any) -> tuple[Person, SpeakerSlot]:
    """Return somebody with one talk in a session of that level, and their part; another person moderates."""
    is_closed = level is Level.CLOSED
    series = build_series(session, slug="serie", visibility=Visibility.INVITE_ONLY if is_closed else Visibility.PUBLIC)
    one = build_session(session, series, slug="4", number=4, level=level, **values)
    person = build_person(session, series, name=NAME, email="zoe@example.org")
    build_slot(session, one, build_person(session, series, name="Max Moderator"))
    item = build_item(session, one, title=both("Mon exposé", "My talk"), speakers=[person])
    session.commit()
    return person, item.slots[0]


def session_of(session: Session, slot: SpeakerSlot) -> WorkshopSession:
    """Return the session that a part belongs to."""
    return session.get_one(WorkshopSession, slot.workshop_session_id)


def speaker_path(session: Session, person: Person, language: str = "en") -> str:
    """Return the address of somebody's own page."""
    token = issue(session, purpose=Purpose.SPEAKER, subject=person.subject)
    session.commit()
    return f"/{language}/speaker/{token}/"


def press(client: FlaskClient, path: str, verb: str = "", **data: Any) -> TestResponse:
    """Send a form of the page."""
    return client.post(path + verb, data={"csrf_token": token_of(client.get(path)), **data})


def decide(client: FlaskClient, path: str, slot: SpeakerSlot, *ticked: ConsentKind) -> TestResponse:
    """Save the boxes of one part as a browser does: those ticked, and what the page had shown."""
    page = client.get(path).text
    key = part_key(slot)
    form = page[page.index(f'name="part" value="{key}"') :]
    shown = re.search(r'name="shown" value="([^"]*)"', form)
    assert shown is not None
    data = {"csrf_token": token_of(client.get(path)), "part": key, "shown": shown[1]}
    return client.post(path, data=data | {kind.value: "y" for kind in ticked})


def words(page: TestResponse) -> str:
    """Return a page's text on one line, without its markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))
