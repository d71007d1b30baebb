"""What participants do on their own page, or in their own calendar."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.notices import Notice
from workshop.chatham.rule import is_looser
from workshop.core.errors import NotFoundError
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import (
    AnswerRefusedError,
    NoticeChangedError,
    OfferLapsedError,
    UndoOverError,
    keeps_answer,
    level_of,
    needs_box,
    notice_id,
    notice_of,
    state_of,
)
from workshop.rsvp.schedule import (
    CALENDAR_UNDO,
    AnswersClosedError,
    SessionEndedError,
    refusal_of_change,
    undo_until,
)
from workshop.rsvp.service.confirming import log_acknowledgement
from workshop.rsvp.service.seats import leave_place, take_place, tend
from workshop.rsvp.service.standing import acknowledge, lock_participant, lock_sessions, remember_told, set_state


class _Own(NamedTuple):
    """A participant's answer, its session's row locked and its list tended."""

    answer: Answer
    workshop_session: WorkshopSession
    had_offer: bool
    """Before the list was tended."""


def change_answer(
    session: Session,
    *,
    now: datetime,
    participant: Participant,
    slug: str,
    choice: Choice,
    notice: Notice | None,
    language: str,
    joins_list: bool = False,
) -> Answer:
    """Change a confirmed answer for the session of that slug; the same again changes nothing. Flushes.

    Coming, where a place is offered, accepts it. Where none is left the answer joins the list if it says so.

    Args:
        session: the database session.
        now: the present.
        participant: whose answer it is.
        slug: of the session, within the participant's series.
        choice: the new answer.
        notice: the notice shown, its box ticked; None when it was not.
        language: in which it was shown.
        joins_list: waits for a place if none is left, knowingly.

    Raises:
        NotFoundError: there is no such answer.
        ConflictError: too late, cancelled, declined by an organiser, an offer that lapsed or, for an acceptance, full
            (a subclass says which).
        NoticeChangedError: today's notice was not acknowledged.
    """
    own = _own_answer(session, participant, slug, now=now)
    answer, workshop_session, before = own.answer, own.workshop_session, own.answer.state
    if before is state_of(choice) and answer.refused_at is None:
        return answer
    if choice is Choice.ACCEPTED and own.had_offer and before is not AnswerState.OFFERED:
        raise OfferLapsedError
    _check_change(own, choice, now)
    today = notice_of(workshop_session)
    needs = _needs_box(session, answer, today, choice)
    if needs and (notice is None or notice_id(notice) != notice_id(today)):
        raise NoticeChangedError(field="acknowledge_rule")
    if choice is Choice.ACCEPTED:
        if take_place(session, answer, workshop_session, joins_list=joins_list, now=now) is before:
            return answer
    else:
        leave_place(session, answer, workshop_session, state_of(choice), now=now)
    is_new = needs and acknowledge(session, answer, today, language=language, now=now)
    remember_told(answer)
    emails.answer_recorded(session, now=now, answer=answer)
    session.flush()
    if is_new:
        log_acknowledgement(session, workshop_session.id, today, language=language, now=now)
    return answer


def answer_by_calendar(session: Session, *, now: datetime, answer: Answer, choice: Choice) -> Answer:
    """Change an answer as a reply from a calendar says (RFC 5546, 3.2.3); its state is another one. Flushes.

    Under the conditions of the page, without a box to tick and never into the waiting list. Whoever declines has their
    seat kept for a quarter of an hour, whether or not somebody waits: a finger slips more easily in a calendar.

    Raises:
        NotFoundError: the participant was erased meanwhile.
        ConflictError: too late, cancelled, declined by an organiser or, for an acceptance, full.
        NoticeChangedError: today's notice was never acknowledged.
    """
    own = _own_answer(session, answer.participant, answer.workshop_session.slug, now=now)
    answer, workshop_session = own.answer, own.workshop_session
    _check_change(own, choice, now)
    if _needs_box(session, answer, notice_of(workshop_session), choice):
        raise NoticeChangedError(field="acknowledge_rule")
    had_seat, offset = answer.state is AnswerState.ACCEPTED, answer.sequence_offset
    if choice is Choice.ACCEPTED:
        take_place(session, answer, workshop_session, joins_list=False, now=now)
    else:
        leave_place(session, answer, workshop_session, state_of(choice), now=now)
        if choice is Choice.DECLINED and had_seat:
            answer.seat_kept_until = now + CALENDAR_UNDO
    # Whoever answers has changed nothing for the organiser (RFC 5546, 2.1.4): SEQUENCE stands, and what their calendar
    # says next is not stale.
    answer.sequence_offset = offset
    remember_told(answer)
    emails.answer_recorded(session, now=now, answer=answer, calendar_knows=choice is Choice.DECLINED)
    session.flush()
    return answer


def _needs_box(session: Session, answer: Answer, notice: Notice, choice: Choice) -> bool:
    """Whether `choice` asks for the notice's box, given what was acknowledged with this answer before."""
    known = session.execute(
        sa.select(Acknowledgement.level, Acknowledgement.version, Acknowledgement.own_version).where(
            Acknowledgement.answer_id == answer.id
        )
    )
    return needs_box(notice, choice, known=[(row[0], row[1], row[2]) for row in known])


def _check_change(own: _Own, choice: Choice, now: datetime) -> None:
    """Raise a ConflictError where the answer may not be changed so."""
    answer, workshop_session = own.answer, own.workshop_session
    if found := refusal_of_change(workshop_session, choice=choice, now=now, state=answer.state):
        raise found
    if answer.refused_at is not None:
        raise AnswerRefusedError
    was_let_in = workshop_session.is_published and answer.invitation_id is not None
    if not was_let_in and not keeps_answer(workshop_session, answer.state):
        raise AnswersClosedError


def accept_offer(
    session: Session,
    *,
    now: datetime,
    participant: Participant,
    slug: str,
    notice: Notice | None,
    language: str,
) -> Answer:
    """Accept the place that is offered in the session of that slug; pressed twice it changes nothing. Flushes.

    Raises:
        NotFoundError: there is no such answer.
        OfferLapsedError: no place is offered any more.
        ConflictError: cancelled, or begun.
        NoticeChangedError: today's notice was not acknowledged.
    """
    own = _own_answer(session, participant, slug, now=now)
    if own.answer.state not in {AnswerState.ACCEPTED, AnswerState.OFFERED}:
        raise OfferLapsedError
    return change_answer(
        session,
        now=now,
        participant=participant,
        slug=slug,
        choice=Choice.ACCEPTED,
        notice=notice,
        language=language,
    )


def pass_on(session: Session, *, now: datetime, participant: Participant, slug: str) -> Answer:
    """Let the place that is offered go to the next at once; pressed twice it changes nothing. Flushes.

    Raises:
        NotFoundError: there is no such answer.
        OfferLapsedError: no place is offered any more.
    """
    answer, workshop_session, had_offer = _own_answer(session, participant, slug, now=now)
    if answer.state is AnswerState.DECLINED:
        return answer
    if answer.state is not AnswerState.OFFERED:
        if had_offer:
            return answer  # it lapsed meanwhile: the place has gone on already
        raise OfferLapsedError
    leave_place(session, answer, workshop_session, AnswerState.DECLINED, now=now)
    remember_told(answer)
    emails.answer_recorded(session, now=now, answer=answer)
    session.flush()
    return answer


def withdraw(session: Session, *, now: datetime, participant: Participant, slug: str, may_undo: bool = True) -> Answer:
    """Take back a confirmed answer. Flushes.

    Its seat is free at once; where somebody waits it is kept for a short time, so that this can be undone (`may_undo`).
    Whoever does so by themselves is not written to, unless the session stands in their calendar and is to leave it.

    Raises:
        NotFoundError: there is no such answer.
        SessionEndedError: the session is over.
    """
    answer, workshop_session, _ = _own_answer(session, participant, slug, now=now)
    if answer.state is AnswerState.WITHDRAWN:
        return answer
    if now >= workshop_session.ends_at:
        raise SessionEndedError
    leave_place(session, answer, workshop_session, AnswerState.WITHDRAWN, now=now, may_undo=may_undo)
    if may_undo and emails.method_for(session, answer, now=now) is not None:
        emails.answer_recorded(session, now=now, answer=answer)
    return answer


def undo(session: Session, *, now: datetime, participant: Participant, slug: str) -> Answer:
    """Give back the seat, or the place in the list, that was given up a short time ago; twice is once. Flushes.

    Raises:
        NotFoundError: there is no such answer.
        UndoOverError: it is too late, or there was nothing to give back.
        ConflictError: cancelled, or begun.
    """
    answer, workshop_session, _ = _own_answer(session, participant, slug, now=now)
    if answer.state in {AnswerState.ACCEPTED, AnswerState.WAITLISTED, AnswerState.OFFERED}:
        return answer
    if undo_until(answer, now=now) is None or _has_loosened(answer, workshop_session):
        raise UndoOverError
    if found := refusal_of_change(workshop_session, choice=Choice.ACCEPTED, now=now, state=AnswerState.WAITLISTED):
        raise found
    if answer.seat_kept_until is not None:
        set_state(session, answer, AnswerState.ACCEPTED, now=now)
    else:
        set_state(session, answer, AnswerState.WAITLISTED, now=now)
        tend(session, workshop_session, now=now)
    remember_told(answer)
    if answer.offer_expires_at is None:  # an offer has a mail of its own
        emails.answer_recorded(session, now=now, answer=answer)
    session.flush()
    return answer


def _has_loosened(answer: Answer, workshop_session: WorkshopSession) -> bool:
    """Whether a looser level holds than the one this participant knows: it was agreed to while they had withdrawn."""
    return answer.told_level is not None and is_looser(answer.told_level, level_of(workshop_session))


def _own_answer(session: Session, participant: Participant, slug: str, *, now: datetime) -> _Own:
    participant = lock_participant(session, participant.id)
    found = sa.select(Answer).where(
        Answer.participant_id == participant.id,
        Answer.state != AnswerState.PENDING,
        WorkshopSession.slug == slug,
        WorkshopSession.series_id == participant.series_id,
    )
    found = found.join(Answer.workshop_session).execution_options(populate_existing=True)
    answer = session.scalar(found)
    if participant.confirmed_at is None or answer is None:
        raise NotFoundError("no such answer")
    workshop_session = lock_sessions(session, [answer.workshop_session_id])[answer.workshop_session_id]
    # Whoever tended the list while this waited for the lock may have changed the answer.
    session.refresh(answer)
    had_offer = answer.state is AnswerState.OFFERED
    tend(session, workshop_session, now=now)
    return _Own(answer, workshop_session, had_offer)
