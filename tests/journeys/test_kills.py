"""A worker killed at each seam of delivery, beside another, loses nothing and sends no reminder twice."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.journeys.kills import run_round
from tests.journeys.seams import Seam
from tests.relay import FakeRelay, running_relay

ROUNDS = int(os.environ.get("WORKSHOP_TEST_ROUNDS", "1"))


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with running_relay() as running:
        yield running


@pytest.fixture
def settings(relay: FakeRelay) -> dict[str, str]:
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(relay.port),
        "MAIL_DEFAULT_SENDER": "ateliers@workshops.example.org",
    }


@pytest.fixture
def app(configure: Callable[..., Flask], settings: dict[str, str]) -> Flask:
    return configure(**settings)


@pytest.mark.long
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_killed_at_every_seam_nothing_is_unaccounted_for_and_no_reminder_comes_twice(
    app: Flask, relay: FakeRelay, environ: dict[str, str], settings: dict[str, str], round_: int
) -> None:
    environ = {**environ, **{f"WORKSHOP_{name}": value for name, value in settings.items()}}
    found = run_round(app, relay, environ, messages=150, chance=random.Random(round_))
    assert sorted(found.seams) == sorted(Seam)
    assert found.kills == len(Seam)
    assert (found.unaccounted, found.duplicates) == (0, 0)
    assert found.doubted <= found.kills
    assert found.sent + found.uncertain == 150
    # Whoever dies between the mark and the record of what the relay replied leaves a doubt.
    assert found.doubted >= 4
