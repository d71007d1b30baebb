"""The values that templates, mails and calendars receive. What may not be seen is empty in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workshop.chatham.notices import Notice
from workshop.chatham.rule import Level, TitleForm, Visibility
from workshop.core.localized import Localized
from workshop.programme.models import Format, ItemKind, Mode, SessionStatus
from workshop.programme.view.materials import RecordingView, SlidesView


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody as far as they may be shown; affiliations are empty where only the name may."""

    name: str
    role: Localized
    affiliations: tuple[Localized, ...]
    biography: Localized
    links: tuple[str, ...]
    portrait: str = ""
    """Key of a picture, on the session's own page only; empty for none, and where it may not be shown."""


@dataclass(frozen=True, slots=True)
class PartnerView:
    """A partner organisation."""

    name: Localized
    role: Localized
    url: str


@dataclass(frozen=True, slots=True)
class InterpretationView:
    """Interpretation offered; `source` and `target` are language codes."""

    source: str
    target: str
    scope: Localized


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of the programme."""

    kind: ItemKind
    title: Localized
    abstract: Localized
    starts: str
    """HH:MM in the session's zone, or empty."""
    minutes: int | None
    level: Level
    level_source: str
    """Which of `item`, `session`, `series` decided the level."""
    speakers: tuple[PersonView, ...]
    moderators: tuple[PersonView, ...]
    slides: tuple[SlidesView, ...] = ()
    recordings: tuple[RecordingView, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section of the programme."""

    title: Localized
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session as one audience may see it on one surface. What may not be seen is empty here."""

    series_slug: str
    slug: str
    uid: str
    sequence: int
    revised_at: datetime
    series_title: Localized
    """Empty where the surface is neutral."""
    label: Localized
    """Never empty: the default is « Séance 4 » / "Session 4"."""
    number: int | None
    title: Localized
    """The real title, the public one, or the label, as disclosed."""
    title_form: TitleForm
    short_title: Localized
    starts_at: datetime
    ends_at: datetime
    tzid: str
    status: SessionStatus
    cancelled_at: datetime | None
    """None unless it is cancelled."""
    mode: Mode
    format: Format
    place: Localized
    floor_languages: tuple[str, ...]
    interpretation: tuple[InterpretationView, ...]
    monolingual: str
    languages: tuple[str, ...]
    """The series' languages."""
    visibility: Visibility
    level: Level
    """The strictest of the session and its items: what the sign shows and what is acknowledged."""
    level_source: str
    notice: Notice | None
    """With the organisers' own sentence, where it may be shown."""
    abstract: Localized
    objectives: tuple[Localized, ...]
    sections: tuple[SectionView, ...]
    moderators: tuple[PersonView, ...]
    partners: tuple[PartnerView, ...]
    links: tuple[str, ...]
    rsvp_opens_at: datetime | None
    rsvp_closes_at: datetime
    """Never None: the start where nothing else was said."""
    says_places: bool
    """Whether the public may be told yes, few or no places."""
    has_waiting_list: bool
    """Whether whoever meets it full may wait for a place."""
    needs_approval: bool
    """Whether answers wait for an organiser."""
    hides_names: bool
    """Whether somebody speaks or moderates whose name this audience does not see."""
    has_join_link: bool
    is_neutral: bool
    is_indexable: bool
    is_postponed: bool = False
    """Whether it is cancelled only until there is a new date."""
    moved_from: datetime | None = None
    """When it began before it was last moved, where that had been published."""
    controller: Localized = Localized()  # noqa: RUF009 (immutable)
    """Who answers for the series, as its privacy page names them; empty where the surface is neutral."""
    slides: tuple[SlidesView, ...] = ()
    """Of those who moderate the whole session; those of an item stand with it."""
    recordings: tuple[RecordingView, ...] = ()
    """Of the whole session."""

    @property
    def own_sentence(self) -> Localized:
        """The organisers' own sentence, shown after the notice; empty where there is none or it may not be shown."""
        return self.notice.own_sentence if self.notice else Localized()

    @property
    def files(self) -> frozenset[str]:
        """Keys of all slides that this audience may have."""
        of_items = [one for section in self.sections for item in section.items for one in item.slides]
        return frozenset(one.key for one in (*self.slides, *of_items))

    @property
    def portraits(self) -> frozenset[str]:
        """Keys of all portraits that this audience may see."""
        items = [item for section in self.sections for item in section.items]
        people = [*self.moderators, *(one for item in items for one in (*item.speakers, *item.moderators))]
        return frozenset(one.portrait for one in people if one.portrait)

    @property
    def is_cancelled(self) -> bool:
        """Whether the session will not take place."""
        return self.status is SessionStatus.CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneView:
    """What public calendars say for a time of a session that was taken back: that it is off, without a word of text."""

    uid: str
    sequence: int
    revised_at: datetime
    """When it was taken back."""
    starts_at: datetime
    """As last published."""
    ends_at: datetime
    tzid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """A series as one audience may see it, with those of its sessions that are listed."""

    slug: str
    title: Localized
    subtitle: Localized
    kind: Localized
    description: Localized
    languages: tuple[str, ...]
    tzid: str
    level: Level
    visibility: Visibility
    contact: str
    controller: Localized
    retention_days: int
    links: tuple[str, ...]
    colour: str
    revision: int
    revised_at: datetime
    committee: tuple[PersonView, ...]
    partners: tuple[PartnerView, ...]
    sessions: tuple[SessionView, ...]
    is_indexable: bool
    embed_origins: tuple[str, ...] = ()
    """Sites that may show the list of sessions in a frame."""
    tombstones: tuple[TombstoneView, ...] = ()
    """On the calendar's surface only, of all that were ever taken back."""
