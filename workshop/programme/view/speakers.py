"""Those who speak or moderate: what their own page shows them, and how they stand in the organisers' list."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from workshop.chatham.notices import Notice, current_notice
from workshop.chatham.rule import (
    Audience,
    Consents,
    Disclosure,
    Level,
    Surface,
    Visibility,
    disclosure,
    effective_level,
    effective_visibility,
    shown_level,
)
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.programme.models import Item, LevelProposal, Series, Slides, SlotRole, SpeakerSlot, WorkshopSession
from workshop.programme.view.consents import ConsentView, consent_views, consents_of
from workshop.programme.view.make import session_view
from workshop.programme.view.shown import SessionView

ALL_GIVEN = Consents(announce_name=True, announce_affiliation=True, quoted=True, slides=True, recorded=True)


class Reach(enum.StrEnum):
    """How far something gets; the widest first."""

    EVERYBODY = "everybody"
    WITH_ADDRESS = "with_address"
    """Whoever has the address of the session's page."""
    INVITED = "invited"
    """Those invited, and those who take part."""
    PARTICIPANTS = "participants"
    """Whoever's place is confirmed, and who else speaks: on their own pages."""
    ORGANISERS = "organisers"


class Quoting(enum.StrEnum):
    """Whether what somebody says may be quoted with their name."""

    ALWAYS = "always"
    IF_AGREED = "if_agreed"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SlidesRow:
    """Slides of one part; `key` is random."""

    key: str
    media_type: str
    size: int
    """Bytes."""
    language: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """What each consent would mean for one part, given as the Rule stands."""

    name: Reach
    slides: Reach
    quoting: Quoting
    may_be_published: bool
    """Whether a recording of it could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """What somebody does in a session: one talk, or moderating."""

    key: str
    """Names the part in forms; tells nobody anything, and is nobody else's."""
    title: Localized
    """Of the talk; empty for the session as a whole."""
    abstract: Localized
    is_moderator: bool
    starts: str
    minutes: int | None
    level: Level
    reach: Reach
    """Who sees the name now."""
    has_affiliation: bool
    """Whether the affiliation is shown with it."""
    slides_reach: Reach
    consents: tuple[ConsentView, ...]
    effects: Effects
    slides: tuple[SlidesRow, ...]
    confirmed_at: datetime | None = None
    """When they said that they come."""
    declined_at: datetime | None = None
    """When they said that they do not."""
    is_own_talk: bool = False
    """Whether its title and abstract are theirs to word."""


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A looser level that somebody who speaks is asked about."""

    key: str
    """Names what was read: another proposal has another."""
    talk: Localized
    """Empty where it is about the whole session."""
    old: Level
    notice: Notice
    """Of the level proposed."""
    agreed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakingView:
    """A session in which somebody speaks or moderates, as they may see it."""

    session: SessionView
    is_public: bool
    """Whether anybody who has its address may open its page."""
    parts: tuple[PartView, ...]
    proposal: ProposalView | None = None


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """What is held of somebody who speaks, as they read it themselves."""

    name: str
    role: Localized
    affiliations: tuple[Localized, ...]
    biography: Localized
    links: tuple[str, ...]
    email: str
    language: str
    is_in_committee: bool
    portrait: str = ""
    """Key; empty for none."""


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A part in the organisers' list."""

    id: int
    name: str
    person_id: int
    title: Localized
    """Of the talk; empty for the session as a whole."""
    is_moderator: bool
    level: Level
    reach: Reach
    consents: tuple[ConsentView, ...]
    effects: Effects
    slides: int
    has_address: bool
    language: str
    confirmed_at: datetime | None = None
    declined_at: datetime | None = None


def part_key(slot: SpeakerSlot) -> str:
    """Return what names a part in its speaker's own forms."""
    return _key(slot.person, f"slot {slot.id}")


def proposal_key(person: Person, proposal: LevelProposal) -> str:
    """Return what names a proposal in a speaker's own forms; one at another level has another."""
    return _key(person, f"proposal {proposal.id} {proposal.item_id} {proposal.level.value}")


def _key(person: Person, what: str) -> str:
    # Not a row's number: that would count everybody else's. The random id keeps anybody from working it out.
    return hashlib.sha256(f"{person.subject}|{what}".encode()).hexdigest()[:24]


def own_facts(person: Person, *, is_in_committee: bool) -> OwnFacts:
    """Return what is held of somebody, for themselves."""
    return OwnFacts(
        name=person.name,
        role=person.role,
        affiliations=person.affiliations,
        biography=person.biography,
        links=person.links,
        email=person.email,
        language=person.language,
        is_in_committee=is_in_committee,
        portrait=person.portrait.key if person.portrait else "",
    )


def speaking_views(
    sessions: Iterable[WorkshopSession],
    person: Person,
    *,
    proposals: Sequence[tuple[LevelProposal, datetime | None]] = (),
) -> tuple[SpeakingView, ...]:
    """Return the sessions in which somebody speaks or moderates, without those that are not published.

    Args:
        sessions: whole, with their series; those of the person.
        person: whose page it is.
        proposals: what is asked of them, each with when they agreed.
    """
    asked = {proposal.workshop_session_id: (proposal, agreed_at) for proposal, agreed_at in proposals}
    found = []
    for one in sessions:
        slots = [(slot, item) for slot, item in slots_of(one) if slot.person_id == person.id]
        audience = own_audience(one, person)
        if audience is None:
            continue
        view = session_view(one, audience=audience, surface=Surface.PERSONAL_PAGE, has_materials=True)
        if view is None:
            continue
        found.append(
            SpeakingView(
                session=view,
                is_public=session_view(one, audience=Audience.PUBLIC, surface=Surface.PAGE) is not None,
                parts=tuple(_part(one, slot, item) for slot, item in slots),
                proposal=_proposal(one, person, *asked[one.id]) if one.id in asked else None,
            )
        )
    return tuple(found)


def slot_rows(workshop_session: WorkshopSession, slides: Mapping[int, int]) -> tuple[SlotRow, ...]:
    """Return everybody's part in a session, moderators of it all first, as the organisers see them.

    Args:
        workshop_session: whole, with its series.
        slides: slot's id → how many files of slides it has; none where it is absent.
    """
    return tuple(
        slot_row(workshop_session, slot, item, slides=slides.get(slot.id, 0))
        for slot, item in slots_of(workshop_session)
    )


def slot_row(
    workshop_session: WorkshopSession, slot: SpeakerSlot, item: Item | None, *, slides: int | None = None
) -> SlotRow:
    """Return one part as the organisers see it; `slides`: how many files it has, where they are counted already."""
    ask = _asking(workshop_session, item)
    shown = ask.ask(Audience.ORGANISER, Surface.PAGE, consents_of(slot))
    return SlotRow(
        id=slot.id,
        name=slot.person.name if shown.speaker_names else "",
        person_id=slot.person_id,
        title=item.title if item and shown.item_titles else Localized(),
        is_moderator=slot.role is SlotRole.MODERATOR,
        level=ask.level,
        reach=ask.reach("speaker_names", consents_of(slot)),
        consents=consent_views(slot),
        effects=ask.effects(),
        slides=len(slot.slides) if slides is None else slides,
        has_address=bool(slot.person.email),
        language=slot.person.language,
        confirmed_at=slot.confirmed_at,
        declined_at=slot.declined_at,
    )


def hidden_from_translators(series: Series) -> frozenset[int]:
    """Return the numbers of people whose part in any session those who only edit texts may not know of."""
    return frozenset(
        slot.person_id
        for one in series.sessions
        for slot, item in slots_of(one)
        if not _asking(one, item).ask(Audience.HELPER, Surface.PAGE, consents_of(slot)).speaker_names
    )


def slots_of(workshop_session: WorkshopSession) -> Iterator[tuple[SpeakerSlot, Item | None]]:
    """Yield everybody's part in a session, with its item; moderators of it all first."""
    for slot in workshop_session.slots:
        yield slot, None
    for section in workshop_session.sections:
        for item in section.items:
            for slot in item.slots:
                yield slot, item


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks the Rule about one part."""

    visibility: Visibility
    session_level: Level
    level: Level
    is_item: bool
    shared_level: Level
    """Of slides and recordings: those of the session as a whole take the strictest of all its items."""

    def of_materials(self) -> _Asking:
        """Return the same for slides and recordings."""
        return replace(self, level=self.shared_level, is_item=True)

    def reach(self, what: str, consents: Consents) -> Reach:
        """Return how far one attribute of Disclosure gets."""
        widest = Reach.EVERYBODY if self.visibility is Visibility.PUBLIC else Reach.WITH_ADDRESS
        for audience, surface, reach in (
            (Audience.PUBLIC, Surface.PAGE, widest),
            (Audience.INVITED, Surface.PERSONAL_PAGE, Reach.INVITED),
            (Audience.PARTICIPANT, Surface.PERSONAL_PAGE, Reach.PARTICIPANTS),
        ):
            if getattr(self.ask(audience, surface, consents), what):
                return reach
        return Reach.ORGANISERS

    def ask(self, audience: Audience, surface: Surface, consents: Consents) -> Disclosure:
        """Return what an audience may see of the part."""
        return disclosure(
            level=self.level,
            within=self.session_level if self.is_item else None,
            visibility=self.visibility,
            audience=audience,
            surface=surface,
            consents=consents,
        )

    def effects(self) -> Effects:
        """Return what each consent would mean."""
        agreed = self.ask(Audience.PARTICIPANT, Surface.PERSONAL_PAGE, ALL_GIVEN)
        recorded = self.of_materials().ask(Audience.PARTICIPANT, Surface.PERSONAL_PAGE, ALL_GIVEN)
        silent = self.ask(Audience.PARTICIPANT, Surface.PERSONAL_PAGE, replace(ALL_GIVEN, quoted=False))
        quoting = Quoting.ALWAYS if silent.may_attribute_talk else Quoting.IF_AGREED
        return Effects(
            name=self.reach("speaker_names", ALL_GIVEN),
            slides=self.of_materials().reach("slides", ALL_GIVEN),
            quoting=quoting if agreed.may_attribute_talk else Quoting.NEVER,
            may_be_published=recorded.recording,
        )


def _asking(workshop_session: WorkshopSession, item: Item | None) -> _Asking:
    series = workshop_session.series
    session_level, _ = effective_level(session=workshop_session.level, series=series.level)
    visibility = effective_visibility(
        series=series.visibility, session=workshop_session.visibility, level=session_level
    )
    level = session_level if item is None or item.level is None else item.level
    items = [one.level for section in workshop_session.sections for one in section.items]
    shared_level = shown_level(session=session_level, items=items) if item is None else level
    return _Asking(visibility, session_level, level, item is not None, shared_level)


class OwnTime(NamedTuple):
    """When somebody's part in a session is."""

    is_moderator: bool
    is_whole: bool
    """Whether the part is the session as a whole."""
    starts: str
    """HH:MM in the session's zone; empty where the programme does not say."""
    minutes: int | None


def own_times(workshop_session: WorkshopSession, person: Person) -> tuple[OwnTime, ...]:
    """Return the parts that somebody's own calendar may tell of: those of which it may tell the title as well."""
    return tuple(
        OwnTime(
            slot.role is SlotRole.MODERATOR, item is None, item.starts if item else "", item.minutes if item else None
        )
        for slot, item in slots_of(workshop_session)
        if slot.person_id == person.id
        and slot.declined_at is None
        and _asking(workshop_session, item).ask(Audience.SPEAKER, Surface.CALENDAR, consents_of(slot)).item_titles
    )


def own_audience(workshop_session: WorkshopSession, person: Person) -> Audience | None:
    """Return as whom somebody reads of a session in which they speak or moderate; None where they do neither.

    Whoever declined every part of theirs knows of it still, and no more than those invited do.
    """
    slots = [slot for slot, _item in slots_of(workshop_session) if slot.person_id == person.id]
    if not slots:
        return None
    roles = {slot.role for slot in slots if slot.declined_at is None}
    if not roles:
        return Audience.INVITED
    return Audience.SPEAKER if SlotRole.SPEAKER in roles else Audience.MODERATOR


def slides_reach(workshop_session: WorkshopSession, slot: SpeakerSlot, item: Item | None) -> Reach:
    """Return how far the slides of a part get now."""
    return _asking(workshop_session, item).of_materials().reach("slides", consents_of(slot))


def _part(workshop_session: WorkshopSession, slot: SpeakerSlot, item: Item | None) -> PartView:
    ask, consents = _asking(workshop_session, item), consents_of(slot)
    shown = ask.ask(Audience.SPEAKER, Surface.PERSONAL_PAGE, consents)
    reach = ask.reach("speaker_names", consents)
    return PartView(
        key=part_key(slot),
        title=item.title if item and shown.item_titles else Localized(),
        abstract=item.abstract if item and shown.abstract else Localized(),
        is_moderator=slot.role is SlotRole.MODERATOR,
        starts=item.starts if item else "",
        minutes=item.minutes if item else None,
        level=ask.level,
        reach=reach,
        has_affiliation=reach is not Reach.ORGANISERS and ask.reach("speaker_affiliations", consents) is reach,
        slides_reach=slides_reach(workshop_session, slot, item),
        consents=consent_views(slot),
        effects=ask.effects(),
        slides=tuple(slides_row(one) for one in slot.slides),
        confirmed_at=slot.confirmed_at,
        declined_at=slot.declined_at,
        is_own_talk=is_own_talk(slot, item),
    )


def is_own_talk(slot: SpeakerSlot, item: Item | None) -> bool:
    """Whether somebody who has this part words the title and the abstract of its item."""
    return item is not None and slot.role is SlotRole.SPEAKER and slot.declined_at is None


def slides_row(one: Slides) -> SlidesRow:
    """Return slides as whoever uploaded them sees them."""
    return SlidesRow(one.key, one.media_type, one.size, one.language, one.uploaded_at)


def _proposal(
    workshop_session: WorkshopSession, person: Person, proposal: LevelProposal, agreed_at: datetime | None
) -> ProposalView:
    items = {item.id: item for section in workshop_session.sections for item in section.items}
    item = items.get(proposal.item_id) if proposal.item_id is not None else None
    return ProposalView(
        key=proposal_key(person, proposal),
        talk=item.title if item else Localized(),
        old=_asking(workshop_session, item).level,
        notice=current_notice(proposal.level),
        agreed_at=agreed_at,
    )
