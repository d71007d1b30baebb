"""Text that knows where each of its characters was pasted (named for its one type, Run)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

SOFT_HYPHEN = "\u00ad"
"""Kept at the end of a line only, where it says that the word goes on."""
_SPACES = frozenset("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")
_BREAKS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_DROPPED = frozenset({"Cc", "Cs", "Cf", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text; `at` holds the place of each character in what was pasted."""

    text: str
    at: Sequence[int]

    @property
    def start(self) -> int:
        """Where its passage begins."""
        return self.at[0] if self.at else 0

    @property
    def end(self) -> int:
        """Where its passage ends, exclusive."""
        return self.at[-1] + 1 if self.at else 0

    def cut(self, start: int, end: int | None = None) -> Run:
        """Return a part of it without white space at its ends."""
        end = len(self.text) if end is None else min(end, len(self.text))
        while start < end and self.text[start] == " ":
            start += 1
        while end > start and self.text[end - 1] == " ":
            end -= 1
        return Run(self.text[start:end], self.at[start:end])

    def without(self, characters: str) -> Run:
        """Return it without these characters, and white space, at its ends."""
        left = len(self.text) - len(self.text.lstrip(characters + " "))
        return self.cut(left, max(left, len(self.text.rstrip(characters + " "))))

    def sub(self, pattern: re.Pattern[str], make: Callable[[re.Match[str]], str]) -> Run:
        """Return it with what matches replaced; what replaces stands where the match stood."""
        parts: list[str] = []
        places: list[int] = []
        last = 0
        for match in pattern.finditer(self.text):
            made = make(match)
            if made == match[0]:
                continue
            parts += (self.text[last : match.start()], made)
            places += self.at[last : match.start()]
            found = list(self.at[match.start() : match.end()])
            places += [found[min(index, len(found) - 1)] for index in range(len(made))]
            last = match.end()
        if not last:
            return self
        return Run("".join([*parts, self.text[last:]]), [*places, *self.at[last:]])


_NOTHING = Run("", ())


def join(runs: Iterable[Run], glue: str = " ") -> Run:
    """Return the runs as one, `glue` between them."""
    parts: list[str] = []
    places: list[int] = []
    for run in runs:
        if not run.text:
            continue
        if parts:
            parts.append(glue)
            places += [places[-1]] * len(glue)
        parts.append(run.text)
        places += run.at
    return Run("".join(parts), places)


def lines_of(text: str) -> list[Run]:
    """Return the lines of a text: ligatures dissolved, controls dropped, white space single, accents composed."""
    lines: list[Run] = []
    letters: list[str] = []
    places: list[int] = []
    for place, raw in enumerate(text):
        if raw == "\r" and text[place + 1 : place + 2] == "\n":
            continue
        if raw in _BREAKS:
            # One for all that are empty: thousands would keep the garbage collector busy.
            lines.append(Run("".join(letters), places).cut(0) if letters else _NOTHING)
            letters, places = [], []
            continue
        char = " " if raw in _SPACES else raw
        if char == " " and letters and letters[-1] == " ":
            continue
        if letters and unicodedata.combining(char):
            composed = unicodedata.normalize("NFC", letters[-1] + char)
            if len(composed) == 1:
                letters[-1] = composed
            continue
        if letters and letters[-1] == SOFT_HYPHEN:
            letters.pop()
            places.pop()
        if char != SOFT_HYPHEN and unicodedata.category(char) in _DROPPED:
            continue
        for letter in _LIGATURES.get(char, char):
            letters.append(letter)
            places.append(place)
    lines.append(Run("".join(letters), places).cut(0))
    return lines
