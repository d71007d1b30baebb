"""Alive, ready, robots."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from workshop.mail.models import Worker


def test_alive_needs_nothing(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_ready_needs_a_worker_heard_within_two_minutes(
    client: FlaskClient,
    session: Session,
    now: datetime,
    clock: time_machine.Traveller,
) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "database": True, "schema": True, "worker": False}
    session.add(Worker(name="w", started_at=now, heartbeat_at=now - timedelta(minutes=2)))
    session.commit()
    assert client.get("/readyz").status_code == 200
    clock.shift(1)
    assert client.get("/readyz").status_code == 503


@pytest.mark.databases("sqlite")
def test_robots_keep_away_from_token_pages(client: FlaskClient) -> None:
    text = client.get("/robots.txt").text
    assert "Disallow: /fr/my/" in text.replace("/fr/my\n", "/fr/my/\n")
    assert "Sitemap: http://127.0.0.1:5000/sitemap.xml" in text
