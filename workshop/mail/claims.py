"""Who holds which message, and what is written down of its way; commits by itself, step by step.

Apart from delivery.py, which does what is written down here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.db import db, reading
from workshop.mail import pace
from workshop.mail.models import MailPace, OutboxMessage, OutboxState, Worker
from workshop.mail.transport import Outcome, Result

CLAIMS = 10
"""Messages that one worker holds at a time."""
SILENT_AFTER = timedelta(seconds=60)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""After each refusal for now; then the message has failed."""
AWAY = 3
"""Which of these waits is the longest for a relay that cannot be reached, however long that lasts."""
UNCERTAIN_WAIT = timedelta(minutes=30)
NEVER_TWICE = frozenset({"reminder", "thanks", "announcement"})
"""Kinds that are rather missing than there twice; so is every kind that begins with one of these and a `_`."""
_PASSES = 20
"""How often one claim looks for messages to other domains than those whose turn has not come."""

_IS_HELD = (OutboxMessage.claimed_by == sa.bindparam("worker"),)
_IS_MINE = (*_IS_HELD, OutboxMessage.state == OutboxState.CLAIMED)
# Written once: each message asks these, and putting a statement together takes longer than the database's answer.
MINE = (
    sa.select(OutboxMessage)
    .where(OutboxMessage.id.in_(sa.bindparam("numbers", expanding=True)), *_IS_MINE)
    .with_for_update()
)


def _waiting() -> tuple[tuple[sa.ColumnElement[bool], ...], ...]:
    return (
        (OutboxMessage.state == OutboxState.QUEUED,),
        # Once more, after half an hour.
        (OutboxMessage.state == OutboxState.UNCERTAIN, OutboxMessage.finished_at.is_(None)),
    )


def _due(now: datetime | sa.BindParameter[datetime]) -> list[tuple[sa.ColumnElement[bool], ...]]:
    return [(*waits, OutboxMessage.next_attempt_at <= now) for waits in _waiting()]


# Each state apart, so that an index gives them in order: a sort of thousands for ten would cost more than sending.
_FIRST_DUE = tuple(
    sa.select(OutboxMessage.priority, OutboxMessage.id, OutboxMessage.domain)
    .where(*due)
    .order_by(OutboxMessage.priority, OutboxMessage.id)
    .limit(sa.bindparam("count", type_=sa.Integer))
    # Two workers on PostgreSQL pass each other; on SQLite the transaction has begun IMMEDIATE.
    .with_for_update(skip_locked=True, of=OutboxMessage)
    for due in _due(sa.bindparam("now", type_=OutboxMessage.next_attempt_at.type))
)
_CLAIM = (
    sa.update(OutboxMessage)
    .where(OutboxMessage.id.in_(sa.bindparam("numbers", expanding=True)))
    .values(
        state=OutboxState.CLAIMED,
        claimed_by=sa.bindparam("worker"),
        claimed_at=sa.bindparam("now"),
        payload_begun_at=None,
    )
)
_BEGIN = (
    sa.update(OutboxMessage)
    .where(OutboxMessage.id == sa.bindparam("number"), *_IS_MINE)
    .values(payload_begun_at=sa.bindparam("now"), attempts=OutboxMessage.attempts + 1)
    .returning(OutboxMessage.id)
)
# Another worker may have taken it for lost while the relay thought: we know better, it left.
_LEFT = (
    sa.update(OutboxMessage)
    .where(OutboxMessage.id == sa.bindparam("left"), *_IS_HELD)
    .values(state=OutboxState.SENT, reason="", finished_at=sa.bindparam("left_at"))
)
_has_left = OutboxMessage.id == sa.bindparam("left")
# Both in one step, so that each message costs one commit.
_LEFT_AND_BEGIN = (
    sa.update(OutboxMessage)
    .where(
        OutboxMessage.id.in_((sa.bindparam("left"), sa.bindparam("number"))),
        *_IS_HELD,
        sa.or_(_has_left, OutboxMessage.state == OutboxState.CLAIMED),
    )
    .values(
        state=sa.case((_has_left, sa.literal(OutboxState.SENT, OutboxMessage.state.type)), else_=OutboxMessage.state),
        reason=sa.case((_has_left, ""), else_=OutboxMessage.reason),
        finished_at=sa.case((_has_left, sa.bindparam("left_at")), else_=OutboxMessage.finished_at),
        payload_begun_at=sa.case((_has_left, OutboxMessage.payload_begun_at), else_=sa.bindparam("now")),
        attempts=OutboxMessage.attempts + sa.case((_has_left, 0), else_=1),
    )
    .returning(OutboxMessage.id)
)


class Claim(NamedTuple):
    """A message that a worker holds."""

    number: int
    leaves_at: datetime
    """Not sooner, as far as paces say."""


class Left(NamedTuple):
    """A message that has left, which is not written down yet."""

    number: int
    at: datetime


class Steps:
    """One connection on which a worker writes down, one committed statement each, what cannot be taken back."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def begin(self, number: int, left: Left | None, *, now: datetime) -> bool:
        """Write down that a message may leave from now on, and that another has; False where it is no longer ours."""
        values: dict[str, Any] = {"number": number, "worker": self._worker, "now": now}
        if left is not None:
            values |= {"left": left.number, "left_at": left.at}
        with self._connection.begin():
            rows = self._connection.execute(_BEGIN if left is None else _LEFT_AND_BEGIN, values)
            return number in rows.scalars().all()

    def leave(self, left: Left) -> None:
        """Write down that a message has left."""
        with self._connection.begin():
            write_left(self._connection, self._worker, left)


def write_left(connection: sa.Connection, worker: str, left: Left | None) -> None:
    """Write down that a message has left, in the caller's transaction."""
    if left is not None:
        connection.execute(_LEFT, {"left": left.number, "left_at": left.at, "worker": worker})


def is_anything_due(*, now: datetime) -> bool:
    """Whether a message could be claimed, paces aside; takes no lock."""
    with reading(), Session(db.engine) as session:
        return any(session.scalar(sa.select(OutboxMessage.id).where(*due).limit(1)) is not None for due in _due(now))


def next_due(*, now: datetime) -> datetime | None:
    """Return when the next message can be claimed, `now` at the earliest; None when none waits. Takes no lock."""
    speed = pace.configured()
    with reading(), Session(db.engine) as session:
        firsts = [
            session.scalar(sa.select(sa.func.min(OutboxMessage.next_attempt_at)).where(*waits)) for waits in _waiting()
        ]
        first = min((at for at in firsts if at is not None), default=None)
        if first is None or first > now or not speed:
            return None if first is None else max(first, now)
        turn = session.scalar(sa.select(MailPace.next_at).where(MailPace.domain == pace.ALL)) if speed.overall else None
        if speed.domain:
            # A domain without a row may be written to at once.
            free = sa.func.min(sa.func.coalesce(MailPace.next_at, now, type_=MailPace.next_at.type))
            is_to = sa.and_(MailPace.domain == OutboxMessage.domain, MailPace.domain != pace.ALL)
            of_domains = [
                session.scalar(sa.select(free).select_from(OutboxMessage).outerjoin(MailPace, is_to).where(*due))
                for due in _due(now)
            ]
            soonest = min((at for at in of_domains if at is not None), default=now)
            turn = max(turn or soonest, soonest)
        return max(now, turn - pace.AHEAD) if turn else now


def claim(*, worker: str, now: datetime, count: int = CLAIMS) -> list[Claim]:
    """Take up to `count` due messages under a worker's name, the most urgent first; commits.

    On paces that are set, slots are reserved in the same transaction.
    """
    speed = pace.configured()
    with Session(db.engine) as session, session.begin():
        if speed:
            given = _with_slots(session, speed, now=now, count=count)
        else:
            given = [(number, domain, now) for number, domain in _list_due(session, now=now, count=count)]
        if given:
            numbers = [number for number, _domain, _at in given]
            session.connection().execute(_CLAIM, {"numbers": numbers, "worker": worker, "now": now})
        return [Claim(number, at) for number, _domain, at in given]


def _with_slots(session: Session, speed: pace.Pace, *, now: datetime, count: int) -> list[tuple[int, str, datetime]]:
    overall = pace.lock(session, now=now)
    pace.forget_past(session, now=now)
    waiting: list[tuple[int, str]] = []
    given: list[tuple[int, str, datetime]] = []
    full: set[str] = set()
    for _pass in range(_PASSES):
        found = _list_due(session, now=now, count=count, speed=speed, full=full, known=[one for one, _ in waiting])
        waiting += found
        turns = pace.next_turns(session, [domain for _number, domain in waiting]) if speed.domain else {}
        given = pace.slots(waiting, {**turns, pace.ALL: overall}, speed, now=now, count=count)
        taken = {number for number, _domain, _at in given}
        blocked = {domain for number, domain in waiting if number not in taken and domain}
        if not speed.domain or len(given) == count or len(found) < count or blocked <= full:
            break
        full |= blocked
    pace.reserve(session, pace.reserved(given, speed))
    return given


def _list_due(
    session: Session,
    *,
    now: datetime,
    count: int,
    speed: pace.Pace | None = None,
    full: Collection[str] = (),
    known: Collection[int] = (),
) -> list[tuple[int, str]]:
    """Return (message, domain), the most urgent first, each under a lock."""
    rows: list[tuple[int, int, str]] = []
    for statement in _FIRST_DUE:
        if speed is not None and speed.domain:
            statement = statement.where(  # noqa: PLW2901 (narrowed only on paces)
                ~pace.is_held(OutboxMessage.domain.expression, now=now),
                OutboxMessage.domain.not_in(full),
                OutboxMessage.id.not_in(known),
            )
        found = session.connection().execute(statement, {"now": now, "count": count})
        rows += [(priority, number, domain) for priority, number, domain in found]
    return [(number, domain) for _priority, number, domain in sorted(rows)[:count]]


def return_silent_claims(*, now: datetime) -> int:
    """Take over what a worker left that was not heard from for a minute; returns how many. Commits."""
    alive = sa.select(Worker.name).where(Worker.heartbeat_at > now - SILENT_AFTER)
    condition = sa.and_(OutboxMessage.claimed_by.not_in(alive), OutboxMessage.claimed_at <= now - SILENT_AFTER)
    return _give_back(condition, now, "the worker fell silent")


def give_back(*, worker: str, now: datetime) -> int:
    """Return a worker's own claims at its end: unbegun to the queue, begun ones as uncertain. Commits."""
    return _give_back(OutboxMessage.claimed_by == worker, now, "the worker was interrupted")


def _give_back(condition: sa.ColumnElement[bool], now: datetime, reason: str) -> int:
    held = sa.and_(OutboxMessage.state == OutboxState.CLAIMED, condition)
    with reading(), Session(db.engine) as session:
        if session.scalar(sa.select(OutboxMessage.id).where(held).limit(1)) is None:
            return 0
    with Session(db.engine) as session, session.begin():
        messages = session.scalars(sa.select(OutboxMessage).where(held).with_for_update(skip_locked=True)).all()
        for message in messages:
            if message.payload_begun_at is not None:
                _leave_uncertain(message, now, reason)
                continue
            message.state = OutboxState.UNCERTAIN if message.uncertain_at else OutboxState.QUEUED
            message.claimed_by, message.next_attempt_at = "", now
        return len(messages)


def record(numbers: Collection[int], outcome: Outcome, *, worker: str, now: datetime, left: Left | None = None) -> None:
    """Write down what became of messages that did not leave, and that another one did; commits."""
    with Session(db.engine) as session, session.begin():
        write_left(session.connection(), worker, left)
        for message in session.scalars(MINE, {"numbers": list(numbers), "worker": worker}):
            match outcome.result:
                case Result.UNCERTAIN:
                    _leave_uncertain(message, now, outcome.reason)
                case Result.REFUSED:
                    message.state, message.reason = OutboxState.FAILED, outcome.reason[:300]
                    message.finished_at = now
                case _:
                    _wait(message, now, outcome.reason[:300], is_away=outcome.is_away)


def drop(message: OutboxMessage, state: OutboxState, reason: str, now: datetime) -> None:
    """End a message that must not leave any more; the caller commits."""
    # What may have left once is not to be called discarded.
    message.state = OutboxState.UNCERTAIN if message.uncertain_at else state
    message.reason, message.finished_at = reason[:300], now


def _leave_uncertain(message: OutboxMessage, now: datetime, reason: str) -> None:
    kind = message.kind
    never_twice = kind in NEVER_TWICE or kind.startswith(tuple(f"{name}_" for name in NEVER_TWICE))
    is_over = never_twice or message.uncertain_at is not None or not message.recipient
    message.state, message.reason = OutboxState.UNCERTAIN, reason[:300]
    message.uncertain_at = message.uncertain_at or now
    message.next_attempt_at = now + UNCERTAIN_WAIT
    message.finished_at = now if is_over else None


def _wait(message: OutboxMessage, now: datetime, reason: str, *, is_away: bool) -> None:
    """Put a message back until its next attempt, or give it up after the last."""
    if is_away:
        # A relay that nobody reaches says nothing about this message: it is asked again until the message expires.
        message.attempts = max(message.attempts, min(message.attempts + 1, AWAY))
    elif message.payload_begun_at is None:
        message.attempts += 1  # Steps.begin has counted the others
    message.reason, message.claimed_by, message.payload_begun_at = reason, "", None
    if message.attempts > len(WAITS):
        message.state, message.finished_at = OutboxState.FAILED, now
        return
    message.state = OutboxState.QUEUED
    message.next_attempt_at = now + WAITS[min(message.attempts, AWAY if is_away else len(WAITS)) - 1]
    if message.expires_at is not None:
        message.next_attempt_at = min(message.next_attempt_at, message.expires_at)
