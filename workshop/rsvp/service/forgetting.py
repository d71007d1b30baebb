"""What nobody confirmed is forgotten."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.links import revoke
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Participant
from workshop.rsvp.queries import list_stale_requests
from workshop.rsvp.schedule import REQUEST_LIFETIME


def forget_unconfirmed(session: Session, *, now: datetime) -> tuple[int, list[str]]:
    """Drop what waited 48 hours for its button, with answers and participants that were nothing else. Flushes.

    Returns how many were dropped, and the random ids of the participants who are gone, so that their mail can go too.
    """
    stale = list_stale_requests(session, before=now - REQUEST_LIFETIME)
    if not stale:
        return 0, []
    answer_ids = [request.answer_id for request in stale]
    owners = set(session.scalars(sa.select(Answer.participant_id).where(Answer.id.in_(answer_ids))))
    session.execute(sa.delete(AnswerRequest).where(AnswerRequest.answer_id.in_(answer_ids)))
    session.execute(sa.delete(Answer).where(Answer.id.in_(answer_ids), Answer.state == AnswerState.PENDING))
    is_nobody = (
        Participant.id.in_(owners),
        Participant.confirmed_at.is_(None),
        ~sa.select(Answer.id).where(Answer.participant_id == Participant.id).exists(),
    )
    gone = list(session.scalars(sa.select(Participant.subject).where(*is_nobody)))
    session.execute(sa.delete(Participant).where(*is_nobody))
    revoke(session, subjects=gone)
    session.expire_all()
    return len(stale), gone
