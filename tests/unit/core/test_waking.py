"""A loop that waits is woken by what others commit, on both databases, and by nothing else."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from workshop.core.db import db
from workshop.core.waking import Alarm, ring
from workshop.mail.models import Worker


@pytest.fixture
def alarm(app: Flask, session: Session) -> Iterator[Alarm]:
    """Give an alarm in the application's context, whose transaction is over."""
    session.commit()
    with contextlib.closing(Alarm()) as found:
        yield found


def _write(session: Session, now: datetime) -> None:
    session.add(Worker(name=f"worker {time.monotonic_ns()}", started_at=now, heartbeat_at=now))
    session.commit()


def _seconds(alarm: Alarm, stop: threading.Event, seconds: float) -> tuple[bool, float]:
    before = time.monotonic()
    return alarm.wait(stop, seconds), time.monotonic() - before


def test_nothing_happens_and_it_waits_as_long_as_it_was_told(alarm: Alarm) -> None:
    alarm.arm()
    was_woken, took = _seconds(alarm, threading.Event(), 0.7)
    assert not was_woken
    assert took >= 0.7


def test_a_commit_while_it_waits_wakes_it(app: Flask, alarm: Alarm, session: Session, now: datetime) -> None:
    alarm.arm()
    waits = threading.Event()

    def write() -> None:
        waits.wait(10)
        with app.app_context(), Session(db.engine) as other:
            _write(other, now)

    thread = threading.Thread(target=write)
    thread.start()
    waits.set()
    assert alarm.wait(threading.Event(), 60)
    thread.join()


def test_what_was_committed_since_it_was_armed_ends_the_wait_at_once(
    alarm: Alarm, session: Session, now: datetime
) -> None:
    alarm.arm()
    _write(session, now)
    assert _seconds(alarm, threading.Event(), 60)[0]
    alarm.arm()
    assert not alarm.wait(threading.Event(), 0.2)


def test_what_was_under_way_when_it_was_armed_wakes_it_when_it_is_committed(
    app: Flask, alarm: Alarm, session: Session, now: datetime
) -> None:
    with Session(db.engine) as other:
        other.add(Worker(name="under way", started_at=now, heartbeat_at=now))
        other.flush()
        alarm.arm()
        assert not alarm.wait(threading.Event(), 0.2)
        other.commit()
    assert alarm.wait(threading.Event(), 60)


def test_it_ends_when_it_is_told_to(alarm: Alarm) -> None:
    stop = threading.Event()
    stop.set()
    alarm.arm()
    assert not alarm.wait(stop, 60)


@pytest.mark.databases("postgresql")
def test_ringing_twice_in_a_transaction_notifies_once_and_only_when_it_is_committed(
    alarm: Alarm, session: Session
) -> None:
    alarm.arm()
    ring(session)
    session.rollback()
    assert not alarm.wait(threading.Event(), 0.2)
    statements: list[str] = []
    engine = session.get_bind().engine

    def keep(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", keep)
    ring(session)
    ring(session)
    sa.event.remove(engine, "before_cursor_execute", keep)
    assert statements == ["NOTIFY workshop"]
    session.commit()
    assert alarm.wait(threading.Event(), 60)


def test_where_the_database_is_away_it_only_waits(
    alarm: Alarm, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alarm.arm()
    alarm.close()

    def fail() -> None:
        raise sa.exc.OperationalError("ana@example.org", None, Exception("away"))

    monkeypatch.setattr(db.engine, "raw_connection", fail)
    was_woken, took = _seconds(alarm, threading.Event(), 0.3)
    assert not was_woken
    assert took >= 0.3
    assert "ana@" not in caplog.text


@pytest.mark.databases("postgresql")
def test_a_connection_that_was_cut_is_made_anew(alarm: Alarm, session: Session, now: datetime) -> None:
    alarm.arm()
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    session.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    session.commit()
    alarm.wait(threading.Event(), 0.3)
    alarm.arm()
    _write(session, now)
    assert alarm.wait(threading.Event(), 60)
