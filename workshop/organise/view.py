"""What the workspace's own pages are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _

from workshop.core.addresses import mask_address
from workshop.core.links import cut
from workshop.mail.models import OutboxMessage, OutboxState

KINDS = {
    "confirm_address": _("Confirm your address"),
    "answer_recorded": _("Answer recorded"),
    "answer_lapsed": _("Answer came too late"),
    "reminder": _("Reminder"),
    "session_moved": _("Session moved"),
    "session_cancelled": _("Session cancelled"),
    "session_reinstated": _("Session takes place after all"),
}
STATES = {
    OutboxState.QUEUED: _("waits to leave"),
    OutboxState.CLAIMED: _("is leaving"),
    OutboxState.SENT: _("sent"),
    OutboxState.FAILED: _("failed"),
    OutboxState.UNCERTAIN: _("may have left"),
    OutboxState.SUPERSEDED: _("replaced by a newer message"),
    OutboxState.EXPIRED: _("too late to be sent"),
    OutboxState.DISCARDED: _("not sent: no longer right"),
}


@dataclass(frozen=True, slots=True)
class MailRow:
    """A message as an organiser sees it: the address masked, the secret links cut."""

    kind: str
    """In words, as is `state`."""
    state: str
    reason: str
    at: datetime
    """When it was sent or given up; when it was written, while it waits."""
    address: str
    language: str
    subject: str
    text: str
    """Empty once erased."""


def mail_row(message: OutboxMessage) -> MailRow:
    """Return a message as an organiser sees it."""
    return MailRow(
        kind=str(KINDS.get(message.kind, message.kind)),
        state=str(STATES[message.state]),
        reason=message.reason,
        at=message.finished_at or message.created_at,
        address=mask_address(message.recipient),
        language=message.language,
        subject=cut(message.subject),
        text=cut(message.body_text),
    )
