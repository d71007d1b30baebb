"""Reading what is held about somebody, and what is due to be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.addresses import fold_address
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.models import AddressChange, Answer, Invitation, LinkRequest, Participant, QuestionReply


def list_sessions_with_room(session: Session, *, ended_before: datetime) -> Sequence[WorkshopSession]:
    """Return sessions over since `ended_before` or longer whose room's address is still stored."""
    return session.scalars(
        sa.select(WorkshopSession)
        .where(WorkshopSession.room_link != "", WorkshopSession.ends_at <= ended_before)
        .order_by(WorkshopSession.id)
    ).all()


def count_messages(session: Session, *, person_refs: Collection[str]) -> int:
    """Return how many messages under these random ids the outbox still remembers, texts or only that they left."""
    statement = sa.select(sa.func.count()).where(OutboxMessage.person_ref.in_(list(person_refs)))
    return session.scalar(statement) or 0


class Held(NamedTuple):
    """How much stands under a participant before it is erased."""

    answers: int
    replies: int
    changes: int
    """New addresses that wait to be confirmed."""


def count_held(session: Session, participant_id: int) -> Held:
    """Return how much stands under a participant."""
    numbers = [
        session.scalar(sa.select(sa.func.count()).where(column == participant_id)) or 0
        for column in (Answer.participant_id, QuestionReply.participant_id, AddressChange.participant_id)
    ]
    return Held(*numbers)


def list_participants(session: Session, *, email: str) -> Sequence[Participant]:
    """Return the participants with an address, in every series."""
    return session.scalars(
        sa.select(Participant).where(Participant.address_folded == fold_address(email)).order_by(Participant.id)
    ).all()


def list_address_changes(session: Session, *, email: str) -> Sequence[AddressChange]:
    """Return the new addresses of participants that wait to be confirmed and are this one."""
    found = session.scalars(sa.select(AddressChange).order_by(AddressChange.participant_id))
    return [change for change in found if fold_address(change.address) == fold_address(email)]


def list_invitations(session: Session, *, email: str) -> Sequence[Invitation]:
    """Return the invitations to an address, in every series."""
    return session.scalars(
        sa.select(Invitation).where(Invitation.address_folded == fold_address(email)).order_by(Invitation.id)
    ).all()


def list_link_requests(session: Session, *, email: str) -> Sequence[LinkRequest]:
    """Return when links were asked for, for an address."""
    return session.scalars(
        sa.select(LinkRequest).where(LinkRequest.address_folded == fold_address(email)).order_by(LinkRequest.id)
    ).all()


def list_contacts(session: Session, *, email: str) -> Sequence[Series]:
    """Return the series that print an address as their contact."""
    found = session.scalars(sa.select(Series).where(Series.contact != "").order_by(Series.id))
    return [series for series in found if fold_address(series.contact) == fold_address(email)]


def list_slugs(session: Session, series_ids: Collection[int]) -> list[str]:
    """Return the slugs of these series."""
    return list(session.scalars(sa.select(Series.slug).where(Series.id.in_(list(series_ids))).order_by(Series.id)))
