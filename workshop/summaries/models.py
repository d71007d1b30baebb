"""A session's summary, who wrote it, why warnings were passed over, and what is quoted in it."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.core.db import Base, enum_column
from workshop.core.localized import Localized


class SpeakerRole(enum.StrEnum):
    """As whom somebody is quoted; a fixed list, so that no role is made for one person."""

    PERSON_WHO_USES_DRUGS = "person_who_uses_drugs"
    RESEARCHER = "researcher"
    HEALTH_PROFESSIONAL = "health_professional"
    COMMUNITY_WORKER = "community_worker"
    PUBLIC_OFFICIAL = "public_official"
    PARTICIPANT = "participant"


class Summary(Base):
    """What is reported of a session, in general terms."""

    __tablename__ = "summary"
    __table_args__ = (
        sa.CheckConstraint("published_at IS NULL OR submitted_at IS NOT NULL", name="published_after_submitted"),
    )

    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[Localized] = mapped_column(default=Localized)
    """Markdown."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every save: a form that shows an older one overwrites nothing."""
    saved_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    """Since when it waits for whoever approves it; None: a draft."""
    published_at: Mapped[datetime | None]
    checked_for: Mapped[str] = mapped_column(sa.String(64), default="")
    """Hash of the people, organisations and texts of the last check; another one asks for a new check."""
    attributable: Mapped[tuple[str, ...]] = mapped_column(default=())
    """Whom the last check let be named on their talk (see `summaries.rule.attributable_marks`)."""
    stopped_at: Mapped[datetime | None]
    """When a later check, or a stricter level, took it off the pages; None: it never was."""

    authors: Mapped[list[SummaryAuthor]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    approvals: Mapped[list[SummaryApproval]] = relationship(
        order_by="SummaryApproval.id", cascade="all, delete-orphan", passive_deletes=True
    )
    reasons: Mapped[list[SummaryReason]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    quotations: Mapped[list[Quotation]] = relationship(
        order_by="Quotation.position", cascade="all, delete-orphan", passive_deletes=True
    )


class SummaryAuthor(Base):
    """Who changed or submitted the text since it was last published: from `discussion` up none of them approves it."""

    __tablename__ = "summary_author"

    summary_id: Mapped[int] = mapped_column(
        sa.ForeignKey("summary.workshop_session_id", ondelete="CASCADE"), primary_key=True
    )
    organiser_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SummaryApproval(Base):
    """That somebody read the text as it stands and would see it published; goes with every change of it."""

    __tablename__ = "summary_approval"
    __table_args__ = (sa.UniqueConstraint("summary_id", "organiser_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(sa.ForeignKey("summary.workshop_session_id", ondelete="CASCADE"))
    organiser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id", ondelete="SET NULL"), index=True)
    """None: their account is gone, and what they approved stands."""
    is_own: Mapped[bool] = mapped_column(default=False)
    """Whether they wrote in it: that counts while it is on the record, and no longer once it is under the Rule."""
    approved_at: Mapped[datetime]


class SummaryReason(Base):
    """Why a warning of the check was passed over."""

    __tablename__ = "summary_reason"

    summary_id: Mapped[int] = mapped_column(
        sa.ForeignKey("summary.workshop_session_id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """Hash of what was warned of and of its words: the same warning elsewhere in the text asks no second time."""
    reason: Mapped[str] = mapped_column(sa.String(500))
    given_by: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id", ondelete="SET NULL"), index=True)
    given_at: Mapped[datetime]


class Quotation(Base):
    """Somebody's words, with a role that at least five share and never a name."""

    __tablename__ = "quotation"
    __table_args__ = (sa.CheckConstraint("shared_by >= 5", name="shared_by"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(
        sa.ForeignKey("summary.workshop_session_id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    role: Mapped[SpeakerRole] = mapped_column(enum_column(SpeakerRole))
    shared_by: Mapped[int]
    """How many confirmed participants share the role, as the organisers declared."""
    text: Mapped[Localized]
