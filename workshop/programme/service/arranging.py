"""The order of a programme that two people arranged at once (apart: it is pure, and knows keys only)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Key: TypeAlias = "str | int"
"""`s4` and `i12` are stored parts; a number of its own, which stands nowhere else, is a new part's."""
Skeleton: TypeAlias = "list[tuple[Key, list[Key]]]"
"""Sections and their items in order."""


def merge_order(
    seen: str, posted: Skeleton, stands: Skeleton, *, prefers_standing: bool = False
) -> tuple[Skeleton, bool]:
    """Return one order in which every part of both stands, and whether both arranged them otherwise.

    Args:
        seen: as the page showed it, `write_order` of it; empty where that is not known.
        posted: what came back.
        stands: as it is now.
        prefers_standing: whose order holds where both changed it.
    """
    base = _read(seen) if seen else stands
    common = _keys(base) & _keys(posted) & _keys(stands)
    of_base, of_posted, of_stands = (_among(one, common) for one in (base, posted, stands))
    is_touched, is_changed = of_posted != of_base, of_stands != of_base
    is_disputed = is_touched and is_changed and of_posted != of_stands
    if not is_touched or (is_disputed and prefers_standing):
        return _with(stands, posted), is_disputed
    return _with(posted, stands), is_disputed


def write_order(skeleton: Iterable[tuple[Key, Sequence[Key]]]) -> str:
    """Return an order as one ASCII text; new parts, which have no key yet, stand in none."""
    return "|".join(",".join(str(key) for key in (section, *items)) for section, items in skeleton)


def _read(text: str) -> Skeleton:
    rows = [row.split(",") for row in text.split("|") if row]
    return [(section, list(items)) for section, *items in rows]


def _keys(skeleton: Skeleton) -> set[Key]:
    return {key for section, items in skeleton for key in (section, *items)}


def _among(skeleton: Skeleton, common: set[Key]) -> list[tuple[Key | None, list[Key]]]:
    rows = [
        (section if section in common else None, [item for item in items if item in common])
        for section, items in skeleton
    ]
    return [row for row in rows if row[0] is not None or row[1]]


def _with(first: Skeleton, second: Skeleton) -> Skeleton:
    """Return the first with what only the second has, each behind what it follows there."""
    result: Skeleton = [(section, list(items)) for section, items in first]
    placed = _keys(first)
    before: Key | None = None
    for section, items in second:
        if section not in placed:
            at = next((index for index, row in enumerate(result) if row[0] == before), -1)
            result.insert(at + 1, (section, []))
        own = next(row[1] for row in result if row[0] == section)
        previous: Key | None = None
        for item in items:
            if item not in placed:
                own.insert(own.index(previous) + 1 if previous in own else 0, item)
            previous = item
        before = section
    return result
