"""After the end: thanks, what is held and until when, what was published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_answer, build_organiser, build_participant, build_series, build_session
from tests.unit.reminders.conftest import messages
from workshop.chatham.rule import Level
from workshop.core.links import cut
from workshop.mail.models import OutboxMessage
from workshop.programme.models import WorkshopSession
from workshop.reminders.service import last_look, plan
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.models import AnswerState
from workshop.summaries.models import Summary, SummaryApproval
from workshop.summaries.rule import approvals_needed


def _held(session: Session, *, level: Level = Level.DISCUSSION, **who: object) -> WorkshopSession:
    series = build_series(session, reminders=("+1d",), level=level, retention_days=30)
    workshop_session = build_session(session, series)
    build_answer(session, workshop_session, build_participant(session, series, **{"language": "en", **who}))
    return workshop_session


def _thank(session: Session, workshop_session: WorkshopSession) -> OutboxMessage:
    at = workshop_session.ends_at + timedelta(days=1)
    assert plan(session, at) == 1
    message = messages(session)[-1]
    assert last_look(session, message, at) is None
    return message


def _publish(session: Session, workshop_session: WorkshopSession) -> None:
    at = workshop_session.ends_at
    summary = Summary(
        workshop_session_id=workshop_session.id,
        text=both("Ce qui a été dit.", "What was said."),
        saved_at=at,
        submitted_at=at,
        published_at=at,
    )
    readers = [build_organiser(session) for _ in range(approvals_needed(workshop_session.series.level))]
    summary.approvals = [SummaryApproval(organiser_id=one.id, approved_at=at) for one in readers]
    session.add(summary)
    session.flush()


def test_it_says_what_is_held_and_until_when(session: Session) -> None:
    workshop_session = _held(session)
    message = _thank(session, workshop_session)
    assert message.kind == "thanks"
    assert message.subject.startswith("After the session: Session ")
    for body in (message.body_text, message.body_html):
        assert "Thank you for your interest in this session" in body
        assert "We erase your name and your address on 30 December 2026" in body
        assert f"/en/my/[[link:my:{message.person_ref}]]/" in body
        assert "[[link:join" not in body
        assert "summary" not in body
    assert "List-Unsubscribe" in message.headers


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.WHOLE_SESSION])
def test_it_says_that_a_summary_can_be_read_where_their_own_page_shows_it(session: Session, level: Level) -> None:
    workshop_session = _held(session, level=level)
    _publish(session, workshop_session)
    message = _thank(session, workshop_session)
    for body in (message.body_text, message.body_html):
        assert "A summary of the session has been published" in body
        assert "What was said" not in body


def test_it_says_nothing_of_a_summary_that_the_level_stops(session: Session) -> None:
    workshop_session = _held(session)
    _publish(session, workshop_session)
    workshop_session.level = Level.CLOSED
    assert "summary" not in _thank(session, workshop_session).body_text


def test_each_reads_their_own_date(session: Session) -> None:
    workshop_session = _held(session)
    later = build_session(session, workshop_session.series, starts_at=workshop_session.starts_at + timedelta(days=40))
    who = build_participant(session, workshop_session.series, language="en")
    for one in (workshop_session, later):
        build_answer(session, one, who)
    assert plan(session, workshop_session.ends_at + timedelta(days=1)) == 2
    first, second = messages(session)
    assert "on 30 December 2026" in first.body_text
    assert erasure_of(who).astimezone(UTC).date() == datetime(2027, 2, 8, tzinfo=UTC).date()
    assert "on 8 February 2027" in second.body_text


def test_whoever_answered_after_it_began_is_not_thanked(session: Session) -> None:
    workshop_session = _held(session)
    late = workshop_session.starts_at + timedelta(minutes=1)
    build_answer(session, workshop_session, state=AnswerState.ACCEPTED, answered_at=late)
    assert plan(session, workshop_session.ends_at + timedelta(days=1)) == 1


@pytest.mark.parametrize("who", [{"is_discreet": True}, {}], ids=["discreet", "whole-session"])
def test_a_neutral_one_names_nothing(session: Session, who: dict[str, object]) -> None:
    workshop_session = _held(session, level=Level.DISCUSSION if who else Level.WHOLE_SESSION, **who)
    message = _thank(session, workshop_session)
    whole = f"{message.sender_name}{message.subject}{message.headers}{message.body_text}{message.body_html}"
    assert "Title of" not in whole
    assert "Example series" not in whole
    assert message.basis["is_neutral"] is True


def test_it_reads_the_same_to_whoever_has_given_feedback_already(session: Session) -> None:
    workshop_session = _held(session)
    who = build_participant(session, workshop_session.series, language="en")
    build_answer(session, workshop_session, who, gave_feedback=True)
    assert plan(session, workshop_session.ends_at + timedelta(days=1)) == 2
    # Organisers can read both: what differs would say who has answered the questions.
    first, second = (cut(message.body_text) for message in messages(session))
    assert first == second
    assert "What did you think of it?" in first
