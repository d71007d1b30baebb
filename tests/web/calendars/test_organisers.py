"""The organisers' own calendar, over HTTP, and the page where they get its address."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import vobject
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.web.examples import statements
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts import personal_data
from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.audit.models import LogEntry
from workshop.calendars.routes import organisers as route
from workshop.calendars.view import organiser_calendar
from workshop.chatham.rule import Level, Visibility
from workshop.core.links import Purpose, SecretLink, issue
from workshop.programme.models import ItemKind, Mode, Series, SessionStatus, SpeakerConsent, WorkshopSession
from workshop.rsvp.models import AnswerState

pytestmark = pytest.mark.usefixtures("clock")
PAGE = "/en/organise/calendar"


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="topic")


@pytest.fixture
def organiser(session: Session, series: Series) -> Organiser:
    return build_organiser(session, series, language="en")


@pytest.fixture
def feed(session: Session, organiser: Organiser) -> str:
    return f"/calendar/{issue(session, purpose=Purpose.FEED, subject=organiser.subject)}.ics"


def events(body: bytes) -> list[Any]:
    calendar = vobject.readOne(io.StringIO(body.decode()))
    return list(getattr(calendar, "vevent_list", []))


def event(body: bytes, workshop_session: WorkshopSession) -> Any:
    (found,) = [one for one in events(body) if one.uid.value.startswith(workshop_session.uid)]
    return found


def address_on(text: str) -> str:
    found = re.search(r'value="http://127\.0\.0\.1:5000(/calendar/[^"]+\.ics)"', text)
    assert found is not None
    return found[1]


# -- what it holds -----------------------------------------------------------------------------------------------------


def test_drafts_are_marked_and_lead_to_the_workspace(
    client: FlaskClient, session: Session, series: Series, feed: str
) -> None:
    draft = build_session(session, series, slug="d", title=both("Projet", "Plan"), is_published=False)
    public = build_session(session, series, slug="p", title=both("Su", "Known"))
    body = client.get(feed).data
    assert event(body, draft).summary.value.startswith("[Draft] ")
    assert event(body, draft).summary.value.endswith("Plan")
    assert event(body, draft).url.value == "http://127.0.0.1:5000/en/organise/series/topic/d/edit"
    assert "Draft" not in event(body, public).summary.value
    assert event(body, public).url.value == "http://127.0.0.1:5000/en/organise/series/topic/p/answers"
    assert {one.transp.value for one in events(body)} == {"TRANSPARENT"}


def test_numbers_come_first_in_the_description_and_no_name_at_all(
    client: FlaskClient, session: Session, series: Series, feed: str
) -> None:
    one = build_session(session, series, capacity=30, mode=Mode.HYBRID, place=both("Lyon", "Lyons"))
    states = [AnswerState.ACCEPTED] * 3 + [AnswerState.TENTATIVE] * 2 + [AnswerState.WAITLISTED, AnswerState.WITHDRAWN]
    for state in states:
        build_answer(session, one, build_participant(session, series, name="Fatou Secret"), state=state)
    free = build_session(session, series)
    build_answer(session, free)
    silent = build_session(session, series)
    body = client.get(feed).data
    first = event(body, one).description.value.split("\n")[0]
    assert first == "3 of 30 places taken · 2 answered “perhaps” · 1 on the waiting list"
    assert event(body, free).description.value.startswith("1 person comes\n\n")
    words = event(body, silent).description.value
    assert "taken" not in words
    assert "come" not in words.split("\n")[0]
    for hidden in (
        b"Fatou",
        b"@example.org",
        b"rooms.example.org",
        b"CONFERENCE",
        b"ATTENDEE",
        b"ORGANIZER",
        b"/join/",
    ):
        assert hidden not in body.replace(b"\r\n ", b"")


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("is_published", [True, False])
def test_under_the_rule_an_entry_is_its_label_and_nothing_else(
    client: FlaskClient,
    session: Session,
    series: Series,
    feed: str,
    level: Level,
    is_published: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one = build_session(session, series, number=4, level=level, capacity=9, is_published=is_published)
    one.place = both("Un lieu", "A place")
    build_answer(session, one)
    found = event(client.get(feed).data, one)
    assert found.summary.value == ("Session 4" if is_published else "[Draft] Session 4")
    assert not hasattr(found, "description")
    assert found.url.value == "http://127.0.0.1:5000/en/organise/"
    assert found.location.value == "Online"


def test_an_item_under_the_rule_takes_the_numbers_along(
    client: FlaskClient, session: Session, series: Series, feed: str
) -> None:
    one = build_session(session, series, capacity=9)
    build_item(session, one, kind=ItemKind.DISCUSSION, level=Level.WHOLE_SESSION)
    build_answer(session, one)
    assert "places taken" not in event(client.get(feed).data, one).description.value


def test_a_speaker_who_did_not_agree_is_not_named(
    client: FlaskClient, session: Session, series: Series, feed: str
) -> None:
    one = build_session(session, series)
    slot = build_slot(session, one, build_person(session, series, name="Ibrahima Tacite"))
    slot.consents.append(SpeakerConsent(kind="announce_name", withdrawn_at=NOW, recorded_by="speaker"))
    assert b"Tacite" not in client.get(feed).data


def test_a_cancelled_session_keeps_no_numbers_and_goes_after_two_weeks(
    client: FlaskClient, session: Session, series: Series, feed: str, clock: Any
) -> None:
    one = build_session(
        session, series, capacity=9, starts_at=NOW + timedelta(days=1), status=SessionStatus.CANCELLED, cancelled_at=NOW
    )
    build_answer(session, one)
    found = event(client.get(feed).data, one)
    assert found.status.value == "CANCELLED"
    assert found.summary.value.startswith("CANCELLED:")
    assert "taken" not in found.description.value
    clock.shift(timedelta(days=16))
    assert events(client.get(feed).data) == []


def test_it_holds_the_series_that_they_plan_or_see_answers_of_in_the_language_of_their_account(
    client: FlaskClient, session: Session, organiser: Organiser, feed: str
) -> None:
    held = {}
    for role in Role:
        other = build_series(session, visibility=Visibility.INVITE_ONLY)
        held[role] = build_session(session, other)
        organisation = "R" if role is Role.PARTNER else ""
        organiser.roles.append(SeriesRole(series_id=other.id, role=role, organisation=organisation, granted_at=NOW))
    foreign = build_session(session)
    organiser.language = "fr"
    body = client.get(feed).data
    uids = {one.uid.value.partition("@")[0] for one in events(body)}
    assert uids == {held[role].uid for role in (Role.OWNER, Role.ORGANISER, Role.EDITOR, Role.ANSWERS)}
    assert foreign.uid.encode() not in body
    assert b"SUMMARY;LANGUAGE=fr" in body


# -- what HTTP says of it ----------------------------------------------------------------------------------------------


def test_what_http_says_of_it(client: FlaskClient, session: Session, series: Series, feed: str) -> None:
    build_session(session, series)
    answer = client.get(feed)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Last-Modified"]
    for name in ("Set-Cookie", "Vary", "Content-Disposition", "Location"):
        assert name not in answer.headers
    assert b"SOURCE" not in answer.data
    token = feed.rsplit("/", maxsplit=1)[-1].removesuffix(".ics").encode()
    assert token not in answer.data


def test_an_unchanged_calendar_is_not_made_again(
    app: Flask, client: FlaskClient, session: Session, series: Series, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = build_session(session, series)
    made: list[int] = []
    original = organiser_calendar

    def counted(*arguments: Any, **values: Any) -> Any:
        made.append(1)
        return original(*arguments, **values)

    monkeypatch.setattr(route, "organiser_calendar", counted)
    etag = client.get(feed).headers["ETag"]
    with statements(app) as sent:
        assert client.get(feed, headers={"If-None-Match": etag}).status_code == 304
    assert len(made) == 1
    assert sent == []  # probes go straight to the driver
    build_answer(session, one)
    again = client.get(feed, headers={"If-None-Match": etag})
    assert (again.status_code, len(made)) == (200, 2)
    assert b"1 person comes" in again.data


def test_reading_it_leaves_no_trace(client: FlaskClient, session: Session, series: Series, feed: str) -> None:
    build_session(session, series)
    before = session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    client.get(feed)
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == before


def test_the_number_of_statements_does_not_grow(
    app: Flask, client: FlaskClient, session: Session, series: Series, feed: str
) -> None:
    build_session(session, series)
    with statements(app) as few:
        client.get(feed)
    for number in range(20):
        build_answer(session, build_session(session, series, starts_at=NOW + timedelta(days=number)))
    series.revision += 1
    session.commit()
    with statements(app) as many:
        client.get(feed)
    assert len(few) == len(many)


# -- gone at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(client: FlaskClient, session: Session, series: Series, feed: str) -> Iterator[WorkshopSession]:
    one = build_session(session, series)
    assert one.uid.encode() in client.get(feed).data
    yield one
    assert one.uid.encode() not in client.get(feed).data


def test_a_role_that_ended(session: Session, organiser: Organiser, shown: WorkshopSession) -> None:
    assert shown
    session.execute(sa.delete(SeriesRole).where(SeriesRole.organiser_id == organiser.id))


def test_a_role_that_became_a_helpers(session: Session, organiser: Organiser, shown: WorkshopSession) -> None:
    assert shown
    session.execute(sa.update(SeriesRole).where(SeriesRole.organiser_id == organiser.id).values(role=Role.HELPER))


def test_a_role_whose_time_is_over(session: Session, organiser: Organiser, shown: WorkshopSession) -> None:
    assert shown
    session.execute(sa.update(SeriesRole).where(SeriesRole.organiser_id == organiser.id).values(expires_at=NOW))


def test_an_account_that_is_closed_or_erased(
    client: FlaskClient, session: Session, organiser: Organiser, feed: str
) -> None:
    unknown = client.get("/calendar/nothing.ics")
    assert client.get(feed).status_code == 200
    organiser.is_enabled = False
    assert (client.get(feed).status_code, client.get(feed).data) == (404, unknown.data)
    organiser.is_enabled = True
    assert client.get(feed).status_code == 200
    assert personal_data.export(session, email=organiser.email)["organiser"]["has_calendar_address"] is True
    personal_data.erase(session, now=NOW, email=organiser.email)
    assert (client.get(feed).status_code, client.get(feed).data) == (404, unknown.data)
    assert session.scalars(sa.select(SecretLink)).all() == []


# -- the page ----------------------------------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(
    client: FlaskClient, session: Session, organiser: Organiser
) -> None:
    answer = client.get(PAGE)
    assert (answer.status_code, "/en/login" in answer.location) == (303, True)
    assert sign_in(client, organiser, path=answer.location).location == PAGE
    assert session.scalars(sa.select(SecretLink)).all() == []


def test_an_address_is_made_renewed_and_ended(client: FlaskClient, session: Session, organiser: Organiser) -> None:
    sign_in(client, organiser)
    assert "You have no address yet" in client.get(PAGE).text
    seen: list[str] = []
    for action in ("make", "renew", "revoke", "make"):
        answer = post(client, PAGE, {"action": action})
        assert (answer.status_code, answer.location) == (303, PAGE)
        text = client.get(PAGE).text
        for old in seen:
            assert client.get(old).status_code == 404
        if action == "revoke":
            assert "/calendar/" not in text.replace(PAGE, "")
            continue
        seen.append(address_on(text))
        assert client.get(seen[-1]).status_code == 200
        assert "webcal://127.0.0.1:5000" + seen[-1] in text
        assert "render?cid=webcal%3A%2F%2F127.0.0.1%3A5000%2Fcalendar%2F" in text
        assert '<svg class="qr"' in text
    assert len(set(seen)) == 3
    actions = session.scalars(sa.select(LogEntry).where(LogEntry.action.like("calendars.%"))).all()
    assert [one.action.split(".")[1] for one in actions] == ["make_feed", "renew_feed", "revoke_feed", "make_feed"]
    assert not any(old.split("/")[-1][:8] in f"{one.object}{one.details}" for old in seen for one in actions)


def test_the_page_is_kept_nowhere_and_shows_nobody_elses_address(
    client: FlaskClient, session: Session, organiser: Organiser, feed: str
) -> None:
    sign_in(client, organiser)
    page = client.get(PAGE)
    assert feed in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    client.post("/logout", data={"csrf_token": token_of(page)})
    sign_in(client, build_organiser(session, role=Role.HELPER))
    text = client.get(PAGE).text
    assert feed not in text
    assert "this calendar would be empty" in text


def test_an_unknown_act_changes_nothing_and_a_forged_one_is_refused(
    client: FlaskClient, session: Session, organiser: Organiser, feed: str
) -> None:
    sign_in(client, organiser)
    for action in ("", "drop", "MAKE"):
        assert post(client, PAGE, {"action": action}).status_code == 303
        assert "Please press one of the buttons below. Nothing was changed." in client.get(PAGE).text
    assert client.post(PAGE, data={"action": "revoke"}).status_code in {400, 403}
    assert client.get(feed).status_code == 200


def test_an_address_from_before_the_key_changed_can_be_ended(
    client: FlaskClient, session: Session, organiser: Organiser, feed: str
) -> None:
    link = session.scalars(sa.select(SecretLink)).one()
    link.token_hash = "0" * 64
    sign_in(client, organiser)
    text = client.get(PAGE).text
    assert "it can no longer be shown" in text
    assert feed not in text
    post(client, PAGE, {"action": "revoke"})
    assert "You have no address yet" in client.get(PAGE).text
