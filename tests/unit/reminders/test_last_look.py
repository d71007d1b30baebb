"""Just before a message leaves: does it still say what is so, to somebody who still is there?"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.unit.reminders.conftest import join, messages, move
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders.service import last_look, notice_changes, plan
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice

Before = Callable[..., datetime]


def _cancel(answer: Answer) -> None:
    answer.workshop_session.status = SessionStatus.CANCELLED


def _postpone(answer: Answer) -> None:
    answer.workshop_session.status = SessionStatus.TENTATIVE


def _withdraw(answer: Answer) -> None:
    answer.state = AnswerState.WITHDRAWN


def _hesitate(answer: Answer) -> None:
    answer.state = AnswerState.TENTATIVE


def _unsubscribe(answer: Answer) -> None:
    answer.participant.wants_reminders = False


def _erase(answer: Answer) -> None:
    answer.participant.erased_at = answer.created_at
    answer.participant.address = answer.participant.address_folded = None


def _tighten(answer: Answer) -> None:
    answer.workshop_session.level = Level.WHOLE_SESSION


def _shift(answer: Answer) -> None:
    answer.workshop_session.starts_at += timedelta(minutes=5)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (_cancel, "session cancelled"),
        (_postpone, "session not confirmed"),
        (_withdraw, "answer withdrawn"),
        (_hesitate, "answer changed"),
        (_unsubscribe, "reminders stopped"),
        (_erase, "erased"),
        (_tighten, "level changed"),
        (_shift, "session moved"),
    ],
)
def test_a_reminder_that_life_overtook_stays(
    session: Session, answer: Answer, before: Before, happens: Callable[[Answer], None], reason: str
) -> None:
    plan(session, before(days=1))
    (message,) = messages(session)
    assert last_look(session, message, before(hours=23)) is None
    happens(answer)
    session.flush()
    assert last_look(session, message, before(hours=23)) == reason


def test_what_is_undone_before_anybody_heard_of_it_costs_nobody_a_reminder(
    session: Session, workshop_session: WorkshopSession, answer: Answer, before: Before
) -> None:
    plan(session, before(days=1))
    (first,) = messages(session)
    move(session, workshop_session, timedelta(days=3))
    assert last_look(session, first, before(hours=23)) == "session moved"
    first.state = OutboxState.DISCARDED
    move(session, workshop_session, timedelta(days=-3))
    assert notice_changes(session, before(hours=23)) == 0
    assert plan(session, before(hours=23)) == 1
    assert plan(session, before(hours=23)) == 0
    assert last_look(session, messages(session)[-1], before(hours=23)) is None


def test_a_reminder_that_the_rule_overtook_is_written_anew(session: Session, answer: Answer, before: Before) -> None:
    plan(session, before(hours=1))
    (first,) = messages(session)
    _tighten(answer)
    session.flush()
    assert last_look(session, first, before(hours=1)) == "level changed"
    first.state = OutboxState.DISCARDED
    assert plan(session, before(hours=1)) == 1
    second = messages(session)[-1]
    assert (first.basis["is_neutral"], second.basis["is_neutral"]) == (False, True)
    assert last_look(session, second, before(hours=1)) is None


def test_a_reminder_of_days_that_the_relay_kept_waiting_leaves_while_two_hours_remain(
    session: Session, answer: Answer, before: Before
) -> None:
    plan(session, before(days=1))
    (message,) = messages(session)
    assert last_look(session, message, before(hours=2)) is None
    assert last_look(session, message, before(hours=1.9)) == "too late"
    plan(session, before(hours=1))
    assert last_look(session, messages(session)[-1], before(hours=0.3)) is None


def test_a_reminder_of_a_session_that_has_begun_stays(session: Session, answer: Answer, before: Before) -> None:
    plan(session, before(hours=1))
    assert last_look(session, messages(session)[0], before(hours=0)) == "session begun"


def test_a_reminder_of_somebody_deleted_stays(session: Session, answer: Answer, before: Before) -> None:
    plan(session, before(days=1))
    session.delete(answer.participant)
    session.flush()
    assert last_look(session, messages(session)[0], before(hours=23)) == "erased"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [(_withdraw, "answer withdrawn"), (_erase, "erased"), (_cancel, "session cancelled"), (_shift, "superseded")],
)
def test_a_notice_that_life_overtook_stays(
    session: Session,
    workshop_session: WorkshopSession,
    answer: Answer,
    now: datetime,
    happens: Callable[[Answer], None],
    reason: str,
) -> None:
    move(session, workshop_session, timedelta(days=1))
    notice_changes(session, now)
    (message,) = messages(session)
    assert last_look(session, message, now) is None
    happens(answer)
    session.flush()
    assert last_look(session, message, now) == reason


def test_notices_stay_after_the_end_and_when_reinstated(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    _cancel(answer)
    notice_changes(session, now)
    (message,) = messages(session)
    assert last_look(session, message, workshop_session.ends_at) == "session over"
    workshop_session.status = SessionStatus.CONFIRMED
    session.flush()
    assert last_look(session, message, now) == "session reinstated"


def test_a_move_told_with_the_title_is_told_anew_without_when_the_rule_got_stricter(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    move(session, workshop_session, timedelta(days=1))
    notice_changes(session, now)
    (first,) = messages(session)
    title = workshop_session.title["fr"]
    assert title in first.body_text
    _tighten(answer)
    workshop_session.sequence += 1
    session.flush()
    assert last_look(session, first, now) == "level changed"
    first.state = OutboxState.DISCARDED
    assert notice_changes(session, now) == 1
    second = messages(session)[-1]
    assert title not in second.subject + second.body_text + second.body_html + str(second.attachments)
    assert last_look(session, second, now) is None


def _message(answer: Answer, kind: str, now: datetime) -> OutboxMessage:
    return OutboxMessage(
        dedupe_key=kind,
        kind=kind,
        priority=30,
        person_ref=answer.participant.subject,
        answer_ref=answer.subject,
        language="fr",
        recipient="someone@example.org",
        subject="",
        body_text="",
        body_html="",
        message_id=kind,
        created_at=now,
        next_attempt_at=now,
    )


def test_answers_and_confirmations(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    answer = join(session, workshop_session, state=AnswerState.PENDING)
    recorded, confirm = _message(answer, "answer_recorded", now), _message(answer, "confirm_address", now)
    assert last_look(session, confirm, now) == "nothing to confirm"
    answer.request = AnswerRequest(
        choice=Choice.ACCEPTED, name="Alias", language="fr", wants_reminders=True, created_at=now
    )
    session.flush()
    assert last_look(session, confirm, now) is None
    assert last_look(session, recorded, now) is None
    _erase(answer)
    session.flush()
    assert last_look(session, confirm, now) == "erased"
    assert last_look(session, recorded, now) == "erased"


def test_other_messages_pass(session: Session, answer: Answer, now: datetime) -> None:
    other = _message(answer, "mail_test", now)
    other.answer_ref = other.person_ref = ""
    assert last_look(session, other, now) is None


def _about_a_place(session: Session, answer: Answer, kind: str, now: datetime) -> OutboxMessage:
    """Write one message about a place, its answer as it is when such a message is written."""
    states = {
        "place_free": AnswerState.WAITLISTED,
        "place_lapsed": AnswerState.LAPSED,
        "answer_refused": AnswerState.DECLINED,
    }
    answer.state = states.get(kind, AnswerState.OFFERED)
    answer.offer_expires_at = now + timedelta(hours=3) if answer.state is AnswerState.OFFERED else None
    answer.refused_at = now if kind == "answer_refused" else None
    session.flush()
    getattr(emails, kind)(session, now=now, answer=answer)
    return messages(session, kind=kind)[0]


KINDS = ("place_offered", "place_lapsed", "place_free", "answer_refused", "added_by_hand")


@pytest.mark.parametrize("kind", KINDS)
def test_what_still_holds_about_a_place_leaves_and_nobody_erased_is_written_to(
    session: Session, answer: Answer, now: datetime, kind: str
) -> None:
    message = _about_a_place(session, answer, kind, now)
    assert last_look(session, message, now) is None
    _erase(answer)
    session.flush()
    assert last_look(session, message, now) == "erased"


def _accept(answer: Answer) -> None:
    answer.state, answer.offer_expires_at = AnswerState.ACCEPTED, None


def _prolong(answer: Answer) -> None:
    assert answer.offer_expires_at is not None
    answer.offer_expires_at += timedelta(hours=1)


def _begin(answer: Answer) -> None:
    answer.workshop_session.starts_at = answer.created_at


def _think_again(answer: Answer) -> None:
    answer.state, answer.refused_at = AnswerState.ACCEPTED, None


@pytest.mark.parametrize(
    ("kind", "happens", "reason"),
    [
        ("place_offered", _accept, "answer changed"),
        ("place_offered", _prolong, "answer changed"),
        ("place_offered", _cancel, "session cancelled"),
        ("place_offered", _begin, "session begun"),
        ("place_free", _accept, "answer changed"),
        ("place_free", _cancel, "session cancelled"),
        ("added_by_hand", _accept, "answer changed"),
        ("answer_refused", _think_again, "answer changed"),
    ],
)
def test_a_message_about_a_place_that_life_overtook_stays(
    session: Session, answer: Answer, now: datetime, kind: str, happens: Callable[[Answer], None], reason: str
) -> None:
    message = _about_a_place(session, answer, kind, now)
    happens(answer)
    session.flush()
    assert last_look(session, message, now) == reason
