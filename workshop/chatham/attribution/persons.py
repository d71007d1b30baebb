"""A person's name taken apart, and every form under which a text may name them."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from workshop.chatham.attribution.reading import fold
from workshop.chatham.attribution.vocabulary import (
    DEGREES,
    FAMILY_PARTICLES,
    FIRST_NAMES,
    GENERIC_ALIASES,
    HONORIFICS,
    PARTICLES,
    STOP,
    SURNAME_FIRST,
)

_LETTERS = re.compile(
    r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff]|[^\W_\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff]+"
)
_ASIDE = re.compile(r"[(\[\"«“]([^()\[\]\"«»“”]{1,80})[)\]\"»”]")
_UMLAUTS = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "å": "aa",
    "ø": "oe",
    "Ä": "Ae",
    "Ö": "Oe",
    "Ü": "Ue",
    "Å": "Aa",
    "Ø": "Oe",
}
_MOST_WORDS = 12
"""No name is longer: what is, was typed to slow the check down."""


_SOLID = 6
"""From how many letters on a surname is known with an initial stuck to it: "jgalland", but not "price" for P. Rice."""


class Kind(enum.IntEnum):
    """What a form is of a name; the first that holds at a place is taken."""

    FULL = 0
    INITIALS_SURNAME = 1
    FIRST_NAME_INITIAL = 2
    SURNAME = 3
    FIRST_NAME = 4
    INITIALS = 5


@dataclass(frozen=True)
class Parts:
    """A name's words, folded: first names and surname, each in order."""

    given: tuple[str, ...]
    family: tuple[str, ...]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name, folded as those of a text are."""
    return tuple(_LETTERS.findall(fold(text)))[:_MOST_WORDS]


def name_parts(name: str) -> Iterator[Parts]:
    """Yield how a name may be meant; a nickname in brackets or quotation marks is a name of its own."""
    for aside in _ASIDE.findall(name):
        yield from _parts(aside)
    bare = _ASIDE.sub(" ", name)
    yield from _parts(bare)
    spelt = "".join(_UMLAUTS.get(char, char) for char in bare)
    if spelt != bare:
        yield from _parts(spelt)
    for cased in {fold(bare.upper()), fold(bare.lower())} - {fold(bare)}:
        yield from _parts(cased)


def _parts(name: str) -> Iterator[Parts]:
    first, comma, second = name.partition(",")
    if comma and (second_words := [word for word in words_of(second) if word not in DEGREES]):
        yield Parts(tuple(second_words), words_of(first))
        return
    groups = [group for group in first.split() if words_of(group)]
    while len(groups) > 1 and words_of(groups[0])[0] in HONORIFICS and len(words_of(groups[0])[0]) > 1:
        groups.pop(0)
    while (
        len(groups) > 1
        and words_of(groups[-1])[0] in DEGREES
        and groups[-1].strip(".").upper() == groups[-1].strip(".")
    ):
        groups.pop()
    if not groups:
        return
    words = [words_of(group) for group in groups]
    if set().union(*words) <= GENERIC_ALIASES | STOP:
        return
    given, family = _divided(groups, words)
    yield Parts(_flat(given), _flat(family))


def _divided(groups: list[str], words: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """First names and surname of a name without a comma; with one word, the surname."""
    loud = [len(group) > 1 and group.isupper() and not group.endswith(".") for group in groups]
    if any(loud) and not all(loud):
        family = [word for word, is_loud in zip(words, loud, strict=True) if is_loud]
        if any(len(word[0]) > 2 for word in family):  # noqa: PLR2004 (two capitals may be initials)
            return [word for word, is_loud in zip(words, loud, strict=True) if not is_loud], family
    if len(words) == 1:
        return [], words
    return _by_known_words(words)


def _by_known_words(words: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The same, by particles, by what is a first name, and by what stands first in its own language."""
    for position, word in enumerate(words[:-1]):
        if (word[0] in PARTICLES and word[0] not in FIRST_NAMES | SURNAME_FIRST) or (
            word[0] in FAMILY_PARTICLES and position
        ):
            return (words[:position], words[position:]) if position else (words[2:], words[:2])
    if len(words[0]) == 1 and words[0][0] in SURNAME_FIRST and words[-1][0] not in SURNAME_FIRST:
        return words[1:], words[:1]
    if words[-1][0] in SURNAME_FIRST:
        return words[:-1], words[-1:]
    if words[0][0] not in FIRST_NAMES and words[-1][0] in FIRST_NAMES and len(words[0][0]) > 1:
        return words[1:], words[:1]
    known = 1
    while known < len(words) - 1 and (words[known][0] in FIRST_NAMES or len(words[known][0]) == 1):
        known += 1
    return words[:known], words[known:]


def _flat(groups: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(word for group in groups for word in group)[:_MOST_WORDS]


def forms(parts: Parts) -> Iterator[tuple[tuple[str, ...], Kind]]:
    """Yield every form of a name as words, with its kind."""
    given, family = parts.given, parts.family
    surnames = _surnames(family)
    for surname in surnames:
        yield surname, Kind.SURNAME
    if not given:
        yield from _alone(family)
        return
    yield given, Kind.FIRST_NAME
    for word in given:
        if len(word) > 1:
            yield (word,), Kind.FIRST_NAME
    firsts = {given, given[:1], *((word,) for word in given)}
    for first in firsts:
        if not any(len(word) > 1 for word in first):
            continue
        for surname in surnames:
            yield first + surname, Kind.FULL
            yield surname + first, Kind.FULL
            yield ("".join(first + surname),), Kind.FULL
            yield ("".join(surname + first),), Kind.FULL
        for last in _initials(family):
            yield first + last, Kind.FIRST_NAME_INITIAL
            if len(first) == 1 and len(given) > 1 and first == given[:1]:
                # « Jean-C. G. »
                yield (*first, *(word[0] for word in given[1:]), *last), Kind.FIRST_NAME_INITIAL
    yield from _with_initials(given, family, surnames)


def _alone(family: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Kind]]:
    """A name of one part: an alias."""
    if len(family) > 1:
        yield family, Kind.FULL
        yield ("".join(family),), Kind.FULL


def _with_initials(
    given: tuple[str, ...], family: tuple[str, ...], surnames: set[tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], Kind]]:
    for initials in _initials(given):
        for surname in surnames:
            yield initials + surname, Kind.INITIALS_SURNAME
            yield surname + initials, Kind.INITIALS_SURNAME
        for last in _initials(family):
            yield initials + last, Kind.INITIALS
            yield ("".join(initials + last),), Kind.INITIALS
    joined = "".join(word[0] for word in given)
    for solid in {"".join(surname) for surname in surnames}:
        if len(solid) >= _SOLID:
            yield (joined + solid,), Kind.INITIALS_SURNAME
            yield (joined[0] + solid,), Kind.INITIALS_SURNAME
            if len(joined) > 1:
                yield (solid + joined,), Kind.INITIALS_SURNAME


def _initials(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    letters = tuple(word[0] for word in words if word not in PARTICLES or len(words) == 1)
    if not letters:
        return set()
    return {letters, ("".join(letters),), letters[:1]}


def _surnames(family: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The surname whole, without its particles, in parts, and run together."""
    content = tuple(word for word in family if word not in PARTICLES)
    found = {family, content, ("".join(family),), *((word,) for word in content if len(word) > 2 or len(content) == 1)}  # noqa: PLR2004 (two letters are many words)
    if len(content) > 1:
        found.add(("".join(content),))
    for start in range(1, len(family) - 1):
        # « de La Rochebrune » goes as « La Rochebrune » and « Larochebrune » too.
        if family[start] in PARTICLES:
            found.update((family[start:], ("".join(family[start:]),)))
    return {surname for surname in found if surname}
