"""What happens before any view: reading only, language, limits, CSRF, proxies."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from workshop.core.db import db
from workshop.core.limits import RateLimitWindow, client_key
from workshop.web.gate import WITHOUT_CSRF

SQLITE = pytest.mark.databases("sqlite")


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/fr/probe/form").text)
    assert found
    return found[1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_view_that_writes_on_get_fails(client: FlaskClient, method: str) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)readonly|read-only"):
        client.open("/fr/probe/write", method=method)


def test_a_write_on_get_is_a_fault_and_not_an_outage(app: Flask, client: FlaskClient) -> None:
    app.testing = False
    assert client.get("/fr/probe/write").status_code == 500


@SQLITE
def test_a_post_needs_its_token(client: FlaskClient) -> None:
    assert client.post("/fr/probe/form").status_code == 403
    token = token_of(client)
    assert client.post("/fr/probe/form", data={"csrf_token": token + "x"}).status_code == 403
    assert client.post("/fr/probe/form", data={"csrf_token": token}).status_code == 200


@SQLITE
def test_only_the_one_click_of_rfc_8058_needs_no_token(app: Flask) -> None:
    assert {"rsvp.unsubscribe", "announcements.unsubscribe"} == WITHOUT_CSRF


@pytest.mark.rate_limits
def test_an_attempt_that_fails_csrf_counts(app: Flask, client: FlaskClient) -> None:
    assert client.post("/fr/probe/limited").status_code == 403
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.sum(RateLimitWindow.count))) == 1
    token = token_of(client)
    assert client.post("/fr/probe/limited", data={"csrf_token": token}).status_code == 200
    refused = client.post("/fr/probe/limited", data={"csrf_token": token})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


@SQLITE
@pytest.mark.rate_limits
def test_a_limit_is_each_clients_own(client: FlaskClient) -> None:
    for _ in range(3):
        last = client.post("/fr/probe/limited", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert last.status_code == 429
    assert client.post("/fr/probe/limited", environ_base={"REMOTE_ADDR": "192.0.2.2"}).status_code == 403


def test_one_subscriber_of_ipv6_is_one_client() -> None:
    assert client_key("2001:db8::1") == client_key("2001:db8::ffff")
    assert client_key("2001:db8::1") != client_key("2001:db8:0:1::1")
    assert client_key("192.0.2.1") == "192.0.2.1"
    assert client_key(None) == "unknown"


@SQLITE
def test_proxies_are_believed_only_as_often_as_configured(
    configure: Callable[..., Flask], probed: Callable[[Flask], FlaskClient]
) -> None:
    forwarded = {
        "X-Forwarded-For": "203.0.113.9, 192.0.2.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example.org",
    }
    assert probed(configure()).get("/fr/probe/client", headers=forwarded).text == "127.0.0.1 http localhost"
    behind_one = probed(configure(TRUSTED_PROXIES="1"))
    assert behind_one.get("/fr/probe/client", headers=forwarded).text == "192.0.2.7 https localhost"


@SQLITE
def test_the_language_switch_stays_on_the_page(client: FlaskClient) -> None:
    page = client.get("/fr/probe/public/a?tz=Asia/Tokyo&tz=x%22").text
    assert '<a href="/en/probe/public/a?tz=Asia%2FTokyo&amp;tz=x%22" lang="en" hreflang="en">English</a>' in page
    assert 'rel="alternate"' not in page
    assert '<a href="/en/" lang="en"' in client.get("/fr/nothing").text


@SQLITE
def test_a_get_sets_no_cookie_for_the_language(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/en/probe/public/a").headers
