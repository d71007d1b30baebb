"""Reading summaries, and the people whom the check must know."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.people.models import Partner, Person
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.summaries.models import Summary


class Guest(NamedTuple):
    """Somebody who answered, as far as the check must know them."""

    name: str
    affiliation: str
    address: str
    """Folded; empty where there is none."""


class Colleague(NamedTuple):
    """Somebody with a role in the series."""

    name: str
    organisation: str
    is_partner: bool


class Due(NamedTuple):
    """What decides whether a summary must be checked anew, beside people."""

    id: int
    """The session's."""
    series_id: int
    revision: int
    """Of the series: raised by whatever changes its people, programme, partners and levels."""
    version: int
    checked_for: str
    published: bool


def _parts() -> tuple[ORMOption, ...]:
    return (
        selectinload(Summary.authors),
        selectinload(Summary.approvals),
        selectinload(Summary.reasons),
        selectinload(Summary.quotations),
    )


def find_summary(session: Session, workshop_session_id: int) -> Summary | None:
    """Return a session's summary whole, as it stands now."""
    statement = sa.select(Summary).where(Summary.workshop_session_id == workshop_session_id).options(*_parts())
    # Read again also where it is known: somebody else may have been quicker while this one waited for the lock.
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def list_published(session: Session, session_ids: Collection[int]) -> dict[int, Summary]:
    """Return session's id → its summary, of those that are published."""
    if not session_ids:
        return {}
    statement = sa.select(Summary).where(
        Summary.workshop_session_id.in_(list(session_ids)), Summary.published_at.is_not(None)
    )
    return {one.workshop_session_id: one for one in session.scalars(statement.options(*_parts()))}


def list_stopped(session: Session, session_ids: Collection[int]) -> set[tuple[str, str]]:
    """Return the slugs, of series and session, of those whose summary a later check took off the pages."""
    if not session_ids:
        return set()
    rows = session.execute(
        sa.select(Series.slug, WorkshopSession.slug)
        .join(WorkshopSession, WorkshopSession.series_id == Series.id)
        .join(Summary, Summary.workshop_session_id == WorkshopSession.id)
        .where(WorkshopSession.id.in_(list(session_ids)), Summary.stopped_at.is_not(None))
    )
    return {(row[0], row[1]) for row in rows}


def list_due(session: Session) -> list[Due]:
    """Return every summary with what decides whether it must be checked anew."""
    rows = session.execute(
        sa.select(
            Summary.workshop_session_id,
            Series.id,
            Series.revision,
            Summary.version,
            Summary.checked_for,
            Summary.published_at.is_not(None),
        )
        .join(WorkshopSession, WorkshopSession.id == Summary.workshop_session_id)
        .join(Series, Series.id == WorkshopSession.series_id)
        .order_by(Summary.workshop_session_id)
    )
    return [Due(*row) for row in rows]


def list_guests(session: Session, session_ids: Collection[int]) -> dict[int, list[Guest]]:
    """Return session's id → who answered for it or for an earlier one of its series, and is not erased.

    Not who answers for a later one: they were not there, and could otherwise take a summary off its page by the name
    that they choose.
    """
    found: dict[int, list[Guest]] = {session_id: [] for session_id in session_ids}
    if not found:
        return found
    reported = aliased(WorkshopSession)
    rows = session.execute(
        sa.select(reported.id, Participant.id, Participant.name, Participant.affiliation, Participant.address_folded)
        .select_from(reported)
        .join(
            WorkshopSession,
            sa.and_(WorkshopSession.series_id == reported.series_id, WorkshopSession.starts_at <= reported.starts_at),
        )
        .join(Answer, Answer.workshop_session_id == WorkshopSession.id)
        .join(Participant, Participant.id == Answer.participant_id)
        .where(
            reported.id.in_(list(found)),
            Answer.state != AnswerState.PENDING,
            Participant.confirmed_at.is_not(None),
            Participant.erased_at.is_(None),
        )
        .distinct()
        .order_by(reported.id, Participant.id)
    )
    for session_id, _participant_id, name, affiliation, address in rows:
        found[session_id].append(Guest(name, affiliation, address or ""))
    return found


def list_colleagues(session: Session, series_ids: Collection[int]) -> dict[int, list[Colleague]]:
    """Return series' id → who has a role in it."""
    found: dict[int, list[Colleague]] = {series_id: [] for series_id in series_ids}
    if found:
        rows = session.execute(
            sa.select(SeriesRole.series_id, Organiser.name, SeriesRole.organisation, SeriesRole.role)
            .join(Organiser, Organiser.id == SeriesRole.organiser_id)
            .where(SeriesRole.series_id.in_(list(found)))
            .order_by(SeriesRole.series_id, Organiser.id)
        )
        for series_id, name, organisation, role in rows:
            found[series_id].append(Colleague(name, organisation, role is Role.PARTNER))
    return found


def list_people(session: Session, series_id: int) -> Sequence[Person]:
    """Return everybody who speaks, moderates or organises in a series."""
    return session.scalars(sa.select(Person).where(Person.series_id == series_id).order_by(Person.id)).all()


def list_partners(session: Session, series_id: int) -> Sequence[Partner]:
    """Return the partners of a series and of each of its sessions."""
    return session.scalars(sa.select(Partner).where(Partner.series_id == series_id).order_by(Partner.id)).all()


def count_confirmed(session: Session, workshop_session_id: int) -> int:
    """Return how many confirmed participants a session has, or had: counts outlive names."""
    statement = sa.select(sa.func.count()).where(
        Answer.workshop_session_id == workshop_session_id, Answer.state == AnswerState.ACCEPTED
    )
    return session.scalar(statement) or 0
