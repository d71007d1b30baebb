"""Writing a session's programme and moderators: matching with what is there, so that consents stay with their talk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import ConsentKind, effective_level
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.people.service import find_people, list_by_key, names_in_calendars, raise_revision
from workshop.people.staleness import follow, forget
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
from workshop.programme.texts import PART_TEXTS, texts_of

PartT = TypeVar("PartT", bound=Section | Item)
ValuesT = TypeVar("ValuesT", bound=SectionValues | ItemValues)
_ITEM_COLUMNS = ("kind", "starts", "minutes", "level")


def write_programme(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    sections: Sequence[SectionValues],
    is_whole: bool = False,
    actor: str = "command",
) -> bool:
    """Bring a programme up to date; returns whether that changed anything. Flushes; the caller settles.

    Sections and items match by position where the title is the same, then by title, then by position. What `sections`
    lacks stays where it was, behind what it followed. Consents stay with their talk: where a talk got another title at
    its place, those given end and those withdrawn stay.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        sections: its programme.
        is_whole: `sections` is all of it: they and their items match by id alone, an item wherever it stood, their
            order is the one said, and what is absent is deleted with all that hangs on it.
        actor: as the log names who did it.

    Raises:
        InvalidValuesError: for people that the series does not know.
    """
    known = list_by_key(session, series_id=workshop_session.series_id)
    if faults := list_unknown_people(known, sections):
        raise InvalidValuesError(faults)
    writer = _Writer(session, now, workshop_session, known, actor)
    if is_whole:
        writer.write_whole(sections)
    else:
        writer.write_sections(sections)
    forget(session, writer.ownerless)
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
        self,
        session: Session,
        now: datetime,
        workshop_session: WorkshopSession,
        known: dict[str, Person],
        actor: str = "command",
    ) -> None:
        self.session = session
        self.now = now
        self.workshop_session = workshop_session
        self.known = known
        self.actor = actor
        self.is_changed = False
        self.is_dated = False
        """Whether anything changed that calendars may show: not who speaks where none of them names anybody."""
        self.withdrawn = _list_withdrawn(workshop_session)
        self.ownerless: list[str] = []
        """Parts that are new or gone, of whose texts nothing is stale."""

    def write_sections(self, said: Sequence[SectionValues]) -> None:
        """Write all sections."""
        stored = list(self.workshop_session.sections)
        parts = []
        for value, found in zip(said, match(stored, said), strict=True):
            part = found or self._add_section()
            self._set_texts(part, {"title": value.title})
            self._write_items(part, value.items)
            parts.append(part)
        for position, part in enumerate(arrange(stored, parts)):
            self._set(part, "position", position)

    def _add_section(self) -> Section:
        section = Section(workshop_session_id=self.workshop_session.id, position=0)
        self.session.add(section)
        self.session.flush()
        self.ownerless.append(f"section:{section.id}")
        self.is_changed = self.is_dated = True
        return section

    def _write_items(self, section: Section, said: Sequence[ItemValues]) -> None:
        stored = list(section.items)
        parts = []
        for value, found in zip(said, match(stored, said), strict=True):
            parts.append(self._write_item(section, found, value))
        for position, item in enumerate(arrange(stored, parts)):
            self._set(item, "position", position)
        self.session.flush()
        self.session.expire(section, ["items"])

    def write_whole(self, said: Sequence[SectionValues]) -> None:
        """Write all sections by their ids, and delete those, and the items, that were not said."""
        sections = {section.id: section for section in self.workshop_session.sections}
        items = {item.id: item for section in sections.values() for item in section.items}
        kept: list[Section] = []
        for position, value in enumerate(said):
            section = (sections.pop(value.id, None) if value.id is not None else None) or self._add_section()
            self._set_texts(section, {"title": value.title})
            self._set(section, "position", position)
            for place, item_said in enumerate(value.items):
                found = items.pop(item_said.id, None) if item_said.id is not None else None
                item = self._write_item(section, found, item_said)
                self._set(item, "section_id", section.id)
                self._set(item, "position", place)
            kept.append(section)
        for item in items.values():
            self._end_proposals(item, "removed")
            self.session.delete(item)
        self.session.flush()
        for section in (*kept, *sections.values()):
            # Do not move this below the deletions: a section takes along the items that it is thought to have.
            self.session.expire(section, ["items"])
        for section in sections.values():
            self.session.delete(section)
        self.ownerless += [f"item:{key}" for key in items] + [f"section:{key}" for key in sections]
        if items or sections:
            self.is_changed = self.is_dated = True
        self.session.flush()

    def _write_item(self, section: Section, found: Item | None, value: ItemValues) -> Item:
        item = found or self._add_item(section, value.kind)
        if found and not is_text_equal(found.title, value.title):
            self._end_given_consents(found)
        self._set_texts(item, {name: getattr(value, name) for name in PART_TEXTS})
        for name in _ITEM_COLUMNS:
            self._set(item, name, getattr(value, name))
        slots = [(SlotRole.SPEAKER, key) for key in value.speakers]
        slots += [(SlotRole.MODERATOR, key) for key in value.moderators]
        self.write_slots(item.slots, item, slots)
        return item

    def _add_item(self, section: Section, kind: ItemKind) -> Item:
        item = Item(section_id=section.id, position=0, kind=kind)
        self.session.add(item)
        self.session.flush()
        self.ownerless.append(f"item:{item.id}")
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
        self._end_proposals(item, "renamed")

    def _end_proposals(self, item: Item, reason: str) -> None:
        asked = sa.select(LevelProposal).where(LevelProposal.item_id == item.id)
        for proposal in self.session.scalars(asked):
            end_proposal(self.session, now=self.now, proposal=proposal, actor="programme", reason=reason)

    def _is_named(self, item: Item | None) -> bool:
        """Whether calendars name who has a part in this."""
        of_series = self.workshop_session.series.level
        level, _source = effective_level(
            item=item.level if item else None, session=self.workshop_session.level, series=of_series
        )
        return names_in_calendars(level)

    def _set_texts(self, part: Section | Item, texts: Mapping[str, Localized]) -> None:
        before = texts_of(part, texts)
        for name, text in texts.items():
            self._set(part, name, text)
        owner = f"{'section' if isinstance(part, Section) else 'item'}:{part.id}"
        if before != texts and owner not in self.ownerless:
            follow(
                self.session,
                now=self.now,
                actor=self.actor,
                series_id=self.workshop_session.series_id,
                owner=owner,
                before=before,
                after=texts,
            )

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


def list_unknown_people(known: dict[str, Person], sections: Sequence[SectionValues]) -> list[Fault]:
    """Return a fault for each key that names nobody of the series; fields are `programme.0.items.1.speakers`."""
    faults: list[Fault] = []
    for number, section in enumerate(sections):
        for index, item in enumerate(section.items):
            for field, keys in (("speakers", item.speakers), ("moderators", item.moderators)):
                faults += find_people(known, keys, f"programme.{number}.items.{index}.{field}")[1]
    return faults


def restore_withdrawn(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    rows: Sequence[Mapping[str, Any]],
    declined: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Let what people withdrew or declined hold for a part that comes back after it was deleted. Flushes.

    Args:
        session: the database.
        now: the present instant; parts entered at it have come back.
        workshop_session: the session, its programme as it stands.
        rows: `person` (key), `talk` (its title's JSON; None: the session), `kind`, `at` (ISO 8601), `by`.
        declined: the same, without `kind` and `by`.
    """
    parts: list[tuple[Localized | None, SpeakerSlot]] = [(None, slot) for slot in workshop_session.slots]
    parts += [
        (item.title, slot) for section in workshop_session.sections for item in section.items for slot in item.slots
    ]
    for talk, slot in parts:
        if slot.created_at != now:
            continue
        for row in declined:
            if _is_about(row, slot, talk):
                slot.declined_at = datetime.fromisoformat(row["at"])
        given = {consent.kind for consent in slot.consents}
        for row in rows:
            kind = ConsentKind(row["kind"])
            if _is_about(row, slot, talk) and kind not in given:
                given.add(kind)
                slot.consents.append(
                    SpeakerConsent(kind=kind, withdrawn_at=datetime.fromisoformat(row["at"]), recorded_by=row["by"])
                )
    session.flush()


def _is_about(row: Mapping[str, Any], slot: SpeakerSlot, talk: Localized | None) -> bool:
    title = None if row["talk"] is None else Localized.from_json(row["talk"])
    is_same = title is talk if title is None or talk is None else is_text_equal(title, talk)
    return bool(slot.person.key == row["person"] and is_same)
