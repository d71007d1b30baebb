"""What the outbox holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.errors import NotFoundError
from workshop.mail.models import OutboxMessage, OutboxState, Worker

_may_have_left = sa.or_(
    OutboxMessage.state.in_((OutboxState.SENT, OutboxState.UNCERTAIN)),
    OutboxMessage.uncertain_at.is_not(None),
    sa.and_(
        OutboxMessage.state == OutboxState.CLAIMED,
        sa.or_(OutboxMessage.payload_begun_at.is_not(None), sa.bindparam("counts_claimed", type_=sa.Boolean)),
    ),
)
_of_answer = OutboxMessage.answer_ref == sa.bindparam("answer_ref")
_last_request = sa.select(sa.func.max(OutboxMessage.id)).where(
    _of_answer, OutboxMessage.itip_method == "REQUEST", _may_have_left
)
_last_cancel = sa.select(sa.func.max(OutboxMessage.id)).where(
    _of_answer, OutboxMessage.itip_method == "CANCEL", OutboxMessage.state == OutboxState.SENT
)
# Written once: each message with such a part asks it. A number is greater than none, and none than no number at all.
_IN_CALENDAR = sa.select(_last_request.scalar_subquery() > sa.func.coalesce(_last_cancel.scalar_subquery(), 0))


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


def may_be_in_calendar(session: Session, *, answer_ref: str, counts_claimed: bool = True) -> bool:
    """Whether a request that left, or may have, has put an answer into a calendar, and no cancellation has followed.

    With `counts_claimed` a request counts whose worker may be sending it at this moment; without, only once its payload
    was begun: a cancellation that leaves now must not come before its request, or without one (RFC 5546, 3.2.5).
    """
    return bool(session.scalar(_IN_CALENDAR, {"answer_ref": answer_ref, "counts_claimed": counts_claimed}))


def count_states(session: Session, *, series_id: int | None = None) -> dict[OutboxState, int]:
    """Return how many messages stand in each state; absent means none."""
    statement = sa.select(OutboxMessage.state, sa.func.count()).group_by(OutboxMessage.state)
    if series_id is not None:
        statement = statement.where(OutboxMessage.series_id == series_id)
    return {state: count for state, count in session.execute(statement).all()}  # noqa: C416 (rows are typed as tuples here)


def is_worker_heard(session: Session, *, now: datetime, within: timedelta = timedelta(minutes=2)) -> bool:
    """Whether any worker was heard from lately."""
    heard = session.scalar(sa.select(sa.func.max(Worker.heartbeat_at)))
    return heard is not None and heard >= now - within
