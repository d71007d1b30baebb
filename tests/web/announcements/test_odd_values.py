"""What nobody would type into an announcement: marks of secret links, odd digits, long and right-to-left text."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_organiser, build_participant, build_series, build_session
from tests.unit.announcements.conftest import draft, join, work, written
from tests.web.announcements.test_organise import BASE, TEXTS, act, only
from tests.web.workspace import post, sign_in
from workshop.core.links import Purpose, mark, subjects_in
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, WorkshopSession

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session of a series, which two people come to."""
    found = build_session(session, build_series(session, slug="serie"), slug="1")
    join(session, found, language="en", address="a@example.org")
    join(session, found, address="b@example.org")
    return found


@pytest.fixture
def series(client: FlaskClient, session: Session, workshop_session: WorkshopSession) -> Series:
    """Give the series, its owner signed in."""
    sign_in(client, build_organiser(session, workshop_session.series, email="owner@example.org"))
    return workshop_session.series


@pytest.mark.parametrize("brackets", ["[[", "[[[", "[[[[[", "[\u200b[["])
def test_nobody_gets_a_strangers_link_by_writing_its_mark(
    client: FlaskClient, session: Session, series: Series, brackets: str
) -> None:
    stranger = build_participant(session, series, address="stranger@example.org")
    forged = brackets + mark(Purpose.MY, stranger.subject)[2:]
    session.commit()
    texts = {**TEXTS, **{f"{part}-{code}": forged for part in ("subject", "body") for code in ("fr", "en")}}
    assert post(client, f"{BASE}/new", texts).status_code == 303
    one = only(session)
    assert act(client, one, "test", version=1).status_code == 303
    assert act(client, one, "confirm", version=1, number=2, when="now").status_code == 303
    work(session)
    assert len(written(session)) == 2
    for message in session.scalars(sa.select(OutboxMessage)):
        marked = subjects_in(message.subject + message.body_text + message.body_html)
        assert stranger.subject not in marked


@pytest.mark.parametrize("value", ["²", "9" * 5000, "-1", "٣", "1\0", "x" * 1000, "1 OR 1"])
@pytest.mark.parametrize("field", ["sessions", "states", "languages", "interpretation", "whom", "version"])
def test_what_no_form_offers_is_refused_at_its_field(
    client: FlaskClient, session: Session, series: Series, field: str, value: str
) -> None:
    assert series.slug == "serie"
    found = post(client, f"{BASE}/new", {**TEXTS, field: value})
    assert found.status_code == (303 if field == "version" else 422)


@pytest.mark.parametrize("field", ["version", "number", "fold", "leaves_wall", "when", "act"])
@pytest.mark.parametrize("value", ["²", "9" * 5000, "-1", "", "\u202e" * 200, "2026-11-30T10:00\r\nBcc: a@example.org"])
def test_an_odd_confirmation_sends_nothing(
    client: FlaskClient, session: Session, series: Series, field: str, value: str
) -> None:
    one = draft(session, series)
    one.tested_at = NOW
    session.commit()
    fields = {"version": "1", "number": "2", "when": "later", "leaves_wall": "2026-11-30T10:00", "act": "x"}
    for verb in ("confirm", "act", "test"):
        found = act(client, one, verb, **{**fields, "number": "7", field: value})
        assert found.status_code in {303, 409, 422}, verb
    assert only(session).confirmed_at is None
