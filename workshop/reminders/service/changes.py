"""Telling of changes: moves, cancellations, levels that became stricter. Derived, never reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import IS_QUEUED
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.queries import list_sessions
from workshop.reminders import emails
from workshop.reminders.queries import (
    NOTICES,
    lock_changed_answers,
)
from workshop.reminders.rule import Facts, find_change
from workshop.reminders.service.planning import BATCH
from workshop.rsvp.emails.levels import (
    level_raised,
    level_raised_speaker,
)
from workshop.rsvp.models import Answer
from workshop.rsvp.queries.levels import list_never_told, lock_slots_told_looser, lock_told_looser
from workshop.rsvp.rule import level_of


def notice_changes(session: Session, now: datetime) -> int:
    """Tell participants of moves, cancellations and reinstatements; returns how many messages. Flushes.

    Nobody reports a change: what each participant was last told is compared with the session as it stands.
    """
    answers = lock_changed_answers(session, now=now, limit=BATCH)
    if not answers:
        return 0
    taken_back = _supersede(session, answers, now=now)
    count = 0
    for answer in answers:
        # A message that never left has told nobody anything: what came before it is what the participant knows.
        before, after = taken_back.get(answer.subject) or _told(answer), facts_of(answer.workshop_session)
        change = find_change(before, after)
        if change is not None:
            message = emails.change(session, now=now, answer=answer, kind=change, before=before, after=after)
            count += message is not None
        remember(answer, before if change == "session_cancelled" else after, status=after.status)
    session.flush()
    return count


def _supersede(session: Session, answers: Sequence[Answer], *, now: datetime) -> dict[str, Facts]:
    """Take back notices that still wait; returns answer's random id → what the participant knew before them."""
    rows = session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.answer_ref.in_([answer.subject for answer in answers]),
            OutboxMessage.kind.in_(NOTICES),
            IS_QUEUED,
        )
        .values(state=OutboxState.SUPERSEDED, reason="a newer change", finished_at=now)
        .returning(OutboxMessage.id, OutboxMessage.answer_ref, OutboxMessage.basis)
        .execution_options(synchronize_session=False)
    ).all()
    newest_first = sorted(rows, key=lambda row: row[0], reverse=True)
    return {row[1]: Facts.from_json(row[2]["told"]) for row in newest_first}


def notice_levels(session: Session, now: datetime) -> int:
    """Tell participants and those who speak of levels that became stricter; returns how much was done. Flushes.

    Nobody reports a change here either: the level each was last told is compared with the one shown today.
    """
    # From before levels were kept: what is shown today counts as told.
    unknown = list_never_told(session, limit=BATCH)
    for answer in unknown:
        answer.told_level = level_of(answer.workshop_session)
    answers = lock_told_looser(session, limit=BATCH)
    known = _supersede_levels(session, answers, now=now)
    for answer in answers:
        before, after = answer.told_level, level_of(answer.workshop_session)
        assert before is not None
        level_raised(session, now=now, answer=answer, before=known.get(answer.subject, before), after=after)
        answer.told_level = after
    slots = lock_slots_told_looser(session, limit=BATCH)
    sessions = {one.id: one for one in list_sessions(session, {slot.workshop_session_id for slot in slots})}
    for slot in slots:
        workshop_session, before = sessions[slot.workshop_session_id], slot.told_level
        after = level_of(workshop_session)
        assert before is not None
        # Once for each person, whatever their parts are: the message's key sees to it.
        level_raised_speaker(
            session, now=now, person=slot.person, workshop_session=workshop_session, before=before, after=after
        )
        slot.told_level = after
    session.flush()
    return len(unknown) + len(answers) + len(slots)


def _supersede_levels(session: Session, answers: Sequence[Answer], *, now: datetime) -> dict[str, Level]:
    """Take back notices of a level that still wait; returns answer's random id → what the participant knew before."""
    rows = session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.answer_ref.in_([answer.subject for answer in answers]),
            OutboxMessage.kind == "level_raised",
            IS_QUEUED,
        )
        .values(state=OutboxState.SUPERSEDED, reason="a newer change", finished_at=now)
        .returning(OutboxMessage.answer_ref, OutboxMessage.basis)
        .execution_options(synchronize_session=False)
    ).all()
    return {row[0]: Level.parse(row[1]["told"]) for row in rows}


def facts_of(workshop_session: WorkshopSession) -> Facts:
    """Return what would be told of a session as it stands."""
    return Facts(
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        mode=workshop_session.mode,
        place=workshop_session.place,
        status=workshop_session.status,
    )


def _told(answer: Answer) -> Facts:
    current_facts = facts_of(answer.workshop_session)
    return Facts(
        starts_at=answer.told_starts_at or current_facts.starts_at,
        ends_at=answer.told_ends_at or current_facts.ends_at,
        tzid=answer.told_tzid or current_facts.tzid,
        mode=answer.told_mode or current_facts.mode,
        place=answer.told_place,
        status=answer.told_status or SessionStatus.CONFIRMED,
    )


def remember(answer: Answer, facts: Facts, *, status: SessionStatus) -> None:
    """Keep what a participant was last told; `status` apart, since a cancelled session keeps its time and place."""
    answer.told_starts_at, answer.told_ends_at, answer.told_tzid = facts.starts_at, facts.ends_at, facts.tzid
    answer.told_mode, answer.told_place, answer.told_status = facts.mode, facts.place, status
    # Two texts may be equal and yet be written in another order of languages, which the database tells apart.
    flag_modified(answer, "told_place")
