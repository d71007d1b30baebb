"""Which answer a reply from a calendar is about, and who withdrew it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.mail.models import OutboxMessage
from workshop.rsvp.models import Answer, AnswerState


def find_answer(session: Session, uid: str) -> Answer | None:
    """Return the answer whose entry has this UID (its local part), of whoever is not erased and has an address."""
    answer = session.scalar(sa.select(Answer).where(Answer.uid == uid))
    return answer if answer is not None and answer.participant.address is not None else None


def is_withdrawn_by_organisers(session: Session, answer: Answer) -> bool:
    """Whether it was the organisers who withdrew the answer, as the message about it says."""
    if answer.state is not AnswerState.WITHDRAWN:
        return False
    statement = sa.select(OutboxMessage.id).where(
        OutboxMessage.answer_ref == answer.subject,
        OutboxMessage.kind == "answer_withdrawn",
        OutboxMessage.created_at >= answer.answered_at,
    )
    return session.scalar(statement.limit(1)) is not None
