"""Writing a series file (named for its direction): readable, in the order of the example, and read back the same."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import yaml
from sqlalchemy.orm import object_session

from workshop.chatham.rule import Audience, Surface
from workshop.core.localized import Localized
from workshop.core.localtime import to_instant
from workshop.mail.texts import list_own
from workshop.people.values import FormerValues, PartnerValues, PersonValues, person_values
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.seriesfile.glossary import terms_data
from workshop.programme.seriesfile.reading import ITEM, PERSON, QUESTION, SERIES, SESSION
from workshop.programme.seriesfile.texts import texts_data
from workshop.programme.service.languages import list_terms
from workshop.programme.service.values import (
    InterpretationValues,
    SectionValues,
    SeriesValues,
    ShareValues,
    question_values,
    section_values,
    series_values,
    session_values,
)
from workshop.programme.view import session_disclosure

_PRIVATE = frozenset({"room_link", "email"})
_FLOW_WIDTH = 100
_ALWAYS = frozenset({"status", "mode", "format"})
_FOLDS = {
    "starts_wall": "fold",
    "ends_wall": "ends_fold",
    "rsvp_opens_wall": "rsvp_opens_fold",
    "rsvp_closes_wall": "rsvp_closes_fold",
}


class _Flow(list[Any]):
    """A list written on one line."""


class _FlowMap(dict[str, Any]):
    """A mapping written on one line."""


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 would read as anything but text; long texts as blocks; lists indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 (PyYAML's own)
        """Indent lists within mappings too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's own)
        """Never write an alias: the file knows none."""
        return True


def _write_text(dumper: _Dumper, text: str) -> yaml.Node:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    return dumper.represent_str(text)


_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(
    _Flow, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)
_Dumper.add_representer(
    _FlowMap, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)


def export_series(series: Series, *, is_private: bool = False) -> str:
    """Return a series as a file that `import_series` reads back as the same series.

    Args:
        series: what is exported.
        is_private: with people's addresses and the rooms' links, which no other export holds.
    """
    parts = [_dump({"workshop": 1})]
    people = {person.key: _person(person_values(person), is_private=is_private) for person in series.people}
    if people:
        parts.append(_dump({"people": people}))
    parts.append(_dump({"series": _series(series_values(series)) | _questions(series) | _texts(series)}))
    for index, one in enumerate(series.sessions):
        text = _dump({"sessions": [_session(one, series, is_private=is_private)]})
        parts.append(text if index == 0 else text.removeprefix("sessions:\n"))
    return "\n".join(parts)


def _dump(data: dict[str, Any]) -> str:
    return yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=1_000_000
    )


def _person(values: PersonValues, *, is_private: bool) -> dict[str, Any]:
    written = _write(values, PERSON, is_private=is_private)
    if len(values.affiliations) == 1:
        written["affiliation"] = _affiliation(values.affiliations)
    return written


def _series(values: SeriesValues) -> dict[str, Any]:
    return _write(values, SERIES)


def _session(one: WorkshopSession, series: Series, *, is_private: bool) -> dict[str, Any]:
    values = session_values(one)
    surface = Surface.PRIVATE_EXPORT if is_private else Surface.EXPORT
    shown = session_disclosure(one, audience=Audience.ORGANISER, surface=surface)
    written = _write(values, SESSION, is_private=shown.room_link)
    if values.tzid == series.tzid:
        del written["timezone"]
    # The file's default is the opposite of the form's: who writes a file means it to be seen.
    written.pop("published", None)
    if not values.is_published:
        written = _insert_after(written, "status", "published", value=False)
    written |= _questions(one)
    if one.sections:
        written["programme"] = [_section(section_values(section)) for section in one.sections]
    return written


def _questions(owner: Series | WorkshopSession) -> dict[str, Any]:
    found = [_record(question_values(question)) for question in owner.questions]
    return {"questions": found} if found else {}


def _texts(series: Series) -> dict[str, Any]:
    session = object_session(series)
    found = texts_data(list_own(session, series_id=series.id)) if session is not None else {}
    terms = [] if session is None else list_terms(session, series.id)
    glossary = [{name: _value(text) for name, text in term.items()} for term in terms_data(terms)]
    return ({"texts": found} if found else {}) | ({"glossary": glossary} if glossary else {})


def _insert_after(written: dict[str, Any], key: str, new: str, *, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in written.items():
        found[name] = entry
        if name == key:
            found[new] = value
    return found


def _section(values: SectionValues) -> dict[str, Any]:
    items = [_write(item, ITEM) for item in values.items]
    return ({"title": _value(values.title)} if values.title else {}) | {"items": items}


def _write(values: Any, table: dict[str, Any], *, is_private: bool = True) -> dict[str, Any]:
    """Return key → value for everything that is not the default."""
    defaults = {field.name: field.default for field in dataclasses.fields(values)}
    written: dict[str, Any] = {}
    for key, (name, _) in table.items():
        value = getattr(values, name)
        if key in _PRIVATE and not is_private:
            continue
        # A session's reminders of none at all are not the same as the series' reminders.
        is_empty = value in ((), "") and not (name == "reminders" and defaults[name] != value)
        if value is None or (isinstance(value, Localized) and not value) or is_empty:
            continue
        if value == defaults[name] and name not in _ALWAYS:
            continue
        if name in _FOLDS:
            tzid = values.tzid
            written[key] = _time(value, tzid, getattr(values, _FOLDS[name]))
        else:
            written[key] = _value(value)
    return written


def _value(value: Any) -> Any:
    if isinstance(value, Localized):
        text = value.to_json()
        return text if isinstance(text, str) else _mapping(dict(text))
    if isinstance(value, tuple):
        entries = [_value(entry) for entry in value]
        is_short = all(isinstance(entry, str) for entry in entries) and len("".join(entries)) < _FLOW_WIDTH
        return _Flow(entries) if is_short else entries
    if dataclasses.is_dataclass(value):
        return _record(value)
    return value.value if hasattr(value, "value") else value


def _record(value: Any) -> dict[str, Any]:
    if isinstance(value, PartnerValues):
        written = {"name": _value(value.name), "role": _value(value.role) if value.role else None, "url": value.url}
        return {key: entry for key, entry in written.items() if entry}
    if isinstance(value, InterpretationValues):
        written = {"from": value.source, "into": value.target}
        return _FlowMap(written | ({"scope": _value(value.scope)} if value.scope else {}))
    if isinstance(value, ShareValues):
        return {"name": _value(value.name), "percent": value.percent}
    if isinstance(value, FormerValues):
        found = {"until": value.until.isoformat(), "affiliation": _affiliation(value.affiliations)}
        return found | ({} if value.role is None else {"role": _value(value.role)})
    return _write(value, QUESTION)


def _affiliation(values: tuple[Localized, ...]) -> Any:
    return _value(values[0] if len(values) == 1 else values)


def _mapping(texts: dict[str, str]) -> dict[str, str]:
    is_short = len("".join(texts.values())) < _FLOW_WIDTH and not any("\n" in text for text in texts.values())
    return _FlowMap(texts) if is_short else texts


def _time(wall: datetime, tzid: str, fold: int | None) -> str:
    text = wall.isoformat(timespec="minutes")
    if fold is None:
        return text
    seconds = int((wall.replace(tzinfo=UTC) - to_instant(wall, tzid, fold=fold)).total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{text}{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"
