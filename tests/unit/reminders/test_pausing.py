"""Paused reminders do not leave, and do when they are resumed in time; whoever declined one rule is spared that one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.unit.reminders.conftest import join, mark_sent, messages
from workshop.mail.models import OutboxState
from workshop.programme.models import Series, WorkshopSession
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.schedule import Departure
from workshop.reminders.service import forecast, is_paused, last_look, pause_reminders, plan, resume_reminders

Before = Callable[..., datetime]
Target = Callable[[WorkshopSession], WorkshopSession | Series]
TARGETS = pytest.mark.parametrize("of", [lambda one: one, lambda one: one.series], ids=["session", "series"])


@TARGETS
def test_nothing_is_planned_while_it_is_paused(
    session: Session, workshop_session: WorkshopSession, before: Before, of: Target
) -> None:
    join(session, workshop_session)
    assert pause_reminders(session, of(workshop_session), now=before(days=9)) == 0
    assert is_paused(workshop_session)
    assert plan(session, before(days=7)) == 0
    resume_reminders(session, of(workshop_session))
    assert not is_paused(workshop_session)
    assert plan(session, before(days=7)) == 1


@TARGETS
def test_what_waits_is_taken_back_and_leaves_once_when_it_is_resumed_in_time(
    session: Session, workshop_session: WorkshopSession, before: Before, of: Target
) -> None:
    for _ in range(3):
        join(session, workshop_session)
    other = build_session(session, build_series(session))
    join(session, other)
    assert plan(session, before(days=1)) == 4
    assert pause_reminders(session, of(workshop_session), now=before(hours=23)) == 3
    states = [(one.state, one.reason) for one in messages(session) if one.workshop_session_id == workshop_session.id]
    assert states == [(OutboxState.SUPERSEDED, "reminders paused")] * 3
    assert session.query(ReminderDelivery).count() == 1
    assert plan(session, before(hours=22)) == 0
    resume_reminders(session, of(workshop_session))
    assert plan(session, before(hours=21)) == 3
    assert plan(session, before(hours=20)) == 0
    waiting = [one for one in messages(session) if one.state is OutboxState.QUEUED]
    assert len({one.answer_ref for one in waiting}) == len(waiting) == 4


def test_what_left_before_the_pause_does_not_leave_again(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    join(session, workshop_session)
    assert plan(session, before(days=1)) == 1
    mark_sent(session)
    assert pause_reminders(session, workshop_session, now=before(hours=23)) == 0
    resume_reminders(session, workshop_session)
    assert plan(session, before(hours=22)) == 0
    assert plan(session, before(hours=1)) == 1


def test_resumed_too_late_nothing_leaves(session: Session, workshop_session: WorkshopSession, before: Before) -> None:
    join(session, workshop_session)
    plan(session, before(days=1))
    pause_reminders(session, workshop_session, now=before(hours=23))
    resume_reminders(session, workshop_session)
    assert plan(session, before(hours=1, minutes=59)) == 0


def test_what_a_worker_holds_is_stopped_at_the_last_look_and_planned_again(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    join(session, workshop_session)
    plan(session, before(days=1))
    (held,) = messages(session)
    held.state = OutboxState.CLAIMED
    assert pause_reminders(session, workshop_session, now=before(hours=23)) == 0
    assert last_look(session, held, before(hours=23)) == "reminders paused"
    held.state = OutboxState.DISCARDED
    session.flush()
    resume_reminders(session, workshop_session)
    assert plan(session, before(hours=22)) == 1
    again = messages(session)[-1]
    assert again.id != held.id
    assert last_look(session, again, before(hours=22)) is None


def test_what_may_have_left_is_never_planned_again(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    join(session, workshop_session)
    plan(session, before(days=1))
    (asked_again,) = messages(session)
    asked_again.uncertain_at = before(hours=23)
    session.flush()
    assert pause_reminders(session, workshop_session, now=before(hours=23)) == 0
    assert last_look(session, asked_again, before(hours=23)) == "reminders paused"
    resume_reminders(session, workshop_session)
    assert plan(session, before(hours=22)) == 0


def test_the_forecast_shows_what_is_paused(session: Session, workshop_session: WorkshopSession, before: Before) -> None:
    join(session, workshop_session)
    pause_reminders(session, workshop_session, now=before(days=9))
    rows = forecast(session, now=before(days=2), until=before(hours=2))
    assert [(one.id, departure.offset.text, count) for one, departure, count in rows] == [
        (workshop_session.id, "-7d", 1),
        (workshop_session.id, "-1d", 1),
    ]


def test_whoever_declined_a_rule_is_not_reminded_by_it(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    join(session, workshop_session, declined_reminders=("-7d", "-1h"))
    assert plan(session, before(days=7)) == 0
    assert plan(session, before(days=1)) == 1
    mark_sent(session)
    assert plan(session, before(hours=1)) == 0
    counts = {departure.offset.text: count for _, departure, count in _all(session, before)}
    assert counts == {"-7d": 0, "-1d": 1, "-1h": 0}


def test_a_rule_declined_while_the_message_waits_is_seen_at_the_last_look(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    answer = join(session, workshop_session)
    plan(session, before(days=1))
    answer.participant.declined_reminders = ("-1d",)
    session.flush()
    assert last_look(session, messages(session)[0], before(days=1)) == "reminder declined"


def test_a_similar_rule_is_another_one(session: Session, before: Before) -> None:
    series = build_series(session, reminders=("-1d", "-11d"))
    workshop_session = build_session(session, series)
    who = build_participant(session, series, declined_reminders=("-11d",))
    build_answer(session, workshop_session, who, answered_at=workshop_session.starts_at - timedelta(days=30))
    assert plan(session, workshop_session.starts_at - timedelta(days=11)) == 0
    assert plan(session, workshop_session.starts_at - timedelta(days=1)) == 1


def _all(session: Session, before: Before) -> list[tuple[WorkshopSession, Departure, int]]:
    return forecast(session, now=before(days=8), until=before())
