"""The button, where an invitation lets in: each use is counted once, and nobody comes in beyond it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from tests.unit.rsvp.seats import ask, change, fill, mails, press
from workshop.chatham.rule import Visibility
from workshop.programme.models import WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import Answer, AnswerState, Choice, Invitation, InvitationKind
from workshop.rsvp.schedule import AnswersClosedError


@pytest.fixture
def sessions(session: Session) -> list[WorkshopSession]:
    """Give two sessions of one place each, for the invited only."""
    series = build_series(session)
    return [build_session(session, series, capacity=1, visibility=Visibility.INVITE_ONLY) for _ in range(2)]


@pytest.fixture
def invitation(session: Session, sessions: list[WorkshopSession]) -> Invitation:
    """Give a link for a group, of which one may answer, for both."""
    found = Invitation(
        series_id=sessions[0].series_id,
        kind=InvitationKind.GROUP,
        language="fr",
        max_uses=1,
        uses=0,
        created_at=NOW,
        sessions=sessions,
    )
    session.add(found)
    session.flush()
    return found


def test_without_an_invitation_nobody_gets_in(session: Session, sessions: list[WorkshopSession]) -> None:
    outcome = press(session, ask(session, sessions[0]))
    assert isinstance(outcome.refusal, AnswersClosedError)
    assert outcome.state is AnswerState.LAPSED


def test_a_use_is_counted_once_for_all_sessions_of_one_press(
    session: Session, sessions: list[WorkshopSession], invitation: Invitation
) -> None:
    participant = build_participant(session, sessions[0].series, confirmed_at=None)
    for found in sessions:
        answer = build_answer(session, found, participant, state=AnswerState.PENDING)
        ask(session, found, answer, invitation_id=invitation.id)
    outcomes = service.confirm(session, now=NOW, participant=participant, language="fr")
    assert [outcome.state for outcome in outcomes] == [AnswerState.ACCEPTED] * 2
    assert invitation.uses == 1


def test_one_more_than_it_was_for_is_refused_and_takes_no_seat(
    session: Session, sessions: list[WorkshopSession], invitation: Invitation
) -> None:
    first, second = (ask(session, found, invitation_id=invitation.id) for found in sessions)
    assert press(session, first).state is AnswerState.ACCEPTED
    outcome = press(session, second)
    assert outcome.refusal is not None
    assert outcome.state is AnswerState.LAPSED
    assert invitation.uses == 1
    assert len(mails(session)) == 1
    with pytest.raises(AnswersClosedError):
        change(session, second)


def test_whoever_came_too_late_was_let_in_and_may_join_the_list(
    session: Session, sessions: list[WorkshopSession], invitation: Invitation
) -> None:
    fill(session, sessions[0], 1)
    late = ask(session, sessions[0], invitation_id=invitation.id)
    assert press(session, late).state is AnswerState.LAPSED
    assert invitation.uses == 1
    assert change(session, late, joins_list=True).state is AnswerState.WAITLISTED


def test_whoever_was_let_in_may_change_their_mind(
    session: Session, sessions: list[WorkshopSession], invitation: Invitation
) -> None:
    answer: Answer = ask(session, sessions[0], invitation_id=invitation.id)
    press(session, answer)
    assert change(session, answer, Choice.DECLINED).state is AnswerState.DECLINED
    assert change(session, answer).state is AnswerState.ACCEPTED
    assert press(session, ask(session, sessions[0], answer, invitation_id=invitation.id)).refusal is None
    assert invitation.uses == 1
