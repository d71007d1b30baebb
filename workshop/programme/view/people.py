"""People of a series as its organisers list them, and what those who speak asked to change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workshop.chatham.rule import Audience, Surface
from workshop.core.folding import fold
from workshop.core.localized import Localized
from workshop.people.models import ChangeState, Person, SpeakerChange
from workshop.people.rule import all_affiliations
from workshop.programme.models import Item, Series, SlotRole, WorkshopSession
from workshop.programme.view.make import session_disclosure, workspace_name
from workshop.programme.view.speakers import slots_of

_LISTS = frozenset({"affiliations"})


@dataclass(frozen=True, slots=True)
class PartRow:
    """What somebody does in a session."""

    id: int
    session: str
    """Slug."""
    name: Localized
    """Of the session."""
    title: Localized
    """Of the talk; empty for the session as a whole."""
    is_moderator: bool
    starts_at: datetime
    tzid: str
    is_published: bool
    confirmed_at: datetime | None
    declined_at: datetime | None


@dataclass(frozen=True, slots=True)
class FormerRow:
    """Where somebody worked."""

    until: date
    affiliations: tuple[Localized, ...]
    role: Localized


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in the directory."""

    id: int
    key: str
    name: str
    role: Localized
    affiliations: tuple[Localized, ...]
    former: tuple[FormerRow, ...]
    has_biography: bool
    missing: tuple[str, ...]
    """Languages in which their role or biography is missing."""
    portrait: str
    """Key; empty for none."""
    has_address: bool
    is_in_committee: bool
    changes: int
    """Which wait for an organiser."""
    parts: tuple[PartRow, ...]


@dataclass(frozen=True, slots=True)
class ChangedField:
    """One text that somebody asked to change."""

    name: str
    was: tuple[Localized, ...]
    stands: tuple[Localized, ...]
    wanted: tuple[Localized, ...]

    @property
    def is_overtaken(self) -> bool:
        """Whether it was changed by somebody else since they wrote."""
        return self.stands != self.was


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change that somebody asked for."""

    id: int
    person_id: int
    person: str
    session: str
    """Slug, of the session of the talk that it is about; empty for the person."""
    talk: Localized
    fields: tuple[ChangedField, ...]
    since: date | None
    """From which day another role or affiliation holds; None: a correction."""
    state: ChangeState
    asked_at: datetime
    decided_at: datetime | None


def person_rows(series: Series, waiting: Iterable[SpeakerChange] = ()) -> list[PersonRow]:
    """Return everybody in a series' directory by name, accents aside.

    Args:
        series: loaded whole.
        waiting: changes that wait for an organiser.
    """
    parts: dict[int, list[PartRow]] = {}
    for one in series.sessions:
        shown = session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.PAGE)
        if not shown.speaker_names:
            continue
        for slot, item in slots_of(one):
            parts.setdefault(slot.person_id, []).append(
                PartRow(
                    id=slot.id,
                    session=one.slug,
                    name=workspace_name(one),
                    title=item.title if item else Localized(),
                    is_moderator=slot.role is SlotRole.MODERATOR,
                    starts_at=one.starts_at,
                    tzid=one.tzid,
                    is_published=one.is_published,
                    confirmed_at=slot.confirmed_at,
                    declined_at=slot.declined_at,
                )
            )
    changes: dict[int, int] = {}
    for change in waiting:
        changes[change.person_id] = changes.get(change.person_id, 0) + 1
    committee = {member.person_id for member in series.committee}
    rows = [
        _row(person, series, parts.get(person.id, ()), committee, changes.get(person.id, 0)) for person in series.people
    ]
    return sorted(rows, key=lambda row: (fold(row.name), row.id))


def _row(
    person: Person, series: Series, parts: Sequence[PartRow], committee: Collection[int], changes: int
) -> PersonRow:
    texts = [text for text in (person.role, person.biography, *person.affiliations) if text]
    former = tuple(
        FormerRow(
            date.fromisoformat(one["until"]),
            tuple(Localized.from_json(text) for text in one["affiliations"]),
            Localized.from_json(one.get("role")),
        )
        for one in person.former
    )
    return PersonRow(
        id=person.id,
        key=person.key,
        name=person.name,
        role=person.role,
        affiliations=person.affiliations,
        former=former,
        has_biography=bool(person.biography),
        missing=tuple(code for code in series.languages if any(text.missing([code]) for text in texts)),
        portrait=person.portrait.key if person.portrait else "",
        has_address=bool(person.email),
        is_in_committee=person.id in committee,
        changes=changes,
        parts=tuple(parts),
    )


def matches(person: Person, wanted: Sequence[str]) -> bool:
    """Whether all these folded words stand in what is said of somebody: name, role, where they work or worked."""
    said = [person.name, *(text for one in (person.role, *all_affiliations(person)) for text in _texts(one))]
    words = fold(" ".join(said))
    return all(word in words for word in wanted)


def _texts(text: Localized) -> list[str]:
    plain = text.to_json()
    return [plain] if isinstance(plain, str) else list(plain.values())


def change_view(change: SpeakerChange, person: Person, items: Mapping[int, tuple[WorkshopSession, Item]]) -> ChangeView:
    """Return a change beside what stands.

    Args:
        change: of the person.
        person: who asked for it.
        items: item's id → its session and itself, of the talks that changes are about.
    """
    found = items.get(change.item_id) if change.item_id is not None else None
    owner: Person | Item = found[1] if found else person
    since = change.content.get("since")
    return ChangeView(
        id=change.id,
        person_id=person.id,
        person=person.name,
        session=found[0].slug if found else "",
        talk=found[1].title if found else Localized(),
        fields=tuple(
            ChangedField(
                name,
                _localized(name, change.was.get(name)),
                _stands(getattr(owner, name)),
                _localized(name, wanted),
            )
            for name, wanted in change.content.items()
            if name != "since"
        ),
        since=date.fromisoformat(since) if since else None,
        state=change.state,
        asked_at=change.asked_at,
        decided_at=change.decided_at,
    )


def _localized(name: str, value: Any) -> tuple[Localized, ...]:
    values = value if name in _LISTS and isinstance(value, list | tuple) else [value]
    return tuple(text for one in values if (text := Localized.from_json(one)))


def _stands(value: object) -> tuple[Localized, ...]:
    if isinstance(value, str):
        return (Localized.neutral(value),) if value else ()
    values = value if isinstance(value, tuple) else (value,)
    return tuple(text for text in values if isinstance(text, Localized) and text)
