"""Accounts, for those who manage them; nobody else, and no series by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_organiser, build_series
from tests.web.accounts.codes import set_up
from tests.web.accounts.links import path_in, recipients
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Organiser, SignIn
from workshop.accounts.service import factor
from workshop.accounts.service.resetting import answer_resets
from workshop.audit.models import LogEntry

PAGE = "/en/organise/accounts"
VERBS = ("disable", "enable", "administrator", "no-administrator", "reset", "factor-off")


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Organiser:
    found = build_organiser(session, is_administrator=True, name="Zoé Admin", email="admin@example.org")
    sign_in(client, found)
    return found


def _do(client: FlaskClient, organiser: Organiser, verb: str) -> int:
    return post(client, f"{PAGE}/{organiser.id}/{verb}", page=PAGE).status_code


def test_for_others_there_is_nothing(client: FlaskClient, session: Session) -> None:
    owner = build_organiser(session, build_series(session))
    target = build_organiser(session)
    sign_in(client, owner)
    assert client.get(PAGE).status_code == 404
    assert "accounts" not in client.get("/en/organise/").text.lower().replace("account", "", 1).split("</nav>")[0]
    for path in (*(f"{target.id}/{verb}" for verb in VERBS), "invite", "invitations/1/take-back"):
        assert post(client, f"{PAGE}/{path}", {"email": "x@example.org"}, page="/en/account").status_code == 404


def test_strangers_sign_in_first(client: FlaskClient, session: Session) -> None:
    build_organiser(session, is_administrator=True, email="admin@example.org")
    answer = client.get(PAGE)
    assert answer.location == "/en/login?next=accounts.list_accounts"
    assert sign_in(client, "admin@example.org", path=answer.location).location == PAGE


def test_they_find_accounts_and_see_no_series(client: FlaskClient, session: Session, administrator: Organiser) -> None:
    series = build_series(session)
    build_organiser(session, series, name="Éléonore Ferré", email="e@example.org")
    page = client.get(PAGE).text
    assert "Éléonore Ferré" in page
    assert series.slug not in page
    assert client.get(f"/en/organise/series/{series.slug}/").status_code == 404
    found = client.get(f"{PAGE}?q=eleonore").text
    assert "1 account." in found
    assert "Zoé Admin" not in found.split("<main")[1]
    assert "Nobody has that name" in client.get(f"{PAGE}?q=nobody").text


def test_a_long_list_has_pages(client: FlaskClient, session: Session, administrator: Organiser) -> None:
    for number in range(60):
        session.add(
            Organiser(
                email=f"a{number:02}@example.org", email_folded=f"a{number:02}@example.org", password_hash="x",
                created_at=NOW,
            )
        )  # fmt: skip
    session.flush()
    first, second = client.get(PAGE).text, client.get(f"{PAGE}?page=2").text
    assert ("a10@example.org" in first, "a10@example.org" in second) == (True, False)
    assert ("a55@example.org" in first, "a55@example.org" in second) == (False, True)
    for odd in ("0", "-1", "99", "x"):
        assert client.get(f"{PAGE}?page={odd}").status_code == 200


def test_disabling_ends_everything_at_once_and_enabling_asks_for_a_sign_in(
    app: Flask, client: FlaskClient, session: Session, administrator: Organiser
) -> None:
    target = build_organiser(session, build_series(session), email="target@example.org")
    elsewhere = app.test_client()
    sign_in(elsewhere, target)
    assert _do(client, target, "disable") == 303
    assert elsewhere.get("/en/organise/").status_code == 303
    assert sign_in(elsewhere, target).status_code == 422
    assert _do(client, target, "enable") == 303
    assert elsewhere.get("/en/organise/").status_code == 303
    assert sign_in(elsewhere, target).status_code == 303
    assert recipients(session, "account_changed") == ["target@example.org"]


def test_the_last_administrator_stays(client: FlaskClient, session: Session, administrator: Organiser) -> None:
    assert _do(client, administrator, "no-administrator") == 409
    assert _do(client, administrator, "disable") == 409
    other = build_organiser(session)
    assert _do(client, other, "administrator") == 303
    assert _do(client, administrator, "no-administrator") == 303
    assert client.get(PAGE).status_code == 404


def test_a_link_to_a_new_phrase_and_a_lost_factor(
    client: FlaskClient, session: Session, administrator: Organiser
) -> None:
    target = build_organiser(session, email="target@example.org")
    set_up(session, target)
    assert _do(client, target, "reset") == 303
    answer_resets(session, now=NOW + timedelta(minutes=1))
    session.commit()
    assert recipients(session, "pass_phrase_reset") == ["target@example.org"]
    assert _do(client, target, "factor-off") == 303
    session.expire_all()
    assert not factor.is_on(target)
    assert recipients(session, "account_changed") == ["target@example.org"]


def test_an_account_is_offered_and_taken_back(client: FlaskClient, session: Session, administrator: Organiser) -> None:
    assert post(client, f"{PAGE}/invite", {"email": "no", "language": "en"}, page=PAGE).status_code == 422
    assert post(client, f"{PAGE}/invite", {"email": "new@example.org", "language": "fr"}, page=PAGE).status_code == 303
    link = path_in(session, "role_invitation")
    assert link.startswith("/fr/welcome/")
    assert client.get(link).status_code == 200
    assert "new@example.org" in client.get(PAGE).text
    assert post(client, f"{PAGE}/invitations/1/take-back", page=PAGE).status_code == 303
    assert client.get(link).status_code == 404


def test_acts_ask_who_is_there_and_are_logged_without_names(
    client: FlaskClient, session: Session, administrator: Organiser
) -> None:
    target = build_organiser(session)
    session.execute(sa.update(SignIn).values(confirmed_at=NOW - timedelta(days=1)))
    for verb in VERBS:
        assert _do(client, target, verb) == 403
    session.execute(sa.update(SignIn).values(confirmed_at=sa.func.now()))
    assert _do(client, target, "nothing") == 404
    assert post(client, f"{PAGE}/99999/disable", page=PAGE).status_code == 404
    for entry in session.scalars(sa.select(LogEntry)):
        assert "@" not in f"{entry.actor} {entry.object} {entry.details}"
