"""The worker writes confirmed announcements into the outbox, in batches; and a last look before each leaves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.announcements import emails
from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.queries import (
    Group,
    find_recipient,
    list_recipients,
    list_subscribers,
    lock_due,
)
from workshop.announcements.service.writing import PAUSED, STOPPED, start_over
from workshop.core.waking import ring
from workshop.mail.models import OutboxMessage
from workshop.rsvp.models import Participant

BATCH = 200
"""How many messages one transaction writes: SQLite lets nobody else write meanwhile."""


def send_announcements(session: Session, now: datetime) -> int:
    """Write a batch of the announcement whose turn it is into the outbox; returns how much was done. Flushes."""
    announcement = lock_due(session, now=now)
    if announcement is None:
        return 0
    group, at_subscribers = Group.from_json(announcement.audience), announcement.is_at_subscribers
    find = list_subscribers if at_subscribers else list_recipients
    found = find(session, announcement.series, group, after=announcement.cursor, limit=BATCH)
    emails.write(session, announcement, found, now=now, is_to_subscribers=at_subscribers)
    if found:
        announcement.cursor = found[-1].id
    if len(found) == BATCH:
        pass  # there may be more
    elif at_subscribers:
        announcement.finished_at = now
    else:
        announcement.cursor, announcement.is_at_subscribers = 0, True
    session.flush()
    # Also where nobody was left: the step itself was something to do.
    return max(1, len(found))


def refusal_of_announcement(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    """Return why an announcement must not leave any more, or None; the reason names nobody. Flushes.

    One that the Rule overtook, in that it names what may not be named now, is written anew.
    """
    del now
    basis = message.basis
    if basis.get("is_test"):
        return None
    announcement = session.scalar(
        sa.select(Announcement)
        .where(Announcement.key == str(basis.get("announcement", "")))
        .execution_options(populate_existing=True)
    )
    if announcement is None or announcement.stopped_at is not None:
        return STOPPED
    if announcement.paused_at is not None:
        _free(message)
        return PAUSED
    group = Group.from_json(announcement.audience)
    recipient = find_recipient(session, announcement.series, group, message.person_ref)
    if recipient is None:
        return _why_not(session, message.person_ref)
    return _write_anew(session, announcement, message) if recipient.is_neutral and not basis["is_neutral"] else None


def _write_anew(session: Session, announcement: Announcement, message: OutboxMessage) -> str:
    _free(message)
    start_over(announcement)
    session.flush()
    ring(session)
    return "level changed"


def _free(message: OutboxMessage) -> None:
    """Let the message be written anew: nothing of this one has left, or it would not be looked at."""
    message.dedupe_key = f"taken back|{message.id}|{message.dedupe_key}"


def _why_not(session: Session, person_ref: str) -> str:
    person = session.execute(
        sa.select(Participant.erased_at, Participant.wants_announcements).where(Participant.subject == person_ref)
    ).first()
    if person is None:
        is_there = session.scalar(sa.select(Subscriber.id).where(Subscriber.subject == person_ref))
        return "no longer public" if is_there is not None else "erased"
    if person.erased_at is not None:
        return "erased"
    return "no longer concerned" if person.wants_announcements else "announcements stopped"
