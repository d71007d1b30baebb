"""What is asked after a session, and when the organisers see it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.chatham.rule import MINIMUM_CELL, Level

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "useful": ("very", "rather", "little", "not"),
    "language": ("yes", "partly", "no"),
    "rule": ("yes", "no", "unsure"),
}
"""Question's key → options, in the form's order."""
STEP = MINIMUM_CELL
"""Organisers see the answers from so many on, and so many more at a time."""
REMARK_LENGTH = 1000


def questions_for(level: Level) -> tuple[str, ...]:
    """Return the keys of what is asked: whether the Rule was respected only where there is one."""
    return tuple(key for key in QUESTIONS if key != "rule" or level > Level.ON_THE_RECORD)


def takes_remarks(level: Level) -> bool:
    """Whether words are taken as well: of a closed session nothing is written down."""
    return level < Level.CLOSED


def add(counts: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the counts with one more answer in them; what is not of QUESTIONS is left out."""
    return {
        key: {option: int(counts.get(key, {}).get(option, 0)) + (chosen.get(key) == option) for option in options}
        for key, options in QUESTIONS.items()
    }


def is_shown_from(number: int) -> bool:
    """Whether the organisers' numbers are brought up to date with this answer."""
    return number > 0 and number % STEP == 0
