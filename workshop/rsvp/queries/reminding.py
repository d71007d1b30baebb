"""Which reminders concern a participant."""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import STANDING, Answer, Participant

_RULE = re.compile(r"([+-])([1-9]\d{0,2})([dh])")


def list_reminder_rules(session: Session, participant: Participant, *, now: datetime) -> list[str]:
    """Return the rules, such as `-7d`, of the series and of the sessions to come that a participant answered for.

    The earliest to leave first; those that have been declined and are nobody's rule any more are left out.
    """
    rows = session.scalars(
        sa.select(WorkshopSession.reminders)
        .join(Answer, Answer.workshop_session_id == WorkshopSession.id)
        .where(
            Answer.participant_id == participant.id,
            Answer.state.in_(STANDING),
            WorkshopSession.ends_at > now,
        )
    )
    rules = {rule for own in rows if own is not None for rule in own} | set(participant.series.reminders)
    return sorted((rule for rule in rules if _RULE.fullmatch(rule)), key=lambda rule: (_hours(rule), rule))


def _hours(rule: str) -> int:
    number = int(rule[:-1])
    return number * 24 if rule.endswith("d") else number
