"""What is stored with what a file says put over it (named for what it does)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.values import PersonValues
from workshop.programme.models import ItemKind, Question, WorkshopSession
from workshop.programme.seriesfile.reader import NAMES, Said
from workshop.programme.seriesfile.reading import SaidSection
from workshop.programme.seriesfile.report import Entry
from workshop.programme.service.programme import match
from workshop.programme.service.questions import match_questions
from workshop.programme.service.values import (
    ItemValues,
    QuestionValues,
    SectionValues,
    SeriesValues,
    SessionValues,
    item_values,
    section_values,
)

ValuesT = TypeVar("ValuesT", SeriesValues, SessionValues, PersonValues, SectionValues, ItemValues)
NOON = datetime(2000, 1, 1, 12)  # noqa: DTZ001 (a wall time)
_NOT_SAID = frozenset({"id", "slug", "key", "fold", "ends_fold", "rsvp_opens_fold", "rsvp_closes_fold"})
# What stands in for a value that could not be read, so that the faults of all the others are found in the same run.
_STAND_INS: dict[str, Any] = {
    "slug": "x",
    "title": Localized.neutral("x"),
    "languages": (),
    "tzid": "UTC",
    "level": Level.DISCUSSION,
    "visibility": Visibility.PUBLIC,
    "name": "x",
    "kind": ItemKind.TALK,
    "starts_wall": NOON,
    "ends_wall": NOON + timedelta(hours=1),
    "floor_languages": ("x",),
}


def merge(kind: type[ValuesT], stored: ValuesT | None, said: Said) -> ValuesT:
    """Return what is stored with what was said put over it; what could not be read has something in its place."""
    known = {field.name for field in dataclasses.fields(kind)}
    given: dict[str, Any] = {name: _STAND_INS[name] for name in said.bad if name in known and name in _STAND_INS}
    given |= {name: value for name, value in said.given.items() if name in known}
    if said.bad & {"starts_wall", "ends_wall"}:
        given |= {"starts_wall": NOON, "ends_wall": NOON + timedelta(hours=1), "fold": None, "ends_fold": None}
    if stored is not None:
        return dataclasses.replace(stored, **given)
    return kind(**given)


def merge_sections(said: list[SaidSection], stored: WorkshopSession | None) -> tuple[SectionValues, ...]:
    """Return a programme as said, each part that is stored keeping what was not said of it."""
    spoken = [
        SectionValues(
            title=one.section.given.get("title", Localized()),
            items=tuple(merge(ItemValues, None, item) for item in one.items),
        )
        for one in said
    ]
    if stored is None:
        return tuple(spoken)
    merged = []
    for one, value, section in zip(said, spoken, match(stored.sections, spoken), strict=True):
        if section is None:
            merged.append(value)
            continue
        items = [
            merge(ItemValues, None if item is None else item_values(item), said_item)
            for said_item, item in zip(one.items, match(section.items, value.items), strict=True)
        ]
        merged.append(dataclasses.replace(section_values(section), **one.section.given, items=tuple(items)))
    return tuple(merged)


def compare(
    kind: str, name: str, old: ValuesT | None, new: ValuesT, said: Said, also: Sequence[str] = ()
) -> list[Entry]:
    """Return what happened to one thing, and which of its fields the file leaves alone.

    Args:
        kind: of thing, as Entry has it.
        name: its slug, key or title.
        old: as it was; None for a new one.
        new: as it is now.
        said: what the file says of it.
        also: the file's names of parts that changed beside the fields.
    """
    if old is None:
        return [Entry("created", kind, name)]
    changed, left = [], []
    for field in dataclasses.fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        shown = NAMES.get(field.name, field.name)
        if field.name in _NOT_SAID:
            continue
        if (after is not None and before != after) or (after is None and field.name in said.given and before):
            changed.append(shown)
        # In a file, a session is published where nothing is said; in a form it is not.
        default = True if field.name == "is_published" else field.default
        is_default = before == default or (not before and before is not False)
        if field.name not in said.given and not is_default and before == after:
            left.append(shown)
    changed += also
    entries: list[Entry] = [Entry("updated" if changed else "unchanged", kind, name, tuple(changed))]
    return [*entries, Entry("left_fields", kind, name, tuple(left))] if left else entries


def left_parts(stored: WorkshopSession, sections: tuple[SectionValues, ...]) -> list[Entry]:
    """Return entries for the parts of a stored programme that the file lacks."""
    found = match(stored.sections, sections)
    entries = [Entry("left", "section", _title(one.title)) for one in stored.sections if one not in found]
    for section, value in zip(found, sections, strict=True):
        if section is not None:
            items = match(section.items, value.items)
            entries += [Entry("left", "item", _title(one.title)) for one in section.items if one not in items]
    return entries


def left_questions(stored: Sequence[Question], questions: Sequence[QuestionValues]) -> list[Entry]:
    """Return entries for the stored questions that the file lacks."""
    found = match_questions(stored, questions)
    return [Entry("left", "question", _title(one.text)) for one in stored if one not in found]


def _title(title: Localized) -> str:
    return title.pick("").value
