"""Claim, look, send, record; commits by itself, because a step that cannot be taken back is written down before it.

What is promised (SMTP knows no idempotency): nothing unaccounted for, at most one message per kill `uncertain` and
shown as such, no reminder twice.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from workshop.core.db import db
from workshop.mail import suppression
from workshop.mail import transport as relay
from workshop.mail.claims import (
    CLAIMS,
    MINE,
    NEVER_TWICE,
    SILENT_AFTER,
    UNCERTAIN_WAIT,
    WAITS,
    Claim,
    Left,
    Steps,
    claim,
    drop,
    give_back,
    is_anything_due,
    next_due,
    record,
    return_silent_claims,
    write_left,
)
from workshop.mail.drafts import make_draft, make_drafts
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.octets import Draft

__all__ = [
    "CLAIMS",
    "NEVER_TWICE",
    "SILENT_AFTER",
    "UNCERTAIN_WAIT",
    "WAITS",
    "LastLook",
    "LookAhead",
    "claim",
    "deliver",
    "give_back",
    "is_anything_due",
    "make_draft",
    "next_due",
    "return_silent_claims",
]

FRESH = timedelta(seconds=2)
"""How long a last look holds: whoever's turn comes later is looked at again."""

logger = logging.getLogger(__name__)


class LastLook(Protocol):
    """What the features above say just before a message leaves."""

    def __call__(self, session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
        """Return why it must not leave any more, or None."""


class LookAhead(Protocol):
    """Loads at once what the last looks at several messages will ask for, kept as long as their session."""

    def __call__(self, session: Session, messages: Sequence[OutboxMessage], /) -> None:
        """Load it."""


@dataclass(slots=True, kw_only=True)
class _Round:
    """What one call of `deliver` works with."""

    worker: str
    now_fn: Callable[[], datetime]
    last_look: LastLook
    look_ahead: LookAhead | None
    stop: threading.Event
    transport: relay.Transport
    steps: Steps
    left: Left | None = None
    """What has left until that is written down: together with the first step of the next message."""


def deliver(
    *,
    worker: str,
    now_fn: Callable[[], datetime],
    last_look: LastLook,
    look_ahead: LookAhead | None = None,
    limit: int = 100,
    stop: threading.Event | None = None,
) -> int:
    """Send what is due, over one connection; returns how many messages were taken up. Commits by itself.

    Args:
        worker: name under which messages are claimed.
        now_fn: reads the clock.
        last_look: asked before each message.
        look_ahead: called before the last looks at several messages.
        limit: at most so many, so that the caller's other work gets its turn.
        stop: when set, no further message is begun and unbegun claims go back.
    """
    stop = stop or threading.Event()
    give_back(worker=worker, now=now_fn())  # what a fault of the database left in this worker's name
    return_silent_claims(now=now_fn())
    if not is_anything_due(now=now_fn()):
        return 0
    with Steps(worker) as steps, contextlib.closing(relay.make_transport()) as transport:
        this = _Round(
            worker=worker,
            now_fn=now_fn,
            last_look=last_look,
            look_ahead=look_ahead,
            stop=stop,
            transport=transport,
            steps=steps,
        )
        try:
            return _deliver_batches(this, limit)
        finally:
            if stop.is_set():
                give_back(worker=worker, now=now_fn())


def _deliver_batches(this: _Round, limit: int) -> int:
    handled, may_be_more = 0, True
    while handled < limit and may_be_more and not this.stop.is_set():
        count = min(CLAIMS, limit - handled)
        claims = claim(worker=this.worker, now=this.now_fn(), count=count)
        if not claims:
            break
        handled += _deliver_batch(this, claims)
        # On SQLite a claim keeps everybody else from writing, also where it finds nothing.
        may_be_more = len(claims) == count or is_anything_due(now=this.now_fn())
    settle(this)
    return handled


def _deliver_batch(this: _Round, claims: Sequence[Claim]) -> int:
    """Send what was claimed; returns how many messages were taken up."""
    looked_at = this.now_fn()
    drafts = _look_at_all(this, [one.number for one in claims])
    for place, (number, leaves_at) in enumerate(claims):
        if not _is_turn(this, leaves_at):
            return place
        draft = drafts.get(number)
        if draft is not None and this.now_fn() - looked_at > FRESH:
            draft = _look_at_all(this, [number]).get(number)
        if draft is None:
            continue
        waiting = [one for later in claims[place + 1 :] if (one := drafts.get(later.number))]
        outcome = _transmit(this, draft, waiting[0] if waiting else None)
        if outcome.result is relay.Result.SENT:
            this.left = Left(number, this.now_fn())
        elif outcome.result is not relay.Result.ABANDONED:
            # A relay that is not there would keep each of them waiting as long as the first.
            others = [one.number for one in waiting] if outcome.is_away else []
            _record(this, [number, *others], outcome)
            if outcome.is_away:
                break
    return len(claims)


def _is_turn(this: _Round, leaves_at: datetime) -> bool:
    """Wait until a message may leave; False where everything stops."""
    seconds = (leaves_at - this.now_fn()).total_seconds()
    if seconds > 0:
        settle(this)
        this.stop.wait(seconds)
    return not this.stop.is_set()


def _look_at_all(this: _Round, numbers: Sequence[int]) -> dict[int, Draft]:
    """Return the drafts of those that may leave; one that cannot be looked at holds up no other."""
    try:
        return {draft.number: draft for draft in look(this, numbers)}
    except SQLAlchemyError:
        raise  # a database that is away holds up all of them
    except Exception as fault:  # noqa: BLE001 (see above)
        if len(numbers) > 1:
            return {number: draft for one in numbers for number, draft in _look_at_all(this, [one]).items()}
        logger.error("message %d: %s", numbers[0], type(fault).__name__)  # noqa: TRY400 (a trace could show an address)
        outcome = relay.Outcome(relay.Result.LATER, f"could not be made: {type(fault).__name__}")
        _record(this, numbers, outcome)
        return {}


def look(this: _Round, numbers: Sequence[int]) -> list[Draft]:
    """Look a last time at claimed messages; returns those that may leave, links in place. Commits."""
    # What was looked at is not looked at again in this session: nothing of it need be marked as stale.
    with Session(db.engine, expire_on_commit=False) as session, session.begin():
        write_left(session.connection(), this.worker, this.left)
        found = session.scalars(MINE, {"numbers": list(numbers), "worker": this.worker}).all()
        if this.look_ahead is not None:
            this.look_ahead(session, found)
        asked = [message.recipient for message in found if message.kind not in suppression.ASKED_FOR]
        refused = suppression.statuses_of(session, asked)
        drafts = make_drafts(session, [one for one in found if _may_leave(this, session, one, refused)])
    this.left = None  # no sooner than it is committed
    return drafts


def _may_leave(this: _Round, session: Session, message: OutboxMessage, refused: dict[str, str]) -> bool:
    now = this.now_fn()
    if message.expires_at is not None and message.expires_at <= now:
        drop(message, OutboxState.EXPIRED, "too late", now)
        return False
    reason = this.last_look(session, message, now=now)
    if reason is None and message.kind not in suppression.ASKED_FOR and message.recipient in refused:
        reason = suppression.SUPPRESSED
    if reason is not None:
        drop(message, OutboxState.DISCARDED, reason, now)
    return reason is None


def _transmit(this: _Round, draft: Draft, upcoming: Draft | None) -> relay.Outcome:
    """Send one message; one that cannot be made must not hold up the others."""
    has_begun = False

    def begin() -> bool:
        nonlocal has_begun
        has_begun = begin_payload(this, draft.number)
        return has_begun

    def prepare() -> None:
        # While the relay thinks, the next message is put together; what is wrong with it is said at its own turn.
        if upcoming is not None:
            with contextlib.suppress(Exception):
                _ = upcoming.octets

    try:
        return this.transport.transmit(draft, begin, prepare)
    except SQLAlchemyError:
        raise
    except Exception as fault:  # noqa: BLE001 (see above)
        logger.error("message %d: %s", draft.number, type(fault).__name__)  # noqa: TRY400 (a trace could show an address)
        result = relay.Result.UNCERTAIN if has_begun else relay.Result.REFUSED
        return relay.Outcome(result, f"could not be made: {type(fault).__name__}")


def begin_payload(this: _Round, number: int) -> bool:
    """Write down that the message may leave from now on; False when it is no longer this worker's."""
    if this.stop.is_set():
        return False
    is_ours = this.steps.begin(number, this.left, now=this.now_fn())
    this.left = None
    return is_ours


def settle(this: _Round) -> None:
    """Write down what has left where no other message follows at once."""
    if this.left is not None:
        this.steps.leave(this.left)
        this.left = None


def _record(this: _Round, numbers: Sequence[int], outcome: relay.Outcome) -> None:
    record(numbers, outcome, worker=this.worker, now=this.now_fn(), left=this.left)
    this.left = None
