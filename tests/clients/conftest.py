"""A reader of calendars by other people's parsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.clients import parsers


@pytest.fixture(params=parsers.PARSERS)
def read(request: pytest.FixtureRequest) -> Callable[[bytes], parsers.Read]:
    """Give a function that reads a calendar; each test runs with every parser, and is skipped without it."""
    return lambda body: parsers.read(request.param, body)
