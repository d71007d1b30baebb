"""Whatever stands in an address, the answer is a page that says so: no fault, on either database."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.builders import build_answer, build_series, build_session
from workshop.core.db import db
from workshop.core.links import Purpose, issue

ODD = ("%00", "a%00b", "%ED%A0%80", "%FF", "x" * 3000, "%0d%0aX-Evil:1", "..%2f..%2fetc", "%E2%80%A8", "'\"--;", "٤")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
def test_no_address_makes_a_fault(app: Flask, client: FlaskClient, odd: str) -> None:
    with app.app_context():
        build_series(db.session(), slug="known")
        db.session.commit()
    seen = 0
    for rule in app.url_map.iter_rules():
        if not rule.arguments - {"lang"}:
            continue
        for known in (odd, "known"):
            path = rule.rule.replace("<lang:lang>", "fr")
            for argument in rule.arguments - {"lang"}:
                value = known if argument == "series" else odd
                for written in (f"<{argument}>", f"<path:{argument}>", f"<string:{argument}>", f"<int:{argument}>"):
                    path = path.replace(written, value)
            for method in ("GET", "POST"):
                assert client.open(path, method=method).status_code < 500, (method, path)
                seen += 1
    assert seen > 40


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
def test_no_query_makes_a_fault(client: FlaskClient, odd: str) -> None:
    for path in ("/fr/", "/", "/fr/calendar.ics", "/fr/login"):
        assert client.get(f"{path}?tz={odd}&next={odd}&{odd}=1").status_code < 500


@pytest.mark.parametrize("odd", ["\x00", "a\x00b@example.org", "\ud800", "x" * 5000], ids=repr)
def test_no_value_of_a_form_makes_a_fault(app: Flask, client: FlaskClient, odd: str) -> None:
    with app.app_context():
        session = db.session()
        series = build_series(session, slug="known")
        workshop_session = build_session(session, series, slug="1")
        answer = build_answer(session, workshop_session)
        token = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
        session.commit()
    pages = ("/fr/series/known/1/rsvp", "/fr/login", f"/fr/my/{token}/")
    for path in pages:
        page = client.get(path)
        assert page.status_code == 200, path
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert csrf
        names = set(re.findall(r'name="([^"]+)"', page.text)) - {"csrf_token", "website", "viewport"}
        actions = set(re.findall(r'<form[^>]*action="([^"]+)"', page.text)) | {path}
        for action in actions - {f"/fr/my/{token}/"}:
            values = {name: odd.encode("utf-8", "surrogatepass") for name in names}
            response = client.post(action, data={**values, "csrf_token": csrf[1]})
            assert response.status_code in {200, 303, 404, 409, 422, 400, 429}, (action, response.status_code)
