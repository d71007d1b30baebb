"""One request for several sessions, and what the button takes over of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from workshop.core.errors import NotFoundError
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Question, QuestionKind, Series, SessionStatus
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant, QuestionReply
from workshop.rsvp.rule import NoticeChangedError, SessionFullError
from workshop.rsvp.schedule import SessionCancelledError
from workshop.rsvp.service import clean_reply, confirm, keep_replies, request_answer, request_answers
from workshop.rsvp.service.asking import Asked


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series with three open sessions."""
    found = build_series(session)
    for number in range(3):
        build_session(session, found, slug=str(number))
    return found


def asked(**values: Any) -> Asked:
    defaults: dict[str, Any] = {
        "name": "Une personne",
        "address": "someone@example.org",
        "choice": Choice.ACCEPTED,
        "language": "fr",
        "tzid": "Europe/Paris",
        "notices": ["discussion.1"],
        "notice_language": "fr",
    }
    return Asked(**{**defaults, **values})


def count(session: Session, model: type[Any]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_all_or_none(session: Session, series: Series) -> None:
    series.sessions[2].status = SessionStatus.CANCELLED
    with pytest.raises(SessionCancelledError) as caught:
        request_answers(session, now=NOW, workshop_sessions=series.sessions, values=asked())
    assert caught.value.context["session"] == "2"
    with pytest.raises(NoticeChangedError):
        request_answers(session, now=NOW, workshop_sessions=series.sessions[:2], values=asked(notices=[]))
    series.sessions[1].is_published = False
    with pytest.raises(NotFoundError):
        request_answers(session, now=NOW, workshop_sessions=series.sessions[:2], values=asked())
    assert count(session, Participant) == count(session, Answer) == 0


def test_a_full_session_refuses_unless_its_list_is_joined_knowingly(session: Session, series: Series) -> None:
    full = series.sessions[1]
    full.capacity = 1
    build_answer(session, full)
    with pytest.raises(SessionFullError) as caught:
        request_answers(session, now=NOW, workshop_sessions=series.sessions, values=asked())
    assert caught.value.context["session"] == "1"
    full.has_waiting_list = False
    with pytest.raises(SessionFullError):
        request_answers(session, now=NOW, workshop_sessions=series.sessions, values=asked(joins_list=True))
    full.has_waiting_list = True
    request_answers(session, now=NOW, workshop_sessions=series.sessions, values=asked(joins_list=True))
    assert count(session, AnswerRequest) == 3


def test_a_newer_request_takes_the_older_mail_back_and_one_button_confirms_both(
    session: Session, series: Series
) -> None:
    request_answer(session, now=NOW, workshop_session=series.sessions[0], values=asked())
    participant = request_answers(
        session,
        now=NOW + timedelta(minutes=2),
        workshop_sessions=series.sessions[1:],
        values=asked(choice=Choice.TENTATIVE, name="Autre nom"),
    )
    states = session.scalars(sa.select(OutboxMessage.state).order_by(OutboxMessage.id)).all()
    assert states == [OutboxState.SUPERSEDED, OutboxState.QUEUED]
    outcomes = confirm(session, now=NOW + timedelta(minutes=3), participant=participant, language="fr")
    assert [one.state for one in outcomes] == [AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.TENTATIVE]


def test_the_same_again_within_a_minute_is_one_press(app: Flask, session: Session, series: Series) -> None:
    values = asked(replies={"x": ("a", "b")})
    for second in (0, 30):
        request_answers(session, now=NOW + timedelta(seconds=second), workshop_sessions=series.sessions, values=values)
    assert app.testing
    assert count(session, OutboxMessage) == 1
    assert set(session.scalars(sa.select(AnswerRequest.created_at))) == {NOW}
    request_answers(session, now=NOW + timedelta(seconds=40), workshop_sessions=series.sessions[:2], values=values)
    assert count(session, OutboxMessage) == 1
    request_answers(
        session, now=NOW + timedelta(seconds=50), workshop_sessions=series.sessions, values=asked(name="Autre")
    )
    assert count(session, OutboxMessage) == 2


def test_what_is_asked_changes_nothing_that_stands_until_the_button(session: Session, series: Series) -> None:
    participant = build_participant(session, series, address="someone@example.org", name="Avant")
    answer = build_answer(session, series.sessions[0], participant)
    request_answers(
        session, now=NOW, workshop_sessions=series.sessions, values=asked(choice=Choice.DECLINED, is_discreet=True)
    )
    session.expire_all()
    assert (participant.name, participant.is_discreet, answer.state) == ("Avant", False, AnswerState.ACCEPTED)
    confirm(session, now=NOW, participant=participant, language="fr")
    assert (participant.name, participant.is_discreet) == ("Une personne", True)
    assert answer.state is AnswerState.DECLINED


def test_later_ones_count_from_the_form_on_and_not_without_an_address(session: Session, series: Series) -> None:
    participant = request_answer(session, now=NOW, workshop_session=series.sessions[0], values=asked(follows=True))
    confirm(session, now=NOW + timedelta(hours=5), participant=participant, language="fr")
    assert participant.follows_since == NOW
    nameless = request_answer(
        session,
        now=NOW,
        workshop_session=series.sessions[0],
        values=asked(address="", follows=True, keeps_informed=True),
    )
    confirm(session, now=NOW, participant=nameless, language="fr")
    assert (nameless.address, nameless.follows_since, nameless.informed_since) == (None, None, None)


def question(session: Session, series: Series, kind: QuestionKind, **values: Any) -> Question:
    found = Question(
        series_id=series.id,
        position=0,
        kind=kind,
        text=both("Quoi ?", "What?"),
        reason=both("Pour rien.", "For nothing."),
        **values,
    )
    session.add(found)
    session.flush()
    return found


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (QuestionKind.SHORT, "x", "x"),
        (QuestionKind.SHORT, "", None),
        (QuestionKind.SHORT, "x" * 301, None),
        (QuestionKind.SHORT, True, None),
        (QuestionKind.LONG, "x" * 5000, "x" * 5000),
        (QuestionKind.ONE_OF, "a", "a"),
        (QuestionKind.ONE_OF, "c", None),
        (QuestionKind.ONE_OF, ["a"], None),
        (QuestionKind.SEVERAL_OF, ["b", "a", "c"], ("a", "b")),
        (QuestionKind.SEVERAL_OF, "a", None),
        (QuestionKind.SEVERAL_OF, [], None),
        (QuestionKind.YES_NO, False, False),
        (QuestionKind.YES_NO, "yes", None),
    ],
)
def test_only_what_the_question_takes_today_is_kept(
    session: Session, series: Series, kind: QuestionKind, value: Any, kept: Any
) -> None:
    options = ({"key": "a", "text": "A"}, {"key": "b", "text": "B"})
    assert clean_reply(question(session, series, kind, options=options), value) == kept


def test_a_newer_reply_replaces_the_older_one(session: Session, series: Series) -> None:
    asks = question(session, series, QuestionKind.SHORT)
    participant = build_participant(session, series)
    for said in ("first", "second"):
        keep_replies(session, participant=participant, session_ids=[], said={asks.key: said, "gone": "x"}, now=NOW)
    assert session.scalars(sa.select(QuestionReply.value)).all() == ["second"]
