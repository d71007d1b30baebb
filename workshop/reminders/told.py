"""Whose knowledge of a session differs from what stands, in SQL: apart from queries, which read for all messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.queries import session_parts
from workshop.reminders.queries import TOLD
from workshop.rsvp.models import Answer, Participant


def has_edits() -> sa.ColumnElement[bool]:
    """Return whether an answer's participant was last told something else of what is told only when that is asked for.

    A text may be equal and yet be written in another order of languages; NULL is what was told before it was kept.
    """
    return sa.or_(
        Answer.told_mode.is_distinct_from(WorkshopSession.mode),
        _as_text(Answer.told_place) != _as_text(WorkshopSession.place),
        _as_text(Answer.told_floor_languages) != _as_text(WorkshopSession.floor_languages),
        _as_text(Answer.told_interpretation) != _as_text(WorkshopSession.interpretation),
        Answer.agreed_from != "",
    )


def _as_text(column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[str]:
    return sa.type_coerce(column, sa.Text)


def is_told_of_changes(now: datetime) -> tuple[sa.ColumnExpressionArgument[bool], ...]:
    """Return what holds of an answer whose participant learns what changes, addresses apart."""
    return (
        Answer.state.in_(TOLD),
        Answer.told_starts_at.is_not(None),
        Participant.erased_at.is_(None),
        WorkshopSession.is_published,
        WorkshopSession.ends_at > now,
    )


def must_be_told(now: datetime) -> tuple[sa.ColumnExpressionArgument[bool], ...]:
    """Return what holds of an answer whose participant is to be told of a change now.

    Of times and cancellations at once; of the rest along with these, or once an organiser asked for it.
    """
    is_cancelled = WorkshopSession.status == SessionStatus.CANCELLED
    knows_cancelled = Answer.told_status.is_not_distinct_from(SessionStatus.CANCELLED)
    knows_how = Answer.told_postponed == WorkshopSession.postponed_at.is_not(None)
    has_moved = sa.or_(
        Answer.told_starts_at != WorkshopSession.starts_at,
        Answer.told_ends_at != WorkshopSession.ends_at,
        Answer.told_tzid != WorkshopSession.tzid,
    )
    is_asked = sa.and_(WorkshopSession.tell_at.is_not(None), has_edits())
    return (
        *is_told_of_changes(now),
        Participant.address.is_not(None),
        sa.or_(
            sa.and_(is_cancelled, sa.not_(sa.and_(knows_cancelled, knows_how))),
            sa.and_(~is_cancelled, sa.or_(knows_cancelled, has_moved, is_asked)),
        ),
    )


def lock_changed_answers(session: Session, *, now: datetime, limit: int) -> Sequence[Answer]:
    """Return answers whose participants are to be told of a change, each under a lock.

    Those that another worker holds are left to it.
    """
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    parts: tuple[Any, ...] = session_parts()
    statement = (
        sa.select(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(*must_be_told(now))
        .options(
            contains_eager(Answer.participant).options(
                selectinload(Participant.answers).joinedload(Answer.workshop_session, innerjoin=True)
            ),
            contains_eager(Answer.workshop_session).options(joinedload(WorkshopSession.series, innerjoin=True), *parts),
        )
        .order_by(Answer.id)
        .limit(limit)
        .with_for_update(of=Answer, skip_locked=True)
    )
    return session.scalars(statement).all()
