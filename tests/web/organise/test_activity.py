"""The activity log of a series: a sentence for every act, by account, searched; nobody who takes part is in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_organiser, build_series, build_session
from tests.web.workspace import sign_in
from workshop.accounts.models import Role
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.calendars.organise import _ACTS as ACTS_OF_CALENDAR
from workshop.organise.activity import GROUP_OF, GROUPS, SENTENCES, sentence_of
from workshop.programme.models import WorkshopSession

PAGE = "/en/organise/series/mine/activity"
SOURCE = Path(__file__).parents[3] / "workshop"
FEATURES = {path.name for path in SOURCE.iterdir() if path.is_dir()}
_ACTION = re.compile(r"([a-z]+)\.[a-z_]+")
# Acts whose name is put together: the verbs are arguments of the functions that write them.
_VERBS_OF = {
    "programme/service/materials.py": "programme",
    "summaries/service/writing.py": "summaries",
    "summaries/service/publishing.py": "summaries",
    "announcements/service/writing.py": "announcements",
}


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a session of a series whose log is read at /en/organise/series/mine/activity."""
    series = build_series(session, slug="mine")
    return build_session(session, series, slug="1", title=both("L’Équinoxe", "Summer"))


@pytest.fixture
def desk(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, one.series, name="Anna"))
    return client


def act(session: Session, action: str, object_: str, **values: Any) -> None:
    """Write a row and commit."""
    record(session, action=action, object_=object_, **{"now": NOW, "actor": "command", **values})
    session.commit()


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text()
        if path.name == "activity.py":  # has them all
            continue
        if "audit" in text or "_log(" in text or "note_edit(" in text:
            yield str(path.relative_to(SOURCE)), ast.parse(text)


def _recorded(endpoints: set[str]) -> set[str]:
    """Return every act that the source can write into the log."""
    found: set[str] = set()
    for name, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                match = _ACTION.fullmatch(node.value)
                found |= {node.value} if match and match[1] in FEATURES else set()
            if name in _VERBS_OF and isinstance(node, ast.Call | ast.IfExp | ast.Assign | ast.For):
                found |= {f"{_VERBS_OF[name]}.{verb}" for verb in _verbs(node)}
    return found - endpoints


def _verbs(node: ast.AST) -> Iterator[str]:
    """Return the words that stand for an act in a call that writes it, or in what such a call is given."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_log", "_record"}:
        parts = list(node.args)
    elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"action", "verb"}:
        parts = [one for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
    elif isinstance(node, ast.For) and getattr(node.target, "id", "") == "verb":
        parts = [one for one in ast.walk(node.iter) if isinstance(one, ast.Constant)]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def test_every_act_that_is_recorded_has_a_sentence(app: Flask) -> None:
    found = _recorded(set(app.view_functions))
    assert {"programme.publish_changes", "summaries.publish", "announcements.stop"} <= found
    feeds = {f"calendars.{asked}_feed" for asked in ACTS_OF_CALENDAR}
    known = set(SENTENCES) - set(app.view_functions)
    assert (found | feeds) - {"mail.com"} == known | feeds
    assert feeds <= set(SENTENCES)
    assert set(GROUP_OF.values()) == set(GROUPS)


def test_sentences_are_told_apart_and_hold_nothing_of_anybody(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        words = [sentence_of(action) for action in SENTENCES]
        assert len(set(words)) == len(words)
        assert all(sentence.endswith(".") and "%" not in sentence for sentence in words)
        assert sentence_of("from.later") == "Something else was done."


def test_who_did_what_where_and_when(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    anna = build_organiser(session, one.series, role=Role.EDITOR, name="Bo")
    act(
        session, "programme.publish_changes", f"session:{one.id}", actor=actor_of(anna),
        details={"fields": ["title", "programme"]},
    )  # fmt: skip
    page = desk.get(PAGE).text
    assert "Changes were published." in page
    assert "Title, Programme" in page
    assert ">Bo</td>" in page
    assert 'href="/en/organise/series/mine/1/edit">Summer</a>' in page


def test_who_takes_part_is_not_in_it(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    for actor in ("participant", "invited"):
        act(session, "rsvp.acknowledge", f"session:{one.id}", actor=actor)
    act(session, "rsvp.decide", f"session:{one.id}", details={"answers": [4711], "decision": "accept"})
    page = desk.get(PAGE).text
    assert "Answers were decided on." in page
    assert "4711" not in page
    assert "acknowledged" not in page


@pytest.mark.parametrize("action", ["programme.agree_level", "programme.take_back_agreement"])
def test_nobody_is_told_that_whoever_speaks_agreed_or_no_longer_does(
    desk: FlaskClient, session: Session, one: WorkshopSession, action: str
) -> None:
    # Where few speak, that one did is who did.
    act(session, action, f"session:{one.id}", actor="speaker")
    assert "looser level" not in desk.get(PAGE).text
    # What an organiser noted of somebody without an address is the organiser's own act.
    act(session, action, f"session:{one.id}")
    assert "looser level" in desk.get(PAGE).text


def test_other_series_are_not_in_it(desk: FlaskClient, session: Session) -> None:
    other = build_session(session)
    act(session, "programme.cancel", f"session:{other.id}")
    act(session, "programme.import_series", f"series:{other.series_id}")
    act(session, "organise.view_message", "message:12")
    page = desk.get(PAGE).text
    assert "was cancelled" not in page
    assert "was read in" not in page
    assert "A message was looked at" not in page


def test_a_deleted_draft_leaves_no_acts_to_the_next_one(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    made = build_session(session, one.series)
    act(session, "programme.keep_aside", f"session:{made.id}")
    session.delete(made)
    session.commit()
    other = build_session(session, one.series)
    act(session, "programme.cancel", f"session:{other.id}")
    page = desk.get(PAGE).text
    assert "The session was cancelled." in page
    assert "Changes were kept aside." not in page


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("q=equinoxe", {"moved"}),
        ("q=ANNULEE", set()),
        ("q=directory", {"directory"}),
        ("q=anna", {"directory"}),
        ("session=1", {"moved"}),
        ("session=nowhere", {"moved", "directory", "reset"}),
        ("what=planning", {"moved"}),
        ("what=people", {"directory"}),
        ("since=2026-11-22&until=2026-11-22", {"moved", "directory"}),
        ("until=2026-11-21", {"reset"}),
        ("since=nonsense&until=0001-01-01", {"moved", "directory", "reset"}),
        ("who=command", {"moved", "reset"}),
    ],
)
def test_searched(desk: FlaskClient, session: Session, one: WorkshopSession, asked: str, shown: set[str]) -> None:
    of_series = f"series:{one.series_id}"
    act(session, "programme.change_glossary", of_series, now=NOW - timedelta(days=3))
    act(session, "programme.reschedule", f"session:{one.id}")
    act(session, "programme.add_person", of_series, actor=actor_of(build_organiser(session, name="Anna")))
    page = desk.get(f"{PAGE}?{asked}").text
    table = page.partition("<tbody>")[2]
    words = {"moved": "was moved", "directory": "added to the directory", "reset": "glossary"}
    assert {name for name, text in words.items() if text in table} == shown


def test_its_form_offers_the_sessions_of_the_series(desk: FlaskClient, session: Session) -> None:
    build_session(session, slug="elsewhere", title=both("Ailleurs", "Elsewhere"))
    page = desk.get(f"{PAGE}?session=1").text
    assert '<option value="1" selected>Summer</option>' in page
    assert "Elsewhere" not in page


def test_paged(desk: FlaskClient, session: Session, one: WorkshopSession, counted: Callable[[], Any]) -> None:
    for _number in range(60):
        record(session, now=NOW, actor="command", action="programme.reschedule", object_=f"session:{one.id}")
    session.commit()
    with counted() as statements:
        page = desk.get(PAGE).text
    assert page.count("The session was moved.") == 50
    assert "60 acts" in page
    assert desk.get(f"{PAGE}?page=2&what=planning").text.count("The session was moved.") == 10
    assert len(statements) < 20


@pytest.mark.parametrize("role", [Role.ANSWERS, Role.TRANSLATOR, Role.PARTNER])
def test_for_those_who_plan(client: FlaskClient, session: Session, one: WorkshopSession, role: Role) -> None:
    sign_in(client, build_organiser(session, one.series, role=role))
    assert client.get(PAGE).status_code == 404
