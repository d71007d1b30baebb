"""Somebody whom an organiser adds: a place is offered, and the person accepts it or not."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.addresses import fold_address
from workshop.core.errors import NotFoundError
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.rule import STANDS, AlreadyAnsweredError, SessionFullError
from workshop.rsvp.schedule import offer_ends_at
from workshop.rsvp.service.approving import lock_open_session
from workshop.rsvp.service.seats import has_place, join_list, tend
from workshop.rsvp.service.standing import lock_participant, remember_told, set_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an organiser enters about a person, checked."""

    name: str
    address: str
    language: str
    tzid: str = ""
    affiliation: str = ""
    interpretation: str = ""
    access_needs: str = ""
    reason: str
    """Why they are added, which the mail tells them."""


def add_by_hand(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, values: Added, actor: str
) -> Answer:
    """Offer somebody a place, or one in the waiting list when none is left, and mail them. Flushes.

    Who is known already in the series keeps their own name and choices.

    Raises:
        NotFoundError: the session is not published.
        ConflictError: cancelled, begun or over; full without a waiting list (a subclass says which).
        AlreadyAnsweredError: their answer stands.
    """
    participant = _participant(session, workshop_session.series_id, values, now)
    workshop_session = lock_open_session(session, workshop_session.id, now=now)
    if not workshop_session.is_published:
        raise NotFoundError("not published")
    tend(session, workshop_session, now=now)
    answer = _answer(session, participant, workshop_session, now)
    answer.added_reason = values.reason
    answer.interpretation = values.interpretation or answer.interpretation
    answer.refused_at, answer.refusal_text = None, Localized()
    _place(session, answer, workshop_session, participant, now)
    remember_told(answer)
    emails.added_by_hand(session, now=now, answer=answer)
    session.flush()
    audit.record(
        session,
        now=now,
        actor=actor,
        action="rsvp.add",
        object_=f"session:{workshop_session.id}",
        details={"answer": answer.id, "state": answer.state.value},
    )
    return answer


def _place(
    session: Session, answer: Answer, workshop_session: WorkshopSession, participant: Participant, now: datetime
) -> None:
    """Hold a place for the answer, or put it on the list: no offer ends at night or within the last hour."""
    begins, ends = current_app.config["QUIET_HOURS"]
    ends_at = offer_ends_at(
        now,
        starts_at=workshop_session.starts_at,
        tzid=participant.tzid or workshop_session.tzid,
        quiet=(int(begins), int(ends)),
    )
    if answer.seat_kept_until is not None or has_place(session, workshop_session, now=now):
        if ends_at is not None:
            answer.offer_expires_at, answer.waitlisted_at = ends_at, now
            set_state(session, answer, AnswerState.OFFERED, now=now)
            return
    elif not workshop_session.has_waiting_list:
        raise SessionFullError(session=workshop_session.slug)
    answer.seat_kept_until = None
    join_list(session, answer, now=now)


def _participant(session: Session, series_id: int, values: Added, now: datetime) -> Participant:
    """Find or make the participant, and lock them."""
    folded = fold_address(values.address)
    new = {
        "series_id": series_id,
        "address": values.address,
        "address_folded": folded,
        "language": values.language,
        "tzid": values.tzid,
        "created_at": now,
    }
    session.execute(_new_participant(session.get_bind().dialect.name), [new])
    participant = lock_participant(session, (series_id, folded))
    if participant.confirmed_at is None:
        # The link in the mail opens their page; whoever reads it there has the address.
        participant.confirmed_at = now
        participant.name, participant.affiliation = values.name, values.affiliation
        participant.language, participant.tzid = values.language, values.tzid
    participant.access_needs = participant.access_needs or values.access_needs
    return participant


@functools.cache
def _new_participant(dialect: str) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(Participant).on_conflict_do_nothing(index_elements=["series_id", "address_folded"])


def _answer(session: Session, participant: Participant, workshop_session: WorkshopSession, now: datetime) -> Answer:
    """Find or make the answer; raises AlreadyAnsweredError where one stands."""
    answer = session.scalar(
        sa.select(Answer)
        .where(Answer.participant_id == participant.id, Answer.workshop_session_id == workshop_session.id)
        .execution_options(populate_existing=True)
    )
    if answer is None:
        answer = Answer(
            participant=participant,
            workshop_session=workshop_session,
            state=AnswerState.PENDING,
            created_at=now,
            answered_at=now,
        )
        session.add(answer)
        session.flush()
    if answer.state in STANDS:
        raise AlreadyAnsweredError
    return answer
