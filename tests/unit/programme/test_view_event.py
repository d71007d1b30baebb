"""A session as a calendar entry."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_item, build_person, build_session, build_slot
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.localized import Localized
from workshop.ical import Event, EventStatus
from workshop.programme.models import Mode, SessionStatus, WorkshopSession
from workshop.programme.view import session_event, session_view

pytestmark = pytest.mark.databases("sqlite")


def entry(one: WorkshopSession, language: str = "en", url: str = "https://x.example.org/s/", **values: Any) -> Event:
    view = session_view(one, audience=Audience.PUBLIC, surface=Surface.CALENDAR)
    assert view is not None
    return session_event(view, language=language, url=url, domain="example.org", **values)


def test_the_text_holds_the_rule_the_content_and_the_address_last(session: Session) -> None:
    one = build_session(
        session,
        label=both("Atelier 4", "Workshop 4"),
        title=both("Défi mondial", "A global challenge"),
        floor_languages=("en",),
        interpretation=({"from": "en", "into": "fr", "scope": {"en": "in the discussion", "fr": "discussion"}},),
    )
    person = build_person(session, one.series, name="Ada Example", affiliations=(Localized.neutral("Inserm"),))
    build_item(session, one, starts="16:15", title=both("Un exposé", "A talk"), speakers=[person])
    build_slot(session, one, build_person(session, one.series, name="Mo Derator", affiliations=()))
    event = entry(one)
    assert event.summary == "Workshop 4 – A global challenge"
    lines = event.description.split("\n")
    assert lines[0] == "◐ Discussion under the Rule"
    assert "held under the Chatham House Rule" in lines[1]
    assert "What it is about." in lines
    assert "- 16:15 A talk – Ada Example, Inserm" in lines
    assert "Moderator: Mo Derator" in lines
    assert "Floor language: English" in lines
    assert "Interpretation: English into French (in the discussion)" in lines
    assert lines[-1] == "https://x.example.org/s/"
    assert event.location == "Online"
    assert event.uid == f"{one.uid}@example.org"
    assert event.status is EventStatus.CONFIRMED
    assert event.is_transparent
    assert event.conference == ""


def test_a_neutral_entry_says_its_label_and_nothing_else(session: Session) -> None:
    one = build_session(session, level=Level.WHOLE_SESSION, number=9, place=both("Salle X", "Room X"))
    event = entry(one, url="")
    assert (event.summary, event.description, event.location, event.url) == ("Session 9", "", "Online", "")


def test_a_cancelled_session_says_so_first_and_blocks_no_day(session: Session) -> None:
    event = entry(build_session(session, number=4, status=SessionStatus.CANCELLED))
    assert event.summary.startswith("CANCELLED: Session 4 – ")
    assert event.status is EventStatus.CANCELLED


def test_text_in_one_language_only_names_it(session: Session) -> None:
    one = build_session(session, number=2, title=Localized({"fr": "Titre"}), abstract=Localized({"fr": "Résumé"}))
    event = entry(one)
    assert event.summary == "Session 2 – Titre (in French)"
    assert "Résumé (in French)" in event.description
    assert "(" not in entry(one, "fr").summary


def test_a_session_in_one_language_says_it_once(session: Session) -> None:
    one = build_session(
        session, number=2, title=Localized({"fr": "Titre"}), abstract=Localized({"fr": "Résumé"}), monolingual="fr"
    )
    event = entry(one)
    assert event.summary == "Session 2 – Titre (in French)"
    assert "This session exists in French only." in event.description
    assert "Résumé (in" not in event.description


def test_a_session_without_number_and_label_shows_its_title_alone(session: Session) -> None:
    assert entry(build_session(session, number=None, slug="x", title=both("Seul", "Alone"))).summary == "Alone"


def test_the_place_stands_beside_online_when_hybrid(session: Session) -> None:
    place = both("Paris, salle 1", "Paris, room 1")
    assert entry(build_session(session, mode=Mode.ON_SITE, place=place)).location == "Paris, room 1"
    assert entry(build_session(session, mode=Mode.HYBRID, place=place)).location == "Paris, room 1 / Online"


def test_a_reader_s_own_entry_has_their_uid_and_the_join_page(session: Session) -> None:
    event = entry(build_session(session), uid="own", join_url="https://x.example.org/en/join/t")
    assert event.uid == "own@example.org"
    assert event.conference == "https://x.example.org/en/join/t"
