"""Hidden and unknown are the same to everybody outside: status, headers, octets, and the work that is done."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_item, build_person, build_series, build_session
from tests.web.workspace import token_of
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import db
from workshop.programme.models import OldSlug

OUTSIDE = {"public", "calendars", "rsvp"}
HIDDEN = ("closed", "invited", "draft", "formerly")


def _paths(app: Flask, series: str, session: str) -> list[tuple[str, str]]:
    """Return (method, path) of every public address that names a session, or with an empty `session` a series."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            wanted = {"lang", "series", "session"} if session else {"lang", "series"}
            if rule.endpoint.partition(".")[0] in OUTSIDE and rule.arguments == wanted:
                values: dict[str, Any] = {
                    name: {"lang": "fr", "series": series, "session": session}[name] for name in wanted
                }
                path = url_for(rule.endpoint, **values)
                found += [(method, path) for method in (*(rule.methods or ()), "DELETE")]
    return sorted(found)


def _answers(app: Flask, client: FlaskClient, series: str, session: str = "") -> list[tuple[Any, ...]]:
    """Return what each address answers, without its own slugs, and which statements it cost."""
    token = token_of(client.get("/fr/login"))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    found = []
    sa.event.listen(db.engine, "before_cursor_execute", note)
    for method, path in _paths(app, series, session):
        statements.clear()
        answer = client.open(path, method=method, data={"csrf_token": token})
        ending = path.removeprefix(f"/fr/series/{series}/{session}")
        headers = sorted((name, value) for name, value in answer.headers if name != "Content-Length")
        body = answer.text.replace(f"/{series}/", "/…/").replace(f"/{session}/", "/…/")
        found.append((method, ending, answer.status_code, headers, body, list(statements)))
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert found
    return found


@pytest.mark.parametrize("slug", HIDDEN)
def test_a_hidden_session_costs_what_an_unknown_one_costs(
    app: Flask, client: FlaskClient, session: Session, slug: str
) -> None:
    series = build_series(session, slug="serie")
    made = [
        build_session(session, series, slug="closed", level=Level.CLOSED),
        build_session(session, series, slug="invited", visibility=Visibility.INVITE_ONLY),
        build_session(session, series, slug="draft", is_published=False),
        build_session(session, series, slug="now", level=Level.CLOSED),
    ]
    for one in made:
        build_item(session, one, speakers=[build_person(session, series)])
    session.add(OldSlug(slug="formerly", within_series_id=series.id, workshop_session_id=made[-1].id))
    session.commit()
    assert _answers(app, client, "serie", slug) == _answers(app, client, "serie", "nothing")


@pytest.mark.parametrize("slug", ["hidden", "formerly"])
@pytest.mark.parametrize("of_session", ["", "1"])
def test_so_does_a_hidden_series(app: Flask, client: FlaskClient, session: Session, slug: str, of_session: str) -> None:
    series = build_series(session, slug="hidden", visibility=Visibility.INVITE_ONLY)
    build_session(session, series, slug="1")
    session.add(OldSlug(slug="formerly", series_id=series.id))
    session.commit()
    assert _answers(app, client, slug, of_session) == _answers(app, client, "nothing", of_session)
