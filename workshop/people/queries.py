"""Finding one person: by their own link, or by number within a series."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.links import Purpose, find_subject
from workshop.people.models import CommitteeMember, Person


def find_speaker(session: Session, *, token: str) -> Person | None:
    """Return whose own page a link opens; None for any link that opens none."""
    subject = find_subject(session, purpose=Purpose.SPEAKER, token=token)
    return None if subject is None else find_by_subject(session, subject)


def find_by_subject(session: Session, subject: str) -> Person | None:
    """Return the person of a random id."""
    return session.scalar(sa.select(Person).where(Person.subject == subject).execution_options(populate_existing=True))


def find_person(session: Session, *, series_id: int, person_id: int) -> Person | None:
    """Return a person of a series; None for anybody else's."""
    return session.scalar(sa.select(Person).where(Person.id == person_id, Person.series_id == series_id))


def is_in_committee(session: Session, person_id: int) -> bool:
    """Whether a person is a member of their series' committee."""
    statement = sa.select(CommitteeMember.person_id).where(CommitteeMember.person_id == person_id)
    return session.scalar(statement) is not None
