"""The feed of announcements, read by a feed reader's own parser."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_series, build_session
from tests.clients import tools
from workshop.core.typography import typeset
from workshop.programme.models import SessionStatus

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.databases("sqlite")]

READER = """
import feedparser, json, sys
found = feedparser.parse(sys.stdin.buffer.read(), response_headers={"content-type": sys.argv[1]})
print(json.dumps({
    "is_bad": bool(found.bozo), "version": found.version, "language": found.feed.language,
    "feed": {name: found.feed[name] for name in ("id", "title", "updated", "author")},
    "entries": [{name: entry[name] for name in ("id", "title", "updated", "link", "summary")} for entry in found.entries],
}))
"""
TEXTS = (
    "Usages & soins : « état des lieux », <b>gras</b>",
    "Une phrase d'ici\u2028et là\x0b, ]]> et &amp; et 🏳️‍🌈",
    "\ufffe\uffffد ر\x00</summary></entry>",
)


def read(client: FlaskClient, home: Path, address: str) -> Any:
    """Return what feedparser finds in the feed at an address."""
    answer = client.get(address)
    command = [str(tools.python()), "-c", READER, answer.content_type]
    done = subprocess.run(command, input=answer.data, capture_output=True, check=True, env=tools.environment(home))
    return json.loads(done.stdout)


def test_a_feed_reader_finds_every_entry(client: FlaskClient, session: Session, tmp_path: Path) -> None:
    series = build_series(session, slug="s", title=both("Série", "Series"))
    build_session(session, series, slug="1", status=SessionStatus.CANCELLED, label=both("Atelier 1", "Workshop 1"))
    build_session(session, series, slug="2", revised_at=NOW + timedelta(hours=1))
    found = read(client, tmp_path, "/en/series/s/feed.atom")
    assert (found["is_bad"], found["version"], found["language"]) == (False, "atom10", "en")
    assert (found["feed"]["title"], found["feed"]["author"]) == ("Series", "Workshop")
    assert found["feed"]["updated"] == "2026-11-22T10:00:00Z"
    second, first = found["entries"]
    assert first["title"].startswith("CANCELLED: Workshop 1 – ")
    assert first["link"] == "http://127.0.0.1:5000/en/series/s/1/"
    assert first["updated"] < second["updated"]
    assert "<p>What it is about.</p>" in second["summary"]
    assert len({found["feed"]["id"], first["id"], second["id"]}) == 3


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_a_title_holds_it_reads_the_same(
    client: FlaskClient, session: Session, tmp_path: Path, text: str
) -> None:
    series = build_series(session, slug="s", title=both(text, text))
    texts = {"title": both(text, text), "label": both(text, text), "abstract": both(text, text)}
    build_session(session, series, slug="1", **texts)
    found = read(client, tmp_path, "/en/series/s/feed.atom")
    assert found["is_bad"] is False
    (entry,) = found["entries"]
    # What no XML may hold is left out; the rest is the same to the letter, with its apostrophes set.
    kept = "".join(char for char in text if char not in "\x00\x0b\ufffe\uffff")
    assert found["feed"]["title"] == typeset(kept, "en")
    assert entry["title"] == typeset(kept, "en")
    assert "<b>" not in entry["summary"]
    assert "</entry>" not in entry["summary"]
    assert set(entry) == {"id", "title", "updated", "link", "summary"}
