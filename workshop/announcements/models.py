"""Announcements, and who asked for them without answering for a session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.core.db import Base, JSONObject
from workshop.core.links import new_subject
from workshop.core.localized import Localized
from workshop.programme.models import Series


class Announcement(Base):
    """What an organiser writes to a group, in every language of the series."""

    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id, as its address in the workspace has it."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    subject: Mapped[Localized] = mapped_column(default=Localized)
    body: Mapped[Localized] = mapped_column(default=Localized)
    """Plain text; an address of a page in it may become a link, nothing else does."""
    audience: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    """Whom it is for, as announcements.queries.Group writes it."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every save: a form that shows an older one overwrites nothing; what is
    confirmed is what was seen."""
    created_at: Mapped[datetime]
    tested_at: Mapped[datetime | None]
    """When this version was last sent to its writer as a test; None since the last edit."""
    confirmed_at: Mapped[datetime | None]
    """When an organiser confirmed the number of recipients; None: a draft, of which nothing leaves."""
    leaves_at: Mapped[datetime | None]
    """Not before then; None until confirmed."""
    paused_at: Mapped[datetime | None]
    """Since when nothing more of it leaves; None: it leaves."""
    stopped_at: Mapped[datetime | None]
    """When an organiser ended it for good; what has left by then has left."""
    cursor: Mapped[int] = mapped_column(default=0)
    """The last participant's id, then the last subscriber's, up to whom it was written into the outbox."""
    is_at_subscribers: Mapped[bool] = mapped_column(default=False)
    """Whether `cursor` counts subscribers."""
    finished_at: Mapped[datetime | None]
    """When the last message was written into the outbox."""

    series: Mapped[Series] = relationship()


class Subscriber(Base):
    """Somebody who asked to be told of a series' announcements, without answering for any session."""

    __tablename__ = "subscriber"
    __table_args__ = (sa.UniqueConstraint("series_id", "address_folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that their links are derived from (purposes `my` to confirm and choose, `unsubscribe` to stop)."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(sa.String(254))
    """As typed."""
    address_folded: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(8))
    created_at: Mapped[datetime]
    """Forgotten 48 hours later, unless confirmed."""
    confirmed_at: Mapped[datetime | None]
    """When the button behind the mailed link was pressed (double opt-in); None: nothing but that mail goes to them."""

    series: Mapped[Series] = relationship()
