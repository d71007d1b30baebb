"""The last message to somebody who had everything erased; it names nothing but that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from workshop.core.links import new_subject
from workshop.mail.personal_data import LAST_WORD
from workshop.mail.service import enqueue

PRIORITY = 30
KEPT = timedelta(hours=24)
"""An address that was to be erased does not wait longer for a relay that does not answer."""


def data_erased(session: Session, *, now: datetime, address: str, language: str) -> None:
    """Tell an address that all that was held has been erased; forgotten as soon as it has left, or failed. Flushes."""
    enqueue(
        session,
        now=now,
        kind="data_erased",
        priority=PRIORITY,
        series_id=None,
        workshop_session_id=None,
        person_ref=LAST_WORD,
        answer_ref="",
        basis={"is_neutral": True},
        dedupe_key=f"data_erased:{new_subject()}",
        recipient=address,
        language=language,
        sender_name="",
        context={},
        expires_at=now + KEPT,
    )
