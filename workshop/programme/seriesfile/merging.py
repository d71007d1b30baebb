"""What is stored with what a file says put over it (named for what it does)."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any, TypeVar

from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.values import PersonValues
from workshop.programme.models import ItemKind, WorkshopSession
from workshop.programme.seriesfile.reader import Said
from workshop.programme.seriesfile.reading import SaidSection
from workshop.programme.seriesfile.report import Entry
from workshop.programme.service.programme import match
from workshop.programme.service.values import (
    ItemValues,
    SectionValues,
    SeriesValues,
    SessionValues,
    item_values,
    section_values,
)

ValuesT = TypeVar("ValuesT", SeriesValues, SessionValues, PersonValues, SectionValues, ItemValues)
NOON = datetime(2000, 1, 1, 12)  # noqa: DTZ001 (a wall time)
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


def left_parts(stored: WorkshopSession, sections: tuple[SectionValues, ...]) -> list[Entry]:
    """Return entries for the parts of a stored programme that the file lacks."""
    found = match(stored.sections, sections)
    entries = [Entry("left", "section", _title(one.title)) for one in stored.sections if one not in found]
    for section, value in zip(found, sections, strict=True):
        if section is not None:
            items = match(section.items, value.items)
            entries += [Entry("left", "item", _title(one.title)) for one in section.items if one not in items]
    return entries


def _title(title: Localized) -> str:
    return title.pick("").value
