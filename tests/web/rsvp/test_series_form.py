"""One answer for several sessions of a series."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.builders import NOW, build_answer, build_item, build_participant, build_series, build_session
from tests.web.rsvp.visitor import csrf_of, list_mail, my_path
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import Base, db
from workshop.programme.models import OldSlug, Series, SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant

pytestmark = pytest.mark.usefixtures("clock")

FORM = "/en/series/serie/rsvp"


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series at `discussion` with three open sessions, 4, 5 and 6."""
    found = build_series(session, slug="serie")
    for number in (4, 5, 6):
        build_session(session, found, number=number, slug=str(number))
    session.commit()
    return found


def send(client: FlaskClient, path: str = FORM, **fields: Any) -> TestResponse:
    """Open the form and send it; a list repeats a field, None leaves it out."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    values: dict[str, Any] = {
        "csrf_token": csrf_of(page),
        "sessions": ["4", "5"],
        "name": "Une personne",
        "email": "someone@example.org",
        "answer": "accepted",
        "language": "en",
        "timezone": "Europe/Paris",
        "acknowledge_rule": ["discussion.1"],
        "reminders": "y",
        "website": "",
        **fields,
    }
    data: MultiDict[str, str] = MultiDict()
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                data.add(name, one)
    return client.post(path, data=data)


def count(session: Session, model: type[Any]) -> int:
    session.expire_all()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_the_open_and_listed_sessions_and_no_other(client: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, slug="past", starts_at=NOW - timedelta(days=2))
    build_session(session, series, slug="cancelled", status=SessionStatus.CANCELLED)
    build_session(session, series, slug="later", rsvp_opens_at=NOW + timedelta(days=1))
    build_session(session, series, slug="closed-form", rsvp_closes_at=NOW - timedelta(days=1))
    build_session(session, series, slug="unlisted", visibility=Visibility.UNLISTED)
    build_session(session, series, slug="invited", visibility=Visibility.INVITE_ONLY)
    build_session(session, series, slug="closed", level=Level.CLOSED)
    build_session(session, series, slug="draft", is_published=False)
    page = client.get(FORM)
    assert page.status_code == 200
    assert re.findall(r'<input[^>]*name="sessions"[^>]*value="([^"]*)"', page.text) == ["4", "5", "6"]
    for box in re.findall(r'<input[^>]*type="checkbox"[^>]*>', page.text):
        assert ("checked" in box) == ('name="reminders"' in box)
    assert "no-store" in page.headers["Cache-Control"]


def test_one_form_is_one_person_several_answers_and_one_mail(
    client: FlaskClient, session: Session, series: Series
) -> None:
    response = send(client, affiliation="NGO")
    assert response.status_code == 303
    assert response.headers["Location"].endswith("/en/series/serie/rsvp/sent")
    assert client.get(response.headers["Location"]).status_code == 200
    participant = session.scalars(sa.select(Participant)).one()
    assert participant.confirmed_at is None
    requests = session.scalars(sa.select(AnswerRequest)).all()
    assert [(one.choice, one.name, one.notice_level) for one in requests] == [
        (Choice.ACCEPTED, "Une personne", Level.DISCUSSION)
    ] * 2
    mail = list_mail(session)
    assert [one.kind for one in mail] == ["confirm_address"]
    assert mail[0].workshop_session_id is None
    everything = f"{mail[0].subject}{mail[0].body_text}{mail[0].body_html}{mail[0].headers}"
    for forbidden in ("NGO", "Une personne", "series", "session 4"):
        assert forbidden not in everything


def test_the_one_button_confirms_all_of_them(client: FlaskClient, session: Session, series: Series) -> None:
    send(client, later="y", discreet="y", keep_informed="y", access_needs="Captions")
    path = my_path(session, language="en")
    response = client.post(f"{path}confirm", data={"csrf_token": csrf_of(client.get(path))})
    assert response.status_code == 303
    session.expire_all()
    states = {one.workshop_session.slug: one.state for one in session.scalars(sa.select(Answer))}
    assert states == {"4": AnswerState.ACCEPTED, "5": AnswerState.ACCEPTED}
    participant = session.scalars(sa.select(Participant)).one()
    assert (participant.is_discreet, participant.access_needs) == (True, "Captions")
    assert participant.informed_since == participant.follows_since == NOW


def test_every_notice_has_a_box_of_its_own_and_only_those_of_ticked_sessions_are_required(
    client: FlaskClient, session: Session, series: Series
) -> None:
    series.sessions[2].level = Level.WHOLE_SESSION
    series.revision += 1
    page = client.get(FORM)
    boxes = re.findall(r'<input[^>]*name="acknowledge_rule" value="([^"]*)"', page.text)
    assert boxes == ["discussion.1", "whole_session.1"]
    assert send(client).status_code == 303
    refused = send(client, sessions=["4", "6"])
    assert refused.status_code == 422
    assert "tick its box" in refused.text
    assert send(client, sessions=["4", "6"], acknowledge_rule=boxes).status_code == 303
    assert send(client, sessions=["4", "6"], acknowledge_rule=None, answer="declined").status_code == 303


def test_a_notice_that_became_stricter_while_the_page_was_open_is_shown(
    client: FlaskClient, session: Session, series: Series
) -> None:
    token = csrf_of(client.get(FORM))
    series.sessions[0].level = Level.WHOLE_SESSION
    series.revision += 1
    session.commit()
    data = {"csrf_token": token, "sessions": "4", "name": "x", "email": "x@example.org", "answer": "accepted",
            "language": "en", "acknowledge_rule": "on_the_record.1"}  # fmt: skip
    response = client.post(FORM, data=data)
    assert response.status_code == 422
    assert "has changed since" in response.text
    assert count(session, Participant) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"sessions": None},
        {"sessions": ["99"]},
        {"sessions": ["4", "99"]},
        {"sessions": ["unlisted"]},
        {"name": "x" * 300},
        {"name": ""},
        {"email": "a@example.org\nBcc: b@example.org"},
        {"email": "nobody"},
        {"email": ""},
        {"answer": "perhaps"},
        {"language": "xx"},
        {"timezone": "Mars/Base"},
        {"access_needs": "x" * 1001},
        {"acknowledge_rule": None},
    ],
    ids=str,
)
def test_a_wrong_form_comes_back_with_422_says_where_and_stores_nothing(
    client: FlaskClient, session: Session, series: Series, fields: dict[str, Any]
) -> None:
    build_session(session, series, slug="unlisted", visibility=Visibility.UNLISTED)
    response = send(client, **fields)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert 'class="error"' in response.text
    assert count(session, Participant) == count(session, Answer) == 0


def test_unknown_fields_are_ignored_and_a_link_as_a_name_is_refused_at_its_field(
    client: FlaskClient, session: Session, series: Series
) -> None:
    name = "https://spam.example.org/x"
    refused = send(client, name=name)
    assert refused.status_code == 422
    assert f'href="{name}' not in refused.text
    assert 'id="name-error"' in refused.text
    assert send(client, state="accepted", share="ngo", interpretation="xx", admin="1").status_code == 303
    requests = session.scalars(sa.select(AnswerRequest)).all()
    assert {(one.share, one.interpretation) for one in requests} == {("", "")}


@pytest.mark.parametrize("end", ["", "/sent"])
def test_hidden_and_unknown_series_answer_alike(client: FlaskClient, session: Session, end: str) -> None:
    build_session(session, build_series(session, slug="serie", visibility=Visibility.INVITE_ONLY), slug="4")
    hidden, unknown = client.get(FORM + end), client.get("/en/series/other/rsvp" + end)
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace("/serie/", "/other/") == unknown.text
    assert dict(hidden.headers) == dict(unknown.headers)


def test_an_unlisted_series_is_reached_by_its_address(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="serie", visibility=Visibility.UNLISTED)
    build_session(session, series, slug="4")
    build_session(session, series, slug="5")
    assert send(client).status_code == 303


def test_an_old_address_leads_to_the_new_one(client: FlaskClient, session: Session, series: Series) -> None:
    session.add(OldSlug(slug="old", series_id=series.id))
    for end in ("", "/sent"):
        response = client.get(f"/en/series/old/rsvp{end}")
        assert response.status_code == 301
        assert response.headers["Location"].endswith(f"/en/series/serie/rsvp{end}")
    token = csrf_of(client.get(FORM))
    assert client.post("/en/series/old/rsvp", data={"csrf_token": token}).status_code == 308


def test_without_an_open_session_the_page_says_so(client: FlaskClient, session: Session) -> None:
    build_session(session, build_series(session, slug="serie"), slug="4", starts_at=NOW - timedelta(days=3))
    response = client.get(FORM)
    assert response.status_code == 409
    assert "No session takes answers at present" in response.text


def test_places_in_a_word_where_the_rule_lets_them_be_told(
    client: FlaskClient, session: Session, series: Series
) -> None:
    for one in series.sessions:
        one.capacity = 1
        one.has_waiting_list = one.slug == "5"
        build_answer(session, one)
    series.sessions[2].level = Level.WHOLE_SESSION
    page = client.get(FORM).text
    words = [re.sub(r"\s+", " ", word) for word in re.findall(r'class="state [^"]*">([^<]*)<', page)]
    assert words == ["Full", "Full: waiting list", "Open for answers"]


def test_a_full_session_is_named_and_nothing_is_stored_until_it_is_left_out_or_waited_for(
    client: FlaskClient, session: Session, series: Series
) -> None:
    first = series.sessions[0]
    first.capacity = 1
    build_answer(session, first, build_participant(session, series, address="seat@example.org"))
    refused = send(client)
    assert refused.status_code == 409
    assert first.title["en"] in re.sub(r"\s+", " ", refused.text.split('role="alert"')[1].split("</div>")[0])
    assert count(session, AnswerRequest) == 0
    assert send(client, waiting_list="1").status_code == 303
    asked = {one.answer_id: one.joins_list for one in session.scalars(sa.select(AnswerRequest))}
    assert sorted(asked.values()) == [True, True]
    path = my_path(session, language="en")
    client.post(f"{path}confirm", data={"csrf_token": csrf_of(client.get(path))})
    session.expire_all()
    mine = session.scalars(sa.select(Answer).join(Participant).where(Participant.address == "someone@example.org"))
    assert {one.workshop_session.slug: one.state for one in mine} == {
        "4": AnswerState.WAITLISTED,
        "5": AnswerState.ACCEPTED,
    }


def test_answering_twice_and_known_or_unknown_look_and_work_alike(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    known = build_participant(session, series, address="known@example.org")
    for one in series.sessions[:2]:
        build_answer(session, one, known)
    session.commit()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # A mail that must not leave is written and taken back.
        statements.append(re.sub(r"(RELEASE|ROLLBACK TO) SAVEPOINT .*|sa_savepoint_\d+", "", statement))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    answers, works = [], []
    for address in ("Known@example.org", "unknown@example.org", "unknown@example.org"):
        token = csrf_of(client.get(FORM))
        data = MultiDict([
            ("csrf_token", token), ("sessions", "4"), ("sessions", "5"), ("name", "x"), ("email", address),
            ("answer", "declined"), ("language", "en"), ("timezone", "Europe/Paris"),
        ])  # fmt: skip
        clock.shift(timedelta(seconds=1))
        statements.clear()
        answers.append(client.post(FORM, data=data))
        works.append(list(statements))
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert [one.status_code for one in answers] == [303] * 3
    assert len({one.data for one in answers}) == 1
    assert [dict(one.headers) for one in answers] == [dict(answers[0].headers)] * 3
    assert works[0] == works[1] == works[2]
    assert len(list_mail(session)) == 2
    standing = session.scalars(sa.select(Answer).where(Answer.participant_id == known.id)).all()
    assert {one.state for one in standing} == {AnswerState.ACCEPTED}


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_page_takes_as_many_queries_for_thirty_sessions_as_for_three(
    app: Flask,
    client: FlaskClient,
    session: Session,
    is_kept: bool,  # noqa: FBT001 (pytest gives it by name)
) -> None:
    counts = []
    for number in (3, 30):
        series = build_series(session, slug=f"serie-of-{number}")
        for at in range(number):
            one = build_session(session, series, number=at + 1, slug=str(at + 1), capacity=10)
            build_item(session, one)
            build_answer(session, one)
        session.commit()
        session.expunge_all()
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any, into: list[str] = statements) -> None:
            if not statement.startswith(("PRAGMA", "BEGIN", "SET")):
                into.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        page = client.get(f"/en/series/serie-of-{number}/rsvp", query_string=None if is_kept else {"x": "y"})
        sa.event.remove(db.engine, "before_cursor_execute", note)
        assert page.text.count('name="sessions"') == number
        counts.append(len(statements) + 1)  # the mark is asked for without SQLAlchemy's events
    assert counts[0] == counts[1] <= 12


def test_looking_changes_nothing(client: FlaskClient, session: Session, series: Series) -> None:
    def rows() -> dict[str, list[object]]:
        session.commit()
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }

    before = rows()
    for _ in range(3):
        client.get(FORM)
        client.head(FORM)
        client.get(FORM + "/sent")
    assert rows() == before


@pytest.mark.rate_limits
def test_robots_meet_the_honeypot_the_minimum_time_and_the_limit_by_client(
    client: FlaskClient, session: Session, series: Series, clock: time_machine.Traveller
) -> None:
    assert send(client, website="https://spam.example.org").status_code == 303
    assert send(client).status_code == 422
    assert count(session, Participant) == 0
    token = csrf_of(client.get(FORM))
    clock.shift(timedelta(seconds=30))
    statuses = [client.post(FORM, data={"csrf_token": token}).status_code for _ in range(120)]
    assert 429 in statuses
    refused = client.post(FORM, data={"csrf_token": token})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600


def test_each_reader_gets_a_token_of_their_own(app: Flask, series: Series) -> None:
    assert series.slug == "serie"
    assert len({csrf_of(app.test_client().get(FORM)) for _ in range(3)}) == 3


def test_sessions_are_described_with_level_language_and_interpretation(
    client: FlaskClient, session: Session, series: Series
) -> None:
    one: WorkshopSession = series.sessions[0]
    one.interpretation = ({"from": "fr", "into": "en", "scope": {}},)
    page = client.get(FORM).text
    assert "interpreted from French into English" in page
    assert "Discussion under the Rule" in page
    assert send(client, interpretation="en").status_code == 303
    found = {row.answer_id: row.interpretation for row in session.scalars(sa.select(AnswerRequest))}
    assert sorted(found.values()) == ["", "en"]
    assert send(client, interpretation="de").status_code == 422


def test_each_box_has_an_identifier_of_its_own_and_the_summary_leads_to_the_missing_one(
    client: FlaskClient, session: Session, series: Series
) -> None:
    series.sessions[0].level = Level.ON_THE_RECORD
    series.sessions[2].level = Level.WHOLE_SESSION
    refused = send(client, sessions=["4", "5", "6"])
    assert refused.status_code == 422
    assert 'href="#acknowledge_rule"' in refused.text
    boxes = dict(re.findall(r'id="(acknowledge_rule[^"]*)" name="acknowledge_rule" value="([^"]*)"', refused.text))
    assert boxes == {"acknowledge_rule": "whole_session.1", "acknowledge_rule-2": "discussion.1"}
    identifiers = re.findall(r' id="([^"]+)"', refused.text)
    assert len(identifiers) == len(set(identifiers))
