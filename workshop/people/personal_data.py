"""Personal data in people: what is held of somebody who speaks or organises, and its erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.core.addresses import fold_address
from workshop.core.erasures import remember
from workshop.mail import personal_data as mail_data
from workshop.people.models import Person
from workshop.people.service import raise_revision

TABLES = ("person", "committee_member", "partner")
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
        "biography": person.biography.to_json(),
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
        session.delete(person)
        raise_revision(session, now=now, series_id=person.series_id)
    session.flush()
    return len(people)


def list_people(session: Session, *, email: str) -> list[Person]:
    """Return the people of any series with an address; none for no address."""
    folded = fold_address(email)
    rows = session.scalars(sa.select(Person).where(Person.email != "").order_by(Person.id))
    return [person for person in rows if fold_address(person.email) == folded] if folded else []
