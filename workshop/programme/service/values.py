"""What can be said of a series, its sessions and their programme: filled by forms and by the series file alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.values import EMPTY, PartnerValues, partner_values
from workshop.programme.models import (
    DEFAULT_REMINDERS,
    Format,
    Item,
    ItemKind,
    Mode,
    Question,
    QuestionKind,
    Section,
    Series,
    SessionStatus,
    SlotRole,
    WorkshopSession,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesValues:
    """Everything that can be said of a series."""

    slug: str
    title: Localized
    languages: tuple[str, ...]
    tzid: str
    level: Level
    visibility: Visibility
    subtitle: Localized = EMPTY
    kind: Localized = EMPTY
    description: Localized = EMPTY
    contact: str = ""
    sender_name: Localized = EMPTY
    controller: Localized = EMPTY
    own_sentence: Localized = EMPTY
    """The organisers' own, after the Rule's notice."""
    retention_days: int = 30
    without_address: bool = False
    speaker_changes_wait: bool = True
    """Whether what those who speak write about themselves waits for an organiser."""
    links: tuple[str, ...] = ()
    colour: str = ""
    embed_origins: tuple[str, ...] = ()
    """Sites that may show the list of sessions in a frame."""
    reminders: tuple[str, ...] = DEFAULT_REMINDERS
    committee: tuple[str, ...] | None = None
    """Keys of people, in order; None leaves the committee as it is."""
    partners: tuple[PartnerValues, ...] | None = None
    """None leaves the partners as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpretationValues:
    """Interpretation offered, from one language code into another."""

    source: str
    target: str
    scope: Localized = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareValues:
    """Places kept for some. Its key is no part of it: `service.keys` keeps it while the share stays."""

    name: Localized
    percent: int
    """1 to 100, of the capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionValues:
    """What is asked of those who answer. Keys, of itself and of its options, are no part of it."""

    kind: QuestionKind
    text: Localized
    reason: Localized
    options: tuple[Localized, ...] = ()
    """For one or several of: two at least."""
    is_required: bool = False
    keep_days: int = 0
    """Days after the end of the session (of the last one, for the series' own) until replies are erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionValues:
    """Everything that can be said of a session but its programme and its questions.

    Times are naive wall times in `tzid`. A `…_fold` says which of two equal wall times is meant when clocks go back (0
    the first, 1 the second, None to be asked); the end's follows the start's where it says nothing.
    """

    slug: str = ""
    """Empty: the number."""
    number: int | None = None
    label: Localized = EMPTY
    short_title: Localized = EMPTY
    title: Localized
    public_title: Localized = EMPTY
    abstract: Localized = EMPTY
    objectives: tuple[Localized, ...] = ()
    starts_wall: datetime
    ends_wall: datetime
    fold: int | None = None
    ends_fold: int | None = None
    tzid: str = ""
    """Empty: the series'."""
    format: Format = Format.WORKSHOP
    mode: Mode = Mode.ONLINE
    place: Localized = EMPTY
    room_link: str = ""
    floor_languages: tuple[str, ...]
    interpretation: tuple[InterpretationValues, ...] = ()
    status: SessionStatus = SessionStatus.CONFIRMED
    is_postponed: bool = False
    """Cancelled only until there is a new date."""
    is_published: bool = False
    visibility: Visibility | None = None
    level: Level | None = None
    capacity: int | None = None
    has_waiting_list: bool = True
    needs_approval: bool = False
    shares: tuple[ShareValues, ...] = ()
    rsvp_opens_wall: datetime | None = None
    rsvp_opens_fold: int | None = None
    rsvp_closes_wall: datetime | None = None
    rsvp_closes_fold: int | None = None
    monolingual: str = ""
    links: tuple[str, ...] = ()
    reminders: tuple[str, ...] | None = None
    """None: the series'."""
    moderators: tuple[str, ...] | None = None
    """Keys of people, in order; None leaves them as they are."""
    partners: tuple[PartnerValues, ...] | None = None
    """None leaves the partners as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemValues:
    """An item of the programme."""

    kind: ItemKind
    id: int | None = field(default=None, compare=False)
    """None: a new one, or one that is told by its place and title. Says nothing of the item itself."""
    title: Localized = EMPTY
    abstract: Localized = EMPTY
    starts: str = ""
    """HH:MM in the session's zone, or empty."""
    minutes: int | None = None
    level: Level | None = None
    speakers: tuple[str, ...] = ()
    """Keys of people, in order."""
    moderators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionValues:
    """A section of the programme."""

    id: int | None = field(default=None, compare=False)
    """None: a new one, or one that is told by its place and title. Says nothing of the section itself."""
    title: Localized = EMPTY
    items: tuple[ItemValues, ...] = ()


def series_values(series: Series) -> SeriesValues:
    """Return what is stored of a series."""
    return SeriesValues(
        slug=series.slug,
        title=series.title,
        languages=series.languages,
        tzid=series.tzid,
        level=series.level,
        visibility=series.visibility,
        subtitle=series.subtitle,
        kind=series.kind,
        description=series.description,
        contact=series.contact,
        sender_name=series.sender_name,
        controller=series.controller,
        own_sentence=series.own_sentence,
        retention_days=series.retention_days,
        without_address=series.without_address,
        speaker_changes_wait=series.speaker_changes_wait,
        links=series.links,
        colour=series.colour,
        embed_origins=series.embed_origins,
        reminders=series.reminders,
        committee=tuple(member.person.key for member in series.committee),
        partners=tuple(partner_values(partner) for partner in series.partners),
    )


def session_values(workshop_session: WorkshopSession) -> SessionValues:
    """Return what is stored of a session."""
    starts, fold = wall_and_fold(workshop_session.starts_at, workshop_session.tzid)
    ends, ends_fold = wall_and_fold(workshop_session.ends_at, workshop_session.tzid)
    opens, opens_fold = _optional_wall(workshop_session.rsvp_opens_at, workshop_session.tzid)
    closes, closes_fold = _optional_wall(workshop_session.rsvp_closes_at, workshop_session.tzid)
    return SessionValues(
        slug=workshop_session.slug,
        number=workshop_session.number,
        label=workshop_session.label,
        short_title=workshop_session.short_title,
        title=workshop_session.title,
        public_title=workshop_session.public_title,
        abstract=workshop_session.abstract,
        objectives=workshop_session.objectives,
        # The stored walls, not those computed: a zone whose rules have changed keeps what was announced.
        starts_wall=workshop_session.starts_wall,
        ends_wall=workshop_session.ends_wall,
        fold=fold if starts == workshop_session.starts_wall else None,
        ends_fold=ends_fold if ends == workshop_session.ends_wall else None,
        tzid=workshop_session.tzid,
        format=workshop_session.format,
        mode=workshop_session.mode,
        place=workshop_session.place,
        room_link=workshop_session.room_link,
        floor_languages=workshop_session.floor_languages,
        interpretation=tuple(
            InterpretationValues(
                source=entry["from"], target=entry["into"], scope=Localized.from_json(entry.get("scope") or None)
            )
            for entry in workshop_session.interpretation
        ),
        status=workshop_session.status,
        is_postponed=workshop_session.postponed_at is not None,
        is_published=workshop_session.is_published,
        visibility=workshop_session.visibility,
        level=workshop_session.level,
        capacity=workshop_session.capacity,
        has_waiting_list=workshop_session.has_waiting_list,
        needs_approval=workshop_session.needs_approval,
        shares=tuple(
            ShareValues(name=Localized.from_json(share["name"]), percent=share["percent"])
            for share in workshop_session.shares
        ),
        rsvp_opens_wall=opens,
        rsvp_opens_fold=opens_fold,
        rsvp_closes_wall=closes,
        rsvp_closes_fold=closes_fold,
        monolingual=workshop_session.monolingual,
        links=workshop_session.links,
        reminders=workshop_session.reminders,
        moderators=tuple(slot.person.key for slot in workshop_session.slots if slot.role is SlotRole.MODERATOR),
        partners=tuple(partner_values(partner) for partner in workshop_session.partners),
    )


def question_values(question: Question) -> QuestionValues:
    """Return what is stored of a question."""
    return QuestionValues(
        kind=question.kind,
        text=question.text,
        reason=question.reason,
        options=tuple(Localized.from_json(option["text"]) for option in question.options),
        is_required=question.is_required,
        keep_days=question.keep_days,
    )


def section_values(section: Section) -> SectionValues:
    """Return what is stored of a section."""
    return SectionValues(id=section.id, title=section.title, items=tuple(item_values(item) for item in section.items))


def item_values(item: Item) -> ItemValues:
    """Return what is stored of an item."""
    return ItemValues(
        id=item.id,
        kind=item.kind,
        title=item.title,
        abstract=item.abstract,
        starts=item.starts,
        minutes=item.minutes,
        level=item.level,
        speakers=tuple(slot.person.key for slot in item.slots if slot.role is SlotRole.SPEAKER),
        moderators=tuple(slot.person.key for slot in item.slots if slot.role is SlotRole.MODERATOR),
    )


def wall_and_fold(instant: datetime, tzid: str) -> tuple[datetime, int | None]:
    """Return the naive wall time in a zone, and its fold; None where that wall time occurs once only."""
    zone = ZoneInfo(tzid)
    local = instant.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    is_twice = wall.replace(tzinfo=zone).utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()
    return wall, local.fold if is_twice else None


def _optional_wall(instant: datetime | None, tzid: str) -> tuple[datetime | None, int | None]:
    return (None, None) if instant is None else wall_and_fold(instant, tzid)
