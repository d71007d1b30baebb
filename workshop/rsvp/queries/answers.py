"""Reading participants and answers, and how sessions stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from workshop.chatham.rule import Visibility
from workshop.core.links import Purpose, find_subject
from workshop.core.probe import Probe, literal
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.queries import KNOWN_SESSION, material_parts, session_parts
from workshop.rsvp.models import HOLDS_SEAT, Acknowledgement, Answer, AnswerRequest, AnswerState, Participant


class SessionMark(NamedTuple):
    """A session's revision and what its state depends on, to tell whether a kept page is still right."""

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
        # A seat given back is kept for a short time, and nobody else's until then.
        sa.or_(*(Answer.state == literal(state) for state in HOLDS_SEAT), Answer.seat_kept_until.is_not(None)),
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
    _MARK.where(Series.slug == sa.bindparam("series"), WorkshopSession.slug == sa.bindparam("slug"), KNOWN_SESSION),
    SessionMark,
)
_BY_UID = Probe(_MARK.where(WorkshopSession.uid == sa.bindparam("uid"), KNOWN_SESSION), SessionMark)
_COMING = _MARK.where(WorkshopSession.ends_at > sa.bindparam("now"))
_COMING_OF_SERIES = _COMING.where(WorkshopSession.series_id == sa.bindparam("series_id"))
_COMING_OF_PUBLIC = _COMING.where(Series.visibility == literal(Visibility.PUBLIC))


def find_session_mark(engine: Engine, series_slug: str, slug: str) -> SessionMark | None:
    """Return the mark of the session of exactly these slugs; None where the public may not know it."""
    return next(iter(_ONE(engine, series=series_slug, slug=slug)), None)


def find_session_mark_by_uid(engine: Engine, uid: str) -> SessionMark | None:
    """Return the mark of the session of that uid; None where the public may not know it."""
    return next(iter(_BY_UID(engine, uid=uid)), None)


def list_coming_marks(connection: Connection, *, now: datetime, series_id: int | None = None) -> list[SessionMark]:
    """Return the marks of all sessions that have not ended, hidden or not: of a series, or of every public series."""
    if series_id is None:
        return [SessionMark._make(row) for row in connection.execute(_COMING_OF_PUBLIC, {"now": now})]
    values = {"now": now, "series_id": series_id}
    return [SessionMark._make(row) for row in connection.execute(_COMING_OF_SERIES, values)]


HELD = sa.or_(Answer.state.in_(HOLDS_SEAT), Answer.seat_kept_until.is_not(None))


def count_seats(session: Session, session_ids: Collection[int]) -> dict[int, int]:
    """Return session id → seats held, 0 included: accepted, offered, and kept for a short time to undo."""
    return _count(session, session_ids, HELD)


def count_answers(session: Session, session_ids: Collection[int]) -> dict[int, int]:
    """Return session id → answers confirmed, whatever became of them; unconfirmed ones do not count."""
    return _count(session, session_ids, Answer.state != AnswerState.PENDING)


def _count(session: Session, session_ids: Collection[int], condition: sa.ColumnElement[bool]) -> dict[int, int]:
    counts = dict.fromkeys(session_ids, 0)
    if counts:
        rows = session.execute(
            sa.select(Answer.workshop_session_id, sa.func.count())
            .where(Answer.workshop_session_id.in_(list(counts)), condition)
            .group_by(Answer.workshop_session_id)
        )
        counts.update((row[0], row[1]) for row in rows)
    return counts


def count_states(session: Session, session_id: int) -> dict[AnswerState, int]:
    """Return how many answers stand in each state, 0 included."""
    rows = session.execute(
        sa.select(Answer.state, sa.func.count()).where(Answer.workshop_session_id == session_id).group_by(Answer.state)
    )
    return dict.fromkeys(AnswerState, 0) | {row[0]: row[1] for row in rows}


def find_participant(session: Session, *, purpose: Purpose, token: str) -> Participant | None:
    """Return whose link this is; None for one that is forged, revoked, erased or for another purpose."""
    subject = find_subject(session, purpose=purpose, token=token)
    if subject is None:
        return None
    return session.scalar(sa.select(Participant).where(Participant.subject == subject, Participant.erased_at.is_(None)))


def find_answer_to_join(session: Session, *, token: str) -> Answer | None:
    """Return the accepted answer that a join link belongs to, with its session and participant, or None."""
    subject = find_subject(session, purpose=Purpose.JOIN, token=token)
    if subject is None:
        return None
    return session.scalar(
        sa.select(Answer)
        .join(Answer.participant)
        .where(
            Answer.subject == subject,
            Answer.state == AnswerState.ACCEPTED,
            Participant.erased_at.is_(None),
        )
        .options(contains_eager(Answer.participant), joinedload(Answer.workshop_session, innerjoin=True))
    )


def list_own_answers(session: Session, participant_id: int) -> Sequence[Answer]:
    """Return a participant's answers with sessions, programme and requests, by the sessions' start."""
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    parts: tuple[Any, ...] = (*session_parts(), *material_parts())
    whole_session = selectinload(Answer.workshop_session).options(*parts)
    return session.scalars(
        sa.select(Answer)
        .join(Answer.workshop_session)
        .where(Answer.participant_id == participant_id)
        .options(whole_session, joinedload(Answer.request))
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    ).all()


def list_acknowledgements(session: Session, answer_ids: Collection[int]) -> Sequence[Acknowledgement]:
    """Return what was acknowledged with these answers, the earliest first."""
    return session.scalars(
        sa.select(Acknowledgement)
        .where(Acknowledgement.answer_id.in_(list(answer_ids)))
        .order_by(Acknowledgement.acknowledged_at, Acknowledgement.id)
    ).all()


def list_stale_requests(session: Session, *, before: datetime) -> Sequence[AnswerRequest]:
    """Return what forms asked for at or before `before` and nobody confirmed."""
    return session.scalars(sa.select(AnswerRequest).where(AnswerRequest.created_at <= before)).all()


def list_perhaps_due(session: Session, *, now: datetime) -> Sequence[Participant]:
    """Return participants with an identity that no standing answer keeps; the exact date is the caller's to ask."""
    found: list[Participant] = []
    for series_id, days in session.execute(sa.select(Series.id, Series.retention_days).order_by(Series.id)).all():
        keeps = (
            sa.select(Answer.id)
            .join(Answer.workshop_session)
            .where(
                Answer.participant_id == Participant.id,
                Answer.state != AnswerState.WITHDRAWN,
                WorkshopSession.ends_at > now - timedelta(days=days),
            )
        )
        found += session.scalars(
            sa.select(Participant)
            .where(Participant.series_id == series_id, Participant.erased_at.is_(None), ~keeps.exists())
            .options(selectinload(Participant.answers).joinedload(Answer.workshop_session))
            .order_by(Participant.id)
        ).all()
    return found
