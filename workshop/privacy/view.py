"""What is held about a participant, as their own page says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.chatham.rule import Level
from workshop.privacy.queries import count_messages
from workshop.rsvp.models import Participant
from workshop.rsvp.queries import list_acknowledgements


@dataclass(frozen=True, slots=True)
class AcknowledgementView:
    """A notice that was acknowledged."""

    level: Level
    version: int
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldView:
    """What is held beside what the page shows anyway."""

    created_at: datetime
    acknowledgements: tuple[AcknowledgementView, ...]
    messages: int
    """Messages that were sent or wait; their texts are erased after seven days."""


def held_view(session: Session, participant: Participant) -> HeldView:
    """Return what is held about a participant."""
    found = list_acknowledgements(session, [answer.id for answer in participant.answers])
    return HeldView(
        created_at=participant.created_at,
        acknowledgements=tuple(AcknowledgementView(one.level, one.version, one.acknowledged_at) for one in found),
        messages=count_messages(session, person_ref=participant.subject),
    )
