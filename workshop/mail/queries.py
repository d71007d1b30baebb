"""What the outbox holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.errors import NotFoundError
from workshop.mail.models import OutboxMessage, OutboxState, Worker


def list_messages(
    session: Session, *, series_id: int | None = None, workshop_session_id: int | None = None, limit: int | None = None
) -> Sequence[OutboxMessage]:
    """Return messages, the oldest first; with `limit` the newest so many, the newest first."""
    statement = sa.select(OutboxMessage)
    if series_id is not None:
        statement = statement.where(OutboxMessage.series_id == series_id)
    if workshop_session_id is not None:
        statement = statement.where(OutboxMessage.workshop_session_id == workshop_session_id)
    if limit is None:
        return session.scalars(statement.order_by(OutboxMessage.id)).all()
    return session.scalars(statement.order_by(OutboxMessage.id.desc()).limit(limit)).all()


def get_message(session: Session, number: int) -> OutboxMessage:
    """Return a message; raises NotFoundError."""
    message = session.get(OutboxMessage, number)
    if message is None:
        raise NotFoundError("mail")
    return message


def find_last_message(session: Session) -> OutboxMessage | None:
    """Return the newest message."""
    return session.scalar(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1))


def count_states(session: Session, *, series_id: int | None = None) -> dict[OutboxState, int]:
    """Return how many messages stand in each state; absent means none."""
    statement = sa.select(OutboxMessage.state, sa.func.count()).group_by(OutboxMessage.state)
    if series_id is not None:
        statement = statement.where(OutboxMessage.series_id == series_id)
    return {state: count for state, count in session.execute(statement).all()}  # noqa: C416 (rows are typed as tuples here)


def is_worker_heard(session: Session, *, now: datetime, within: timedelta = timedelta(minutes=2)) -> bool:
    """Whether any worker was heard from lately."""
    heard = session.scalar(sa.select(sa.func.max(Worker.heartbeat_at)))
    return heard is not None and heard > now - within
