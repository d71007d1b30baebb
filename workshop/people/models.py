"""People who speak, moderate or organise in a series, and its partners."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.core.db import Base
from workshop.core.links import new_subject
from workshop.core.localized import Localized


class Person(Base):
    """A speaker, moderator or member of the committee, in one series: two series never share a person."""

    __tablename__ = "person"
    __table_args__ = (sa.UniqueConstraint("series_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(80))
    """What the series' file calls this person."""
    name: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[Localized] = mapped_column(default=Localized)
    affiliations: Mapped[tuple[Localized, ...]] = mapped_column(default=())
    biography: Mapped[Localized] = mapped_column(default=Localized)
    """Markdown."""
    links: Mapped[tuple[str, ...]] = mapped_column(default=())
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    """Private: in no page, mail or export but `series export --private`."""
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that the link of their own page is derived from; never shown."""
    language: Mapped[str] = mapped_column(sa.String(8), default="")
    """In which they are written to; empty: the series' first."""


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
