"""People who speak, moderate or organise in a series, and its partners."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.core.db import NUMBERED_ONCE, Base, JSONObject, JSONTuple, enum_column
from workshop.core.links import new_subject
from workshop.core.localized import Localized


class Person(Base):
    """A speaker, moderator or member of the committee, in one series: two series never share a person."""

    __tablename__ = "person"
    __table_args__ = (sa.UniqueConstraint("series_id", "key"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(80))
    """What the series' file calls this person."""
    name: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[Localized] = mapped_column(default=Localized)
    affiliations: Mapped[tuple[Localized, ...]] = mapped_column(default=())
    """Where they work now."""
    former: Mapped[tuple[dict[str, Any], ...]] = mapped_column(JSONTuple, default=())
    """Where they worked: objects with `until` (ISO 8601 date, exclusive), `affiliations` (Localized's JSON) and, where
    it was another one, `role`; the earliest first. A session shows what held on the day when it begins: what was
    printed stays."""
    biography: Mapped[Localized] = mapped_column(default=Localized)
    """Markdown."""
    links: Mapped[tuple[str, ...]] = mapped_column(default=())
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    """Private: in no page, mail or export but `series export --private`."""
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that the link of their own page is derived from; never shown."""
    language: Mapped[str] = mapped_column(sa.String(8), default="")
    """In which they are written to; empty: the series' first."""

    portrait: Mapped[Portrait | None] = relationship(lazy="joined", viewonly=True, uselist=False)
    """Without its content."""


class CommitteeMember(Base):
    """A person's place in a series' organising committee."""

    __tablename__ = "committee_member"

    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Partner(Base):
    """An organisation beside the organisers, of the whole series or of one session."""

    __tablename__ = "partner"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    """None: of the series."""
    position: Mapped[int]
    name: Mapped[Localized]
    role: Mapped[Localized] = mapped_column(default=Localized)
    url: Mapped[str] = mapped_column(sa.String(500), default="")


class Portrait(Base):
    """A picture of a person, small and written anew without its metadata."""

    __tablename__ = "portrait"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id: its address."""
    media_type: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, deferred_raiseload=True)
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(sa.String(64))
    """`speaker`, or an organiser as the log names them."""


class ChangeState(enum.StrEnum):
    """What became of a change that somebody who speaks asked for."""

    WAITING = "waiting"
    MADE = "made"
    REFUSED = "refused"


class SpeakerChange(Base):
    """What somebody who speaks wrote on their own page about themselves, or about a talk of theirs."""

    __tablename__ = "speaker_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), index=True)
    """The talk whose title and abstract it is about; None: the person."""
    content: Mapped[dict[str, Any]] = mapped_column(JSONObject)
    """Field → what it should be, as the column's JSON."""
    was: Mapped[dict[str, Any]] = mapped_column(JSONObject)
    """Field → what it was when they wrote."""
    state: Mapped[ChangeState] = mapped_column(enum_column(ChangeState), default=ChangeState.WAITING)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(sa.String(64), default="")
    """An organiser as the log names them; `speaker` where the series lets changes through at once."""


class StaleText(Base):
    """A text whose other language was changed since. Gone once it is edited, or somebody says that it holds."""

    __tablename__ = "stale_text"

    owner: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """Whose text: `series:<id>`, `session:<id>`, `section:<id>`, `item:<id>` or `person:<id>`."""
    field: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """The column, such as `title`."""
    language: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    """In which it may no longer say the same."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    changed_language: Mapped[str] = mapped_column(sa.String(8))
    """The one that was changed."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(sa.String(64))
    """As the log names them."""
