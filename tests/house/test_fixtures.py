"""What every other test relies on."""

import os
import socket
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from tests import builders
from tests.conftest import LiveServer
from workshop.core import clock as core_clock
from workshop.programme.models import Series
from workshop.rsvp.models import Answer


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_begins_with_an_empty_database_and_real_objects(round_: int, session: Session) -> None:
    assert session.scalars(sa.select(Series)).all() == []
    workshop_session = builders.build_session(session)
    series = workshop_session.series
    assert series.id == 1
    speaker = builders.build_person(session, series)
    builders.build_committee_member(session, series, speaker)
    builders.build_partner(session, series)
    builders.build_partner(session, series, workshop_session)
    builders.build_slot(session, workshop_session, speaker)
    builders.build_item(session, workshop_session, speakers=[speaker], moderators=[speaker])
    builders.build_organiser(session, series)
    builders.build_answer(session, workshop_session)
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 1
    assert [len(workshop_session.partners), len(series.partners), len(workshop_session.slots)] == [1, 1, 1]
    assert len(workshop_session.sections[0].items[0].slots) == 2
    assert workshop_session.starts_at == datetime.fromisoformat("2026-11-30T15:00Z")


def test_a_request_has_a_context_and_a_transaction_of_its_own(session: Session, client: FlaskClient) -> None:
    series = builders.build_series(session)
    assert client.get("/healthz").status_code in {200, 404}
    series.slug = "written-after-the-request"
    session.commit()


def test_nothing_beyond_the_loopback_can_be_reached() -> None:
    with pytest.raises(PermissionError), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(PermissionError):
        socket.getaddrinfo("example.org", 80)


def test_settings_come_from_the_test_alone(configure: Callable[..., Flask], app: Flask, instance_path: object) -> None:
    assert app.config["RATE_LIMITS"] is False
    assert app.config["NAME"] == "Workshop"
    assert configure(NAME="Ateliers").config["NAME"] == "Ateliers"
    assert [name for name in os.environ if name.startswith("WORKSHOP_")] == ["WORKSHOP_INSTANCE_PATH"]
    assert app.instance_path == str(instance_path)


@pytest.mark.rate_limits
@pytest.mark.databases("sqlite")
def test_limits_count_when_asked_to(app: Flask) -> None:
    assert app.config["RATE_LIMITS"] is True


def test_the_clock_stands_where_it_is_put(clock: time_machine.Traveller, now: datetime) -> None:
    assert core_clock.now() == now
    clock.shift(60)
    assert (core_clock.now() - now).total_seconds() == 60


@pytest.mark.browser
def test_a_browser_reaches_the_live_server(page: Page, live_server: LiveServer) -> None:
    response = page.goto("/healthz")
    assert response is not None
    assert response.status in {200, 404}
    assert live_server.app.config["BASE_URL"] == live_server.url
