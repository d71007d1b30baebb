"""The only place that reads the clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC, without a fraction finer than the microsecond."""
    return datetime.now(UTC)
