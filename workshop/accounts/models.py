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
    EDITOR = "editor"
    ANSWERS = "answers"
    TRANSLATOR = "translator"
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
    tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    """IANA zone in which the workspace shows times beside the sessions' own; empty: the instance's."""
    totp_generation: Mapped[int | None]
    """Of the secret of the second factor, derived from SECRET_KEY, `subject` and this; None: there is no second factor.
    The database never holds the secret."""
    totp_check: Mapped[str] = mapped_column(sa.String(64), default="")
    """Hash of that secret: tells that SECRET_KEY has changed since, so that no code can be right any more."""
    totp_confirmed_at: Mapped[datetime | None]
    """When a first code was right; None: begun, not in force."""
    totp_step: Mapped[int | None]
    """The last step of 30 s whose code was used (RFC 6238, 5.2): no code counts twice."""
    created_at: Mapped[datetime]

    roles: Mapped[list[SeriesRole]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class SeriesRole(Base):
    """One organiser's role in one series. Absent means: that series does not exist for them."""

    __tablename__ = "series_role"

    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    organisation: Mapped[str] = mapped_column(sa.String(200), default="")
    """A partner's: whose invitations they see. Of which institution the others are, as the list of roles shows it."""
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    """A helper's: at whose door they stand. None for the other roles."""
    expires_at: Mapped[datetime | None]
    """From then on the role is none; None: until it is taken away."""
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
    confirmed_at: Mapped[datetime | None]
    """When the pass phrase was last given in it, as acts of weight ask."""
    browser: Mapped[str] = mapped_column(sa.String(80), default="")
    """What kind of browser it was, such as "Firefox, Linux": to tell one's own sign-ins apart."""


class RecoveryCode(Base):
    """One of the codes that stand for the second factor once each; gone when it was used."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the organiser's `subject` and the code, which has 120 bits."""


class RoleInvitation(Base):
    """Somebody asked by mail to have an account, and a role in a series. Its link works once."""

    __tablename__ = "role_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that its link is derived from; never shown."""
    series_id: Mapped[int | None] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    """None: an account without a role, which an administrator offers."""
    email: Mapped[str] = mapped_column(sa.String(254))
    email_folded: Mapped[str] = mapped_column(sa.String(254), index=True)
    language: Mapped[str] = mapped_column(sa.String(8))
    """Of the message."""
    role: Mapped[Role | None] = mapped_column(enum_column(Role))
    """None where `series_id` is."""
    organisation: Mapped[str] = mapped_column(sa.String(200), default="")
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    """A helper's."""
    role_expires_at: Mapped[datetime | None]
    invited_by: Mapped[str] = mapped_column(sa.String(64))
    """As the log names them."""
    created_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    """From then on its link opens nothing."""
    used_at: Mapped[datetime | None]


class PassPhraseReset(Base):
    """A link by which an organiser sets a new pass phrase, once and soon. Used or past, the row is gone."""

    __tablename__ = "pass_phrase_reset"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that its link is derived from; never shown."""
    organiser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    """None: nobody has the address asked for; kept until the worker looks, so that asking costs the same for all."""
    created_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When the worker wrote its message; asking only puts the row here."""


class OrganiserAddressChange(Base):
    """An address that an organiser gave as their new one, until a link mailed to it is pressed."""

    __tablename__ = "organiser_address_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that its link is derived from; never shown."""
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    email_folded: Mapped[str] = mapped_column(sa.String(254), index=True)
    created_at: Mapped[datetime]
    closes_at: Mapped[datetime]


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
