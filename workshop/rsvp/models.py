"""Participants, their answers, what they acknowledged and what they were last told."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.chatham.rule import Level
from workshop.core.db import Base, enum_column
from workshop.core.links import new_subject
from workshop.core.localized import Localized
from workshop.programme.models import Mode, Series, SessionStatus, WorkshopSession


class AnswerState(enum.StrEnum):
    """Where an answer stands (contract: States of an answer)."""

    PENDING = "pending"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


HOLDS_SEAT = (AnswerState.ACCEPTED, AnswerState.OFFERED)
"""Only these hold a seat."""


class Choice(enum.StrEnum):
    """What a participant may answer; PARTSTAT's words (RFC 5545, 3.2.12) in lower case."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Participant(Base):
    """One person in one series. The most sensitive table: who takes part."""

    __tablename__ = "participant"
    __table_args__ = (sa.UniqueConstraint("series_id", "address_folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that links are derived from; never shown."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    address: Mapped[str | None] = mapped_column(sa.String(254))
    """As typed; None once erased, or where the series asks for none."""
    address_folded: Mapped[str | None] = mapped_column(sa.String(254))
    """Domain and local part with case folded: what makes two answers one person's."""
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    """A name or an alias; empty once erased."""
    affiliation: Mapped[str] = mapped_column(sa.String(300), default="")
    language: Mapped[str] = mapped_column(sa.String(8))
    tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    """The participant's own IANA zone; empty: the session's."""
    wants_reminders: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """When the button behind the mailed link was first pressed."""
    erased_at: Mapped[datetime | None]

    series: Mapped[Series] = relationship()
    answers: Mapped[list[Answer]] = relationship(
        back_populates="participant", cascade="all, delete-orphan", passive_deletes=True
    )


class Answer(Base):
    """A participant's answer for one session."""

    __tablename__ = "answer"
    __table_args__ = (
        sa.UniqueConstraint("participant_id", "workshop_session_id"),
        sa.Index("ix_answer_workshop_session_id_state", "workshop_session_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that the join link is derived from."""
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    """Local part of this participant's own UID for the session, unguessable."""
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id", ondelete="CASCADE"))
    workshop_session_id: Mapped[int] = mapped_column(sa.ForeignKey("workshop_session.id", ondelete="CASCADE"))
    state: Mapped[AnswerState] = mapped_column(enum_column(AnswerState))
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime]
    """When the state last changed."""
    accepted_at: Mapped[datetime | None]
    """Since when the seat is held; None without one."""
    told_starts_at: Mapped[datetime | None]
    """What the participant was last told of the session, from here on; None: nothing yet."""
    told_ends_at: Mapped[datetime | None]
    told_tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    told_mode: Mapped[Mode | None] = mapped_column(enum_column(Mode))
    told_place: Mapped[Localized] = mapped_column(default=Localized)
    told_status: Mapped[SessionStatus | None] = mapped_column(enum_column(SessionStatus))

    participant: Mapped[Participant] = relationship(back_populates="answers")
    workshop_session: Mapped[WorkshopSession] = relationship()
    request: Mapped[AnswerRequest | None] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class AnswerRequest(Base):
    """What a form asked for and that waits for the button behind the mailed link. Changes nothing until then."""

    __tablename__ = "answer_request"

    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True)
    choice: Mapped[Choice] = mapped_column(enum_column(Choice))
    name: Mapped[str] = mapped_column(sa.String(200))
    affiliation: Mapped[str] = mapped_column(sa.String(300), default="")
    language: Mapped[str] = mapped_column(sa.String(8))
    tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    wants_reminders: Mapped[bool]
    notice_level: Mapped[Level | None] = mapped_column(enum_column(Level))
    """The notice that was acknowledged with the form; None when none was."""
    notice_version: Mapped[int | None]
    notice_language: Mapped[str] = mapped_column(sa.String(8), default="")
    created_at: Mapped[datetime]
    """Forgotten 48 hours later."""


class Acknowledgement(Base):
    """That a participant read a notice of the Rule and will respect it. A ground rule, not a consent."""

    __tablename__ = "acknowledgement"
    __table_args__ = (sa.UniqueConstraint("answer_id", "level", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"))
    level: Mapped[Level] = mapped_column(enum_column(Level))
    """The effective level at that time."""
    version: Mapped[int]
    language: Mapped[str] = mapped_column(sa.String(8))
    """The language in which the notice was shown."""
    acknowledged_at: Mapped[datetime]
