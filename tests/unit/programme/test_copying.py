"""What a copy of a session says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.builders import both, build_person, build_series, build_session, build_slot
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.mail.models import MailText
from workshop.mail.texts import OwnText, list_own
from workshop.people.models import Person, Portrait
from workshop.programme.models import GlossaryTerm, WorkshopSession
from workshop.programme.service.copying import USUAL, USUAL_OF_SERIES, Part, When, copy_series, values_after

PARTS = st.sets(st.sampled_from(Part))


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    return build_session(session, build_series(session), number=4, slug="4", label=both("Atelier 4", "Workshop 4"))


def after(one: WorkshopSession, days: int = 7) -> When:
    moved = timedelta(days=days)
    return When(starts_wall=one.starts_wall + moved, ends_wall=one.ends_wall + moved, tzid=one.tzid)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (both("Atelier 4", "Workshop 4"), both("Atelier 5", "Workshop 5")),
        (both("Clôture", "Closing session"), both("Clôture", "Closing session")),
        (both("Atelier n°4 de 14", "Workshop #4 of 14"), both("Atelier n°5 de 14", "Workshop #5 of 14")),
        (Localized.neutral("WS-4"), Localized.neutral("WS-5")),
    ],
)
def test_a_label_takes_the_new_number(one: WorkshopSession, label: Localized, expected: Localized) -> None:
    one.label = label
    assert values_after(one, USUAL, after(one), number=5).label == expected


@given(parts=PARTS)
def test_whatever_comes_along_a_copy_is_a_draft_as_strict_as_its_source(parts: set[Part]) -> None:
    source = WorkshopSession(
        slug="4", number=4, title=both("a", "b"), label=Localized(), short_title=Localized(), public_title=Localized(),
        abstract=both("c", "d"), objectives=(), starts_wall=datetime(2026, 11, 30, 16), ends_wall=datetime(2026, 11, 30, 18),  # noqa: DTZ001 (a wall time has no zone)
        tzid="Europe/Paris", place=Localized(), room_link="https://rooms.example.org/4", floor_languages=("fr",),
        interpretation=(), is_published=True, level=Level.CLOSED, visibility=Visibility.INVITE_ONLY, capacity=3,
        has_waiting_list=True, needs_approval=True, shares=(), monolingual="", links=(), reminders=None,
    )  # fmt: skip
    source.starts_at = source.starts_wall.astimezone()
    source.ends_at = source.ends_wall.astimezone()
    values = values_after(source, parts, after(source), number=5)
    assert not values.is_published
    assert (values.level, values.visibility) == (Level.CLOSED, Visibility.INVITE_ONLY)
    assert bool(values.room_link) == (Part.ROOM in parts)
    assert (values.abstract == source.abstract) == (Part.TEXTS in parts)
    assert (values.capacity == 3) == (Part.SETTINGS in parts)
    assert values.title


def test_a_series_brings_its_terms_and_people_as_its_own(session: Session, one: WorkshopSession, now: datetime) -> None:
    series = one.series
    person = build_person(session, series)
    build_slot(session, one, person)
    session.add(GlossaryTerm(series_id=series.id, position=0, term=both("usage", "use")))
    session.flush()
    session.refresh(series)
    made = copy_series(
        session, now=now, source=series, slug="next", title=both("x", "y"), parts=USUAL_OF_SERIES, first_on=datetime(2027, 3, 28).date()  # noqa: DTZ001 (a day has no zone)
    )  # fmt: skip
    (copied,) = made.people
    assert (copied.name, copied.series_id) == (person.name, made.id)
    assert copied.subject != person.subject
    (session_,) = made.sessions
    assert session_.starts_wall == datetime(2027, 3, 28, 16)  # noqa: DTZ001 (a wall time has no zone)
    assert [slot.person_id for slot in session_.slots] == [copied.id]
    assert session.query(GlossaryTerm).filter_by(series_id=made.id).count() == 1


def test_wording_of_mails_and_pictures_come_along_where_chosen(session: Session, now: datetime) -> None:
    series = build_series(session)
    person = build_person(session, series)
    build_person(session, series)
    session.add(
        Portrait(person_id=person.id, media_type="image/png", content=b"a picture", uploaded_at=now, uploaded_by="x")
    )
    own = OwnText("{title}", "{until}")
    session.add(
        MailText(
            series_id=series.id, kind="place_offered", language="fr", subject=own.subject, body=own.body, revised_at=now
        )
    )
    session.flush()
    session.refresh(series)
    made = {
        parts: copy_series(
            session, now=now, source=series, slug=f"next-{len(parts)}", title=both("x", "y"), parts=parts, first_on=None
        )
        for parts in (USUAL_OF_SERIES, tuple(Part), (Part.PORTRAITS, Part.TEXTS))
    }
    assert [list_own(session, series_id=one.id) for one in made.values()] == [{("place_offered", "fr"): own}] * 2 + [{}]
    pictured = sa.select(Person.series_id, Portrait.content, Portrait.uploaded_by).join(
        Portrait, Portrait.person_id == Person.id
    )
    found = session.execute(pictured.where(Person.series_id != series.id)).all()
    # Not unasked, and not without the people whose they are.
    assert found == [(made[tuple(Part)].id, b"a picture", "x")]
