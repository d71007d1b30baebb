"""The worker as a process: it ends when told, loses nothing when killed, and sends no reminder twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.relay import FakeRelay, running_relay
from workshop import worker
from workshop.core import clock
from workshop.mail import service
from workshop.mail.models import OutboxMessage, OutboxState, Worker

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("WORKSHOP_TEST_ROUNDS", "1"))


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with running_relay() as running:
        yield running


@pytest.fixture
def settings(relay: FakeRelay) -> dict[str, str]:
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(relay.port),
        "MAIL_DEFAULT_SENDER": "ateliers@workshops.example.org",
    }


@pytest.fixture
def app(configure: Callable[..., Flask], settings: dict[str, str]) -> Flask:
    return configure(**settings)


@pytest.fixture
def start(environ: dict[str, str], settings: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Give a function that starts a worker process."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.worker_process", *arguments],
            cwd=ROOT,
            env={**os.environ, **environ, **{f"WORKSHOP_{name}": value for name, value in settings.items()}},
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def queue(session: Session, count: int, *, kind: str = "mail_test") -> None:
    now = clock.now()
    for number in range(count):
        id_ = service.enqueue(
            session,
            now=now,
            kind="mail_test",
            priority=40,
            series_id=None,
            workshop_session_id=None,
            person_ref="",
            answer_ref="",
            basis={},
            dedupe_key=f"{kind}:{number}",
            recipient=f"person{number}@example.org",
            language="fr" if number % 2 else "en",
            sender_name="",
            context={},
        )
        assert id_ is not None
        session.get_one(OutboxMessage, id_).kind = kind
    session.commit()


def states(session: Session) -> Counter[OutboxState]:
    session.rollback()
    found = Counter(session.scalars(sa.select(OutboxMessage.state)).all())
    session.rollback()
    return found


def count_workers(session: Session) -> int:
    session.rollback()
    found = session.scalar(sa.select(sa.func.count()).select_from(Worker))
    session.rollback()
    return found or 0


def wait_for(condition: Callable[[], bool], *, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)  # between two looks at the condition


def test_once_sends_all_that_is_due_and_ends(
    session: Session, relay: FakeRelay, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    queue(session, 25)
    assert start("--once").wait(90) == 0
    assert states(session) == {OutboxState.SENT: 25}
    assert len(relay.received) == 25
    assert count_workers(session) == 0


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)], ids=["term", "int-twice"])
def test_an_idle_worker_ends_at_once(
    session: Session, start: Callable[..., subprocess.Popen[bytes]], signals: tuple[int, ...]
) -> None:
    process = start()
    wait_for(lambda: count_workers(session) == 1)
    before = time.monotonic()
    for number in signals:
        process.send_signal(number)
    assert process.wait(10) == 0
    assert time.monotonic() - before < 5
    assert count_workers(session) == 0


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_silent_relay_does_not_hold_the_exit(
    session: Session, relay: FakeRelay, start: Callable[..., subprocess.Popen[bytes]], times: int
) -> None:
    relay.data_replies = ["silent"]
    queue(session, 3, kind="reminder")
    process = start()
    assert relay.began.wait(60)
    before = time.monotonic()
    for _ in range(times):
        process.send_signal(signal.SIGTERM)
    assert process.wait(12) == 0
    assert time.monotonic() - before < 10
    assert states(session) == {OutboxState.UNCERTAIN: 1, OutboxState.QUEUED: 2}
    assert count_workers(session) == 0


def test_a_message_in_flight_is_finished_before_the_end(
    session: Session, relay: FakeRelay, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    relay.delay = 1.0
    queue(session, 3)
    process = start()
    assert relay.began.wait(60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(12) == 0
    assert states(session) == {OutboxState.SENT: 1, OutboxState.QUEUED: 2}
    assert len(relay.received) == 1


@pytest.mark.long
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_killed_amid_two_hundred_reminders_none_is_unaccounted_for_and_none_comes_twice(
    session: Session, relay: FakeRelay, start: Callable[..., subprocess.Popen[bytes]], round_: int
) -> None:
    relay.delay = 0.004
    queue(session, 200, kind="reminder")
    chance = random.Random(round_)
    kills = 0
    while kills < 5:
        process = start()
        target = len(relay.received) + chance.randint(3, 35)
        wait_for(partial(_has_received, relay, target))
        time.sleep(chance.random() * 0.01)  # anywhere within a message
        process.kill()
        process.wait()
        kills += 1
        _age_claims(session)
    assert start("--once").wait(150) == 0
    found = states(session)
    assert set(found) <= {OutboxState.SENT, OutboxState.UNCERTAIN}
    assert sum(found.values()) == 200
    assert found[OutboxState.UNCERTAIN] <= kills
    arrived = Counter(str(received.message["Message-ID"]) for received in relay.received)
    assert set(arrived.values()) == {1}
    sent = set(session.scalars(sa.select(OutboxMessage.message_id).where(OutboxMessage.state == OutboxState.SENT)))
    uncertain = set(
        session.scalars(sa.select(OutboxMessage.message_id).where(OutboxMessage.state == OutboxState.UNCERTAIN))
    )
    assert sent <= set(arrived) <= sent | uncertain


def _has_received(relay: FakeRelay, count: int) -> bool:
    return len(relay.received) >= count


def _age_claims(session: Session) -> None:
    """Let the minute pass after which a dead worker's claims return."""
    ago = clock.now() - timedelta(seconds=61)
    session.rollback()
    session.execute(sa.update(Worker).values(heartbeat_at=ago))
    session.execute(sa.update(OutboxMessage).where(OutboxMessage.state == OutboxState.CLAIMED).values(claimed_at=ago))
    session.commit()


@pytest.mark.databases("sqlite")
def test_a_failing_task_stops_no_other_and_tells_the_log_nothing(
    app: Flask, session: Session, relay: FakeRelay, caplog: pytest.LogCaptureFixture
) -> None:
    queue(session, 1)
    ran: list[datetime] = []

    def fail(session: Session, /, *, now: datetime) -> int:
        raise LookupError("ana@example.org")

    def work(session: Session, /, *, now: datetime) -> int:
        ran.append(now)
        return 0

    def look(session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
        return None

    tasks = [worker.Task("bad", fail), worker.Task("good", work, erases=True)]
    assert worker.run(app, once=True, work=tasks, look=look) == 1
    assert ran
    assert states(session) == {OutboxState.SENT: 1}
    assert "bad failed: LookupError" in caplog.text
    assert "ana@" not in caplog.text


def test_its_own_tasks_find_nothing_to_do_in_an_empty_instance(
    app: Flask, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.commit()
    assert worker.run_once(app) == 0
    assert caplog.text == ""


@pytest.mark.databases("sqlite")
def test_a_task_that_found_nothing_looks_first_where_it_keeps_nobody_from_writing(app: Flask, session: Session) -> None:
    session.commit()
    stop, may_write = threading.Event(), []

    def work(session: Session, /, *, now: datetime) -> int:
        may_write.append(not session.connection().exec_driver_sql("PRAGMA query_only").scalar())
        if len(may_write) == 1:
            return 0
        session.add(Worker(name="written by the task", started_at=now, heartbeat_at=now))
        session.flush()
        stop.set()
        return 1

    assert worker.run(app, once=False, stop=stop, work=[worker.Task("write", work)], look=_look_away) == 0
    assert may_write == [True, False, True]
    assert session.get(Worker, "written by the task") is not None


def _look_away(session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
    """Find nothing that speaks against any message."""
    return None


@pytest.mark.databases("sqlite")
def test_it_stops_when_told_from_outside(app: Flask, session: Session, relay: FakeRelay) -> None:
    session.commit()
    stop = threading.Event()

    def work(session: Session, /, *, now: datetime) -> int:
        stop.set()
        return 0

    assert worker.run(app, once=False, stop=stop, work=[worker.Task("stop", work)], look=_look_away) == 0


def test_a_message_committed_by_somebody_else_wakes_it(
    app: Flask, session: Session, relay: FakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLLS", 3600.0)
    session.commit()
    stop, waits = threading.Event(), threading.Event()

    def work(session: Session, /, *, now: datetime) -> int:
        waits.set()
        return 0

    tasks = [worker.Task("nothing", work)]
    thread = threading.Thread(target=lambda: worker.run(app, once=False, stop=stop, work=tasks, look=_look_away))
    thread.start()
    try:
        for number in range(2):
            assert waits.wait(60)
            queue(session, 1, kind=f"mail {number}")
            wait_for(partial(_has_received, relay, number + 1))
    finally:
        stop.set()
        thread.join(30)


def test_the_log_tells_how_far_a_long_sending_is_and_names_nobody(
    app: Flask,
    session: Session,
    relay: FakeRelay,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(worker, "TELLS", 0.1)
    relay.delay = 0.2
    queue(session, 5)
    assert worker.run(app, once=True, work=[], look=_look_away) == 0
    told = [(vars(one)["event"], vars(one)["facts"]) for one in caplog.records if "facts" in vars(one)]
    assert told[-1] == ("mail done", {"sent": 5, "waiting": 0, "failed": 0})
    assert "mail is leaving" in {event for event, _ in told}
    assert "@" not in caplog.text
