"""An application that receives answers from calendars."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.unit.calendars.replies.recorded import SETTINGS


@pytest.fixture
def app(configure: Callable[..., Flask]) -> Flask:
    """Give an application whose UIDs and role addresses are those of the recorded messages."""
    return configure(**SETTINGS)
