"""Every message as it is read, in both languages and at each level; kept in tests/golden/mail.

After a change that is meant, write them anew with `GOLDEN=write pytest tests/unit/reminders/test_messages.py`, and
read them aloud.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_answer, build_item, build_participant, build_person, build_series, build_session
from tests.unit.reminders.conftest import messages, move
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Mode, SessionStatus, WorkshopSession
from workshop.reminders.service import notice_changes, plan
from workshop.rsvp.models import Answer, AnswerState

GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
KINDS = ("reminder", "reminder_tentative", "session_moved", "session_cancelled", "session_reinstated")
SECRETS = ("canary", "canari")
pytestmark = pytest.mark.databases("sqlite")


def _build(session: Session, level: Level, language: str, state: AnswerState) -> Answer:
    series = build_series(
        session,
        slug="canary-series",
        title=both("Série canari", "Canary series"),
        sender_name=both("Série canari", "Canary series"),
        contact="canary@example.org",
        level=level,
        visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC,
    )
    workshop_session = build_session(
        session,
        series,
        number=4,
        slug="canary",
        title=both("Titre canari", "Canary title"),
        short_title=both("Canari", "Canary"),
        abstract=both("Résumé canari.", "Canary abstract."),
        mode=Mode.HYBRID,
        place=both("Maison du canari", "Canary House"),
        floor_languages=("fr",),
        interpretation=({"from": "fr", "into": "en", "scope": both("exposés", "talks").to_json()},),
    )
    speaker = build_person(
        session, series, name="Canary Speaker", affiliations=(Localized.neutral("Canary Institute"),)
    )
    build_item(session, workshop_session, title=both("Exposé canari", "Canary talk"), speakers=(speaker,))
    participant = build_participant(
        session, series, language=language, tzid="America/Toronto", name="Alias", address="someone@example.org"
    )
    return build_answer(session, workshop_session, participant, state=state)


def _cancel(workshop_session: WorkshopSession, *, is_cancelled: bool) -> None:
    workshop_session.status = SessionStatus.CANCELLED if is_cancelled else SessionStatus.CONFIRMED
    workshop_session.sequence += 1


def _write(session: Session, kind: str, level: Level, language: str) -> OutboxMessage:
    state = AnswerState.TENTATIVE if kind == "reminder_tentative" else AnswerState.ACCEPTED
    answer = _build(session, level, language, state)
    workshop_session = answer.workshop_session
    at = workshop_session.starts_at - timedelta(days=1)
    if kind.startswith("reminder"):
        assert plan(session, at) == 1
    elif kind == "session_moved":
        move(session, workshop_session, timedelta(days=3))
        workshop_session.mode = Mode.ONLINE
        assert notice_changes(session, at) == 1
    else:
        _cancel(workshop_session, is_cancelled=True)
        assert notice_changes(session, at) == 1
        if kind == "session_reinstated":
            messages(session)[0].state = messages(session)[0].state.SENT
            _cancel(workshop_session, is_cancelled=False)
            assert notice_changes(session, at) == 1
    return messages(session)[-1]


def _readable(message: OutboxMessage) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in sorted(message.headers.items()))
    whole = f"From: {message.sender_name}\nSubject: {message.subject}\n{headers}\n\n{message.body_text}\n{message.body_html}"
    return re.sub(r"(\[\[link:[a-z]+:)[0-9a-f]{32}\]\]", r"\1…]]", whole)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("level", list(Level), ids=lambda level: level.value)
@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_as_it_was_approved(session: Session, kind: str, level: Level, language: str) -> None:
    found = _readable(_write(session, kind, level, language))
    path = GOLDEN / f"{kind}-{level.value}-{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_neutral_message_names_neither_series_nor_topic(session: Session, kind: str, language: str) -> None:
    open_one = _write(session, kind, Level.DISCUSSION, language)
    assert all(word in _whole(open_one) for word in SECRETS[: 1 if language == "en" else 2])  # it could leak
    session.rollback()
    for level in (Level.WHOLE_SESSION, Level.CLOSED):
        message = _write(session, kind, level, language)
        assert not [word for word in SECRETS if word in _whole(message)]
        assert message.sender_name == "Workshop"
        label = "Séance 4" if language == "fr" else "Session 4"
        assert label in message.subject
        session.rollback()


def _whole(message: OutboxMessage) -> str:
    files = "".join(file["content"] for file in message.attachments)
    return (
        f"{message.sender_name}{message.subject}{message.headers}{message.body_text}{message.body_html}{files}".lower()
    )


def test_both_parts_carry_the_same_links(session: Session) -> None:
    message = _write(session, "reminder", Level.DISCUSSION, "en")
    links = re.compile(r"http://[^\s\"<]+")
    assert set(links.findall(message.body_text)) == set(links.findall(message.body_html))
    assert "<img" not in message.body_html


def test_what_an_organiser_wrote_is_escaped_in_html_alone(session: Session) -> None:
    answer = _build(session, Level.DISCUSSION, "en", AnswerState.ACCEPTED)
    answer.workshop_session.title = Localized.neutral("Harm & <b>reduction</b>")
    plan(session, answer.workshop_session.starts_at - timedelta(days=1))
    (message,) = messages(session)
    assert "Harm & <b>reduction</b>" in message.subject
    assert "Harm & <b>reduction</b>" in message.body_text
    assert "Harm &amp; &lt;b&gt;reduction&lt;/b&gt;" in message.body_html


def test_a_title_in_another_language_is_marked_as_such(session: Session) -> None:
    answer = _build(session, Level.DISCUSSION, "en", AnswerState.ACCEPTED)
    answer.workshop_session.title = Localized({"fr": "Seulement en français"})
    plan(session, answer.workshop_session.starts_at - timedelta(days=1))
    (message,) = messages(session)
    assert '<span lang="fr">Seulement en français</span> (French)' in message.body_html
    assert "Seulement en français (French)" in message.body_text
