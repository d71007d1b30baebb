"""Writing people, committee and partners of a series.

Everything here raises the series' revision. Functions take the series' id: people lie below series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import Audience, Level, Surface, Visibility, disclosure
from workshop.core import links
from workshop.core.db import UTCDateTime
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.mail.service import redirect_queued
from workshop.people.checks import Checker
from workshop.people.models import CommitteeMember, Partner, Person
from workshop.people.staleness import follow, joined
from workshop.people.values import PartnerValues, PersonValues, clean_person, former_data, partner_values, person_values

_SERIES = sa.table(
    "series",
    sa.column("id"),
    sa.column("revision"),
    sa.column("revised_at", UTCDateTime()),
    sa.column("level", sa.String),
)
_SESSIONS = sa.table(
    "workshop_session",
    sa.column("id"),
    sa.column("series_id"),
    sa.column("revised_at", UTCDateTime()),
    sa.column("level", sa.String),
)
_SLOTS = sa.table("speaker_slot", sa.column("workshop_session_id"), sa.column("person_id"))


def save_person(
    session: Session,
    *,
    now: datetime,
    series_id: int,
    values: PersonValues,
    languages: Sequence[str],
    actor: str = "command",
) -> Person:
    """Add a person, or bring the one of that key in that series up to date. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series_id: the series; two series never share a person.
        values: everything said of the person.
        languages: of texts.
        actor: as the log names who did it.

    Raises:
        InvalidValuesError: with every fault.
    """
    checker = Checker(languages)
    values = clean_person(values, checker)
    checker.raise_any()
    person = session.scalar(sa.select(Person).where(Person.series_id == series_id, Person.key == values.key))
    if person is not None and person_values(person) == values:
        return person
    before = {} if person is None else _texts_of(person)
    if person is None:
        person = Person(series_id=series_id, key=values.key)
        session.add(person)
    else:
        if person.email != values.email:
            _follow_address(session, person, values.email)
        if (person.name, person.affiliations, person_values(person).former) != (
            values.name,
            values.affiliations,
            values.former,
        ):
            revise_sessions_of(session, now=now, person_id=person.id)
    person.name, person.role, person.affiliations = values.name, values.role, values.affiliations
    person.biography, person.links, person.email = values.biography, values.links, values.email
    person.former = former_data(values.former)
    session.flush()
    follow(
        session,
        now=now,
        actor=actor,
        series_id=series_id,
        owner=f"person:{person.id}",
        before=before,
        after=_texts_of(person),
    )
    raise_revision(session, now=now, series_id=series_id)
    return person


def _texts_of(person: Person) -> dict[str, Localized]:
    return {"role": person.role, "affiliations": joined(person.affiliations), "biography": person.biography}


def set_contact(
    session: Session, *, now: datetime, person: Person, email: str, language: str, languages: Sequence[str]
) -> bool:
    """Give a person's address, and in which language they are written to; returns whether that changed anything.

    With another address the link that went to the one before is dead. Flushes.

    Args:
        session: the database.
        now: the present instant.
        person: of a series.
        email: their address; empty: none.
        language: code; empty: the series' first.
        languages: the series'.

    Raises:
        InvalidValuesError: for what is no address, or another language.
    """
    checker = Checker(languages)
    email = checker.email("email", email)
    if language and language not in languages:
        checker.add("language", "unknown_language", languages=list(languages))
    checker.raise_any()
    if (person.email, person.language) == (email, language):
        return False
    if person.email != email:
        _follow_address(session, person, email)
    person.email, person.language = email, language
    session.flush()
    raise_revision(session, now=now, series_id=person.series_id)
    return True


def renew_link(session: Session, *, person: Person) -> None:
    """Make a person's own page open by a new link only: the old one is dead at once. Flushes."""
    links.renew(session, purposes=[links.Purpose.SPEAKER], subject=person.subject)


def _follow_address(session: Session, person: Person, email: str) -> None:
    """End the links that went to the address before: a mailbox written down wrongly keeps nothing that opens."""
    if person.email:
        renew_link(session, person=person)
        links.close(session, purpose=links.Purpose.FEED, subject=person.subject)
        if email:
            redirect_queued(session, person_ref=person.subject, recipient=email)


def list_by_key(session: Session, *, series_id: int) -> dict[str, Person]:
    """Return key → person of a series."""
    rows = session.scalars(sa.select(Person).where(Person.series_id == series_id).order_by(Person.id))
    return {person.key: person for person in rows}


def find_people(known: Mapping[str, Person], keys: Sequence[str], field: str) -> tuple[list[Person], list[Fault]]:
    """Return the people of `keys` in their order, and a fault for each key that is unknown or named twice."""
    faults = []
    for index, key in enumerate(keys):
        if key not in known:
            faults.append(Fault(f"{field}.{index}", "unknown_person", {"key": key}))
        elif key in keys[:index]:
            faults.append(Fault(f"{field}.{index}", "named_twice", {"key": key}))
    return [known[key] for key in keys if key in known], faults


def set_committee(session: Session, *, now: datetime, series_id: int, keys: Sequence[str]) -> bool:
    """Make the people of `keys` the committee, in that order; returns whether that changed anything. Flushes.

    Raises:
        InvalidValuesError: for an unknown key.
    """
    people, faults = find_people(list_by_key(session, series_id=series_id), keys, "committee")
    if faults:
        raise InvalidValuesError(faults)
    rows = session.scalars(
        sa.select(CommitteeMember).where(CommitteeMember.series_id == series_id).order_by(CommitteeMember.position)
    ).all()
    if [row.person_id for row in rows] == [person.id for person in people]:
        return False
    existing = {row.person_id: row for row in rows}
    for position, person in enumerate(people):
        row = existing.pop(person.id, None)
        if row is None:
            session.add(CommitteeMember(series_id=series_id, person_id=person.id, position=position))
        else:
            row.position = position
    for row in existing.values():
        session.delete(row)
    session.flush()
    raise_revision(session, now=now, series_id=series_id)
    return True


def set_partners(
    session: Session, *, now: datetime, series_id: int, workshop_session_id: int | None, values: Sequence[PartnerValues]
) -> bool:
    """Make these, already checked, the partners of a series or session; returns whether that changed anything. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series_id: the series.
        workshop_session_id: the session; None for the series' own partners.
        values: in their order.
    """
    rows = session.scalars(
        sa.select(Partner)
        .where(Partner.series_id == series_id, Partner.workshop_session_id.is_not_distinct_from(workshop_session_id))
        .order_by(Partner.position)
    ).all()
    if [partner_values(row) for row in rows] == list(values):
        return False
    for position, value in enumerate(values):
        columns: dict[str, Any] = {"name": value.name, "role": value.role, "url": value.url, "position": position}
        if position < len(rows):
            for name, column in columns.items():
                setattr(rows[position], name, column)
        else:
            session.add(Partner(series_id=series_id, workshop_session_id=workshop_session_id, **columns))
    for row in rows[len(values) :]:
        session.delete(row)
    session.flush()
    raise_revision(session, now=now, series_id=series_id)
    return True


def raise_revision(session: Session, *, now: datetime, series_id: int) -> None:
    """Raise a series' revision: what it shows has changed."""
    session.execute(
        sa.update(_SERIES)
        .where(_SERIES.c.id == series_id)
        .values({"revision": _SERIES.c.revision + 1, "revised_at": now})
    )


def names_in_calendars(level: Level) -> bool:
    """Whether any calendar of anybody names those who speak under this level."""
    shown = disclosure(level=level, visibility=Visibility.PUBLIC, audience=Audience.ORGANISER, surface=Surface.CALENDAR)
    return shown.speaker_names


def revise_sessions_of(session: Session, *, now: datetime, person_id: int) -> None:
    """Date the sessions in which somebody has a part anew: their calendar entries name the person otherwise, or not.

    Where no calendar names anybody the date stays: it is public, and would tell of what the Rule hides.
    """
    levels = [level.value for level in Level if names_in_calendars(level)]
    theirs = (
        sa.select(_SLOTS.c.workshop_session_id)
        .join(_SESSIONS, _SESSIONS.c.id == _SLOTS.c.workshop_session_id)
        .join(_SERIES, _SERIES.c.id == _SESSIONS.c.series_id)
        .where(_SLOTS.c.person_id == person_id, sa.func.coalesce(_SESSIONS.c.level, _SERIES.c.level).in_(levels))
    )
    session.execute(sa.update(_SESSIONS).where(_SESSIONS.c.id.in_(theirs)).values({"revised_at": now}))
