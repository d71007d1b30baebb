"""What is kept aside against what is published, word by word (pure, and named for what it does)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from workshop.chatham.notices import label as level_label
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.values import PartnerValues
from workshop.programme.forms.fields import MODES, STATUSES, VISIBILITIES
from workshop.programme.forms.meanwhile import ConflictRow
from workshop.programme.models import Format, ItemKind, Mode, SessionStatus
from workshop.programme.service.merging import Conflict
from workshop.programme.service.snapshots import FIELDS
from workshop.programme.service.values import (
    InterpretationValues,
    ItemValues,
    SectionValues,
    SessionValues,
    ShareValues,
)
from workshop.programme.view.words import FORMATS

FIELD_WORDS: dict[str, Any] = {
    "slug": lazy_gettext("Address"),
    "number": lazy_gettext("Number"),
    "label": lazy_gettext("Label"),
    "short_title": lazy_gettext("Short title"),
    "title": lazy_gettext("Title"),
    "public_title": lazy_gettext("Public title"),
    "abstract": lazy_gettext("Abstract"),
    "objectives": lazy_gettext("Objectives"),
    "format": lazy_gettext("Format"),
    "mode": lazy_gettext("Where"),
    "place": lazy_gettext("Place"),
    "room_link": lazy_gettext("Address of the online room"),
    "floor_languages": lazy_gettext("Floor languages"),
    "interpretation": lazy_gettext("Interpretation"),
    "status": lazy_gettext("Status"),
    "visibility": lazy_gettext("Who may know of it"),
    "level": lazy_gettext("Level of the Chatham House Rule"),
    "capacity": lazy_gettext("Places"),
    "has_waiting_list": lazy_gettext("Whoever finds the session full may wait for a place"),
    "needs_approval": lazy_gettext("Answers wait for your approval"),
    "shares": lazy_gettext("Places kept for some"),
    "rsvp_opens_wall": lazy_gettext("Answers open"),
    "rsvp_opens_fold": lazy_gettext("Answers open"),
    "rsvp_closes_wall": lazy_gettext("Answers close"),
    "rsvp_closes_fold": lazy_gettext("Answers close"),
    "monolingual": lazy_gettext("Exists in one language only"),
    "links": lazy_gettext("Links"),
    "reminders": lazy_gettext("Reminders"),
    "moderators": lazy_gettext("Moderators"),
    "partners": lazy_gettext("Partners"),
    "programme": lazy_gettext("Programme"),
    "kind": lazy_gettext("Kind"),
    "starts": lazy_gettext("Start"),
    "minutes": lazy_gettext("Minutes"),
    "speakers": lazy_gettext("Speakers"),
}
"""What a field is called, as its form and as the log's page say it."""
TEXTS_ONLY = ("label", "title", "short_title", "public_title", "abstract", "objectives", "links", "format")
"""Fields that whoever only translates sees, as in their form."""
_KINDS = {
    ItemKind.TALK: lazy_gettext("Talk"),
    ItemKind.PANEL: lazy_gettext("Panel"),
    ItemKind.DISCUSSION: lazy_gettext("Discussion"),
    ItemKind.BREAK: lazy_gettext("Break"),
}
_ITEM_FIELDS = ("kind", "title", "abstract", "starts", "minutes", "level", "speakers", "moderators")
_MOST_WORDS = 4000
"""Longer texts are shown whole, before and after: comparing takes its time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """Some words that stayed, went or came."""

    kind: str
    """`same`, `out` or `in`."""
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class TextChange:
    """What changed in a text of one language."""

    language: str
    """Empty where it has none."""
    segments: tuple[Segment, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class FieldChange:
    """What changed in a field."""

    field: str
    words: str
    """What it is called."""
    texts: tuple[TextChange, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class PartChange:
    """What became of a section or an item of the programme."""

    title: Localized
    is_section: bool
    kind: str
    """`added`, `removed`, `changed` or `moved`."""
    fields: tuple[FieldChange, ...]


def compare_values(
    before: SessionValues,
    after: SessionValues,
    *,
    names: Mapping[str, str] | None = None,
    fields: Iterable[str] = FIELDS,
) -> list[FieldChange]:
    """Return what changed of a session, field by field.

    Args:
        before: what is published.
        after: what is kept aside.
        names: key → name, of people; None: keys are shown.
        fields: which of them.
    """
    wanted = [name for name in FIELDS if name in set(fields)]
    return _compare(before, after, wanted, names or {})


def compare_programme(
    before: Sequence[SectionValues], after: Sequence[SectionValues], *, names: Mapping[str, str] | None = None
) -> list[PartChange]:
    """Return what became of the parts of a programme, in the order in which they stand after it, those gone last."""
    was, stands = _parts(before), _parts(after)
    moved = _moved(list(was), list(stands))
    found = []
    for key, (part, home) in stands.items():
        is_section = isinstance(part, SectionValues)
        old = was.get(key)
        if old is None:
            found.append(PartChange(part.title, is_section, "added", ()))
            continue
        changed = _compare(old[0], part, ["title"] if is_section else _ITEM_FIELDS, names or {})
        if changed:
            found.append(PartChange(part.title, is_section, "changed", tuple(changed)))
        if key in moved or old[1] != home:
            found.append(PartChange(part.title, is_section, "moved", ()))
    gone = [part for key, (part, _home) in was.items() if key not in stands]
    return [*found, *(PartChange(part.title, isinstance(part, SectionValues), "removed", ()) for part in gone)]


def conflict_rows(conflicts: Iterable[Conflict]) -> list[ConflictRow]:
    """Return what two people changed of a session, to be decided."""
    return [
        ConflictRow(
            words=str(FIELD_WORDS.get(one.field, one.field)),
            target=f"{one.field}-{one.language}" if one.language else one.field,
            take=f"{one.field}.{one.language}" if one.language else one.field,
            language=one.language,
            mine=value_words(one.field, one.posted),
            theirs=value_words(one.field, one.stands),
        )
        for one in conflicts
    ]


def meanwhile_words(who: str) -> str:
    """Return the sentence to whoever saved after somebody else had, and saved over none of their words."""
    if who:
        return str(_("Meanwhile %(name)s saved other changes of this session: they stand beside yours.", name=who))
    return str(_("Meanwhile other changes of this session were saved: they stand beside yours."))


def diff(before: str, after: str) -> tuple[Segment, ...]:
    """Return which words of a text went and which came."""
    was, stands = _words(before), _words(after)
    if len(was) + len(stands) > _MOST_WORDS or not _is_alike(was, stands):
        return tuple(one for one in (Segment("out", before), Segment("in", after)) if one.text)
    found: list[Segment] = []
    for kind, from_, to, start, end in SequenceMatcher(None, was, stands, autojunk=True).get_opcodes():
        if kind == "equal":
            found.append(Segment("same", "".join(was[from_:to])))
            continue
        found += [Segment("out", "".join(was[from_:to]))] if to > from_ else []
        found += [Segment("in", "".join(stands[start:end]))] if end > start else []
    return tuple(found)


def value_words(name: str, value: Any, names: Mapping[str, str] | None = None) -> str:
    """Return what a value that is no text in several languages says, in the language being spoken."""
    if value is None:
        words: Any = _nothing(name)
    elif isinstance(value, Localized):
        words = " / ".join(_by_language(value).values())
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    elif isinstance(value, datetime):
        words = value.isoformat(" ", timespec="minutes")
    elif isinstance(value, tuple):
        words = "\n".join(_row_words(one, names or {}) for one in value)
    elif isinstance(value, Level):
        words = level_label(value).pick(str(get_locale().language)).value
    else:
        words = _ENUMS.get(type(value), {}).get(value, value)
    return str(words)


_ENUMS: dict[type, Mapping[Any, Any]] = {
    Format: FORMATS,
    Mode: MODES,
    SessionStatus: {**STATUSES, SessionStatus.CANCELLED: lazy_gettext("Cancelled")},
    Visibility: VISIBILITIES,
    ItemKind: _KINDS,
}


def _nothing(name: str) -> str:
    if name in ("level", "visibility", "reminders"):
        return str(_("As the series"))
    return str(_("No limit")) if name == "capacity" else ""


def _row_words(row: Any, names: Mapping[str, str]) -> str:
    if isinstance(row, InterpretationValues):
        scope = " / ".join(_by_language(row.scope).values())
        return f"{row.source} → {row.target}" + (f" ({scope})" if scope else "")
    if isinstance(row, ShareValues):
        return f"{' / '.join(_by_language(row.name).values())}: {row.percent}\u00a0%"
    if isinstance(row, PartnerValues):
        texts = [*_by_language(row.name).values(), *_by_language(row.role).values(), row.url]
        return ", ".join(text for text in texts if text)
    if isinstance(row, Localized):
        return " / ".join(_by_language(row).values())
    return names.get(str(row), str(row))


def _compare(before: Any, after: Any, fields: Sequence[str], names: Mapping[str, str]) -> list[FieldChange]:
    found = []
    for name in fields:
        old, new = getattr(before, name), getattr(after, name)
        if old == new or (name in ("moderators", "partners") and new is None):
            continue
        if isinstance(new, Localized) or name == "objectives":
            was, stands = _by_language(old), _by_language(new)
            languages = dict.fromkeys((*was, *stands))
            texts = [
                TextChange(code, diff(was.get(code, ""), stands.get(code, "")))
                for code in languages
                if was.get(code, "") != stands.get(code, "")
            ]
        else:
            texts = [_whole(value_words(name, old, names), value_words(name, new, names))]
        found.append(FieldChange(name, str(FIELD_WORDS[name]), tuple(texts)))
    return found


def _whole(before: str, after: str) -> TextChange:
    found = [Segment("out", before)] if before else []
    return TextChange("", (*found, *([Segment("in", after)] if after else [])))


def _by_language(value: Localized | tuple[Localized, ...]) -> dict[str, str]:
    if isinstance(value, Localized):
        return {"": value.pick("").value} if value.is_neutral else dict(value)
    codes = dict.fromkeys(code for one in value for code in (list(one) or [""]))
    return {code: "\n".join(_line(one, code) for one in value).rstrip("\n") for code in codes}


def _line(text: Localized, code: str) -> str:
    return text.get(code, "") if code or not text.is_neutral else text.pick("").value


def _parts(sections: Sequence[SectionValues]) -> dict[str, tuple[SectionValues | ItemValues, str]]:
    """Return key → part, and the key of the section that it stands in."""
    found: dict[str, tuple[SectionValues | ItemValues, str]] = {}
    for number, section in enumerate(sections):
        home = f"s{section.id}" if section.id is not None else f"new{number}"
        found[home] = (section, "")
        for index, item in enumerate(section.items):
            found[f"i{item.id}" if item.id is not None else f"{home}.{index}"] = (item, home)
    return found


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Return the fewest parts that, moved, make one order of the other."""
    kept = set(before) & set(after)
    was, stands = [key for key in before if key in kept], [key for key in after if key in kept]
    stayed: set[str] = set()
    for block in SequenceMatcher(None, was, stands, autojunk=False).get_matching_blocks():
        stayed |= set(stands[block.b : block.b + block.size])
    return set(stands) - stayed


def _is_alike(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether two texts share enough words to be read as one that was corrected."""
    was, stands = ({word for word in words if not word.isspace()} for words in (before, after))
    return 3 * len(was & stands) >= max(len(was), len(stands))


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)
