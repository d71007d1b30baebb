"""What those who wait are told: on both clocks, with one link, and nothing of the topic where the Rule hides it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.unit.rsvp.seats import fill, mails
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage
from workshop.rsvp import service
from workshop.rsvp.emails import answer_recorded
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.service import Added, Decision

KINDS = ("answer_recorded", "answer_refused", "place_offered", "place_lapsed", "place_free", "added_by_hand")
SECRETS = ("canary", "canari")
pytestmark = pytest.mark.databases("sqlite")


def _build(session: Session, level: Level, language: str, state: AnswerState, *, is_discreet: bool = False) -> Answer:
    series = build_series(
        session,
        slug="canary-series",
        title=both("Série canari", "Canary series"),
        sender_name=both("Série canari", "Canary series"),
        contact="canary@example.org",
        level=level,
        visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC,
    )
    found = build_session(
        session, series, number=4, slug="canary", capacity=1, title=both("Titre canari", "Canary title")
    )
    fill(session, found, 1)
    participant = build_participant(
        session,
        series,
        language=language,
        tzid="America/Toronto",
        address="someone@example.org",
        is_discreet=is_discreet,
    )
    since = NOW if state in {AnswerState.WAITLISTED, AnswerState.OFFERED} else None
    return build_answer(session, found, participant, state=state, waitlisted_at=since)


def _write(session: Session, kind: str, level: Level, language: str, *, is_discreet: bool = False) -> OutboxMessage:
    states = {"answer_refused": AnswerState.REQUESTED, "place_lapsed": AnswerState.OFFERED}
    answer = _build(session, level, language, states.get(kind, AnswerState.WAITLISTED), is_discreet=is_discreet)
    found = answer.workshop_session
    if kind == "answer_recorded":
        answer_recorded(session, now=NOW, answer=answer)
    elif kind == "answer_refused":
        service.decide(
            session,
            now=NOW,
            workshop_session=found,
            answer_ids=[answer.id],
            decision=Decision.REFUSE,
            text=both("Complet.", "Full."),
            actor="organiser:1",
        )
    elif kind == "place_lapsed":
        answer.offer_expires_at = NOW
        service.tend_lists(session, NOW)
    elif kind == "added_by_hand":
        answer.state, found.capacity = AnswerState.WITHDRAWN, 2
        values = Added(name="", address="someone@example.org", language=language, reason="Par téléphone")
        service.add_by_hand(session, now=NOW, workshop_session=found, values=values, actor="organiser:1")
    else:
        found.capacity = 2
        service.tend_lists(session, NOW if kind == "place_offered" else found.starts_at - timedelta(hours=1))
    (message,) = mails(session, kind=kind)
    return message


def _whole(message: OutboxMessage) -> str:
    return "\n".join(
        (message.subject, message.body_text, message.body_html, message.sender_name, str(message.headers))
    ).casefold()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_neutral_message_names_neither_series_nor_topic(session: Session, kind: str, language: str) -> None:
    assert any(word in _whole(_write(session, kind, Level.DISCUSSION, language)) for word in SECRETS)  # it could leak
    session.rollback()
    for level, is_discreet in ((Level.WHOLE_SESSION, False), (Level.CLOSED, False), (Level.ON_THE_RECORD, True)):
        message = _write(session, kind, level, language, is_discreet=is_discreet)
        assert not [word for word in SECRETS if word in _whole(message)]
        assert message.sender_name == "Workshop"
        assert ("Séance 4" if language == "fr" else "Session 4") in message.subject
        session.rollback()


@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_lead_to_the_personal_page_and_nowhere_else(session: Session, kind: str) -> None:
    message = _write(session, kind, Level.DISCUSSION, "en")
    for body in (message.body_text, message.body_html):
        assert set(re.findall(r"http\S*?(/en/[a-z]+/\[\[link:[a-z]+):", body)) == {"/en/my/[[link:my"}
        assert len(re.findall(r"http", body)) == 1
    assert not message.headers.get("List-Unsubscribe")


@pytest.mark.parametrize("kind", ["place_offered", "added_by_hand"])
def test_the_end_of_an_offer_is_said_on_both_clocks(session: Session, kind: str) -> None:
    message = _write(session, kind, Level.DISCUSSION, "en")
    # A day from now it is five in the morning in Toronto: until half past eight in the evening there.
    for body in (message.body_text, message.body_html):
        assert "Monday 23 November 2026, 02:30 (Paris time)" in body
        assert "Sunday 22 November 2026, 20:30 (Toronto time)" in body


def test_a_mail_about_an_offer_does_not_leave_after_its_end(session: Session) -> None:
    message = _write(session, "place_offered", Level.DISCUSSION, "en")
    assert message.expires_at is not None
    assert message.basis == {"expires_at": message.expires_at.isoformat(), "is_neutral": False}


def test_a_newer_message_takes_back_the_older_one(session: Session) -> None:
    answer = _build(session, Level.DISCUSSION, "en", AnswerState.WAITLISTED)
    answer_recorded(session, now=NOW, answer=answer)
    answer.workshop_session.capacity = 2
    service.tend_lists(session, NOW)
    assert [one.kind for one in mails(session)] == ["place_offered"]
