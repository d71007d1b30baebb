"""Series, workshop sessions and what is asked of those who answer."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workshop.chatham.rule import Level, Visibility
from workshop.core.db import NUMBERED_ONCE, Base, JSONObject, JSONTuple, WallTime, enum_column
from workshop.core.links import new_subject
from workshop.core.localized import Localized
from workshop.people.models import CommitteeMember, Partner, Person
from workshop.programme.models.materials import Recording, Slides
from workshop.programme.models.programme import Section, SpeakerSlot

DEFAULT_REMINDERS = ("-7d", "-1d", "-1h")


class Format(enum.StrEnum):
    """What kind of session it is."""

    WORKSHOP = "workshop"
    OPEN_DEBATE = "open_debate"
    WORKING_GROUP = "working_group"
    EXPERT_GROUP = "expert_group"
    TRAINING = "training"
    SEMINAR = "seminar"
    NETWORK = "network"
    WEBINAR = "webinar"
    EXHIBITION = "exhibition"
    OTHER = "other"


class Mode(enum.StrEnum):
    """Where a session takes place."""

    ONLINE = "online"
    ON_SITE = "on_site"
    HYBRID = "hybrid"


class SessionStatus(enum.StrEnum):
    """RFC 5545's STATUS of an event, in the file's lower case."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Series(Base):
    """A series of workshop sessions."""

    __tablename__ = "series"
    __table_args__ = (
        sa.CheckConstraint("retention_days BETWEEN 1 AND 90", name="retention_days"),
        sa.CheckConstraint("length(slug) > 0", name="slug"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[Localized]
    subtitle: Mapped[Localized] = mapped_column(default=Localized)
    kind: Mapped[Localized] = mapped_column(default=Localized)
    description: Mapped[Localized] = mapped_column(default=Localized)
    """Markdown."""
    languages: Mapped[tuple[str, ...]]
    tzid: Mapped[str] = mapped_column(sa.String(64))
    level: Mapped[Level] = mapped_column(enum_column(Level))
    visibility: Mapped[Visibility] = mapped_column(enum_column(Visibility))
    contact: Mapped[str] = mapped_column(sa.String(254), default="")
    """Reply-To of the series' mail."""
    sender_name: Mapped[Localized] = mapped_column(default=Localized)
    controller: Mapped[Localized] = mapped_column(default=Localized)
    """Who answers for the personal data (GDPR art. 4(7)), as the privacy page names them."""
    retention_days: Mapped[int] = mapped_column(default=30)
    """Days after the end of the last session answered until an identity is erased."""
    without_address: Mapped[bool] = mapped_column(default=False)
    links: Mapped[tuple[str, ...]] = mapped_column(default=())
    colour: Mapped[str] = mapped_column(sa.String(32), default="")
    reminders: Mapped[tuple[str, ...]] = mapped_column(default=DEFAULT_REMINDERS)
    """Offsets such as `-7d`, `-1h`, `+1d`."""
    reminders_paused_at: Mapped[datetime | None]
    """Since when no reminder of any session leaves; None: they leave."""
    revision: Mapped[int] = mapped_column(default=1)
    """Raised by every write to what the pages of the series show; caches ask nothing else."""
    revised_at: Mapped[datetime]
    own_sentence: Mapped[Localized] = mapped_column(default=Localized)
    """The organisers' own sentence, shown after the Rule's notice; empty for none. Its wordings: OwnSentence."""
    own_sentence_version: Mapped[int] = mapped_column(default=0)
    """Of the wording above, 0 while there never was one; an acknowledgement keeps it."""
    speaker_changes_wait: Mapped[bool] = mapped_column(default=True)
    """Whether what speakers write on their own pages waits until an organiser has seen it."""
    embed_origins: Mapped[tuple[str, ...]] = mapped_column(default=())
    """Sites that may show the series' list in a frame, as origins such as `https://partner.example.org` (RFC 6454)."""

    sessions: Mapped[list[WorkshopSession]] = relationship(
        back_populates="series",
        order_by="WorkshopSession.starts_at, WorkshopSession.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    people: Mapped[list[Person]] = relationship(order_by=Person.id, cascade="all, delete-orphan", passive_deletes=True)
    committee: Mapped[list[CommitteeMember]] = relationship(
        order_by=CommitteeMember.position, cascade="all, delete-orphan", passive_deletes=True
    )
    partners: Mapped[list[Partner]] = relationship(
        primaryjoin=lambda: sa.and_(Partner.series_id == Series.id, Partner.workshop_session_id.is_(None)),
        order_by=Partner.position,
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    questions: Mapped[list[Question]] = relationship(
        primaryjoin=lambda: sa.and_(Question.series_id == Series.id, Question.workshop_session_id.is_(None)),
        order_by=lambda: (Question.position, Question.id),
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    """The series' own: asked once of whoever answers for any of its sessions."""


class WorkshopSession(Base):
    """One session of a series."""

    __tablename__ = "workshop_session"
    __table_args__ = (
        sa.UniqueConstraint("series_id", "slug"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("capacity > 0", name="capacity"),
        sa.CheckConstraint("sequence >= 0", name="sequence"),
        sa.CheckConstraint("postponed_at IS NULL OR status = 'cancelled'", name="postponed"),
        NUMBERED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(sa.String(80))
    number: Mapped[int | None]
    label: Mapped[Localized] = mapped_column(default=Localized)
    """What stands for the title where it may not be shown, such as "Workshop 4"."""
    short_title: Mapped[Localized] = mapped_column(default=Localized)
    title: Mapped[Localized]
    public_title: Mapped[Localized] = mapped_column(default=Localized)
    abstract: Mapped[Localized] = mapped_column(default=Localized)
    """Markdown."""
    objectives: Mapped[tuple[Localized, ...]] = mapped_column(default=())
    starts_wall: Mapped[datetime] = mapped_column(WallTime)
    """Wall time in `tzid`, kept so that a change of the zone's rules keeps 16:00 at 16:00."""
    ends_wall: Mapped[datetime] = mapped_column(WallTime)
    tzid: Mapped[str] = mapped_column(sa.String(64))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    """Exclusive."""
    began_at: Mapped[datetime | None]
    """When it first began, where it was moved to later since: what was said then never comes under a looser level."""
    moved_from: Mapped[datetime | None]
    """When it began before it was last moved, where that had been published; None where it was not."""
    format: Mapped[Format] = mapped_column(enum_column(Format), default=Format.WORKSHOP)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode), default=Mode.ONLINE)
    place: Mapped[Localized] = mapped_column(default=Localized)
    room_link: Mapped[str] = mapped_column(sa.String(1000), default="")
    """Private: behind the join page, in the organisers' form and in `series export --private` only."""
    floor_languages: Mapped[tuple[str, ...]] = mapped_column(default=())
    interpretation: Mapped[tuple[dict[str, Any], ...]] = mapped_column(JSONTuple, default=())
    """Objects with `from`, `into` (language codes) and `scope` (a Localized's JSON)."""
    status: Mapped[SessionStatus] = mapped_column(enum_column(SessionStatus), default=SessionStatus.CONFIRMED)
    visibility: Mapped[Visibility | None] = mapped_column(enum_column(Visibility))
    """None: the series'."""
    level: Mapped[Level | None] = mapped_column(enum_column(Level))
    """None: the series'."""
    capacity: Mapped[int | None]
    """Seats; None for no limit."""
    rsvp_opens_at: Mapped[datetime | None]
    """None: open as soon as published."""
    rsvp_closes_at: Mapped[datetime | None]
    """None: at the start."""
    has_waiting_list: Mapped[bool] = mapped_column(default=True)
    """Whether whoever meets a full session may wait for a place."""
    needs_approval: Mapped[bool] = mapped_column(default=False)
    """Whether an answer waits for an organiser."""
    shares: Mapped[tuple[dict[str, Any], ...]] = mapped_column(JSONTuple, default=())
    """Places kept for some: objects with `key`, `name` (a Localized's JSON), `percent` (1 to 100, of the capacity)."""
    monolingual: Mapped[str] = mapped_column(sa.String(8), default="")
    """Language in which alone the session is declared to exist; empty when it exists in all."""
    links: Mapped[tuple[str, ...]] = mapped_column(default=())
    reminders: Mapped[tuple[str, ...] | None] = mapped_column(JSONTuple)
    """None: the series'."""
    reminders_paused_at: Mapped[datetime | None]
    """Since when no reminder of this session leaves; None: they leave, unless the series' are paused."""
    tell_at: Mapped[datetime | None]
    """When an organiser asked that those concerned be told of what was edited; None once all of them were. What was
    edited and never asked to be told waits; moves, cancellations and stricter levels do not."""
    is_published: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    unpublished_at: Mapped[datetime | None]
    """When it was last taken back after having been published; None while it is published or never was."""
    tombstone: Mapped[dict[str, Any] | None] = mapped_column(JSONObject)
    """What public calendars said of it when it was taken back: `starts_at`, `ends_at` (ISO 8601, UTC), `tzid` and
    `sequence`, this one raised by one. None where they held nothing of it. Kept apart, because what becomes of it as
    a draft is nobody's business."""
    cancelled_at: Mapped[datetime | None]
    """When it was cancelled; None unless it is. Calendars keep it for a time from then on."""
    postponed_at: Mapped[datetime | None]
    """When it was put off without a new date; None unless it is. It is cancelled meanwhile, in other words."""
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    """Local part of the UID (RFC 5545, 3.8.4.7); never changes."""
    sequence: Mapped[int] = mapped_column(default=0)
    """RFC 5545, 3.8.7.4: raised by time, zone, place, mode, status and a stricter level."""
    revised_at: Mapped[datetime]
    """DTSTAMP and LAST-MODIFIED."""

    series: Mapped[Series] = relationship(back_populates="sessions")
    sections: Mapped[list[Section]] = relationship(
        order_by=Section.position, cascade="all, delete-orphan", passive_deletes=True
    )
    slots: Mapped[list[SpeakerSlot]] = relationship(
        primaryjoin="and_(SpeakerSlot.workshop_session_id == WorkshopSession.id, SpeakerSlot.item_id.is_(None))",
        order_by=SpeakerSlot.position,
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    """The session's own moderators."""
    partners: Mapped[list[Partner]] = relationship(
        order_by=Partner.position, cascade="all, delete-orphan", passive_deletes=True
    )
    questions: Mapped[list[Question]] = relationship(
        order_by="Question.position, Question.id", cascade="all, delete-orphan", passive_deletes=True
    )
    recordings: Mapped[list[Recording]] = relationship(
        order_by=Recording.id, cascade="all, delete-orphan", passive_deletes=True
    )
    slides: Mapped[list[Slides]] = relationship(
        secondary=lambda: SpeakerSlot.__table__, order_by=Slides.id, viewonly=True
    )
    """Of all who speak or moderate, in one statement; written through their slots."""


class QuestionKind(enum.StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    ONE_OF = "one_of"
    SEVERAL_OF = "several_of"
    YES_NO = "yes_no"


class Question(Base):
    """What the organisers ask those who answer, for a whole series or for one session."""

    __tablename__ = "question"
    __table_args__ = (sa.CheckConstraint("keep_days BETWEEN 0 AND 90", name="keep_days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id: forms name the field `questions-<key>`."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    """None: asked once for the series."""
    position: Mapped[int]
    kind: Mapped[QuestionKind] = mapped_column(enum_column(QuestionKind))
    text: Mapped[Localized]
    reason: Mapped[Localized]
    """Why it is asked, shown to the participant."""
    options: Mapped[tuple[dict[str, Any], ...]] = mapped_column(JSONTuple, default=())
    """For one or several of: objects with `key` (stable) and `text` (a Localized's JSON)."""
    is_required: Mapped[bool] = mapped_column(default=False)
    keep_days: Mapped[int] = mapped_column(default=0)
    """Replies are erased so many days after the end of the session, of the last of the series for the series' own."""


class OldSlug(Base):
    """An address that a series or session had; it redirects for ever."""

    __tablename__ = "old_slug"
    __table_args__ = (sa.UniqueConstraint("within_series_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    within_series_id: Mapped[int | None] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    """The series within which `slug` named a session; None where `slug` named a series."""
    slug: Mapped[str] = mapped_column(sa.String(80), index=True)
    series_id: Mapped[int | None] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
