"""Erased is erased: no octet of it is left in any file of the database."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_session
from workshop.core.db import checkpoint, db
from workshop.privacy import service
from workshop.worker import Task, run

pytestmark = pytest.mark.databases("sqlite")
CANARY = b"canary.of.octets"


def _is_there() -> bool:
    path = Path(str(db.engine.url.database))
    return any(CANARY in one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


def _nothing(_session: Session, /, *, now: object) -> int:
    return 0


def test_no_octet_is_left_even_where_a_reader_kept_the_log_at_first(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    people = [
        build_participant(
            session, workshop_session.series, address=f"{CANARY.decode()}{number}@example.org", name=CANARY.decode()
        )
        for number in range(50)
    ]
    for participant in people:
        build_answer(session, workshop_session, participant)
    session.commit()
    assert _is_there()
    reader = sqlite3.connect(str(db.engine.url.database))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM participant").fetchall()
    for participant in people:
        service.erase(session, now=NOW, participant=participant)
    session.commit()
    began = time.monotonic()
    assert not checkpoint()
    assert time.monotonic() - began < 10  # nobody can write meanwhile
    assert _is_there()
    reader.close()
    run(app, once=True, work=[Task("purge", _nothing, erases=True)])
    assert not _is_there()
