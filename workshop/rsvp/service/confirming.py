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
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant
from workshop.rsvp.rule import (
    AnswerRefusedError,
    NoticeChangedError,
    OfferLapsedError,
    SessionFullError,
    is_loosened,
    is_read,
    keeps_answer,
    needs_box,
    notice_id,
    notice_of,
    read_with,
    state_of,
)
from workshop.rsvp.schedule import AnswersClosedError, is_expired, refusal
from workshop.rsvp.service.seats import leave_place, take_place, tend
from workshop.rsvp.service.standing import acknowledge, lock_participant, lock_sessions, remember_told, set_state
from workshop.rsvp.service.taking_over import take_over


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
    session: Session,
    *,
    now: datetime,
    participant: Participant,
    acknowledged: Collection[str] = (),
    language: str,
    session_ids: Collection[int] | None = None,
) -> list[Outcome]:
    """Make every answer that waits one that counts; a second press finds nothing to do. Flushes.

    Commit also when an outcome holds a refusal: that the answer lapsed is to be kept.

    Args:
        session: the database session.
        now: the present.
        participant: whose button it is.
        acknowledged: notices ticked on this very page, such as `discussion.1`.
        language: language in which this page showed them.
        session_ids: the sessions whose answers are meant; None for all that waits.

    Raises:
        NoticeChangedError: a notice became another since the form was sent and was not ticked; nothing is stored.
        NotFoundError: the participant was erased meanwhile.
    """
    participant = lock_participant(session, participant.id)
    waiting = [
        answer
        for answer in list_open_requests(session, participant, now=now)
        if session_ids is None or answer.workshop_session_id in session_ids
    ]
    sessions = lock_sessions(session, [answer.workshop_session_id for answer in waiting])
    had_offer = _tend(session, waiting, sessions, now)
    used = _invitations_used(session, participant)
    refused = {
        answer.id: _refusal(session, answer, sessions[answer.workshop_session_id], used, now) for answer in waiting
    }
    read = {
        answer.id: _check_notice(answer, notice_of(sessions[answer.workshop_session_id]), acknowledged, language)
        for answer in waiting
        if refused[answer.id] is None
    }
    outcomes, logged = [], []
    for answer in waiting:
        assert answer.request is not None
        invitation_before = answer.invitation_id
        take_over(session, participant=participant, answer=answer, request=answer.request, now=now)
        found = refused[answer.id]
        if found is None and answer.id in had_offer and _needs_lapsed_offer(answer, answer.request):
            found = OfferLapsedError()
        outcome = _decide(session, answer, sessions[answer.workshop_session_id], found, used, now)
        if answer.invitation_id not in used:
            answer.invitation_id = invitation_before  # it let nobody in
        # Who came too late has read the notice all the same: joining the list then takes one press.
        if (outcome.refusal is None or isinstance(outcome.refusal, SessionFullError)) and (read_one := read[answer.id]):
            notice, shown_in = read_one
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


def _tend(session: Session, waiting: Sequence[Answer], sessions: dict[int, WorkshopSession], now: datetime) -> set[int]:
    """Tend the lists of these sessions; returns the ids of the answers that had an offer before."""
    for answer in waiting:
        # Whoever tended a list while this waited for the lock may have changed the answer.
        session.refresh(answer)
    had_offer = {answer.id for answer in waiting if answer.state is AnswerState.OFFERED}
    for workshop_session in sessions.values():
        tend(session, workshop_session, now=now)
    return had_offer


def _needs_lapsed_offer(answer: Answer, request: AnswerRequest) -> bool:
    """Whether a request would have accepted an offer that ran out just now, and does not ask for the list either."""
    return answer.state is AnswerState.LAPSED and request.choice is Choice.ACCEPTED and not request.joins_list


def _invitations_used(session: Session, participant: Participant) -> set[int]:
    """Return the invitations by which this participant has answered already: each is counted once."""
    found = session.scalars(
        sa.select(Answer.invitation_id).where(
            Answer.participant_id == participant.id,
            Answer.invitation_id.is_not(None),
            Answer.state != AnswerState.PENDING,
        )
    )
    return {id_ for id_ in found if id_ is not None}


def _check_notice(
    answer: Answer, notice: Notice, acknowledged: Collection[str], language: str
) -> tuple[Notice, str] | None:
    """Return the notice that was read and in which language, None when none is needed."""
    request = answer.request
    assert request is not None
    if not (needs_box(notice, request.choice) or is_loosened(notice, request)):
        return None
    if is_read(notice, read_with(request)):
        return notice, request.notice_language
    if notice_id(notice) in acknowledged:
        return notice, language
    raise NoticeChangedError(field="acknowledge_rule")


def _refusal(
    session: Session, answer: Answer, workshop_session: WorkshopSession, used: Collection[int], now: datetime
) -> ConflictError | None:
    request = answer.request
    assert request is not None
    if found := refusal(workshop_session, now=now):
        return found
    if answer.refused_at is not None:
        return AnswerRefusedError()
    if keeps_answer(workshop_session, answer.state):
        return None
    is_invited = workshop_session.is_published and (
        answer.invitation_id is not None
        or request.invitation_id in used
        or _is_admitted(session, request.invitation_id, workshop_session, now)
    )
    return None if is_invited else AnswersClosedError()


def _is_admitted(session: Session, invitation_id: int | None, workshop_session: WorkshopSession, now: datetime) -> bool:
    from workshop.rsvp.service.inviting import admits

    return invitation_id is not None and admits(
        session, invitation_id=invitation_id, workshop_session=workshop_session, now=now
    )


def _decide(
    session: Session,
    answer: Answer,
    workshop_session: WorkshopSession,
    found: ConflictError | None,
    used: set[int],
    now: datetime,
) -> Outcome:
    """Let one request become the answer, or say why not; adds the invitation that it used to `used`."""
    request = answer.request
    assert request is not None
    try:
        if found is not None:
            raise found
        _count_use(session, request, used, now)
        if request.choice is Choice.ACCEPTED:
            take_place(session, answer, workshop_session, joins_list=request.joins_list, now=now)
        else:
            leave_place(session, answer, workshop_session, state_of(request.choice), now=now)
        answer.answered_at = now
    except ConflictError as fault:
        found = fault
        if answer.state is AnswerState.PENDING:
            set_state(session, answer, AnswerState.LAPSED, now=now)
    answer.request = None
    session.flush()
    return Outcome(answer, answer.state, found)


def _count_use(session: Session, request: AnswerRequest, used: set[int], now: datetime) -> None:
    """Count that somebody answers by an invitation, once; raises ConflictError where it lets nobody new in.

    Counted also where every place is taken: whoever was let in joins the list on their own page.
    """
    if request.invitation_id is None or request.invitation_id in used:
        return
    from workshop.rsvp.service.inviting import count_use

    count_use(session, invitation_id=request.invitation_id, now=now)
    used.add(request.invitation_id)


def log_acknowledgement(session: Session, session_id: int, notice: Notice, *, language: str, now: datetime) -> None:
    """Write to the log that a notice was acknowledged, not by whom."""
    audit.record(
        session,
        now=now,
        actor="participant",
        action="rsvp.acknowledge",
        object_=f"session:{session_id}",
        details={
            "level": notice.level.value,
            "version": notice.version,
            "own_version": notice.own_version,
            "language": language,
        },
    )
