"""What becomes of a session in calendars when it is cancelled or taken back: dates, SEQUENCE, what is left of it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.unit.programme.values import LANGUAGES, a_series, a_session, no_answers, text, wall
from workshop.chatham.rule import Audience, ConsentKind, Level, Surface, Visibility
from workshop.people.service import save_person
from workshop.people.values import PersonValues
from workshop.programme.models import ItemKind, Series, SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.seriesfile import import_series
from workshop.programme.service import (
    cancel,
    create_series,
    create_session,
    publish,
    reschedule,
    series_values,
    session_values,
    unpublish,
    update_series,
    update_session,
)
from workshop.programme.service.consents import set_consent
from workshop.programme.service.programme import write_programme
from workshop.programme.service.values import ItemValues, SectionValues
from workshop.programme.view import series_view


@pytest.fixture
def series(session: Session, now: datetime) -> Series:
    return create_series(session, now=now, values=a_series(), instance_languages=LANGUAGES)


@pytest.fixture
def one(session: Session, now: datetime, series: Series) -> WorkshopSession:
    return create_session(session, now=now, series=series, values=a_session(is_published=True))


def change(session: Session, one: WorkshopSession, now: datetime, **values: Any) -> None:
    update_session(
        session,
        now=now,
        workshop_session=one,
        values=dataclasses.replace(session_values(one), **values),
        has_answers=False,
    )


def left_of(series: Series) -> list[tuple[str, int, datetime]]:
    view = series_view(series, audience=Audience.PUBLIC, surface=Surface.CALENDAR)
    assert view is not None
    return [(left.uid, left.sequence, left.starts_at) for left in view.tombstones]


def test_a_cancellation_is_dated_until_the_session_is_on_again(
    session: Session, now: datetime, one: WorkshopSession
) -> None:
    assert session_values(one).status is SessionStatus.CONFIRMED
    cancel(session, now=now, workshop_session=one)
    later = now + timedelta(days=2)
    change(session, one, later, title=text("Corrigé", "Corrected"))
    assert (one.cancelled_at, one.sequence) == (now, 1)
    change(session, one, later, status=SessionStatus.CONFIRMED)
    session.expire(one)
    assert (one.cancelled_at, one.sequence) == (None, 2)


def test_a_session_that_is_made_cancelled_is_dated_too(session: Session, now: datetime, series: Series) -> None:
    values = a_session(status=SessionStatus.CANCELLED)
    assert create_session(session, now=now, series=series, values=values).cancelled_at == now


def test_a_session_taken_back_leaves_what_was_said_of_it_last_and_nothing_of_the_draft(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    starts_at = one.starts_at
    assert unpublish(session, now=now, workshop_session=one, has_answers=False)
    assert (one.unpublished_at, one.sequence, left_of(series)) == (now, 1, [(one.uid, 1, starts_at)])
    later = now + timedelta(days=1)
    reschedule(
        session,
        now=later,
        workshop_session=one,
        starts_wall=wall("2027-01-15T16:00"),
        ends_wall=wall("2027-01-15T18:00"),
        tzid="America/Toronto",
    )
    assert one.sequence == 2
    assert left_of(series) == [(one.uid, 1, starts_at)]
    assert publish(session, now=later, workshop_session=one)
    assert (one.unpublished_at, one.tombstone, one.sequence, left_of(series)) == (None, None, 3, [])


def test_a_draft_that_never_was_published_leaves_nothing_and_its_first_day_is_no_change(
    session: Session, now: datetime, series: Series
) -> None:
    one = create_session(session, now=now, series=series, values=a_session())
    assert left_of(series) == []
    publish(session, now=now + timedelta(days=1), workshop_session=one)
    assert (one.sequence, one.unpublished_at) == (0, None)


@pytest.mark.parametrize("values", [{"visibility": Visibility.UNLISTED}, {"visibility": Visibility.INVITE_ONLY}])
def test_what_no_calendar_showed_leaves_nothing(
    session: Session, now: datetime, series: Series, one: WorkshopSession, values: dict[str, Visibility]
) -> None:
    change(session, one, now, **values)
    change(session, one, now, is_published=False)
    assert (one.unpublished_at, one.tombstone) == (now, None)
    change(session, one, now, visibility=Visibility.PUBLIC)
    assert left_of(series) == []


@pytest.mark.parametrize(
    "values",
    [
        {"visibility": Visibility.UNLISTED},
        {"visibility": Visibility.INVITE_ONLY},
        {"level": Level.CLOSED, "visibility": None},
    ],
)
def test_what_became_a_secret_leaves_nothing(
    session: Session, now: datetime, series: Series, one: WorkshopSession, values: dict[str, Any]
) -> None:
    change(session, one, now, is_published=False)
    assert left_of(series)
    change(session, one, now, **values)
    assert left_of(series) == []


def test_only_the_public_calendar_holds_what_is_left(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    unpublish(session, now=now, workshop_session=one, has_answers=False)
    for audience, surface in ((Audience.PUBLIC, Surface.LIST), (Audience.ORGANISER, Surface.CALENDAR)):
        view = series_view(series, audience=audience, surface=surface)
        assert view is not None
        assert view.tombstones == ()


def test_a_file_cancels_takes_back_and_brings_back_like_the_forms(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    def load(status: str, published: str, at: datetime) -> None:
        text_of_file = f"""
workshop: 1
series: {{slug: {series.slug}, title: {{fr: Essai, en: Trial}}, languages: [fr, en], timezone: Europe/Paris,
  chatham_house_rule: discussion, visibility: public}}
sessions:
  - {{slug: '{one.slug}', number: 1, title: {{fr: Première séance, en: First session}}, floor_languages: [fr],
      starts: 2027-01-14T16:00, ends: 2027-01-14T18:00, status: {status}, published: {published}}}
"""
        import_series(
            session,
            now=at,
            content=text_of_file.encode(),
            instance_languages=LANGUAGES,
            count_answers=no_answers,
        )

    load("cancelled", "true", now)
    assert (one.cancelled_at, one.sequence) == (now, 1)
    later = now + timedelta(hours=1)
    load("confirmed", "false", later)
    assert (one.cancelled_at, one.unpublished_at, one.sequence) == (None, later, 2)
    load("confirmed", "true", later)
    assert (one.unpublished_at, one.tombstone, one.sequence) == (None, None, 3)


def test_what_no_calendar_shows_changes_no_date_there(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    later, revision = now + timedelta(hours=1), series.revision
    change(session, one, later, room_link="https://rooms.example.org/other", capacity=12, reminders=("-2d",))
    assert (one.revised_at, one.sequence) == (now, 0)
    session.refresh(series)
    assert series.revision == revision + 1


def test_whoever_takes_part_is_named_anew_in_their_sessions_only(
    session: Session, now: datetime, series: Series
) -> None:
    later = now + timedelta(hours=1)
    values = PersonValues(key="a", name="Ada Exemple")
    save_person(session, now=now, series_id=series.id, values=values, languages=LANGUAGES)
    first = create_session(session, now=now, series=series, values=a_session(slug="a", moderators=("a",)))
    other = create_session(session, now=now, series=series, values=a_session(slug="b"))
    biography = dataclasses.replace(values, biography=text("Écrit.", "Writes."))
    save_person(session, now=later, series_id=series.id, values=biography, languages=LANGUAGES)
    session.expire_all()
    assert first.revised_at == now
    renamed = dataclasses.replace(biography, name="Ada Example")
    save_person(session, now=later, series_id=series.id, values=renamed, languages=LANGUAGES)
    session.expire_all()
    assert (first.revised_at, other.revised_at) == (later, now)


@pytest.mark.parametrize(
    ("level", "is_dated"),
    [(Level.DISCUSSION, True), (Level.WHOLE_SESSION, False), (Level.CLOSED, False), (None, True)],
)
def test_no_date_tells_of_people_whom_the_rule_hides(
    session: Session, now: datetime, series: Series, level: Level | None, *, is_dated: bool
) -> None:
    values = PersonValues(key="a", name="Ada Exemple")
    person = save_person(session, now=now, series_id=series.id, values=values, languages=LANGUAGES)
    one = create_session(session, now=now, series=series, values=a_session(slug="a", level=level, moderators=("a",)))
    revision = series.revision
    for hour, act in enumerate(("withdraw", "rename"), start=1):
        later = now + timedelta(hours=hour)
        if act == "withdraw":
            (slot,) = session.scalars(sa.select(SpeakerSlot).where(SpeakerSlot.person_id == person.id))
            kind = ConsentKind.ANNOUNCE_NAME
            set_consent(session, now=later, slot=slot, kind=kind, given=False, recorded_by="speaker")
        else:
            renamed = dataclasses.replace(values, name="Ada Example")
            save_person(session, now=later, series_id=series.id, values=renamed, languages=LANGUAGES)
        session.expire_all()
        assert one.revised_at == (later if is_dated else now)
        assert series.revision == revision + hour, "caches are asked anew all the same"
    later = now + timedelta(hours=3)
    change(session, one, later, moderators=())
    session.expire_all()
    assert one.revised_at == (later if is_dated else now)
    talks = [
        SectionValues(items=(ItemValues(kind=ItemKind.TALK, title=text("Un", "One"), speakers=speakers),))
        for speakers in ((), ("a",))
    ]
    for hour, section in enumerate(talks, start=4):
        write_programme(session, now=now + timedelta(hours=hour), workshop_session=one, sections=[section])
        session.expire_all()
    assert one.revised_at == now + timedelta(hours=5 if is_dated else 4), (
        "an item is shown on the page, its speaker not"
    )
    assert series.revision > revision + 4


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"slug": "autre"}, (True, True)),
        ({"own_sentence": text("Merci.", "Thank you.")}, (True, True)),
        ({"level": Level.WHOLE_SESSION}, (True, False)),
        ({"title": text("Autre", "Other")}, (False, False)),
        ({"contact": "other@example.org"}, (False, False)),
    ],
)
def test_a_series_dates_anew_the_sessions_that_show_what_changed(
    session: Session, now: datetime, series: Series, values: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    later = now + timedelta(hours=1)
    follows = create_session(session, now=now, series=series, values=a_session(slug="a"))
    own = create_session(
        session,
        now=now,
        series=series,
        values=a_session(slug="b", level=Level.ON_THE_RECORD),
    )
    changed = dataclasses.replace(series_values(series), **values)
    update_series(session, now=later, series=series, values=changed, answers={})
    assert (follows.revised_at == later, own.revised_at == later) == expected
    assert follows.revised_at.tzinfo is UTC
