"""Errors: what happened and what to do, in the reader's language, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from workshop.web.errors import SENTENCES

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_error_has_a_page(app: Flask, client: FlaskClient, status: int, language: str) -> None:
    app.testing = False
    answer = client.get(f"/{language}/probe/fails/{status}")
    assert answer.status_code == status
    assert f'<html lang="{language}">' in answer.text
    assert answer.text.count("<h1") == 1
    assert answer.headers["Content-Language"] == language
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'href="/{language}/"' in answer.text


@pytest.mark.parametrize(
    "paths",
    [("/fr/nothing", "/fr/probe/fails/hidden", "/fr/probe/fails/404", "/fr/series/x/y/z", "/fr/my/forged/else")],
)
def test_unknown_hidden_and_forged_are_the_same_bytes(client: FlaskClient, paths: tuple[str, ...]) -> None:
    answers = [client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert len({str(sorted(answer.headers)) for answer in answers}) == 1
    assert "the address came in an e-mail" in client.get("/en/nothing").text


def test_a_calendar_that_is_not_there_is_text(client: FlaskClient) -> None:
    known, unknown = client.get("/fr/probe/calendar.ics"), client.get("/fr/nothing/calendar.ics")
    assert known.status_code == unknown.status_code == 404
    assert known.mimetype == "text/plain"
    assert known.data == unknown.data


def test_a_language_that_the_instance_does_not_speak_is_nowhere(client: FlaskClient) -> None:
    assert client.get("/de/probe/private").status_code == 404
    assert client.get("/de/login").status_code == 404


def test_an_error_speaks_by_its_code(client: FlaskClient) -> None:
    answer = client.get("/en/probe/fails/full")
    assert answer.status_code == 409
    assert str(SENTENCES["session_full"].title) in answer.text
    assert str(SENTENCES["conflict"].title) in client.get("/en/probe/fails/conflict").text


def test_too_many_requests_say_when_to_come_back(client: FlaskClient) -> None:
    answer = client.get("/en/probe/fails/many")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "77")


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    assert "GET" in client.put("/en/probe/private").headers["Allow"]


def test_a_fault_shows_no_trace(app: Flask, client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    app.testing = False
    answer = client.get("/en/probe/fails/fault")
    assert answer.status_code == 500
    assert not re.search("ZeroDivision|secret|Traceback|ada@", answer.text)


def test_a_fault_speaks_while_the_database_is_away(
    configure: Callable[..., Flask], probed: Callable[[Flask], FlaskClient]
) -> None:
    app = configure(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    client = probed(app)
    app.testing = False
    for path, status in (("/fr/probe/fails/fault", 500), ("/fr/probe/write", 503), ("/readyz", 503)):
        assert client.get(path).status_code == status
    assert client.get("/fr/probe/fails/database").headers["Retry-After"] == "30"


def test_a_page_for_an_error_that_fails_itself_still_answers(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(app.jinja_env.globals, "asset")
    app.jinja_env.cache = None
    answer = client.get("/en/nothing")
    assert answer.status_code == 404
    assert "Something went wrong" in answer.text
