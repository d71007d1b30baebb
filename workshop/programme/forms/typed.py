"""A programme as it stands in its form: what may be moved about before it is checked and saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workshop.chatham.rule import Level
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.programme.models import ItemKind
from workshop.programme.service.values import ItemValues, SectionValues

_LIKE_SESSION = ""


@dataclass(slots=True, kw_only=True)
class TypedItem:
    """An item as it stands in the form."""

    row_id: int | None = None
    """None: not stored yet."""
    kind: str = ItemKind.TALK.value
    starts: str = ""
    minutes: int | None = None
    title: Localized = Localized()  # noqa: RUF009 (immutable)
    speakers: list[str] = field(default_factory=list)
    add_speaker: str = ""
    pick_speaker: list[str] = field(default_factory=list)
    moderators: list[str] = field(default_factory=list)
    add_moderator: str = ""
    pick_moderator: list[str] = field(default_factory=list)
    level: str = _LIKE_SESSION
    abstract: Localized = Localized()  # noqa: RUF009 (immutable)
    origin: tuple[int, int] | None = None
    """Number of section and item in the form that was sent."""

    @property
    def is_blank(self) -> bool:
        """Whether it is a row to write in, in which nothing was written."""
        said = (self.title, self.abstract, self.starts, self.minutes, self.speakers, self.moderators, self.level)
        typed = (self.add_speaker, self.add_moderator)
        return self.row_id is None and self.kind == ItemKind.TALK.value and not any((*said, *typed))


@dataclass(slots=True, kw_only=True)
class TypedSection:
    """A section as it stands in the form."""

    row_id: int | None = None
    title: Localized = Localized()  # noqa: RUF009 (immutable)
    items: list[TypedItem] = field(default_factory=list)
    origin: int | None = None


@dataclass(slots=True, kw_only=True)
class Typed:
    """A programme as it stands in the form: what may be moved about before it is saved."""

    moderators: list[str] = field(default_factory=list)
    add_moderator: str = ""
    pick_moderator: list[str] = field(default_factory=list)
    sections: list[TypedSection] = field(default_factory=list)

    def drop_blank(self) -> None:
        """Take out the rows in which nothing was written."""
        for section in self.sections:
            section.items = [item for item in section.items if not item.is_blank]
        self.sections = [one for one in self.sections if one.row_id is not None or one.title or one.items]

    def take_origins(self, sent: Typed) -> None:
        """Know each row by where it stood when it was sent: by what it is stored as, new ones by their words."""
        sections = {_mark(one): one.origin for one in sent.sections}
        items = {_mark(item): item.origin for one in sent.sections for item in one.items}
        for section in self.sections:
            section.origin = sections.get(_mark(section))
            for item in section.items:
                item.origin = items.get(_mark(item))

    def adopt(self, sections: Sequence[SectionValues]) -> None:
        """Take new rows for those that stand and say the very same: a form that was sent twice adds nothing twice."""
        own = {one.row_id for one in self.sections}
        rows = {item.row_id for one in self.sections for item in one.items}
        stands = [one for one in sections if one.id not in own]
        items = [item for one in sections for item in one.items if item.id not in rows]
        for section in self.sections:
            twin = next((one for one in stands if section.row_id is None and one.title == section.title), None)
            if twin is not None and twin.title:
                section.row_id = twin.id
                stands.remove(twin)
            for row in section.items:
                same = next((one for one in items if row.row_id is None and one == _item_values(row)), None)
                if same is not None:
                    row.row_id = same.id
                    items.remove(same)

    @property
    def texts(self) -> list[Localized]:
        """Every title and abstract."""
        items = [item for one in self.sections for item in one.items]
        titles = [one.title for one in self.sections] + [item.title for item in items]
        return titles + [item.abstract for item in items]

    def values(self) -> tuple[SectionValues, ...]:
        """Return the programme for the services."""
        return tuple(
            SectionValues(id=one.row_id, title=one.title, items=tuple(_item_values(item) for item in one.items))
            for one in self.sections
        )


def typed_programme(moderators: Iterable[str], sections: Iterable[SectionValues]) -> Typed:
    """Return stored values as they stand in the form."""
    return Typed(
        moderators=list(moderators),
        sections=[
            TypedSection(row_id=one.id, title=one.title, items=[_from_values(item) for item in one.items])
            for one in sections
        ],
    )


def keep_languages(typed: Typed, sections: Iterable[SectionValues]) -> None:
    """Keep the texts in languages for which the form has no input, as they stand."""
    titles: dict[tuple[str, int | None], SectionValues | ItemValues] = {}
    for one in sections:
        titles[("section", one.id)] = one
        titles |= {("item", item.id): item for item in one.items}
    for section in typed.sections:
        if stands := titles.get(("section", section.row_id)):
            section.title = _with_others(section.title, stands.title)
        for item in section.items:
            found = titles.get(("item", item.row_id))
            if isinstance(found, ItemValues):
                item.title = _with_others(item.title, found.title)
                item.abstract = _with_others(item.abstract, found.abstract)


def only_texts(typed: Typed, moderators: Sequence[str], sections: Sequence[SectionValues]) -> Typed:
    """Return the programme as it stands with the titles and abstracts that were typed and nothing else."""
    stands = typed_programme(moderators, sections)
    said = {("s", one.row_id, at if one.row_id is None else 0): one for at, one in enumerate(typed.sections)}
    rows = {
        ("i", item.row_id, (at, index) if item.row_id is None else 0): item
        for at, one in enumerate(typed.sections)
        for index, item in enumerate(one.items)
    }
    for at, section in enumerate(stands.sections):
        if own := said.get(("s", section.row_id, at if section.row_id is None else 0)):
            section.title = own.title
        for index, item in enumerate(section.items):
            if row := rows.get(("i", item.row_id, (at, index) if item.row_id is None else 0)):
                item.title, item.abstract = row.title, row.abstract
    return stands


def _mark(row: TypedSection | TypedItem) -> object:
    return row.row_id if row.row_id is not None else row.title


def _item_values(item: TypedItem) -> ItemValues:
    return ItemValues(
        id=item.row_id,
        kind=ItemKind(item.kind),
        title=item.title,
        abstract=item.abstract,
        starts=item.starts,
        minutes=item.minutes,
        level=Level(item.level) if item.level else None,
        speakers=tuple(item.speakers),
        moderators=tuple(item.moderators),
    )


def _from_values(item: ItemValues) -> TypedItem:
    return TypedItem(
        row_id=item.id,
        kind=item.kind.value,
        starts=item.starts,
        minutes=item.minutes,
        title=item.title,
        speakers=list(item.speakers),
        moderators=list(item.moderators),
        level=item.level.value if item.level else _LIKE_SESSION,
        abstract=item.abstract,
    )


def _with_others(typed: Localized, stands: Localized) -> Localized:
    others: Mapping[str, str] = {code: text for code, text in stands.items() if code not in languages()}
    return Localized({**typed, **others}) if others and not typed.is_neutral else typed
