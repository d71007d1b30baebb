"""Public pages are the same bytes for everybody, and 304 says so exactly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import both
from tests.web.examples import build_examples, statements
from workshop.core.kept import Kept, make_answer

pytestmark = pytest.mark.usefixtures("clock")

PAGES = ("/en/", "/en/series/examples/", "/en/series/examples/discussion/", "/en/rule", "/en/privacy", "/sitemap.xml")


@pytest.mark.parametrize("path", [*PAGES, "/en/series/examples/subscribe"])
def test_the_same_bytes_twice_then_304(client: FlaskClient, session: Session, path: str) -> None:
    build_examples(session)
    first, second = client.get(path), client.get(path)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert not first.headers["ETag"].startswith("W/")
    assert first.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in first.headers
    assert "Vary" not in first.headers
    again = client.get(path, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert (again.status_code, again.data) == (304, b"")
    # It would replace the one that came with the page, and leave it without its style sheet.
    assert "Content-Security-Policy" not in again.headers
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "no-cache"
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(first.data))


def test_two_processes_give_the_same_bytes(
    client: FlaskClient, session: Session, configure: Callable[[], Flask]
) -> None:
    build_examples(session)
    other = configure().test_client()
    for path in PAGES:
        assert client.get(path).data == other.get(path).data


def test_an_edit_shows_at_once(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    before = {path: client.get(path) for path in PAGES[:3]}
    examples.discussion.title = both("Nouveau", "Brand new")
    examples.series.revision += 1
    for path, answer in before.items():
        after = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert after.status_code == 200
        assert "Brand new" in after.text


def test_a_kept_page_asks_for_its_revision_only(app: Flask, client: FlaskClient, session: Session) -> None:
    build_examples(session)
    client.get(PAGES[2])
    with statements(app) as sent:
        client.get(PAGES[2])
    # The one question is sent to the driver directly (core.probe), past this list.
    assert sent == []


def test_an_unknown_query_is_answered_and_not_kept(client: FlaskClient, session: Session) -> None:
    build_examples(session)
    assert "secret-word" in client.get(PAGES[2] + "?q=secret-word").text
    assert "secret-word" not in client.get(PAGES[2]).text
    assert "Nowhere" not in client.get(PAGES[2] + "?tz=Nowhere").get_data(as_text=True).partition("<main")[2]


def test_a_message_to_one_reader_is_not_kept_for_the_next(app: Flask, client: FlaskClient, session: Session) -> None:
    build_examples(session)
    with client.session_transaction() as cookie:
        cookie["_flashes"] = [("info", "For your eyes only")]
    answer = client.get(PAGES[0])
    assert "For your eyes only" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert "For your eyes only" not in client.get(PAGES[0]).text
    assert client.get(PAGES[0]).data == app.test_client().get(PAGES[0]).data


def test_the_store_is_bounded() -> None:
    store = Kept(limit=100)
    for number in range(50):
        answer = make_answer(b"x" * 10 + bytes([number]))
        assert store.get(number, lambda answer=answer: answer) is answer  # type: ignore[misc] # a default of this turn
    assert len(store) == 9
    kept = store.get(49, lambda: make_answer(b"another"))
    assert kept.body == b"x" * 10 + bytes([49])
    store.get("large", lambda: make_answer(b"x" * 101))
    assert len(store) == 9
