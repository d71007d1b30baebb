"""Postponing, setting the new date, cancelling for good, reinstating, deleting a draft; what is in the way of a date."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    build_answer,
    build_item,
    build_organiser,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.programme.models import SessionStatus, WorkshopSession

SERIES = "/en/organise/series/mine"
PATH = f"{SERIES}/1"
SOON = datetime(2030, 11, 29, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    series = build_series(session, slug="mine")
    return build_session(session, series, slug="1", starts_at=SOON, ends_at=SOON + timedelta(hours=2))


@pytest.fixture
def owner(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    sign_in(client, build_organiser(session, one.series))
    return client


def _again(session: Session) -> WorkshopSession:
    session.expire_all()
    return session.scalars(sa.select(WorkshopSession).order_by(WorkshopSession.id)).first() or pytest.fail("gone")


def test_postponed_and_given_a_new_date(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    build_answer(session, one)
    session.commit()
    page = owner.get(f"{PATH}/postpone").text
    assert "1 participant will be told by e-mail." in page
    assert post(owner, f"{PATH}/postpone").status_code == 303
    assert _again(session).postponed_at is not None
    desk = owner.get(f"{SERIES}/").text
    assert "Postponed: no new date yet" in desk
    assert f"{PATH}/move" in desk
    assert "Cancel for good" in desk
    public = owner.get("/en/series/mine/1/").text
    assert "This session is postponed: a new date will be announced." in public
    assert "is cancelled" not in public
    assert "EventPostponed" in public
    assert owner.get("/en/series/mine/1/rsvp").status_code == 409
    assert "postponed already" in owner.get(f"{PATH}/postpone").text
    times = {"starts_wall": "2030-12-13T16:00", "ends_wall": "2030-12-13T18:00", "tzid": "Europe/Paris"}
    assert "Set the new date" in owner.get(f"{PATH}/move").text
    assert post(owner, f"{PATH}/move", times).status_code == 200
    assert _again(session).postponed_at is not None
    assert post(owner, f"{PATH}/move", {**times, "confirm": "yes"}).status_code == 303
    on_again = _again(session)
    assert (on_again.status, on_again.postponed_at) == (SessionStatus.CONFIRMED, None)
    assert "EventRescheduled" in owner.get("/en/series/mine/1/").text


def test_lists_say_postponed(owner: FlaskClient, session: Session) -> None:
    post(owner, f"{PATH}/postpone")
    for path in ("/en/", "/en/series/mine/"):
        assert "Postponed" in owner.get(path).text
    assert "SUMMARY:POSTPONED:" in owner.get("/en/series/mine/calendar.ics").text.replace(
        "SUMMARY;LANGUAGE=en:", "SUMMARY:"
    )


def test_postponed_then_cancelled_for_good(owner: FlaskClient, session: Session) -> None:
    post(owner, f"{PATH}/postpone")
    assert "It is postponed at present." in owner.get(f"{PATH}/cancel").text
    assert post(owner, f"{PATH}/cancel").status_code == 303
    found = _again(session)
    assert (found.status, found.postponed_at) == (SessionStatus.CANCELLED, None)
    assert post(owner, f"{PATH}/postpone", page="/en/account").status_code == 409
    assert "EventCancelled" in owner.get("/en/series/mine/1/").text


def test_a_cancelled_session_takes_place_after_all(owner: FlaskClient, session: Session) -> None:
    post(owner, f"{PATH}/cancel")
    assert f"{PATH}/reinstate" in owner.get(f"{SERIES}/").text
    assert post(owner, f"{PATH}/reinstate").status_code == 303
    assert _again(session).status is SessionStatus.CONFIRMED
    assert "It is not cancelled." in owner.get(f"{PATH}/reinstate").text


def test_one_whose_date_has_passed_is_duplicated_instead(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    for name in ("starts_at", "ends_at", "starts_wall", "ends_wall"):
        setattr(one, name, getattr(one, name) - 9 * 365 * DAY)
    session.commit()
    post(owner, f"{PATH}/cancel")
    assert f"{PATH}/duplicate" in owner.get(f"{PATH}/reinstate").text
    assert post(owner, f"{PATH}/reinstate", page="/en/account").status_code == 409
    assert _again(session).status is SessionStatus.CANCELLED


def test_a_draft_says_what_goes_with_it_and_goes(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    draft = build_session(session, one.series, slug="draft", is_published=False, published_at=None)
    item = build_item(session, draft)
    build_slot(session, draft, build_person(session, one.series), item)
    session.commit()
    page = owner.get(f"{SERIES}/draft/delete").text
    assert "1 item of the programme" in page
    assert "1 part of somebody who speaks or moderates" in page
    assert post(owner, f"{SERIES}/draft/delete").status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(WorkshopSession.slug)).all() == ["1"]
    assert owner.get(f"{SERIES}/draft/delete").status_code == 404


def test_what_was_published_is_never_deleted(owner: FlaskClient, session: Session) -> None:
    assert f"{PATH}/delete" not in owner.get(f"{SERIES}/").text
    assert owner.get(f"{PATH}/delete").status_code == 409
    assert post(owner, f"{PATH}/delete", page="/en/account").status_code == 409
    assert _again(session).slug == "1"


def test_conflicts_stand_on_the_series_page_and_where_a_session_is_moved(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    starts = datetime(2031, 7, 14, 14, tzinfo=UTC)
    other = build_session(session, one.series, slug="2", starts_at=starts, ends_at=starts + timedelta(hours=2))
    somebody = build_person(session, one.series, name="Camille Martin")
    for session_ in (one, other):
        build_slot(session, session_, somebody)
    session.commit()
    assert owner.get(f"{SERIES}/").text.count("Public holiday in France: Bastille Day.") == 1
    times = {"starts_wall": "2031-07-14T17:00", "ends_wall": "2031-07-14T19:00", "tzid": "Europe/Paris"}
    asked = post(owner, f"{PATH}/move", times).text
    assert "Camille Martin has a part in" in asked
    assert "is at the same time" in asked
    assert "Bastille Day" in asked


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ORGANISER, Role.ANSWERS, Role.TRANSLATOR, Role.PARTNER])
def test_who_plans_and_who_does_not(client: FlaskClient, session: Session, one: WorkshopSession, role: Role) -> None:
    sign_in(client, build_organiser(session, one.series, role=role))
    code = 200 if role in {Role.EDITOR, Role.ORGANISER} else 404
    for path in (f"{PATH}/postpone", f"{PATH}/reinstate", f"{PATH}/duplicate", f"{SERIES}/plan", f"{SERIES}/duplicate"):
        assert client.get(path).status_code == code


def test_the_form_of_a_session_says_what_is_in_its_way_in_few_statements(
    owner: FlaskClient,
    session: Session,
    one: WorkshopSession,
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    with counted() as before:
        assert "at the same time" not in owner.get(f"{PATH}/move").text
    for number in range(2, 20):
        build_session(session, one.series, slug=f"s{number}", starts_at=SOON + number * DAY)
    other = build_session(
        session, one.series, slug="other", starts_at=SOON + DAY / 24, is_published=False, published_at=None
    )
    somebody = build_person(session, one.series, name="Camille Martin")
    for session_ in (one, other):
        build_slot(session, session_, somebody, build_item(session, session_))
    build_slot(session, other, build_person(session, one.series, name="Sacha"), declined_at=SOON)
    session.commit()
    with counted() as after:
        page = owner.get(f"{PATH}/move").text
    assert page.count("Camille Martin has a part in") == 1
    # Named, and a press away, drafts too.
    assert re.search(rf'<a href="{SERIES}/other/edit">Camille Martin has a part in', page)
    assert "Sacha" not in page
    assert len(after) <= len(before) + 4
    assert "Camille Martin has a part in" in owner.get(f"{PATH}/edit").text
