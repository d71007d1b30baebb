"""What nobody confirmed is forgotten, and replies on the date of their question."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.links import revoke
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, LinkRequest, Participant, QuestionReply
from workshop.rsvp.queries import list_asked_questions, list_stale_requests
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


def forget_link_requests(session: Session, *, now: datetime) -> int:
    """Forget who asked for a link and got none in 48 hours, as where no worker runs; returns how many. Flushes."""
    result = session.execute(sa.delete(LinkRequest).where(LinkRequest.created_at <= now - REQUEST_LIFETIME))
    return int(getattr(result, "rowcount", 0))


def forget_replies(session: Session, *, now: datetime) -> int:
    """Forget replies on their question's own date; returns how many. Flushes.

    That is so many days after the end of the session that the question belongs to; for a question of the series, after
    the end of the last session that the participant answered for.
    """
    count = 0
    for question_id, keep_days, is_of_session, ends_at in list_asked_questions(session):
        ended_by = now - timedelta(days=keep_days)
        which = [QuestionReply.question_id == question_id]
        if not is_of_session:
            which.append(~_is_kept(ended_by))
        elif ends_at is None or ends_at > ended_by:
            continue
        result = session.execute(sa.delete(QuestionReply).where(*which).execution_options(synchronize_session="fetch"))
        count += int(getattr(result, "rowcount", 0))
    return count


def _is_kept(ended_by: datetime) -> sa.ColumnElement[bool]:
    """Whether the reply's participant answered for a session that ends later."""
    return (
        sa.select(Answer.id)
        .join(WorkshopSession, WorkshopSession.id == Answer.workshop_session_id)
        .where(Answer.participant_id == QuestionReply.participant_id, WorkshopSession.ends_at > ended_by)
        .exists()
    )
