from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from workshop.ical import Event, EventStatus


@pytest.mark.parametrize(
    "values",
    [
        {"starts_at": datetime(2026, 10, 24, 18)},  # noqa: DTZ001 - a naive one is what is refused
        {"ends_at": datetime(2026, 10, 24, 16, tzinfo=UTC)},
        {"sequence": -1},
        {"uid": " "},
        {"status": "CANCELED"},
    ],
)
def test_a_wrong_event_is_refused(make_event: Callable[..., Event], values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"naive|after|negative|empty|CANCELED"):
        make_event(**values)


def test_a_status_given_as_text_becomes_the_enumeration(make_event: Callable[..., Event]) -> None:
    assert make_event(status="CANCELLED").status is EventStatus.CANCELLED


def test_two_passes_through_one_hour_are_two_events(make_event: Callable[..., Event]) -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"))
    end = datetime(2026, 10, 25, 9, tzinfo=UTC)
    assert make_event(starts_at=first, ends_at=end) != make_event(starts_at=first.replace(fold=1), ends_at=end)
