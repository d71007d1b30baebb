"""Reminders: whose turn it is, and what will leave; in batches, as memory and statements must not grow with people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from workshop.programme.models import WorkshopSession
from workshop.reminders import emails
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.queries import (
    AnswerRow,
    Turn,
    list_answer_times,
    list_sessions_in_reach,
    list_unreminded,
    load_answers,
)
from workshop.reminders.schedule import (
    AnswerTimes,
    Departure,
    SessionTimes,
    answered_before,
    coming,
    current,
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
    turns = {times.id: turn for times in _sessions(session, now=now) if (turn := current(times, now=now, quiet=quiet))}
    waiting = list_unreminded(session, [_turn(one) for one in turns.values()], limit=BATCH)
    if not waiting:
        return 0
    departures = {answer_id: turns[session_id] for answer_id, session_id in waiting.items()}
    claimed = _claim(session, departures, now=now)
    has_thanks = any(departures[answer_id].offset.is_after for answer_id in claimed)
    answers = load_answers(session, claimed, with_others=has_thanks)
    queued = emails.reminders(session, [(answer, departures[answer.id]) for answer in answers], now=now)
    if queued:
        session.execute(
            sa.update(ReminderDelivery),
            [{"id": claimed[answer_id], "outbox_message_id": message} for answer_id, message in queued.items()],
        )
    return len(claimed)


def _sessions(session: Session, *, now: datetime, with_paused: bool = False) -> list[SessionTimes]:
    return [
        SessionTimes(
            id=row.id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            tzid=row.tzid,
            offsets=parse_offsets(row.offsets),
        )
        for row in list_sessions_in_reach(session, now=now, with_paused=with_paused)
    ]


def _turn(departure: Departure) -> Turn:
    return Turn(
        session_id=departure.session_id,
        starts_at=departure.starts_at,
        offset=departure.offset.text,
        leaves_at=departure.leaves_at,
        answered_before=answered_before(departure),
    )


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
        insert(cast("sa.Table", ReminderDelivery.__table__))
        .on_conflict_do_nothing(index_elements=["answer_id", "offset", "session_starts_at"])
        .returning(ReminderDelivery.answer_id, ReminderDelivery.id)
    )
    # Into the table: through the class it takes several times as long, and nobody needs the objects.
    return {row.answer_id: row.id for row in session.connection().execute(statement, rows)}


def forecast(
    session: Session, *, now: datetime, until: datetime, only: Collection[int] | None = None
) -> list[tuple[WorkshopSession, Departure, int]]:
    """Return what will leave until an instant if nothing changes: session, departure, to how many; earliest first.

    Sessions whose reminders are paused are there too (`is_paused`): what would leave if they were resumed now. With
    `only`, the sessions of these ids.
    """
    quiet = emails.quiet_hours()
    plans = {
        times.id: coming(times, now=now, until=until, quiet=quiet)
        for times in _sessions(session, now=now, with_paused=True)
        if only is None or times.id in only
    }
    ids = [id_ for id_, departures in plans.items() if departures]
    due_now = [one for id_ in ids for one in plans[id_] if one.leaves_at <= now]
    waiting = list_unreminded(session, [_turn(one) for one in due_now])
    counts: dict[tuple[int, str], int] = {(id_, one.offset.text): 0 for id_ in ids for one in plans[id_]}
    for answer in map(_times, list_answer_times(session, ids)):
        for departure in plans[answer.session_id]:
            if is_for(departure, answer) and (departure.leaves_at > now or answer.id in waiting):
                counts[answer.session_id, departure.offset.text] += 1
    statement = sa.select(WorkshopSession).where(WorkshopSession.id.in_(ids))
    found = {one.id: one for one in session.scalars(statement.options(joinedload(WorkshopSession.series)))}
    rows = [(found[id_], one, counts[id_, one.offset.text]) for id_ in ids for one in plans[id_]]
    return sorted(rows, key=lambda row: (row[1].leaves_at, row[0].id))


def _times(row: AnswerRow) -> AnswerTimes:
    return AnswerTimes(
        id=row.id,
        session_id=row.session_id,
        confirmed_at=row.confirmed_at,
        moved_at=row.moved_at,
        declined=row.declined,
    )
