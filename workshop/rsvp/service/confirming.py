"""The button behind the mailed link: here an answer becomes one, and a seat is taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.chatham.notices import Notice
from workshop.core.errors import ConflictError
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import HOLDS_SEAT, Answer, AnswerRequest, AnswerState, Choice, Participant
from workshop.rsvp.rule import (
    NoticeChangedError,
    SessionFullError,
    keeps_answer,
    needs_box,
    notice_id,
    notice_of,
    state_of,
)
from workshop.rsvp.schedule import AnswersClosedError, is_expired, refusal
from workshop.rsvp.service.standing import (
    acknowledge,
    is_full,
    lock_participant,
    lock_sessions,
    remember_told,
    set_state,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one answer that waited: its state, and why it was refused if it was."""

    answer: Answer
    state: AnswerState
    refusal: ConflictError | None


def list_open_requests(session: Session, participant: Participant, *, now: datetime) -> Sequence[Answer]:
    """Return the answers with something that waits for the button, by session id."""
    answers = session.scalars(
        sa.select(Answer)
        .join(AnswerRequest, AnswerRequest.answer_id == Answer.id)
        .where(Answer.participant_id == participant.id)
        .order_by(Answer.workshop_session_id)
        .execution_options(populate_existing=True)
    )
    return [answer for answer in answers if answer.request and not is_expired(answer.request.created_at, now=now)]


def confirm(
    session: Session, *, now: datetime, participant: Participant, acknowledged: Collection[str] = (), language: str
) -> list[Outcome]:
    """Make every answer that waits one that counts; a second press finds nothing to do. Flushes.

    Commit also when an outcome holds a refusal: that the answer lapsed is to be kept.

    Args:
        session: the database session.
        now: the present.
        participant: whose button it is.
        acknowledged: notices ticked on this very page, such as `discussion.1`.
        language: language in which this page showed them.

    Raises:
        NoticeChangedError: a notice became another since the form was sent and was not ticked; nothing is stored.
        NotFoundError: the participant was erased meanwhile.
    """
    participant = lock_participant(session, participant.id)
    waiting = list_open_requests(session, participant, now=now)
    sessions = lock_sessions(session, [answer.workshop_session_id for answer in waiting])
    read = {
        answer.id: _check_notice(answer, notice_of(sessions[answer.workshop_session_id]), acknowledged, language)
        for answer in waiting
        if _refusal(answer, sessions[answer.workshop_session_id], now) is None
    }
    outcomes, logged = [], []
    for answer in waiting:
        assert answer.request is not None
        _take_over(participant, answer.request, now)
        outcome = _decide(session, answer, sessions[answer.workshop_session_id], now)
        if outcome.refusal is None and (found := read.get(answer.id)):
            notice, shown_in = found
            if acknowledge(session, answer, notice, language=shown_in, now=now):
                logged.append((answer.workshop_session_id, notice, shown_in))
        outcomes.append(outcome)
    for outcome in outcomes:
        if outcome.refusal is None:
            remember_told(outcome.answer)
            emails.answer_recorded(session, now=now, answer=outcome.answer)
    session.flush()
    for session_id, notice, shown_in in logged:
        log_acknowledgement(session, session_id, notice, language=shown_in, now=now)
    return outcomes


def _check_notice(
    answer: Answer, notice: Notice, acknowledged: Collection[str], language: str
) -> tuple[Notice, str] | None:
    """Return the notice that was read and in which language, None when none is needed."""
    request = answer.request
    assert request is not None
    if not needs_box(notice, request.choice):
        return None
    if (request.notice_level, request.notice_version) == (notice.level, notice.version):
        return notice, request.notice_language
    if notice_id(notice) in acknowledged:
        return notice, language
    raise NoticeChangedError(field="acknowledge_rule")


def _refusal(answer: Answer, workshop_session: WorkshopSession, now: datetime) -> ConflictError | None:
    found = refusal(workshop_session, now=now)
    if found is None and not keeps_answer(workshop_session, answer.state):
        return AnswersClosedError()
    return found


def _take_over(participant: Participant, request: AnswerRequest, now: datetime) -> None:
    participant.name = request.name
    participant.affiliation = request.affiliation
    participant.language = request.language
    participant.tzid = request.tzid
    participant.wants_reminders = request.wants_reminders
    participant.confirmed_at = participant.confirmed_at or now


def _decide(session: Session, answer: Answer, workshop_session: WorkshopSession, now: datetime) -> Outcome:
    request = answer.request
    assert request is not None
    found = _refusal(answer, workshop_session, now)
    takes_seat = request.choice is Choice.ACCEPTED and answer.state not in HOLDS_SEAT
    if found is None and takes_seat and is_full(session, workshop_session):
        found = SessionFullError()
    choice = request.choice
    answer.request = None
    if found is None:
        answer.answered_at = now
        set_state(session, answer, state_of(choice), now=now)
    elif answer.state is AnswerState.PENDING:
        set_state(session, answer, AnswerState.LAPSED, now=now)
    session.flush()
    return Outcome(answer, answer.state, found)


def log_acknowledgement(session: Session, session_id: int, notice: Notice, *, language: str, now: datetime) -> None:
    """Write to the log that a notice was acknowledged, not by whom."""
    audit.record(
        session,
        now=now,
        actor="participant",
        action="rsvp.acknowledge",
        object_=f"session:{session_id}",
        details={"level": notice.level.value, "version": notice.version, "language": language},
    )
