"""Where somebody worked on which day: what a programme printed then stays, whatever they do since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from workshop.core.localized import Localized
from workshop.people.models import Person


class Post(NamedTuple):
    """What stands beside a name."""

    role: Localized
    affiliations: tuple[Localized, ...]


def post_on(person: Person, day: date | None) -> Post:
    """Return what stood beside a name on a day of the session's own zone; None: what does now."""
    later = _not_before(person.former, day)
    if not later:
        return Post(person.role, person.affiliations)
    # A role that was never said to have changed is the next one that was.
    said = next((one["role"] for one in later if one.get("role") is not None), None)
    role = person.role if said is None else Localized.from_json(said)
    return Post(role, tuple(Localized.from_json(text) for text in later[0]["affiliations"]))


def _not_before(former: Sequence[Mapping[str, Any]], day: date | None) -> list[Mapping[str, Any]]:
    if day is None:
        return []
    return [one for one in former if day < date.fromisoformat(one["until"])]


def all_affiliations(person: Person) -> tuple[Localized, ...]:
    """Return every affiliation that is or was theirs, each once: what tells who they are."""
    were = (Localized.from_json(text) for one in person.former for text in one["affiliations"])
    return tuple(dict.fromkeys((*person.affiliations, *were)))
