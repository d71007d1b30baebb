"""Both languages, as the workspace shows them: what may no longer hold, what is missing, the series' own terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext

from workshop.core.folding import fold
from workshop.core.localized import Localized
from workshop.people.models import StaleText
from workshop.programme.models import GlossaryTerm
from workshop.programme.texts import Meter, OwnedText

FIELDS = {
    "title": _("Title"),
    "short_title": _("Short title"),
    "public_title": _("Public title"),
    "label": _("Label"),
    "abstract": _("Abstract"),
    "objectives": _("Objectives"),
    "place": _("Place"),
    "subtitle": _("Subtitle"),
    "kind": _("Kind"),
    "description": _("Description"),
    "sender_name": _("Name of the sender"),
    "controller": _("Who answers for the personal data"),
    "own_sentence": _("A sentence of your own"),
    "role": lazy_pgettext("person", "Role"),
    "affiliations": _("Affiliations"),
    "biography": _("Biography"),
}
"""What the fields of `programme.texts` are called."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a text may no longer say the same as its other language."""

    language: str
    changed_language: str
    changed_at: datetime


Marks: TypeAlias = "Mapping[str, Mapping[str, Mark]]"
"""Field → language → mark."""


@dataclass(frozen=True, slots=True)
class TermView:
    """A term beside the fields."""

    term: Localized
    note: Localized
    is_used: bool
    """Whether it occurs in the text being edited."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text that lacks a language or may no longer hold in it."""

    owner: str
    field: str
    language: str
    changed_language: str = ""
    """The one that was changed since; empty where the text is missing."""
    changed_at: datetime | None = None
    name: Localized = Localized()  # noqa: RUF009 (immutable)
    """What it belongs to, within its group."""

    @property
    def words(self) -> str:
        """What the field is called."""
        return str(FIELDS.get(self.field, self.field))

    @property
    def is_stale(self) -> bool:
        """Whether it is there, and may no longer hold."""
        return bool(self.changed_language)


@dataclass(frozen=True, slots=True)
class Group:
    """The texts of a series, of a session with its programme, or of its people."""

    anchor: str
    name: Localized
    meters: tuple[Meter, ...]
    lines: tuple[Line, ...]


def marks_of(rows: Iterable[StaleText]) -> dict[str, dict[str, Mark]]:
    """Return the marks of one owner's fields."""
    found: dict[str, dict[str, Mark]] = {}
    for row in rows:
        found.setdefault(row.field, {})[row.language] = Mark(row.language, row.changed_language, row.changed_at)
    return found


def lines_of(
    texts: Iterable[OwnedText], languages: Sequence[str], stale: Mapping[str, Sequence[StaleText]]
) -> tuple[Line, ...]:
    """Return what is missing or may no longer hold, in the order of the texts.

    Args:
        texts: of one group.
        languages: in which they should be.
        stale: as `people.staleness.list_stale` returns it.
    """
    found = []
    for text in texts:
        found += [Line(text.owner, text.field, language, name=text.name) for language in text.missing(languages)]
        found += [
            Line(text.owner, text.field, row.language, row.changed_language, row.changed_at, text.name)
            for row in stale.get(text.owner, ())
            if row.field == text.field and row.language in languages
        ]
    return tuple(found)


def terms_of(terms: Iterable[GlossaryTerm], texts: Iterable[Localized]) -> tuple[TermView, ...]:
    """Return a series' terms, those that occur in the texts being edited first; accents and case do not matter."""
    said = " ".join(
        fold(part) for text in texts for part in ([str(text.to_json())] if text.is_neutral else text.values())
    )
    views = [TermView(one.term, one.note, _occurs(one.term, said)) for one in terms]
    return tuple(sorted(views, key=lambda view: not view.is_used))


def _occurs(term: Localized, said: str) -> bool:
    words = [str(term.to_json())] if term.is_neutral else list(term.values())
    # Also in the plural, which in both languages most often adds one letter.
    return any(re.search(rf"(?<!\w){re.escape(fold(word))}\w?(?!\w)", said) is not None for word in words if fold(word))
