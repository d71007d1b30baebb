"""Reminders get into the outbox: whose turn it is, once, with what they rest on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.unit.reminders.conftest import join, mark_sent, messages, move
from workshop.mail.models import OutboxState
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.service import last_look, notice_changes, plan
from workshop.rsvp.models import Answer, AnswerState

Before = Callable[..., datetime]


def test_three_reminders_leave_once_each(
    session: Session, workshop_session: WorkshopSession, answer: Answer, before: Before
) -> None:
    at = before(days=8)
    while at < workshop_session.ends_at:
        plan(session, at)
        session.commit()
        at += timedelta(minutes=30)
    offsets = [(one.basis["offset"], one.created_at) for one in messages(session)]
    assert offsets == [("-7d", before(days=7)), ("-1d", before(days=1)), ("-1h", before(hours=1))]
    deliveries = session.query(ReminderDelivery).order_by(ReminderDelivery.id).all()
    assert [one.outbox_message_id for one in deliveries] == [one.id for one in messages(session)]


def test_a_reminder_says_what_it_rests_on(session: Session, answer: Answer, before: Before) -> None:
    assert plan(session, before(days=1)) == 1
    (message,) = messages(session)
    start = before(days=0)
    assert message.kind == "reminder"
    assert message.priority == 40
    assert message.recipient == answer.participant.address
    assert message.person_ref == answer.participant.subject
    assert message.answer_ref == answer.subject
    assert message.dedupe_key == f"reminder|{answer.subject}|-1d|{start.isoformat()}"
    assert message.expires_at == start - timedelta(minutes=15)
    assert message.basis["starts_at"] == start.isoformat()
    link = f"http://127.0.0.1:5000/fr/unsubscribe/[[link:unsubscribe:{answer.participant.subject}]]"
    assert message.headers["List-Unsubscribe"] == f"<{link}>"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_session_s_own_rules_win_over_the_series(
    session: Session, before: Before, workshop_session: WorkshopSession
) -> None:
    workshop_session.reminders = ("-2d",)
    join(session, workshop_session)
    assert plan(session, before(days=3)) == 0
    assert plan(session, before(days=2)) == 1


@pytest.mark.parametrize(
    "state", [state for state in AnswerState if state not in {AnswerState.ACCEPTED, AnswerState.TENTATIVE}]
)
def test_no_other_answer_is_reminded(
    session: Session, workshop_session: WorkshopSession, before: Before, state: AnswerState
) -> None:
    join(session, workshop_session, state=state)
    assert plan(session, before(days=1)) == 0


def test_a_tentative_answer_is_asked_for_a_decision_and_gets_no_way_in(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    answer = join(session, workshop_session, state=AnswerState.TENTATIVE, language="en")
    assert plan(session, before(days=1)) == 1
    (message,) = messages(session)
    for body in (message.body_text, message.body_html):
        assert "say yes or no" in body
        assert "[[link:join" not in body
        assert f"/en/my/[[link:my:{answer.participant.subject}]]/" in body


def test_whoever_wants_none_or_is_erased_or_gave_no_address_gets_none(
    session: Session, workshop_session: WorkshopSession, before: Before, now: datetime
) -> None:
    join(session, workshop_session, wants_reminders=False)
    join(session, workshop_session, address=None)
    join(session, workshop_session, erased_at=now)
    assert plan(session, before(days=1)) == 0


@pytest.mark.parametrize(
    "column", [{"is_published": False}, {"status": SessionStatus.CANCELLED}, {"status": SessionStatus.TENTATIVE}]
)
def test_a_session_that_does_not_stand_reminds_nobody(session: Session, column: dict[str, Any]) -> None:
    workshop_session = build_session(session, **column)
    join(session, workshop_session)
    assert plan(session, workshop_session.starts_at - timedelta(days=1)) == 0


def test_over_a_change_of_clocks_ten_stays_ten(session: Session) -> None:
    workshop_session = build_session(session, starts_wall=datetime(2027, 3, 28, 10))  # noqa: DTZ001 (wall time)
    join(session, workshop_session)
    assert plan(session, datetime(2027, 3, 27, 8, 59, tzinfo=UTC)) == 1  # that of seven days
    mark_sent(session)
    assert plan(session, datetime(2027, 3, 27, 9, tzinfo=UTC)) == 1
    assert messages(session)[-1].basis["offset"] == "-1d"


def test_after_an_outage_one_leaves_while_it_helps(session: Session, answer: Answer, before: Before) -> None:
    assert plan(session, before(hours=1, minutes=59)) == 0
    assert plan(session, before(minutes=14)) == 0
    assert plan(session, before(hours=3)) == 1
    assert [one.basis["offset"] for one in messages(session)] == ["-1d"]


def test_moved_23_hours_before_with_a_reminder_queued_for_24(
    session: Session, workshop_session: WorkshopSession, answer: Answer, before: Before
) -> None:
    assert plan(session, before(hours=24)) == 1
    session.commit()
    (queued,) = messages(session)
    move(session, workshop_session, timedelta(days=2))
    session.commit()
    assert notice_changes(session, before(hours=23)) == 1
    assert last_look(session, queued, before(hours=23)) == "session moved"
    queued.state = OutboxState.DISCARDED
    assert plan(session, before(hours=22)) == 0
    assert plan(session, before(hours=-24)) == 1
    reminders = messages(session, kind="reminder")
    assert reminders[-1].basis["starts_at"] == workshop_session.starts_at.isoformat()
    assert last_look(session, reminders[-1], before(hours=-24)) is None


def test_a_moved_session_is_not_reminded_of_at_once(
    session: Session, workshop_session: WorkshopSession, answer: Answer, before: Before
) -> None:
    plan(session, before(days=7))
    move(session, workshop_session, -timedelta(days=4))
    assert notice_changes(session, before(days=7) + timedelta(minutes=1)) == 1
    assert plan(session, before(days=7) + timedelta(minutes=2)) == 0
    assert plan(session, workshop_session.starts_at - timedelta(days=1)) == 1


def test_after_the_end_only_when_it_took_place(session: Session) -> None:
    series = build_series(session, reminders=("+1d",))
    held, cancelled = build_session(session, series), build_session(session, series, status=SessionStatus.CANCELLED)
    for workshop_session in (held, cancelled):
        build_answer(session, workshop_session, build_participant(session, series))
    assert plan(session, held.ends_at) == 0
    assert plan(session, held.ends_at + timedelta(days=1)) == 1
    (message,) = messages(session)
    assert message.workshop_session_id == held.id
    assert "[[link:join" not in message.body_text
    assert last_look(session, message, held.ends_at + timedelta(days=1)) is None


@pytest.mark.parametrize("act", [plan, notice_changes])
def test_thirty_answers_take_no_more_reads_than_one(
    session: Session,
    workshop_session: WorkshopSession,
    before: Before,
    count_reads: Callable[[], int],
    act: Callable[[Session, datetime], int],
) -> None:
    id_ = workshop_session.id

    def measure(answers: int) -> int:
        found = session.get_one(WorkshopSession, id_)
        for _ in range(answers):
            join(session, found)
        if act is notice_changes:
            move(session, found, timedelta(days=1))
        session.commit()
        session.expunge_all()
        count_reads()
        assert act(session, at) >= answers
        return count_reads()

    at = before(hours=24)
    assert measure(1) == measure(30)
