"""Signing in with a second factor, and setting one up."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, build_organiser
from tests.web.accounts.codes import code_of, set_up
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Organiser, SignIn
from workshop.accounts.service import factor
from workshop.mail.models import OutboxMessage

DESK, CODE, OWN = "/en/organise/", "/en/login/code", "/en/account/second-factor"


def _told(session: Session) -> list[str]:
    session.expire_all()
    rows = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == "account_changed"))
    return [row.basis["change"] for row in rows]


def test_the_pass_phrase_alone_opens_nothing(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    set_up(session, organiser)
    answer = sign_in(client, organiser)
    assert (answer.status_code, answer.location) == (303, CODE)
    assert client.get(DESK).status_code == 303
    assert session.scalars(sa.select(SignIn)).all() == []
    assert post(client, CODE, {"code": "000000"}).status_code == 422
    assert client.get(DESK).status_code == 303
    code = code_of(organiser)
    assert post(client, CODE, {"code": code}).location == DESK
    assert client.get(DESK).status_code == 200
    assert client.get(CODE).status_code == 303


def test_a_code_that_was_used_opens_no_second_browser(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    set_up(session, organiser)
    code, other = code_of(organiser), app.test_client()
    for browser, status in ((client, 303), (other, 422)):
        sign_in(browser, organiser)
        assert post(browser, CODE, {"code": code}).status_code == status


def test_a_recovery_code_opens_once_and_its_owner_is_told(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    codes = set_up(session, organiser)
    sign_in(client, organiser)
    assert post(client, CODE, {"code": codes[3].replace("-", " ")}).status_code == 303
    assert _told(session) == ["code_used"]
    assert "9 recovery codes are left" in client.get(OWN).text
    post(client, "/logout", page="/en/account")
    sign_in(client, organiser)
    assert post(client, CODE, {"code": codes[3]}).status_code == 422


def test_half_a_sign_in_ends_after_ten_minutes_and_with_the_pass_phrase(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    organiser = build_organiser(session)
    set_up(session, organiser)
    sign_in(client, organiser)
    clock.shift(timedelta(minutes=10))
    assert client.get(CODE).location == "/en/login"
    sign_in(client, organiser)
    assert client.get(CODE).status_code == 200
    organiser.password_hash = "another"
    session.commit()
    assert client.get(CODE).location == "/en/login"


def test_the_page_that_was_asked_for_is_kept_over_both_steps(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    set_up(session, organiser)
    wanted = client.get("/en/account").location
    assert wanted is not None
    second = sign_in(client, organiser, path=wanted).location
    assert second == f"{CODE}?next=accounts.account"
    assert post(client, second, {"code": code_of(organiser)}).location == "/en/account"
    # Nothing that leads elsewhere comes along.
    post(client, "/logout", page="/en/account")
    away = sign_in(client, organiser, path="/en/login?_external=1&_scheme=ftp&lang=fr&endpoint=x&next=//example.org")
    assert away.location == f"{CODE}?next=//example.org"


@pytest.mark.rate_limits
def test_codes_are_not_guessed(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    set_up(session, organiser)
    sign_in(client, organiser)
    token = token_of(client.get(CODE))
    tried = [client.post(CODE, data={"csrf_token": token, "code": "000000"}).status_code for _ in range(11)]
    assert tried == [422] * 10 + [429]
    owner = app.test_client()
    owner.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    sign_in(owner, organiser)
    assert post(owner, CODE, {"code": code_of(organiser)}).status_code == 303


def test_it_is_set_up_in_two_steps_and_the_codes_are_shown_once(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    sign_in(client, organiser)
    assert 'class="qr"' not in client.get(OWN).text
    assert post(client, f"{OWN}/begin", page=OWN).status_code == 303
    page = client.get(OWN).text
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert shown is not None
    secret = shown[1].replace(" ", "")
    assert 'class="qr"' in page
    assert post(client, f"{OWN}/confirm", {"code": "000000"}, page=OWN).status_code == 422
    code = pyotp.TOTP(secret).now()
    codes = post(client, f"{OWN}/confirm", {"code": code}, page=OWN)
    assert codes.status_code == 200
    made = re.findall(r'<code class="nowrap">([a-z0-9-]{27})</code>', codes.text)
    assert len(set(made)) == 10
    assert "no-store" in codes.headers["Cache-Control"]
    page = client.get(OWN).text
    assert secret not in page.replace(" ", "")
    assert made[0] not in page
    assert _told(session) == ["factor_on"]


def test_the_secret_is_not_shown_to_whoever_finds_the_browser_open(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    organiser = build_organiser(session)
    sign_in(client, organiser)
    post(client, f"{OWN}/begin", page=OWN)
    clock.shift(timedelta(minutes=16))
    assert 'class="qr"' not in client.get(OWN).text
    assert post(client, f"{OWN}/begin", page=OWN).status_code == 403
    assert post(client, f"{OWN}/begin", {"reauthentication": PASSWORD}, page=OWN).status_code == 303
    assert 'class="qr"' in client.get(OWN).text


def test_new_codes_and_taking_it_off_ask_who_is_there_and_tell(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    organiser = build_organiser(session)
    codes = set_up(session, organiser)
    sign_in(client, organiser)
    post(client, CODE, {"code": codes[0]})
    answer = post(client, f"{OWN}/codes", page=OWN)
    new = re.findall(r'<code class="nowrap">([a-z0-9-]{27})</code>', answer.text)
    assert not set(codes) & set(new)
    clock.shift(timedelta(minutes=16))
    assert post(client, f"{OWN}/off", page=OWN).status_code == 403
    right = {"reauthentication": PASSWORD, "reauthentication_code": new[0]}
    assert post(client, f"{OWN}/off", right, page=OWN).status_code == 303
    session.expire_all()
    assert not factor.is_on(session.scalars(sa.select(Organiser)).one())
    assert _told(session) == ["code_used", "codes", "factor_off"]


def test_after_a_changed_key_the_page_says_why_no_code_counts(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    codes = set_up(session, organiser)
    organiser.totp_check = "0" * 64
    session.commit()
    sign_in(client, organiser)
    answer = post(client, CODE, {"code": "123456"})
    assert (answer.status_code, "key of this site has changed" in answer.text) == (422, True)
    assert post(client, CODE, {"code": codes[0]}).status_code == 303
    assert "key of this site has changed" in client.get(OWN).text
