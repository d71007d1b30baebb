"""Who asks to be told of announcements without answering: kept, confirmed by mail, ended by one press."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.announcements import emails
from workshop.announcements.models import Subscriber
from workshop.announcements.queries import (
    is_open,
    list_confirmed,
    list_ends,
    list_series_followed,
    list_unconfirmed,
    lock_subscriber,
)
from workshop.announcements.rule import subscriber_erases_at
from workshop.core.addresses import fold_address
from workshop.core.erasures import remember
from workshop.core.errors import NotFoundError, TooManyRequestsError
from workshop.core.limits import hit
from workshop.core.links import new_subject, revoke
from workshop.mail import personal_data as mail_data
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series
from workshop.rsvp.models import Participant
from workshop.rsvp.service.asking import MAILS_PER_HOUR

_HOUR = timedelta(hours=1)


@functools.cache
def _new_subscriber(dialect: str) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table = cast("sa.Table", Subscriber.__table__)
    return insert(table).on_conflict_do_nothing(index_elements=["series_id", "address_folded"])


def ask(session: Session, *, now: datetime, series: Series, address: str, language: str) -> None:
    """Keep that somebody wants a series' announcements, and mail the link that confirms it. Flushes.

    Does the same for an address that is known and one that is not, so that neither shows. Whoever has confirmed gets
    the link again, and nothing else changes.
    """
    folded = fold_address(address)
    values = {
        "subject": new_subject(),
        "series_id": series.id,
        "address": address,
        "address_folded": folded,
        "language": language,
        "created_at": now,
    }
    connection = session.connection()
    connection.execute(_new_subscriber(connection.dialect.name), values)
    subscriber = session.scalars(
        sa.select(Subscriber)
        .where(Subscriber.series_id == series.id, Subscriber.address_folded == folded)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if subscriber.confirmed_at is None:
        subscriber.created_at, subscriber.language = now, language
    session.flush()
    is_allowed = _may_mail(session, folded, now)
    with session.begin_nested() as point:
        emails.subscription_confirm(session, now=now, subscriber=subscriber, language=language)
        if not is_allowed:
            # Written and taken back: a quicker answer would tell that this address had been written to before.
            point.rollback()


def _may_mail(session: Session, folded: str, now: datetime) -> bool:
    # One count with the answer forms': it is the mailbox that is protected.
    try:
        hit(session, scope="confirm_address", key=folded, times=MAILS_PER_HOUR, window=_HOUR, now=now)
    except TooManyRequestsError:
        return False
    return True


def confirm_subscription(session: Session, subscriber: Subscriber, *, now: datetime, language: str) -> None:
    """Let announcements come, in a language; a second press changes that alone. Flushes.

    Raises:
        NotFoundError: forgotten meanwhile.
    """
    found = _lock(session, subscriber)
    found.confirmed_at, found.language = found.confirmed_at or now, language
    session.flush()


def set_language(session: Session, subscriber: Subscriber, *, language: str) -> None:
    """Write to a subscriber in another language. Flushes; raises NotFoundError."""
    _lock(session, subscriber).language = language
    session.flush()


def stop(session: Session, whose: Subscriber | Participant, *, now: datetime) -> None:
    """Send no more announcements of this series to an address; a subscriber is forgotten. Flushes.

    One press ends both ways in which an address may come to have them. Answers stand, and so do reminders.
    """
    folded = whose.address_folded
    participants = session.scalars(
        sa.select(Participant)
        .where(Participant.series_id == whose.series_id, Participant.address_folded == folded)
        .with_for_update()
    )
    for participant in participants if folded else ():
        participant.wants_announcements, participant.informed_since = False, None
    subscribers = session.scalars(
        sa.select(Subscriber)
        .where(Subscriber.series_id == whose.series_id, Subscriber.address_folded == folded)
        .with_for_update()
    ).all()
    for subscriber in subscribers:
        forget(session, subscriber, now=now)
    session.flush()


def take_again(session: Session, participant: Participant) -> None:
    """Let the organisers write to a participant again. Flushes."""
    found = session.get(Participant, participant.id, with_for_update=True, populate_existing=True)
    if found is None or found.erased_at is not None:
        raise NotFoundError("no such link")
    found.wants_announcements = True
    session.flush()


def forget(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Delete a subscriber's row; end their links, blank their messages. Flushes."""
    mail_data.erase(session, person_ref=subscriber.subject, now=now)
    revoke(session, subjects=[subscriber.subject])
    remember(session, now=now, subjects=[subscriber.subject])
    session.delete(subscriber)
    session.flush()


def forget_subscribers(session: Session, *, now: datetime) -> int:
    """Forget who never confirmed, after 48 hours, and who followed a series that is over; returns how many. Flushes."""
    due = list(list_unconfirmed(session, now=now))
    for series in list_series_followed(session):
        ends = list_ends(session, series.id)
        if ends and ends[-1] > now:
            continue
        due += [
            one
            for one in list_confirmed(session, series.id)
            if one.confirmed_at
            and subscriber_erases_at(ends, confirmed_at=one.confirmed_at, retention_days=series.retention_days) <= now
        ]
    for subscriber in due:
        forget(session, subscriber, now=now)
    return len(due)


def refusal_of_confirmation(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    """Return why the mail that confirms a subscription must not leave any more, or None."""
    del now
    subscriber = session.scalar(
        sa.select(Subscriber).where(Subscriber.subject == message.person_ref).execution_options(populate_existing=True)
    )
    if subscriber is None:
        return "nothing to confirm"
    return None if is_open(subscriber.series) else "no longer public"


def _lock(session: Session, subscriber: Subscriber) -> Subscriber:
    found = lock_subscriber(session, subscriber.subject)
    if found is None:
        raise NotFoundError("no such link")
    return found
