from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workshop.ical import Event, EventStatus


def _make_event(start: str = "2026-10-24T18:00", end: str = "2026-10-24T20:00", **values: Any) -> Event:
    tzid = values.pop("tzid", "Europe/Paris")
    zone = ZoneInfo(tzid)
    return Event(
        **{
            "uid": "a1@workshops.example.org",
            "sequence": 0,
            "revised_at": datetime(2026, 9, 1, 12, tzinfo=UTC),
            "starts_at": datetime.fromisoformat(start).replace(tzinfo=zone),
            "ends_at": datetime.fromisoformat(end).replace(tzinfo=zone),
            "tzid": tzid,
            "status": EventStatus.CONFIRMED,
            "summary": "Séance",
            **values,
        }
    )


@pytest.fixture
def make_event() -> Callable[..., Event]:
    """Give a function of wall times in `tzid` and of any other value of an Event."""
    return _make_event
