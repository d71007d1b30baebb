"""Telling of changes: moves, cancellations, levels that became stricter. Derived, never reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from workshop.chatham.rule import Level, is_looser
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import IS_QUEUED
from workshop.mail.sharing import Shared
from workshop.programme.models import SessionStatus
from workshop.programme.queries import list_sessions
from workshop.programme.rule import facts_of
from workshop.reminders import emails
from workshop.reminders.queries import NOTICES
from workshop.reminders.rule import Facts, find_change
from workshop.reminders.service.planning import BATCH
from workshop.reminders.service.telling import finish_telling, tell_speakers
from workshop.reminders.told import lock_changed_answers
from workshop.rsvp.emails.levels import (
    level_raised,
    level_raised_speaker,
)
from workshop.rsvp.models import Answer
from workshop.rsvp.queries.levels import list_never_told, lock_slots_told_looser, lock_told_looser
from workshop.rsvp.rule import level_of


def notice_changes(session: Session, now: datetime) -> int:
    """Tell of moves, cancellations and reinstatements, and of edits that an organiser asked to be told. Flushes.

    Nobody reports a change: what each was last told is compared with the session as it stands. Returns how many
    messages were written.
    """
    answers = lock_changed_answers(session, now=now, limit=BATCH)
    count = _tell_participants(session, answers, now=now) if answers else 0
    if len(answers) < BATCH:
        count += tell_speakers(session, now)
        finish_telling(session, now)
    return count


def _tell_participants(session: Session, answers: Sequence[Answer], *, now: datetime) -> int:
    taken_back, shared = _supersede(session, answers, now=now), Shared(session)
    count = 0
    for answer in answers:
        stands = answer.workshop_session
        # A message that never left has told nobody anything: what came before it is what the participant knows.
        before, after = taken_back.get(answer.subject) or _told(answer), facts_of(stands)
        change = find_change(before, after, tells_edits=stands.tell_at is not None)
        if change is None:
            remember(answer, before.written_as(after), stands=after)
            continue
        message = emails.change(session, now=now, answer=answer, kind=change, before=before, after=after, shared=shared)
        count += message is not None
        remember(answer, before if change == "session_cancelled" else after, stands=after)
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
    # From before levels and languages were kept: what is shown today counts as told.
    unknown = list_never_told(session, limit=BATCH)
    for answer in unknown:
        stands = answer.workshop_session
        answer.told_level = answer.told_level or level_of(stands)
        if answer.told_floor_languages is None:
            answer.told_floor_languages, answer.told_interpretation = stands.floor_languages, stands.interpretation
    answers = lock_told_looser(session, limit=BATCH)
    known = _supersede_levels(session, answers, now=now)
    for answer in answers:
        before, after = answer.told_level, level_of(answer.workshop_session)
        assert before is not None
        level_raised(session, now=now, answer=answer, before=known.get(answer.subject, before), after=after)
        answer.told_level, answer.agreed_from = after, ""
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


def _told(answer: Answer) -> Facts:
    current_facts = facts_of(answer.workshop_session)
    return Facts(
        starts_at=answer.told_starts_at or current_facts.starts_at,
        ends_at=answer.told_ends_at or current_facts.ends_at,
        tzid=answer.told_tzid or current_facts.tzid,
        mode=answer.told_mode or current_facts.mode,
        place=answer.told_place,
        status=answer.told_status or SessionStatus.CONFIRMED,
        floor_languages=answer.told_floor_languages,
        interpretation=answer.told_interpretation,
        level=Level.parse(answer.agreed_from) if answer.agreed_from else None,
        is_postponed=answer.told_postponed,
    )


def remember(answer: Answer, facts: Facts, *, stands: Facts) -> None:
    """Keep what a participant was last told; its status as of `stands`, for one cancelled keeps time and place."""
    answer.told_starts_at, answer.told_ends_at, answer.told_tzid = facts.starts_at, facts.ends_at, facts.tzid
    answer.told_mode, answer.told_place = facts.mode, facts.place
    answer.told_status, answer.told_postponed = stands.status, stands.is_postponed
    answer.told_floor_languages, answer.told_interpretation = facts.floor_languages, facts.interpretation
    is_looser_since = facts.level is not None and is_looser(facts.level, level_of(answer.workshop_session))
    answer.agreed_from = facts.level.value if facts.level is not None and is_looser_since else ""
    # Two texts may be equal and yet be written in another order of languages, which the database tells apart.
    for name in ("told_place", "told_interpretation"):
        flag_modified(answer, name)
