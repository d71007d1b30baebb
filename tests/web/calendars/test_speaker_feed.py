"""A speaker's own calendar: where they speak or moderate, and when their part is."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_series, build_session, build_slot
from tests.web.calendars.own import own_feed, read, read_one
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.people.models import Person
from workshop.people.personal_data import erase
from workshop.people.service import set_contact
from workshop.programme.models import Series, SlotRole, WorkshopSession
from workshop.programme.service.consents import set_consent

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="s", title=both("La série", "The series"))


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    return build_session(session, series, slug="4", number=4, label=both("Atelier 4", "Workshop 4"))


@pytest.fixture
def person(session: Session, series: Series) -> Person:
    return build_person(session, series, name="Zoé Exemple", language="en", email="zoe@example.org")


def test_the_sessions_in_which_they_have_a_part_with_its_time(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession, person: Person
) -> None:
    build_item(session, one, starts="16:20", minutes=25, speakers=[person])
    build_session(session, series, slug="5", number=5)
    event = read_one(client, own_feed(session, person.subject))
    assert event.uid.value == f"{one.uid}@localhost"
    assert event.transp.value == "OPAQUE"
    assert "\n\nYou speak: 16:20–16:45\n\n" in event.description.value
    assert event.description.value.endswith("/en/series/s/4/")
    assert not hasattr(event, "conference")


def test_who_moderates_the_whole_or_a_part_is_told_so(
    client: FlaskClient, session: Session, one: WorkshopSession, person: Person
) -> None:
    build_slot(session, one, person)
    item = build_item(session, one, starts="17:00", minutes=None)
    build_slot(session, one, person, item=item, role=SlotRole.MODERATOR)
    build_item(session, one, speakers=[person])
    text = read_one(client, own_feed(session, person.subject)).description.value
    assert "You moderate this session.\nYou moderate: 17:00\n\n" in text


def test_the_language_is_theirs_else_the_series_first(
    client: FlaskClient, session: Session, one: WorkshopSession, person: Person
) -> None:
    build_item(session, one, starts="16:20", minutes=25, speakers=[person])
    person.language = ""
    text = client.get(own_feed(session, person.subject)).text.replace("\r\n ", "")
    assert "LANGUAGE=fr:Atelier 4 – Titre de la séance 4" in text


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_a_neutral_entry_names_neither_series_nor_topic_nor_part(
    client: FlaskClient, session: Session, one: WorkshopSession, person: Person, level: Level
) -> None:
    one.title, one.series.title, one.slug = both("canary", "canary"), both("canary", "canary"), "canary"
    one.level, one.series.visibility = level, Visibility.INVITE_ONLY
    build_item(session, one, title=both("canary", "canary"), starts="16:20", speakers=[person])
    text = client.get(own_feed(session, person.subject)).text.replace("\r\n ", "")
    assert "SUMMARY;LANGUAGE=en:Workshop 4\r\n" in text
    for word in ("canary", "16:20", "DESCRIPTION", "URL", "Zoé"):
        assert word not in text


def test_of_a_closed_item_not_even_the_time_is_told(
    client: FlaskClient, session: Session, one: WorkshopSession, person: Person
) -> None:
    build_item(session, one, title=both("canary", "canary"), starts="16:20", level=Level.CLOSED, speakers=[person])
    text = client.get(own_feed(session, person.subject)).text
    assert "canary" not in text
    assert "You speak" not in text


def test_a_session_by_invitation_only_has_no_address_since_the_page_does_not_open(
    client: FlaskClient, session: Session, one: WorkshopSession, person: Person
) -> None:
    one.visibility = Visibility.INVITE_ONLY
    build_item(session, one, speakers=[person])
    event = read_one(client, own_feed(session, person.subject))
    assert not hasattr(event, "url")
    assert "/en/series/" not in event.description.value


def test_a_draft_and_a_part_taken_away_are_not_in_it_and_others_only_by_consent(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession, person: Person
) -> None:
    other = build_person(session, series, name="Max Exemple")
    item = build_item(session, one, speakers=[person, other])
    build_item(session, build_session(session, series, slug="6", is_published=False), speakers=[person])
    address = own_feed(session, person.subject)
    assert "Max Exemple" in read_one(client, address).description.value
    theirs = item.slots[1]
    set_consent(session, now=NOW, slot=theirs, kind=ConsentKind.ANNOUNCE_NAME, given=False, recorded_by="speaker")
    session.commit()
    assert "Max Exemple" not in read_one(client, address).description.value
    session.delete(item.slots[0])
    series.revision += 1
    session.commit()
    assert read(client, address) == []


def test_erased_and_another_address_end_it(
    client: FlaskClient, session: Session, one: WorkshopSession, person: Person
) -> None:
    build_item(session, one, speakers=[person])
    first = own_feed(session, person.subject)
    set_contact(session, now=NOW, person=person, email="other@example.org", language="en", languages=("fr", "en"))
    session.commit()
    assert client.get(first).status_code == 404
    second = own_feed(session, person.subject)
    assert second != first
    assert client.get(second).status_code == 200
    erase(session, now=NOW, email="other@example.org")
    session.commit()
    assert client.get(second).status_code == 404
