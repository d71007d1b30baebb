"""Never oversold, no seat lost, nobody overtaken within a share: whatever happens, in whatever order."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.unit.rsvp.sequences import HAPPENINGS, Step, build_world, run
from workshop.rsvp import rule
from workshop.rsvp.service import seats, standing

EXAMPLES = 40 * int(os.environ.get("WORKSHOP_TEST_ROUNDS", "1"))
steps = st.lists(
    st.tuples(st.sampled_from([*HAPPENINGS, "arrive", "arrive", "time"]), st.integers(0, 11), st.integers(0, 11)),
    min_size=8,
    max_size=30,
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    capacity=st.integers(1, 5),
    has_shares=st.booleans(),
    needs_approval=st.sampled_from([False, False, True]),
    what=steps,
)
def test_nobody_is_wronged(
    session: Session, *, capacity: int, has_shares: bool, needs_approval: bool, what: list[Step]
) -> None:
    try:
        run(build_world(session, capacity=capacity, has_shares=has_shares, needs_approval=needs_approval), what)
    finally:
        session.rollback()


def _random_steps(seed: int) -> list[Step]:
    choose = random.Random(seed)
    weighted = [*HAPPENINGS, "arrive", "arrive", "arrive", "time"]
    return [(choose.choice(weighted), choose.randrange(12), choose.randrange(12)) for _ in range(40)]


def _oversell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule.Seats, "may_take", lambda *_: True)


def _hold_back(monkeypatch: pytest.MonkeyPatch) -> None:
    original = rule.Seats.may_take
    monkeypatch.setattr(
        rule.Seats,
        "may_take",
        lambda self, share: original(self, share) and self._held.total() + 1 < (self._capacity or 0),
    )


def _forget_to_tend(monkeypatch: pytest.MonkeyPatch) -> None:
    from workshop.rsvp.service import confirming, own

    for module in (confirming, own):
        monkeypatch.setattr(module, "tend", lambda *_args, **_kwargs: 0)


def _offer_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    original: Callable[..., Any] = seats._plan
    monkeypatch.setattr(
        seats, "_plan", lambda session, waiting, *rest: original(session, list(reversed(list(waiting))), *rest)
    )


def _keep_no_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    original = standing.set_state

    def forgetful(session: Session, answer: Any, state: Any, *, now: Any) -> None:
        original(session, answer, state, now=now)
        if answer.offer_expires_at is not None:
            answer.offer_expires_at = None

    monkeypatch.setattr(seats, "set_state", forgetful)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("breaks", [_oversell, _hold_back, _forget_to_tend, _offer_to_the_last, _keep_no_seat])
def test_a_wrong_would_be_found(
    session: Session, monkeypatch: pytest.MonkeyPatch, breaks: Callable[[pytest.MonkeyPatch], None]
) -> None:
    breaks(monkeypatch)
    for seed in range(40):
        try:
            run(build_world(session, capacity=2, has_shares=False, needs_approval=False), _random_steps(seed))
        except AssertionError:
            return
        finally:
            session.rollback()
    pytest.fail("nothing was found")
