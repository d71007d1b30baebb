"""What the outbox holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

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

_FIRSTS = sa.select(OutboxMessage.answer_ref, OutboxMessage.id, OutboxMessage.message_id, OutboxMessage.basis).where(
    OutboxMessage.id.in_(
        sa.select(sa.func.min(OutboxMessage.id))
        .where(OutboxMessage.answer_ref.in_(sa.bindparam("refs", expanding=True)))
        .group_by(OutboxMessage.answer_ref)
    )
)


def iterate_messages(
    session: Session, *, states: Collection[OutboxState] = (), kinds: Collection[str] = (), newest: int | None = None
) -> Iterator[OutboxMessage]:
    """Give messages without their bodies, the oldest first, a few at a time.

    Args:
        session: the database session.
        states: only those that stand there; empty: wherever they stand.
        kinds: only these; empty: of every kind.
        newest: at most so many, the newest of them.
    """
    wanted = sa.select(OutboxMessage.id)
    if states:
        wanted = wanted.where(OutboxMessage.state.in_(list(states)))
    if kinds:
        wanted = wanted.where(OutboxMessage.kind.in_(list(kinds)))
    if newest is not None:
        wanted = wanted.order_by(OutboxMessage.id.desc()).limit(newest)
    bodies = (OutboxMessage.body_text, OutboxMessage.body_html, OutboxMessage.attachments)
    statement = (
        sa.select(OutboxMessage)
        .where(OutboxMessage.id.in_(wanted.subquery().select()))
        .options(*(defer(column) for column in bodies))
        .order_by(OutboxMessage.id)
    )
    yield from session.scalars(statement.execution_options(yield_per=500))


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


class First(NamedTuple):
    """The first message about an answer."""

    number: int
    message_id: str
    is_neutral: bool


def find_firsts(session: Session, answer_refs: Collection[str]) -> dict[str, First]:
    """Return answer's random id → the first message about it, whatever became of that; one statement for all."""
    refs = sorted({ref for ref in answer_refs if ref})
    if not refs:
        return {}
    rows = session.connection().execute(_FIRSTS, {"refs": refs})
    return {
        row.answer_ref: First(row.id, row.message_id, (row.basis or {}).get("is_neutral") is not False) for row in rows
    }


def count_states(session: Session, *, series_id: int | None = None) -> dict[OutboxState, int]:
    """Return how many messages stand in each state; absent means none."""
    statement = sa.select(OutboxMessage.state, sa.func.count()).group_by(OutboxMessage.state)
    if series_id is not None:
        statement = statement.where(OutboxMessage.series_id == series_id)
    return {state: count for state, count in session.execute(statement).all()}  # noqa: C416 (rows are typed as tuples here)


class Progress(NamedTuple):
    """How far one worker has come."""

    sent: int
    failed: int
    """Failed, or uncertain."""
    waiting: int
    """Due, and nobody's yet."""


def progress_of(session: Session, worker: str, *, since: datetime, now: datetime) -> Progress:
    """Return what a worker has sent since an instant, what failed meanwhile, and what waits to be sent now."""
    rows = session.execute(
        sa.select(OutboxMessage.state, sa.func.count())
        .where(OutboxMessage.claimed_by == worker, sa.func.coalesce(OutboxMessage.finished_at, since) >= since)
        .group_by(OutboxMessage.state)
    )
    counts = {state: count for state, count in rows}  # noqa: C416 (rows are typed as tuples here)
    waiting = session.scalar(
        sa.select(sa.func.count()).where(
            OutboxMessage.state == OutboxState.QUEUED, OutboxMessage.next_attempt_at <= now
        )
    )
    failed = counts.get(OutboxState.FAILED, 0) + counts.get(OutboxState.UNCERTAIN, 0)
    return Progress(sent=counts.get(OutboxState.SENT, 0), failed=failed, waiting=waiting or 0)


def is_worker_heard(session: Session, *, now: datetime, within: timedelta = timedelta(minutes=2)) -> bool:
    """Whether any worker was heard from lately."""
    heard = session.scalar(sa.select(sa.func.max(Worker.heartbeat_at)))
    return heard is not None and heard >= now - within
