"""What organisers decide about requests."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.schedule import AnswersClosedError, AnswersNotOpenError, refusal
from workshop.rsvp.service.seats import has_place, join_list, tend
from workshop.rsvp.service.standing import lock_sessions, remember_told, set_state


class Decision(enum.StrEnum):
    """What an organiser decides about a request."""

    ACCEPT = "accept"
    LIST = "list"
    REFUSE = "refuse"


def decide(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    answer_ids: Collection[int],
    decision: Decision,
    text: Localized,
    actor: str,
) -> list[Answer]:
    """Decide about requests, the earliest first, and mail each person; returns the answers that changed. Flushes.

    What is not a request any more is left alone. Whom an organiser declined before may be accepted or put on the list.
    A request that is accepted when no place is left joins the waiting list.

    Args:
        session: the database session.
        now: the present.
        workshop_session: whose requests they are.
        answer_ids: of the answers.
        decision: the same for all.
        text: what a refusal says, in both languages.
        actor: for the log.

    Raises:
        ConflictError: cancelled, begun or over (a subclass says which).
    """
    workshop_session = lock_open_session(session, workshop_session.id, now=now)
    tend(session, workshop_session, now=now)
    answers = _lock_requests(session, workshop_session.id, answer_ids, decision)
    for answer in answers:
        _decide(session, answer, workshop_session, decision, text, now)
    # Whom it put on the list may be next.
    listed = [answer for answer in answers if answer.state is AnswerState.WAITLISTED]
    if listed:
        tend(session, workshop_session, now=now)
    for answer in answers:
        if answer.state is AnswerState.DECLINED:
            emails.answer_refused(session, now=now, answer=answer)
        elif answer.state is not AnswerState.OFFERED:
            emails.answer_recorded(session, now=now, answer=answer)
    session.flush()
    if answers:
        _log(session, now=now, actor=actor, session_id=workshop_session.id, decision=decision, answers=answers)
    return list(answers)


def lock_open_session(session: Session, session_id: int, *, now: datetime) -> WorkshopSession:
    """Return a session that has not begun, its row locked; whether answers are closed is no matter.

    Raises ConflictError: cancelled, begun or over (a subclass says which).
    """
    workshop_session = lock_sessions(session, [session_id])[session_id]
    found = refusal(workshop_session, now=now)
    if found is not None and not isinstance(found, AnswersClosedError | AnswersNotOpenError):
        raise found
    return workshop_session


def _lock_requests(
    session: Session, session_id: int, answer_ids: Collection[int], decision: Decision
) -> Sequence[Answer]:
    is_open = Answer.state == AnswerState.REQUESTED
    if decision is not Decision.REFUSE:
        is_open = sa.or_(is_open, Answer.refused_at.is_not(None))
    return session.scalars(
        sa.select(Answer)
        .where(Answer.workshop_session_id == session_id, Answer.id.in_(list(answer_ids)), is_open)
        .order_by(Answer.answered_at, Answer.id)
        .with_for_update(of=Answer, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _decide(
    session: Session,
    answer: Answer,
    workshop_session: WorkshopSession,
    decision: Decision,
    text: Localized,
    now: datetime,
) -> None:
    if decision is Decision.REFUSE:
        answer.refused_at, answer.refusal_text = now, text
        set_state(session, answer, AnswerState.DECLINED, now=now)
    else:
        answer.refused_at, answer.refusal_text = None, Localized()
        if decision is Decision.ACCEPT and has_place(session, workshop_session, answer.share, now=now):
            set_state(session, answer, AnswerState.ACCEPTED, now=now)
        else:
            join_list(session, answer, now=now)
    remember_told(answer)
    session.flush()


def _log(
    session: Session, *, now: datetime, actor: str, session_id: int, decision: Decision, answers: Sequence[Answer]
) -> None:
    """Write down who decided what about which answers, by their numbers; no names."""
    audit.record(
        session,
        now=now,
        actor=actor,
        action="rsvp.decide",
        object_=f"session:{session_id}",
        details={"decision": decision.value, "answers": sorted(answer.id for answer in answers)},
    )
