"""Reading what is due to be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.mail.models import OutboxMessage
from workshop.programme.models import WorkshopSession


def list_sessions_with_room(session: Session, *, ended_before: datetime) -> Sequence[WorkshopSession]:
    """Return sessions over since `ended_before` or longer whose room's address is still stored."""
    return session.scalars(
        sa.select(WorkshopSession)
        .where(WorkshopSession.room_link != "", WorkshopSession.ends_at <= ended_before)
        .order_by(WorkshopSession.id)
    ).all()


def count_messages(session: Session, *, person_refs: Collection[str]) -> int:
    """Return how many messages under these random ids the outbox still remembers, texts or only that they left."""
    statement = sa.select(sa.func.count()).where(OutboxMessage.person_ref.in_(list(person_refs)))
    return session.scalar(statement) or 0
