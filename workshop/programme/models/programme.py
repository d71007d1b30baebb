"""The programme of a session: sections, items, who speaks in them and to what each of them agreed."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.chatham.rule import ConsentKind, Level
from workshop.core.db import NUMBERED_ONCE, Base, JSONObject, enum_column
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.programme.models.materials import Slides


class ItemKind(enum.StrEnum):
    """What an item of the programme is."""

    TALK = "talk"
    PANEL = "panel"
    DISCUSSION = "discussion"
    BREAK = "break"


class SlotRole(enum.StrEnum):
    """What somebody does in a session or an item."""

    SPEAKER = "speaker"
    MODERATOR = "moderator"


class Section(Base):
    """A part of the programme."""

    __tablename__ = "section"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    title: Mapped[Localized] = mapped_column(default=Localized)

    items: Mapped[list[Item]] = relationship(
        order_by="Item.position", cascade="all, delete-orphan", passive_deletes=True
    )


class Item(Base):
    """A talk, panel, discussion or break."""

    __tablename__ = "item"
    __table_args__ = (sa.CheckConstraint("minutes > 0", name="minutes"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    section_id: Mapped[int] = mapped_column(sa.ForeignKey("section.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    kind: Mapped[ItemKind] = mapped_column(enum_column(ItemKind))
    title: Mapped[Localized] = mapped_column(default=Localized)
    abstract: Mapped[Localized] = mapped_column(default=Localized)
    """Markdown."""
    starts: Mapped[str] = mapped_column(sa.String(5), default="")
    """Wall time HH:MM in the session's zone, or empty."""
    minutes: Mapped[int | None]
    level: Mapped[Level | None] = mapped_column(enum_column(Level))
    """None: the session's."""

    slots: Mapped[list[SpeakerSlot]] = relationship(
        order_by="SpeakerSlot.position", cascade="all, delete-orphan", passive_deletes=True
    )


class SpeakerSlot(Base):
    """A person's part in a session (as its moderator) or in an item."""

    __tablename__ = "speaker_slot"

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), index=True)
    """None: moderator of the whole session."""
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[SlotRole] = mapped_column(enum_column(SlotRole))
    position: Mapped[int]
    created_at: Mapped[datetime]
    """Since when the organisers' entry counts as announced."""
    confirmed_at: Mapped[datetime | None]
    """When they said that they come, or an organiser noted it; None: not yet."""
    declined_at: Mapped[datetime | None]
    """When they said that they do not; their name is then announced no more."""
    told_level: Mapped[Level | None] = mapped_column(enum_column(Level))
    """The level shown as this person was last told it, or as it stood when they first could be; None: not yet."""
    told: Mapped[dict[str, Any] | None] = mapped_column(JSONObject)
    """What this person knows of the session, as programme.rule.Facts writes it, where what stands may differ from it
    and they were not told; None: they know it as it stands."""

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    consents: Mapped[list[SpeakerConsent]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", passive_deletes=True
    )
    slides: Mapped[list[Slides]] = relationship(order_by=Slides.id, cascade="all, delete-orphan", passive_deletes=True)


class SpeakerConsent(Base):
    """A consent given or withdrawn for one slot. Absent: the default of its kind."""

    __tablename__ = "speaker_consent"

    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("speaker_slot.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[ConsentKind] = mapped_column(enum_column(ConsentKind), primary_key=True)
    given_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    """Not None: withdrawn; an import never restores it."""
    recorded_by: Mapped[str] = mapped_column(sa.String(64), default="")
    """Whose act that was: `speaker`, by their own link, or an organiser as the log names them."""
