"""Accepting an invitation to organise by its link."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, PASSWORD, build_organiser, build_series, build_session
from tests.databases import wait_until_held_up
from tests.web.accounts.codes import code_of, set_up
from tests.web.accounts.links import path_in
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Organiser, Role, RoleInvitation, SeriesRole
from workshop.accounts.service import add_organiser
from workshop.accounts.service.inviting import invite
from workshop.core.db import db
from workshop.programme.models import Series

PHRASE = "quatre oies sauvages"
NEWCOMER = {"name": "Ana", "pass_phrase": PHRASE, "repeated": PHRASE, "language": "en", "tzid": "Europe/Lisbon"}
OPENED = "/en/organise/"


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session)


def _invited(session: Session, series: Series, role: Role = Role.EDITOR, **values: object) -> str:
    owner = build_organiser(session, series, name="Zélie Owner")
    invite(
        session, now=NOW, email="ana@example.org", language="en", by=owner, series_id=series.id, role=role,
        **values,  # type: ignore[arg-type] # each test says what its call is about
    )  # fmt: skip
    session.commit()
    return path_in(session, "role_invitation")


def _roles(session: Session, email: str = "ana@example.org") -> list[Role]:
    session.expire_all()
    statement = sa.select(SeriesRole.role).join(Organiser).where(Organiser.email_folded == email)
    return list(session.scalars(statement))


def test_looking_shows_what_it_is_about_and_does_nothing(client: FlaskClient, session: Session, series: Series) -> None:
    link = _invited(session, series, organisation="Réseau d’exemple")
    for _ in range(2):
        page = client.get(link).text
        for words in (series.title.get("en"), "Zélie Owner", "Editor", "Réseau d’exemple", "ana@example.org"):
            assert words is not None
            assert words in page
    assert _roles(session) == []
    assert session.scalars(sa.select(RoleInvitation)).one().used_at is None


def test_a_newcomer_gets_an_account_and_the_role_and_is_signed_in(
    app: Flask, client: FlaskClient, session: Session, series: Series
) -> None:
    link = _invited(session, series)
    weak = post(client, link, {**NEWCOMER, "pass_phrase": "short", "repeated": "short"})
    assert (weak.status_code, 'value="Ana"' in weak.text, "short" in weak.text.split("<main")[1]) == (422, True, False)
    assert post(client, link, {**NEWCOMER, "tzid": "Mars/North"}).status_code == 422
    assert post(client, link, NEWCOMER).location == OPENED
    assert client.get(f"/en/organise/series/{series.slug}/").status_code == 200
    assert _roles(session) == [Role.EDITOR]
    assert client.get(link).status_code == 404
    assert post(client, link, NEWCOMER, page="/en/account").status_code == 404
    assert sign_in(app.test_client(), "ana@example.org", PHRASE).status_code == 303


@pytest.mark.databases("postgresql")
def test_of_two_accepted_at_once_by_a_newcomer_the_second_signs_in(
    app: Flask, client: FlaskClient, session: Session, series: Series
) -> None:
    link = _invited(session, series)
    with Session(db.engine) as other:
        add_organiser(
            other, now=NOW, email="ana@example.org", name="Ana", pass_phrase=PHRASE, language="en",
            is_administrator=False,
        )  # fmt: skip
        found: list[TestResponse] = []
        pressing = threading.Thread(target=lambda: found.append(post(client, link, NEWCOMER)))
        pressing.start()
        wait_until_held_up(pressing, db.engine)
        other.commit()
    pressing.join(30)
    assert (found[0].status_code, found[0].location) == (303, link)
    assert _roles(session) == []
    assert 'name="pass_phrase"' not in client.get(link).text
    assert post(client, link, {"password": PHRASE}).location == OPENED
    assert _roles(session) == [Role.EDITOR]


def test_whoever_has_an_account_signs_in_there_or_before(app: Flask, session: Session, series: Series) -> None:
    organiser = build_organiser(session, email="ana@example.org")
    here = app.test_client()
    link = _invited(session, series)
    assert 'name="name"' not in here.get(link).text
    assert post(here, link, {"password": "a wrong phrase"}).status_code == 422
    assert post(here, link, NEWCOMER).status_code == 422
    assert _roles(session) == []
    assert post(here, link, {"password": PASSWORD}).location == OPENED
    assert _roles(session) == [Role.EDITOR]
    again = _invited(session, build_series(session), Role.ANSWERS)
    before = app.test_client()
    sign_in(before, organiser)
    assert 'name="password"' not in before.get(again).text
    assert post(before, again).location == OPENED
    assert sorted(_roles(session)) == [Role.ANSWERS, Role.EDITOR]


def test_an_account_with_a_second_factor_gives_its_code(client: FlaskClient, session: Session, series: Series) -> None:
    organiser = build_organiser(session, email="ana@example.org")
    set_up(session, organiser)
    link = _invited(session, series)
    assert post(client, link, {"password": PASSWORD}).status_code == 422
    assert post(client, link, {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert _roles(session) == []
    assert post(client, link, {"password": PASSWORD, "code": code_of(organiser)}).location == OPENED
    assert _roles(session) == [Role.EDITOR]


def test_somebody_else_s_sign_in_does_not_accept(client: FlaskClient, session: Session, series: Series) -> None:
    link = _invited(session, series)
    sign_in(client, build_organiser(session, email="other@example.org"))
    assert "another account" in client.get(link).text
    assert post(client, link, NEWCOMER).status_code == 409
    assert (_roles(session), _roles(session, "other@example.org")) == ([], [])


def test_a_helper_is_told_the_session_and_the_end(client: FlaskClient, session: Session, series: Series) -> None:
    one = build_session(session, series)
    until = NOW + timedelta(days=40)
    link = _invited(session, series, Role.HELPER, workshop_session_id=one.id, role_expires_at=until)
    page = client.get(link).text
    assert "Friday 1 January 2027" in page
    assert (one.short_title or one.title).get("en", "?") in page


def test_unknown_and_malformed_links_are_one_404(client: FlaskClient, session: Session, series: Series) -> None:
    link = _invited(session, series)
    for bad in ("/en/welcome/x/", "/en/welcome/%F0%9F%98%80/", link[:-2] + "/", link.replace("welcome", "reset")):
        assert client.get(bad).status_code == 404
        assert client.post(bad).status_code in {403, 404}
