"""Levels of the Chatham House Rule and the one function that says what a viewer may see on a surface.

Pure: no database, no request, no clock. Where the Rule leaves a choice, the less is shown.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

MINIMUM_CELL = 5
"""The smallest number of people that a breakdown may show."""


class _Ordered(enum.StrEnum):
    """A StrEnum that compares by order of definition, loosest first; comparing it with a plain string is an error."""

    @property
    def strictness(self) -> int:
        """0 for the loosest member, rising."""
        return list(type(self)).index(self)

    def _other(self, other: object) -> int:
        # Falling back to str's own comparison would order levels by alphabet: "closed" would become the loosest.
        if type(other) is not type(self):
            raise TypeError(f"{type(self).__name__} compares only with its own kind")
        return other.strictness

    def __lt__(self, other: str) -> bool:
        return self.strictness < self._other(other)

    def __le__(self, other: str) -> bool:
        return self.strictness <= self._other(other)

    def __gt__(self, other: str) -> bool:
        return self.strictness > self._other(other)

    def __ge__(self, other: str) -> bool:
        return self.strictness >= self._other(other)

    @classmethod
    def parse(cls, value: str | None) -> Self:
        """The member of that value; an unknown or missing value counts as the strictest."""
        return next((member for member in cls if member.value == value), list(cls)[-1])


class Level(_Ordered):
    """How far what is said may be used and attributed; ordered, strictest last."""

    ON_THE_RECORD = "on_the_record"
    DISCUSSION = "discussion"
    WHOLE_SESSION = "whole_session"
    CLOSED = "closed"


class Visibility(_Ordered):
    """Who may know that a series or session exists; ordered, strictest last."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    INVITE_ONLY = "invite_only"


class Audience(enum.StrEnum):
    """For whom something is shown. A participant has confirmed and accepted; whoever has not is public or invited."""

    PUBLIC = "public"
    INVITED = "invited"
    PARTICIPANT = "participant"
    SPEAKER = "speaker"
    MODERATOR = "moderator"
    ORGANISER = "organiser"
    HELPER = "helper"
    ADMINISTRATOR = "administrator"


class Surface(enum.StrEnum):
    """Where something is shown. PAGE and LIST are the workspace's own when the audience is organiser or helper."""

    PAGE = "page"
    LIST = "list"
    SEARCH = "search"
    PERSONAL_PAGE = "personal_page"
    MAIL = "mail"
    CALENDAR = "calendar"
    PDF = "pdf"
    EXPORT = "export"
    PRIVATE_EXPORT = "private_export"
    JSON = "json"
    LOG = "log"
    LINK_PREVIEW = "link_preview"
    SITEMAP = "sitemap"
    FORM = "form"


class ConsentKind(enum.StrEnum):
    """What a speaker agrees to for one slot, each apart; values are the attributes of Consents."""

    ANNOUNCE_NAME = "announce_name"
    ANNOUNCE_AFFILIATION = "announce_affiliation"
    QUOTED = "quoted"
    SLIDES = "slides"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Consents:
    """A speaker's consents for one slot; the defaults are those of a speaker entered by an organiser."""

    announce_name: bool = True
    announce_affiliation: bool = True
    quoted: bool = False
    slides: bool = False
    recorded: bool = False


DEFAULT_CONSENTS = Consents()


class TitleForm(enum.StrEnum):
    """Which title is shown: the real one, the public title where there is one, the label, or none."""

    FULL = "full"
    PUBLIC_TITLE = "public_title"
    LABEL = "label"
    NONE = "none"


class LevelFault(enum.StrEnum):
    """Why levels and visibility cannot stand beside each other."""

    CLOSED_ITEM = "closed_item"
    ITEM_LOOSER_THAN_SESSION = "item_looser_than_session"
    CLOSED_BUT_VISIBLE = "closed_but_visible"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one audience may see on one surface; everything is refused unless it is known that the thing exists."""

    is_known: bool = False
    """That it exists, its date and level; False answers exactly like something that does not exist."""
    is_indexable: bool = False
    """Search engines may keep the page."""
    is_neutral: bool = False
    """Mail or calendar that names neither series nor topic in subject, sender, link text or address."""
    title: TitleForm = TitleForm.NONE
    notice: bool = False
    """The level's sign, label and notice."""
    own_sentence: bool = False
    """The organisers' own sentence after the notice; free words, so a neutral surface has none of it."""
    abstract: bool = False
    objectives: bool = False
    item_titles: bool = False
    """Titles and abstracts of sections and items."""
    place: bool = False
    speaker_names: bool = False
    """Speakers and moderators."""
    speaker_affiliations: bool = False
    room_link: bool = False
    """The room's own address."""
    join_link: bool = False
    """The link of the page that opens near the start; never the room's address."""
    participant_names: bool = False
    participant_addresses: bool = False
    """Masked until revealed; each reveal is logged."""
    participant_count: bool = False
    places_word: bool = False
    """Whether places are left: yes, few or no."""
    breakdowns: bool = False
    """Counts by country or sector, in cells of MINIMUM_CELL or more with complementary suppression."""
    may_attribute_talk: bool = False
    may_attribute_discussion: bool = False
    may_report: bool = False
    """What was said may be used at all, in general terms."""
    slides: bool = False
    recording: bool = False
    summary: bool = False
    """A summary that has passed its check."""


NOTHING = Disclosure()

_CONFIRMED = frozenset({Audience.PARTICIPANT, Audience.SPEAKER, Audience.MODERATOR})
_PERSONAL = frozenset({Surface.PAGE, Surface.PERSONAL_PAGE, Surface.MAIL, Surface.CALENDAR})
_WORKSPACE = frozenset({Surface.PAGE, Surface.LIST, Surface.SEARCH, Surface.FORM})
_DESK = frozenset({Surface.PAGE, Surface.FORM, Surface.EXPORT, Surface.PRIVATE_EXPORT})
# PDF, JSON, link previews and sitemaps are made to be passed on, so they never hold more than the public may see.
_OWN: dict[Audience, frozenset[Surface]] = {
    Audience.INVITED: _PERSONAL,
    Audience.PARTICIPANT: _PERSONAL,
    Audience.SPEAKER: _PERSONAL,
    Audience.MODERATOR: _PERSONAL,
    Audience.ORGANISER: _PERSONAL | _WORKSPACE | _DESK | {Surface.LOG},
    Audience.HELPER: _WORKSPACE,
}
_NEVER_PUBLIC = frozenset({Surface.FORM, Surface.EXPORT, Surface.PRIVATE_EXPORT, Surface.LOG})
_UNLISTED = frozenset({Surface.PAGE, Surface.PERSONAL_PAGE, Surface.MAIL, Surface.PDF, Surface.LINK_PREVIEW})
_UNLISTED_BY_ADDRESS = _UNLISTED | {Surface.LIST, Surface.CALENDAR, Surface.JSON}
_WORDLESS = frozenset({Surface.LOG, Surface.SITEMAP})


def _is_known(visibility: Visibility, audience: Audience, surface: Surface, *, has_address: bool) -> bool:
    if surface in _OWN.get(audience, frozenset()):
        return True
    if visibility is Visibility.PUBLIC:
        return surface not in _NEVER_PUBLIC
    if visibility is Visibility.UNLISTED:
        return surface in (_UNLISTED_BY_ADDRESS if has_address else _UNLISTED)
    return False


def _is_at_work(audience: Audience, surface: Surface) -> bool:
    """Whether those who prepare the session are looking at their own pages and files."""
    if audience is Audience.HELPER:
        return surface in _WORKSPACE
    return audience is Audience.ORGANISER and surface in _WORKSPACE | _DESK


def _is_personal(audience: Audience, surface: Surface) -> bool:
    return surface is Surface.PERSONAL_PAGE and (audience in _CONFIRMED or audience is Audience.ORGANISER)


def _title(level: Level, audience: Audience, surface: Surface) -> TitleForm:
    if surface in _WORDLESS:
        return TitleForm.NONE
    if level <= Level.DISCUSSION:
        return TitleForm.FULL
    if surface in {Surface.MAIL, Surface.CALENDAR}:
        return TitleForm.LABEL
    if _is_at_work(audience, surface) or _is_personal(audience, surface):
        return TitleForm.FULL
    return TitleForm.PUBLIC_TITLE


def _has_content(level: Level, audience: Audience, surface: Surface) -> bool:
    """Abstract, objectives, titles of items, place."""
    if surface in _WORDLESS:
        return False
    if level <= Level.DISCUSSION:
        return True
    if _is_personal(audience, surface) or (_is_at_work(audience, surface) and surface in _DESK):
        return True
    return level is Level.WHOLE_SESSION and surface in {Surface.PAGE, Surface.PERSONAL_PAGE}


def _has_people(level: Level, audience: Audience, surface: Surface) -> bool:
    """Speakers and what is theirs, before their consents are asked."""
    if surface in _WORDLESS:
        return False
    return level <= Level.DISCUSSION or _is_personal(audience, surface)


@lru_cache(maxsize=8192)
def _disclosure(
    level: Level,
    visibility: Visibility,
    audience: Audience,
    surface: Surface,
    consents: Consents,
    within: Level,
    has_address: bool,  # noqa: FBT001 # by position for the cache
    is_discreet: bool,  # noqa: FBT001 # by position for the cache
) -> Disclosure:
    # An item can be looser than its session only under `discussion`; anything else is a fault, read as the stricter.
    level = level if within <= Level.DISCUSSION else max(level, within)
    if Level.CLOSED in {level, within}:
        visibility = Visibility.INVITE_ONLY
    if not _is_known(visibility, audience, surface, has_address=has_address):
        return NOTHING
    is_message = surface in {Surface.MAIL, Surface.CALENDAR}
    shown = max(level, Level.WHOLE_SESSION) if is_message and is_discreet else level
    is_neutral = is_message and shown >= Level.WHOLE_SESSION
    is_organiser = audience is Audience.ORGANISER
    is_desk = is_organiser and surface in _DESK
    title = _title(shown, audience, surface)
    content = _has_content(shown, audience, surface)
    people = _has_people(shown, audience, surface)
    is_record = level is Level.ON_THE_RECORD
    has_list = is_organiser and surface in {Surface.PAGE, Surface.SEARCH, Surface.EXPORT, Surface.PRIVATE_EXPORT}
    return Disclosure(
        is_known=True,
        is_indexable=visibility is Visibility.PUBLIC and surface in {Surface.PAGE, Surface.SITEMAP},
        is_neutral=is_neutral,
        title=title,
        # A neutral calendar entry has no description at all: it shows in calendars that others share.
        notice=title is not TitleForm.NONE and not (is_neutral and surface is Surface.CALENDAR),
        own_sentence=title is not TitleForm.NONE and not is_neutral,
        abstract=content,
        objectives=content,
        item_titles=content,
        place=content,
        speaker_names=is_desk or (people and consents.announce_name),
        speaker_affiliations=is_desk or (people and consents.announce_name and consents.announce_affiliation),
        room_link=is_organiser and surface in {Surface.FORM, Surface.PRIVATE_EXPORT},
        join_link=(audience in _CONFIRMED or is_organiser)
        and surface in {Surface.PERSONAL_PAGE, Surface.MAIL, Surface.CALENDAR},
        participant_names=has_list,
        participant_addresses=is_organiser and surface is Surface.PAGE,
        # A neutral entry has no description to stand in, and the organisers' calendar leaves the house.
        participant_count=has_list
        or (is_organiser and surface is Surface.LIST)
        or (is_organiser and surface is Surface.CALENDAR and not is_neutral and max(level, within) <= Level.DISCUSSION),
        places_word=surface in {Surface.PAGE, Surface.LIST, Surface.PERSONAL_PAGE, Surface.JSON}
        and (is_organiser or max(level, within) <= Level.DISCUSSION),
        breakdowns=is_organiser
        and (
            (surface is Surface.PAGE and level < Level.CLOSED)
            or (surface in {Surface.EXPORT, Surface.PRIVATE_EXPORT} and level <= Level.DISCUSSION)
        ),
        may_attribute_talk=is_record and (within is Level.ON_THE_RECORD or consents.quoted),
        may_attribute_discussion=is_record and within is Level.ON_THE_RECORD and consents.quoted,
        may_report=level < Level.CLOSED,
        slides=people and consents.slides,
        recording=is_record and content and consents.recorded,
        summary=content and level < Level.CLOSED,
    )


def disclosure(
    *,
    level: Level,
    visibility: Visibility,
    audience: Audience,
    surface: Surface,
    consents: Consents = DEFAULT_CONSENTS,
    within: Level | None = None,
    has_address: bool = False,
    is_discreet: bool = False,
) -> Disclosure:
    """What this audience may see of a session, or of one item of it, on this surface.

    Ask once for the session (its own effective level) and once for each item (the item's effective level, with
    `within`): an item's title and speakers follow the item, the rest follows the session.

    Args:
        level: effective level of the session or item.
        visibility: effective visibility of the session (see effective_visibility); a closed one is invitation-only.
        audience: for whom. An administrator has what the public has.
        surface: where.
        consents: of the speaker asked about; the defaults when the question is not about a speaker.
        within: effective level of the session, when `level` is an item's; None when it is the session's own.
        has_address: lists, feeds and JSON of something unlisted that were reached by its own address: the single
            download of an unlisted session, or the page and feed of an unlisted series (see is_in_series_list).
        is_discreet: the reader asked for neutral titles in mail and calendar.
    """
    inside = level if within is None else within
    return _disclosure(level, visibility, audience, surface, consents, inside, has_address, is_discreet)


def effective_level(
    *, item: Level | None = None, session: Level | None, series: Level | None
) -> tuple[Level, Literal["item", "session", "series"]]:
    """The level that counts and which of the three decided it; none at all counts as closed."""
    if item is not None:
        return item, "item"
    if session is not None:
        return session, "session"
    return series if series is not None else Level.CLOSED, "series"


def strictest(levels: Iterable[Level]) -> Level:
    """The strictest of these; of none, closed."""
    return max(levels, default=Level.CLOSED)


def shown_level(*, session: Level, items: Iterable[Level | None] = ()) -> Level:
    """The level shown for a session, with its notice, box, list, minutes and recording.

    Args:
        session: the session's effective level.
        items: the own levels of its items; None follows the session.
    """
    return strictest([session, *(item for item in items if item is not None)])


def effective_visibility(*, series: Visibility, session: Visibility | None, level: Level) -> Visibility:
    """Who may know of a session: never more than may know of its series; a closed one only who is invited.

    Args:
        series: the series' visibility.
        session: the session's own, None where it says nothing.
        level: the session's effective level.
    """
    if level is Level.CLOSED:
        return Visibility.INVITE_ONLY
    return series if session is None else max(series, session)


def is_in_series_list(*, series: Visibility, session: Visibility | None, level: Level) -> bool:
    """Whether the series' own page and feed name the session to whoever may see these.

    A session that is unlisted by its own word is in no list and no feed; one that is unlisted only because its series
    is, stands in that series' own.
    """
    if effective_visibility(series=series, session=session, level=level) is Visibility.INVITE_ONLY:
        return False
    return session is not Visibility.UNLISTED


def check_item_level(*, item: Level | None, session: Level, is_talk: bool) -> LevelFault | None:
    """The fault of an item's own level beside its session's effective level, if any."""
    if item is None:
        return None
    if item is Level.CLOSED:
        return LevelFault.CLOSED_ITEM
    if item < session and not (is_talk and session is Level.DISCUSSION):
        return LevelFault.ITEM_LOOSER_THAN_SESSION
    return None


def check_visibility(*, session: Visibility | None, level: Level) -> LevelFault | None:
    """The fault of a session's own visibility beside its effective level, if any."""
    if level is Level.CLOSED and session not in {None, Visibility.INVITE_ONLY}:
        return LevelFault.CLOSED_BUT_VISIBLE
    return None


def is_looser(old: Level, new: Level) -> bool:
    """Whether going from old to new lets more be used or seen."""
    return new < old


def may_store_recording(level: Level) -> bool:
    """Whether a recording may be kept at all; whether it may be published is Disclosure.recording."""
    return level < Level.CLOSED
