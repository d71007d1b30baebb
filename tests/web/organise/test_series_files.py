"""A series comes in from a file once its changes were seen, and goes out with or without what is private."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, PASSWORD, build_organiser, build_person, build_series, build_session
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.programme.models import Series
from workshop.programme.seriesfile import export_series

FILE = (Path(__file__).parents[3] / "workshop" / "demo" / "decloisonner.yaml").read_text("utf-8")
IMPORT = "/en/organise/series/import"


@pytest.fixture
def organiser(client: FlaskClient, session: Session) -> Organiser:
    made = build_organiser(session)
    sign_in(client, made)
    return made


def upload(client: FlaskClient, text: str | bytes) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    return post(client, IMPORT, {"file": (io.BytesIO(content), "series.yaml")})


def confirm(client: FlaskClient, page: TestResponse, **more: str) -> TestResponse:
    found = re.search(r'name="content" value="([^"]*)"', page.text)
    assert found is not None, page.text[:3000]
    # As a browser does it.
    content = html.unescape(found[1]).replace("\n", "\r\n")
    data = {"csrf_token": token_of(page), "content": content, "act": "import", **more}
    return client.post(IMPORT, data=data, content_type="multipart/form-data")


def series_of(session: Session, slug: str = "decloisonner") -> Series | None:
    session.expire_all()
    return session.scalar(sa.select(Series).where(Series.slug == slug))


def test_a_new_series_is_seen_then_made_and_is_ones_own(
    client: FlaskClient,
    session: Session,
    organiser: Organiser,
    logged: Callable[[str], list[tuple[str, dict[str, Any]]]],
) -> None:
    page = upload(client, FILE)
    assert page.status_code == 200
    assert "New series: decloisonner" in page.text
    assert "New session: 4" in page.text
    assert series_of(session) is None
    done = confirm(client, page)
    assert (done.status_code, done.location) == (303, "/en/organise/series/decloisonner/")
    made = series_of(session)
    assert made is not None
    role = session.scalars(sa.select(SeriesRole).where(SeriesRole.series_id == made.id)).one()
    assert (role.organiser_id, role.role) == (organiser.id, Role.OWNER)
    assert logged("programme.import_series")[0][0] == f"series:{made.id}"


def test_the_same_file_again_changes_nothing(client: FlaskClient, session: Session, organiser: Organiser) -> None:
    confirm(client, upload(client, FILE))
    page = upload(client, FILE)
    assert "Nothing changes: the series is as the file says." in page.text
    assert 'name="content"' not in page.text
    assert organiser.id


def test_faults_are_named_with_their_lines_and_nothing_is_stored(
    client: FlaskClient, session: Session, organiser: Organiser
) -> None:
    page = upload(client, FILE.replace("timezone: Europe/Paris", "timezone: Europe/Pariis"))
    assert page.status_code == 422
    assert "Europe/Pariis" in page.text
    assert re.search(r"line \d+", page.text)
    assert series_of(session) is None
    assert organiser.id


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a: [", b"- 1", b"x" * 500_001, "é: é".encode("latin-1")])
def test_no_series_file(client: FlaskClient, organiser: Organiser, content: bytes) -> None:
    assert upload(client, content).status_code == 422
    assert organiser.id


@pytest.mark.parametrize("role", [None, Role.ANSWERS, Role.TRANSLATOR])
def test_a_series_in_which_one_does_not_plan_is_an_address_that_is_taken(
    client: FlaskClient, session: Session, organiser: Organiser, role: Role | None
) -> None:
    theirs = build_series(session, slug="theirs")
    if role is not None:
        session.add(SeriesRole(series_id=theirs.id, organiser_id=organiser.id, role=role, granted_at=NOW))
    session.commit()
    file = export_series(theirs)
    page = upload(client, file)
    assert page.status_code == 422
    assert "address" in page.text
    held = client.post(
        IMPORT,
        data={"csrf_token": token_of(page), "content": file, "act": "import"},
        content_type="multipart/form-data",
    )
    assert held.status_code == 422
    assert str(theirs.title["en"]) not in page.text


def test_an_editor_brings_a_series_up_to_date(client: FlaskClient, session: Session) -> None:
    mine = build_series(session, slug="mine")
    build_session(session, mine, slug="1")
    sign_in(client, build_organiser(session, mine, role=Role.EDITOR))
    file = export_series(mine).replace("Une série de séances.", "Une autre description.")
    page = upload(client, file)
    assert "Changed series mine: description" in page.text
    assert confirm(client, page).status_code == 303
    found = series_of(session, "mine")
    assert found is not None
    assert found.description["fr"] == "Une autre description."
    roles = session.scalars(sa.select(SeriesRole).where(SeriesRole.series_id == found.id)).all()
    assert [one.role for one in roles] == [Role.EDITOR]


def test_a_changed_address_or_level_asks_for_the_pass_phrase(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    mine = build_series(session, slug="mine")
    build_person(session, mine, key="alix", email="before@example.org")
    sign_in(client, build_organiser(session, mine))
    file = export_series(mine, is_private=True).replace("before@example.org", "after@example.org")
    page = upload(client, file)
    clock.shift(timedelta(minutes=16))
    asked = confirm(client, page)
    assert asked.status_code == 403
    assert 'name="reauthentication"' in asked.text
    found = series_of(session, "mine")
    assert found is not None
    assert found.people[0].email == "before@example.org"
    assert confirm(client, page, reauthentication=PASSWORD).status_code == 303
    found = series_of(session, "mine")
    assert found is not None
    assert found.people[0].email == "after@example.org"


@pytest.fixture
def exported(client: FlaskClient, session: Session) -> str:
    mine = build_series(session, slug="mine")
    build_session(session, mine, slug="1")
    build_person(session, mine, email="secret@example.org")
    sign_in(client, build_organiser(session, mine))
    return "/en/organise/series/mine/export"


def test_the_file_without_what_is_private(client: FlaskClient, exported: str) -> None:
    assert client.get(exported).status_code == 200
    file = post(client, exported, {"kind": "public"})
    assert file.status_code == 200
    assert file.headers["Content-Disposition"] == 'attachment; filename="mine.yaml"'
    assert file.headers["Cache-Control"] == "no-store"
    assert "secret@example.org" not in file.text
    assert "rooms.example.org" not in file.text
    assert "slug: mine" in file.text


def test_the_private_file_asks_for_the_pass_phrase_and_is_logged(
    client: FlaskClient,
    clock: time_machine.Traveller,
    exported: str,
    logged: Callable[[str], list[tuple[str, dict[str, Any]]]],
) -> None:
    clock.shift(timedelta(minutes=16))
    asked = post(client, exported, {"kind": "private"})
    assert asked.status_code == 403
    assert logged("programme.export_private") == []
    file = client.post(exported, data={"csrf_token": token_of(asked), "kind": "private", "reauthentication": PASSWORD})
    assert file.status_code == 200
    assert "secret@example.org" in file.text
    assert "rooms.example.org" in file.text
    ((_, details),) = logged("programme.export_private")
    assert details == {"people": 1}


def test_what_is_neither_file(client: FlaskClient, exported: str) -> None:
    assert post(client, exported, {"kind": "all"}).status_code == 422


def test_what_is_exported_can_be_imported_again(client: FlaskClient, exported: str) -> None:
    page = upload(client, post(client, exported, {"kind": "private"}).data)
    assert "Nothing changes: the series is as the file says." in page.text
