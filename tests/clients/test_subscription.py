"""A real subscription: vdirsyncer fetches a personal feed from a real server, khal shows what there is to go to."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_answer, build_participant, build_series, build_session
from tests.clients import tools
from tests.serving import served
from workshop.core import clock, links
from workshop.core.links import Purpose
from workshop.programme.models import WorkshopSession
from workshop.programme.service import cancel, reschedule
from workshop.rsvp.models import Participant
from workshop.rsvp.service import withdraw

pytestmark = pytest.mark.databases("sqlite")
PARIS = ZoneInfo("Europe/Paris")
TWO_HOURS = timedelta(hours=2)
ONE_CHANGE = ["Copying (uploading)", "Deleting"]
"""vdirsyncer knows the entries of a calendar that it may only read by their octets: another comes, the old one goes."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody with vdirsyncer, khal and a home of their own."""

    home: Path

    @property
    def calendar(self) -> Path:
        """The folder that holds an entry in each file."""
        return self.home / "calendar"

    def subscribe(self, address: str) -> None:
        """Configure both programs for a calendar at an address."""
        self.calendar.mkdir(parents=True)
        (self.home / "vdirsyncer.conf").write_text(
            f'[general]\nstatus_path = "{self.home / "status"}"\n'
            '[pair workshop]\na = "here"\nb = "there"\ncollections = null\nconflict_resolution = "b wins"\n'
            f'[storage here]\ntype = "filesystem"\npath = "{self.calendar}"\nfileext = ".ics"\n'
            f'[storage there]\ntype = "http"\nurl = "{address}"\n',
            "utf-8",
        )
        self._run("vdirsyncer", "-c", "vdirsyncer.conf", "discover")

    def sync(self) -> list[str]:
        """Fetch; returns what vdirsyncer says that it changed, in order of the alphabet, identifiers left out."""
        said = self._run("vdirsyncer", "-c", "vdirsyncer.conf", "sync")
        lines = [line.partition(" item ")[0] for line in said.splitlines() if " item " in line]
        return sorted(line.rpartition("]")[2].strip() for line in lines)

    def kept(self) -> dict[str, tuple[bytes, int]]:
        """Return file → octets and the instant at which it was written."""
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in self.calendar.iterdir()}

    def sees(self, tzid: str) -> list[str]:
        """Return what khal lists for the coming year on a clock: day, hours and title, in order."""
        (self.home / "khal.conf").write_text(
            f"[calendars]\n[[workshop]]\npath = {self.calendar}\n"
            f"[locale]\nlocal_timezone = {tzid}\ndefault_timezone = {tzid}\n"
            "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
            "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"[sqlite]\npath = {self.home / 'khal.db'}\n",
            "utf-8",
        )
        arguments = (
            "list",
            "--day-format",
            "",
            "--format",
            "{start-long-full} {end-time} {status}{title}",
            "today",
            "365d",
        )
        return [line for line in self._run("khal", "-c", "khal.conf", *arguments).splitlines() if line]

    def _run(self, name: str, *arguments: str) -> str:
        run = subprocess.run(
            [tools.program(name), *arguments],
            cwd=self.home,
            env=tools.environment(self.home),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr


@dataclass(frozen=True, slots=True)
class Case:
    """A participant with two seats, in a month; the first is at 16:00 in Paris."""

    participant: Participant
    one: WorkshopSession
    starts_wall: datetime
    token: str


@pytest.fixture
def subscriber(tmp_path: Path) -> Subscriber:
    for name in ("vdirsyncer", "khal"):
        tools.program(name)
    return Subscriber(tmp_path / "home")


@pytest.fixture
def environment(environ: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **environ, "WORKSHOP_DOMAIN": "example.org", "WORKSHOP_BASE_URL": "http://127.0.0.1:5000"}


@pytest.fixture
def case(session: Session) -> Case:
    day = clock.now().astimezone(PARIS).date()
    series = build_series(session, slug="s")
    walls = [datetime.combine(day + timedelta(days=days), time(16)) for days in (30, 37)]
    participant = build_participant(session, series, language="en")
    for number, wall in enumerate(walls):
        one = build_session(
            session,
            series,
            starts_wall=wall,
            number=None,
            slug=f"n{number}",
            title=both(f"Titre {number}", f"Title {number}"),
        )
        build_answer(session, one, participant)
    token = links.issue(session, purpose=Purpose.FEED, subject=participant.subject)
    for purpose, subject in [
        (Purpose.MY, participant.subject),
        *((Purpose.JOIN, a.subject) for a in participant.answers),
    ]:
        links.issue(session, purpose=purpose, subject=subject)
    session.commit()
    return Case(participant, series.sessions[0], walls[0], token)


def test_a_personal_calendar_follows_what_happens(
    subscriber: Subscriber, environment: dict[str, str], session: Session, case: Case
) -> None:
    with served(environment, "--no-worker") as address:
        subscriber.subscribe(f"{address}/calendar/{case.token}.ics")
        assert subscriber.sync() == ["Copying (uploading)"] * 2
        before = subscriber.kept()
        assert len(before) == 2

        # The second time nothing changes.
        assert subscriber.sync() == []
        assert subscriber.kept() == before
        shown = [(case.starts_wall, "Title 0"), (case.starts_wall + timedelta(days=7), "Title 1")]
        assert subscriber.sees("Europe/Paris") == [line(wall, title, "Europe/Paris") for wall, title in shown]
        assert subscriber.sees("America/Toronto") == [line(wall, title, "America/Toronto") for wall, title in shown]

        # After a move, one change.
        moved = case.starts_wall + timedelta(days=1, hours=2)
        reschedule(
            session,
            now=clock.now(),
            workshop_session=case.one,
            starts_wall=moved,
            ends_wall=moved + TWO_HOURS,
            tzid="Europe/Paris",
        )
        session.commit()
        assert subscriber.sync() == ONE_CHANGE
        after = subscriber.kept()
        assert len(before.items() & after.items()) == 1
        assert [b"SEQUENCE:1" in octets for octets, _ in dict(after.items() - before.items()).values()] == [True]
        assert subscriber.sees("Europe/Paris")[0] == line(moved, "Title 0", "Europe/Paris")

        cancel(session, now=clock.now(), workshop_session=case.one)
        session.commit()
        assert subscriber.sync() == ONE_CHANGE
        assert subscriber.sees("Europe/Paris")[0].endswith("CANCELLED CANCELLED: Title 0")

        # What is withdrawn from is gone at once; vdirsyncer itself keeps what it has when a calendar becomes empty.
        withdraw(
            session,
            now=clock.now(),
            participant=case.participant,
            slug=case.participant.answers[1].workshop_session.slug,
        )
        session.commit()
        assert subscriber.sync() == ["Deleting"]
        assert len(subscriber.kept()) == 1


def line(wall: datetime, title: str, tzid: str) -> str:
    """Return how khal says that two hours from a wall time in Paris are spent, on another clock."""
    starts = wall.replace(tzinfo=PARIS).astimezone(ZoneInfo(tzid))
    return f"{starts:%Y-%m-%d %H:%M} {starts + TWO_HOURS:%H:%M} CONFIRMED {title}"


def test_a_calendar_that_ends_is_an_error_and_never_an_empty_one(
    subscriber: Subscriber, environment: dict[str, str], session: Session, case: Case
) -> None:
    """A client that finds an empty calendar deletes all it has; at an error it keeps what it knows and says so."""
    with served(environment, "--no-worker") as address:
        subscriber.subscribe(f"{address}/calendar/{case.token}.ics")
        subscriber.sync()
        before = subscriber.kept()
        links.close(session, purpose=Purpose.FEED, subject=case.participant.subject)
        session.commit()
        with pytest.raises(AssertionError, match="NOT FOUND"):
            subscriber.sync()
        assert subscriber.kept() == before


def test_two_processes_and_a_restart_give_the_same_octets(
    environment: dict[str, str], case: Case, session: Session
) -> None:
    with served(environment, "--no-worker") as one, served(environment, "--no-worker") as other:
        fetched = [_fetch(f"{address}/calendar/{case.token}.ics") for address in (one, other, one)]
    with served(environment, "--no-worker") as again:
        fetched.append(_fetch(f"{again}/calendar/{case.token}.ics"))
    assert len(set(fetched)) == 1
    assert fetched[0].count(b"BEGIN:VEVENT") == 2


def _fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:
        body: bytes = answer.read()
    return body
