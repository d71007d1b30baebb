"""What of a series is said in which language (a file of its own beside rule, which is of what is told). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workshop.core.localized import Localized
from workshop.people.models import Person, StaleText
from workshop.people.staleness import joined
from workshop.people.values import EMPTY
from workshop.programme.models import Series, WorkshopSession

SERIES_TEXTS = ("title", "subtitle", "kind", "description", "sender_name", "controller", "own_sentence")
SESSION_TEXTS = ("title", "short_title", "public_title", "label", "abstract", "objectives", "place")
PART_TEXTS = ("title", "abstract")
PERSON_TEXTS = ("role", "affiliations", "biography")
NOT_TRANSLATORS = ("own_sentence", "place", "sender_name", "controller")
"""Texts for which the forms of translators have no field."""


@dataclass(frozen=True, slots=True)
class OwnedText:
    """A text, whose it is and where it is written."""

    owner: str
    """As StaleText has it."""
    field: str
    text: Localized
    """A list of texts is one, a line for each."""
    is_required: bool = False
    """Whether it must be there at all."""
    parts: tuple[Localized, ...] = ()
    """The texts of a list, each of which has all languages or lacks some."""
    name: Localized = EMPTY
    """What the owner is called, where it is a part of a programme or a person."""

    def missing(self, languages: Sequence[str]) -> list[str]:
        """Return which of these languages lack it; none where it is absent and may be."""
        if self.parts:
            lacking = {language for part in self.parts for language in part.missing(languages)}
            return [language for language in languages if language in lacking]
        if not self.text:
            return list(languages) if self.is_required else []
        return self.text.missing(languages)

    @property
    def is_there(self) -> bool:
        """Whether it is there, or should be."""
        return bool(self.text) or self.is_required


@dataclass(frozen=True, slots=True)
class Meter:
    """How far texts exist in one language."""

    language: str
    wanted: int
    """Texts that exist in any language, and those that must."""
    there: int
    """Those that exist in this one."""
    stale: int = 0
    """Of these, those whose other language was changed since."""

    @property
    def missing(self) -> int:
        """How many lack this language."""
        return self.wanted - self.there

    @property
    def is_full(self) -> bool:
        """Whether nothing is missing and nothing to be checked."""
        return self.there == self.wanted and not self.stale


def texts_of(thing: Any, names: Iterable[str]) -> dict[str, Localized]:
    """Return field → text of a model, or of the values of one; a list of texts is one, a line for each."""
    found = {}
    for name in names:
        value = getattr(thing, name)
        found[name] = value if isinstance(value, Localized) else joined(value)
    return found


def series_texts(series: Series) -> list[OwnedText]:
    """Return a series' own texts."""
    return _owned(f"series:{series.id}", series, SERIES_TEXTS, required=("title",))


def session_texts(workshop_session: WorkshopSession) -> list[OwnedText]:
    """Return the texts of a session and of its programme, in the order of their forms."""
    found = _owned(f"session:{workshop_session.id}", workshop_session, SESSION_TEXTS, required=("title",))
    for section in workshop_session.sections:
        found += _owned(f"section:{section.id}", section, ("title",), name=section.title)
        for item in section.items:
            found += _owned(f"item:{item.id}", item, PART_TEXTS, name=item.title)
    return found


def person_texts(person: Person) -> list[OwnedText]:
    """Return what is said of a person."""
    return _owned(f"person:{person.id}", person, PERSON_TEXTS, name=Localized.neutral(person.name))


def _owned(
    owner: str, thing: Any, names: Sequence[str], *, required: Collection[str] = (), name: Localized = EMPTY
) -> list[OwnedText]:
    found = []
    for field, text in texts_of(thing, names).items():
        value = getattr(thing, field)
        parts = () if isinstance(value, Localized) else tuple(value)
        found.append(OwnedText(owner, field, text, is_required=field in required, parts=parts, name=name))
    return found


def languages_of_session(workshop_session: WorkshopSession, languages: Sequence[str]) -> tuple[str, ...]:
    """Return the languages in which a session is to exist: the series', or the one in which alone it does."""
    return (workshop_session.monolingual,) if workshop_session.monolingual else tuple(languages)


def measure(
    texts: Iterable[OwnedText], languages: Sequence[str], stale: Mapping[str, Iterable[StaleText]]
) -> tuple[Meter, ...]:
    """Return for each language how far these texts exist in it.

    Args:
        texts: of whatever is measured together.
        languages: in which all of them should be.
        stale: as `people.staleness.list_stale` returns it.
    """
    there = [text for text in texts if text.is_there]
    lacking = [text.missing(languages) for text in there]
    known = {(text.owner, text.field) for text in there}
    rows = {(row.owner, row.field, row.language) for rows in stale.values() for row in rows}
    return tuple(
        Meter(
            language,
            wanted=len(there),
            there=sum(language not in missing for missing in lacking),
            stale=sum((owner, field) in known and code == language for owner, field, code in rows),
        )
        for language in languages
    )


def add_up(meters: Iterable[Sequence[Meter]], languages: Sequence[str]) -> tuple[Meter, ...]:
    """Return the meters of several things as those of all of them."""
    flat = [meter for group in meters for meter in group]
    return tuple(
        Meter(
            language,
            *(
                sum(getattr(meter, name) for meter in flat if meter.language == language)
                for name in ("wanted", "there", "stale")
            ),
        )
        for language in languages
    )


def lacking_texts(values: Any, section_titles: Sequence[Localized], languages: Sequence[str]) -> dict[str, list[str]]:
    """Return what a session lacks that it cannot be published without: field → languages in which it is missing.

    Objectives and titles of sections may be absent altogether.

    Args:
        values: the session, or its values.
        section_titles: of its programme.
        languages: the series'.
    """
    wanted = [values.monolingual] if values.monolingual else list(languages)
    found = {"title": values.title.missing(wanted) if values.title else wanted}
    lacking = {language for text in values.objectives for language in text.missing(wanted)}
    found["objectives"] = [language for language in wanted if language in lacking]
    found |= {f"programme.{number}.title": title.missing(wanted) for number, title in enumerate(section_titles)}
    return {field: missing for field, missing in found.items() if missing}


def newly_lacking(
    workshop_session: WorkshopSession, languages: Sequence[str], known: Collection[tuple[str, str]]
) -> dict[str, list[str]]:
    """Return what a session lacks besides its title that it did not lack before, as `lacking_texts` does."""
    titles = [section.title for section in workshop_session.sections]
    lacking = lacking_texts(workshop_session, titles, languages)
    keys = _keys(workshop_session)
    found = {
        field: [language for language in missing if (keys[field], language) not in known]
        for field, missing in lacking.items()
        if field != "title"
    }
    return {field: missing for field, missing in found.items() if missing}


def lacks_of(workshop_session: WorkshopSession, languages: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Return what a session lacks, for `newly_lacking` to know later."""
    titles = [section.title for section in workshop_session.sections]
    keys = _keys(workshop_session)
    lacking = lacking_texts(workshop_session, titles, languages)
    return frozenset((keys[field], language) for field, missing in lacking.items() for language in missing)


def _keys(workshop_session: WorkshopSession) -> dict[str, str]:
    """Return field → what it is called whatever its place."""
    sections = {
        f"programme.{number}.title": f"section:{one.id}" for number, one in enumerate(workshop_session.sections)
    }
    return {"title": "title", "objectives": "objectives"} | sections
