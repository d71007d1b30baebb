"""The words of a reading, with what stands between them: gaps, sentences, capitals, quick for long texts."""

from __future__ import annotations

import re

from workshop.chatham.attribution.reading import Reading
from workshop.chatham.attribution.vocabulary import AFTER_THAT, DETERMINERS, SPEECH, SPEECH_BEFORE_THAT, SPEECH_NOUNS

_UNSPACED = "\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(
    r"(?P<run>[^\W_](?:[.\-·/_+|]{1,2}[^\W_])+(?![^\W_]|-[^\W_]{2}))"
    rf"|[{_UNSPACED}]"
    rf"|[^\W_{_UNSPACED}]+"
)
"""One letter after another with a dot or dash between are one word ("J.-C.", "G.a.l.l.a.n.d"), and so is each
character of a script that has no spaces."""
_NOT_LETTERS = re.compile(r"[\W_]+")
_WIDEST_GAP = 8
_SENTENCE_END = re.compile(r"[.!?…;]|\n[ \t>]*\n|\n[ \t]*(?:[-*+#|]|\d+[.)])[ \t]?")
_NAME_GAP = frozenset(" \t\n.-,'_\"()[]>/*·~=+|:")
_CAPITAL_HONORIFICS = frozenset(("m", "me", "mes"))
"""« M. » and « Me » (maître, which has no point): in small letters they are other words."""
_ABBREVIATIONS = frozenset(("mm", "mme", "mlle", "mr", "mrs", "ms", "mx", "dr", "pr", "prof", "st", "rev", "mgr"))
_NOT_VERBS_AFTER = DETERMINERS - {"a", "l"}
"""After "the" a word is a noun; « a » is as often the auxiliary."""
_SPEECH_AHEAD = 5
_SPEECH_BEHIND = 4


class Text:
    """A reading cut into words. Positions are those of words; `starts` and `ends` are offsets into `folded`."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.folded = reading.folded
        self.cased = reading.cased
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.dotted: set[int] = set()
        for match in _WORD.finditer(self.folded):
            if match.lastgroup:
                self.dotted.add(len(self.words))
                self.words.append(_NOT_LETTERS.sub("", match[0]))
            else:
                self.words.append(match[0])
            self.starts.append(match.start())
            self.ends.append(match.end())

    def __len__(self) -> int:
        return len(self.words)

    def gap(self, position: int) -> str:
        """What stands between a word and the next; after the last one, the rest."""
        if position < 0:
            return self.folded[: self.starts[0]] if self.words else ""
        following = self.starts[position + 1] if position + 1 < len(self.words) else len(self.folded)
        return self.folded[self.ends[position] : following]

    def is_capital(self, position: int) -> bool:
        """Whether the word begins with a capital."""
        return self.cased[self.starts[position]].isupper()

    def is_upper(self, position: int) -> bool:
        """Whether all letters of the word are capitals."""
        return self.cased[self.starts[position] : self.ends[position]].isupper()

    def is_shouted(self, first: int, last: int) -> bool:
        """Whether the words and one beside them are all capitals, so that a capital says nothing."""
        if not all(self.is_upper(position) for position in range(first, last + 1)):
            return False
        beside = (first - 1, last + 1)
        return any(
            0 <= position < len(self.words)
            and len(self.words[position]) > 1
            and self.is_upper(position)
            and "\n\n" not in self.gap(min(position, last))
            for position in beside
        )

    def holds_together(self, position: int) -> bool:
        """Whether the word and the next may be parts of one name."""
        gap = self.gap(position)
        if gap in {" ", "-"}:
            return True
        if len(gap) > _WIDEST_GAP or "\n\n" in gap or not _NAME_GAP.issuperset(gap):
            return False
        ends = "." in gap and any(space in gap for space in " \n")
        return not ends or len(self.words[position]) <= 3 or position in self.dotted  # noqa: PLR2004 (an abbreviation)

    def begins_sentence(self, position: int) -> bool:
        """Whether a capital there is the sentence's."""
        if position == 0:
            return True
        gap = self.gap(position - 1)
        if gap in {" ", "-", "'"}:
            return False
        if "\n\n" in gap or _SENTENCE_END.search(gap) or ":" in gap or "\n#" in gap:
            return not self._abbreviates(position - 1, gap)
        return any(mark in gap for mark in '"«“„‘([—|') and not gap.endswith("-")

    def _abbreviates(self, position: int, gap: str) -> bool:
        word = self.words[position]
        return gap.strip() == "." and (len(word) == 1 or word in _ABBREVIATIONS or position in self.dotted)

    def ends_sentence(self, position: int) -> bool:
        """Whether a sentence ends after the word."""
        gap = self.gap(position)
        if gap in {" ", "-", "'", ", "}:
            return False
        return bool(_SENTENCE_END.search(gap)) and not self._abbreviates(position, gap)

    def honorific_before(self, position: int, honorifics: frozenset[str]) -> int | None:
        """Where the honorific before a word stands, if one does."""
        before = position - 1
        if before < 0 or self.words[before] not in honorifics:
            return None
        gap = self.gap(before)
        if self.words[before] in _CAPITAL_HONORIFICS and (
            not self.is_capital(before) or ("." in gap) > (self.words[before] == "m")
        ):
            return None
        return before if len(gap) <= 3 and not gap.strip(" .-\t\n") and "\n\n" not in gap else None  # noqa: PLR2004 (". " and a break)

    def is_speech(self, position: int) -> bool:
        """Whether the word is a verb by which something is said."""
        word = self.words[position]
        if word in SPEECH:
            return position == 0 or self.words[position - 1] not in _NOT_VERBS_AFTER or self.gap(position - 1) == "'"
        following = self.words[position + 1] if position + 1 < len(self.words) else ""
        return word in SPEECH_BEFORE_THAT and following in AFTER_THAT

    def speaks(self, first: int, last: int) -> bool:
        """Whether a verb of speech, or a word for it, stands near in the same sentence."""
        for position in range(last + 1, min(last + 1 + _SPEECH_AHEAD, len(self.words))):
            if self.ends_sentence(position - 1):
                break
            if self.is_speech(position):
                return True
        for position in range(first - 1, max(first - 1 - _SPEECH_BEHIND, -1), -1):
            if self.ends_sentence(position):
                break
            if self.is_speech(position) or self._is_speech_of(position):
                return True
        return self._is_label(last)

    def speech_follows(self, last: int) -> bool:
        """Whether the very next word, or the one after an auxiliary, is a verb of speech."""
        for position in range(last + 1, min(last + 3, len(self.words))):
            if self.ends_sentence(position - 1) or "," in self.gap(position - 1):
                break
            # « Me dit-on » has its subject behind the verb.
            if self.is_speech(position) and self.gap(position) != "-":
                return True
        return self._is_label(last)

    def _is_speech_of(self, position: int) -> bool:
        word = self.words[position]
        if word == "apres":
            return position > 0 and self.words[position - 1] == "d"
        return word in SPEECH_NOUNS and (position == 0 or self.words[position - 1] != "a")

    def _is_label(self, last: int) -> bool:
        """Whether a colon follows at the beginning of a line: minutes name who speaks so."""
        return self.gap(last).lstrip(" )*_").startswith(":") and self.gap(last)[:12].strip(" )*_")[1:2] != "/"
