"""`workshop demo --no-serve`: safe to repeat, and blind to whatever is not its own."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from tests.builders import build_series, build_session
from workshop import config, demo
from workshop.chatham.rule import ConsentKind, Level, effective_level
from workshop.core import clock as our_clock
from workshop.core.localized import Localized
from workshop.demo.content import EXAMPLE_SLUG, HELD_SLUG, REAL_SLUG
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view.speakers import slots_of
from workshop.rsvp.models import AnswerState, Participant, QuestionReply
from workshop.rsvp.queries import count_seats, count_states
from workshop.summaries.queries import find_summary

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def run(environ: dict[str, str], session: Session) -> Callable[[], str]:
    """Give a function that makes the demo as a process and returns what it printed."""

    def make() -> str:
        session.commit()  # SQLite has one writer at a time
        done = subprocess.run(
            [sys.executable, "-m", "workshop", "demo", "--no-serve"],
            cwd=ROOT,
            env={**os.environ, **environ, "LANG": "en_GB.UTF-8", "WORKSHOP_PORT": "5999"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return make


def series_of(session: Session, slug: str) -> Series:
    session.expire_all()
    return session.scalars(sa.select(Series).where(Series.slug == slug)).one()


def times(session: Session) -> list[datetime]:
    return [one.starts_at for one in coming(series_of(session, EXAMPLE_SLUG))]


def coming(series: Series) -> list[WorkshopSession]:
    """Return the sessions that lay ahead when the demo was made."""
    return [one for one in series.sessions if one.slug != HELD_SLUG]


def phrase_in(output: str) -> str:
    (line,) = (line for line in output.splitlines() if "pass phrase:" in line)
    return line.rpartition(" ")[2]


def test_a_second_run_keeps_what_was_entered(run: Callable[[], str], session: Session, instance_path: Path) -> None:
    first = run()
    assert "http://127.0.0.1:5999/fr/" in first
    example = series_of(session, EXAMPLE_SLUG)
    uids = [one.uid for one in coming(example)]
    coming(example)[0].title = Localized.neutral("What an organiser wrote")
    session.commit()
    real = series_of(session, REAL_SLUG)
    real.subtitle = Localized.neutral("Ours")
    session.commit()
    before = times(session)
    login = instance_path / "demo-login"
    assert stat.S_IMODE(login.stat().st_mode) == 0o600
    second = run()
    assert phrase_in(first) == phrase_in(second) == login.read_text("utf-8").strip()
    example = series_of(session, EXAMPLE_SLUG)
    assert [one.uid for one in coming(example)] == uids
    assert coming(example)[0].title == Localized.neutral("What an organiser wrote")
    assert series_of(session, REAL_SLUG).subtitle == Localized.neutral("Ours")
    assert times(session) == before
    assert session.scalar(sa.select(sa.func.count()).select_from(Series)) == 2


def test_the_example_has_a_session_of_each_level_and_one_with_a_single_seat_left(
    run: Callable[[], str], session: Session
) -> None:
    run()
    run()
    example = series_of(session, EXAMPLE_SLUG)
    now = our_clock.now()
    assert all(now < one.starts_at < now + timedelta(days=60) for one in coming(example))
    levels = [effective_level(session=one.level, series=example.level)[0] for one in example.sessions]
    assert set(levels) == set(Level)
    (small,) = (one for one in example.sessions if one.capacity == 5)
    assert count_seats(session, [small.id])[small.id] == 4
    assert count_states(session, small.id)[AnswerState.ACCEPTED] == 4
    (full,) = (one for one in example.sessions if one.shares)
    states = count_states(session, full.id)
    assert (states[AnswerState.ACCEPTED], states[AnswerState.WAITLISTED]) == (full.capacity, 1)
    (approved,) = (one for one in example.sessions if one.needs_approval)
    assert count_states(session, approved.id)[AnswerState.REQUESTED] == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(QuestionReply)) == 2
    # Nobody reads the mail of people who do not exist.
    assert session.scalars(sa.select(OutboxMessage)).all() == []
    assert all(one.ends_at < now for one in series_of(session, REAL_SLUG).sessions)


def test_the_example_shows_somebodys_own_calendar_a_cancelled_session_and_what_other_sites_embed(
    run: Callable[[], str], session: Session, client: FlaskClient
) -> None:
    output = run()
    # A second look shows the same addresses, and asks for nothing more.
    assert [line for line in run().splitlines() if "5999" in line] == [
        line for line in output.splitlines() if "5999" in line
    ]
    paths = re.findall(r"http://127\.0\.0\.1:5999(/\S+)", output)
    (my,) = (path for path in paths if "/my/" in path)
    (feed,) = (path for path in paths if path.startswith("/calendar/"))
    (embed,) = (path for path in paths if path.endswith("/embed"))
    reader = session.scalars(sa.select(Participant).where(Participant.name == demo.READER)).one()
    assert sorted(one.state for one in reader.answers) == [
        AnswerState.ACCEPTED,
        AnswerState.TENTATIVE,
        AnswerState.WAITLISTED,
    ]
    assert session.scalars(sa.select(OutboxMessage)).all() == []
    assert client.get(my).status_code == 200
    own = Calendar.from_ical(client.get(feed).text).walk("VEVENT")
    assert [str(one["STATUS"]) for one in own] == ["CONFIRMED", "TENTATIVE", "TENTATIVE"]
    assert len({one["DTSTART"].params["TZID"] for one in own}) == 2
    followed = Calendar.from_ical(client.get(f"/fr/series/{EXAMPLE_SLUG}/calendar.ics").text).walk("VEVENT")
    assert [str(one["STATUS"]) for one in followed].count("CANCELLED") == 1
    shown = client.get(embed)
    assert shown.status_code == 200
    assert "frame-ancestors 'self' https://partner.example.org" in shown.headers["Content-Security-Policy"]


def test_the_example_shows_what_remains_of_a_session_that_is_over(run: Callable[[], str], session: Session) -> None:
    run()
    run()
    (held,) = (one for one in series_of(session, EXAMPLE_SLUG).sessions if one.slug == HELD_SLUG)
    assert held.ends_at < our_clock.now()
    (recording,) = held.recordings
    assert recording.published_at is not None
    (slides,) = held.slides
    assert slides.media_type == "image/png"
    summary = find_summary(session, held.id)
    assert summary is not None
    assert summary.published_at is not None
    assert len(summary.approvals) == 1
    consents = {(one.kind, one.given_at is not None) for slot, _ in slots_of(held) for one in slot.consents}
    assert (ConsentKind.RECORDED, True) in consents
    assert (ConsentKind.ANNOUNCE_AFFILIATION, False) in consents


def test_a_series_with_the_demos_address_that_is_not_the_demos_is_left_alone(
    run: Callable[[], str], session: Session, instance_path: Path
) -> None:
    ours = build_series(session, slug=EXAMPLE_SLUG, title=Localized.neutral("Not the demo’s"))
    past = datetime(2020, 1, 15, 15, tzinfo=UTC)
    build_session(session, ours, slug="only", starts_at=past, ends_at=past + timedelta(hours=1), capacity=5)
    session.commit()
    run()
    run()
    ours = series_of(session, EXAMPLE_SLUG)
    assert ours.title == Localized.neutral("Not the demo’s")
    assert [(one.slug, one.starts_at) for one in ours.sessions] == [("only", past)]
    assert session.scalars(sa.select(Participant)).all() == []
    assert list(json.loads((instance_path / "demo.json").read_text("utf-8"))) == ["real"]


def test_new_dates_come_only_when_all_of_the_example_are_past(app: Flask, session: Session) -> None:
    configuration = config.load()
    demo.prepare(configuration)
    first, *others = coming(series_of(session, EXAMPLE_SLUG))
    long_ago = timedelta(days=90)
    for one in others:
        _shift(one, -long_ago)
    session.commit()
    before = times(session)
    demo.prepare(configuration)
    assert times(session) == before
    _shift(first, -long_ago)
    session.commit()
    uids = [one.uid for one in coming(series_of(session, EXAMPLE_SLUG))]
    demo.prepare(configuration)
    now = our_clock.now()
    example = series_of(session, EXAMPLE_SLUG)
    assert all(one.starts_at > now for one in coming(example))
    assert [one.uid for one in coming(example)] == uids
    (small,) = (one for one in example.sessions if one.capacity == 5)
    assert count_seats(session, [small.id])[small.id] == 4


def _shift(one: WorkshopSession, span: timedelta) -> None:
    one.starts_at += span
    one.ends_at += span
    one.starts_wall += span
    one.ends_wall += span
