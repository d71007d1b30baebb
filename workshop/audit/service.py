"""Append to the log, and check its chain."""

from __future__ import annotations

import hashlib
import json
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


def find_break(session: Session) -> int | None:
    """Return the number of the first row that does not fit the chain, or None when all is well."""
    expected_id, previous = 1, FIRST
    for entry in session.scalars(sa.select(LogEntry).order_by(LogEntry.id).execution_options(yield_per=500)):
        if entry.id != expected_id or entry.previous_hash != previous or entry.hash != _hash(entry):
            return expected_id
        expected_id, previous = entry.id + 1, entry.hash
    return None


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
