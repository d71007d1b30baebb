"""Organisers, their sign-ins and their roles."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.core.db import Base, enum_column
from workshop.core.links import new_subject


class Role(enum.StrEnum):
    """What an organiser may do in one series."""

    OWNER = "owner"
    ORGANISER = "organiser"
    HELPER = "helper"
    PARTNER = "partner"


class Organiser(UserMixin, Base):
    """Somebody who signs in."""

    __tablename__ = "organiser"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that the link of the organiser's own calendar is derived from; never shown."""
    email: Mapped[str] = mapped_column(sa.String(254))
    email_folded: Mapped[str] = mapped_column(sa.String(254), unique=True)
    """The address with case folded: what signing in compares."""
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    language: Mapped[str] = mapped_column(sa.String(8), default="fr")
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    """argon2id, in its own encoded form."""
    is_administrator: Mapped[bool] = mapped_column(default=False)
    """Manages accounts; sees no answers by that."""
    is_enabled: Mapped[bool] = mapped_column(default=True)
    wants_digest: Mapped[bool] = mapped_column(default=True)
    """Whether what needs attention in their series is mailed to them, once a day at most."""
    created_at: Mapped[datetime]

    roles: Mapped[list[SeriesRole]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class SeriesRole(Base):
    """One organiser's role in one series. Absent means: that series does not exist for them."""

    __tablename__ = "series_role"

    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    organisation: Mapped[str] = mapped_column(sa.String(200), default="")
    """A partner's: whose invitations they see. Empty for the other roles."""
    granted_at: Mapped[datetime]


class SignIn(Base):
    """One browser in which an organiser is signed in; ended on the server."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the random token that the cookie holds."""
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """Kept to within five minutes, for the idle limit."""


class BreakGlass(Base):
    """An administrator opened a series that is not theirs: for a reason, for a while, told to its organisers."""

    __tablename__ = "break_glass"
    __table_args__ = (sa.CheckConstraint("closes_at > opened_at", name="closes_after_opening"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    """Shown to the organisers of the series."""
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
