"""Where the values of a pasted announcement come from, as its review shows it beside each field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workshop.core.folding import fold
from workshop.people.models import Person
from workshop.people.rule import all_affiliations
from workshop.programme.printed import Draft, Found, FoundPerson

_SHOWN = 240
"""Characters of a passage that stand beside its field; the whole text is on the page."""


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage of what was pasted."""

    excerpt: str
    language: str
    """Of the value; empty where it has none."""
    value: str
    """What it may mean where that is not sure; empty where the field says it."""
    is_sure: bool
    is_rough: bool
    """Whether scanning errors seem to be left in the field."""


def passages_of(text: str, draft: Draft) -> dict[str, tuple[PassageView, ...]]:
    """Return field name → passages."""
    found: dict[str, list[PassageView]] = {}
    for name, language, value in _values(draft):
        found.setdefault(name, []).append(_passage(text, language, value))
    return {name: tuple(dict.fromkeys(views)) for name, views in found.items()}


def directory_of(people: Iterable[Person]) -> dict[str, tuple[str, ...]]:
    """Return folded name → affiliations of those in the directory, as text."""
    return {
        fold(person.name): tuple(
            str(text.to_json() if text.is_neutral else " / ".join(text.values())) for text in all_affiliations(person)
        )
        for person in people
    }


def _passage(text: str, language: str, found: Found) -> PassageView:
    excerpt = " ".join(text[found.start : found.end].split())
    if len(excerpt) > _SHOWN:
        excerpt = f"{excerpt[: _SHOWN * 2 // 3].rstrip()} […] {excerpt[-_SHOWN // 3 :].lstrip()}"
    value = "" if found.is_sure or found.value == excerpt else found.value
    return PassageView(excerpt, language, value, found.is_sure, found.is_rough)


def _values(draft: Draft) -> Iterator[tuple[str, str, Found]]:
    """Give the name of the field, the language and what was found."""
    single = {
        "number": (draft.number,),
        "starts_wall": (draft.date, draft.starts),
        "ends_wall": (draft.date, draft.ends),
        "tzid": (draft.zone,),
        "floor_languages": (draft.floor_language,),
        "level": (draft.level,),
        "monolingual": (draft.monolingual,),
    }
    for name, several in single.items():
        yield from ((name, "", one) for one in several if one is not None)
    for name in ("label", "short_title", "title", "abstract", "interpretation"):
        yield from _texts(name, getattr(draft, name))
    for objective in draft.objectives:
        yield from _texts("objectives", objective)
    yield from _people("moderators", draft.moderators)
    for number, section in enumerate(draft.sections):
        yield from _texts(f"sections-{number}-title", section.title)
        for index, item in enumerate(section.items):
            yield from _texts(f"sections-{number}-items-{index}-title", item.title)
            yield from _people(f"sections-{number}-items-{index}-speakers", item.speakers)
    yield from _people("committee", draft.committee)
    yield from (("partners", "", one) for partner in draft.partners for one in (partner.role, partner.name))


def _texts(name: str, texts: Mapping[str, Found]) -> Iterator[tuple[str, str, Found]]:
    return ((name, language, found) for language, found in texts.items())


def _people(name: str, people: Iterable[FoundPerson]) -> Iterator[tuple[str, str, Found]]:
    for index, person in enumerate(people):
        end = person.name.end if person.affiliation is None else person.affiliation.end
        value = ", ".join(one.value for one in (person.name, person.affiliation) if one is not None)
        is_rough = person.affiliation is not None and person.affiliation.is_rough
        is_sure = person.name.is_sure
        yield (
            f"{name}-{index}",
            "",
            Found(value=value, start=person.name.start, end=end, is_sure=is_sure, is_rough=is_rough),
        )
