"""The checklist before a session is published: what blocks, what warns; one press for page, calendar and mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_section,
    build_series,
    build_session,
)
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.service import send_announcements
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage
from workshop.programme.models import SessionVersion, WorkshopSession

PAGE = "/en/organise/series/mine/1/publish"
SOON = datetime(2030, 11, 27, 15, tzinfo=UTC)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a draft at /en/organise/series/mine/1."""
    series = build_series(session, slug="mine")
    return build_session(
        session, series, slug="1", number=1, is_published=False, published_at=None, starts_at=SOON,
        title=both("Titre", "Title"), abstract=both("Résumé", "Abstract"), room_link="https://room.example.org/x",
    )  # fmt: skip


@pytest.fixture
def desk(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, one.series, name="Anna"))
    return client


def part(page: str, heading: str) -> str:
    """Return the lines below a heading."""
    found = re.search(rf"<h2>{heading}</h2>\s*<ul[^>]*>(.*?)</ul>", page, re.DOTALL)
    return found[1] if found else ""


def follow(session: Session, one: WorkshopSession, *names: str) -> None:
    """Let people ask to be kept informed."""
    for name in names:
        session.add(
            Subscriber(
                series_id=one.series_id, address=f"{name}@example.org", address_folded=f"{name}@example.org",
                language="en", created_at=NOW, confirmed_at=NOW,
            )
        )  # fmt: skip
    session.commit()


def test_what_blocks_leads_to_its_field(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    one.title, one.objectives = Localized({"fr": "Titre"}), (Localized({"fr": "Un"}),)
    session.commit()
    blocking = part(desk.get(PAGE).text, "Needed before it can be published")
    assert 'href="/en/organise/series/mine/1/edit#title">Title: missing in English' in blocking
    assert 'href="/en/organise/series/mine/1/edit#objectives">Objectives: missing in English' in blocking
    answer = post(desk, PAGE)
    assert answer.status_code == 422
    assert "/1/edit#title" in answer.text
    session.expire_all()
    assert not one.is_published


def test_a_title_of_a_section_that_is_missing_leads_to_its_field(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    for title in (both("Un", "One"), Localized({"fr": "Deux"})):
        build_item(session, one, section=build_section(session, one, title=title))
    session.commit()
    number = len(one.sections) - 1
    there = f"/1/programme?open=s{number}#sections-{number}-title"
    blocking = part(desk.get(PAGE).text, "Needed before it can be published")
    assert f'{there}">Title of a section: missing in English' in blocking
    answer = post(desk, PAGE)
    assert answer.status_code == 422
    assert there in answer.text
    assert f'id="sections-{number}-title"' in desk.get(f"/en/organise/series/mine/1/programme?open=s{number}").text


def test_what_only_warns(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    one.room_link, one.abstract, one.reminders = "", Localized({"en": "Abstract"}), ()
    person = build_person(session, one.series, key="ada")
    build_item(session, one, title=both("Un", "One"), speakers=[person])
    build_session(session, one.series, slug="2", starts_at=SOON)
    session.commit()
    page = desk.get(PAGE).text
    warnings = part(page, "Worth a look")
    assert "1 person who speaks has not confirmed yet" in warnings
    assert "The address of the online room is missing" in warnings
    assert "The abstract is missing in French" in warnings
    assert "No reminders are planned" in warnings
    assert "/1/move" in warnings
    assert "Needed before" not in page
    assert post(desk, PAGE).status_code == 303


def test_all_is_well(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    person = build_person(session, one.series, key="ada")
    build_item(session, one, title=both("Un", "One"), speakers=[person]).slots[0].confirmed_at = NOW
    session.commit()
    page = desk.get(PAGE).text
    assert "Worth a look" not in page
    well = part(page, "In order")
    for words in (
        "Everybody who speaks has confirmed",
        "Reminders: 7 days before",
        "Places: no limit",
        "who sees what",
    ):
        assert words in well


def test_one_press_publishes_and_is_a_version(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    assert post(desk, PAGE).status_code == 303
    session.expire_all()
    assert one.is_published
    assert session.scalars(sa.select(SessionVersion.before)).all() == [None]
    assert desk.get("/en/series/mine/1/").status_code == 200
    assert "Published: what is still missing" in desk.get(PAGE).text


def test_mail_goes_along_where_it_was_ticked(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    follow(session, one, "a", "b")
    page = desk.get(PAGE).text
    assert "Write to the 2 people who asked to be kept informed" in page
    assert "a new session" in page
    assert post(desk, PAGE, {"announce": "yes", "number": "2"}).status_code == 303
    (announcement,) = session.scalars(sa.select(Announcement))
    assert announcement.confirmed_at is not None
    assert "https://" in announcement.body["fr"] or "http://" in announcement.body["fr"]
    while send_announcements(session, announcement.confirmed_at):
        session.commit()
    found = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == "announcement")).all()
    assert len(found) == 2
    assert all("Title" in message.body_text for message in found)


def test_without_the_tick_nobody_is_written_to(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    follow(session, one, "a")
    post(desk, PAGE, {"number": "1"})
    assert session.scalars(sa.select(Announcement)).all() == []


def test_another_number_of_people_publishes_nothing(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    follow(session, one, "a", "b")
    answer = post(desk, PAGE, {"announce": "yes", "number": "1"})
    assert answer.status_code == 409
    assert "Nothing was published" in answer.text
    session.expire_all()
    assert not one.is_published
    assert session.scalars(sa.select(Announcement)).all() == []


@pytest.mark.parametrize(
    "values", [{"visibility": Visibility.INVITE_ONLY}, {"level": Level.CLOSED, "visibility": Visibility.INVITE_ONLY}]
)
def test_what_the_public_may_not_know_of_is_told_to_nobody(
    desk: FlaskClient, session: Session, one: WorkshopSession, values: dict[str, Any]
) -> None:
    for name, value in values.items():
        setattr(one, name, value)
    follow(session, one, "a")
    page = desk.get(PAGE).text
    assert "Write to" not in page
    assert "nobody is written to" in page
    post(desk, PAGE, {"announce": "yes", "number": "1"})
    assert session.scalars(sa.select(Announcement)).all() == []


def test_the_mail_says_no_more_than_the_public_may_read(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.level, one.label = Level.WHOLE_SESSION, both("Atelier 1", "Workshop 1")
    follow(session, one, "a")
    letter = desk.get(PAGE).text.partition("What they read")[2]
    assert "Title" not in letter
    assert "Abstract" not in letter


def test_an_editor_publishes_but_writes_to_nobody(client: FlaskClient, session: Session, one: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, one.series, role=Role.EDITOR))
    follow(session, one, "a")
    assert "Write to" not in client.get(PAGE).text
    assert post(client, PAGE, {"announce": "yes", "number": "1"}).status_code == 303
    assert session.scalars(sa.select(Announcement)).all() == []


def test_few_statements(desk: FlaskClient, session: Session, one: WorkshopSession, counted: Callable[[], Any]) -> None:
    for number in range(2, 30):
        build_session(session, one.series, slug=str(number))
    build_participant(session, one.series)
    session.commit()
    with counted() as statements:
        desk.get(PAGE)
    assert len(statements) < 20
