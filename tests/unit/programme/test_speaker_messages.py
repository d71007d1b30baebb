"""The mail that brings a speaker's link, as it is read, named and neutral; kept in tests/golden/mail.

After a change that is meant, write it anew with `GOLDEN=write pytest tests/unit/programme/test_speaker_messages.py`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_series, build_session
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.people.personal_data import erase
from workshop.people.service import set_contact
from workshop.programme.models import Series, SpeakerSlot
from workshop.programme.service.consents import set_consent
from workshop.programme.service.speakers import refusal_of_link, replace_link, send_link

GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
pytestmark = pytest.mark.databases("sqlite")


def _build(session: Session, level: Level, language: str) -> tuple[Person, Series]:
    series = build_series(
        session,
        slug="canary-series",
        title=both("Série canari", "Canary series"),
        sender_name=both("Série canari", "Canary series"),
        contact="canary@example.org",
        level=level,
        visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC,
    )
    one = build_session(session, series, slug="canary", title=both("Titre canari", "Canary title"))
    person = build_person(session, series, name="Canary Speaker", email="speaker@example.org", language=language)
    build_item(session, one, title=both("Exposé canari", "Canary talk"), speakers=[person])
    return person, series


def _send(session: Session, level: Level, language: str, *, is_new: bool = False) -> OutboxMessage:
    person, series = _build(session, level, language)
    if is_new:
        replace_link(session, now=NOW, person=person, series=series)
    else:
        send_link(session, now=NOW, person=person, series=series, actor="organiser:1")
    return session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first() or OutboxMessage()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_reads_as_it_was_approved(session: Session, language: str) -> None:
    found = ""
    for level in (Level.DISCUSSION, Level.CLOSED):
        for is_new in (False, True):
            message = _send(session, level, language, is_new=is_new)
            body = re.sub(r"(\[\[link:[a-z]+:)[0-9a-f]{32}\]\]", r"\1…]]", message.body_text)
            name = f"{message.kind}{', new' if is_new else ''}, {level.value}"
            found += f"======== {name}\nFrom: {message.sender_name}\nSubject: {message.subject}\n\n{body.strip()}\n\n"
            session.rollback()
    path = GOLDEN / f"speakers.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_names_nothing_where_nothing_may_be_named(session: Session, level: Level, language: str) -> None:
    message = _send(session, level, language)
    whole = f"{message.sender_name}{message.subject}{message.headers}{message.body_text}{message.body_html}"
    assert not re.search("canari|canary", whole.casefold())


def test_one_stricter_session_makes_it_neutral(session: Session) -> None:
    person, series = _build(session, Level.ON_THE_RECORD, "en")
    strict = build_session(session, series, level=Level.WHOLE_SESSION, is_published=False)
    build_item(session, strict, speakers=[person])
    send_link(session, now=NOW, person=person, series=series, actor="organiser:1")
    (message,) = session.scalars(sa.select(OutboxMessage))
    assert "anary" not in message.subject + message.body_text


def test_whoever_does_not_want_to_be_named_is_not_named_to_their_lock_screen(session: Session) -> None:
    person, series = _build(session, Level.ON_THE_RECORD, "en")
    (slot,) = session.scalars(sa.select(SpeakerSlot))
    kind = ConsentKind.ANNOUNCE_NAME
    set_consent(session, now=NOW, slot=slot, kind=kind, given=False, recorded_by="speaker")
    send_link(session, now=NOW, person=person, series=series, actor="organiser:1")
    (message,) = session.scalars(sa.select(OutboxMessage))
    assert "anary" not in message.subject + message.body_text + message.sender_name


def test_it_does_not_leave_once_it_is_no_longer_right(session: Session) -> None:
    message = _send(session, Level.DISCUSSION, "en")
    (person,) = session.scalars(sa.select(Person))
    series = session.get_one(Series, person.series_id)
    assert refusal_of_link(session, message) is None
    series.level = Level.WHOLE_SESSION
    session.flush()
    assert refusal_of_link(session, message) == "level changed"
    series.level = Level.DISCUSSION
    session.flush()
    set_contact(session, now=NOW, person=person, email="", language="en", languages=("en",))
    assert refusal_of_link(session, message) == "erased"
    set_contact(session, now=NOW, person=person, email="other@example.org", language="en", languages=("en",))
    assert refusal_of_link(session, message) == "another address"
    message.person_ref = person.subject
    erase(session, now=NOW, email="other@example.org")
    session.refresh(message)
    assert (message.recipient, message.body_text) == ("", "")
