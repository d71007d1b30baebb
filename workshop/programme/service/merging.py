"""Two who edit the same at once: what a page showed, what was posted, what stands (apart: it is pure).

A field that somebody did not touch takes what stands now; one that both changed differently is a conflict, and holds
what was posted until they have seen the other. What a page showed comes back as digests, per language of a text and
per part of the programme: enough to tell whether it was touched, and nothing that a page should not hold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from workshop.core.localized import Localized
from workshop.programme.service.arranging import Key, Skeleton, merge_order, write_order
from workshop.programme.service.digests import EMPTY, by_language, digest, digest_all, joined, of_fields, read
from workshop.programme.service.snapshots import FIELDS
from workshop.programme.service.values import ItemValues, SectionValues, SessionValues

_PARTS = ("title", "abstract", "kind", "starts", "minutes", "level", "speakers", "moderators")
_LEFT = ("moderators", "partners", "committee")
"""Fields that are left as they are where None is said of them."""

T = TypeVar("T")


class Content(NamedTuple):
    """What a form edits; None for what is no part of it."""

    values: SessionValues | None = None
    sections: tuple[SectionValues, ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Conflict:
    """A field that two people changed, each to something else."""

    field: str
    """Path as faults name it, by place in what was merged: `title`, `programme.0.items.1.title`; `programme` alone
    for the order of its parts."""
    language: str
    """Of the text; empty for what has none."""
    posted: Any
    """A text, or the field's value; None where that part was taken out."""
    stands: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Merged:
    """What comes of both; a conflict holds what was posted."""

    values: SessionValues | None
    sections: tuple[SectionValues, ...] | None
    conflicts: tuple[Conflict, ...]


def digests(values: Any, sections: Sequence[SectionValues] | None, *, fields: Sequence[str] = FIELDS) -> str:
    """Return what tells later whether a field was touched: ASCII, for a hidden field.

    `values`: any dataclass; `fields`: those of it that the page shows. A short value is guessed from its digest by
    whoever tries.
    """
    found: dict[str, str] = {}
    if values is not None:
        found |= of_fields("", values, fields)
    if sections is not None:
        found["programme"] = write_order(_skeleton(sections))
        for key, part in _parts(sections).items():
            found |= of_fields(key, part, _PARTS)
    return ";".join(f"{path}={digest}" for path, digest in found.items())


def merge(base: str, posted: Content, stands: Content, *, prefers_standing: bool = False) -> Merged:
    """Return what was posted brought together with what stands.

    Args:
        base: the `digests` of what the page showed; empty: all is as posted.
        posted: what came back.
        stands: the same as it is now.
        prefers_standing: whether a conflict holds what stands.
    """
    seen = read(base)
    if not seen:
        return Merged(posted.values, posted.sections, ())
    merger = _Merger(seen, prefers_standing)
    values, sections = posted.values, posted.sections
    if values is not None and stands.values is not None:
        values = merger.fields("", values, stands.values, FIELDS, "")
    if sections is not None and stands.sections is not None:
        sections = merger.programme(sections, stands.sections)
    return Merged(values, sections, tuple(merger.conflicts))


def merge_values(base: str, posted: T, stands: T, fields: Sequence[str]) -> tuple[T, tuple[Conflict, ...]]:
    """Return values of any dataclass brought together, as `merge` does, and what both changed differently."""
    merger = _Merger(read(base), prefers_standing=False)
    return merger.fields("", posted, stands, fields, ""), tuple(merger.conflicts)


def row_digests(rows: Mapping[int, Any], fields: Sequence[str]) -> str:
    """Return what `digests` does, of rows that a page showed by their ids."""
    found = {path: digest for key, row in rows.items() for path, digest in of_fields(str(key), row, fields).items()}
    return ";".join(f"{path}={digest}" for path, digest in found.items())


def merge_rows(
    base: str, posted: Iterable[tuple[int | None, T]], stands: Mapping[int, T], fields: Sequence[str]
) -> tuple[list[tuple[int | None, T]], tuple[Conflict, ...]]:
    """Return rows brought together, each with its id; None: a new one.

    What only stands is left out: the other's new rows are not for this form to write.

    Args:
        base: the `row_digests` of what the page showed.
        posted: what came back, in order; a row that is emptied is to go.
        stands: the rows as they are now, by id.
        fields: of a row. A conflict names them by the row's place in what is returned: `3.term`.
    """
    seen = read(base)
    merger = _Merger(seen, prefers_standing=False)
    rows: list[tuple[int | None, T]] = []
    for key, mine in posted:
        if key is not None and key in stands:
            rows.append((key, merger.fields(f"{key}.", mine, stands[key], fields, f"{len(rows)}.")))
            continue
        shown = {path: digest for path, digest in seen.items() if path.startswith(f"{key}.")}
        if shown and (shown == of_fields(str(key), mine, fields) or not any(getattr(mine, name) for name in fields)):
            continue  # they took it out, and it was left as it was, or taken out too
        if shown:
            merger.conflicts.append(Conflict(f"{len(rows)}.{fields[0]}", "", mine, None))
        rows.append((None, mine))
    return rows, tuple(merger.conflicts)


def is_overtaken(base: str, now: str) -> bool:
    """Whether something else stands than the page showed: both as `digests` made them, of the same fields."""
    return bool(base) and read(base) != read(now)


def take(posted: T, stands: T, paths: Iterable[str], *, fields: Collection[str] = FIELDS) -> T:
    """Return what was posted with what stands in these places, as conflicts name them: `capacity`, `title.fr`.

    `fields`: those of any dataclass that may be taken.
    """
    changed: dict[str, Any] = {}
    for path in paths:
        name, _point, language = path.partition(".")
        if name not in fields:
            continue
        mine, theirs = changed.get(name, getattr(posted, name)), getattr(stands, name)
        if not language:
            changed[name] = theirs
        elif name == "objectives" or isinstance(mine, Localized):
            texts = {**by_language(mine), language: by_language(theirs).get(language, "")}
            changed[name] = joined(texts, like=mine)
    return dataclasses.replace(posted, **changed) if changed else posted  # type: ignore[type-var] # any dataclass


class _Merger:
    """Merges field by field and keeps the conflicts."""

    def __init__(self, seen: Mapping[str, str], prefers_standing: bool) -> None:  # noqa: FBT001 (private)
        self.seen = seen
        self.prefers_standing = prefers_standing
        self.conflicts: list[Conflict] = []

    def fields(self, key: str, posted: Any, stands: Any, names: Sequence[str], place: str) -> Any:
        changed = {}
        for name in names:
            if not hasattr(posted, name):
                continue
            mine, theirs = getattr(posted, name), getattr(stands, name)
            if mine is None and name in _LEFT:
                continue
            if digest_all(mine) == digest_all(theirs):
                merged = mine
            elif name == "objectives" or isinstance(mine, Localized):
                merged = self._text(f"{key}{name}", mine, theirs, f"{place}{name}")
            else:
                merged = self._one(f"{key}{name}", mine, theirs, f"{place}{name}", "")
            if merged is not mine:
                changed[name] = merged
        return dataclasses.replace(posted, **changed) if changed else posted

    def _one(self, path: str, mine: Any, theirs: Any, place: str, language: str) -> Any:
        """Return which of two different values holds."""
        # A text that was empty has no digest of its own beside that of the whole.
        seen = self.seen.get(path) or (EMPTY if language and path.rpartition(".")[0] in self.seen else None)
        if seen is None or digest_all(theirs) == seen:
            return mine
        if digest_all(mine) == seen:
            return theirs
        self.conflicts.append(Conflict(place, language, mine, theirs))
        return theirs if self.prefers_standing else mine

    def _text(self, path: str, mine: Any, theirs: Any, place: str) -> Any:
        """Return a text in which each language is one's own or the other's."""
        of_mine, of_theirs = by_language(mine), by_language(theirs)
        seen = {name.rpartition(".")[2] for name in self.seen if name.rpartition(".")[0] == path}
        if "" in {*of_mine, *of_theirs} or "*" in seen:
            whole = self.seen.get(path)
            if whole is None or digest_all(theirs) == whole:
                return mine
            if digest_all(mine) == whole:
                return theirs
            self.conflicts.append(Conflict(place, "", mine, theirs))
            return theirs if self.prefers_standing else mine
        merged: dict[str, str] = {}
        for language in dict.fromkeys((*of_mine, *of_theirs)):
            one, other = of_mine.get(language, ""), of_theirs.get(language, "")
            is_same = digest(one) == digest(other)
            merged[language] = one if is_same else self._one(f"{path}.{language}", one, other, place, language)
        return joined(merged, like=mine)

    def programme(self, posted: Sequence[SectionValues], stands: Sequence[SectionValues]) -> tuple[SectionValues, ...]:
        """Return the parts of both by their ids, in the order that one of them changed."""
        known = {name.partition(".")[0] for name in self.seen if name.endswith(".title")}
        order, is_disputed = merge_order(
            self.seen.get("programme", ""), _skeleton(posted), _skeleton(stands), prefers_standing=self.prefers_standing
        )
        mine, theirs = _parts(posted), _parts(stands)
        new = {id(part): part for part in (*_all_parts(posted), *_all_parts(stands)) if part.id is None}
        merged: list[SectionValues] = []
        for section_key, item_keys in order:
            place = f"programme.{len(merged)}."
            section = self._part(section_key, mine, theirs, new, known, place)
            items: list[ItemValues] = []
            for item_key in item_keys:
                item = self._part(item_key, mine, theirs, new, known, f"{place}items.{len(items)}.")
                if item is not None:
                    items.append(item)
            if section is None and not items:
                continue
            if section is None:  # taken out, but for what the other put into it
                section = theirs.get(str(section_key)) or mine.get(str(section_key)) or SectionValues()
            merged.append(dataclasses.replace(section, items=tuple(items)))
        if is_disputed:
            self.conflicts.append(Conflict("programme", "", tuple(posted), tuple(stands)))
        return tuple(merged)

    def _part(
        self,
        key: Key,
        mine: Mapping[str, Any],
        theirs: Mapping[str, Any],
        new: Mapping[int, Any],
        known: set[str],
        place: str,
    ) -> Any:
        if isinstance(key, int):
            return new[key]
        one, other = mine.get(key), theirs.get(key)
        if one is not None and other is not None:
            return self.fields(f"{key}.", one, other, _PARTS, place)
        is_known = key in known
        if one is not None:  # they took it out, or it was never theirs
            # Below zero it is kept aside, and stored nowhere yet.
            fresh = dataclasses.replace(one, id=None) if one.id > 0 else one
            if not is_known:
                return fresh
            return self._removed(key, one, fresh, None, place)
        if other is None:
            return None
        return other if not is_known else self._removed(key, other, None, other, place)

    def _removed(self, key: str, part: Any, mine: Any, theirs: Any, place: str) -> Any:
        """Return a part that one of both took out: gone, unless the other changed it meanwhile."""
        now = of_fields(f"{key}.", part, _PARTS)
        if now == {name: digest for name, digest in self.seen.items() if name.startswith(f"{key}.")}:
            return None
        self.conflicts.append(Conflict(place.rstrip("."), "", mine, theirs))
        return theirs if self.prefers_standing else mine


def _parts(sections: Iterable[SectionValues]) -> dict[str, SectionValues | ItemValues]:
    """Return key → part, of those that have an id."""
    found: dict[str, SectionValues | ItemValues] = {}
    for section in sections:
        if section.id is not None:
            found[f"s{section.id}"] = section
        found |= {f"i{item.id}": item for item in section.items if item.id is not None}
    return found


def _all_parts(sections: Iterable[SectionValues]) -> list[SectionValues | ItemValues]:
    found: list[SectionValues | ItemValues] = []
    for section in sections:
        found += [section, *section.items]
    return found


def _skeleton(sections: Iterable[SectionValues]) -> Skeleton:
    """Return the keys of sections and their items in order; a new part's is a number of its own."""
    rows: Skeleton = []
    for section in sections:
        items: list[Key] = [f"i{item.id}" if item.id is not None else id(item) for item in section.items]
        rows.append((f"s{section.id}" if section.id is not None else id(section), items))
    return rows
