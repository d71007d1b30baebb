"""An organiser's own series, and what decides on the bytes of the calendar of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.accounts.queries import holds
from workshop.accounts.rule import PLANNERS
from workshop.core.probe import Probe, literal
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.queries import series_parts
from workshop.rsvp.models import Answer, AnswerState

_MANAGES = SeriesRole.role.in_([literal(role) for role in (*PLANNERS, Role.ANSWERS)])
_COUNTED = (AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.WAITLISTED)


class _Managed(NamedTuple):
    organiser_id: int
    language: str
    series_id: int | None
    """None: no series at all."""
    revision: int | None
    newest_uid: str | None
    expires_at: datetime | None
    """Of the role."""


class AnswerCount(NamedTuple):
    """How many answers to one session stand in one state."""

    uid: str
    """The session's."""
    state: AnswerState
    number: int


class OrganiserMark(NamedTuple):
    """All that decides on an organiser's calendar, but the day."""

    organiser_id: int
    language: str
    series: tuple[tuple[int, int, str | None], ...]
    """Id, revision and the greatest uid of the sessions, of every series that they plan or see answers of."""
    counts: tuple[AnswerCount, ...]


_OF_ORGANISER = sa.and_(Organiser.subject == sa.bindparam("subject"), Organiser.is_enabled)
_MANAGED = Probe(
    sa.select(
        Organiser.id,
        Organiser.language,
        Series.id,
        Series.revision,
        sa.select(sa.func.max(WorkshopSession.uid))
        .where(WorkshopSession.series_id == Series.id)
        .correlate(Series)
        .scalar_subquery(),
        SeriesRole.expires_at,
    )
    .select_from(Organiser)
    .outerjoin(SeriesRole, sa.and_(SeriesRole.organiser_id == Organiser.id, _MANAGES))
    .outerjoin(Series, Series.id == SeriesRole.series_id)
    .where(_OF_ORGANISER)
    .order_by(Series.id),
    _Managed,
)
_COUNTS = Probe(
    sa.select(WorkshopSession.uid, Answer.state, sa.func.count())
    .select_from(Organiser)
    .join(SeriesRole, sa.and_(SeriesRole.organiser_id == Organiser.id, _MANAGES))
    .join(WorkshopSession, WorkshopSession.series_id == SeriesRole.series_id)
    .join(Answer, Answer.workshop_session_id == WorkshopSession.id)
    .where(_OF_ORGANISER, Answer.state.in_([literal(state) for state in _COUNTED]))
    .group_by(WorkshopSession.uid, Answer.state)
    .order_by(WorkshopSession.uid, Answer.state),
    AnswerCount,
)


def find_organiser_mark(engine: Engine, subject: str, *, now: datetime) -> OrganiserMark | None:
    """Return the mark of an organiser's calendar; None where the account is gone or disabled.

    Raises OperationalError when the database is away.
    """
    rows = _MANAGED(engine, subject=subject)
    if not rows:
        return None
    series = tuple(
        (row.series_id, row.revision or 0, row.newest_uid)
        for row in rows
        if row.series_id is not None and (row.expires_at is None or row.expires_at > now)
    )
    counts = tuple(_COUNTS(engine, subject=subject)) if series else ()
    return OrganiserMark(rows[0].organiser_id, rows[0].language, series, counts)


def list_managed_series(session: Session, organiser_id: int, *, now: datetime) -> Sequence[Series]:
    """Return every series, whole, whose sessions an organiser plans or whose answers they see, oldest first."""
    statement = (
        sa.select(Series)
        .join(SeriesRole, SeriesRole.series_id == Series.id)
        .where(SeriesRole.organiser_id == organiser_id, _MANAGES, holds(now))
        .order_by(Series.id)
        .options(*series_parts())
    )
    return session.scalars(statement).all()
