"""Static files: small, hashed, kept for ever."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from workshop.web.assets import FOLDER, IMMUTABLE, asset, manifest

pytestmark = pytest.mark.databases("sqlite")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def test_files_are_small() -> None:
    assert len((FOLDER / "workshop.css").read_bytes()) < 27_000
    assert len((FOLDER / "workshop.js").read_bytes()) < 3_000
    assert len((FOLDER / "desk.js").read_bytes()) < 4_000
    assert len((FOLDER / "desk.css").read_bytes()) < 5_000
    assert "url(" not in (FOLDER / "workshop.css").read_text()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("workshop.css", "text/css"),
        ("workshop.js", "text/javascript"),
        ("desk.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_is_served_under_its_hash_only(client: FlaskClient, name: str, kind: str) -> None:
    answer = client.get(asset(name))
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert answer.headers["Cache-Control"] == IMMUTABLE
    assert answer.data == manifest()[name].body
    assert client.get(f"/static/{name}").status_code == 404
    assert client.get(asset(name).replace(".", ".0", 1)).status_code == 404


def test_a_style_sheet_is_served_without_its_notes() -> None:
    body = manifest()["workshop.css"].body
    assert b"/*" not in body
    assert b"\n" not in body
    lines = _COMMENT.sub("", (FOLDER / "workshop.css").read_text()).split("\n")
    assert {line.rstrip()[-1] for line in lines if line.strip()} <= set("{};,"), "a line may end nowhere else"
    assert body.count(b"{") == (FOLDER / "workshop.css").read_bytes().count(b"{")


def test_pages_name_the_hashed_address(client: FlaskClient) -> None:
    assert asset("workshop.css") in client.get("/fr/nothing").text
