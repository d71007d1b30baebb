"""Finding people of a series by what somebody typed of a name, and keys for those who are new to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from workshop.core.folding import fold
from workshop.people.models import Person

_LONGEST_KEY = 60
_WORD = re.compile(r"[^\W_]+")


def find_by_name(people: Iterable[Person], typed: str) -> list[Person]:
    """Return whom `typed` may mean, accents and case aside; one who is called exactly so hides the others.

    Each word that was typed begins a word of the name: « elo mar » finds Élodie Martin; where none is found so, it may
    stand anywhere within one.
    """
    wanted = _WORD.findall(fold(typed))
    if not wanted:
        return []
    known = [(person, _WORD.findall(fold(person.name))) for person in people]
    for is_meant in (_is_called, _begins, _holds):
        if found := [person for person, words in known if is_meant(words, wanted)]:
            return found
    return []


def new_key(name: str, taken: Collection[str]) -> str:
    """Return a key for somebody new: their name folded, such as `elodie-martin`, numbered where it is taken."""
    stem = "-".join(re.findall(r"[a-z0-9]+", fold(name)))[:_LONGEST_KEY].strip("-") or "person"
    number, key = 1, stem
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def _is_called(words: list[str], wanted: list[str]) -> bool:
    return words == wanted


def _begins(words: list[str], wanted: list[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in wanted)


def _holds(words: list[str], wanted: list[str]) -> bool:
    return all(any(part in word for word in words) for part in wanted)
