"""Who gets a seat. Everything here is decided under the lock of the session's row, after its list was tended.

Whoever tends a list locks the session's row and then the answers in the list, never a participant; whoever erases a
participant locks the sessions that they leave first. So nobody waits for anybody in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.queries import (
    count_held_by_share,
    is_waited_for,
    last_waitlisted_at,
    list_to_tend,
    list_told,
    list_waiting,
    lock_list,
)
from workshop.rsvp.rule import Seats, SessionFullError, places_kept, shares_of
from workshop.rsvp.schedule import UNDO, is_open_offer, keeps_shares, offer_ends_at
from workshop.rsvp.service.standing import lock_sessions, set_state

BATCH = 20
"""How many sessions one transaction of the worker tends."""


class _Candidate(NamedTuple):
    """Somebody who waits, as the plan needs them."""

    answer_id: int
    share: str
    tzid: str


class _Plan(NamedTuple):
    """What is to be done about a list."""

    offers: list[tuple[int, datetime]]
    """Answer's id, and until when the place is held."""
    first_come: list[int]
    """Answers of those for whom there is a place, which nobody can be offered any more."""


def tend(session: Session, workshop_session: WorkshopSession, *, now: datetime) -> int:
    """End offers that ran out, let go seats kept long enough, offer free places in order; returns how much. Flushes.

    The caller has locked the session's row (`lock_sessions`).
    """
    listed = lock_list(session, workshop_session.id)
    if not listed:
        return 0
    count = sum(_end(session, answer, workshop_session, now) for answer in listed)
    waiting = [answer for answer in listed if answer.state is AnswerState.WAITLISTED]
    if not waiting or not _offers_places(workshop_session, now):
        return count
    # As the list ended just now changes it: whoever is back in it stands where they stood.
    waiting.sort(key=lambda answer: (answer.waitlisted_at or answer.answered_at, answer.id))
    people = _participants(session, waiting)
    candidates = [_Candidate(one.id, one.share, people[one.participant_id].tzid) for one in waiting]
    plan = _plan(workshop_session, candidates, _seats(session, workshop_session, now), now)
    by_id = {answer.id: answer for answer in waiting}
    for answer_id, ends_at in plan.offers:
        answer = by_id[answer_id]
        answer.offer_expires_at = ends_at
        set_state(session, answer, AnswerState.OFFERED, now=now)
        emails.place_offered(session, now=now, answer=answer)
    told = [emails.place_free(session, now=now, answer=by_id[answer_id]) for answer_id in plan.first_come]
    return count + len(plan.offers) + sum(told)


def _end(session: Session, answer: Answer, workshop_session: WorkshopSession, now: datetime) -> int:
    """End one offer or one kept seat whose time is over; returns how many that were."""
    if answer.seat_kept_until is not None and answer.seat_kept_until <= now:
        answer.seat_kept_until = None
        session.flush()
        return 1
    if answer.state is not AnswerState.OFFERED:
        return 0
    if workshop_session.status is SessionStatus.CANCELLED:
        # Should the session take place after all, they wait where they waited; the notice tells the rest.
        answer.waitlisted_at = answer.waitlisted_at or now
        set_state(session, answer, AnswerState.WAITLISTED, now=now)
        return 1
    if is_open_offer(answer.state, answer.offer_expires_at, workshop_session.starts_at, now=now):
        return 0
    set_state(session, answer, AnswerState.LAPSED, now=now)
    emails.place_lapsed(session, now=now, answer=answer)
    return 1


def _participants(session: Session, answers: Iterable[Answer]) -> dict[int, Participant]:
    """Return the participants by id, as they are now that their answers are locked."""
    found = session.scalars(
        sa.select(Participant)
        .where(Participant.id.in_([answer.participant_id for answer in answers]))
        .execution_options(populate_existing=True)
    )
    return {participant.id: participant for participant in found}


def _offers_places(workshop_session: WorkshopSession, now: datetime) -> bool:
    """Whether the session has places to offer at all; that answers are closed does not end the list."""
    return (
        workshop_session.is_published
        and workshop_session.status is not SessionStatus.CANCELLED
        and now < workshop_session.starts_at
    )


def _seats(session: Session, workshop_session: WorkshopSession, now: datetime) -> Seats:
    held = count_held_by_share(session, [workshop_session.id])[workshop_session.id]
    return _count_seats(workshop_session, held, now)


def _count_seats(workshop_session: WorkshopSession, held: dict[str, int], now: datetime) -> Seats:
    shares = shares_of(workshop_session)
    kept = places_kept(shares, workshop_session.capacity) if keeps_shares(workshop_session.starts_at, now=now) else {}
    return Seats(workshop_session.capacity, held, kept)


def _plan(workshop_session: WorkshopSession, waiting: Iterable[_Candidate], seats: Seats, now: datetime) -> _Plan:
    """Return who of those that wait is next, the first first; nobody comes before another of the same share."""
    begins, ends = current_app.config["QUIET_HOURS"]
    keys = {share.key for share in shares_of(workshop_session)}
    plan = _Plan([], [])
    without_offer: set[str] = set()
    for one in waiting:
        share = one.share if one.share in keys else ""
        if not seats.may_take(share):
            continue
        ends_at = offer_ends_at(
            now,
            starts_at=workshop_session.starts_at,
            tzid=one.tzid or workshop_session.tzid,
            quiet=(int(begins), int(ends)),
        )
        if ends_at is None or share in without_offer:
            without_offer.add(share)
            plan.first_come.append(one.answer_id)
        else:
            seats.take(share)
            plan.offers.append((one.answer_id, ends_at))
    return plan


def tend_lists(session: Session, now: datetime) -> int:
    """Tend every list that has something to do, in the caller's transaction; returns how much was done. Flushes.

    Any number of workers may do this at once. Nothing is locked where there is nothing to do.
    """
    found = list_to_tend(session, now=now)
    ids = [one.session_id for one in found if one.is_due]
    ids += _with_a_place(session, [one.session_id for one in found if not one.is_due], now)
    if not ids:
        return 0
    sessions = lock_sessions(session, sorted(ids)[:BATCH])
    return sum(tend(session, workshop_session, now=now) for workshop_session in sessions.values())


def _with_a_place(session: Session, session_ids: Sequence[int], now: datetime) -> list[int]:
    """Return those sessions in which somebody would be offered a place, or told of one, without locking anything."""
    if not session_ids:
        return []
    sessions = session.scalars(sa.select(WorkshopSession).where(WorkshopSession.id.in_(session_ids))).all()
    waiting, held = list_waiting(session, session_ids), count_held_by_share(session, session_ids)
    found: set[int] = set()
    untold: dict[str, int] = {}
    for workshop_session in sessions:
        id_ = workshop_session.id
        rows = {one.answer_id: one for one in waiting[id_]}
        candidates = [_Candidate(one.answer_id, one.share, one.tzid) for one in waiting[id_]]
        plan = _plan(workshop_session, candidates, _count_seats(workshop_session, held[id_], now), now)
        if plan.offers:
            found.add(id_)
        for answer_id in plan.first_come:
            if rows[answer_id].has_address:
                untold[emails.place_free_key(rows[answer_id].subject, rows[answer_id].waitlisted_at)] = id_
    told = list_told(session, untold)
    return list(found | {id_ for key, id_ in untold.items() if key not in told})


def take_place(
    session: Session, answer: Answer, workshop_session: WorkshopSession, *, joins_list: bool, now: datetime
) -> AnswerState:
    """Let an answer come: a seat, a place in the list, or a request where organisers decide. Flushes.

    The session's row is locked and its list tended (`tend`); the answer is as the database has it now.

    Args:
        session: the transaction that holds the lock.
        answer: whose share is set.
        workshop_session: the session.
        joins_list: waits for a place if none is left, knowingly.
        now: the present.

    Raises:
        SessionFullError: no place is left, and the answer does not join the list.
    """
    has_seat = answer.state in {AnswerState.ACCEPTED, AnswerState.OFFERED} or answer.seat_kept_until is not None
    if has_seat:
        set_state(session, answer, AnswerState.ACCEPTED, now=now)
    elif workshop_session.needs_approval and answer.state is not AnswerState.WAITLISTED:
        set_state(session, answer, AnswerState.REQUESTED, now=now)
    elif has_place(session, workshop_session, answer.share, now=now):
        set_state(session, answer, AnswerState.ACCEPTED, now=now)
    elif answer.state is not AnswerState.WAITLISTED:
        if not (joins_list and workshop_session.has_waiting_list):
            raise SessionFullError(session=workshop_session.slug)
        join_list(session, answer, now=now)
    return answer.state


def has_place(session: Session, workshop_session: WorkshopSession, share: str = "", *, now: datetime) -> bool:
    """Whether somebody of this share may take a seat now; certain only under the lock, after `tend`."""
    if workshop_session.capacity is None:
        return True
    keys = {one.key for one in shares_of(workshop_session)}
    return _seats(session, workshop_session, now).may_take(share if share in keys else "")


def join_list(session: Session, answer: Answer, *, now: datetime) -> None:
    """Put an answer at the end of the waiting list. Flushes."""
    last = last_waitlisted_at(session, answer.workshop_session_id)
    set_state(session, answer, AnswerState.WAITLISTED, now=now)
    # Whoever had to wait for the lock began earlier; who has a number in the list keeps it all the same.
    answer.waitlisted_at = now if last is None or last < now else last + timedelta(microseconds=1)
    session.flush()


def leave_place(
    session: Session,
    answer: Answer,
    workshop_session: WorkshopSession,
    state: AnswerState,
    *,
    now: datetime,
    may_undo: bool = True,
) -> None:
    """Let an answer not come, or only perhaps; what it held goes to whoever waits. Flushes.

    A seat is kept for a short time where somebody waits, so that this can be undone; an offer is passed on at once.
    The session's row is locked and its list tended.
    """
    had_seat = answer.state is AnswerState.ACCEPTED
    has_begun = now >= workshop_session.starts_at
    set_state(session, answer, state, now=now)
    if not may_undo:
        answer.seat_kept_until = answer.waitlisted_at = None
    elif had_seat and not has_begun and is_waited_for(session, workshop_session.id):
        answer.seat_kept_until = now + UNDO
    session.flush()
    if answer.seat_kept_until is None:
        tend(session, workshop_session, now=now)
