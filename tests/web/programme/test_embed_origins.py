"""Sites that may show a series' list in a frame, from the form to the header."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_organiser, build_series
from tests.web.programme.test_forms import shown
from tests.web.workspace import sign_in
from workshop.accounts.models import Role
from workshop.chatham.rule import Visibility
from workshop.programme.models import Series

PATH = "/en/organise/series/s/edit"


@pytest.fixture
def series(client: FlaskClient, session: Session) -> Series:
    series = build_series(session, slug="s")
    sign_in(client, build_organiser(session, series, email="owner@example.org", role=Role.OWNER))
    return series


def send(client: FlaskClient, origins: str) -> tuple[int, str]:
    data = dict(shown(client.get(PATH).text)) | {"embed_origins": origins}
    answer = client.post(PATH, data=data)
    return answer.status_code, answer.text


def test_what_is_entered_is_what_browsers_are_told(client: FlaskClient, session: Session, series: Series) -> None:
    assert send(client, "https://Partner.example.org/\n\nhttps://partner.example.org\nhttp://localhost:8000")[0] == 303
    session.refresh(series)
    assert series.embed_origins == ("https://partner.example.org", "http://localhost:8000")
    policy = client.get("/fr/series/s/embed").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://partner.example.org http://localhost:8000;" in policy
    assert send(client, "")[0] == 303
    assert "frame-ancestors 'none';" in client.get("/fr/series/s/embed").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origins",
    [
        "https://partner.example.org/page",
        "http://partner.example.org",
        "*",
        "'self'; script-src *",
        "https://a.b, https://c",
    ],
)
def test_anything_but_a_site_comes_back_with_the_form(
    client: FlaskClient, session: Session, series: Series, origins: str
) -> None:
    status, page = send(client, f"https://good.example.org\n{origins}")
    assert status == 422
    assert f"“{html.escape(origins)}” is not a site’s address" in page.replace("&#39;", "&#x27;")
    assert "“https://good.example.org”" not in page
    assert 'id="embed_origins-error"' in page
    assert html.escape(origins) in page.replace("&#39;", "&#x27;")
    session.refresh(series)
    assert series.embed_origins == ()


def test_too_many_are_refused(client: FlaskClient, series: Series) -> None:
    status, page = send(client, "\n".join(f"https://a{number}.example.org" for number in range(21)))
    assert status == 422
    assert "These are too many" in page
    assert series.embed_origins == ()


def test_the_form_says_what_the_other_site_writes(client: FlaskClient, session: Session, series: Series) -> None:
    codes = [html.unescape(code) for code in re.findall(r'readonly value="([^"]*)"', client.get(PATH).text)]
    assert codes == [
        f'<iframe src="http://127.0.0.1:5000/{code}/series/s/embed" title="{series.title[code]}" width="100%" height="700">'
        "</iframe>"
        for code in ("fr", "en")
    ]
    series.visibility = Visibility.INVITE_ONLY
    session.commit()
    assert "iframe" not in client.get(PATH).text
