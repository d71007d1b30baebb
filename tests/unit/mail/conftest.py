"""Messages to send, and a relay to send them to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.relay import FakeRelay, running_relay
from workshop.core.links import new_subject
from workshop.mail import delivery, service
from workshop.mail.models import OutboxMessage

_numbers = itertools.count(1)


def put(session: Session, now: datetime, **values: Any) -> OutboxMessage:
    """Queue a message about nothing in particular and commit."""
    number = next(_numbers)
    facts: dict[str, Any] = {
        "kind": "mail_test",
        "priority": 30,
        "series_id": None,
        "workshop_session_id": None,
        "person_ref": new_subject(),
        "answer_ref": new_subject(),
        "basis": {},
        "dedupe_key": f"test:{number}",
        "recipient": f"person{number}@example.org",
        "language": "fr",
        "sender_name": "Les ateliers",
        "context": {},
    }
    id_ = service.enqueue(session, now=now, **{**facts, **values})
    assert id_ is not None
    session.commit()
    return session.get_one(OutboxMessage, id_)


def look_away(session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
    """Find nothing that speaks against any message."""
    return None


def send(session: Session, now: datetime, **values: Any) -> int:
    """Deliver what is due at `now`; what the session knew is forgotten, so that it sees what was recorded."""
    session.commit()
    facts: dict[str, Any] = {"worker": "one", "now_fn": lambda: now, "last_look": look_away}
    handled = delivery.deliver(**{**facts, **values})
    session.expire_all()
    return handled


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    """Run a relay."""
    with running_relay() as running:
        yield running


@pytest.fixture
def app(configure: Callable[..., Flask], request: pytest.FixtureRequest) -> Flask:
    """Give an application that sends to `relay` where a test asks for one, else to a folder."""
    if "relay" not in request.fixturenames:
        return configure()
    running: FakeRelay = request.getfixturevalue("relay")
    return configure(
        MAIL_SERVER="127.0.0.1", MAIL_PORT=str(running.port), MAIL_DEFAULT_SENDER="ateliers@workshops.example.org"
    )
