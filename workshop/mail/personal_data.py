"""What the outbox holds about a person, and how it forgets them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import remove_files

_UNSENT = frozenset({OutboxState.QUEUED, OutboxState.CLAIMED})


def export(session: Session, *, person_ref: str) -> list[dict[str, Any]]:
    """Return every message to a person, the oldest first, as plain JSON values; secret links are cut."""
    found = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.person_ref == person_ref).order_by(OutboxMessage.id)
    )
    return [
        {
            "kind": message.kind,
            "state": message.state.value,
            "reason": message.reason,
            "created_at": message.created_at.isoformat(),
            "finished_at": message.finished_at.isoformat() if message.finished_at else None,
            "language": message.language,
            "recipient": message.recipient,
            "sender_name": message.sender_name,
            "subject": message.subject,
            "text": links.cut(message.body_text),
        }
        for message in found
    ]


def erase(session: Session, *, person_ref: str, now: datetime) -> int:
    """Blank every message to a person, files included, and send none of them any more; returns how many. Flushes."""
    found = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.person_ref == person_ref).with_for_update()
    ).all()
    for message in found:
        # A payload that has begun cannot be called back: its worker records how that ends.
        if message.state in _UNSENT and message.payload_begun_at is None:
            message.state, message.reason = OutboxState.DISCARDED, "erased"
        if message.state is not OutboxState.CLAIMED:
            message.finished_at = message.finished_at or now
        message.recipient = message.subject = message.body_text = message.body_html = ""
        message.headers, message.attachments, message.basis = {}, (), {}
        message.body_erased_at = message.body_erased_at or now
    remove_files(message.id for message in found)
    session.flush()
    return len(found)
