"""Sessions from a rule, and after another one; a series after another one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    both,
    build_answer,
    build_committee_member,
    build_item,
    build_organiser,
    build_partner,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.web.programme.test_forms import shown
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role, SeriesRole
from workshop.chatham.rule import ConsentKind, Level
from workshop.programme.models import (
    Mode,
    Question,
    QuestionKind,
    Series,
    SessionStatus,
    SpeakerConsent,
    WorkshopSession,
)
from workshop.programme.service.copying import Part
from workshop.rsvp.models import Answer

SERIES = "/en/organise/series/mine"
PLAN = f"{SERIES}/plan"
RULE = {
    "first": "2026-10-05",
    "starts": "16:00",
    "ends": "18:00",
    "tzid": "Europe/Paris",
    "every": "2",
    "rhythm": "weeks",
    "weekdays": "0",
    "until": "2026-12-14",
    "excluded": "02/11/2026",
    "without_holidays": "y",
    "from_number": "4",
    "title-fr": "Atelier {number}",
    "title-en": "Workshop {number}",
    "like": "",
}


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    series = build_series(session, slug="mine")
    return build_session(session, series, slug="5", number=5, starts_wall=datetime(2026, 11, 16, 17))  # noqa: DTZ001 (a wall time has no zone)


@pytest.fixture
def owner(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    sign_in(client, build_organiser(session, one.series))
    return client


def fields(page: str) -> dict[str, Any]:
    """Return what the page's form would post."""
    found: dict[str, Any] = {}
    for name, value in shown(page):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def sessions(session: Session, slug: str = "mine") -> list[WorkshopSession]:
    session.expire_all()
    statement = sa.select(WorkshopSession).join(Series).where(Series.slug == slug)
    return list(session.scalars(statement.order_by(WorkshopSession.starts_at, WorkshopSession.id)))


def test_the_first_visit_proposes_what_the_series_does(owner: FlaskClient) -> None:
    found = fields(owner.get(PLAN).text)
    assert found["from_number"] == "6"
    assert (found["starts"], found["ends"], found["tzid"]) == ("17:00", "19:00", "Europe/Paris")
    assert found["like"] == "5"
    assert found["title-fr"] == "Séance {number}"


def test_a_rule_is_a_list_that_creates_nothing(owner: FlaskClient, session: Session) -> None:
    page = post(owner, PLAN, {**RULE, "act": "preview"})
    assert page.status_code == 200
    assert "The list: 5 sessions" in page.text
    found = fields(page.text)
    starts = [found[f"rows-{number}-starts_wall"] for number in range(5)]
    assert starts == [f"2026-{day}T16:00" for day in ("10-05", "10-19", "11-16", "11-30", "12-14")]
    # 5 is the number of a session that exists.
    assert [found[f"rows-{number}-number"] for number in range(5)] == ["4", "6", "7", "8", "9"]
    assert found["rows-1-title-en"] == "Workshop 6"
    assert "another session of this series, is at the same time." in page.text
    assert len(sessions(session)) == 1


def test_the_list_is_edited_and_then_created(owner: FlaskClient, session: Session) -> None:
    found = fields(post(owner, PLAN, {**RULE, "act": "preview"}).text)
    del found["rows-2-use"]
    found |= {"rows-0-title-fr": "Ouverture", "rows-0-title-en": "Opening", "rows-1-starts_wall": "2026-10-20T10:00"}
    found |= {"rows-1-ends_wall": "2026-10-20T12:00", "rows-3-number": ""}
    assert owner.post(PLAN, data={**found, "act": "create"}).status_code == 303
    made = [one for one in sessions(session) if one.slug != "5"]
    assert [one.slug for one in made] == ["4", "6", "2026-11-30", "9"]
    assert made[0].title == both("Ouverture", "Opening")
    assert made[1].starts_wall == datetime(2026, 10, 20, 10)  # noqa: DTZ001 (a wall time has no zone)
    assert not any(one.is_published for one in made)
    assert made[0].floor_languages == ("fr", "en")
    assert "4 sessions are kept as drafts." in owner.get(f"{SERIES}/").text


def test_a_row_is_added_and_conflicts_are_looked_for_anew(owner: FlaskClient, session: Session) -> None:
    found = fields(post(owner, PLAN, {**RULE, "act": "preview"}).text)
    page = owner.post(PLAN, data={**found, "act": "add"}).text
    found = fields(page)
    assert found["rows-5-number"] == "10"
    faulty = owner.post(PLAN, data={**found, "act": "create"})
    assert faulty.status_code == 422
    assert 'id="errors"' in faulty.text
    found |= {"rows-5-starts_wall": "2026-12-25T16:00", "rows-5-ends_wall": "2026-12-25T18:00"}
    checked = owner.post(PLAN, data={**found, "act": "check"})
    assert "Christmas Day" in checked.text
    assert fields(checked.text)["rows-5-starts_wall"] == "2026-12-25T16:00"
    assert len(sessions(session)) == 1


def test_a_day_left_out_is_named_and_taken_in_after_all(owner: FlaskClient, session: Session) -> None:
    rule = {**RULE, "first": "2027-05-03", "weekdays": "0", "every": "1", "until": "2027-05-31"}
    rule |= {"excluded": "2027-05-10", "without_holidays": "y"}
    page = post(owner, PLAN, {**rule, "act": "preview"})
    assert ">Monday 10 May 2027: excluded<" in page.text
    assert ">Monday 17 May 2027, Whit Monday<" in page.text
    found = fields(page.text)
    assert "take_in" not in found  # unticked
    assert [found[f"rows-{number}-number"] for number in range(3)] == ["4", "6", "7"]
    taken = {**found, "rows-1-title-en": "Mine", "take_in": ["2027-05-17", "2027-05-18", "x"]}
    page = owner.post(PLAN, data={**taken, "act": "check"})
    assert "Whit Monday<" not in page.text
    assert "Public holiday in France: Whit Monday." in page.text
    found = fields(page.text)
    rows = [
        (found[f"rows-{n}-starts_wall"][5:10], found[f"rows-{n}-number"], found[f"rows-{n}-title-en"]) for n in range(4)
    ]
    assert rows == [
        ("05-03", "4", "Workshop 4"), ("05-17", "6", "Workshop 6"), ("05-24", "7", "Mine"), ("05-31", "8", "Workshop 8")
    ]  # fmt: skip
    # Ticked and created in one go; numbers given by hand stay as they are.
    found |= {"rows-0-number": "1", "take_in": "2027-05-10"}
    assert owner.post(PLAN, data={**found, "act": "create"}).status_code == 303
    made = [one for one in sessions(session) if one.slug != "5"]
    assert [one.slug for one in made] == ["1", "2027-05-10", "6", "7", "8"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [("rows-0-fold", "x"), ("rows-1-ends_fold", "9" * 5000), ("tzid", "9" * 5000), ("tzid", "/etc/passwd")],
)
def test_what_no_browser_sends_is_a_fault(owner: FlaskClient, name: str, typed: str) -> None:
    found = fields(post(owner, PLAN, {**RULE, "act": "preview"}).text)
    for act in ("check", "create"):
        assert owner.post(PLAN, data={**found, name: typed, "take_in": "2026-11-02", "act": act}).status_code == 422


def test_what_was_ticked_comes_back_with_a_fault(owner: FlaskClient) -> None:
    rule = {
        **RULE,
        "first": "2027-05-10",
        "weekdays": "0",
        "every": "1",
        "until": "2027-05-24",
        "without_holidays": "y",
    }
    found = fields(post(owner, PLAN, {**rule, "act": "preview"}).text)
    page = owner.post(PLAN, data={**found, "rows-0-number": "many", "take_in": "2027-05-17", "act": "create"})
    assert page.status_code == 422
    assert fields(page.text)["take_in"] == "2027-05-17"
    assert fields(page.text)["rows-0-number"] == "many"


def test_an_hour_that_occurs_twice_or_never_is_asked_about(owner: FlaskClient, session: Session) -> None:
    rule = {
        **RULE,
        "first": "2026-10-25",
        "weekdays": "6",
        "starts": "02:30",
        "ends": "04:00",
        "until": "",
        "count": "1",
    }
    page = post(owner, PLAN, {**rule, "act": "preview"})
    assert page.status_code == 200
    assert "occurs twice" in page.text
    found = fields(page.text)
    assert owner.post(PLAN, data={**found, "act": "create"}).status_code == 422
    assert owner.post(PLAN, data={**found, "rows-0-fold": "1", "act": "create"}).status_code == 303
    assert sessions(session)[0].starts_at.isoformat() == "2026-10-25T01:30:00+00:00"
    spring = {**rule, "first": "2027-03-28"}
    assert "does not exist" in post(owner, PLAN, {**spring, "act": "preview"}).text


def test_either_all_are_created_or_none(owner: FlaskClient, session: Session) -> None:
    found = fields(post(owner, PLAN, {**RULE, "act": "preview"}).text)
    page = owner.post(PLAN, data={**found, "rows-4-number": "5", "act": "create"})
    assert page.status_code == 422
    assert "This address is taken." in page.text
    assert fields(page.text)["rows-0-title-en"] == "Workshop 4"
    assert len(sessions(session)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"until": "", "count": ""}, "Please say until when, or how many."),
        ({"until": "2026-10-01"}, "The last day is before the first."),
        ({"first": ""}, "Please give the first day."),
        ({"excluded": "some day"}, "Please write days such as 2026-12-21"),
        ({"tzid": "Nowhere"}, "Please choose a time zone"),
        ({"first": "1200-01-01"}, "This year cannot be right."),
        ({"excluded": "2026-10-05", "until": "2026-10-06"}, "No day fits this rule."),
    ],
)
def test_a_rule_that_says_too_little_comes_back(owner: FlaskClient, change: dict[str, str], words: str) -> None:
    page = post(owner, PLAN, {**RULE, **change, "act": "preview"})
    assert page.status_code == 422
    assert words in page.text
    assert "Atelier {number}" in page.text


def test_settings_come_from_another_session_of_the_series(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.mode, one.capacity, one.level = Mode.HYBRID, 25, Level.WHOLE_SESSION
    session.commit()
    found = fields(post(owner, PLAN, {**RULE, "like": "5", "act": "preview"}).text)
    assert owner.post(PLAN, data={**found, "act": "create"}).status_code == 303
    made = sessions(session)[0]
    assert (made.mode, made.capacity, made.level) == (Mode.HYBRID, 25, Level.WHOLE_SESSION)
    assert made.room_link == ""


@pytest.fixture
def full(session: Session, one: WorkshopSession) -> WorkshopSession:
    """Give the session with all that hangs on one."""
    series = one.series
    person = build_person(session, series, key="camille")
    item = build_item(session, one, title=both("Exposé", "A talk"))
    slot = build_slot(session, one, person, item)
    slot.consents.append(SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, given_at=one.revised_at))
    build_slot(session, one, person)
    build_partner(session, series, one)
    build_committee_member(session, series, person)
    values = {
        "kind": QuestionKind.YES_NO,
        "text": both("Oui ?", "Yes?"),
        "reason": both("Ainsi.", "So."),
        "position": 0,
    }
    one.questions.append(Question(series_id=series.id, **values))
    one.label, one.capacity = both("Séance 5", "Session 5"), 12
    one.rsvp_closes_at = one.starts_at - timedelta(days=1)
    build_answer(session, one)
    session.commit()
    return one


def test_a_copy_has_what_was_chosen_and_nobodys_doings(
    owner: FlaskClient, session: Session, full: WorkshopSession
) -> None:
    page = owner.get(f"{SERIES}/5/duplicate").text
    found = fields(page)
    assert (found["number"], found["starts_wall"]) == ("6", "2026-11-23T17:00")
    assert owner.post(f"{SERIES}/5/duplicate", data=found).status_code == 303
    _source, made = sessions(session)
    assert (made.slug, made.number, made.label) == ("6", 6, both("Séance 6", "Session 6"))
    assert made.title == full.title
    assert not made.is_published
    assert made.capacity == 12
    assert made.starts_at - (made.rsvp_closes_at or made.starts_at) == timedelta(days=1)
    assert made.room_link == ""
    (item,) = made.sections[0].items
    assert [slot.person.key for slot in (*item.slots, *made.slots)] == ["camille", "camille"]
    assert item.slots[0].consents == []
    assert len(made.questions) == len(made.partners) == 1
    assert made.uid != full.uid
    assert session.scalars(sa.select(Answer.workshop_session_id)).all() == [full.id]


def test_a_copy_without_texts_and_people(owner: FlaskClient, session: Session, full: WorkshopSession) -> None:
    full.level = Level.CLOSED
    session.commit()
    found = fields(owner.get(f"{SERIES}/5/duplicate").text) | {"parts": ["programme", "room"]}
    assert owner.post(f"{SERIES}/5/duplicate", data=found).status_code == 303
    _source, made = sessions(session)
    assert made.title == both("Séance 6", "Session 6")
    assert made.room_link == full.room_link
    assert (made.sections[0].items[0].slots, made.slots, made.partners, made.questions) == ([], [], [], [])
    assert made.capacity is None
    assert made.level is Level.CLOSED


def test_a_copy_at_a_taken_address_comes_back(owner: FlaskClient, full: WorkshopSession) -> None:
    found = fields(owner.get(f"{SERIES}/{full.slug}/duplicate").text) | {"number": "5", "slug": ""}
    page = owner.post(f"{SERIES}/5/duplicate", data=found)
    assert page.status_code == 422
    assert "This address is taken." in page.text


def test_a_whole_series_a_year_later(owner: FlaskClient, session: Session, full: WorkshopSession) -> None:
    off = build_session(session, full.series, slug="off", status=SessionStatus.CANCELLED)
    session.commit()
    path = f"{SERIES}/duplicate"
    found = fields(owner.get(path).text)
    assert found["first_on"] == "2027-11-15"
    assert set(found["parts"]) == {part.value for part in Part} - {"room", "portraits"}
    assert owner.post(path, data={**found, "slug": "mine"}).status_code == 422
    assert owner.post(path, data={**found, "slug": "next"}).status_code == 303
    made = session.scalars(sa.select(Series).where(Series.slug == "next")).one()
    (copy,) = sessions(session, "next")
    assert copy.starts_wall == datetime(2027, 11, 15, 17)  # noqa: DTZ001 (a wall time has no zone)
    assert (copy.slug, copy.is_published) == (full.slug, False)
    assert [person.key for person in made.people] == ["camille"]
    assert made.people[0].subject != full.series.people[0].subject
    assert [member.person.series_id for member in made.committee] == [made.id]
    assert copy.sections[0].items[0].slots[0].person.series_id == made.id
    roles = session.execute(sa.select(SeriesRole.role).where(SeriesRole.series_id == made.id)).scalars().all()
    assert roles == [Role.OWNER]
    assert off.series_id == full.series_id


def test_a_series_without_its_sessions_and_people(owner: FlaskClient, session: Session, full: WorkshopSession) -> None:
    path = f"{SERIES}/duplicate"
    found = fields(owner.get(path).text)
    del found["with_sessions"]
    assert owner.post(path, data={**found, "slug": "next", "first_on": "", "parts": "texts"}).status_code == 303
    made = session.scalars(sa.select(Series).where(Series.slug == "next")).one()
    assert (made.sessions, made.people, made.committee) == ([], [], [])
    assert made.description == full.series.description


def test_the_day_is_asked_for_where_sessions_come_along(owner: FlaskClient, full: WorkshopSession) -> None:
    path = f"/en/organise/series/{full.series.slug}/duplicate"
    found = fields(owner.get(path).text)
    page = owner.post(path, data={**found, "slug": "next", "first_on": ""})
    assert page.status_code == 422
    assert "Please give the day of the first session." in page.text
    assert not re.search(r'id="first_on"[^>]*required', page.text)
