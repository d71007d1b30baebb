"""Pausing the reminders of a session or a whole series, and letting them leave again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import IS_QUEUED
from workshop.programme.models import Series, WorkshopSession
from workshop.reminders.models import ReminderDelivery

PAUSED = "reminders paused"
BY_RULES = ("reminder", "thanks")
"""Kinds that leave by the rules of a session."""


def pause_reminders(session: Session, target: WorkshopSession | Series, *, now: datetime) -> int:
    """Let no reminder of a session, or of any session of a series, leave; returns how many were taken back. Flushes.

    What waits is taken back as if it had never been planned, so that resuming plans what is still in time.
    """
    if target.reminders_paused_at is None:
        target.reminders_paused_at = now
    session.flush()
    is_series = isinstance(target, Series)
    of_target = (OutboxMessage.series_id if is_series else OutboxMessage.workshop_session_id) == target.id
    numbers = session.scalars(
        sa.update(OutboxMessage)
        .where(of_target, OutboxMessage.kind.in_(BY_RULES), IS_QUEUED, OutboxMessage.uncertain_at.is_(None))
        .values(state=OutboxState.SUPERSEDED, reason=PAUSED, finished_at=now, dedupe_key=_released())
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).all()
    _forget(session, list(numbers))
    session.expire_all()
    return len(numbers)


def resume_reminders(session: Session, target: WorkshopSession | Series) -> None:
    """Let reminders leave again; what fell due meanwhile leaves only where it is still in time. Flushes."""
    target.reminders_paused_at = None
    session.flush()


def is_paused(workshop_session: WorkshopSession) -> bool:
    """Whether no reminder of a session leaves, by its own pause or its series'."""
    return bool(workshop_session.reminders_paused_at or workshop_session.series.reminders_paused_at)


def unplan(session: Session, message: OutboxMessage) -> None:
    """Let a reminder that does not leave be planned again: forget its delivery, and free its key. Flushes."""
    if message.uncertain_at is None:
        message.dedupe_key = f"{message.dedupe_key}|{message.id}"
        _forget(session, [message.id])


def _released() -> sa.ColumnElement[str]:
    return OutboxMessage.dedupe_key.concat("|").concat(sa.cast(OutboxMessage.id, sa.String))


def _forget(session: Session, messages: list[int]) -> None:
    for first in range(0, len(messages), 500):
        numbers = messages[first : first + 500]
        session.execute(sa.delete(ReminderDelivery).where(ReminderDelivery.outbox_message_id.in_(numbers)))
