"""What organisers decide about requests, and whom they add."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.unit.rsvp.seats import ask, change, fill, mails, press, states, wait, whose
from workshop.audit.models import LogEntry
from workshop.core.errors import NotFoundError
from workshop.core.localized import Localized
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import Answer, AnswerState, Choice, Participant
from workshop.rsvp.queries import count_seats
from workshop.rsvp.rule import AlreadyAnsweredError, AnswerRefusedError, SessionFullError
from workshop.rsvp.schedule import SessionCancelledError
from workshop.rsvp.service import Added, Decision

TEXT = both("Complet pour cette fois.", "Full this time.")


@pytest.fixture
def asked(session: Session) -> WorkshopSession:
    """Give a session of two places whose answers wait for an organiser."""
    return build_session(session, build_series(session), capacity=2, needs_approval=True)


def decide(
    session: Session, found: WorkshopSession, answers: list[Answer], decision: Decision, text: Localized = TEXT
) -> list[Answer]:
    return service.decide(
        session,
        now=NOW,
        workshop_session=found,
        answer_ids=[answer.id for answer in answers],
        decision=decision,
        text=text,
        actor="organiser:1",
    )


def request(session: Session, found: WorkshopSession, count: int) -> list[Answer]:
    return [
        build_answer(session, found, state=AnswerState.REQUESTED, created_at=NOW - timedelta(hours=count - number))
        for number in range(count)
    ]


def test_an_answer_waits_for_an_organiser_and_holds_no_seat(session: Session, asked: WorkshopSession) -> None:
    answer = ask(session, asked)
    assert press(session, answer).state is AnswerState.REQUESTED
    assert count_seats(session, [asked.id]) == {asked.id: 0}
    (mail,) = mails(session)
    assert "organisat" in mail.body_text or "organisers decide" in mail.body_text
    assert not mail.attachments
    assert change(session, answer, Choice.ACCEPTED).state is AnswerState.REQUESTED


def test_who_perhaps_comes_needs_nobody(session: Session, asked: WorkshopSession) -> None:
    assert press(session, ask(session, asked, choice=Choice.TENTATIVE)).state is AnswerState.TENTATIVE


def test_accepting_never_oversells_and_the_rest_waits_in_order(session: Session, asked: WorkshopSession) -> None:
    answers = request(session, asked, 3)
    assert decide(session, asked, answers[::-1], Decision.ACCEPT) == answers
    assert states(answers) == ["accepted", "accepted", "waitlisted"]
    assert [bool(mail.attachments) for mail in mails(session)] == [True, True, False]
    assert decide(session, asked, answers, Decision.ACCEPT) == []


def test_accepting_does_not_overtake_whoever_waits(session: Session, asked: WorkshopSession) -> None:
    fill(session, asked, 1)
    (first,) = wait(session, asked)
    (answer,) = request(session, asked, 1)
    decide(session, asked, [answer], Decision.ACCEPT)
    assert states([first, answer]) == ["offered", "waitlisted"]


def test_who_is_put_on_the_list_is_offered_a_place_where_one_is_free(session: Session, asked: WorkshopSession) -> None:
    answers = request(session, asked, 3)
    decide(session, asked, answers, Decision.LIST)
    assert states(answers) == ["offered", "offered", "waitlisted"]
    assert sorted(mail.kind for mail in mails(session)) == ["answer_recorded", "place_offered", "place_offered"]
    assert change(session, answers[0]).state is AnswerState.ACCEPTED


def test_a_refusal_is_told_in_both_languages_and_cannot_be_changed(session: Session, asked: WorkshopSession) -> None:
    french, english = request(session, asked, 2)
    english.participant.language = "en"
    decide(session, asked, [french, english], Decision.REFUSE)
    assert states([french, english]) == ["declined"] * 2
    assert [("Complet pour" in mail.body_text, "Full this" in mail.body_html) for mail in mails(session)] == [
        (True, False),
        (False, True),
    ]
    for choice in (Choice.ACCEPTED, Choice.DECLINED):
        with pytest.raises(AnswerRefusedError):
            change(session, french, choice)
    assert isinstance(press(session, ask(session, asked, french)).refusal, AnswerRefusedError)
    assert service.withdraw(session, now=NOW, **whose(french)).state is AnswerState.WITHDRAWN
    with pytest.raises(AnswerRefusedError):
        change(session, french)


def test_an_organiser_may_think_again(session: Session, asked: WorkshopSession) -> None:
    (answer,) = request(session, asked, 1)
    decide(session, asked, [answer], Decision.REFUSE)
    decide(session, asked, [answer], Decision.ACCEPT)
    assert answer.state is AnswerState.ACCEPTED
    assert (answer.refused_at, answer.refusal_text) == (None, Localized())


def test_only_requests_of_this_session_are_decided(session: Session, asked: WorkshopSession) -> None:
    other = build_answer(session, state=AnswerState.REQUESTED, workshop_session=build_session(session))
    seat, *_ = fill(session, asked, 1)
    assert decide(session, asked, [other, seat], Decision.REFUSE) == []
    assert states([other, seat]) == ["requested", "accepted"]
    assert mails(session) == []


def test_nothing_is_decided_about_a_cancelled_session(session: Session, asked: WorkshopSession) -> None:
    asked.status = SessionStatus.CANCELLED
    with pytest.raises(SessionCancelledError):
        decide(session, asked, request(session, asked, 1), Decision.ACCEPT)


def test_the_log_says_what_was_decided_and_names_nobody(session: Session, asked: WorkshopSession) -> None:
    (answer,) = request(session, asked, 1)
    decide(session, asked, [answer], Decision.ACCEPT)
    entry = session.scalars(sa.select(LogEntry)).one()
    assert (entry.actor, entry.action, entry.object) == ("organiser:1", "rsvp.decide", f"session:{asked.id}")
    assert entry.details == {"decision": "accept", "answers": [answer.id]}


# -- by hand -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(session: Session) -> WorkshopSession:
    """Give a session of one place."""
    return build_session(session, build_series(session), capacity=1)


def add(session: Session, found: WorkshopSession, address: str = "someone@example.org") -> Answer:
    values = Added(name="Une personne", address=address, language="en", reason="She asked by telephone.")
    return service.add_by_hand(session, now=NOW, workshop_session=found, values=values, actor="organiser:1")


def test_who_is_added_is_offered_a_place_and_told_by_whom_and_why(session: Session, small: WorkshopSession) -> None:
    answer = add(session, small)
    assert answer.state is AnswerState.OFFERED
    assert answer.offer_expires_at == NOW + timedelta(days=1)
    assert count_seats(session, [small.id]) == {small.id: 1}
    (mail,) = mails(session)
    assert mail.kind == "added_by_hand"
    assert "The organisers would like you to come" in mail.body_text
    assert "She asked by telephone" in mail.body_text
    assert "Une personne" not in mail.body_text + mail.body_html
    assert change(session, answer).state is AnswerState.ACCEPTED
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.add")).one()
    assert entry.details == {"answer": answer.id, "state": "offered"}


def test_an_addition_never_goes_beyond_the_capacity(session: Session, small: WorkshopSession) -> None:
    fill(session, small, 1)
    answer = add(session, small)
    assert answer.state is AnswerState.WAITLISTED
    assert "number 1" in mails(session)[0].body_text
    small.has_waiting_list = False
    with pytest.raises(SessionFullError):
        add(session, small, "other@example.org")


def test_an_addition_does_not_overtake(session: Session, small: WorkshopSession) -> None:
    (first,) = wait(session, small)
    assert states([add(session, small), first]) == ["waitlisted", "offered"]


def test_who_is_known_keeps_their_own_name(session: Session, small: WorkshopSession) -> None:
    known = build_participant(session, small.series, address="Someone@example.org", name="Alias", language="fr")
    build_answer(session, small, known, state=AnswerState.WITHDRAWN)
    answer = add(session, small)
    assert answer.participant is known
    assert (known.name, known.language) == ("Alias", "fr")
    with pytest.raises(AlreadyAnsweredError):
        add(session, small)
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 1


def test_nobody_is_added_to_a_draft(session: Session, small: WorkshopSession) -> None:
    small.is_published = False
    with pytest.raises(NotFoundError):
        add(session, small)


def test_an_addition_that_is_not_answered_lapses(session: Session, small: WorkshopSession) -> None:
    answer = add(session, small)
    (waiting,) = wait(session, small)
    service.tend_lists(session, NOW + timedelta(days=1))
    assert states([answer, waiting]) == ["lapsed", "offered"]
