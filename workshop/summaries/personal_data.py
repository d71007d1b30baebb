"""Personal data in summaries: who wrote and approved them, and why warnings were passed over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.queries import find_organiser
from workshop.summaries.models import SummaryApproval, SummaryAuthor, SummaryReason

TABLES = ("summary_author", "summary_approval", "summary_reason")
"""Tables whose personal data this file answers for; the database lets an account's rows go, or be nobody's, with it."""


def export(session: Session, *, email: str) -> dict[str, Any]:
    """Return what summaries hold of the organiser of an address, as plain JSON values; empty for nobody."""
    organiser = find_organiser(session, email=email)
    if organiser is None:
        return {}
    authored = sa.select(SummaryAuthor.summary_id).where(SummaryAuthor.organiser_id == organiser.id)
    approved = sa.select(SummaryApproval.summary_id, SummaryApproval.approved_at).where(
        SummaryApproval.organiser_id == organiser.id
    )
    reasons = sa.select(SummaryReason).where(SummaryReason.given_by == organiser.id).order_by(SummaryReason.given_at)
    return {
        "written": list(session.scalars(authored.order_by(SummaryAuthor.summary_id))),
        "approved": [
            {"session": row.summary_id, "at": row.approved_at.isoformat()} for row in session.execute(approved)
        ],
        "reasons": [
            {"session": one.summary_id, "reason": one.reason, "at": one.given_at.isoformat()}
            for one in session.scalars(reasons)
        ],
    }


def erase(session: Session, *, email: str) -> int:
    """Take an organiser's name off the reasons that they gave; returns how many. Flushes."""
    organiser = find_organiser(session, email=email)
    if organiser is None:
        return 0
    mine = sa.update(SummaryReason).where(SummaryReason.given_by == organiser.id).values(given_by=None)
    return int(getattr(session.execute(mine), "rowcount", 0))
