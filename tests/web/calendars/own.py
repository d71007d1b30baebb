"""Somebody's own calendar: its address, fetched and read by a parser that the product does not use."""

from __future__ import annotations

import io
from typing import Any

import vobject
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from workshop.core.links import Purpose, issue


def own_feed(session: Session, subject: str) -> str:
    """Return the address of the calendar of that random id, made where there is none."""
    token = issue(session, purpose=Purpose.FEED, subject=subject)
    session.commit()
    return f"/calendar/{token}.ics"


def read(client: FlaskClient, address: str) -> list[Any]:
    """Return the events of a calendar."""
    found = client.get(address)
    assert found.status_code == 200, found.text
    calendar = vobject.readOne(io.StringIO(found.data.decode()))
    return list(getattr(calendar, "vevent_list", []))


def read_one(client: FlaskClient, address: str) -> Any:
    """Return the only event of a calendar."""
    (found,) = read(client, address)
    return found
