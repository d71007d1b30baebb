"""The log's rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.core.db import Base, JSONObject


class LogEntry(Base):
    """One act. Appended only; each row holds the hash of the one before, so that a change anywhere shows."""

    __tablename__ = "log_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    """1, 2, 3 … without a gap."""
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(64))
    """`organiser:<id>`, `participant` (no id: the log identifies nobody who takes part), `worker`, `command`."""
    action: Mapped[str] = mapped_column(sa.String(64))
    """What was done, as `feature.verb`."""
    object: Mapped[str] = mapped_column(sa.String(128), default="", index=True)
    """`series:<id>`, `session:<id>` …: identifiers, not names."""
    details: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    """Hash of the row before; 64 zeros for the first."""
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of all the above, hexadecimal."""


def _guard(dialect: str, statement: str) -> None:
    ddl = sa.DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call] # untyped in the library
    sa.event.listen(LogEntry.__table__, "after_create", ddl)


# The database itself refuses to change a row or to take one out; whoever owns the file can still, and `verify` tells.
_guard(
    "sqlite",
    "CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry "
    "BEGIN SELECT RAISE(ABORT, 'the log is appended to only'); END",
)
_guard(
    "sqlite",
    "CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry "
    "BEGIN SELECT RAISE(ABORT, 'the log is appended to only'); END",
)
_guard(
    "postgresql",
    "CREATE OR REPLACE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the log is appended to only'; END $$",
)
_guard(
    "postgresql",
    "CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR DELETE ON log_entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_log_change()",
)
