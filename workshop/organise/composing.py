"""What the buttons of the programme's editor do to what was typed there, before any of it is saved. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from workshop.people.models import Person
from workshop.programme.forms.typed import Typed, TypedItem, TypedSection
from workshop.programme.models import SpeakerSlot, WorkshopSession

MODERATORS = "m"
"""Names those who moderate the whole session."""
SPEAKER, MODERATOR = "speaker", "moderator"
_PRESS = re.compile(
    r"(?P<verb>up|down|remove|add-item|new-person)"
    r":(?:s(?P<section>\d{1,4})(?:i(?P<item>\d{1,4}))?|(?P<whole>m))(?:\.(?P<role>speaker|moderator)(?:\.(?P<person>.{1,80}))?)?"
)
_FIELDS = re.compile(r"sections-(\d{1,4})-items-(\d{1,4})")
_RowT = TypeVar("_RowT")


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed, such as `up:s0i2`, `remove:s0i2.speaker.<key>`, `new-person:m.moderator`."""

    verb: str
    section: int | None = None
    item: int | None = None
    role: str = ""
    person: str = ""

    @property
    def is_of_person(self) -> bool:
        """Whether it is about somebody's part, or about a name that was typed."""
        return bool(self.role)


@dataclass(slots=True)
class Cast:
    """Those who speak, or who moderate, at one place of the form, and the name that was typed there."""

    holder: Any
    """A TypedItem, or Typed for the session as a whole."""
    role: str
    at: str
    """Names the place in buttons, such as `s0i2.speaker`."""
    path: str
    """Names it in faults, such as `programme.0.items.2.speakers`."""

    @property
    def keys(self) -> list[str]:
        """Keys of people, in order."""
        found: list[str] = getattr(self.holder, f"{self.role}s")
        return found

    @property
    def typed(self) -> str:
        """What was typed to find somebody."""
        return str(getattr(self.holder, f"add_{self.role}"))

    @property
    def picked(self) -> list[str]:
        """Whom of several the person meant."""
        found: list[str] = getattr(self.holder, f"pick_{self.role}")
        return found

    def add(self, key: str) -> None:
        """Add somebody at the end, once, and forget what was typed."""
        if key not in self.keys:
            self.keys.append(key)
        self.clear()

    def clear(self) -> None:
        """Forget what was typed."""
        self.put_back("")

    def put_back(self, name: str) -> None:
        """Show a name as it was typed."""
        setattr(self.holder, f"add_{self.role}", name)
        setattr(self.holder, f"pick_{self.role}", [])


def read_press(act: str) -> Press | None:
    """Return the button of a posted `act`; None for those that only save."""
    if act == "add-section":
        return Press(act)
    found = _PRESS.fullmatch(act)
    if found is None or (found["whole"] and not found["role"]):
        return None
    section, item = (int(found[name]) if found[name] else None for name in ("section", "item"))
    if found["role"] and section is not None and item is None:
        return None
    return Press(found["verb"], section, item, found["role"] or "", found["person"] or "")


def casts(typed: Typed) -> list[Cast]:
    """Return every place at which people are named."""
    found = [Cast(typed, MODERATOR, f"{MODERATORS}.{MODERATOR}", "moderators")]
    for number, section in enumerate(typed.sections):
        for index, item in enumerate(section.items):
            for role in (SPEAKER, MODERATOR):
                path = f"programme.{number}.items.{index}.{role}s"
                found.append(Cast(item, role, f"s{number}i{index}.{role}", path))
    return found


def resolve(
    typed: Typed, known: dict[str, Person], find: Callable[[Iterable[Person], str], list[Person]]
) -> list[tuple[Cast, list[Person]]]:
    """Add whoever was typed and found, once; returns the places where several are meant, or nobody.

    Args:
        typed: what was typed; changed.
        known: key → person of the series.
        find: people whom a text may mean.
    """
    unclear = []
    for cast in casts(typed):
        picked = [key for key in cast.picked if key in known]
        if picked:
            cast.add(picked[0])
        elif cast.typed:
            found = find(known.values(), cast.typed)
            if len(found) == 1:
                cast.add(found[0].key)
            else:
                unclear.append((cast, found))
    return unclear


def find_cast(typed: Typed, press: Press) -> Cast | None:
    """Return the place of the form that a button stands at; None where there is none."""
    if press.section is None:
        return Cast(typed, MODERATOR, f"{MODERATORS}.{MODERATOR}", "moderators") if press.role == MODERATOR else None
    item = find_item(typed, press)
    if item is None or not press.role:
        return None
    return next(cast for cast in casts(typed) if cast.holder is item and cast.role == press.role)


def find_item(typed: Typed, press: Press) -> TypedItem | None:
    """Return the item that a button stands at, wherever it is by now."""
    wanted = (press.section, press.item)
    return next((item for one in typed.sections for item in one.items if item.origin == wanted), None)


def find_section(typed: Typed, press: Press) -> TypedSection | None:
    """Return the section that a button stands at, wherever it is by now."""
    return next((one for one in typed.sections if one.origin == press.section), None)


def perform(typed: Typed, press: Press) -> None:
    """Do what a button that moves or removes something says; one that fits nothing does nothing."""
    if press.is_of_person:
        cast = find_cast(typed, press)
        if cast is not None and press.person in cast.keys:
            _move_or_remove(cast.keys, cast.keys.index(press.person), press.verb)
    elif press.item is not None:
        _perform_on_item(typed, press)
    elif (section := find_section(typed, press)) is not None:
        _move_or_remove(typed.sections, typed.sections.index(section), press.verb)


def anchor(typed: Typed, press: Press) -> str:
    """Return what names, in the page that follows, the place of a button: `s0i2`, `s1`, `m`; empty once it is gone."""
    if press.section is None:
        return MODERATORS if press.role else ""
    for number, section in enumerate(typed.sections):
        if press.item is None and section.origin == press.section:
            return f"s{number}"
        for index, item in enumerate(section.items):
            if press.item is not None and item.origin == (press.section, press.item):
                return f"s{number}i{index}"
    return ""


def field_place(path: str) -> dict[str, Any]:
    """Return where in the editor's address a field stands that a fault names, such as `programme.0.items.1.title`."""
    kind, _point, rest = path.partition(".")
    if kind != "programme" or not rest:
        return {}
    section, *item = rest.split(".")
    place = f"s{section}i{item[1]}" if item[:1] == ["items"] and item[1:] else f"s{section}"
    return {"open": place, "_anchor": "-".join(["sections", section, *item])}


def place_of(text: str) -> str:
    """Return the anchor of an item by that or by the name of its fields: `sections-0-items-2` is `s0i2`."""
    found = _FIELDS.fullmatch(text)
    return f"s{found[1]}i{found[2]}" if found else text


def add_blank(typed: Typed, where: str) -> str:
    """Add a row to write in, behind a section's items (`s0`) or as a new section (`section`); returns its anchor."""
    if where == "section":
        typed.sections.append(TypedSection(items=[TypedItem()]))
        return f"s{len(typed.sections) - 1}"
    number = where.removeprefix("s")
    if not (where.startswith("s") and number.isdecimal() and len(number) < 5 and int(number) < len(typed.sections)):  # noqa: PLR2004 (no long numbers)
        return ""
    items = typed.sections[int(number)].items
    items.append(TypedItem())
    return f"s{int(number)}i{len(items) - 1}"


def _perform_on_item(typed: Typed, press: Press) -> None:
    item = find_item(typed, press)
    if item is None:
        return
    number = next(at for at, one in enumerate(typed.sections) if any(other is item for other in one.items))
    items = typed.sections[number].items
    index = next(at for at, other in enumerate(items) if other is item)
    if press.verb == "up" and index == 0 and number:
        typed.sections[number - 1].items.append(items.pop(0))
    elif press.verb == "down" and index == len(items) - 1 and number + 1 < len(typed.sections):
        typed.sections[number + 1].items.insert(0, items.pop())
    else:
        _move_or_remove(items, index, press.verb)


def _move_or_remove(rows: list[_RowT], index: int, verb: str) -> None:
    if verb == "remove":
        del rows[index]
    to = index + {"up": -1, "down": 1}.get(verb, 0)
    if verb in {"up", "down"} and 0 <= to < len(rows):
        rows[index], rows[to] = rows[to], rows[index]


@dataclass(frozen=True, slots=True)
class Attached:
    """What hangs on a part of the programme and goes with it."""

    consents: int = 0
    """Given or withdrawn by those who speak or moderate there."""
    confirmed: int = 0
    """Of them, those who said that they come."""
    slides: int = 0
    recordings: int = 0

    def __bool__(self) -> bool:
        return bool(self.consents or self.confirmed or self.slides or self.recordings)


def attached(workshop_session: WorkshopSession, typed: Typed, press: Press) -> Attached:
    """Return what goes with what a button removes, as it is stored.

    Args:
        workshop_session: whole; its slides and recordings are read too.
        typed: as sent.
        press: of a `remove`.
    """
    items = {item.id: item for section in workshop_session.sections for item in section.items}
    if press.is_of_person:
        cast = find_cast(typed, press)
        item = items.get(getattr(cast.holder, "row_id", None) or 0) if cast else None
        stored = item.slots if item else workshop_session.slots if press.section is None else []
        slots = [slot for slot in stored if slot.role.value == press.role and slot.person.key == press.person]
        return _attached(workshop_session, slots, set())
    if press.item is not None:
        row = find_item(typed, press)
        gone = [row] if row is not None else []
    else:
        section = find_section(typed, press)
        gone = section.items if section is not None else []
    found = [items[row.row_id] for row in gone if row.row_id in items]
    return _attached(workshop_session, [slot for item in found for slot in item.slots], {item.id for item in found})


def _attached(workshop_session: WorkshopSession, slots: list[SpeakerSlot], items: set[int]) -> Attached:
    ids = {slot.id for slot in slots}
    if not ids and not items:
        return Attached()
    return Attached(
        consents=sum(len(slot.consents) for slot in slots),
        confirmed=sum(slot.confirmed_at is not None for slot in slots),
        slides=sum(one.slot_id in ids for one in workshop_session.slides),
        recordings=sum(one.item_id in items for one in workshop_session.recordings),
    )
