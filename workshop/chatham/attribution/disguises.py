"""Surnames in disguise: in pieces, with digits for letters, inside a longer word, in the plural, one letter wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workshop.chatham.attribution.findings import Reason
from workshop.chatham.attribution.lexicon import Lexicon, is_ordinary
from workshop.chatham.attribution.tokens import Text
from workshop.chatham.attribution.vocabulary import COMMON, FIRST_NAMES, STOP

_DIGITS = ("0134578", ("oleastb", "oieastb"))
_LEET = [str.maketrans(_DIGITS[0], letters) for letters in _DIGITS[1]]
_MARKS = str.maketrans({"@": "a", "$": "s", "!": "i", "|": "l", "€": "e", "+": "t"})
_PIECES = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_TIGHT = re.compile(r"[^\w\s]{1,3}|[^\w\s]{0,2}-\n[ >]{0,3}|- ")
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_MOST_PIECES = 24
_FIRST_LETTERS = 3
"""No name in pieces is as short."""
_MISSPELT = 6
_WIDE = 4
"""So many spaces may stand between letters that are spread out."""


class Disguises:
    """What one pass over a text needs to find them; each distinct word is looked at once."""

    def __init__(self, text: Text, lexicon: Lexicon, language: str | None) -> None:
        self.text = text
        self.lexicon = lexicon
        self.language = language
        self._meanings: dict[str, bool] = {}
        self._misspelt: dict[str, bool] = {}

    def may_begin(self, position: int, word: str) -> bool:
        """Whether it is worth looking closer; quick, since it is asked of every word."""
        known = self._meanings.get(word)
        if known is None:
            known = self._meanings[word] = (
                word in self.lexicon.prefixes
                or any(char.isdigit() for char in word)
                or any(piece in word for piece, _ in _PIECES)
                or word[:-1] in self.lexicon.solid
                or word[:-1] in self.lexicon.solid_bodies
            )
        return known or position in self.text.dotted or len(word) >= _MISSPELT or "I" in self._cased(position)

    def find(self, position: int, word: str, *, is_known: bool) -> Iterator[tuple[int, int, Reason]]:
        """Yield the name in disguise that begins there, if one does."""
        meant = None if is_known else self._meant(position, word)
        if meant:
            yield (position, position, self._reason(meant, position, position))
        elif not is_known and self._is_misspelt(position, word):
            yield (position, position, Reason.MISSPELT_NAME)
        pieces = self._in_pieces(position, word)
        if pieces:
            yield (position, pieces[0], self._reason(pieces[1], position, pieces[0]))

    def _reason(self, meant: str, first: int, last: int) -> Reason:
        if meant in self.lexicon.solid:
            return Reason.SURNAME
        return Reason.ORGANISATION_SPEAKING if self.text.speaks(first, last) else Reason.ORGANISATION

    def _cased(self, position: int) -> str:
        return self.text.cased[self.text.starts[position] + 1 : self.text.ends[position]]

    def _is_sure(self, word: str) -> bool:
        """Whether the word is a surname, or an organisation of one word, and no other word."""
        known = word in self.lexicon.solid or word in self.lexicon.solid_bodies
        return known and not is_ordinary(word, self.language) and word not in FIRST_NAMES

    def _meant(self, position: int, word: str) -> str | None:
        """The name that one word stands for without being it."""
        if position in self.text.dotted:
            runs = {word, *(word.translate(table) for table in _LEET)}
            return next(filter(None, map(self._in_run, sorted(runs))), None)
        candidates: list[str] = []
        if any(char.isdigit() for char in word) and not word.isdigit():
            candidates += [word.translate(table) for table in _LEET]
        if word.endswith("s") and self.text.is_capital(position):
            candidates.append(word[:-1])
        candidates += [word.replace(piece, letter) for piece, letter in _PIECES if piece in word]
        candidates += self._cased_oddly(position)
        return next(filter(self._is_sure, candidates), None)

    def _cased_oddly(self, position: int) -> list[str]:
        """What a word may be with capitals inside: they are an l, or begin another word."""
        rest = self._cased(position)
        if rest.islower() or rest.isupper() or not rest:
            return []
        start, end = self.text.starts[position], self.text.ends[position]
        humps = _HUMP.findall(self.text.cased[start:end])
        return [self._with_long_l(position), *(hump.lower() for hump in humps if len(humps) > 1)]

    def _with_long_l(self, position: int) -> str:
        start, end = self.text.starts[position], self.text.ends[position]
        return self.text.cased[start:end].replace("I", "l").lower()

    def _in_run(self, word: str) -> str | None:
        """The name that single letters with points between hold, wherever in their run it begins."""
        prefixes = self.lexicon.prefixes
        for start in range(len(word) - _FIRST_LETTERS):
            if word[start : start + _FIRST_LETTERS] not in prefixes:
                continue
            for end in range(start + _FIRST_LETTERS + 1, min(start + _MOST_PIECES, len(word)) + 1):
                part = word[start:end]
                if self._is_sure(part):
                    return part
                if part not in prefixes:
                    break
        return None

    def _is_misspelt(self, position: int, word: str) -> bool:
        """Whether a capitalised word is one letter away from a surname."""
        if len(word) < _MISSPELT - 1 or not self.text.is_capital(position) or len(word) > _MOST_PIECES:
            return False
        known = self._misspelt.get(word)
        if known is None:
            known = self._misspelt[word] = self._is_near(word)
        return known

    def _is_near(self, word: str) -> bool:
        if is_ordinary(word, None) or word in FIRST_NAMES or any(word in words for words in COMMON.values()):
            return False
        near = self.lexicon.near
        for left in (word, *(word[:at] + word[at + 1 :] for at in range(len(word)))):
            if any(_are_near(word, surname) for surname in near.get(left, ())):
                return True
        return False

    def _in_pieces(self, first: int, word: str) -> tuple[int, str] | None:
        """The last word, and the whole, of a name that begins with this word: "Gal-land", "G a l l a n d"."""
        prefixes = self.lexicon.prefixes
        joined = word.translate(_LEET[0])
        last = first
        found = None
        while joined in prefixes and last + 1 < len(self.text) and last - first < _MOST_PIECES:
            between = self._between(first, last)
            if between is None:
                break
            last += 1
            joined += between + self.text.words[last].translate(_LEET[0])
            if self._is_sure(joined):
                found = (last, joined)
        return found

    def _between(self, first: int, last: int) -> str | None:
        """What the gap after a word stands for inside a name; None where the name cannot go on."""
        gap = self.text.gap(last)
        word, following = self.text.words[last], self.text.words[last + 1]
        if _TIGHT.fullmatch(gap):
            if "'" in gap and (word in STOP or len(word) == 1):
                return None
            return "".join(char for char in gap.translate(_MARKS) if char.isalpha())
        if not gap.isspace() or len(gap) > _WIDE or "\n\n" in gap:
            return None
        if len(word) == 1 and len(following) == 1:
            return ""
        if len(self.text.words[first]) == 1 and last > first:
            return ""
        # « du pont » is no M. Dupont: one of the pieces at least is no word, and the first has the capital.
        is_piece = self.text.is_capital(first) and not (self._is_word(word) and self._is_word(following))
        return "" if is_piece else None

    def _is_word(self, part: str) -> bool:
        return part in STOP or part in FIRST_NAMES or any(part in words for words in COMMON.values()) or len(part) == 1


def _are_near(word: str, other: str) -> bool:
    """Whether one letter put in, left out, changed or exchanged with the next makes one of the other."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    rest, other_rest = word[start:], other[start:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[1::-1] == other_rest[:2] and rest[2:] == other_rest[2:])
    )
