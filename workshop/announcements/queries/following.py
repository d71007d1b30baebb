"""Reading who asked to be kept informed without answering for any session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from workshop.announcements.models import Subscriber
from workshop.chatham.rule import Visibility
from workshop.core.links import Purpose, find_subject
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.queries import KNOWN_SESSION

CONFIRM_WITHIN = timedelta(hours=48)
"""How long an address that nobody confirmed is kept."""


def find_subscriber(session: Session, *, purpose: Purpose, token: str, now: datetime) -> Subscriber | None:
    """Return whose link this is; None also for whoever never confirmed in time."""
    subject = find_subject(session, purpose=purpose, token=token)
    if subject is None:
        return None
    return session.scalar(
        sa.select(Subscriber)
        .where(
            Subscriber.subject == subject,
            sa.or_(Subscriber.confirmed_at.is_not(None), Subscriber.created_at > now - CONFIRM_WITHIN),
        )
        .options(joinedload(Subscriber.series))
    )


def lock_subscriber(session: Session, subject: str) -> Subscriber | None:
    """Return a subscriber as they stand now, held until the transaction ends."""
    return session.scalar(
        sa.select(Subscriber)
        .where(Subscriber.subject == subject)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def count_subscribers(session: Session, series_id: int) -> int:
    """Return how many people follow a series without having answered; who never confirmed does not count."""
    statement = sa.select(sa.func.count()).where(
        Subscriber.series_id == series_id, Subscriber.confirmed_at.is_not(None)
    )
    return session.scalar(statement) or 0


def list_unconfirmed(session: Session, *, now: datetime) -> Sequence[Subscriber]:
    """Return those whose address was not confirmed in time."""
    return session.scalars(
        sa.select(Subscriber)
        .where(Subscriber.confirmed_at.is_(None), Subscriber.created_at <= now - CONFIRM_WITHIN)
        .order_by(Subscriber.id)
    ).all()


def list_series_followed(session: Session) -> Sequence[Series]:
    """Return the series that anybody follows."""
    followed = sa.select(Subscriber.series_id).where(Subscriber.confirmed_at.is_not(None))
    return session.scalars(sa.select(Series).where(Series.id.in_(followed)).order_by(Series.id)).all()


def list_ends(session: Session, series_id: int) -> Sequence[datetime]:
    """Return when the sessions of a series end that anybody may know of: followers are told a date that rests on it."""
    return session.scalars(
        sa.select(WorkshopSession.ends_at)
        .join(Series, Series.id == WorkshopSession.series_id)
        .where(
            Series.id == series_id,
            KNOWN_SESSION,
            # Unlisted by its own word, it is in no list.
            sa.or_(WorkshopSession.visibility.is_(None), WorkshopSession.visibility != Visibility.UNLISTED),
        )
        .order_by(WorkshopSession.ends_at)
    ).all()


def list_confirmed(session: Session, series_id: int) -> Sequence[Subscriber]:
    """Return who follows a series, in the order of ids."""
    return session.scalars(
        sa.select(Subscriber)
        .where(Subscriber.series_id == series_id, Subscriber.confirmed_at.is_not(None))
        .order_by(Subscriber.id)
    ).all()
