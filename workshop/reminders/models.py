"""Which reminders were handed to the outbox."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.core.db import Base
from workshop.rsvp.models import Answer  # noqa: F401 (the foreign key's table)


class ReminderDelivery(Base):
    """One reminder of one rule to one participant for one start: at most once, by its unique constraint."""

    __tablename__ = "reminder_delivery"
    __table_args__ = (sa.UniqueConstraint("answer_id", "offset", "session_starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"))
    offset: Mapped[str] = mapped_column(sa.String(8))
    """The rule, such as `-7d`."""
    session_starts_at: Mapped[datetime]
    """The start that it was planned for; a moved session has another."""
    outbox_message_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
