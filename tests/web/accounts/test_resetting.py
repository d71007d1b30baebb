"""A forgotten pass phrase, as a browser sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, build_organiser
from tests.web.accounts.codes import set_up
from tests.web.accounts.links import path_in, recipients
from tests.web.workspace import post, sign_in
from workshop.accounts.service.resetting import answer_resets
from workshop.core import clock as now_clock
from workshop.core.links import Purpose, issue

STAYS = "The address of your calendar is still the same."
ASK, NEW = "/en/login/forgotten", "quatre oies sauvages"
BOTH = {"pass_phrase": NEW, "repeated": NEW}


def _ask(client: FlaskClient, session: Session, email: str) -> None:
    answer = post(client, ASK, {"email": email})
    assert (answer.status_code, answer.location) == (303, f"{ASK}/sent")
    answer_resets(session, now=now_clock.now())
    session.commit()


def test_the_answer_is_the_same_for_everybody_and_only_an_account_gets_mail(
    client: FlaskClient, session: Session
) -> None:
    build_organiser(session, email="ana@example.org")
    _ask(client, session, "nobody@example.org")
    assert recipients(session, "pass_phrase_reset") == []
    _ask(client, session, "ANA@example.org")
    assert recipients(session, "pass_phrase_reset") == ["ana@example.org"]
    assert client.get(f"{ASK}/sent").status_code == 200
    assert post(client, ASK, {"email": "no address"}).status_code == 422
    assert "forgotten" in client.get("/en/login").text


def test_the_link_works_once_and_signs_every_browser_out(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session, email="ana@example.org")
    elsewhere = app.test_client()
    sign_in(elsewhere, organiser)
    _ask(client, session, organiser.email)
    link = path_in(session, "pass_phrase_reset").replace("/fr/", "/en/")
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200
    for bad, words in (
        ({"pass_phrase": "short", "repeated": "short"}, "at least 12 characters"),
        ({"pass_phrase": NEW, "repeated": "another"}, "not the same"),
    ):
        answer = post(client, link, bad)
        assert (answer.status_code, words in answer.text) == (422, True)
    assert post(client, link, BOTH).location == "/en/login"
    assert STAYS not in client.get("/en/login").text
    assert client.get(link).status_code == 404
    assert elsewhere.get("/en/organise/").status_code == 303
    assert sign_in(client, organiser, PASSWORD).status_code == 422
    assert sign_in(client, organiser, NEW).status_code == 303
    assert recipients(session, "account_changed") == ["ana@example.org"]


def test_whoever_has_a_calendar_is_told_that_its_address_goes_on(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session, email="ana@example.org")
    issue(session, purpose=Purpose.FEED, subject=organiser.subject)
    _ask(client, session, organiser.email)
    post(client, path_in(session, "pass_phrase_reset").replace("/fr/", "/en/"), BOTH)
    assert STAYS in client.get("/en/login").text
    sign_in(client, organiser, NEW)
    page, again = "/en/account", "trois oies sauvages"
    for path, sent in (
        ("/en/account/pass-phrase", {"current": NEW, "pass_phrase": again, "repeated": again}),
        ("/en/account/sign-ins/end-others", {}),
    ):
        assert post(client, path, sent, page=page).status_code == 303
        assert STAYS in client.get(page).text
        assert STAYS not in client.get(page).text, "once"


def test_the_link_ends_after_an_hour(client: FlaskClient, session: Session, clock: time_machine.Traveller) -> None:
    _ask(client, session, build_organiser(session).email)
    link = path_in(session, "pass_phrase_reset")
    clock.shift(timedelta(minutes=59))
    assert client.get(link).status_code == 200
    clock.shift(timedelta(minutes=1))
    assert client.get(link).status_code == 404


def test_a_mailbox_is_no_second_factor(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    set_up(session, organiser)
    _ask(client, session, organiser.email)
    post(client, path_in(session, "pass_phrase_reset"), BOTH)
    assert client.get("/en/organise/").status_code == 303
    assert sign_in(client, organiser, NEW).location == "/en/login/code"
    assert client.get("/en/organise/").status_code == 303


def test_links_come_from_the_setting_and_never_from_the_request(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    headers = {"Host": "attacker.example.org", "X-Forwarded-Host": "attacker.example.org"}
    client.post(ASK, data={"email": organiser.email}, headers=headers)
    _ask(client, session, organiser.email)
    assert "attacker" not in path_in(session, "pass_phrase_reset")


@pytest.mark.rate_limits
def test_asking_is_throttled_alike_for_everybody(app: Flask, session: Session) -> None:
    build_organiser(session, email="ana@example.org")
    for email in ("ana@example.org", "nobody@example.org"):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = "203.0.113.9" if email[0] == "a" else "203.0.113.10"
        assert [post(client, ASK, {"email": email}).status_code for _ in range(6)] == [303] * 5 + [429]
