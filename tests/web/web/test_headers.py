"""Headers of every kind of answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

pytestmark = pytest.mark.databases("sqlite")

EVERY_KIND = (
    "/fr/probe/public/a", "/fr/probe/private", "/fr/probe/form", "/fr/nothing", "/healthz", "/robots.txt",
    "/fr/probe/calendar.ics", "/fr/probe/fails/full", "/static/nothing.css", "/fr/login",
)  # fmt: skip


@pytest.mark.parametrize("path", EVERY_KIND)
def test_every_answer_is_locked_down(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert headers["Cache-Control"]
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}


def test_what_says_nothing_about_caching_is_kept_nowhere(client: FlaskClient) -> None:
    for path in ("/fr/probe/private", "/fr/probe/form", "/fr/nothing", "/healthz"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]


def test_a_public_page_is_revalidated_by_its_etag(client: FlaskClient) -> None:
    first = client.get("/fr/probe/public/a")
    assert first.headers["Referrer-Policy"] == "same-origin"
    assert "X-Robots-Tag" not in first.headers
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in first.headers.get("Vary", "")
    again = client.get("/fr/probe/public/a", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get("/en/probe/public/a", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_view_may_let_its_form_lead_outside(client: FlaskClient) -> None:
    assert "form-action 'self' https:;" in client.get("/fr/probe/room").headers["Content-Security-Policy"]
    assert "form-action 'self';" in client.get("/fr/probe/form").headers["Content-Security-Policy"]


def test_the_only_cookie_is_the_sessions_and_only_forms_need_it(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/fr/probe/private").headers
    cookie = client.get("/fr/probe/form").headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_cookies_and_headers_are_stricter(
    configure: Callable[..., Flask], probed: Callable[[Flask], FlaskClient]
) -> None:
    client = probed(configure(BASE_URL="https://workshops.example.org", SECRET_KEY="k" * 40))
    answer = client.get("/fr/probe/form", base_url="https://workshops.example.org")
    assert answer.headers["Set-Cookie"].startswith("__Host-session=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Domain" not in answer.headers["Set-Cookie"]
    assert "Path=/;" in answer.headers["Set-Cookie"] + ";"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


@pytest.mark.parametrize("path", ["/fr/probe/public/a", "/en/nothing", "/fr/login"])
def test_no_page_has_a_script_or_a_style_of_its_own(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert "<style" not in page
    assert not re.search(r"\sstyle=|\son\w+=|javascript:", page)
    assert all('src="/static/' in tag for tag in re.findall(r"<script[^>]*>", page))
    assert "//" not in re.sub(r'hreflang="\w+" href="http://127.0.0.1:5000/', "", page).replace("<!doctype", "")
