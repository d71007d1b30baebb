"""What is held of those who asked to be kept informed, and how it is forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.announcements.models import Subscriber
from workshop.announcements.service.subscribing import forget
from workshop.core.addresses import fold_address


def list_subscribers(session: Session, *, email: str) -> list[Subscriber]:
    """Return who subscribes with an address, whichever the series, the oldest first."""
    folded = fold_address(email)
    statement = sa.select(Subscriber).where(Subscriber.address_folded == folded).order_by(Subscriber.id)
    return list(session.scalars(statement)) if folded else []


def export(session: Session, *, email: str) -> list[dict[str, Any]]:
    """Return what is held of a subscriber, as plain JSON values."""
    return [
        {
            "series": one.series.slug,
            "address": one.address,
            "language": one.language,
            "created_at": one.created_at.isoformat(),
            "confirmed_at": one.confirmed_at.isoformat() if one.confirmed_at else None,
        }
        for one in list_subscribers(session, email=email)
    ]


def erase(session: Session, *, now: datetime, email: str, series_id: int | None = None) -> int:
    """Forget a subscriber, of one series or of all, with their links and messages; returns how many rows. Flushes."""
    found = [one for one in list_subscribers(session, email=email) if series_id in {None, one.series_id}]
    for one in found:
        forget(session, one, now=now)
    return len(found)
