"""What was counted of those who came to a session, once, as it may be passed on."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.core.db import Base, JSONTuple, enum_column
from workshop.core.localized import Localized


class BreakdownKind(enum.StrEnum):
    """What people are counted by."""

    LANGUAGE = "language"
    INTERPRETATION = "interpretation"
    QUESTION = "question"


class Breakdown(Base):
    """How many of those with a place fell into which row, counted once, when the session began.

    It holds what may be shown and nothing else: what was suppressed was never stored. It is never counted anew, or two
    counts would show by their difference who came or went in between; an erasure leaves it as it is.
    """

    __tablename__ = "breakdown"
    __table_args__ = (sa.UniqueConstraint("workshop_session_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(sa.ForeignKey("workshop_session.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[BreakdownKind] = mapped_column(enum_column(BreakdownKind))
    title: Mapped[Localized] = mapped_column(default=Localized)
    """The question as it was asked; empty for the other kinds."""
    rows: Mapped[tuple[dict[str, Any], ...]] = mapped_column(JSONTuple, default=())
    """Objects with `code` (a language's, an option's key, `yes`, `no`; empty: none of them), `text` (an option's, as a
    Localized's JSON, or None) and `count`, None where it is suppressed."""
    total: Mapped[int]
    """People counted."""
    counted_at: Mapped[datetime]
