"""Feedback on a session, as numbers and loose sentences."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.core.db import Base, JSONObject
from workshop.programme.models import WorkshopSession  # noqa: F401 (the foreign key's table)


class Feedback(Base):
    """All that was answered about one session. One row: rows of their own would have an order, and so an author.

    That somebody has answered is known (Answer.gave_feedback); what, nobody can find out. Neither has a time.
    """

    __tablename__ = "feedback"
    __table_args__ = (sa.CheckConstraint("shown_number <= number", name="shown_number"),)

    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(default=0)
    """How many have answered."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    """Question's key → option → how many chose it."""
    remarks: Mapped[tuple[str, ...]] = mapped_column(default=())
    """In an order drawn anew with each; emptied when the series' retention ends."""
    shown_number: Mapped[int] = mapped_column(default=0)
    """What organisers see, from here on: brought up to date with every fifth answer only, because the difference of
    two counts would show who answered in between."""
    shown_counts: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    shown_remarks: Mapped[tuple[str, ...]] = mapped_column(default=())
