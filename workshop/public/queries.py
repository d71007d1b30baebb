"""What decides whether a kept page is still right: small statements of Core, without loading what the page shows."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from workshop.chatham.rule import Visibility
from workshop.core.probe import Probe, literal
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.rsvp.models import HOLDS_SEAT, Answer


class SessionMark(NamedTuple):
    """A session's revision and what its state depends on; has what `rsvp.schedule.Timed` asks for."""

    id: int
    series_id: int
    revision: int
    uid: str
    is_listed: bool
    """Whether search engines may keep the page as far as series and session themselves say."""
    status: SessionStatus
    starts_at: datetime
    ends_at: datetime
    rsvp_opens_at: datetime | None
    rsvp_closes_at: datetime | None
    tzid: str
    capacity: int | None
    held: int


_HELD = (
    sa.select(sa.func.count())
    .where(
        Answer.workshop_session_id == WorkshopSession.id,
        sa.or_(*(Answer.state == literal(state) for state in HOLDS_SEAT)),
    )
    .correlate(WorkshopSession)
    .scalar_subquery()
)
_MARK = (
    sa.select(
        WorkshopSession.id,
        WorkshopSession.series_id,
        Series.revision,
        WorkshopSession.uid,
        sa.and_(
            Series.visibility == literal(Visibility.PUBLIC),
            sa.or_(WorkshopSession.visibility.is_(None), WorkshopSession.visibility == literal(Visibility.PUBLIC)),
        ),
        WorkshopSession.status,
        WorkshopSession.starts_at,
        WorkshopSession.ends_at,
        WorkshopSession.rsvp_opens_at,
        WorkshopSession.rsvp_closes_at,
        WorkshopSession.tzid,
        WorkshopSession.capacity,
        # Nothing is counted where nothing is said about places.
        sa.case((WorkshopSession.capacity.is_(None), sa.literal_column("0")), else_=_HELD),
    )
    .join(Series, Series.id == WorkshopSession.series_id)
    .order_by(WorkshopSession.id)
)
_ONE = Probe(
    _MARK.where(Series.slug == sa.bindparam("series"), WorkshopSession.slug == sa.bindparam("slug")), SessionMark
)
_COMING = _MARK.where(WorkshopSession.ends_at > sa.bindparam("now"))
_COMING_OF_SERIES = _COMING.where(WorkshopSession.series_id == sa.bindparam("series_id"))
_COMING_OF_PUBLIC = _COMING.where(Series.visibility == literal(Visibility.PUBLIC))


def find_session_mark(engine: Engine, series_slug: str, slug: str) -> SessionMark | None:
    """Return the mark of the session of exactly these slugs, hidden or not."""
    return next(iter(_ONE(engine, series=series_slug, slug=slug)), None)


def list_coming_marks(connection: Connection, *, now: datetime, series_id: int | None = None) -> list[SessionMark]:
    """Return the marks of all sessions that have not ended, hidden or not: of a series, or of every public series."""
    if series_id is None:
        return [SessionMark._make(row) for row in connection.execute(_COMING_OF_PUBLIC, {"now": now})]
    values = {"now": now, "series_id": series_id}
    return [SessionMark._make(row) for row in connection.execute(_COMING_OF_SERIES, values)]
