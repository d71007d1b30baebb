"""How an answer changes its state, under which locks, and what is kept with it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.notices import Notice
from workshop.core.errors import NotFoundError
from workshop.core.links import Purpose, issue
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import HOLDS_SEAT, Acknowledgement, Answer, AnswerState, Participant
from workshop.rsvp.queries import count_seats
from workshop.rsvp.rule import level_of
from workshop.rsvp.schedule import GIVES_UP

_WAITS = frozenset({AnswerState.WAITLISTED, AnswerState.OFFERED})
_LOCKED = (
    sa.select(Participant)
    .where(Participant.erased_at.is_(None))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_LOCKED_BY_ID = _LOCKED.where(Participant.id == sa.bindparam("id"))
_LOCKED_BY_ADDRESS = _LOCKED.where(
    Participant.series_id == sa.bindparam("series"), Participant.address_folded == sa.bindparam("folded")
)


def lock_participant(session: Session, which: int | tuple[int, str]) -> Participant:
    """Return the participant as the database has them now, their row locked; raises NotFoundError for one erased.

    Args:
        session: the database session.
        which: the row's id, or the series' id and the folded address.
    """
    if isinstance(which, int):
        participant = session.scalar(_LOCKED_BY_ID, {"id": which})
    else:
        participant = session.scalar(_LOCKED_BY_ADDRESS, {"series": which[0], "folded": which[1]})
    if participant is None:
        raise NotFoundError("no such participant")
    return participant


def lock_sessions(session: Session, session_ids: Collection[int]) -> dict[int, WorkshopSession]:
    """Return these sessions by id as the database has them now, their rows locked in the order of their ids."""
    found = session.scalars(
        sa.select(WorkshopSession)
        .where(WorkshopSession.id.in_(list(session_ids)))
        .order_by(WorkshopSession.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {workshop_session.id: workshop_session for workshop_session in found}


def lock_left_sessions(session: Session, participant: Participant, *, now: datetime) -> list[WorkshopSession]:
    """Return the sessions in which erasing this participant leaves a seat or a place in the list, their rows locked.

    To be asked after the participant's row and before anything of theirs is changed: who offers places reads and
    changes answers under the session's lock alone.
    """
    ids = session.scalars(
        sa.select(Answer.workshop_session_id)
        .join(Answer.workshop_session)
        .where(
            Answer.participant_id == participant.id,
            WorkshopSession.ends_at > now,
            sa.or_(Answer.state.in_((*HOLDS_SEAT, AnswerState.WAITLISTED)), Answer.seat_kept_until.is_not(None)),
        )
    ).all()
    return list(lock_sessions(session, ids).values()) if ids else []


def is_full(session: Session, workshop_session: WorkshopSession) -> bool:
    """Whether no seat is left; certain only while the session's row is locked."""
    if workshop_session.capacity is None:
        return False
    return count_seats(session, [workshop_session.id])[workshop_session.id] >= workshop_session.capacity


def set_state(session: Session, answer: Answer, state: AnswerState, *, now: datetime) -> None:
    """Give an answer its state; a seat is held since when it was first taken. Flushes.

    Ends what belonged to the state before: an offer, a seat that was kept, the place in the list unless giving it up
    can be undone.
    """
    before = answer.state
    if before is not state:
        answer.state = state
        answer.answered_at = now
        if answer.refused_at is None:
            # What the organisers wrote was about the state before.
            answer.refusal_text = Localized()
        if state not in _WAITS and not (before is AnswerState.WAITLISTED and state in GIVES_UP):
            answer.waitlisted_at = None
    if state is not AnswerState.OFFERED:
        answer.offer_expires_at = None
    if state in HOLDS_SEAT:
        answer.seat_kept_until = None
    answer.accepted_at = (answer.accepted_at or now) if state in HOLDS_SEAT else None
    if state is AnswerState.ACCEPTED:
        # Its hash must stand before a page, which may not write, shows the link.
        issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    session.flush()


def acknowledge(session: Session, answer: Answer, notice: Notice, *, language: str, now: datetime) -> bool:
    """Keep that the notice was read in `language`; False when that was known. Flushes."""
    known = session.scalar(
        sa.select(Acknowledgement.id).where(
            Acknowledgement.answer_id == answer.id,
            Acknowledgement.level == notice.level,
            Acknowledgement.version == notice.version,
            Acknowledgement.own_version == notice.own_version,
        )
    )
    if known is not None:
        return False
    session.add(
        Acknowledgement(
            answer_id=answer.id,
            level=notice.level,
            version=notice.version,
            own_version=notice.own_version,
            language=notice.text.pick(language).language or language,
            acknowledged_at=now,
        )
    )
    session.flush()
    return True


def remember_told(answer: Answer) -> None:
    """Keep what a message tells the participant of the session, so that a later change can be told apart."""
    workshop_session = answer.workshop_session
    answer.told_starts_at = workshop_session.starts_at
    answer.told_ends_at = workshop_session.ends_at
    answer.told_tzid = workshop_session.tzid
    answer.told_mode = workshop_session.mode
    answer.told_place = workshop_session.place
    answer.told_floor_languages = workshop_session.floor_languages
    answer.told_interpretation = workshop_session.interpretation
    answer.told_status = workshop_session.status
    answer.told_postponed = workshop_session.postponed_at is not None
    answer.told_level, answer.agreed_from = level_of(workshop_session), ""
