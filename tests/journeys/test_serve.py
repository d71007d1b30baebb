"""`workshop serve` as real processes: web and worker under one parent, nothing left behind when it is told to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_series, build_session
from workshop.rsvp.models import AnswerState

ROOT = Path(__file__).resolve().parents[2]

# What is shown here lies above the database.
pytestmark = pytest.mark.databases("sqlite")


class Served:
    """A running `workshop …` that serves, and the processes below it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def status(self, path: str) -> int:
        """Return the status of a GET; 0 while nobody listens."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except HTTPError as refusal:
            with refusal:
                return refusal.code
        except (URLError, ConnectionError):
            return 0

    def end(self, *signals: int) -> float:
        """Send signals one after the other; returns the seconds until it was gone."""
        before = time.monotonic()
        for number in signals:
            self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - before


def children(parent: int) -> set[int]:
    """Return the processes that a process has started and that still run."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if int(above) == parent and state != "Z":
            found.add(int(path.parent.name))
    return found


def family(parent: int) -> set[int]:
    """Return all processes below a process."""
    below = children(parent)
    return below.union(*map(family, below))


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)  # between two looks at the condition


@pytest.fixture
def command(environ: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs a command to its end."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workshop", *arguments],
            cwd=ROOT,
            env={**os.environ, "LANG": "en_GB.UTF-8", **environ, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def serve(environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Give a function that starts a serving command and waits until it answers."""
    started: list[Served] = []

    def run(*arguments: str, port: int = 0) -> Served:
        port = port or free_port()
        with (tmp_path / f"output-{len(started)}").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "workshop", *arguments],
                cwd=ROOT,
                env={**os.environ, **environ, "WORKSHOP_PORT": str(port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        started.append(Served(process, port))
        wait_for(lambda: started[-1].status("/healthz") == 200)
        return started[-1]

    yield run
    for one in started:
        for process in family(one.process.pid) | ({one.process.pid} if one.process.poll() is None else set()):
            os.kill(process, signal.SIGKILL)
        one.process.wait()


def worker_of(served: Served) -> int:
    """Return the worker's process: the child of the parent that has no children of its own."""
    wait_for(lambda: len(children(served.process.pid)) == 2)
    wait_for(lambda: sum(not children(child) for child in children(served.process.pid)) == 1)
    (found,) = (child for child in children(served.process.pid) if not children(child))
    return found


def test_a_killed_worker_is_replaced_and_two_signals_end_everything(serve: Callable[..., Served]) -> None:
    served = serve("serve")
    wait_for(lambda: served.status("/readyz") == 200)
    assert served.status("/fr/") == 200
    first = worker_of(served)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not is_alive(first) and len(children(served.process.pid)) == 2)
    assert worker_of(served) != first
    assert served.status("/fr/") == 200
    everything = family(served.process.pid)
    assert len(everything) >= 4
    assert served.end(signal.SIGTERM, signal.SIGTERM) < 10
    assert served.process.returncode == 0
    assert not [process for process in everything if is_alive(process)]
    # The address is free again at once.
    again = serve("serve", "--workers", "1", port=served.port)
    assert again.end(signal.SIGINT, signal.SIGINT) < 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_two_signals_end_the_demo_too(serve: Callable[..., Served], number: int) -> None:
    served = serve("demo")
    worker_of(served)
    everything = family(served.process.pid)
    assert served.end(number, number) < 10
    assert not [process for process in everything if is_alive(process)]


def test_a_killed_parent_leaves_nothing_behind(serve: Callable[..., Served]) -> None:
    served = serve("serve")
    worker_of(served)
    everything = family(served.process.pid)
    served.end(signal.SIGKILL)
    wait_for(lambda: not [process for process in everything if is_alive(process)], seconds=10)


def test_without_a_worker_it_answers_but_is_not_ready(
    serve: Callable[..., Served], command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    served = serve("serve", "--no-worker", "--workers", "1")
    assert served.status("/readyz") == 503
    assert served.status("/fr/") == 200
    assert len(children(served.process.pid)) == 1
    background = subprocess.Popen(
        [sys.executable, "-m", "workshop", "worker"],
        cwd=ROOT,
        env={**os.environ, **_environment(served)},
    )
    try:
        wait_for(lambda: served.status("/readyz") == 200)
        background.send_signal(signal.SIGINT)
        background.send_signal(signal.SIGINT)
        assert background.wait(10) == 0
    finally:
        background.kill()
        background.wait()
    assert served.end(signal.SIGTERM) < 10


def _environment(served: Served) -> dict[str, str]:
    text = Path(f"/proc/{served.process.pid}/environ").read_text()
    return dict(entry.split("=", 1) for entry in text.split("\0") if entry.startswith("WORKSHOP_"))


def test_a_worker_that_is_to_do_what_is_due_needs_no_server(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = command("worker", "--once")
    assert (done.returncode, done.stderr) == (0, "")


def test_all_faults_of_the_settings_are_said_at_once(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    refused = command("serve", WORKSHOP_PORT="many", WORKSHOP_TIMEZONE="Mars/Olympus", WORKSHOP_MAIL_SERVER="relay")
    assert refused.returncode == 1
    assert not refused.stdout
    for name in ("PORT", "TIMEZONE", "MAIL_DEFAULT_SENDER"):
        assert name in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_outdated_schema_is_refused_with_its_cure(
    command: Callable[..., subprocess.CompletedProcess[str]], blank_database_url: str
) -> None:
    for arguments in (("serve",), ("worker", "--once"), ("mail", "list")):
        refused = command(*arguments, WORKSHOP_DATABASE_URL=blank_database_url)
        assert refused.returncode == 1
        assert "workshop db upgrade" in refused.stderr
    assert command("db", "check", WORKSHOP_DATABASE_URL=blank_database_url).returncode == 1
    diagnosis = command("doctor", WORKSHOP_DATABASE_URL=blank_database_url)
    assert diagnosis.returncode == 1
    assert "workshop db upgrade" in diagnosis.stdout
    assert "OperationalError" not in diagnosis.stdout
    assert command("db", "upgrade", WORKSHOP_DATABASE_URL=blank_database_url).returncode == 0
    assert command("db", "check", WORKSHOP_DATABASE_URL=blank_database_url).returncode == 0


def test_every_command_explains_itself_and_wrong_usage_is_2(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    for group in ("", "audit", "db", "demo", "doctor", "mail", "organiser", "reminders", "rsvp", "serve", "worker"):
        help_ = command(*filter(None, [group]), "--help")
        assert (help_.returncode, "Usage:" in help_.stdout) == (0, True), group
    assert command("nonsense").returncode == 2
    assert command("serve", "--port", "0").returncode == 2
    assert command("mail", "show").returncode == 2


def test_commands_speak_the_language_of_who_types_them(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    french = command("mail", "show", "--last", LANG="fr_FR.UTF-8", LC_ALL="")
    assert french.returncode == 1
    assert "Il n’y a pas encore de message." in french.stderr
    french = command("organiser", "reset", "nobody@example.org", LANG="fr_FR.UTF-8", LC_ALL="")
    assert "nobody@example.org" in french.stderr
    assert "No organiser" not in french.stderr
    assert "There is no message 5." in command("mail", "retry", "5").stderr


def test_settings_are_printed_as_they_are_written(command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    printed = command("doctor", "--settings", WORKSHOP_MAIL_PASSWORD="hidden")
    assert printed.returncode == 0
    assert "QUIET_HOURS = 21-8  (default)" in printed.stdout
    assert "LANGUAGES = fr,en  (default)" in printed.stdout
    assert "hidden" not in printed.stdout


def test_answers_are_counted_as_one_flat_object(
    command: Callable[..., subprocess.CompletedProcess[str]], session: Session
) -> None:
    one = build_session(session, build_series(session, slug="mine"), slug="1")
    for state in (AnswerState.ACCEPTED, AnswerState.ACCEPTED, AnswerState.DECLINED):
        build_answer(session, one, state=state)
    session.commit()
    counted = command("rsvp", "counts", "mine", "1")
    assert json.loads(counted.stdout) == {state.value: 0 for state in AnswerState} | {"accepted": 2, "declined": 1}
    assert command("rsvp", "counts", "mine", "2").returncode == 1
