"""Plan reminders, tell of changes, and look a last time before a message leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import IS_QUEUED
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders import emails
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.queries import (
    NOTICES,
    STANDING,
    TOLD,
    AnswerRow,
    find_answer,
    find_participant,
    list_answer_times,
    list_item_levels,
    list_sessions_in_reach,
    list_unreminded,
    load_answers,
    lock_changed_answers,
    waits_for_button,
)
from workshop.reminders.rule import Facts, find_change
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
from workshop.rsvp.emails import ABOUT_ANSWERS
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.queries import is_new_address
from workshop.rsvp.queries.invitations import INVITATION_MAILS
from workshop.rsvp.service.inviting import refusal_of_mail

_TO_PARTICIPANTS = {"reminder", *NOTICES, *ABOUT_ANSWERS, "confirm_address", "link_resent", "session_announced"}
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
        _remember(answer, before if change == "session_cancelled" else after, status=after.status)
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


def _remember(answer: Answer, facts: Facts, *, status: SessionStatus) -> None:
    answer.told_starts_at, answer.told_ends_at, answer.told_tzid = facts.starts_at, facts.ends_at, facts.tzid
    answer.told_mode, answer.told_place, answer.told_status = facts.mode, facts.place, status
    # Two texts may be equal and yet be written in another order of languages, which the database tells apart.
    flag_modified(answer, "told_place")


def last_look(session: Session, message: OutboxMessage, now: datetime) -> str | None:
    """Return why a message must not leave any more, or None; the reason names nobody.

    Speaks for every message to a participant. May put back what the participant was last told, so that a message
    that the Rule overtook is written anew; the caller commits.
    """
    if message.kind in INVITATION_MAILS:
        return refusal_of_mail(session, message, now=now)
    if message.kind == "confirm_new_address":
        return None if is_new_address(session, message.person_ref) else "nothing to confirm"
    answer = find_answer(session, message.answer_ref) if message.answer_ref else None
    participant = answer.participant if answer else find_participant(session, message.person_ref)
    if message.kind in _TO_PARTICIPANTS and (
        participant is None or participant.erased_at is not None or participant.address is None
    ):
        return "erased"
    if message.kind == "confirm_address":
        return None if participant is not None and waits_for_button(session, participant.id) else "nothing to confirm"
    if message.kind == "session_announced" and (answer is None or not answer.workshop_session.is_published):
        return "session no longer announced"
    look = _LOOKS.get(message.kind)
    return look(session, answer, message, now=now) if look and answer else None


def _look_at_reminder(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    stands, basis = answer.workshop_session, message.basis
    is_after = str(basis["offset"]).startswith("+")
    found = (
        (answer.state not in STANDING, "answer withdrawn"),
        (not answer.participant.wants_reminders, "reminders stopped"),
        (stands.status is SessionStatus.CANCELLED, "session cancelled"),
        (stands.status is not SessionStatus.CONFIRMED or not stands.is_published, "session not confirmed"),
        (stands.starts_at != datetime.fromisoformat(basis["starts_at"]), "session moved"),
        (not is_after and stands.starts_at <= now, "session begun"),
        (is_after and stands.ends_at > now, "session not over"),
        (answer.state.value != basis["state"], "answer changed"),
        (_is_stricter(session, stands, basis), "level changed"),
    )
    return next((reason for applies, reason in found if applies), None)


def _look_at_notice(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    stands, basis = answer.workshop_session, message.basis
    now_said, as_it_stands = Facts.from_json(basis["now"]), facts_of(stands)
    if answer.state not in TOLD:
        return "answer withdrawn"
    if stands.ends_at <= now:
        return "session over"
    if message.kind == "session_cancelled":
        if not as_it_stands.is_cancelled:
            return _take_back(answer, basis, "session reinstated")
    elif as_it_stands.is_cancelled:
        return _take_back(answer, basis, "session cancelled")
    elif now_said.has_moved_to(as_it_stands):
        return _take_back(answer, basis, "superseded")
    return _take_back(answer, basis, "level changed") if _is_stricter(session, stands, basis) else None


def _look_at_place(_session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    """Look at a message about a place: it says what to do, so it must still be so."""
    stands, basis = answer.workshop_session, message.basis
    if message.kind != "answer_refused" and stands.status is SessionStatus.CANCELLED:
        return "session cancelled"
    if message.kind != "answer_refused" and stands.starts_at <= now:
        return "session begun"
    expires_at = answer.offer_expires_at.isoformat() if answer.offer_expires_at else ""
    refused_at = answer.refused_at.isoformat() if answer.refused_at else ""
    is_other = {
        "place_offered": expires_at != basis.get("expires_at"),
        "place_free": answer.state is not AnswerState.WAITLISTED,
        "added_by_hand": answer.state.value != basis.get("state"),
        "answer_refused": refused_at != basis.get("refused_at"),
    }
    return "answer changed" if is_other[message.kind] else None


def _take_back(answer: Answer, basis: dict[str, Any], reason: str) -> str:
    told = Facts.from_json(basis["told"])
    _remember(answer, told, status=told.status)
    return reason


def _is_stricter(session: Session, workshop_session: WorkshopSession, basis: dict[str, Any]) -> bool:
    """Whether the Rule shows less of the session now than when the message was written."""
    items = list_item_levels(session, workshop_session.id)
    return any(
        Level.parse(now) > Level.parse(then)
        for now, then in zip(emails.levels_of(workshop_session, items), basis["levels"], strict=True)
    )


_LOOKS: dict[str, Callable[..., str | None]] = {
    "reminder": _look_at_reminder,
    **dict.fromkeys(NOTICES, _look_at_notice),
    **dict.fromkeys(("place_offered", "place_free", "added_by_hand", "answer_refused"), _look_at_place),
}
"""What is looked at, by kind, beyond that the person is still there."""
