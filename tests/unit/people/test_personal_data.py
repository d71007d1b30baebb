"""What is held of somebody who speaks, and its erasure."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import build_committee_member, build_item, build_person, build_series, build_session
from workshop.people.models import CommitteeMember, Person
from workshop.people.personal_data import erase, export
from workshop.programme.models import SpeakerSlot


def test_export_tells_all_that_is_held(session: Session) -> None:
    person = build_person(session, build_series(session), email="Ada@example.org")
    (held,) = export(session, email="ada@EXAMPLE.org")
    assert (held["name"], held["email"], held["affiliations"][0]) == (person.name, "Ada@example.org", "Inserm")
    assert export(session, email="") == []


def test_erasing_takes_them_out_of_every_programme(session: Session, now: datetime) -> None:
    series = build_series(session)
    person, other = build_person(session, series, email="ada@example.org"), build_person(session, series)
    build_committee_member(session, series, person)
    build_item(session, build_session(session, series), speakers=[person, other])
    revision = series.revision
    assert erase(session, now=now, email="ada@example.org") == 1
    session.expire_all()
    assert session.scalars(sa.select(Person.id)).all() == [other.id]
    assert session.scalars(sa.select(SpeakerSlot.person_id)).all() == [other.id]
    assert session.scalars(sa.select(CommitteeMember.person_id)).all() == []
    assert series.revision > revision
