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
    object: Mapped[str] = mapped_column(sa.String(128), default="")
    """`series:<id>`, `session:<id>` …: identifiers, not names."""
    details: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    """Hash of the row before; 64 zeros for the first."""
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of all the above, hexadecimal."""
