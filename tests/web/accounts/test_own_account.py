"""One's own account: name, address, language and clock, sign-ins, the end of it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, build_organiser, build_series
from tests.web.accounts.links import path_in, recipients
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Organiser, OrganiserAddressChange, Role, SignIn
from workshop.accounts.personal_data import erase, export
from workshop.core import clock as now_clock

PAGE = "/en/account"


def _own(session: Session) -> Organiser:
    session.expire_all()
    return session.scalars(sa.select(Organiser).order_by(Organiser.id)).all()[0]


def test_name_language_and_clock_are_one_s_own(client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session, name="Ana"))
    assert post(client, f"{PAGE}/name", {"name": " "}, page=PAGE).status_code == 422
    assert post(client, f"{PAGE}/name", {"name": "x" * 201}, page=PAGE).status_code == 422
    assert post(client, f"{PAGE}/name", {"name": "  Zélie   A. "}, page=PAGE).status_code == 303
    chosen = {"language": "fr", "tzid": "America/Toronto"}
    assert post(client, f"{PAGE}/language", chosen, page=PAGE).location == "/fr/account"
    own = _own(session)
    assert (own.name, own.language, own.tzid) == ("Zélie A.", "fr", "America/Toronto")
    wrong = post(client, f"{PAGE}/language", {**chosen, "tzid": "Mars/North"}, page=PAGE)
    assert (wrong.status_code, "Mars/North" in wrong.text) == (422, True)
    # A form without a clock leaves it alone, an empty one takes the site's.
    post(client, f"{PAGE}/language", {"language": "en"}, page=PAGE)
    assert _own(session).tzid == "America/Toronto"
    post(client, f"{PAGE}/language", {"language": "en", "tzid": ""}, page=PAGE)
    assert _own(session).tzid == ""


def test_a_new_address_holds_once_its_link_was_pressed_and_the_old_is_told(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(client, build_organiser(session, email="old@example.org"))
    assert post(client, f"{PAGE}/address", {"email": "new@example.org"}, page=PAGE).status_code == 303
    assert _own(session).email == "old@example.org"
    assert recipients(session, "address_change") == ["new@example.org"]
    link = path_in(session, "address_change")
    mailbox = app.test_client()
    assert mailbox.get(link).status_code == 200
    assert _own(session).email == "old@example.org"
    assert post(mailbox, link).status_code == 303
    assert (_own(session).email, _own(session).email_folded) == ("new@example.org", "new@example.org")
    assert recipients(session, "account_changed") == ["old@example.org"]
    assert mailbox.get(link).status_code == 404
    assert sign_in(app.test_client(), "old@example.org").status_code == 422
    assert sign_in(app.test_client(), "new@example.org").status_code == 303
    # The mail of before is still this account's.
    kinds = [message["kind"] for message in export(session, email="new@example.org")["organiser"]["messages"]]
    assert kinds == ["account_changed"]


def test_an_address_of_another_account_looks_the_same_and_changes_nothing(
    client: FlaskClient, session: Session
) -> None:
    build_organiser(session, email="first@example.org")
    build_organiser(session, email="taken@example.org")
    sign_in(client, "first@example.org")
    free = post(client, f"{PAGE}/address", {"email": "free@example.org"}, page=PAGE)
    taken = post(client, f"{PAGE}/address", {"email": "TAKEN@example.org"}, page=PAGE)
    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    assert recipients(session, "address_change") == ["free@example.org"]
    # The wish before is replaced: its link opens nothing.
    assert client.get(path_in(session, "address_change")).status_code == 404


def test_a_link_that_another_account_overtook_opens_nothing(client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session, email="first@example.org"))
    post(client, f"{PAGE}/address", {"email": "new@example.org"}, page=PAGE)
    link = path_in(session, "address_change")
    build_organiser(session, email="new@example.org")
    assert post(client, link).status_code == 404
    assert _own(session).email == "first@example.org"


def test_another_pass_phrase_ends_the_link_to_another_address(client: FlaskClient, session: Session) -> None:
    """Whoever knew the old one may have asked for it, and would have the account by it."""
    sign_in(client, build_organiser(session))
    post(client, f"{PAGE}/address", {"email": "thief@example.org"}, page=PAGE)
    link = path_in(session, "address_change")
    assert client.get(link).status_code == 200
    new = "quatre oies sauvages"
    changed = {"current": PASSWORD, "pass_phrase": new, "repeated": new}
    assert post(client, f"{PAGE}/pass-phrase", changed, page=PAGE).status_code == 303
    assert client.get(link).status_code == 404


def test_an_address_that_was_never_confirmed_is_forgotten(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    sign_in(client, build_organiser(session, email="first@example.org"))
    post(client, f"{PAGE}/address", {"email": "new@example.org"}, page=PAGE)
    assert "new_address_of_an_organiser" in export(session, email="new@example.org")
    link = path_in(session, "address_change")
    clock.shift(timedelta(hours=48))
    assert client.get(link).status_code == 404
    erase(session, now=now_clock.now(), email="new@example.org")
    assert session.scalars(sa.select(OrganiserAddressChange)).all() == []


def test_sign_ins_name_their_browser_and_all_others_are_ended_at_once(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    organiser = build_organiser(session)
    phone = app.test_client()
    phone.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"
    sign_in(phone, organiser)
    sign_in(client, organiser)
    page = client.get(PAGE).text
    assert "Safari, iPhone" in page
    assert "iPhone OS" not in page
    assert post(client, f"{PAGE}/sign-ins/end-others", page=PAGE).status_code == 303
    assert phone.get("/en/organise/").status_code == 303
    assert client.get("/en/organise/").status_code == 200
    assert "Sign out everywhere else" not in client.get(PAGE).text


def test_a_deactivated_account_signs_in_nowhere(app: Flask, client: FlaskClient, session: Session) -> None:
    series = build_series(session)
    build_organiser(session, series)
    organiser = build_organiser(session, series, role=Role.EDITOR, email="leaving@example.org")
    sign_in(client, organiser)
    assert post(client, f"{PAGE}/deactivate", page=PAGE).status_code == 303
    assert session.scalars(sa.select(SignIn)).all() == []
    assert sign_in(app.test_client(), organiser).status_code == 422
    assert recipients(session, "account_changed") == ["leaving@example.org"]


def test_the_last_owner_and_the_last_administrator_stay(client: FlaskClient, session: Session) -> None:
    owner = build_organiser(session, build_series(session))
    sign_in(client, owner)
    refused = post(client, f"{PAGE}/deactivate", page=PAGE)
    assert (refused.status_code, "A series needs an owner" in refused.text) == (409, True)
    administrator = build_organiser(session, is_administrator=True)
    post(client, "/logout", page=PAGE)
    sign_in(client, administrator)
    refused = post(client, f"{PAGE}/deactivate", page=PAGE)
    assert (refused.status_code, "manage" in refused.text) == (409, True)
    session.expire_all()
    assert owner.is_enabled
    assert administrator.is_enabled


def test_nobody_else_s_account_is_reached(client: FlaskClient) -> None:
    page = client.get("/en/login")
    assert page.status_code == 200
    for path in ("name", "address", "language", "deactivate", "sign-ins/end-others", "second-factor/begin"):
        answer = post(client, f"{PAGE}/{path}", page="/en/login")
        assert (answer.status_code, "/en/login" in str(answer.location)) == (303, True)
