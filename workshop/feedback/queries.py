"""Reading feedback and who may give it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from workshop.chatham.rule import Level
from workshop.core.links import Purpose, find_subject
from workshop.feedback.models import Feedback
from workshop.programme.models import Item, Section, Series, SessionStatus, WorkshopSession
from workshop.programme.queries import session_parts
from workshop.rsvp.models import Answer, AnswerState, Participant


def find_ballot(session: Session, *, token: str) -> Answer | None:
    """Return the answer that a link asks about, with session and participant; None for one that opens nothing."""
    subject = find_subject(session, purpose=Purpose.FEEDBACK, token=token)
    if subject is None:
        return None
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    parts: tuple[Any, ...] = session_parts()
    sessions = joinedload(Answer.workshop_session, innerjoin=True)
    return session.scalars(
        sa.select(Answer)
        .join(Answer.participant)
        .where(Answer.subject == subject, Answer.state == AnswerState.ACCEPTED, Participant.erased_at.is_(None))
        .options(
            joinedload(Answer.participant, innerjoin=True),
            sessions.joinedload(WorkshopSession.series, innerjoin=True),
            sessions.options(*parts),
        )
    ).one_or_none()


def find_feedback(session: Session, workshop_session_id: int) -> Feedback | None:
    """Return what was answered about a session."""
    return session.get(Feedback, workshop_session_id)


def lock_feedback(session: Session, workshop_session_id: int) -> Feedback | None:
    """Return it under a lock: answers are counted one after the other."""
    statement = sa.select(Feedback).where(Feedback.workshop_session_id == workshop_session_id)
    return session.scalar(statement.with_for_update().execution_options(populate_existing=True))


def list_expired(session: Session, *, now: datetime, limit: int) -> Sequence[Feedback]:
    """Return feedback with remarks that are kept no longer.

    Their session ended longer ago than its series keeps what is people's, or was closed since: of a closed one
    nothing is written down (feedback.rule.takes_remarks).
    """
    items = sa.select(Item.id).join(Section).where(Section.workshop_session_id == WorkshopSession.id)
    is_closed = sa.or_(
        WorkshopSession.level == Level.CLOSED,
        sa.and_(WorkshopSession.level.is_(None), Series.level == Level.CLOSED),
        items.where(Item.level == Level.CLOSED).exists(),
    )
    rows = session.execute(
        sa.select(Feedback, WorkshopSession.ends_at, Series.retention_days, is_closed)
        .join(WorkshopSession, WorkshopSession.id == Feedback.workshop_session_id)
        .join(Series, Series.id == WorkshopSession.series_id)
        .where(Feedback.remarks != (), WorkshopSession.ends_at < now)
        .order_by(sa.case((is_closed, 0), else_=1), WorkshopSession.ends_at)
        .limit(limit)
    )
    return [found for found, ends_at, days, closed in rows if closed or (now - ends_at).days >= days]


def is_over(workshop_session: WorkshopSession, *, now: datetime) -> bool:
    """Whether a session has taken place."""
    return workshop_session.ends_at <= now and workshop_session.status is SessionStatus.CONFIRMED
