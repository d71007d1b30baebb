"""A browser that answers: it reads the form as a person does and presses the buttons of the page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_series, build_session
from tests.web.rsvp.visitor import Visitor
from workshop.programme.models import WorkshopSession


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Give somebody with a browser."""
    return Visitor(client)


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a public session at `discussion`, series `serie`, session `4`, eight days ahead."""
    found = build_session(session, build_series(session, slug="serie"), slug="4", number=4)
    session.commit()
    return found
