"""Writing a session's programme and moderators: matching with what is there, so that consents stay with their talk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import ConsentKind, effective_level
from workshop.core.faults import Fault, InvalidValuesError
from workshop.people.models import Person
from workshop.people.service import find_people, list_by_key, names_in_calendars, raise_revision
from workshop.programme.models import (
    Item,
    ItemKind,
    LevelProposal,
    Section,
    SlotRole,
    SpeakerConsent,
    SpeakerSlot,
    WorkshopSession,
)
from workshop.programme.service.checks import is_text_equal
from workshop.programme.service.proposing import end_proposal
from workshop.programme.service.values import ItemValues, SectionValues

PartT = TypeVar("PartT", bound=Section | Item)
ValuesT = TypeVar("ValuesT", bound=SectionValues | ItemValues)
_ITEM_COLUMNS = ("kind", "title", "abstract", "starts", "minutes", "level")


def write_programme(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, sections: Sequence[SectionValues]
) -> bool:
    """Bring a programme up to date; returns whether that changed anything. Flushes; the caller settles.

    Sections and items match by position where the title is the same, then by title, then by position. What `sections`
    lacks stays where it was, behind what it followed. Consents stay with their talk: where a talk got another title at
    its place, those given end and those withdrawn stay.

    Raises:
        InvalidValuesError: for people that the series does not know.
    """
    known = list_by_key(session, series_id=workshop_session.series_id)
    if faults := _unknown_people(known, sections):
        raise InvalidValuesError(faults)
    writer = _Writer(session, now, workshop_session, known)
    writer.write_sections(sections)
    session.flush()
    if writer.is_changed:
        session.expire(workshop_session, ["sections"])
        if writer.is_dated:
            workshop_session.revised_at = now
        raise_revision(session, now=now, series_id=workshop_session.series_id)
    return writer.is_changed


def set_moderators(session: Session, *, now: datetime, workshop_session: WorkshopSession, keys: Sequence[str]) -> bool:
    """Make the people of `keys` the session's moderators, in that order; returns whether that changed anything.

    Flushes. Whoever stays keeps their consents.

    Raises:
        InvalidValuesError: for an unknown key.
    """
    known = list_by_key(session, series_id=workshop_session.series_id)
    if faults := find_people(known, keys, "moderators")[1]:
        raise InvalidValuesError(faults)
    writer = _Writer(session, now, workshop_session, known)
    writer.write_slots(workshop_session.slots, None, [(SlotRole.MODERATOR, key) for key in keys])
    session.flush()
    if writer.is_changed:
        session.expire(workshop_session, ["slots"])
        raise_revision(session, now=now, series_id=workshop_session.series_id)
    return writer.is_changed


def match(stored: Sequence[PartT], said: Sequence[ValuesT]) -> list[PartT | None]:
    """Return for each part that was said the stored one that it means; None for a new one."""
    found: list[PartT | None] = [None] * len(said)
    free = dict(enumerate(stored))
    for index, value in enumerate(said):
        if index in free and is_text_equal(free[index].title, value.title):
            found[index] = free.pop(index)
    for index, value in enumerate(said):
        if found[index] is None:
            twin = next((at for at, part in free.items() if is_text_equal(part.title, value.title)), None)
            found[index] = None if twin is None else free.pop(twin)
    for index in range(len(said)):
        if found[index] is None and index in free:
            found[index] = free.pop(index)
    return found


def arrange(stored: Sequence[PartT], said: Sequence[PartT]) -> list[PartT]:
    """Return the parts in the order said, each stored one that was not said behind the one that it followed."""
    order = list(said)
    named = {id(part) for part in said}
    for index, part in enumerate(stored):
        if id(part) in named:
            continue
        order.insert(order.index(stored[index - 1]) + 1 if index else 0, part)
    return order


class _Writer:
    """Writes the parts of one programme and knows whether anything changed."""

    def __init__(
        self, session: Session, now: datetime, workshop_session: WorkshopSession, known: dict[str, Person]
    ) -> None:
        self.session = session
        self.now = now
        self.workshop_session = workshop_session
        self.known = known
        self.is_changed = False
        self.is_dated = False
        """Whether anything changed that calendars may show: not who speaks where none of them names anybody."""
        self.withdrawn = _list_withdrawn(workshop_session)

    def write_sections(self, said: Sequence[SectionValues]) -> None:
        """Write all sections."""
        stored = list(self.workshop_session.sections)
        parts = []
        for value, found in zip(said, match(stored, said), strict=True):
            part = found or self._add_section()
            self._set(part, "title", value.title)
            self._write_items(part, value.items)
            parts.append(part)
        for position, part in enumerate(arrange(stored, parts)):
            self._set(part, "position", position)

    def _add_section(self) -> Section:
        section = Section(workshop_session_id=self.workshop_session.id, position=0)
        self.session.add(section)
        self.session.flush()
        self.is_changed = self.is_dated = True
        return section

    def _write_items(self, section: Section, said: Sequence[ItemValues]) -> None:
        stored = list(section.items)
        parts = []
        for value, found in zip(said, match(stored, said), strict=True):
            item = found or self._add_item(section, value.kind)
            if found and not is_text_equal(found.title, value.title):
                self._end_given_consents(found)
            for name in _ITEM_COLUMNS:
                self._set(item, name, getattr(value, name))
            slots = [(SlotRole.SPEAKER, key) for key in value.speakers]
            slots += [(SlotRole.MODERATOR, key) for key in value.moderators]
            self.write_slots(item.slots, item, slots)
            parts.append(item)
        for position, item in enumerate(arrange(stored, parts)):
            self._set(item, "position", position)
        self.session.flush()
        self.session.expire(section, ["items"])

    def _add_item(self, section: Section, kind: ItemKind) -> Item:
        item = Item(section_id=section.id, position=0, kind=kind)
        self.session.add(item)
        self.session.flush()
        self.is_changed = self.is_dated = True
        return item

    def write_slots(self, stored: Sequence[SpeakerSlot], item: Item | None, said: list[tuple[SlotRole, str]]) -> None:
        """Write who speaks and moderates; whoever did so already keeps their slot and its consents."""
        existing = {(slot.role, slot.person.key): slot for slot in stored}
        if list(existing) != said:
            self.is_changed = True
            self.is_dated = self.is_dated or self._is_named(item)
        for position, (role, key) in enumerate(said):
            slot = existing.pop((role, key), None)
            if slot is not None:
                slot.position = position
                continue
            slot = SpeakerSlot(
                workshop_session_id=self.workshop_session.id,
                item_id=item.id if item else None,
                person_id=self.known[key].id,
                role=role,
                position=position,
                created_at=self.now,
            )
            slot.consents = self._keep_withdrawn(item, self.known[key].id)
            self.session.add(slot)
        for slot in existing.values():
            self.session.delete(slot)
        self.session.flush()
        if item is not None:
            self.session.expire(item, ["slots"])

    def _keep_withdrawn(self, item: Item | None, person_id: int) -> list[SpeakerConsent]:
        """Return what they withdrew for the same talk, where they had another role or it stood in another section."""
        if item is None:
            return []
        said = {
            one.kind: one
            for one in self.withdrawn
            if one.person_id == person_id
            and (one.item.id == item.id or (bool(item.title) and is_text_equal(one.item.title, item.title)))
        }
        return [
            SpeakerConsent(kind=one.kind, withdrawn_at=one.withdrawn_at, recorded_by=one.recorded_by)
            for one in said.values()
        ]

    def _end_given_consents(self, item: Item) -> None:
        """A consent was given for the talk as it was called: what is called otherwise asks again."""
        for slot in item.slots:
            for consent in slot.consents:
                if consent.withdrawn_at is None:
                    self.session.delete(consent)
        asked = sa.select(LevelProposal).where(LevelProposal.item_id == item.id)
        for proposal in self.session.scalars(asked):
            end_proposal(self.session, now=self.now, proposal=proposal, actor="programme", reason="renamed")

    def _is_named(self, item: Item | None) -> bool:
        """Whether calendars name who has a part in this."""
        of_series = self.workshop_session.series.level
        level, _source = effective_level(
            item=item.level if item else None, session=self.workshop_session.level, series=of_series
        )
        return names_in_calendars(level)

    def _set(self, part: Section | Item, name: str, value: object) -> None:
        if getattr(part, name) != value:
            setattr(part, name, value)
            self.is_changed = self.is_dated = True


class _Withdrawn(NamedTuple):
    """A consent that was withdrawn, before anything is written."""

    item: Item
    person_id: int
    kind: ConsentKind
    withdrawn_at: datetime
    recorded_by: str


def _list_withdrawn(workshop_session: WorkshopSession) -> list[_Withdrawn]:
    return [
        _Withdrawn(item, slot.person_id, consent.kind, consent.withdrawn_at, consent.recorded_by)
        for section in workshop_session.sections
        for item in section.items
        for slot in item.slots
        for consent in slot.consents
        if consent.withdrawn_at is not None
    ]


def _unknown_people(known: dict[str, Person], sections: Sequence[SectionValues]) -> list[Fault]:
    faults: list[Fault] = []
    for number, section in enumerate(sections):
        for index, item in enumerate(section.items):
            for field, keys in (("speakers", item.speakers), ("moderators", item.moderators)):
                faults += find_people(known, keys, f"programme.{number}.items.{index}.{field}")[1]
    return faults
