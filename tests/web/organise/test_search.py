"""One search: own series only, both languages, accents folded; answers for whoever has the list, and in the log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.web.workspace import sign_in
from workshop.accounts import service
from workshop.accounts.models import Role, SeriesRole
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.models import AnswerState

PAGE = "/en/organise/search"
NAMES = {"the list": "Zoé Participante", "the programme": "Zoé Conférencière"}


@pytest.fixture
def one(session: Session, clock: time_machine.Traveller) -> WorkshopSession:
    """A session about which everything says Zoé, or zoe."""
    assert clock
    series = build_series(session, slug="mine", title=both("Cycle Zoé", "The Zoe cycle"))
    made = build_session(session, series, slug="4", number=4, title=both("Les œuvres", "The works"))
    speaker = build_person(session, series, name=NAMES["the programme"])
    build_item(session, made, title=both("L’été de Zoë", "The summer of Z."), speakers=(speaker,))
    build_answer(session, made, build_participant(session, series, name=NAMES["the list"], affiliation="Gaïa"))
    session.commit()
    return made


def _enter(session: Session, client: FlaskClient, series: Series, role: Role, door: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, series, role=role, door=door))


def _looked(session: Session) -> list[tuple[str, dict[str, Any]]]:
    session.expire_all()
    rows = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.view_answers").order_by(LogEntry.id))
    return [(row.object, row.details) for row in rows]


@pytest.mark.parametrize(
    ("words", "found", "kinds"),
    [
        ("zoe", ("The Zoe cycle", "The summer of Z.", *NAMES.values()), {"series", "sessions", "people", "answers"}),
        ("ZOÉ conférenciere", (NAMES["the programme"],), {"people"}),
        ("ete  de zoe", ("The summer of Z.",), {"sessions"}),
        ("oeuvres", ("The works",), {"sessions"}),
        ("works", ("The works",), {"sessions"}),
        ("gaia", (NAMES["the list"],), {"answers"}),
        ("inserm", (NAMES["the programme"],), {"people"}),
        ("%", (), set()),
        ("z", (), set()),
        ("no_body", (), set()),
        ("'; drop table person; --", (), set()),
        ("<script>alert(1)</script>", (), set()),
        ("ab" * 5000, (), set()),
        ("\x00zoe\r\n", (NAMES["the list"],), {"series", "sessions", "people", "answers"}),
    ],
)
def test_words_are_found_in_every_language_with_accents_folded(
    client: FlaskClient, session: Session, one: WorkshopSession, words: str, found: tuple[str, ...], kinds: set[str]
) -> None:
    _enter(session, client, one.series, Role.OWNER, one)
    answer = client.get(PAGE, query_string={"q": words})
    assert answer.status_code == 200
    shown = {kind for kind in ("series", "sessions", "people", "answers") if f'id="found-{kind}"' in answer.text}
    assert shown == kinds
    for name in found:
        assert name in answer.text
    assert "<script>alert" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("role", list(Role))
def test_only_whoever_has_the_list_finds_answers(
    client: FlaskClient, session: Session, one: WorkshopSession, role: Role
) -> None:
    _enter(session, client, one.series, role, one)
    page = client.get(PAGE, query_string={"q": "zoe"}).text
    has_list = role in {Role.OWNER, Role.ORGANISER, Role.ANSWERS}
    assert (NAMES["the list"] in page) is has_list
    assert (NAMES["the programme"] in page) is (role in {Role.OWNER, Role.ORGANISER, Role.EDITOR})
    assert ("The Zoe cycle" in page) is (role not in {Role.HELPER, Role.PARTNER})
    assert "participant-" not in page  # no address, whole or masked
    assert _looked(session) == ([(f"series:{one.series_id}", {"rows": 1})] if has_list else [])


def test_looking_in_vain_is_looking_too_and_the_words_are_kept_nowhere(
    client: FlaskClient, session: Session, one: WorkshopSession, caplog: pytest.LogCaptureFixture
) -> None:
    _enter(session, client, one.series, Role.ANSWERS, one)
    assert "Nothing was found" in client.get(PAGE, query_string={"q": "Xanthippe"}).text
    assert _looked(session) == [(f"series:{one.series_id}", {"rows": 0})]
    kept = "".join(str(row.details) + row.action + row.object for row in session.scalars(sa.select(LogEntry)))
    assert "anthippe" not in kept + caplog.text
    # Nothing is looked through where nothing is asked, or too little to mean anybody.
    client.get(PAGE)
    client.get(PAGE, query_string={"q": "x"})
    assert len(_looked(session)) == 1


def test_of_another_series_nothing_is_found_and_a_role_that_ended_finds_nothing(
    client: FlaskClient, session: Session, one: WorkshopSession, clock: time_machine.Traveller
) -> None:
    own = build_organiser(session, build_series(session, slug="theirs"))
    service.grant(
        session, now=NOW, series_id=one.series_id, organiser=own, role=Role.ANSWERS, actor="command",
        expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    session.commit()
    sign_in(client, own)
    assert NAMES["the list"] in client.get(PAGE, query_string={"q": "zoe"}).text
    clock.shift(timedelta(hours=2))
    page = client.get(PAGE, query_string={"q": "zoe"}).text
    assert "Nothing was found" in page
    session.execute(sa.delete(SeriesRole).where(SeriesRole.series_id == one.series_id))
    session.commit()
    assert "Nothing was found" in client.get(PAGE, query_string={"q": "zoe"}).text
    assert [object_ for object_, _details in _looked(session) if object_ == f"series:{one.series_id}"] == [
        f"series:{one.series_id}"
    ]


def test_who_has_not_confirmed_or_was_erased_is_not_found(
    client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    pending = build_participant(session, one.series, name="Zoé Pending", confirmed_at=None)
    build_answer(session, one, pending, state=AnswerState.PENDING)
    gone = build_participant(session, one.series, name="", address=None, erased_at=NOW)
    build_answer(session, one, gone)
    session.commit()
    _enter(session, client, one.series, Role.OWNER, one)
    page = client.get(PAGE, query_string={"q": "zoe"}).text
    assert "Zoé Pending" not in page
    assert page.count("Gaïa") == 1


@pytest.mark.parametrize("level", list(Level))
def test_answers_are_found_where_the_list_is(
    client: FlaskClient, session: Session, one: WorkshopSession, level: Level
) -> None:
    one.level = level
    _enter(session, client, one.series, Role.OWNER, one)
    has_list = NAMES["the list"] in client.get("/en/organise/series/mine/4/answers").text
    assert (NAMES["the list"] in client.get(PAGE, query_string={"q": "zoe"}).text) is has_list


def test_the_work_does_not_grow_with_what_is_found(
    client: FlaskClient,
    session: Session,
    one: WorkshopSession,
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    _enter(session, client, one.series, Role.OWNER, one)
    works = []
    client.get(PAGE, query_string={"q": "zoe"})
    for part in range(2):
        with counted() as statements:
            client.get(PAGE, query_string={"q": "zoe"})
        works.append(len(statements))
        for number in range(30):
            other = build_session(session, one.series, slug=f"more-{part}-{number}", title=both("Zoé", "Zoé"))
            build_answer(session, other, build_participant(session, one.series, name=f"Zoé {number}"))
            build_person(session, one.series, name=f"Zoé {number}")
        session.commit()
    assert max(works) <= 12, works
    assert "There is more than fits here" in client.get(PAGE, query_string={"q": "zoe"}).text
