"""Reading what the documents are made of, without what they do not show."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from workshop.chatham.rule import Visibility
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.queries import KNOWN_SESSION, session_parts


def list_public_series_alone(session: Session) -> Sequence[Series]:
    """Return every series that anybody may find with its committee and partners, without its sessions, oldest first."""
    statement = sa.select(Series).where(Series.visibility == Visibility.PUBLIC).order_by(Series.id)
    return session.scalars(statement.options(selectinload(Series.committee), selectinload(Series.partners))).all()


def find_known_session_by_uid(session: Session, uid: str) -> WorkshopSession | None:
    """Return the session of that uid whole, with its series; None also where the public may not know it."""
    statement = (
        sa.select(WorkshopSession)
        .join(WorkshopSession.series)
        .where(WorkshopSession.uid == uid, KNOWN_SESSION)
        .options(contains_eager(WorkshopSession.series), *session_parts())
    )
    return session.scalars(statement).one_or_none()
