"""`workshop reminders plan` says what will leave when, to how many, and nothing of anybody."""

from datetime import datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import build_series, build_session
from tests.unit.reminders.conftest import join
from workshop.core.language import speaking
from workshop.reminders.cli import reminders
from workshop.reminders.service import plan
from workshop.rsvp.models import AnswerState


def test_the_forecast(app: Flask, session: Session, clock: time_machine.Traveller) -> None:
    series = build_series(session, slug="serie")
    workshop_session = build_session(session, series, slug="4")
    join(session, workshop_session)
    join(session, workshop_session, state=AnswerState.TENTATIVE)
    join(session, workshop_session, wants_reminders=False)
    build_session(session, series, slug="5", starts_at=workshop_session.starts_at + timedelta(days=60))
    session.commit()
    lines = _run(app)
    assert lines == [
        "2026-11-23 16:00 Europe/Paris    -7d  serie/4  2",
        "2026-11-29 16:00 Europe/Paris    -1d  serie/4  2",
        "2026-11-30 15:00 Europe/Paris    -1h  serie/4  2",
    ]
    assert len(_run(app, "--until", "2026-11-29")) == 2
    assert _run(app, "--until", "2026-11-22") == ["No reminder until 2026-11-22."]


def test_what_is_queued_already_is_not_announced_again(
    app: Flask, session: Session, clock: time_machine.Traveller
) -> None:
    workshop_session = build_session(session, slug="4")
    join(session, workshop_session)
    at = workshop_session.starts_at - timedelta(days=1)
    clock.move_to(at)
    session.commit()
    assert _run(app)[0].endswith("/4  1")
    assert plan(session, at) == 1
    session.commit()
    assert _run(app)[0].endswith("/4  0")


def test_what_is_paused_says_so(app: Flask, session: Session, clock: time_machine.Traveller, now: datetime) -> None:
    series = build_series(session, slug="serie", reminders=("-1d",))
    join(session, build_session(session, series, slug="4", reminders_paused_at=now))
    join(session, build_session(session, series, slug="5", starts_wall=datetime(2026, 12, 2, 16)))  # noqa: DTZ001 (wall time)
    session.commit()
    assert _run(app) == [
        "2026-11-29 16:00 Europe/Paris    -1d  serie/4  1  paused",
        "2026-12-01 16:00 Europe/Paris    -1d  serie/5  1",
    ]
    series.reminders_paused_at = now
    session.commit()
    assert all(line.endswith("  paused") for line in _run(app))


def _run(app: Flask, *arguments: str) -> list[str]:
    with speaking("en"):
        result = app.test_cli_runner().invoke(reminders, ["plan", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output.splitlines()
