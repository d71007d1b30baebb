"""From nodes to what the file says (named for its direction): its form only; service checks what the values mean."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import yaml

from workshop.chatham.rule import Level, Visibility
from workshop.core.faults import Fault
from workshop.core.localized import Localized
from workshop.people.values import FormerValues, PartnerValues
from workshop.programme.models import Format, ItemKind, Mode, QuestionKind, SessionStatus
from workshop.programme.seriesfile.nodes import FileFault, SeriesFileError, compose
from workshop.programme.seriesfile.reader import BAD, NAMES, NodeReader, Said, join
from workshop.programme.seriesfile.texts import Texts, read_texts
from workshop.programme.service.languages import TermValues
from workshop.programme.service.values import InterpretationValues, QuestionValues, ShareValues

VERSION = "1"
_NUMBER = re.compile(r"\d{1,9}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?:([+-])(\d\d):(\d\d))?")


@dataclass(frozen=True, slots=True)
class WallText:
    """A time as written: a naive wall time, and the offset that says which of two equal ones is meant."""

    wall: datetime
    offset: timedelta | None


@dataclass(slots=True)
class SaidSection:
    """A section of the programme, with its items."""

    section: Said
    items: list[Said]


@dataclass(slots=True)
class SaidSession:
    """A session; `sections` and `questions` are None where the file says nothing about them."""

    session: Said
    sections: list[SaidSection] | None
    questions: tuple[QuestionValues, ...] | None = None


@dataclass(slots=True)
class SeriesFile:
    """Everything that a file says, with the places of its values."""

    series: Said
    people: list[Said]
    sessions: list[SaidSession]
    reader: NodeReader
    questions: tuple[QuestionValues, ...] | None = None
    """The series' own; None where the file says nothing about them."""
    texts: Texts = field(default_factory=dict)
    """The series' own texts of mail, as far as the file has some."""
    glossary: tuple[TermValues, ...] = ()
    """The series' own terms, as far as the file has some."""

    def place(self, path: str, fault: Fault) -> FileFault:
        """Return a fault of the object at `path` where its value stands in the file."""
        parts = [NAMES.get(part, part) for part in fault.field.split(".") if part]
        return self.reader.fault_at(".".join([path, *parts] if path else parts), fault)


def read_text(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return a scalar's text."""
    if not isinstance(node, yaml.ScalarNode):
        return reader.add(path, "not_text")
    return str(node.value)


def read_localized(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return a string that is the same in every language, or language → text."""
    if isinstance(node, yaml.ScalarNode):
        return Localized.neutral(str(node.value))
    if not isinstance(node, yaml.MappingNode):
        return reader.add(path, "not_text")
    texts = {key: read_text(reader, value, join(path, key)) for key, value in reader.entries(node, path).items()}
    return BAD if BAD in texts.values() else Localized(texts)


def read_affiliations(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return one text or a list of them."""
    if isinstance(node, yaml.SequenceNode):
        return _list_of(read_localized)(reader, node, path)
    found = read_localized(reader, node, path)
    return found if found is BAD else (found,)


def read_wall(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return a wall time such as 2026-10-25T16:00; an offset behind it says which of two equal ones is meant."""
    text = read_text(reader, node, path)
    if text is BAD or not text:
        return None if text == "" else BAD
    match = _TIME.fullmatch(text)
    try:
        wall = datetime.fromisoformat(f"{match[1]}T{match[2]}") if match else None
    except ValueError:
        wall = None
    if match is None or wall is None:
        return reader.add(path, "not_time")
    offset = timedelta(hours=int(match[4]), minutes=int(match[5])) if match[3] else None
    return WallText(wall, -offset if offset is not None and match[3] == "-" else offset)


def _required_wall(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    found = read_wall(reader, node, path)
    return reader.add(path, "required") if found is None else found


def read_date(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return a day such as 2026-10-25."""
    text = read_text(reader, node, path)
    if text is BAD:
        return BAD
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else reader.add(path, "not_date")
    except ValueError:
        return reader.add(path, "not_date")


def read_number(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return a whole number; None where nothing is written."""
    text = read_text(reader, node, path)
    if text is BAD or not text:
        return None if text == "" else BAD
    return int(text) if _NUMBER.fullmatch(text) and text.isascii() else reader.add(path, "not_number")


def _required_number(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    found = read_number(reader, node, path)
    return reader.add(path, "required") if found is None else found


def read_flag(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return true or false."""
    text = read_text(reader, node, path)
    if text is BAD:
        return BAD
    flags = {"true": True, "false": False, "yes": True, "no": False}
    return flags[text.lower()] if text.lower() in flags else reader.add(path, "not_choice", choices=["true", "false"])


def _choice(kind: type[enum.StrEnum], *, is_optional: bool = False) -> Callable[..., Any]:
    def read(reader: NodeReader, node: yaml.Node, path: str) -> Any:
        text = read_text(reader, node, path)
        if text is BAD or (is_optional and not text):
            return BAD if text is BAD else None
        choices = [member.value for member in kind]
        return kind(text) if text in choices else reader.add(path, "not_choice", choices=choices)

    return read


def _list_of(read: Callable[..., Any]) -> Callable[..., Any]:
    def read_list(reader: NodeReader, node: yaml.Node, path: str) -> Any:
        is_list = isinstance(node, yaml.SequenceNode) or not node.value
        found = [read(reader, value, place) for place, value in reader.sequence(node, path)]
        return BAD if BAD in found or not is_list else tuple(found)

    return read_list


def _record(kind: type[Any], table: Mapping[str, Any], required: tuple[str, ...]) -> Callable[..., Any]:
    def read(reader: NodeReader, node: yaml.Node, path: str) -> Any:
        said = reader.object(node, path, table, required)
        return BAD if said.bad or not isinstance(node, yaml.MappingNode) else kind(**said.given)

    return read


_texts = _list_of(read_text)
_partner = {"name": ("name", read_localized), "role": ("role", read_localized), "url": ("url", read_text)}
_partners = _list_of(_record(PartnerValues, _partner, ("name",)))
_interpretation = {
    "from": ("source", read_text),
    "into": ("target", read_text),
    "scope": ("scope", read_localized),
}
_share = {"name": ("name", read_localized), "percent": ("percent", _required_number)}
QUESTION = {
    "text": ("text", read_localized),
    "kind": ("kind", _choice(QuestionKind)),
    "reason": ("reason", read_localized),
    "options": ("options", _list_of(read_localized)),
    "required": ("is_required", read_flag),
    "keep_days": ("keep_days", _required_number),
}
_term = {"term": ("term", read_localized), "note": ("note", read_localized)}
_questions = {"questions": ("questions", _list_of(_record(QuestionValues, QUESTION, ("text", "kind", "reason"))))}
_former = {
    "until": ("until", read_date),
    "affiliation": ("affiliations", read_affiliations),
    "role": ("role", read_localized),
}
PERSON = {
    "name": ("name", read_text),
    "role": ("role", read_localized),
    "affiliation": ("affiliations", read_affiliations),
    "former": ("former", _list_of(_record(FormerValues, _former, ("until",)))),
    "biography": ("biography", read_localized),
    "links": ("links", _texts),
    "email": ("email", read_text),
}
SERIES = {
    "slug": ("slug", read_text),
    "title": ("title", read_localized),
    "subtitle": ("subtitle", read_localized),
    "kind": ("kind", read_localized),
    "description": ("description", read_localized),
    "languages": ("languages", _texts),
    "timezone": ("tzid", read_text),
    "chatham_house_rule": ("level", _choice(Level)),
    "visibility": ("visibility", _choice(Visibility)),
    "contact": ("contact", read_text),
    "sender_name": ("sender_name", read_localized),
    "controller": ("controller", read_localized),
    "own_sentence": ("own_sentence", read_localized),
    "retention_days": ("retention_days", _required_number),
    "without_address": ("without_address", read_flag),
    "speaker_changes_wait": ("speaker_changes_wait", read_flag),
    "committee": ("committee", _texts),
    "partners": ("partners", _partners),
    "links": ("links", _texts),
    "colour": ("colour", read_text),
    "embed_origins": ("embed_origins", _texts),
    "reminders": ("reminders", _texts),
}
SESSION: dict[str, Any] = {
    "slug": ("slug", read_text),
    "number": ("number", read_number),
    "label": ("label", read_localized),
    "short_title": ("short_title", read_localized),
    "title": ("title", read_localized),
    "public_title": ("public_title", read_localized),
    "starts": ("starts_wall", _required_wall),
    "ends": ("ends_wall", _required_wall),
    "timezone": ("tzid", read_text),
    "format": ("format", _choice(Format)),
    "mode": ("mode", _choice(Mode)),
    "place": ("place", read_localized),
    "room_link": ("room_link", read_text),
    "floor_languages": ("floor_languages", _texts),
    "interpretation": (
        "interpretation",
        _list_of(_record(InterpretationValues, _interpretation, ("from", "into"))),
    ),
    "monolingual": ("monolingual", read_text),
    "status": ("status", _choice(SessionStatus)),
    "postponed": ("is_postponed", read_flag),
    "published": ("is_published", read_flag),
    "visibility": ("visibility", _choice(Visibility, is_optional=True)),
    "chatham_house_rule": ("level", _choice(Level, is_optional=True)),
    "capacity": ("capacity", read_number),
    "waiting_list": ("has_waiting_list", read_flag),
    "approval": ("needs_approval", read_flag),
    "shares": ("shares", _list_of(_record(ShareValues, _share, ("name", "percent")))),
    "rsvp_opens": ("rsvp_opens_wall", read_wall),
    "rsvp_closes": ("rsvp_closes_wall", read_wall),
    "abstract": ("abstract", read_localized),
    "objectives": ("objectives", _list_of(read_localized)),
    "moderators": ("moderators", _texts),
    "partners": ("partners", _partners),
    "links": ("links", _texts),
    "reminders": ("reminders", _texts),
}
ITEM = {
    "kind": ("kind", _choice(ItemKind)),
    "title": ("title", read_localized),
    "starts": ("starts", read_text),
    "minutes": ("minutes", read_number),
    "speakers": ("speakers", _texts),
    "moderators": ("moderators", _texts),
    "chatham_house_rule": ("level", _choice(Level, is_optional=True)),
    "abstract": ("abstract", read_localized),
}


def read_file(content: bytes) -> SeriesFile:
    """Return what a file says; `reader.faults` holds what could not be read.

    Raises:
        SeriesFileError: no series can be found in it at all.
    """
    root, faults = compose(content)
    reader = NodeReader()
    reader.faults += faults
    entries = reader.entries(root, "")
    for key in entries:
        if key not in {"workshop", "people", "series", "sessions"}:
            reader.add(join("", key), "unknown_key", keys=["workshop", "people", "series", "sessions"])
    if "workshop" not in entries:
        reader.add("workshop", "required")
    elif read_text(reader, entries["workshop"], "workshop") not in {BAD, VERSION}:
        reader.add("workshop", "not_choice", choices=[VERSION])
    if "series" not in entries:
        reader.add("series", "required")
        raise SeriesFileError(reader.faults)
    required = ("slug", "title", "languages", "timezone", "chatham_house_rule", "visibility")
    of_series = {
        "texts": ("texts", read_texts),
        "glossary": ("glossary", _list_of(_record(TermValues, _term, ("term",)))),
    }
    table = SERIES | _questions | of_series
    series = reader.object(entries["series"], "series", table, required)
    people = [
        _read_person(reader, key, node) for key, node in _optional_entries(reader, entries.get("people"), "people")
    ]
    sessions = [
        _read_session(reader, node, path)
        for path, node in (reader.sequence(entries["sessions"], "sessions") if "sessions" in entries else ())
    ]
    questions, texts = series.given.pop("questions", None), series.given.pop("texts", {})
    glossary = series.given.pop("glossary", ())
    return SeriesFile(series, people, sessions, reader, questions, texts, glossary)


def _optional_entries(reader: NodeReader, node: yaml.Node | None, path: str) -> list[tuple[str, yaml.Node]]:
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return []
    return list(reader.entries(node, path).items())


def _read_person(reader: NodeReader, key: str, node: yaml.Node) -> Said:
    said = reader.object(node, join("people", key), PERSON, ("name",))
    said.given["key"] = key
    return said


def _read_session(reader: NodeReader, node: yaml.Node, path: str) -> SaidSession:
    found: list[list[SaidSection]] = []

    def read_programme(inner: NodeReader, value: yaml.Node, place: str) -> Any:
        found.append([_read_section(inner, section, where) for where, section in inner.sequence(value, place)])
        return None

    table = SESSION | {"programme": ("programme", read_programme)} | _questions
    said = reader.object(node, path, table, ("title", "starts", "ends", "floor_languages"))
    said.given.pop("programme", None)
    if said.given.get("is_postponed") and said.given.get("status") is not SessionStatus.CANCELLED:
        reader.add(f"{path}.postponed", "postponed_not_cancelled")
        said.bad.add("postponed")
    if not said.given.get("slug"):
        number = said.given.get("number")
        if number is None and "slug" not in said.bad:
            reader.add(f"{path}.slug", "required")
            said.bad.add("slug")
        else:
            said.given["slug"] = str(number)
    return SaidSession(said, found[0] if found else None, said.given.pop("questions", None))


def _read_section(reader: NodeReader, node: yaml.Node, path: str) -> SaidSection:
    items: list[Said] = []

    def read_items(inner: NodeReader, value: yaml.Node, place: str) -> Any:
        items.extend(inner.object(item, where, ITEM, ("kind",)) for where, item in inner.sequence(value, place))
        return None

    table = {"title": ("title", read_localized), "items": ("items", read_items)}
    said = reader.object(node, path, table)
    said.given.pop("items", None)
    return SaidSection(said, items)
