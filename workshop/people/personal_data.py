"""Personal data in people: what is held of somebody who speaks or organises, and its erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.core.addresses import fold_address
from workshop.core.erasures import remember
from workshop.mail import personal_data as mail_data
from workshop.people import staleness
from workshop.people.models import Person, Portrait, SpeakerChange
from workshop.people.service import raise_revision

TABLES = ("person", "committee_member", "partner", "portrait", "speaker_change")
"""Tables whose personal data this file answers for."""


def export(session: Session, *, email: str) -> list[dict[str, Any]]:
    """Return what is held of the people with an address, as plain JSON values; one object for each series."""
    return [describe(session, person) for person in list_people(session, email=email)]


def describe(session: Session, person: Person) -> dict[str, Any]:
    """Return what is held of one person, as plain JSON values; secret links are cut out of the messages."""
    return {
        "series": person.series_id,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "role": person.role.to_json(),
        "affiliations": [affiliation.to_json() for affiliation in person.affiliations],
        "former": list(person.former),
        "biography": person.biography.to_json(),
        "portrait": _portrait(person.portrait),
        "changes_asked_for": [_change(one) for one in _list_changes(session, person)],
        "links": list(person.links),
        "has_calendar_address": links.has_link(session, purpose=links.Purpose.FEED, subject=person.subject),
        "messages": mail_data.export(session, person_ref=person.subject),
    }


def erase(session: Session, *, now: datetime, email: str) -> int:
    """Erase the people with an address: their parts in every programme, links, mail. Flushes; returns how many."""
    people = list_people(session, email=email)
    for person in people:
        mail_data.erase(session, person_ref=person.subject, now=now)
        links.revoke(session, subjects=[person.subject])
        remember(session, now=now, subjects=[person.subject])
        staleness.forget(session, [f"person:{person.id}"])
        session.delete(person)
        raise_revision(session, now=now, series_id=person.series_id)
    session.flush()
    return len(people)


def _list_changes(session: Session, person: Person) -> Sequence[SpeakerChange]:
    statement = sa.select(SpeakerChange).where(SpeakerChange.person_id == person.id)
    return session.scalars(statement.order_by(SpeakerChange.id)).all()


def _change(one: SpeakerChange) -> dict[str, Any]:
    return {
        "asked_at": one.asked_at.isoformat(),
        "was": one.was,
        "wanted": one.content,
        "state": one.state.value,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
    }


def _portrait(one: Portrait | None) -> dict[str, Any] | None:
    """Return the facts of a picture, which is fetched by itself."""
    if one is None:
        return None
    return {
        "media_type": one.media_type,
        "uploaded_at": one.uploaded_at.isoformat(),
        "uploaded_by": "speaker" if one.uploaded_by == "speaker" else "organiser",
    }


def list_people(session: Session, *, email: str) -> list[Person]:
    """Return the people of any series with an address; none for no address."""
    folded = fold_address(email)
    rows = session.scalars(sa.select(Person).where(Person.email != "").order_by(Person.id))
    return [person for person in rows if fold_address(person.email) == folded] if folded else []
