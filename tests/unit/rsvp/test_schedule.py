"""When one may answer and enter, and when an identity is erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from workshop.programme.models import SessionStatus
from workshop.rsvp.models import AnswerState, Choice
from workshop.rsvp.schedule import (
    AnswersClosedError,
    Door,
    Phase,
    Places,
    door,
    erases_at,
    phase,
    places,
    refusal,
    refusal_of_change,
)

START = datetime(2026, 11, 30, 15, tzinfo=UTC)
END = START + timedelta(hours=2)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@dataclass(frozen=True)
class Timed:
    status: SessionStatus = SessionStatus.CONFIRMED
    starts_at: datetime = START
    ends_at: datetime = END
    rsvp_opens_at: datetime | None = None
    rsvp_closes_at: datetime | None = None


WITH_BOTH = Timed(rsvp_opens_at=START - 48 * HOUR, rsvp_closes_at=START - 24 * HOUR)


@pytest.mark.parametrize(
    ("session", "at", "expected"),
    [
        (Timed(), START - 1000 * HOUR, Phase.OPEN),
        (Timed(), START - SECOND, Phase.OPEN),
        (Timed(), START, Phase.BEGUN),
        (Timed(), END - SECOND, Phase.BEGUN),
        (Timed(), END, Phase.ENDED),
        (WITH_BOTH, START - 48 * HOUR - SECOND, Phase.NOT_OPEN),
        (WITH_BOTH, START - 48 * HOUR, Phase.OPEN),
        (WITH_BOTH, START - 24 * HOUR, Phase.CLOSED),
        (Timed(rsvp_closes_at=END), START + SECOND, Phase.BEGUN),
        (Timed(status=SessionStatus.CANCELLED), START - HOUR, Phase.CANCELLED),
        (Timed(status=SessionStatus.TENTATIVE), START - HOUR, Phase.OPEN),
    ],
)
def test_phase(session: Timed, at: datetime, expected: Phase) -> None:
    assert phase(session, now=at) is expected


@pytest.mark.parametrize(
    ("capacity", "held", "expected"),
    [
        (None, 10_000, Places.YES),
        (5, 0, Places.YES),
        (5, 3, Places.YES),
        (5, 4, Places.FEW),
        (5, 5, Places.NO),
        (5, 6, Places.NO),
        (100, 79, Places.YES),
        (100, 80, Places.FEW),
        (1, 0, Places.YES),
        (4, 3, Places.YES),
    ],
)
def test_places_are_few_from_a_fifth_down(capacity: int | None, held: int, expected: Places) -> None:
    assert places(capacity=capacity, held=held) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START - 15 * timedelta(minutes=1) - SECOND, Door.EARLY),
        (START - 15 * timedelta(minutes=1), Door.OPEN),
        (END + 30 * timedelta(minutes=1), Door.OPEN),
        (END + 30 * timedelta(minutes=1) + SECOND, Door.OVER),
    ],
)
def test_the_door_opens_before_the_start_and_closes_half_an_hour_after_the_end(at: datetime, expected: Door) -> None:
    assert door(Timed(), minutes=15, now=at) is expected
    assert door(Timed(status=SessionStatus.CANCELLED), minutes=15, now=at) is Door.CANCELLED


def test_not_coming_may_be_said_after_answers_closed_coming_may_not() -> None:
    at = START - HOUR
    assert isinstance(refusal(WITH_BOTH, now=at), AnswersClosedError)
    assert refusal_of_change(WITH_BOTH, choice=Choice.DECLINED, now=at) is None
    assert isinstance(refusal_of_change(WITH_BOTH, choice=Choice.ACCEPTED, now=at), AnswersClosedError)
    assert refusal_of_change(WITH_BOTH, choice=Choice.DECLINED, now=START) is not None


def test_an_identity_is_erased_after_the_last_session_that_is_not_withdrawn() -> None:
    day = timedelta(days=1)
    early, late = END, END + 60 * day
    answers = [(AnswerState.ACCEPTED, START, early), (AnswerState.WITHDRAWN, START, late)]
    assert erases_at(answers, created_at=START, retention_days=30) == early + 30 * day
    answers = [(AnswerState.DECLINED, START, late), (AnswerState.ACCEPTED, START, early)]
    assert erases_at(answers, created_at=START, retention_days=30) == late + 30 * day


def test_who_withdrew_everything_is_forgotten_no_later_than_if_they_had_stayed() -> None:
    day = timedelta(days=1)
    before, after = START - 5 * day, END + 5 * day
    withdrawn = AnswerState.WITHDRAWN
    assert erases_at([(withdrawn, before, END)], created_at=before, retention_days=30) == before + 30 * day
    assert erases_at([(withdrawn, after, END)], created_at=before, retention_days=30) == END + 30 * day
    assert erases_at([], created_at=START, retention_days=30) == START + 2 * day
