"""`workshop mail receive` at the end of a mail server's pipe: it says nothing, and never makes that server write back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from tests.unit.calendars.replies.recorded import ATTENDEE, CASES, SETTINGS, UID, Case, build_invited, message
from workshop.cli import main

pytestmark = pytest.mark.databases("sqlite")
ROOT = Path(__file__).parents[4]
SOME = [
    case
    for case in CASES
    if case.name in {"google-decline", "bounce", "cut-off", "empty", "outlook-away", "unknown-uid"}
]


@pytest.fixture
def environment(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the command the settings of the test's application."""
    settings = {**environ, **{f"WORKSHOP_{name}": value for name, value in SETTINGS.items()}}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def receive(octets: bytes) -> Result:
    before = os.umask(0o022)
    try:
        return CliRunner().invoke(main, ["mail", "receive"], input=octets)
    finally:
        os.umask(before)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
@pytest.mark.usefixtures("environment", "clock")
def test_it_ends_well_and_says_nothing_of_people(session: Session, case: Case) -> None:
    answer = build_invited(session, state=case.before)
    result = receive(case.octets)
    assert (result.exit_code, result.stdout) == (0, "")
    assert ATTENDEE not in result.output
    assert UID not in result.output
    session.expire_all()
    assert answer.state is case.after


@pytest.mark.usefixtures("environment")
def test_a_database_that_is_away_is_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 75 is `EX_TEMPFAIL`: the mail server tries again, and tells nobody."""
    monkeypatch.setenv("WORKSHOP_DATABASE_URL", "postgresql://somebody:geheim@127.0.0.1:1/workshop")
    result = receive(message("google-decline"))
    assert (result.exit_code, result.stdout) == (75, "")
    assert result.stderr == "ClickException: try again later\n"


@pytest.mark.usefixtures("environment", "session")
def test_a_fault_of_ours_is_for_later_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from workshop.calendars import service

    def fail(*_arguments: object, **_more: object) -> None:
        raise LookupError(ATTENDEE)

    monkeypatch.setattr(service, "receive", fail)
    result = receive(message("google-decline"))
    assert (result.exit_code, result.stdout, result.stderr) == (75, "", "LookupError: try again later\n")


@pytest.mark.usefixtures("environment")
def test_a_bad_setting_is_for_later_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_PORT", "no number")
    assert receive(message("google-decline")).exit_code == os.EX_TEMPFAIL


@pytest.mark.usefixtures("environment", "session")
def test_without_a_mailbox_there_is_nothing_to_look_into() -> None:
    result = CliRunner().invoke(main, ["mail", "receive", "--imap"])
    assert result.exit_code == 1
    assert "WORKSHOP_IMAP_SERVER" in result.output


def test_through_a_real_pipe(session: Session, environment: dict[str, str]) -> None:
    """The clock is the real one here: nothing but the reading is shown."""
    build_invited(session)
    session.close()
    command = [sys.executable, "-m", "workshop", "mail", "receive"]
    for octets in (b"Subject: nothing\n\n", b"x" * 3_000_000):
        done = subprocess.run(
            command,
            cwd=ROOT,
            input=octets,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, b"")
        assert done.stderr.count(b"a message was ignored: ") == 1
