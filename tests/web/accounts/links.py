"""Links as they stand in mail that waits to leave."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.mail.models import OutboxMessage


def path_in(session: Session, kind: str) -> str:
    """Return the path of the secret link in the newest message of a kind."""
    session.expire_all()
    statement = sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id.desc())
    message = session.scalars(statement).first()
    assert message is not None, f"no {kind}"
    text = links.fill(session, message.body_text)
    session.commit()
    found = re.search(r"http://[^/\s]+(/\S+)", text)
    assert found is not None
    return found[1]


def recipients(session: Session, kind: str) -> list[str]:
    """Return to whom messages of a kind wait to leave."""
    session.expire_all()
    statement = sa.select(OutboxMessage.recipient).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return list(session.scalars(statement))
