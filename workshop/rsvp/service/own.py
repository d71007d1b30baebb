"""What participants do on their own page."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.notices import Notice
from workshop.core.errors import NotFoundError
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import HOLDS_SEAT, Acknowledgement, Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import (
    NoticeChangedError,
    SessionFullError,
    keeps_answer,
    needs_box,
    notice_id,
    notice_of,
    state_of,
)
from workshop.rsvp.schedule import AnswersClosedError, SessionEndedError, refusal_of_change
from workshop.rsvp.service.confirming import log_acknowledgement
from workshop.rsvp.service.standing import (
    acknowledge,
    is_full,
    lock_participant,
    lock_sessions,
    remember_told,
    set_state,
)


def change_answer(
    session: Session,
    *,
    now: datetime,
    participant: Participant,
    slug: str,
    choice: Choice,
    notice: Notice | None,
    language: str,
) -> Answer:
    """Change a confirmed answer for the session of that slug; the same again changes nothing. Flushes.

    Args:
        session: the database session.
        now: the present.
        participant: whose answer it is.
        slug: of the session, within the participant's series.
        choice: the new answer.
        notice: the notice shown, its box ticked; None when it was not.
        language: in which it was shown.

    Raises:
        NotFoundError: there is no such answer.
        ConflictError: too late, cancelled or, for an acceptance, full (a subclass says which).
        NoticeChangedError: today's notice was not acknowledged.
    """
    answer, workshop_session = _own_answer(session, participant, slug)
    if answer.state is state_of(choice):
        return answer
    if found := refusal_of_change(workshop_session, choice=choice, now=now):
        raise found
    if not keeps_answer(workshop_session, answer.state):
        raise AnswersClosedError
    today = notice_of(workshop_session)
    known = session.execute(
        sa.select(Acknowledgement.level, Acknowledgement.version).where(Acknowledgement.answer_id == answer.id)
    )
    needs = needs_box(today, choice, known=[(row[0], row[1]) for row in known])
    if needs and (notice is None or notice_id(notice) != notice_id(today)):
        raise NoticeChangedError(field="acknowledge_rule")
    if choice is Choice.ACCEPTED and answer.state not in HOLDS_SEAT and is_full(session, workshop_session):
        raise SessionFullError
    set_state(session, answer, state_of(choice), now=now)
    is_new = needs and acknowledge(session, answer, today, language=language, now=now)
    remember_told(answer)
    emails.answer_recorded(session, now=now, answer=answer)
    session.flush()
    if is_new:
        log_acknowledgement(session, workshop_session.id, today, language=language, now=now)
    return answer


def withdraw(session: Session, *, now: datetime, participant: Participant, slug: str) -> Answer:
    """Take back a confirmed answer; its seat is free at once. Flushes.

    Raises:
        NotFoundError: there is no such answer.
        SessionEndedError: the session is over.
    """
    answer, workshop_session = _own_answer(session, participant, slug)
    if answer.state is not AnswerState.WITHDRAWN and now >= workshop_session.ends_at:
        raise SessionEndedError
    set_state(session, answer, AnswerState.WITHDRAWN, now=now)
    return answer


def _own_answer(session: Session, participant: Participant, slug: str) -> tuple[Answer, WorkshopSession]:
    participant = lock_participant(session, participant.id)
    answer = session.scalar(
        sa.select(Answer)
        .join(Answer.workshop_session)
        .where(
            Answer.participant_id == participant.id,
            Answer.state != AnswerState.PENDING,
            WorkshopSession.slug == slug,
            WorkshopSession.series_id == participant.series_id,
        )
        .execution_options(populate_existing=True)
    )
    if participant.confirmed_at is None or answer is None:
        raise NotFoundError("no such answer")
    return answer, lock_sessions(session, [answer.workshop_session_id])[answer.workshop_session_id]


def update_preferences(
    session: Session,
    *,
    participant: Participant,
    name: str,
    affiliation: str,
    language: str,
    tzid: str,
    wants_reminders: bool,
) -> None:
    """Keep how a participant wants to be called and written to. Flushes. Raises NotFoundError for one erased."""
    participant = lock_participant(session, participant.id)
    participant.name = name
    participant.affiliation = affiliation
    participant.language = language
    participant.tzid = tzid
    participant.wants_reminders = wants_reminders
    session.flush()


def stop_reminders(session: Session, participant: Participant) -> None:
    """Send this participant no more reminders; the answers stand. Flushes."""
    lock_participant(session, participant.id).wants_reminders = False
    session.flush()
