"""When each part of a programme begins and ends, and whether all of them fit into the session. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """When one part runs, in wall times HH:MM; empty where nobody can say."""

    starts: str
    ends: str
    is_said: bool
    """Whether the programme itself says when it begins; otherwise that follows from what comes before."""
    is_early: bool
    """Whether it is said to begin before what comes before it ends."""
    is_late: bool
    """Whether it ends after the session does."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """A programme against the clock."""

    spans: tuple[Span, ...]
    """One for each part, in order."""
    total: int
    """Minutes of all parts together."""
    length: int
    """Minutes of the session."""
    unsaid: int
    """Parts of which nobody said how long they take."""

    @property
    def left(self) -> int:
        """Minutes that no part fills; negative for too many."""
        return self.length - self.total


def timetable(starts: str, length: int, parts: Iterable[tuple[str, int | None]]) -> Timetable:
    """Return when each part runs.

    Args:
        starts: of the session, HH:MM.
        length: of the session, in minutes.
        parts: when each is said to begin (HH:MM, or empty) and how many minutes it takes (None: not said).
    """
    begin = _minutes(starts) or 0
    running: int | None = begin
    spans, total, unsaid = [], 0, 0
    for said, minutes in parts:
        own = _minutes(said)
        if own is not None and own < begin:
            own += _DAY  # after midnight
        at = running if own is None else own
        end = None if at is None or minutes is None else at + minutes
        spans.append(
            Span(
                starts=_clock(at),
                ends=_clock(end),
                is_said=own is not None,
                is_early=own is not None and running is not None and own < running,
                is_late=(at if end is None else end) is not None
                and ((at if end is None else end) or 0) > begin + length,
            )
        )
        total += minutes or 0
        unsaid += minutes is None
        running = end
    return Timetable(tuple(spans), total, length, unsaid)


def is_clock(text: str) -> bool:
    """Whether this is a wall time HH:MM."""
    return _CLOCK.fullmatch(text) is not None


def _minutes(clock: str) -> int | None:
    found = _CLOCK.fullmatch(clock)
    return int(found[1]) * 60 + int(found[2]) if found else None


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60 % 24:02}:{minutes % 60:02}"
