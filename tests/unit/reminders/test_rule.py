"""What has changed between what somebody was told and what stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workshop.chatham.rule import Level
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
    floor_languages=("fr",),
    interpretation=({"from": "fr", "into": "en", "scope": {"fr": "exposés", "en": "talks"}},),
    level=Level.DISCUSSION,
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
        (FACTS, replace(FACTS, mode=Mode.HYBRID, **LATER), "session_moved"),
        (FACTS, replace(FACTS, mode=Mode.HYBRID), None),
        (FACTS, replace(FACTS, place=Localized.neutral("there")), None),
        (FACTS, replace(FACTS, floor_languages=("en",)), None),
        (FACTS, CANCELLED, "session_cancelled"),
        (FACTS, replace(CANCELLED, **LATER), "session_cancelled"),
        (CANCELLED, replace(CANCELLED, **LATER), None),
        (CANCELLED, FACTS, "session_reinstated"),
        (CANCELLED, replace(FACTS, **LATER), "session_reinstated"),
    ],
)
def test_which_message_is_needed(before: Facts, after: Facts, message: str | None) -> None:
    assert find_change(before, after) == message


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (FACTS, None),
        (replace(FACTS, mode=Mode.HYBRID), "session_changed"),
        (replace(FACTS, place=Localized.neutral("there")), "session_changed"),
        (replace(FACTS, floor_languages=("en",)), "session_changed"),
        (replace(FACTS, interpretation=()), "session_changed"),
        (replace(FACTS, level=Level.ON_THE_RECORD), "session_changed"),
        (replace(FACTS, level=Level.CLOSED), None),
        (replace(FACTS, mode=Mode.HYBRID, **LATER), "session_moved"),
        (replace(CANCELLED, mode=Mode.HYBRID), "session_cancelled"),
    ],
)
def test_what_is_told_only_when_it_is_asked_for(after: Facts, message: str | None) -> None:
    assert find_change(FACTS, after, tells_edits=True) == message


def test_from_what_was_never_kept_nothing_differs() -> None:
    unknown = Facts.from_json(
        {
            name: value
            for name, value in FACTS.to_json().items()
            if name not in {"floor_languages", "interpretation", "level"}
        }
    )
    assert not unknown.differs_from(replace(FACTS, floor_languages=("en",), interpretation=(), level=Level.CLOSED))
    assert unknown.written_as(FACTS) == FACTS
