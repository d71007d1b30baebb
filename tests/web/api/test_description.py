"""The description (OpenAPI 3.1) is valid, says exactly what is answered, and schemathesis finds nothing against it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import both, build_committee_member, build_partner, build_series, build_session
from tests.clients import tools
from tests.conftest import LiveServer
from tests.web.examples import build_examples
from workshop.chatham.rule import Visibility
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.programme.models import Mode, SessionStatus

pytestmark = [pytest.mark.databases("sqlite"), pytest.mark.usefixtures("clock")]

DESCRIPTION = "/api/v1/openapi.json"


def build_everything(session: Session) -> list[str]:
    """Return the addresses of documents that have something in each of their properties, and nothing in each."""
    examples = build_examples(session)
    examples.series.own_sentence = both("Merci de venir sans téléphone.", "Please leave your telephone outside.")
    examples.series.links = ("https://example.org/about",)
    build_committee_member(session, examples.series)
    build_partner(session, examples.series)
    one = examples.discussion
    build_partner(session, examples.series, one, url="")
    one.interpretation = (
        {"from": "fr", "into": "en", "scope": {"fr": "les exposés", "en": "the talks"}},
        {"from": "en", "into": "fr", "scope": {}},
    )
    one.capacity, one.monolingual, one.links = 10, "fr", ("https://example.org/paper",)
    one.sections[0].items[0].starts = "16:05"
    examples.record.status, examples.record.mode = SessionStatus.CANCELLED, Mode.ON_SITE
    bare = build_series(session, slug="bare", title=Localized.neutral("Ω"), visibility=Visibility.UNLISTED)
    other = build_session(session, bare, number=None, slug="x", short_title=Localized(), abstract=Localized())
    session.commit()
    uids = [examples.record.uid, one.uid, examples.whole.uid, examples.unlisted.uid, other.uid]
    found = ["/api/v1/series", "/api/v1/series/examples", "/api/v1/series/bare", DESCRIPTION]
    return [*found, *(f"/api/v1/sessions/{uid}" for uid in uids)]


def test_it_is_a_valid_description(client: FlaskClient, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_bytes(client.get(DESCRIPTION).data)
    run = subprocess.run(
        [tools.program("openapi-spec-validator"), str(file)],
        env=tools.environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _undescribed(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str = "$") -> list[str]:
    """Return what is there and not described, or the other way round."""
    schema = _resolve(document, schema)
    if isinstance(value, list):
        return [one for item in value for one in _undescribed(document, schema["items"], item, f"{where}[]")]
    described = schema.get("properties")
    if not isinstance(value, dict) or described is None or where.endswith((".info", ".paths")):
        return []
    found = [f"{where}.{name}" for name in set(value) ^ set(described)]
    for name in set(value) & set(described):
        found += _undescribed(document, described[name], value[name], f"{where}.{name}")
    return found


def test_every_property_is_described_and_nothing_is_described_that_is_not_there(
    client: FlaskClient, session: Session
) -> None:
    description = client.get(DESCRIPTION).get_json()
    schemas = description["components"]["schemas"]
    for path in build_everything(session):
        if path == DESCRIPTION:
            continue
        kind = "Session" if "/sessions/" in path else "SeriesList" if path.endswith("series") else "SeriesWithSessions"
        assert _undescribed(description, schemas[kind], client.get(path).get_json()) == [], path
    problem = client.get("/api/v1/series/nothing").get_json()
    assert _undescribed(description, schemas["Problem"], problem) == []


_VALIDATE = """
import json, sys
from jsonschema import Draft202012Validator, FormatChecker
description, answers = json.load(sys.stdin)
for path, kind, value in answers:
    schema = {"$ref": "#/components/schemas/" + kind, "components": description["components"]}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value):
        print(path, error.json_path, error.message)
"""


def test_every_document_keeps_to_its_schema(client: FlaskClient, session: Session, tmp_path: Path) -> None:
    answers = []
    for path in build_everything(session):
        if "/sessions/" in path:
            answers.append((path, "Session", client.get(path).get_json()))
        elif "/series/" in path:
            answers.append((path, "SeriesWithSessions", client.get(path).get_json()))
    run = subprocess.run(
        [tools.python(), "-c", _VALIDATE],
        input=json.dumps([client.get(DESCRIPTION).get_json(), answers]),
        env=tools.environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr
    assert len(answers) == 7


def test_schemathesis_finds_nothing(live_server: LiveServer, tmp_path: Path) -> None:
    with live_server.app.app_context():
        build_everything(db.session())
    # From a file: an address of its own would be left out of what is tested.
    file = tmp_path / "openapi.json"
    file.write_bytes(live_server.app.test_client().get(DESCRIPTION).data)
    run = subprocess.run(
        [
            tools.program("schemathesis"), "run", str(file), "--url", live_server.url,
            "--phases", "examples,coverage,fuzzing,stateful", "--checks", "all", "--max-examples", "30", "--seed", "1",
            "--generation-database", "none", "--no-color",
        ],
        cwd=tmp_path,
        env=tools.environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    # Every address, and by links those of real series and sessions.
    assert "4 selected / 4 total" in run.stdout
    assert "3 covered / 3 selected" in run.stdout
