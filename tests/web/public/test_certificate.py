"""The certificate of an erasure: what, when, how much, and the log's row that proves it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_organiser, build_series, build_session
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role, SeriesRole
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break, record
from workshop.core.links import Purpose, issue
from workshop.privacy import service as privacy

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def entry(session: Session) -> LogEntry:
    participant = build_answer(session, build_session(session)).participant
    return privacy.erase(session, now=NOW, participant=participant)


def test_the_page_after_erasing_certifies_it_and_gives_it_as_a_file(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="mine")
    participant = build_answer(session, build_session(session, series)).participant
    path = f"/en/my/{issue(session, purpose=Purpose.MY, subject=participant.subject)}/"
    name, address = participant.name, str(participant.address)
    page = post(client, f"{path}erase", page=path)
    assert page.status_code == 200
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "privacy.erase")).one()
    assert entry.hash in page.text
    link = re.search(r'href="(/en/erased/[^"]+\.txt)"', page.text)
    assert link is not None
    file = client.get(link[1])
    assert (file.status_code, file.mimetype) == (200, "text/plain")
    assert file.headers["Content-Disposition"] == 'attachment; filename="certificate.txt"'
    assert file.headers["Cache-Control"] == "no-store"
    text = file.text
    assert text.index("Erasure certificate") >= 0
    assert f"audit verify --expect {entry.id}:{entry.hash}" in text
    assert "1 participant" in text
    for hidden in (name, address, "mine", series.title["en"], series.title["fr"]):
        assert hidden not in text
    assert find_break(session, expect=(entry.id, entry.hash)) is None


def test_number_and_hash_open_it_and_nothing_else(client: FlaskClient, session: Session, entry: LogEntry) -> None:
    other = record(session, now=NOW, actor="command", action="accounts.add")
    for suffix in ("", ".txt"):
        assert client.get(f"/en/erased/{entry.id}/{entry.hash}{suffix}").status_code == 200
        for number, digest in (
            (entry.id, "0" * 64),
            (other.id, entry.hash),
            (other.id, other.hash),
            (99, entry.hash),
            (2**80, entry.hash),
        ):
            assert client.get(f"/en/erased/{number}/{digest}{suffix}").status_code == 404


def test_organisers_read_erasures_by_number(client: FlaskClient, session: Session, entry: LogEntry) -> None:
    series = build_series(session, slug="theirs")
    build_organiser(session, series)
    number, object_ = entry.id, entry.object
    mine = build_organiser(session)
    session.add(SeriesRole(
        organiser_id=mine.id, series_id=int(object_.partition(":")[2]), role=Role.OWNER, granted_at=NOW
    ))  # fmt: skip
    session.flush()
    sign_in(client, mine)
    slug = re.search(r'href="/en/organise/series/([^/"]+)/"', client.get("/en/organise/").text)
    assert slug is not None
    page = client.get(f"/en/organise/series/{slug[1]}/traces")
    assert page.status_code == 200
    assert re.search(rf'<th scope="row">{number}</th>', page.text)
    assert "1 participant" in page.text
    assert "on request" in page.text
    assert client.get("/en/organise/series/theirs/traces").status_code == 404
