"""The workspace's own pages: dashboard, moving, cancelling, answers, mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break
from workshop.core import clock
from workshop.core.links import Purpose, mark
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.rsvp.models import AnswerState

PATH = "/en/organise/series/mine/1"
SOON = datetime(2030, 11, 29, 15, tzinfo=UTC)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    return build_session(
        session, build_series(session, slug="mine"), slug="1", starts_at=SOON, ends_at=SOON + timedelta(hours=2)
    )


@pytest.fixture
def owner(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    sign_in(client, build_organiser(session, one.series))
    return client


def _again(session: Session) -> WorkshopSession:
    session.expire_all()
    return session.scalars(sa.select(WorkshopSession).order_by(WorkshopSession.id)).first() or pytest.fail("gone")


def _actions(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def test_the_dashboard_shows_ones_own_series_and_what_is_missing(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    foreign = build_session(session, title=Localized.neutral("Somebody else’s"))
    one.title = Localized({"fr": "Titre seul"})
    one.room_link, one.is_published = "", False
    session.commit()
    page = owner.get("/en/organise/").text
    assert "Titre seul" in page
    assert "Draft: not published" in page
    assert "Texts are missing" not in page, "it is years ahead"
    one.starts_at = clock.now() + timedelta(days=27)
    one.ends_at = one.starts_at + timedelta(hours=2)
    session.commit()
    page = owner.get("/en/organise/").text
    assert "Texts are missing in English" in page
    assert f'href="{PATH}/edit#title-en"' in page
    assert "still a draft" in page
    assert "online room is missing" not in page, "it is weeks ahead"
    this_week, _heading, later = page.partition("What can wait a little")
    assert "Nothing this week" in this_week
    assert "Texts are missing" in later
    one.starts_at = clock.now() + timedelta(days=6)
    session.commit()
    page = owner.get("/en/organise/").text
    assert "What can wait a little" not in page
    assert f'href="{PATH}/edit#room_link"' in page.partition("What needs you this week")[2]
    assert "Somebody else" not in page
    assert foreign.series.slug not in page


@pytest.mark.parametrize("role", [Role.EDITOR, Role.TRANSLATOR, Role.ANSWERS])
def test_the_dashboard_leads_to_the_texts_that_the_series_itself_lacks(
    client: FlaskClient, session: Session, one: WorkshopSession, role: Role
) -> None:
    one.series.description, one.series.controller = Localized({"fr": "En français"}), Localized({"fr": "L’équipe"})
    sign_in(client, build_organiser(session, one.series, role=role))
    field = 'href="/en/organise/series/mine/edit#description-en">Texts are missing in English.'
    this_week, _heading, later = client.get("/en/organise/").text.partition("What can wait a little")
    assert (field in later) is (role is not Role.ANSWERS)
    assert field not in this_week
    one.series.description = both("Décrite", "Described")
    session.commit()
    page = client.get("/en/organise/").text
    is_for_planners = 'href="/en/organise/series/mine/edit#controller-en">Texts are missing in English.' in page
    assert is_for_planners is (role is Role.EDITOR), "the forms of translators have no field for it"
    one.starts_at, one.ends_at = NOW - timedelta(days=2), NOW - timedelta(days=1)
    session.commit()
    assert "Texts are missing" not in client.get("/en/organise/").text, "nothing is to come"


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ANSWERS])
def test_the_dashboard_says_how_many_who_speak_have_confirmed(
    client: FlaskClient, session: Session, one: WorkshopSession, role: Role
) -> None:
    slots = [build_slot(session, one, build_person(session, one.series)) for _number in range(3)]
    slots[0].confirmed_at = slots[1].declined_at = NOW
    sign_in(client, build_organiser(session, one.series, role=role))
    is_said = "1 of 3 confirmed, 1 declined" in client.get("/en/organise/").text
    assert is_said is (role is Role.EDITOR)


def test_the_dashboard_takes_as_many_statements_for_thirty_sessions_as_for_one(
    app: Flask, owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    from workshop.core.db import db

    counted: list[str] = []
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda *arguments: counted.append(arguments[2]))
    owner.get("/en/organise/")
    first = len(counted)
    for number in range(2, 31):
        build_session(session, one.series, slug=f"s{number}")
    session.commit()
    counted.clear()
    owner.get("/en/organise/")
    assert len([text for text in counted if "SELECT" in text]) <= first


def test_how_the_answers_stand_is_told_in_one_statement(
    app: Flask, owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    from tests.web.examples import statements

    one.capacity = 3
    for state in (
        AnswerState.ACCEPTED, AnswerState.ACCEPTED, AnswerState.OFFERED, AnswerState.WAITLISTED, AnswerState.REQUESTED,
        AnswerState.DECLINED, AnswerState.PENDING,
    ):  # fmt: skip
        build_answer(session, one, state=state)
    session.commit()
    for path in ("/en/organise/", "/en/organise/series/mine/"):
        page = " ".join(owner.get(path).text.split())
        for words in ("2 of 3 places taken", "1 place offered", "1 on the waiting list", "1 waits for your approval"):
            assert words in page
    with statements(app) as few:
        owner.get("/en/organise/series/mine/")
    for number in range(2, 12):
        build_answer(session, build_session(session, one.series, slug=f"s{number}", starts_at=SOON))
    session.commit()
    with statements(app) as many:
        owner.get("/en/organise/series/mine/")
    assert len(many) == len(few)


def test_a_raised_capacity_offers_at_once(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    from tests.web.programme.test_forms import shown

    one.capacity = 1
    build_answer(session, one)
    waiting = build_answer(session, one, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    session.commit()
    data: dict[str, str] = {}
    for name, value in shown(owner.get(f"{PATH}/edit").text):
        data.setdefault(name, value)
    assert owner.post(f"{PATH}/edit", data=data | {"capacity": "2"}).status_code == 303
    session.expire_all()
    assert waiting.state is AnswerState.OFFERED
    assert waiting.offer_expires_at is not None
    # Cancelled, nothing is offered any more.
    assert post(owner, f"{PATH}/cancel").status_code == 303
    session.expire_all()
    assert waiting.state is not AnswerState.OFFERED


def test_a_move_says_first_how_many_will_be_told(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    for state in (AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.DECLINED, AnswerState.PENDING):
        build_answer(session, one, state=state)
    session.commit()
    times = {"starts_wall": "2030-11-30T10:00", "ends_wall": "2030-11-30T12:00", "tzid": "Europe/Paris"}
    assert "2 participants will be told by e-mail." in owner.get(f"{PATH}/move").text
    asked = post(owner, f"{PATH}/move", times)
    assert asked.status_code == 200
    assert "2 participants will be told by e-mail." in asked.text
    assert "Friday 29 November 2030" in asked.text
    assert "Saturday 30 November 2030" in asked.text
    assert 'name="confirm" value="yes"' in asked.text
    assert 'name="starts_wall" value="2030-11-30T10:00"' in asked.text
    assert _again(session).starts_at == SOON
    answer = post(owner, f"{PATH}/move", {**times, "confirm": "yes"})
    assert answer.status_code == 303
    moved = _again(session)
    assert moved.starts_at == datetime(2030, 11, 30, 9, tzinfo=UTC)
    assert moved.sequence == 1
    assert _actions(session)[-1] == "programme.reschedule"


def test_of_what_is_over_or_never_shown_nobody_is_told(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    build_answer(session, one)
    session.commit()
    past = {"starts_wall": "2020-01-15T10:00", "ends_wall": "2020-01-15T12:00", "tzid": "Europe/Paris"}
    assert "Nobody will be told by e-mail" in post(owner, f"{PATH}/move", past).text
    assert post(owner, f"{PATH}/move", {**past, "confirm": "yes"}).status_code == 303
    assert "Nobody will be told by e-mail" in owner.get(f"{PATH}/cancel").text
    # Moved on into the future, it is news again.
    later = {"starts_wall": "2030-11-30T10:00", "ends_wall": "2030-11-30T12:00", "tzid": "Europe/Paris"}
    assert "1 participant will be told by e-mail." in post(owner, f"{PATH}/move", later).text
    _again(session).is_published = False
    session.commit()
    assert "Nobody will be told by e-mail" in post(owner, f"{PATH}/move", later).text


def test_a_session_becomes_a_draft_again_only_while_nobody_has_answered(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    assert "/unpublish" in owner.get(f"{PATH}/edit").text
    assert post(owner, f"{PATH}/unpublish", page=f"{PATH}/edit").status_code == 303
    assert _again(session).is_published is False
    assert owner.get("/en/series/mine/1/").status_code == 404
    assert "/unpublish" not in owner.get(f"{PATH}/edit").text
    assert post(owner, f"{PATH}/publish").status_code == 303
    build_answer(session, _again(session))
    session.commit()
    assert "/unpublish" not in owner.get(f"{PATH}/edit").text
    assert post(owner, f"{PATH}/unpublish", page=f"{PATH}/edit").status_code == 409
    assert _again(session).is_published is True


def test_a_move_to_an_impossible_time_comes_back_with_its_fault(owner: FlaskClient, session: Session) -> None:
    for starts, ends, words in (
        ("2030-03-31T02:30", "2030-03-31T05:00", "does not exist"),
        ("2030-10-27T02:30", "2030-10-27T05:00", "occurs twice"),
        ("2030-11-30T10:00", "2030-11-30T09:00", "after the start"),
        ("", "2030-11-30T09:00", "Please give the start."),
    ):
        times = {"starts_wall": starts, "ends_wall": ends, "tzid": "Europe/Paris", "confirm": "yes"}
        answer = post(owner, f"{PATH}/move", times)
        assert answer.status_code == 422
        assert words in answer.text
    assert _again(session).sequence == 0


def test_cancelling_says_first_how_many_will_be_told_and_is_done_once(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    build_answer(session, one)
    session.commit()
    page = owner.get(f"{PATH}/cancel").text
    assert "1 participant will be told by e-mail." in page
    assert _again(session).status is SessionStatus.CONFIRMED
    assert post(owner, f"{PATH}/cancel").status_code == 303
    assert _again(session).status is SessionStatus.CANCELLED
    assert post(owner, f"{PATH}/cancel", page="/en/account").status_code == 303
    assert _again(session).sequence == 1
    assert "cancelled already" in owner.get(f"{PATH}/cancel").text
    assert post(owner, f"{PATH}/move", page="/en/account", data={"starts_wall": "2031-01-01T10:00"}).status_code in {
        409,
        422,
    }


def test_a_cancelled_session_keeps_its_status_when_its_texts_are_edited(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.status = SessionStatus.CANCELLED
    session.commit()
    data = {
        "title-fr": "Neuf", "title-en": "New", "level": "series", "floor_languages": "fr", "number": "1", "slug": "1",
        "status": "confirmed",
    }  # fmt: skip
    assert post(owner, f"{PATH}/edit", data).status_code == 303
    assert _again(session).status is SessionStatus.CANCELLED
    assert _again(session).title["en"] == "New"


def test_the_list_of_answers_masks_addresses_and_each_look_is_logged(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    coming = build_participant(
        session, one.series, name="Ada <b>", affiliation="Inserm", address="ada.secret@hidden.example.org"
    )
    build_answer(session, one, coming)
    build_answer(session, one, build_participant(session, one.series, name="Unconfirmed"), state=AnswerState.PENDING)
    session.commit()
    before = _actions(session).count("rsvp.view_answers")
    page = owner.get(f"{PATH}/answers").text
    assert "Ada &lt;b&gt;" in page
    assert "Inserm" in page
    assert "a…@….org" in page
    assert "secret" not in page
    assert "hidden.example" not in page
    assert "Unconfirmed" not in page
    owner.get(f"{PATH}/answers")
    assert _actions(session).count("rsvp.view_answers") == before + 2
    assert find_break(session) is None
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.view_answers")).first()
    assert entry is not None
    assert (entry.object, entry.details) == (f"session:{_again(session).id}", {"rows": 1})


def _message(session: Session, series: Series | None, **values: object) -> None:
    number = len(list(session.scalars(sa.select(OutboxMessage.id)))) + 1
    defaults = {
        "dedupe_key": str(number), "kind": "reminder", "priority": 40, "series_id": series and series.id,
        "person_ref": "ab" * 16, "language": "fr", "recipient": "ada.secret@hidden.example.org", "subject": "Rappel",
        "body_text": f"Votre page : https://example.org/fr/my/{mark(Purpose.MY, 'ab' * 16)}/", "body_html": "",
        "message_id": f"<{number}@example.org>", "state": OutboxState.SENT, "created_at": NOW, "next_attempt_at": NOW,
    }  # fmt: skip
    session.add(OutboxMessage(**{**defaults, **values}))
    session.flush()


def test_the_mail_of_a_series_masks_addresses_and_cuts_links(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    _message(session, one.series)
    _message(session, build_series(session), subject="Of another series")
    _message(session, None, subject="Of no series")
    session.commit()
    page = owner.get("/en/organise/series/mine/mail").text
    assert _actions(session)[-1] == "organise.view_mail"
    first = session.scalars(sa.select(OutboxMessage.id).order_by(OutboxMessage.id)).first()
    page += owner.get(f"/en/organise/series/mine/mail/{first}").text
    assert "Rappel" in page
    assert "Reminder" in page
    assert "a…@….org" in page
    assert "https://example.org/fr/my/…/" in page
    for word in ("secret", "hidden.example", "abab", "Of another series", "Of no series"):
        assert word not in page
    assert _actions(session)[-1] == "organise.view_message"


@pytest.mark.parametrize(
    ("settings", "warns"), [({}, True), ({"MAIL_SERVER": "127.0.0.1", "MAIL_DEFAULT_SENDER": "w@example.org"}, False)]
)
def test_a_public_instance_without_mail_warns_loudly(
    configure: Callable[..., Flask],
    settings: dict[str, str],
    warns: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    from workshop.core.db import db

    app = configure(BASE_URL="http://workshops.example.org", **settings)
    client = app.test_client()
    with app.app_context():
        sign_in(client, build_organiser(db.session(), email="o@example.org"))
        db.session.remove()
    assert ("Nobody receives any mail" in client.get("/en/organise/").text) is warns


def test_the_workspace_shows_ones_own_clock_beside_the_sessions_where_they_differ(
    client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    organiser = build_organiser(session, one.series)
    sign_in(client, organiser)
    pages = ("/en/organise/", "/en/organise/series/mine/", f"{PATH}/edit", f"{PATH}/move", f"{PATH}/answers")
    for tzid, words in (("America/Toronto", "10:00–12:00"), ("Europe/Brussels", ""), ("", "")):
        organiser.tzid = tzid
        session.commit()
        for path in pages:
            page = client.get(path).text
            assert "16:00–18:00" in page, path
            assert ("On your clock:" in page, words in page) == (bool(words), True), (tzid, path)


def test_ones_own_clock_says_when_something_was_done_and_is_on_no_public_page(
    client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    organiser = build_organiser(session, one.series)
    organiser.tzid = "Asia/Tokyo"
    session.commit()
    sign_in(client, organiser)
    one.reminders_paused_at = NOW
    session.commit()
    assert "Tokyo time" in client.get(f"{PATH}/mail").text
    assert "Tokyo time" not in client.get("/en/series/mine/1/").text
