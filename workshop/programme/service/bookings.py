"""The sessions of a series around a date, with who speaks in them: two statements, however many sessions there are."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.people.models import Person
from workshop.programme.conflicts import Booking, Conflict, booking_of, find_conflicts
from workshop.programme.models import SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.view import default_label

_AROUND = timedelta(days=2)
"""Whatever is further away is on another day everywhere."""


def list_conflicts(session: Session, workshop_session: WorkshopSession) -> tuple[Conflict, ...]:
    """Return what is in the way of a session as it stands, also of one that is off for now."""
    return find_conflicts(booking_of(workshop_session), list_around(session, workshop_session))


def list_around(session: Session, workshop_session: WorkshopSession) -> list[Booking]:
    """Return the series' other sessions that take place about the same time."""
    rows = session.execute(
        sa.select(
            WorkshopSession.id,
            WorkshopSession.slug,
            WorkshopSession.title,
            WorkshopSession.label,
            WorkshopSession.number,
            WorkshopSession.starts_at,
            WorkshopSession.ends_at,
            WorkshopSession.tzid,
        ).where(
            WorkshopSession.series_id == workshop_session.series_id,
            WorkshopSession.id != workshop_session.id,
            WorkshopSession.status != SessionStatus.CANCELLED,
            WorkshopSession.starts_at < workshop_session.ends_at + _AROUND,
            WorkshopSession.ends_at > workshop_session.starts_at - _AROUND,
        )
    ).all()
    people = _list_people(session, [row[0] for row in rows])
    return [
        Booking(slug, title or label or default_label(number), starts_at, ends_at, tzid, people[session_id])
        for session_id, slug, title, label, number, starts_at, ends_at, tzid in rows
    ]


def _list_people(session: Session, session_ids: list[int]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {session_id: {} for session_id in session_ids}
    if found:
        rows = session.execute(
            sa.select(SpeakerSlot.workshop_session_id, Person.id, Person.name)
            .join(Person, Person.id == SpeakerSlot.person_id)
            .where(SpeakerSlot.workshop_session_id.in_(session_ids), SpeakerSlot.declined_at.is_(None))
        )
        for session_id, person_id, name in rows:
            found[session_id][person_id] = name
    return found
