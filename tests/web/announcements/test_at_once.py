"""Presses that meet: each thing is done once, whoever is quicker, and nobody is shown a fault."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_organiser, build_series, build_session
from tests.unit.announcements.conftest import draft, join
from tests.web.rsvp.visitor import csrf_of
from tests.web.workspace import sign_in
from workshop.announcements import service
from workshop.announcements.models import Announcement, Subscriber
from workshop.audit.models import LogEntry
from workshop.core.db import db
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series

pytestmark = pytest.mark.usefixtures("clock")
BASE = "/en/organise/series/serie/announcements"
AT_ONCE = 6


@pytest.fixture
def series(session: Session) -> Series:
    """Give a public series with a session that twenty people come to."""
    found = build_series(session, slug="serie")
    one = build_session(session, found)
    for _ in range(20):
        join(session, one)
    session.commit()
    return found


def press(app: Flask, session: Session, path: str, data: dict[str, str], *, signed_in: bool = False) -> list[int]:
    """Post the same from several browsers at the same moment; returns what each was answered."""
    clients: list[tuple[FlaskClient, str]] = []
    for number in range(AT_ONCE):
        client = app.test_client()
        if signed_in:
            series = session.scalars(sa.select(Series)).one()
            sign_in(client, build_organiser(session, series, email=f"owner{number}@example.org"))
        page = client.get(f"{BASE}/new" if signed_in else path)
        clients.append((client, csrf_of(page)))
    session.commit()

    def one(pair: tuple[FlaskClient, str]) -> int:
        return pair[0].post(path, data={**data, "csrf_token": pair[1]}).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = sorted(pool.map(one, clients))
    session.expire_all()
    return found


def test_one_address_typed_in_several_places_is_kept_once(app: Flask, session: Session, series: Series) -> None:
    assert series.slug == "serie"
    data = {"email": "someone@example.org", "language": "en", "website": ""}
    assert press(app, session, "/en/series/serie/follow", data) == [303] * AT_ONCE
    one = session.scalars(sa.select(Subscriber)).one()
    assert {message.person_ref for message in session.scalars(sa.select(OutboxMessage))} == {one.subject}
    path = f"/en/follow/{issue(session, purpose=Purpose.MY, subject=one.subject)}/"
    session.commit()
    assert press(app, session, path, {"language": "en"}) == [303] * AT_ONCE
    assert press(app, session, path, {"act": "stop"})[0] == 200
    assert session.scalars(sa.select(Subscriber)).all() == []


def test_an_announcement_is_confirmed_once(app: Flask, session: Session, series: Series) -> None:
    one = draft(session, series)
    one.tested_at = NOW
    session.commit()
    data = {"version": "1", "number": "20", "when": "now"}
    found = press(app, session, f"{BASE}/{one.key}/confirm", data, signed_in=True)
    assert found == [303] + [409] * (AT_ONCE - 1)
    assert len(session.scalars(sa.select(LogEntry).where(LogEntry.action == "announcements.confirm")).all()) == 1


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_what_is_held_while_it_leaves_reaches_nobody_twice(
    app: Flask, session: Session, series: Series, act: str
) -> None:
    one = draft(session, series)
    one.tested_at = one.confirmed_at = one.leaves_at = NOW
    session.commit()
    key, organiser = one.key, build_organiser(session, series)
    session.flush()
    organiser_id = organiser.id
    session.commit()

    def work() -> None:
        with app.app_context(), Session(db.engine) as own:
            service.send_announcements(own, NOW)
            own.commit()

    def hold() -> None:
        with app.app_context(), Session(db.engine) as own:
            found = own.scalars(sa.select(Announcement).where(Announcement.key == key)).one()
            who = own.get_one(type(organiser), organiser_id)
            do: Callable[..., None] = service.pause if act == "pause" else service.stop_announcement
            do(own, found, now=NOW, organiser=who)
            own.commit()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waits = [pool.submit(work), pool.submit(hold), pool.submit(work)]
        for each in waits:
            each.result()
    session.expire_all()
    queued = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.state == OutboxState.QUEUED)).all()
    assert queued == []
    if act == "pause":
        service.resume(session, session.scalars(sa.select(Announcement)).one(), now=NOW, organiser=organiser)
        session.commit()
        for _ in range(3):
            work()
        session.expire_all()
        queued = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.state == OutboxState.QUEUED)).all()
        assert len({message.person_ref for message in queued}) == len(queued) == 20
