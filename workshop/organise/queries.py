"""Reading what the workspace shows across features."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.queries import series_parts
from workshop.reminders.queries import STANDING
from workshop.rsvp.models import Answer, Participant

PAGE = 200


def list_series(session: Session, series_ids: Collection[int]) -> Sequence[Series]:
    """Return these series, whole, the latest made first."""
    statement = sa.select(Series).where(Series.id.in_(list(series_ids))).order_by(Series.id.desc())
    return session.scalars(statement.options(*series_parts())).all()


def list_mail(session: Session, series_id: int) -> Sequence[OutboxMessage]:
    """Return the newest 200 messages of a series, the newest first."""
    statement = sa.select(OutboxMessage).where(OutboxMessage.series_id == series_id)
    return session.scalars(statement.order_by(OutboxMessage.id.desc()).limit(PAGE)).all()


def count_told(session: Session, session_id: int, *, ends_after: datetime | None = None) -> int:
    """Return how many participants would be told of a move or a cancellation, as the worker will find them.

    With `ends_after`, none when the session is over by then: of what is past nobody is told.
    """
    statement = (
        sa.select(sa.func.count())
        .select_from(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(
            Answer.workshop_session_id == session_id,
            Answer.state.in_(STANDING),
            Answer.told_starts_at.is_not(None),
            WorkshopSession.is_published,
            Participant.address.is_not(None),
            Participant.erased_at.is_(None),
        )
    )
    if ends_after is not None:
        statement = statement.where(WorkshopSession.ends_at > ends_after)
    return session.scalar(statement) or 0
