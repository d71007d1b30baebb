"""Personal data in people: what is held of somebody who speaks or organises, and its erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.addresses import fold_address
from workshop.people.models import Person
from workshop.people.service import raise_revision

TABLES = ("person", "committee_member", "partner")
"""Tables whose personal data this file answers for."""


def export(session: Session, *, email: str) -> list[dict[str, Any]]:
    """Return what is held of the people with an address, as plain JSON values; one object for each series."""
    return [
        {
            "series": person.series_id,
            "name": person.name,
            "email": person.email,
            "role": person.role.to_json(),
            "affiliations": [affiliation.to_json() for affiliation in person.affiliations],
            "biography": person.biography.to_json(),
            "links": list(person.links),
        }
        for person in _find(session, email)
    ]


def erase(session: Session, *, now: datetime, email: str) -> int:
    """Erase the people with an address, and with them their place in every programme. Flushes; returns how many."""
    people = _find(session, email)
    for person in people:
        session.delete(person)
        raise_revision(session, now=now, series_id=person.series_id)
    session.flush()
    return len(people)


def _find(session: Session, email: str) -> list[Person]:
    folded = fold_address(email)
    rows = session.scalars(sa.select(Person).where(Person.email != "").order_by(Person.id))
    return [person for person in rows if fold_address(person.email) == folded] if folded else []
