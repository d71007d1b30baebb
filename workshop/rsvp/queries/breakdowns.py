"""Reading who is counted when a session begins, and what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from workshop.programme.models import Section, SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Breakdown, Participant

GRACE = timedelta(days=1)
"""So long after the end a session is still counted, where no worker ran; later too many would be erased."""


class Counted(NamedTuple):
    """What is counted of somebody with a place."""

    participant_id: int
    language: str
    interpretation: str


def list_uncounted(session: Session, *, now: datetime) -> Sequence[WorkshopSession]:
    """Return sessions that have begun and were not counted, with what their level needs."""
    counted = sa.select(Breakdown.id).where(Breakdown.workshop_session_id == WorkshopSession.id).exists()
    items = selectinload(WorkshopSession.sections).selectinload(Section.items)
    return session.scalars(
        sa.select(WorkshopSession)
        .where(
            WorkshopSession.starts_at <= now,
            WorkshopSession.ends_at > now - GRACE,
            WorkshopSession.is_published,
            WorkshopSession.status != SessionStatus.CANCELLED,
            ~counted,
        )
        .order_by(WorkshopSession.id)
        .options(items, joinedload(WorkshopSession.series))
    ).all()


def list_counted(session: Session, session_id: int) -> list[Counted]:
    """Return those with a place in a session who were not erased."""
    statement = (
        sa.select(Answer.participant_id, Participant.language, Answer.interpretation)
        .join(Participant, Participant.id == Answer.participant_id)
        .where(
            Answer.workshop_session_id == session_id,
            Answer.state == AnswerState.ACCEPTED,
            Participant.erased_at.is_(None),
        )
        .order_by(Answer.id)
    )
    return [Counted(*row) for row in session.execute(statement)]


def has_breakdowns(session: Session, session_id: int) -> bool:
    """Whether a session was counted."""
    statement = sa.select(Breakdown.id).where(Breakdown.workshop_session_id == session_id).limit(1)
    return session.scalar(statement) is not None


def list_breakdowns(session: Session, session_id: int) -> Sequence[Breakdown]:
    """Return what was counted of a session, in its order."""
    return session.scalars(
        sa.select(Breakdown).where(Breakdown.workshop_session_id == session_id).order_by(Breakdown.position)
    ).all()
