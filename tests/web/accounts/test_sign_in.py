"""Signing in and out, as a browser sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, build_organiser, build_series
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import SignIn
from workshop.core import clock


def _sign_ins(session: Session) -> list[SignIn]:
    session.expire_all()
    return list(session.scalars(sa.select(SignIn).order_by(SignIn.id)))


def test_signing_in_leads_to_the_workspace(client: FlaskClient, session: Session) -> None:
    answer = sign_in(client, build_organiser(session))
    assert (answer.status_code, answer.location) == (303, "/en/organise/")
    assert client.get("/en/organise/").status_code == 200
    assert client.get("/en/login").status_code == 303


def test_unknown_and_wrong_are_the_same_page(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session, email="known@example.org")
    answers = [sign_in(client, email, "wrong wrong wrong") for email in (organiser.email, "other@example.org")]
    pages = []
    for answer, email in zip(answers, ("known@example.org", "other@example.org"), strict=True):
        assert answer.status_code == 422
        pages.append(answer.text.replace(email, "…").replace(token_of(answer), "…"))
        assert "do not go together" in answer.text
        assert "wrong wrong wrong" not in answer.text
    assert pages[0] == pages[1]
    assert _sign_ins(session) == []


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(client: FlaskClient, session: Session, lang: str) -> None:
    series = build_series(session)
    organiser = build_organiser(session, series)
    answer = client.get(f"/{lang}/organise/series/{series.slug}/")
    assert answer.status_code == 303
    assert answer.location == f"/{lang}/login?series={series.slug}&next=programme_organise.series"
    answer = sign_in(client, organiser, path=answer.location)
    assert answer.location == f"/{lang}/organise/series/{series.slug}/"


def test_anonymous_visitors_learn_nothing_about_what_exists(client: FlaskClient, session: Session) -> None:
    series = build_series(session)
    there = client.get(f"/en/organise/series/{series.slug}/").location.replace(series.slug, "…")
    assert client.get("/en/organise/series/nothing/").location.replace("nothing", "…") == there


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/en/organise/series/new",
        "public.home",
        "accounts.logout",
        "organise.edit_series",
        "programme_organise.publish&series=a&session=b",
        "organise.nothing",
    ],
)
def test_next_is_a_page_of_the_workspace_by_name_and_never_an_address(
    client: FlaskClient, session: Session, wanted: str
) -> None:
    answer = sign_in(client, build_organiser(session), path=f"/en/login?next={wanted}")
    assert answer.location == "/en/organise/"


def test_a_planted_session_is_not_taken_over(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    with client.session_transaction() as cookie:
        cookie["sign_in"] = "planted"
        cookie["left"] = "behind"
    sign_in(client, organiser)
    with client.session_transaction() as cookie:
        assert cookie["sign_in"] != "planted"
        assert "left" not in cookie
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["sign_in"] = "planted"
    assert thief.get("/en/organise/").status_code == 303


def test_signing_out_ends_the_sign_in_on_the_server(app: Flask, client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session))
    with client.session_transaction() as cookie:
        token = cookie["sign_in"]
    answer = post(client, "/logout", page="/en/account")
    assert answer.status_code == 303
    assert _sign_ins(session) == []
    copy = app.test_client()
    with copy.session_transaction() as cookie:
        cookie["sign_in"] = token
    assert copy.get("/en/organise/").status_code == 303


def test_signing_out_and_in_need_the_token_against_forged_requests(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    assert client.post("/en/login", data={"email": organiser.email, "password": PASSWORD}).status_code == 403
    sign_in(client, organiser)
    for path in ("/logout", "/en/account/pass-phrase", "/en/account/language", "/en/organise/series/new"):
        assert client.post(path).status_code == 403


def test_reading_keeps_a_sign_in_alive_to_within_five_minutes(client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session))
    row = _sign_ins(session)[0]
    recent, old = clock.now() - timedelta(minutes=4), clock.now() - timedelta(hours=11)
    row.seen_at = recent
    session.commit()
    client.get("/en/organise/")
    assert _sign_ins(session)[0].seen_at == recent
    _sign_ins(session)[0].seen_at = old
    session.commit()
    assert client.get("/en/organise/").status_code == 200
    assert _sign_ins(session)[0].seen_at > recent
    _sign_ins(session)[0].seen_at = old
    session.commit()
    assert post(client, "/en/account/language", {"language": "fr"}, page="/en/account").status_code == 303
    assert _sign_ins(session)[0].seen_at > recent
    _sign_ins(session)[0].seen_at = clock.now() - timedelta(hours=13)
    session.commit()
    assert client.get("/en/organise/").status_code == 303


def test_ones_other_sign_ins_are_listed_and_ended(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser, stranger = build_organiser(session), build_organiser(session)
    elsewhere, other = app.test_client(), app.test_client()
    for browser, who in ((client, organiser), (elsewhere, organiser), (other, stranger)):
        sign_in(browser, who)
    mine, remote, foreign = _sign_ins(session)
    assert client.get("/en/account").text.count("End this sign-in") == 1
    assert post(client, f"/en/account/sign-ins/{foreign.id}/end", page="/en/account").status_code == 404
    assert other.get("/en/organise/").status_code == 200
    assert post(client, f"/en/account/sign-ins/{remote.id}/end", page="/en/account").status_code == 303
    assert elsewhere.get("/en/organise/").status_code == 303
    assert client.get("/en/organise/").status_code == 200
    assert mine.id in {row.id for row in _sign_ins(session)}


def test_a_new_pass_phrase_signs_every_other_browser_out(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    elsewhere = app.test_client()
    sign_in(client, organiser)
    sign_in(elsewhere, organiser)
    new = {"pass_phrase": "quatre oies sauvages", "repeated": "quatre oies sauvages"}
    path, page = "/en/account/pass-phrase", "/en/account"
    assert "not your current" in post(client, path, {"current": "wrong", **new}, page=page).text
    refused = post(client, path, {"current": PASSWORD, "pass_phrase": "short", "repeated": "other"}, page=page)
    assert refused.status_code == 422
    assert "at least 12 characters" in refused.text
    assert "not the same" in refused.text
    assert post(client, path, {"current": PASSWORD, **new}, page=page).status_code == 303
    assert client.get("/en/organise/").status_code == 200
    assert elsewhere.get("/en/organise/").status_code == 303
    assert sign_in(elsewhere, organiser).status_code == 422
    assert sign_in(elsewhere, organiser, "quatre oies sauvages").status_code == 303


@pytest.mark.rate_limits
def test_guessing_is_throttled_without_locking_the_owner_out(app: Flask, client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    codes = [sign_in(client, organiser, "a wrong phrase").status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]
    assert sign_in(client, organiser).status_code == 429
    owner = app.test_client()
    owner.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert sign_in(owner, organiser).status_code == 303


@pytest.mark.rate_limits
def test_one_client_may_not_try_many_accounts(client: FlaskClient) -> None:
    codes = [sign_in(client, f"somebody-{number}@example.org", "a wrong phrase").status_code for number in range(31)]
    assert codes == [422] * 30 + [429]


def test_pages_about_accounts_are_not_kept_by_browsers(client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session))
    for path in ("/en/login", "/en/account", "/en/organise/"):
        assert "no-store" in client.get(path).headers["Cache-Control"]
