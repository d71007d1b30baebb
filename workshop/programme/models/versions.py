"""Edits that are kept aside, what was published when, and a series' own terms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.core.db import Base, JSONObject
from workshop.core.localized import Localized


class SessionDraft(Base):
    """Edits of a published session that nobody but its organisers sees until they are published."""

    __tablename__ = "session_draft"

    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[dict[str, Any]] = mapped_column(JSONObject)
    """What is edited and only that, by field, as service.versions writes it."""
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(sa.String(64))
    """As the log names them."""


class SessionVersion(Base):
    """One publication of a session: what it was before, what it became."""

    __tablename__ = "session_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONObject)
    """None: it was a draft."""
    after: Mapped[dict[str, Any]] = mapped_column(JSONObject)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(sa.String(64))
    """As the log names them."""


class GlossaryTerm(Base):
    """How a series says something, in each of its languages."""

    __tablename__ = "glossary_term"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    term: Mapped[Localized]
    note: Mapped[Localized] = mapped_column(default=Localized)
    """When to say it, and what not to say instead."""
