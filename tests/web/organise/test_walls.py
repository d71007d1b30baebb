"""Walls between series: for whoever has no role, another series' pages answer like none."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_organiser, build_series, build_session
from tests.web.workspace import sign_in, token_of
from workshop.accounts import service
from workshop.accounts.models import Role, SeriesRole
from workshop.core.db import db
from workshop.programme.models import Series, SessionStatus, WorkshopSession

WORKSPACE = {
    "announcements_organise",
    "organise",
    "programme_organise",
    "rsvp_organise",
    "summaries_organise",
    "feedback_organise",
    "calendars_organise",
}


def _addresses(app: Flask, series: str, session: str) -> list[tuple[str, str, str]]:
    """Return (endpoint, method, path) of everything in the workspace that names a series.

    Of what a series or session has many of (questions, people, …), one that does not exist.
    """
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] not in WORKSPACE or "series" not in rule.arguments:
                continue
            known = {"lang": "en", "series": series, "session": session}
            values: dict[str, Any] = {name: known.get(name, 99_999_999) for name in rule.arguments}
            path = url_for(rule.endpoint, **values)
            found += [(rule.endpoint, method, path) for method in (rule.methods or set()) - {"OPTIONS"}]
    return sorted(found)


def _of_many(app: Flask) -> set[str]:
    """Return the endpoints of one of many: a question, a person. Here none of them exists."""
    rules = [rule for rule in app.url_map.iter_rules() if "series" in rule.arguments]
    return {rule.endpoint for rule in rules if rule.arguments - {"lang", "series", "session"}}


def _codes(app: Flask, client: FlaskClient, series: str = "mine", session: str = "1") -> dict[tuple[str, str], int]:
    token = token_of(client.get("/en/organise/series/new"))
    return {
        (endpoint, method): client.open(path, method=method, data={"csrf_token": token}).status_code
        for endpoint, method, path in _addresses(app, series, session)
    }


@pytest.fixture
def mine(session: Session) -> Series:
    series = build_series(session, slug="mine")
    one = build_session(session, series, slug="1")
    build_answer(session, one)
    return series


def test_the_crawl_knows_every_page_of_the_workspace(app: Flask) -> None:
    endpoints = {endpoint for endpoint, _, _ in _addresses(app, "a", "b")}
    assert endpoints >= {
        "announcements_organise.confirm",
        "announcements_organise.edit",
        "announcements_organise.index",
        "announcements_organise.new",
        "organise.cancel",
        "organise.edit_series",
        "organise.edit_session",
        "organise.level",
        "organise.add_recording",
        "organise.add_slides",
        "organise.change_recording",
        "organise.mail",
        "organise.message",
        "organise.send_again",
        "organise.correct_address",
        "organise.pause_series",
        "organise.pause_session",
        "organise.reminder",
        "organise.session_mail",
        "organise.materials",
        "organise.remove_slides",
        "organise.slides",
        "organise.access",
        "organise.move",
        "organise.questions",
        "organise.texts",
        "organise.edit_text",
        "organise.reset_text",
        "organise.tell",
        "organise.traces",
        "organise.seen_by",
        "organise.who_sees_what",
        "programme_organise.new_session",
        "programme_organise.publish",
        "programme_organise.series",
        "rsvp_organise.act",
        "rsvp_organise.add",
        "rsvp_organise.answers",
        "rsvp_organise.attendance",
        "rsvp_organise.breakdown",
        "rsvp_organise.breakdown_export",
        "rsvp_organise.check_in",
        "rsvp_organise.export",
        "rsvp_organise.reveal",
        "rsvp_organise.series_answers",
        "rsvp_organise.series_export",
    }


def test_an_owner_gets_in_everywhere(app: Flask, client: FlaskClient, session: Session, mine: Series) -> None:
    sign_in(client, build_organiser(session, mine))
    codes = _codes(app, client)
    assert 500 not in codes.values(), codes
    # A text that is not named is none either.
    assert {endpoint for (endpoint, _), code in codes.items() if code == 404} <= _of_many(app) | {
        "programme_organise.text_is_fine"
    }


@pytest.mark.parametrize("is_administrator", [False, True])
def test_for_another_organiser_nothing_of_it_exists(
    app: Flask,
    client: FlaskClient,
    session: Session,
    mine: Series,
    is_administrator: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    other = build_session(session, build_series(session, slug="theirs"), slug="1")
    sign_in(client, build_organiser(session, other.series, is_administrator=is_administrator))
    assert set(_codes(app, client).values()) == {404}
    unknown = _codes(app, client, series="nothing")
    assert unknown == _codes(app, client)
    session.expire_all()
    one = session.scalars(sa.select(WorkshopSession).where(WorkshopSession.series_id == mine.id)).one()
    assert one.status is SessionStatus.CONFIRMED
    assert one.sequence == 0


def test_a_session_is_found_in_its_own_series_only(
    app: Flask, client: FlaskClient, session: Session, mine: Series
) -> None:
    build_session(session, build_series(session, slug="theirs"), slug="secret")
    sign_in(client, build_organiser(session, mine))
    codes = _codes(app, client, session="secret")
    assert {code for (endpoint, _), code in codes.items() if "session" in endpoint and "new" not in endpoint} == {404}


def test_the_answers_of_both_are_the_same_page(client: FlaskClient, session: Session, mine: Series) -> None:
    sign_in(client, build_organiser(session))
    foreign = client.get(f"/en/organise/series/{mine.slug}/").text
    assert foreign.replace(mine.slug, "…") == client.get("/en/organise/series/zzz-unknown/").text.replace(
        "zzz-unknown", "…"
    )


def test_another_series_costs_no_more_work_than_none(
    app: Flask, client: FlaskClient, session: Session, mine: Series
) -> None:
    sign_in(client, build_organiser(session))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    works = []
    for series in (mine.slug, "nothing"):
        statements.clear()
        assert set(_codes(app, client, series=series).values()) == {404}
        works.append(list(statements))
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert works[0] == works[1]


def test_translators_change_texts_and_nothing_else(client: FlaskClient, session: Session, mine: Series) -> None:
    """Of a draft: what is published they change only aside."""
    mine.sessions[0].is_published = False
    sign_in(client, build_organiser(session, mine, role=Role.TRANSLATOR))
    page = client.get("/en/organise/series/mine/1/edit").text
    for word in ("rooms.example.org", "capacity", "floor_languages", "/move", "/cancel", "/answers"):
        assert word not in page
    values = {"title-fr": "Neuf", "title-en": "New", "format": "seminar", "room_link": "https://evil.example.org/"}
    answer = client.post(
        "/en/organise/series/mine/1/edit",
        data={
            "csrf_token": token_of(client.get("/en/organise/series/mine/1/edit")),
            "level": "on_the_record",
            **values,
        },
    )
    assert answer.status_code == 303
    session.expire_all()
    one = session.scalars(sa.select(WorkshopSession)).one()
    assert one.title["en"] == "New"
    assert one.room_link.startswith("https://rooms.example.org/")
    assert one.level is None
    assert one.capacity is None


def test_partners_see_what_is_made_for_partners_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, mine: Series
) -> None:
    partner = build_organiser(session)
    service.grant(
        session, now=NOW, series_id=mine.id, organiser=partner, role=Role.PARTNER, organisation="R", actor="command"
    )
    sign_in(client, partner)
    codes = {endpoint: code for (endpoint, _), code in _codes(app, client).items()}
    for prefix in ("organise.", "programme_organise.", "rsvp_organise.answers", "rsvp_organise.check"):
        assert {code for endpoint, code in codes.items() if endpoint.startswith(prefix)} == {404}
    page = client.get("/en/organise/").text
    assert mine.title["en"] in page
    assert mine.sessions[0].title["en"] not in page
    assert "/organise/series/mine/" not in page.replace("/organise/series/mine/invitations", "")
    assert "/en/organise/series/mine/invitations" in page


def test_a_revoked_role_ends_with_the_next_request(
    app: Flask, client: FlaskClient, session: Session, mine: Series
) -> None:
    organiser = build_organiser(session, mine)
    sign_in(client, organiser)
    assert client.get("/en/organise/series/mine/").status_code == 200
    build_organiser(session, mine)  # a series is always somebody's
    service.revoke(session, now=NOW, series_id=mine.id, organiser=organiser, actor="command")
    session.commit()
    assert set(_codes(app, client).values()) == {404}
    assert "mine" not in client.get("/en/organise/").text


def test_nobody_gets_in_without_signing_in(app: Flask, client: FlaskClient, mine: Series) -> None:
    token = token_of(client.get("/en/login"))
    for endpoint, method, path in _addresses(app, "mine", "1"):
        answer = client.open(path, method=method, data={"csrf_token": token})
        assert (answer.status_code, "/login" in (answer.location or "")) == (303, True), (endpoint, method)


def test_whoever_creates_a_series_owns_it(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    sign_in(client, organiser)
    token = token_of(client.get("/en/organise/series/new"))
    values = {
        "csrf_token": token, "title-fr": "Série", "title-en": "Series", "slug": "new-one", "languages": "fr, en",
        "tzid": "Europe/Paris", "level": "discussion", "visibility": "public", "retention_days": "30",
        "organiser_id": "1", "role": "helper", "id": "77",
    }  # fmt: skip
    answer = client.post("/en/organise/series/new", data=values)
    assert (answer.status_code, answer.location) == (303, "/en/organise/series/new-one/"), answer.text
    session.expire_all()
    (role,) = session.scalars(sa.select(SeriesRole))
    assert (role.organiser_id, role.role) == (organiser.id, Role.OWNER)


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_beyond_every_row_is_like_any_that_nothing_has(
    app: Flask, client: FlaskClient, session: Session, mine: Series, number: int
) -> None:
    sign_in(client, build_organiser(session, mine))
    token = token_of(client.get("/en/organise/series/new"))
    codes: dict[tuple[str, str], int] = {}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] in WORKSPACE and rule.arguments - {"lang", "series", "session"}:
                known: dict[str, Any] = {"lang": "en", "series": "mine", "session": "1"}
                values = {name: known.get(name, number) for name in rule.arguments}
                path = url_for(rule.endpoint, **values)
                codes |= {(method, path): 0 for method in (rule.methods or set()) - {"OPTIONS"}}
    for method, path in codes:
        codes[method, path] = client.open(path, method=method, data={"csrf_token": token}).status_code
    assert len(codes) > 20
    assert set(codes.values()) == {404}, codes
