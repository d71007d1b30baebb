"""Append to the log, and check its chain."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.models import LogEntry

FIRST = "0" * 64
_LOCK = 0x776B5F6C6F67
"""Key of PostgreSQL's advisory lock that keeps appenders in line."""


def record(
    session: Session,
    *,
    now: datetime,
    actor: str,
    action: str,
    object_: str = "",
    details: dict[str, Any] | None = None,
) -> LogEntry:
    """Append one row, within the caller's transaction. Flushes.

    Take this as the last step before committing: the lock is held until then (SQLite's writers are in line anyway).
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.execute(sa.select(LogEntry.id, LogEntry.hash).order_by(LogEntry.id.desc()).limit(1)).first()
    entry = LogEntry(
        id=(last.id if last else 0) + 1,
        at=now,
        actor=actor,
        action=action,
        object=object_,
        details=details or {},
        previous_hash=last.hash if last else FIRST,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return entry


def find_break(session: Session, *, expect: tuple[int, str] | None = None) -> int | None:
    """Return the number of the first row that does not fit the chain, or None when all is well.

    Args:
        session: the database.
        expect: number and hash of a row that was noted elsewhere; without it rows cut off at the end leave no trace.
    """
    expected_id, previous = 1, FIRST
    entries = session.scalars(sa.select(LogEntry).order_by(LogEntry.id).execution_options(yield_per=500))
    with contextlib.closing(entries):
        for entry in entries:
            if entry.id != expected_id or entry.previous_hash != previous or entry.hash != _hash(entry):
                return expected_id
            if expect and entry.id == expect[0] and entry.hash != expect[1]:
                return expected_id
            expected_id, previous = entry.id + 1, entry.hash
    return expected_id if expect and expect[0] >= expected_id else None


def find_head(session: Session) -> tuple[int, str] | None:
    """Return number and hash of the last row, None where there is none: noted elsewhere, they show a cut tail."""
    row = session.execute(sa.select(LogEntry.id, LogEntry.hash).order_by(LogEntry.id.desc()).limit(1)).first()
    return (row.id, row.hash) if row else None


def find_entry(session: Session, *, number: int, digest: str) -> LogEntry | None:
    """Return a row of the log to whoever can name its number and its hash."""
    return session.scalar(sa.select(LogEntry).where(LogEntry.id == number, LogEntry.hash == digest))


def list_entries(session: Session, *, object_: str, action: str) -> Sequence[LogEntry]:
    """Return the rows about something, the latest first."""
    return session.scalars(
        sa.select(LogEntry).where(LogEntry.object == object_, LogEntry.action == action).order_by(LogEntry.id.desc())
    ).all()


def last_actors(session: Session, *, object_: str, action: str, fields: Collection[str]) -> set[str]:
    """Return who last changed each of the fields of something, where the log's details name those; "" for nobody."""
    found: dict[str, str] = {}
    for entry in list_entries(session, object_=object_, action=action):
        for field in set(fields).intersection(entry.details.get("fields", ())):
            found.setdefault(field, entry.actor)
    return {found.get(field, "") for field in fields}


def _hash(entry: LogEntry) -> str:
    content = [
        entry.id,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.object,
        entry.details,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
