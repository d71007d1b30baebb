"""What remains of a session: slides and recordings."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.chatham.rule import Level
from workshop.core.db import Base, enum_column
from workshop.core.links import new_subject


class Slides(Base):
    """A file that belongs to somebody's part in a session; who gets it follows the level and their consent."""

    __tablename__ = "slides"
    __table_args__ = (sa.CheckConstraint("size > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id: its address, and the name under which it is saved."""
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("speaker_slot.id", ondelete="CASCADE"), index=True)
    media_type: Mapped[str] = mapped_column(sa.String(64))
    """Found in the content, never believed."""
    size: Mapped[int]
    """Bytes."""
    language: Mapped[str] = mapped_column(sa.String(8), default="")
    """Of the slides; empty where nobody said."""
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, deferred_raiseload=True)
    """Written anew without its metadata. Kept here: it leaves with its row, its backup and its erasure."""
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(sa.String(64))
    """`speaker`, or an organiser as the log names them."""


class Recording(Base):
    """Where the recording of a session or of one item can be seen. Published only as the Rule and this table allow."""

    __tablename__ = "recording"
    __table_args__ = (
        sa.CheckConstraint("level <> 'closed'", name="not_closed"),
        sa.CheckConstraint(
            "published_at IS NULL OR (level = 'on_the_record' AND agreed_at IS NOT NULL)",
            name="published_on_the_record",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), index=True)
    """None: a recording of it all."""
    url: Mapped[str] = mapped_column(sa.String(1000))
    language: Mapped[str] = mapped_column(sa.String(8), default="")
    """Spoken in it; empty where nobody said."""
    level: Mapped[Level] = mapped_column(enum_column(Level))
    """Under which it stands: the item's effective one, the strictest of the session for a recording of it all. Kept by
    whatever changes a level, so that the constraints hold today."""
    agreed_at: Mapped[datetime | None]
    """When an organiser declared that everybody heard in it agreed; None: nobody did."""
    agreed_by: Mapped[str] = mapped_column(sa.String(64), default="")
    published_at: Mapped[datetime | None]
    """None: kept for the organisers."""
    created_at: Mapped[datetime]
