"""Which later sessions wait to be answered for those who asked for that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.queries import KNOWN_SESSION
from workshop.rsvp.models import Acknowledgement, Answer, Participant


class Later(NamedTuple):
    """A session announced later than a participant asked for such."""

    participant_id: int
    session_id: int


def list_later(
    session: Session,
    *,
    now: datetime,
    limit: int,
    participant_ids: Collection[int] | None = None,
) -> list[Later]:
    """Return whom to answer which session for: newly published, listed, open, neither answered nor told of yet.

    Args:
        session: the database session.
        now: the present.
        limit: at most so many.
        participant_ids: only these; None for everybody.
    """
    answered = sa.select(Answer.id).where(
        Answer.participant_id == Participant.id, Answer.workshop_session_id == WorkshopSession.id
    )
    # An answer that nobody confirmed is forgotten; that the participant was told of the session is not.
    told = sa.select(OutboxMessage.id).where(
        OutboxMessage.person_ref == Participant.subject,
        OutboxMessage.workshop_session_id == WorkshopSession.id,
        OutboxMessage.kind == "session_announced",
    )
    statement = (
        sa.select(Participant.id, WorkshopSession.id)
        .join(WorkshopSession, WorkshopSession.series_id == Participant.series_id)
        .join(Series, Series.id == WorkshopSession.series_id)
        .where(
            Participant.follows_since.is_not(None),
            Participant.confirmed_at.is_not(None),
            Participant.erased_at.is_(None),
            Participant.address.is_not(None),
            WorkshopSession.published_at > Participant.follows_since,
            WorkshopSession.status != SessionStatus.CANCELLED,
            WorkshopSession.starts_at > now,
            sa.or_(WorkshopSession.rsvp_opens_at.is_(None), WorkshopSession.rsvp_opens_at <= now),
            sa.or_(WorkshopSession.rsvp_closes_at.is_(None), WorkshopSession.rsvp_closes_at > now),
            KNOWN_SESSION,
            # Unlisted by its own word, it is in no list.
            sa.or_(WorkshopSession.visibility.is_(None), WorkshopSession.visibility != Visibility.UNLISTED),
            ~answered.exists(),
            ~told.exists(),
        )
        .order_by(Participant.id, WorkshopSession.id)
        .limit(limit)
    )
    if participant_ids is not None:
        statement = statement.where(Participant.id.in_(list(participant_ids)))
    return [Later(*row) for row in session.execute(statement)]


def list_own_acknowledgements(
    session: Session, participant_ids: Collection[int]
) -> Sequence[tuple[int, tuple[Level, int, int], str]]:
    """Return what these participants acknowledged: (participant's id, level and both versions, language)."""
    rows = session.execute(
        sa.select(
            Answer.participant_id,
            Acknowledgement.level,
            Acknowledgement.version,
            Acknowledgement.own_version,
            Acknowledgement.language,
        )
        .join(Answer, Answer.id == Acknowledgement.answer_id)
        .where(Answer.participant_id.in_(list(participant_ids)))
        .order_by(Acknowledgement.id)
    )
    return [(row[0], (row[1], row[2], row[3]), row[4]) for row in rows]
