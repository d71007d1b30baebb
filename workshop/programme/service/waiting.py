"""Messages that wait in the outbox while somebody withdraws their name, or a talk comes under the Rule."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.mail.models import OutboxMessage
from workshop.mail.service import IS_QUEUED


def take_programme_out_of_waiting_mail(session: Session, workshop_session_id: int) -> None:
    """Take the programme out of calendar entries that have not left yet: it says what may be said no more. Flushes."""
    waiting = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.workshop_session_id == workshop_session_id, IS_QUEUED)
    )
    for message in waiting:
        kept = tuple(_without_description(attachment) for attachment in message.attachments)
        if kept != message.attachments:
            message.attachments = kept
    session.flush()


def _without_description(attachment: Mapping[str, str]) -> dict[str, str]:
    if not attachment["content_type"].startswith("text/calendar"):
        return dict(attachment)
    # The lines are not folded yet: that is done once the secret links are in.
    lines = attachment["content"].split("\r\n")
    content = "\r\n".join(line for line in lines if not line.startswith(("DESCRIPTION:", "DESCRIPTION;")))
    return {**attachment, "content": content}
