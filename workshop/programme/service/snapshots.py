"""What is said of a session as plain JSON and back, by field: for edits kept aside and versions (apart: it is pure)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.values import PartnerValues
from workshop.programme.models import Format, ItemKind, Mode, SessionStatus
from workshop.programme.service.values import (
    InterpretationValues,
    ItemValues,
    SectionValues,
    SessionValues,
    ShareValues,
)

OWN_ACTS = frozenset({"starts_wall", "ends_wall", "fold", "ends_fold", "tzid", "is_published", "is_postponed"})
"""Fields that are no edits: moving, publishing and taking back are acts of their own."""
FIELDS = tuple(name for name in SessionValues.__dataclass_fields__ if name not in OWN_ACTS)
"""What an edit may change, in the order of the values."""
_TEXTS = ("label", "short_title", "title", "public_title", "abstract", "place")
_ROWS: dict[str, Any] = {"interpretation": InterpretationValues, "shares": ShareValues, "partners": PartnerValues}
_ROW_TEXTS = ("name", "role", "scope")


def values_to_json(values: SessionValues, names: Collection[str] = FIELDS) -> dict[str, Any]:
    """Return field → its plain JSON value, of those named."""
    return {name: value_to_json(getattr(values, name)) for name in FIELDS if name in names}


def values_from_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return field → its value, as `values_to_json` wrote it; fields that there are no more are left out."""
    return {name: _value(name, found[name]) for name in FIELDS if name in found}


def sections_to_json(sections: Iterable[SectionValues]) -> list[dict[str, Any]]:
    """Return a programme as plain JSON, with its ids."""
    return [
        {
            "id": section.id,
            "title": section.title.to_json(),
            "items": [
                {one.name: value_to_json(getattr(item, one.name)) for one in dataclasses.fields(item)}
                for item in section.items
            ],
        }
        for section in sections
    ]


def sections_from_json(found: Sequence[Mapping[str, Any]]) -> tuple[SectionValues, ...]:
    """Return a programme as `sections_to_json` wrote it."""
    return tuple(
        SectionValues(
            id=section["id"],
            title=Localized.from_json(section["title"]),
            items=tuple(_item(item) for item in section["items"]),
        )
        for section in found
    )


def value_to_json(value: Any) -> Any:
    """Return any value of a session, section or item as plain JSON; rows become objects without their defaults' ids."""
    if isinstance(value, Localized):
        return value.to_json()
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, tuple):
        return [value_to_json(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {one.name: value_to_json(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value.value if hasattr(value, "value") else value


def _item(found: Mapping[str, Any]) -> ItemValues:
    read = {name: _value(name, value) for name, value in found.items() if name in ItemValues.__dataclass_fields__}
    read["title"], read["abstract"] = Localized.from_json(found["title"]), Localized.from_json(found["abstract"])
    return ItemValues(**read)


def _value(name: str, value: Any) -> Any:
    read = _READERS.get(name)
    if value is None or read is None:
        return tuple(value) if isinstance(value, list | tuple) else value
    return read(value)


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Localized.from_json(value) if name in _ROW_TEXTS else value for name, value in found.items()}


def _rows(name: str) -> Callable[[Any], Any]:
    return lambda found: tuple(_ROWS[name](**_row(one)) for one in found)


_READERS: dict[str, Callable[[Any], Any]] = {
    "format": Format,
    "mode": Mode,
    "status": SessionStatus,
    "visibility": Visibility,
    "level": Level,
    "kind": ItemKind,
    "objectives": lambda found: tuple(Localized.from_json(one) for one in found),
    "rsvp_opens_wall": datetime.fromisoformat,
    "rsvp_closes_wall": datetime.fromisoformat,
    **dict.fromkeys(_TEXTS, Localized.from_json),
    **{name: _rows(name) for name in _ROWS},
}
