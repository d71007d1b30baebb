"""Reminders: whose turn it is, and what will leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.programme.models import WorkshopSession
from workshop.reminders import emails
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.queries import (
    AnswerRow,
    list_answer_times,
    list_sessions_in_reach,
    list_unreminded,
    load_answers,
)
from workshop.reminders.schedule import (
    AnswerTimes,
    Departure,
    SessionTimes,
    coming,
    current,
    due,
    is_for,
    parse_offsets,
)

BATCH = 200
"""How many messages one transaction writes: SQLite lets nobody else write meanwhile."""


def plan(session: Session, now: datetime) -> int:
    """Write the reminders whose turn it is into the outbox, in the caller's transaction; returns how many. Flushes.

    Any number of workers may do this at once: the delivery's unique constraint lets each reminder through once.
    """
    quiet = emails.quiet_hours()
    sessions = _sessions(session, now=now)
    turns = [turn for times in sessions if (turn := current(times, now=now, quiet=quiet))]
    dues = due(sessions, _unreminded(session, turns), now=now, quiet=quiet)[:BATCH]
    if not dues:
        return 0
    departures = {one.answer_id: one.departure for one in dues}
    claimed = _claim(session, departures, now=now)
    messages: list[dict[str, Any]] = []
    for answer in load_answers(session, claimed):
        message = emails.reminder(session, now=now, answer=answer, departure=departures[answer.id])
        if message is not None:
            messages.append({"id": claimed[answer.id], "outbox_message_id": message})
    if messages:
        session.execute(sa.update(ReminderDelivery), messages)
    return len(messages)


def _sessions(session: Session, *, now: datetime) -> list[SessionTimes]:
    return [
        SessionTimes(
            id=row.id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            tzid=row.tzid,
            offsets=parse_offsets(row.offsets),
        )
        for row in list_sessions_in_reach(session, now=now)
    ]


def _unreminded(session: Session, turns: Iterable[Departure]) -> list[AnswerTimes]:
    by_offset: dict[str, list[int]] = defaultdict(list)
    for turn in turns:
        by_offset[turn.offset.text].append(turn.session_id)
    return [_times(row) for row in list_unreminded(session, by_offset)]


def _times(row: AnswerRow) -> AnswerTimes:
    return AnswerTimes(id=row.id, session_id=row.session_id, confirmed_at=row.confirmed_at, moved_at=row.moved_at)


def _claim(session: Session, departures: dict[int, Departure], *, now: datetime) -> dict[int, int]:
    """Insert a delivery for each answer; returns answer id → delivery id of those that nobody had inserted before."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # In order of id: two workers that insert the same rows in different orders would wait for each other for ever.
    rows = [
        {
            "answer_id": answer_id,
            "offset": departure.offset.text,
            "session_starts_at": departure.starts_at,
            "created_at": now,
        }
        for answer_id, departure in sorted(departures.items())
    ]
    statement = (
        insert(ReminderDelivery)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["answer_id", "offset", "session_starts_at"])
        .returning(ReminderDelivery.answer_id, ReminderDelivery.id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def forecast(session: Session, *, now: datetime, until: datetime) -> list[tuple[WorkshopSession, Departure, int]]:
    """Return what will leave until an instant if nothing changes: session, departure, to how many; earliest first."""
    quiet = emails.quiet_hours()
    plans = {times.id: coming(times, now=now, until=until, quiet=quiet) for times in _sessions(session, now=now)}
    ids = [id_ for id_, departures in plans.items() if departures]
    due_now = [one for id_ in ids for one in plans[id_] if one.leaves_at <= now]
    waiting = {answer.id for answer in _unreminded(session, due_now)}
    counts: dict[tuple[int, str], int] = {(id_, one.offset.text): 0 for id_ in ids for one in plans[id_]}
    for answer in map(_times, list_answer_times(session, ids)):
        for departure in plans[answer.session_id]:
            if is_for(departure, answer) and (departure.leaves_at > now or answer.id in waiting):
                counts[answer.session_id, departure.offset.text] += 1
    found = {
        one.id: one for one in session.scalars(sa.select(WorkshopSession).where(WorkshopSession.id.in_(ids))).all()
    }
    rows = [(found[id_], one, counts[id_, one.offset.text]) for id_ in ids for one in plans[id_]]
    return sorted(rows, key=lambda row: (row[1].leaves_at, row[0].id))
