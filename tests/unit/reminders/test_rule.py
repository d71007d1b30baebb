"""What has changed between what somebody was told and what stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workshop.core.localized import Localized
from workshop.programme.models import Mode, SessionStatus
from workshop.reminders.rule import Facts, find_change

FACTS = Facts(
    starts_at=datetime(2026, 11, 30, 15, tzinfo=UTC),
    ends_at=datetime(2026, 11, 30, 17, tzinfo=UTC),
    tzid="Europe/Paris",
    mode=Mode.ONLINE,
    place=Localized({"fr": "ici", "en": "here"}),
    status=SessionStatus.CONFIRMED,
)
CANCELLED = replace(FACTS, status=SessionStatus.CANCELLED)
LATER: dict[str, Any] = {"starts_at": FACTS.starts_at + timedelta(days=1), "ends_at": FACTS.ends_at + timedelta(days=1)}


def test_facts_survive_being_kept() -> None:
    assert Facts.from_json(FACTS.to_json()) == FACTS


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (FACTS, FACTS, None),
        (FACTS, replace(FACTS, place=Localized({"en": "here", "fr": "ici"})), None),
        (FACTS, replace(FACTS, status=SessionStatus.TENTATIVE), None),
        (FACTS, replace(FACTS, **LATER), "session_moved"),
        (FACTS, replace(FACTS, tzid="Europe/Brussels"), "session_moved"),
        (FACTS, replace(FACTS, mode=Mode.HYBRID), "session_moved"),
        (FACTS, replace(FACTS, place=Localized.neutral("there")), "session_moved"),
        (FACTS, CANCELLED, "session_cancelled"),
        (FACTS, replace(CANCELLED, **LATER), "session_cancelled"),
        (CANCELLED, replace(CANCELLED, **LATER), None),
        (CANCELLED, FACTS, "session_reinstated"),
        (CANCELLED, replace(FACTS, **LATER), "session_reinstated"),
    ],
)
def test_which_message_is_needed(before: Facts, after: Facts, message: str | None) -> None:
    assert find_change(before, after) == message
