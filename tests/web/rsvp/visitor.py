"""Somebody with a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.rsvp.models import Participant

FORM = "/fr/series/serie/4/rsvp"


def csrf_of(response: TestResponse) -> str:
    """Return the token of the page's forms."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.text)
    assert found, response.text
    return found[1]


def hidden_of(response: TestResponse, name: str) -> str:
    """Return a hidden field's value."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', response.text)
    assert found, response.text
    return unescape(found[1])


@dataclass
class Visitor:
    """Fills in forms and presses buttons."""

    client: FlaskClient

    def answer(self, path: str = FORM, **fields: str | None) -> TestResponse:
        """Open the form and send it; None leaves a field out."""
        page = self.client.get(path)
        assert page.status_code == 200, page.text
        values: dict[str, str | None] = {
            "csrf_token": csrf_of(page),
            "notice": hidden_of(page, "notice"),
            "name": "Une personne",
            "email": "someone@example.org",
            "answer": "accepted",
            "language": path.split("/")[1],
            "timezone": "Europe/Paris",
            "affiliation": "",
            "acknowledge_rule": "y",
            "reminders": "y",
            "website": "",
            **fields,
        }
        return self.client.post(path, data={name: value for name, value in values.items() if value is not None})

    def press(self, path: str, *, on: str = "", **fields: str) -> TestResponse:
        """Press a button of the page `on`, by default of the personal page that `path` belongs to."""
        page = self.client.get(on or path.rsplit("/", 1)[0] + "/")
        return self.client.post(path, data={"csrf_token": csrf_of(page), **fields})


def my_path(session: Session, address: str = "someone@example.org", language: str = "fr") -> str:
    """Return the path of a participant's own page, as the link in their mail has it."""
    subject = session.scalars(sa.select(Participant.subject).where(Participant.address_folded == address)).one()
    token = issue(session, purpose=Purpose.MY, subject=subject)
    session.commit()
    return f"/{language}/my/{token}/"


def list_mail(session: Session) -> list[OutboxMessage]:
    """Return the outbox, the oldest first."""
    session.expire_all()
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))
