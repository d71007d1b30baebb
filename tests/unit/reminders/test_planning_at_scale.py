"""Planning asks as much of the database for hundreds as for one, in batches, and chooses whom the schedule would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.unit.reminders.conftest import join, messages
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import WorkshopSession
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.queries import NOTICES, Turn, list_answer_times, list_unreminded
from workshop.reminders.schedule import (
    AnswerTimes,
    SessionTimes,
    answered_before,
    current,
    is_for,
    parse_offsets,
)
from workshop.reminders.service import BATCH, plan
from workshop.rsvp.models import Answer, AnswerState

RULES = ("-7d", "-1d", "-1h", "+1d")


@contextmanager
def _statements(session: Session) -> Iterator[list[str]]:
    found: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    engine = session.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", keep)


def test_batches_of_one_size_and_as_many_statements_for_each_as_for_one_answer(session: Session) -> None:
    workshop_session = build_session(session)
    id_, at = workshop_session.id, workshop_session.starts_at - timedelta(days=1)
    counts = []
    for people in (1, BATCH + 30):
        for _ in range(people):
            join(session, session.get_one(WorkshopSession, id_))
        while True:
            session.commit()
            session.expunge_all()
            with _statements(session) as found:
                done = plan(session, at)
            if not done:
                break
            counts.append((done, len(found)))
    assert [done for done, _ in counts] == [1, BATCH, 30]
    assert len({statements for _, statements in counts}) == 1
    assert len(messages(session)) == BATCH + 31


@pytest.mark.parametrize("seed", range(4))
def test_the_database_chooses_whom_the_schedule_would(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    series = build_series(session, reminders=RULES)
    sessions = [build_session(session, series, starts_at=_start(chance)) for _ in range(4)]
    for workshop_session in sessions:
        for _ in range(25):
            _answer(session, workshop_session, chance)
    session.flush()
    at = sessions[0].starts_at + timedelta(hours=chance.choice([-170, -24, -20, -1, 27, 30]))
    turns = {one.id: turn for one in sessions if (turn := current(_times(one), now=at, quiet=(21, 8)))}
    rows = [
        Turn(turn.session_id, turn.starts_at, turn.offset.text, turn.leaves_at, answered_before(turn))
        for turn in turns.values()
    ]
    answers = [
        AnswerTimes(
            id=row.id,
            session_id=row.session_id,
            confirmed_at=row.confirmed_at,
            moved_at=row.moved_at,
            declined=row.declined,
        )
        for row in list_answer_times(session, turns)
    ]
    delivered = {(one.answer_id, one.offset) for one in session.scalars(sa.select(ReminderDelivery))}
    expected = {
        one.id: one.session_id
        for one in answers
        if is_for(turns[one.session_id], one) and (one.id, turns[one.session_id].offset.text) not in delivered
    }
    assert list_unreminded(session, rows) == expected
    few = list_unreminded(session, rows, limit=3)
    assert len(few) == min(3, len(expected))
    assert few.items() <= expected.items()


def _start(chance: random.Random) -> datetime:
    return datetime.fromisoformat("2026-12-10T09:00:00+00:00") + timedelta(hours=chance.randint(0, 12))


def _times(one: WorkshopSession) -> SessionTimes:
    return SessionTimes(
        id=one.id, starts_at=one.starts_at, ends_at=one.ends_at, tzid=one.tzid, offsets=parse_offsets(RULES)
    )


def _answer(session: Session, workshop_session: WorkshopSession, chance: random.Random) -> Answer:
    who = {
        "wants_reminders": chance.random() < 0.9,
        "declined_reminders": tuple(rule for rule in RULES if chance.random() < 0.2),
    }
    before = timedelta(hours=chance.choice([-1, 1, 6, 13, 30, 100, 200, 400]))
    answer = build_answer(
        session,
        workshop_session,
        build_participant(session, workshop_session.series, **who),
        state=chance.choice([AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.WAITLISTED]),
        answered_at=workshop_session.starts_at - before,
    )
    if chance.random() < 0.3:
        told_at = workshop_session.starts_at - timedelta(hours=chance.choice([2, 20, 150, 300]))
        session.add(_notice(answer, told_at, chance.choice(NOTICES)))
    if chance.random() < 0.3:
        session.add(
            ReminderDelivery(
                answer_id=answer.id,
                offset=chance.choice(RULES),
                session_starts_at=workshop_session.starts_at,
                created_at=workshop_session.starts_at,
            )
        )
    return answer


def _notice(answer: Answer, at: datetime, kind: str) -> OutboxMessage:
    return OutboxMessage(
        dedupe_key=f"{kind}|{answer.subject}",
        kind=kind,
        priority=20,
        person_ref=answer.participant.subject,
        answer_ref=answer.subject,
        language="fr",
        recipient="someone@example.org",
        subject="",
        body_text="",
        body_html="",
        message_id=f"<{answer.subject}@example.org>",
        state=OutboxState.SENT,
        created_at=at,
        next_attempt_at=at,
    )
