"""Whom the organisers invited, by an address or by a link for a group."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.core.db import Base, enum_column
from workshop.core.links import new_subject
from workshop.programme.models import Series, WorkshopSession


class InvitationKind(enum.StrEnum):
    """Whom an invitation is for."""

    PERSON = "person"
    GROUP = "group"


class InvitationState(enum.StrEnum):
    """Where a person's invitation stands; worked out, never stored. Opening is never tracked."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    ANSWERED = "answered"
    DECLINED = "declined"
    BOUNCED = "bounced"
    WITHDRAWN = "withdrawn"


class Invitation(Base):
    """A person, or a group by a link, invited to sessions of a series. Whether it was opened is never known."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.UniqueConstraint("series_id", "organisation", "address_folded"),
        sa.CheckConstraint("uses >= 0", name="uses"),
        sa.CheckConstraint("max_uses > 0", name="max_uses"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that its link is derived from; `person_ref` of its mail."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    kind: Mapped[InvitationKind] = mapped_column(enum_column(InvitationKind))
    address: Mapped[str | None] = mapped_column(sa.String(254))
    """A person's; None for a group, and once erased."""
    address_folded: Mapped[str | None] = mapped_column(sa.String(254))
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    """A person's name, or what the organisers call the group."""
    language: Mapped[str] = mapped_column(sa.String(8))
    """In which it is written."""
    organisation: Mapped[str] = mapped_column(sa.String(200), default="")
    """The partner that brings these people; empty for the organisers' own."""
    is_locked: Mapped[bool] = mapped_column(default=True)
    """A person's: only this address may answer; otherwise the link may be passed on."""
    max_uses: Mapped[int | None]
    """A group's: how many may answer by it; None: any number. A person's is used once."""
    uses: Mapped[int] = mapped_column(default=0)
    """How many answered by it."""
    ends_at: Mapped[datetime | None]
    """Until when it is taken; None: as long as its sessions take answers."""
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id", ondelete="SET NULL"), index=True)
    """Who typed the address, and so may read it whole."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """Since when its mail, the first or a reminder, waits for the worker to write it; None: nothing does."""
    sent_at: Mapped[datetime | None]
    """When it was first put into the outbox; None: not sent."""
    reminded_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    """When a person said that they will not come."""
    withdrawn_at: Mapped[datetime | None]
    """When the organisers took it back, or the person asked not to be written to: the link is dead."""

    series: Mapped[Series] = relationship()
    sessions: Mapped[list[WorkshopSession]] = relationship(
        secondary="invitation_session", order_by=[WorkshopSession.starts_at, WorkshopSession.id]
    )


class InvitationSession(Base):
    """To which sessions an invitation lets in."""

    __tablename__ = "invitation_session"

    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitation.id", ondelete="CASCADE"), primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), primary_key=True, index=True
    )
