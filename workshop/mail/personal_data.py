"""What the outbox holds about a person, and how it forgets them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.core.addresses import fold_address
from workshop.core.links import new_subject
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import remove_files

LAST_WORD = "last_word"
"""In place of a random id: whom a message is for that tells of their erasure. Nothing else leads to them any more."""
_UNSENT = frozenset({OutboxState.QUEUED, OutboxState.CLAIMED})


def export(session: Session, *, person_ref: str, email: str = "") -> list[dict[str, Any]]:
    """Return every message to a person, the oldest first, as plain JSON values; secret links are cut.

    With `email`, only those to this address.
    """
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
        if not email or fold_address(message.recipient) == fold_address(email)
    ]


def follow(session: Session, *, person_ref: str, now_ref: str) -> None:
    """Keep the messages to a person theirs where their id becomes another, as an account's does with its address."""
    session.execute(sa.update(OutboxMessage).where(OutboxMessage.person_ref == person_ref).values(person_ref=now_ref))


def list_refs(session: Session, *, email: str) -> list[str]:
    """Return the random ids under which there are messages to an address, whoever has it now, the oldest first."""
    folded = fold_address(email)
    if not folded:
        return []
    rows = session.execute(
        sa.select(OutboxMessage.person_ref, OutboxMessage.recipient)
        .where(OutboxMessage.recipient != "")
        .order_by(OutboxMessage.id)
    )
    return (
        list(dict.fromkeys(row.person_ref for row in rows if fold_address(row.recipient) == folded)) if folded else []
    )


def erase(session: Session, *, person_ref: str, now: datetime, email: str = "") -> int:
    """Blank every message to a person, files included, and send none of them any more; returns how many. Flushes.

    With `email`, only those to this address: others stay, as where somebody has given another one since.
    """
    found = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.person_ref == person_ref).with_for_update()
    ).all()
    if email:
        found = [message for message in found if fold_address(message.recipient) == fold_address(email)]
    is_new = [message for message in found if message.recipient or message.body_text]
    for message in found:
        # A payload that has begun cannot be recalled: its worker records how that ends.
        if message.state in _UNSENT and message.payload_begun_at is None:
            message.state, message.reason = OutboxState.DISCARDED, "erased"
        if message.state is not OutboxState.CLAIMED:
            message.finished_at = message.finished_at or now
        _blank(message, now)
    remove_files(message.id for message in found)
    session.flush()
    return len(is_new)


def forget_last_words(session: Session, *, now: datetime) -> int:
    """Blank the messages that told of an erasure and have left, or never will; returns how many. Flushes."""
    found = session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.person_ref == LAST_WORD, OutboxMessage.finished_at.is_not(None))
        .with_for_update(skip_locked=True)
    ).all()
    for message in found:
        _blank(message, now)
        message.person_ref = new_subject()
    remove_files(message.id for message in found)
    session.flush()
    return len(found)


def _blank(message: OutboxMessage, now: datetime) -> None:
    message.recipient = message.domain = message.subject = message.body_text = message.body_html = ""
    message.headers, message.attachments, message.basis = {}, (), {}
    message.body_erased_at = message.body_erased_at or now
