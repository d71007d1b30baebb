"""Claim, look, send, record; commits by itself, because a step that cannot be taken back is written down before it.

What is promised (SMTP knows no idempotency): nothing unaccounted for, at most one message per kill `uncertain` and
shown as such, no reminder twice.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.core.db import db, reading
from workshop.mail import transport as relay
from workshop.mail.models import OutboxMessage, OutboxState, Worker
from workshop.mail.queries import may_be_in_calendar
from workshop.mail.service import RECIPIENT

CLAIMS = 10
"""Messages that one worker holds at a time."""
SILENT_AFTER = timedelta(seconds=60)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""After each refusal for now; then the message has failed."""
UNCERTAIN_WAIT = timedelta(minutes=30)
NEVER_TWICE = frozenset({"reminder", "announcement"})
"""Kinds that are rather missing than there twice; so is every kind that begins with one of these and a `_`."""

_IS_HELD = (
    OutboxMessage.id == sa.bindparam("number"),
    OutboxMessage.claimed_by == sa.bindparam("worker"),
)
_IS_MINE = (*_IS_HELD, OutboxMessage.state == OutboxState.CLAIMED)
# Written once: each message asks all of them, and putting a statement together takes longer than the database's answer.
_MINE = sa.select(OutboxMessage).where(*_IS_MINE).with_for_update()
_BEGIN = (
    sa.update(OutboxMessage)
    .where(*_IS_MINE)
    .values(payload_begun_at=sa.bindparam("now"), attempts=OutboxMessage.attempts + 1)
)
# Another worker may have taken it for lost while the relay thought: we know better, it left.
_SENT = (
    sa.update(OutboxMessage).where(*_IS_HELD).values(state=OutboxState.SENT, reason="", finished_at=sa.bindparam("now"))
)

logger = logging.getLogger(__name__)


class LastLook(Protocol):
    """What the features above say just before a message leaves."""

    def __call__(self, session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
        """Return why it must not leave any more, or None."""


@dataclass(slots=True, kw_only=True)
class _Round:
    """What one call of `deliver` works with."""

    worker: str
    now_fn: Callable[[], datetime]
    last_look: LastLook
    stop: threading.Event
    transport: relay.Transport
    sent: tuple[int, datetime] | None = None
    """What has left and when, until that is written down: together with the first step of the next message."""


def deliver(
    *,
    worker: str,
    now_fn: Callable[[], datetime],
    last_look: LastLook,
    limit: int = 100,
    stop: threading.Event | None = None,
) -> int:
    """Send what is due, over one connection; returns how many messages were taken up. Commits by itself.

    Args:
        worker: name under which messages are claimed.
        now_fn: reads the clock.
        last_look: asked before each message.
        limit: at most so many, so that the caller's other work gets its turn.
        stop: when set, no further message is begun and unbegun claims go back.
    """
    stop = stop or threading.Event()
    give_back(worker=worker, now=now_fn())  # what a fault of the database left in this worker's name
    return_silent_claims(now=now_fn())
    rate = float(current_app.config["MAIL_RATE_PER_SECOND"])
    this = _Round(worker=worker, now_fn=now_fn, last_look=last_look, stop=stop, transport=relay.make_transport())
    handled = 0
    try:
        while handled < limit and not stop.is_set():
            numbers = claim(worker=worker, now=now_fn(), count=min(CLAIMS, limit - handled))
            if not numbers:
                break
            for number in numbers:
                if stop.is_set():
                    break
                _deliver_one(this, number)
                handled += 1
                if rate:
                    _settle(this)
                    stop.wait(1 / rate)
            _settle(this)
    finally:
        this.transport.close()
        if stop.is_set():
            give_back(worker=worker, now=now_fn())
    return handled


def is_anything_due(*, now: datetime) -> bool:
    """Whether a message could be claimed; takes no lock."""
    with reading(), Session(db.engine) as session:
        return session.scalar(sa.select(OutboxMessage.id).where(_due(now)).limit(1)) is not None


def claim(*, worker: str, now: datetime, count: int = CLAIMS) -> list[int]:
    """Take up to `count` due messages under a worker's name, the most urgent first; commits."""
    if not is_anything_due(now=now):
        return []
    with Session(db.engine) as session, session.begin():
        numbers = session.scalars(
            sa.select(OutboxMessage.id)
            .where(_due(now))
            .order_by(OutboxMessage.priority, OutboxMessage.id)
            .limit(count)
            # Two workers on PostgreSQL pass each other; on SQLite the transaction has begun IMMEDIATE.
            .with_for_update(skip_locked=True)
        ).all()
        session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.id.in_(numbers), _due(now))
            .values(state=OutboxState.CLAIMED, claimed_by=worker, claimed_at=now, payload_begun_at=None)
        )
        return list(numbers)


def _due(now: datetime) -> sa.ColumnElement[bool]:
    waits = OutboxMessage.state == OutboxState.QUEUED
    once_more = sa.and_(OutboxMessage.state == OutboxState.UNCERTAIN, OutboxMessage.finished_at.is_(None))
    return sa.and_(OutboxMessage.next_attempt_at <= now, sa.or_(waits, once_more))


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


def _leave_uncertain(message: OutboxMessage, now: datetime, reason: str) -> None:
    kind = message.kind
    never_twice = kind in NEVER_TWICE or kind.startswith(tuple(f"{name}_" for name in NEVER_TWICE))
    is_over = never_twice or message.uncertain_at is not None or not message.recipient
    message.state, message.reason = OutboxState.UNCERTAIN, reason
    message.uncertain_at = message.uncertain_at or now
    message.next_attempt_at = now + UNCERTAIN_WAIT
    message.finished_at = now if is_over else None


def _deliver_one(this: _Round, number: int) -> None:
    # One message that cannot be made must not hold up the others; a database that is away holds up all of them.
    failing = relay.Result.LATER
    has_begun = False

    def begin() -> bool:
        nonlocal has_begun
        has_begun = _begin_payload(this, number)
        return has_begun

    try:
        draft = _prepare(this, number)
        if draft is None:
            return
        failing = relay.Result.REFUSED
        outcome = this.transport.transmit(draft, begin)
    except SQLAlchemyError:
        raise
    except Exception as fault:  # noqa: BLE001 (see above)
        logger.error("message %d: %s", number, type(fault).__name__)  # noqa: TRY400 (a trace could show an address)
        result = relay.Result.UNCERTAIN if has_begun else failing
        outcome = relay.Outcome(result, f"could not be made: {type(fault).__name__}")
    if outcome.result is not relay.Result.ABANDONED:
        _record(this, number, outcome)


def _prepare(this: _Round, number: int) -> relay.Draft | None:
    """Return the message with its links in place, or None when it must not leave."""
    with Session(db.engine) as session, session.begin():
        _write_sent(this, session.connection())
        draft = _look(this, session, number)
    this.sent = None  # no sooner than it is committed
    return draft


def _look(this: _Round, session: Session, number: int) -> relay.Draft | None:
    now = this.now_fn()
    message = session.scalar(_MINE, {"number": number, "worker": this.worker})
    if message is None:
        return None
    if message.expires_at is not None and message.expires_at <= now:
        _drop(message, OutboxState.EXPIRED, "too late", now)
        return None
    reason = this.last_look(session, message, now=now)
    if reason is not None:
        _drop(message, OutboxState.DISCARDED, reason, now)
        return None
    return make_draft(session, message)


def _drop(message: OutboxMessage, state: OutboxState, reason: str, now: datetime) -> None:
    # What may have left once is not to be called discarded.
    message.state = OutboxState.UNCERTAIN if message.uncertain_at else state
    message.reason, message.finished_at = reason[:300], now


def make_draft(session: Session, message: OutboxMessage) -> relay.Draft:
    """Return a message with a token in place of each mark; the row keeps its marks. Flushes."""
    # The same link stands in both bodies, and often in a header and a file too.
    attachments = [{**one, "content": _address(_unfold(one), message.recipient)} for one in _files(session, message)]
    headers = {name: str(value) for name, value in message.headers.items()}
    files = [attachment["content"] for attachment in attachments]
    fill = links.filler(session, [message.body_text, message.body_html, *headers.values(), *files])
    return relay.Draft(
        number=message.id,
        recipient=message.recipient,
        sender_name=message.sender_name,
        subject=message.subject,
        text=fill(message.body_text),
        html=fill(message.body_html),
        language=message.language,
        message_id=message.message_id,
        date=message.created_at,
        headers={name: fill(value) for name, value in headers.items()},
        attachments=[
            {**attachment, "content": _refold(attachment, fill(attachment["content"]))} for attachment in attachments
        ],
    )


def _files(session: Session, message: OutboxMessage) -> Sequence[dict[str, str]]:
    """Return what goes along: never a cancellation of what no request has put into a calendar (RFC 5546, 3.2.5)."""
    is_cancel = message.itip_method == "CANCEL"
    if is_cancel and not may_be_in_calendar(session, answer_ref=message.answer_ref, counts_claimed=False):
        return ()
    return message.attachments


def _address(content: str, recipient: str) -> str:
    """Put the recipient where they are invited, as To has it; what is not ASCII percent-encoded (RFC 6068, 2)."""
    if RECIPIENT not in content:
        return content
    return content.replace(RECIPIENT, quote(relay.ascii_domain(recipient), safe="%/?#[]@!$&'()*+=-._~`{|}^"))


def _unfold(attachment: dict[str, str]) -> str:
    content = attachment["content"]
    return re.sub(r"\r\n[ \t]", "", content) if attachment["content_type"].startswith("text/calendar") else content


def _refold(attachment: dict[str, str], content: str) -> str:
    is_calendar = attachment["content_type"].startswith("text/calendar")
    return "\r\n".join(map(_fold, content.split("\r\n"))) if is_calendar else content


def _fold(line: str) -> str:
    """Fold at 75 octets, between code points (RFC 5545, 3.1): a mark may have been folded, a token is shorter."""
    pieces, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > 75:  # noqa: PLR2004 (octets, as above)
            pieces.append(" ")
            size = 1
        pieces[-1] += character
        size += width
    return "\r\n".join(pieces)


def _begin_payload(this: _Round, number: int) -> bool:
    """Write down that the message may leave from now on; False when it is no longer this worker's."""
    if this.stop.is_set():
        return False
    # Without loading the row: messages are long.
    with db.engine.begin() as connection:
        values = {"number": number, "worker": this.worker, "now": this.now_fn()}
        return connection.execute(_BEGIN, values).rowcount > 0


def _write_sent(this: _Round, connection: sa.Connection) -> None:
    if this.sent is not None:
        number, at = this.sent
        connection.execute(_SENT, {"number": number, "worker": this.worker, "now": at})


def _settle(this: _Round) -> None:
    """Write down what has left where no other message follows at once."""
    if this.sent is not None:
        with db.engine.begin() as connection:
            _write_sent(this, connection)
        this.sent = None


def _record(this: _Round, number: int, outcome: relay.Outcome) -> None:
    now = this.now_fn()
    if outcome.result is relay.Result.SENT:
        this.sent = (number, now)
        return
    with Session(db.engine) as session, session.begin():
        message = session.scalar(_MINE, {"number": number, "worker": this.worker})
        if message is None:
            return
        match outcome.result:
            case relay.Result.UNCERTAIN:
                _leave_uncertain(message, now, outcome.reason)
            case relay.Result.REFUSED:
                message.state, message.reason, message.finished_at = OutboxState.FAILED, outcome.reason, now
            case _:
                _wait(message, now, outcome.reason)


def _wait(message: OutboxMessage, now: datetime, reason: str) -> None:
    """Put a message back until its next attempt, or give it up after the last."""
    if message.payload_begun_at is None:
        message.attempts += 1  # _begin_payload has counted the others
    message.reason, message.claimed_by, message.payload_begun_at = reason, "", None
    if message.attempts > len(WAITS):
        message.state, message.finished_at = OutboxState.FAILED, now
        return
    message.state = OutboxState.QUEUED
    message.next_attempt_at = now + WAITS[message.attempts - 1]
    if message.expires_at is not None:
        message.next_attempt_at = min(message.next_attempt_at, message.expires_at)
