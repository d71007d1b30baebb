"""Passages that give somebody away without a name: roles, descriptions, long quotations; and lists of sources."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from workshop.chatham.attribution.findings import Reason
from workshop.chatham.attribution.tokens import Text
from workshop.chatham.attribution.vocabulary import (
    BELONGING,
    DETERMINERS,
    NEEDING_ARTICLE,
    NOWHERE,
    OF,
    PEOPLES,
    PLACES,
    RARE,
    REPRESENTATIVES,
    ROLES,
    SELF,
    SOURCES,
    STOP,
)

LONG = 15
"""The most words that a quotation may have unasked."""

Hit = tuple[int, int, Reason]
_PREPOSITIONS = OF - {"la", "le", "les", "l", "the", "and", "et", "a"} | {"a"}
_ADJECTIVES = 2
_BEFORE = 3
_BEFORE_ROLES = DETERMINERS | RARE | PEOPLES | {"porte"}
_AHEAD = 4


def find_roles(text: Text) -> Iterator[Hit]:
    """Yield first word, last word and reason of roles that few people have."""
    for position, word in enumerate(text.words):
        if word in REPRESENTATIVES or (word == "parole" and position and text.words[position - 1] == "porte"):
            last = _of_whom(text, position)
            if last is None and _is_somebodys(text, position):
                last = position
            if last is not None:
                yield (_with_article(text, position), last, Reason.REPRESENTATIVE)
        elif word in ROLES and word not in BELONGING:
            last = _where(text, position)
            if last is not None:
                yield (_with_article(text, position), last, Reason.DESCRIPTION)


def _with_article(text: Text, position: int) -> int:
    first = position
    for before in range(position - 1, max(position - 1 - _BEFORE, -1), -1):
        if text.words[before] not in _BEFORE_ROLES or text.ends_sentence(before):
            break
        first = before
    return first


def _preposition(text: Text, position: int) -> int | None:
    """Where "of" stands after a role and at most two adjectives."""
    for following in range(position + 1, min(position + 2 + _ADJECTIVES, len(text))):
        if text.ends_sentence(following - 1) or "," in text.gap(following - 1):
            return None
        if text.words[following] in _PREPOSITIONS:
            return following
    return None


def _of_whom(text: Text, position: int) -> int | None:
    """The last word of what somebody represents: the first of meaning, and what goes on with capitals."""
    following = _preposition(text, position)
    while following is not None and following < len(text) - 1 and not text.ends_sentence(following):
        following += 1
        if text.words[following] not in STOP:
            while following < len(text) - 1 and text.gap(following) in {" ", "-"} and text.is_capital(following + 1):
                following += 1
            return None if text.words[following].isdigit() else following
    return None


def _is_somebodys(text: Text, position: int) -> bool:
    """Whether a name or a people stands before: "the Swiss delegate", "Malongo’s representative"."""
    if not position or text.ends_sentence(position - 1):
        return False
    before = text.words[position - 1]
    if before == "s" and position > 1:
        return text.is_capital(position - 2)
    return (
        before in PEOPLES
        or (text.gap(position - 1) == " " and text.is_capital(position - 1) and not text.begins_sentence(position - 1))
        or (position + 1 < len(text) and text.words[position + 1] in PEOPLES and text.gap(position) == " ")
    )


def _where(text: Text, position: int) -> int | None:
    """The last word of a role's place, where it has one or is said to be the only one."""
    words = text.words
    begins = not position or text.ends_sentence(position - 1)
    before = "" if begins else words[position - 1]
    if words[position] in NEEDING_ARTICLE and before not in _BEFORE_ROLES:
        return None
    if before in PEOPLES or (before in RARE and position > 1):
        return position
    if position + 1 < len(text) and words[position + 1] in PEOPLES and text.gap(position) == " ":
        return position + 1
    preposition = _preposition(text, position)
    return None if preposition is None else _place(text, preposition)


def _place(text: Text, preposition: int) -> int | None:
    for following in range(preposition + 1, min(preposition + 1 + _AHEAD, len(text))):
        if text.ends_sentence(following - 1) or any(mark in text.gap(following - 1) for mark in ",:("):
            return None
        word = text.words[following]
        if word in PEOPLES | PLACES - STOP or (text.is_capital(following) and word not in NOWHERE | STOP):
            return following
    return None


_QUOTES = re.compile(
    r"[«»‹›“”„‟\"「」『』]|<<|>>|(?P<start>(?<![^\W_])'(?=[^\W\d_]))|(?P<end>(?<=[^\s'])'(?![^\W_]))"
    r"|(?P<paragraph>\n[ \t]*\n)"
)
_OPENING = {"«": "»", "‹": "›", "<<": ">>", "“": "”", "„": "“”", "‟": "”", "「": "」", "『": "』"}
_TURNED = {"»": "«", "›": "‹", ">>": "<<", "”": "”"}
_QUOTED_LINES = re.compile(r"^[ ]{0,3}(?:[-*+] )?>[^\n]*(?:\n(?![ \t]*\n)[^\n]+)*", re.MULTILINE)


def find_quotations(text: Text) -> Iterator[tuple[int, int]]:
    """Yield start and end (offsets into the folded text) of quotations that are too long."""
    for start, end in (*_quotations(text.folded), *(match.span() for match in _QUOTED_LINES.finditer(text.folded))):
        count = bisect_left(text.starts, end) - bisect_left(text.starts, start)
        if count > LONG:
            yield start, end


def _quotations(folded: str) -> Iterator[tuple[int, int]]:
    """Each family of marks is followed apart; one that is not closed ends with its paragraph."""
    opened: dict[str, int] = {}
    for match in _QUOTES.finditer(folded):
        mark = match[0]
        if match["paragraph"]:
            yield from ((start, match.start()) for closing, start in opened.items() if closing != "'")
            opened.clear()
            continue
        if match["start"]:
            opened["'"] = match.start()
        elif match["end"]:
            # A genitive's apostrophe is followed by another word: the quotation goes on.
            genitive = folded[match.start() - 1] == "s" and folded[match.end() : match.end() + 2].strip(" ").isalpha()
            if "'" in opened and not genitive:
                yield opened.pop("'"), match.end()
        else:
            yield from _follow(opened, mark, match.start(), match.end())
    yield from ((start, len(folded)) for closing, start in opened.items() if closing != "'")


def _follow(opened: dict[str, int], mark: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for closing in opened:
        if mark in closing or (closing == mark):
            yield opened.pop(closing), end
            return
    if mark == '"':
        opened[mark] = start
    elif mark in _OPENING:
        opened.setdefault(_OPENING[mark], start)
    elif mark in _TURNED:
        opened.setdefault(_TURNED[mark], start)


_HEADING = re.compile(r"[ ]{0,3}\#{1,6}[ ]")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:=+|-{2,})[ \t]*")
_DATED = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)|https?://|\bdoi\b|\bisbn\b")
_LONGEST_CITATION = 600
_MOST_HEADING_WORDS = 7
_OTHER_WORDS = 3


class Sources:
    """The lines of a text that cite public documents: under a heading that says so, dated, and of nobody here."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.typed: list[tuple[int, int]] = []
        inside = False
        lines = text.folded[: text.reading.links_from].split("\n")
        start = 0
        for number, line in enumerate(lines):
            end = start + len(line)
            heading = bool(_HEADING.match(line)) or (
                number + 1 < len(lines) and bool(line.strip()) and bool(_UNDERLINE.fullmatch(lines[number + 1]))
            )
            if self._opens(line, heading=heading):
                inside = True
            elif heading:
                inside = False
            elif inside and line.strip() and self._cites(line, start, end):
                self.starts.append(start)
                self.ends.append(end)
                self.typed.append(text.reading.typed(start, end))
            start = end + 1

    def _opens(self, line: str, *, heading: bool) -> bool:
        if len(line) > 80:  # noqa: PLR2004 (longer than any heading)
            return False
        words = re.findall(r"[^\W_]+", line)
        if not words or len(words) > _MOST_HEADING_WORDS:
            return False
        stands_alone = heading or line.rstrip().endswith(":") or len(words) == 1
        joined = " ".join(words)
        phrase = "aller plus loin" in joined or "further reading" in joined or "works cited" in joined
        return phrase or (stands_alone and words[0] in SOURCES)

    def _cites(self, line: str, start: int, end: int) -> bool:
        if len(line) > _LONGEST_CITATION or not (_DATED.search(line) or self._links(start, end)):
            return False
        first, last = bisect_left(self.text.starts, start), bisect_left(self.text.starts, end)
        words = self.text.words[first:last]
        return not SELF.intersection(words)

    def _links(self, start: int, end: int) -> bool:
        first, last = self.text.reading.typed(start, end)
        links = self.text.reading.links
        return bisect_left(links, first) < bisect_right(links, last)

    def hold(self, first: int, last: int) -> bool:
        """Whether the words are part of a citation, in which nobody speaks, and there is more than they."""
        start, end = self.text.starts[first], self.text.ends[last]
        if start >= self.text.reading.links_from:
            links = self.text.reading.links
            link = links[bisect_right(links, self.text.reading.typed(start, end)[0]) - 1]
            line = bisect_right(self.typed, (link, len(self.text.folded))) - 1
            return line >= 0 and link <= self.typed[line][1]
        line = bisect_right(self.starts, start) - 1
        if line < 0 or end > self.ends[line]:
            return False
        begin, stop = bisect_left(self.text.starts, self.starts[line]), bisect_left(self.text.starts, self.ends[line])
        others = [
            word
            for word in (*self.text.words[begin:first], *self.text.words[last + 1 : stop])
            if len(word) > 2 and word.isalpha()  # noqa: PLR2004 (two letters are an article)
        ]
        return len(others) >= _OTHER_WORDS and not self.text.speech_follows(last)
