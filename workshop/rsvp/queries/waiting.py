"""Reading who waits for a place, and which sessions have something to do about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.mail.models import OutboxMessage
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.queries.answers import HELD

_LOOKS_BACK = timedelta(days=2)
"""So long after its end a session is still tended: what ran out while no worker ran is tidied."""


class Waiting(NamedTuple):
    """Who waits for a place in a session."""

    answer_id: int
    subject: str
    session_id: int
    share: str
    waitlisted_at: datetime
    tzid: str
    """The participant's own zone; empty: the session's."""
    has_address: bool


def _of_session(state: sa.ColumnElement[bool], *conditions: sa.ColumnElement[bool]) -> sa.Exists:
    return sa.exists().where(Answer.workshop_session_id == WorkshopSession.id, state, *conditions)


_HELD_COUNT = (
    sa.select(sa.func.count())
    .select_from(Answer)
    .where(Answer.workshop_session_id == WorkshopSession.id, HELD)
    .correlate(WorkshopSession)
    .scalar_subquery()
)
_NOW = sa.bindparam("now", type_=Answer.created_at.type)
_IS_OFFERED = Answer.state == AnswerState.OFFERED
_RAN_OUT = sa.or_(
    _of_session(
        _IS_OFFERED,
        sa.or_(
            Answer.offer_expires_at <= _NOW,
            WorkshopSession.starts_at <= _NOW,
            WorkshopSession.status == SessionStatus.CANCELLED,
        ),
    ),
    _of_session(Answer.seat_kept_until <= _NOW),
)
_HAS_PLACE = sa.and_(
    WorkshopSession.is_published,
    WorkshopSession.status != SessionStatus.CANCELLED,
    WorkshopSession.starts_at > _NOW,
    _of_session(Answer.state == AnswerState.WAITLISTED),
    sa.or_(WorkshopSession.capacity.is_(None), WorkshopSession.capacity > _HELD_COUNT),
)
_TO_TEND = (
    sa.select(WorkshopSession.id, _RAN_OUT)
    .where(WorkshopSession.ends_at > sa.bindparam("since", type_=Answer.created_at.type), sa.or_(_RAN_OUT, _HAS_PLACE))
    .order_by(WorkshopSession.id)
)


class ToTend(NamedTuple):
    """A session whose list may have something to do."""

    session_id: int
    is_due: bool
    """Something ran out or was cancelled; otherwise there are places and people who wait."""


def list_to_tend(session: Session, *, now: datetime) -> list[ToTend]:
    """Return the sessions that may have an offer to end, a kept seat to let go or a place to offer, by id."""
    rows = session.execute(_TO_TEND, {"now": now, "since": now - _LOOKS_BACK})
    return [ToTend(session_id, bool(is_due)) for session_id, is_due in rows]


def list_waiting(session: Session, session_ids: Collection[int]) -> dict[int, list[Waiting]]:
    """Return session id → who waits for a place, the first first."""
    found: dict[int, list[Waiting]] = {id_: [] for id_ in session_ids}
    rows = session.execute(
        sa.select(
            Answer.id,
            Answer.subject,
            Answer.workshop_session_id,
            Answer.share,
            sa.func.coalesce(Answer.waitlisted_at, Answer.answered_at),
            Participant.tzid,
            Participant.address.is_not(None),
        )
        .join(Answer.participant)
        .where(Answer.workshop_session_id.in_(list(session_ids)), Answer.state == AnswerState.WAITLISTED)
        .order_by(sa.func.coalesce(Answer.waitlisted_at, Answer.answered_at), Answer.id)
    )
    for row in rows:
        found[row[2]].append(Waiting._make(row))
    return found


def lock_list(session: Session, session_id: int) -> Sequence[Answer]:
    """Return who waits, was offered a place, or has one kept, as the database has them now, their rows locked.

    Rows are locked because whoever erases a participant changes answers too.
    """
    return session.scalars(
        sa.select(Answer)
        .where(
            Answer.workshop_session_id == session_id,
            sa.or_(
                Answer.state.in_((AnswerState.WAITLISTED, AnswerState.OFFERED)), Answer.seat_kept_until.is_not(None)
            ),
        )
        .order_by(Answer.waitlisted_at, Answer.id)
        .with_for_update(of=Answer, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def count_held_by_share(session: Session, session_ids: Collection[int]) -> dict[int, Counter[str]]:
    """Return session id → share's key as stored (empty for none) → seats held."""
    found: dict[int, Counter[str]] = {id_: Counter() for id_ in session_ids}
    rows = session.execute(
        sa.select(Answer.workshop_session_id, Answer.share, sa.func.count())
        .where(Answer.workshop_session_id.in_(list(session_ids)), HELD)
        .group_by(Answer.workshop_session_id, Answer.share)
    )
    for session_id, share, count in rows:
        found[session_id][share] = count
    return found


def is_waited_for(session: Session, session_id: int) -> bool:
    """Whether anybody waits for a place in this session."""
    statement = sa.select(Answer.id).where(
        Answer.workshop_session_id == session_id, Answer.state == AnswerState.WAITLISTED
    )
    return session.scalar(statement.limit(1)) is not None


def last_waitlisted_at(session: Session, session_id: int) -> datetime | None:
    """Return since when the last of those that wait, or were offered a place, has waited."""
    statement = sa.select(sa.func.max(Answer.waitlisted_at)).where(
        Answer.workshop_session_id == session_id, Answer.state.in_((AnswerState.WAITLISTED, AnswerState.OFFERED))
    )
    return session.scalar(statement)


def positions(session: Session, answers: Iterable[Answer]) -> dict[int, int]:
    """Return answer id → place in the waiting list, 1 for the next, of those that wait; for each one alone to see.

    Counted among those of the same share, since only they come before or after. One statement.
    """
    own = {answer.id: answer.workshop_session_id for answer in answers if answer.state is AnswerState.WAITLISTED}
    if not own:
        return {}
    found: dict[int, int] = {}
    for waiting in list_waiting(session, set(own.values())).values():
        counts: dict[str, int] = defaultdict(int)
        for one in waiting:
            counts[one.share] += 1
            if one.answer_id in own:
                found[one.answer_id] = counts[one.share]
    return found


def list_told(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of these dedupe keys under which a message was written already."""
    if not keys:
        return set()
    return set(session.scalars(sa.select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.in_(list(keys)))))
