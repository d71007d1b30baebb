"""People's names found in a text: in any order and form, broken up, misspelt, with or without what makes them sure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workshop.chatham.attribution.disguises import Disguises
from workshop.chatham.attribution.findings import Reason
from workshop.chatham.attribution.lexicon import Lexicon, Node, Sense, is_ordinary
from workshop.chatham.attribution.persons import Kind
from workshop.chatham.attribution.tokens import Text
from workshop.chatham.attribution.vocabulary import (
    CIVIC_ACRONYMS,
    COMMON,
    DETERMINERS,
    ENDINGS,
    FAMILY_PARTICLES,
    FIRST_NAMES,
    FREQUENT_SURNAMES,
    HONORIFICS,
    PARTICLES,
    STOP,
    TITLES,
    WORDY_HONORIFICS,
)

Hit = tuple[int, int, Reason]
"""First word, last word, reason."""

_SURE = HONORIFICS - WORDY_HONORIFICS
_UNLIKELY_INITIALS = frozenset("aiy")
_SHORT = 4
_INITIALS = 2
"""The most letters that are taken for initials without points."""


class Names:
    """One pass over a text for the names of a lexicon."""

    def __init__(self, text: Text, lexicon: Lexicon, language: str | None) -> None:
        self.text = text
        self.lexicon = lexicon
        self.language = language
        self.endings = ENDINGS.get(language or "", ())
        self._ordinary: dict[str, bool] = {}
        self._judges: dict[Kind, Callable[[int, int, Sense], Hit | None]] = {
            Kind.FULL: self._full,
            Kind.INITIALS_SURNAME: self._initials_surname,
            Kind.FIRST_NAME_INITIAL: self._first_name_initial,
            Kind.SURNAME: self._surname,
            Kind.FIRST_NAME: self._first_name,
            Kind.INITIALS: self._initials,
        }

    def find(self) -> Iterator[Hit]:
        """Yield what is found; a shorter hit inside a longer one is for the caller to drop."""
        first_words = self.lexicon.names.after
        disguises = Disguises(self.text, self.lexicon, self.language)
        for position, word in enumerate(self.text.words):
            node = first_words.get(word)
            if node is not None:
                yield from self._from(position, node)
            if len(word) == 1 and word in self.lexicon.initials and self._is_titled_initial(position):
                yield (position - 1, position, Reason.INITIALS)
            if disguises.may_begin(position, word):
                yield from disguises.find(position, word, is_known=node is not None)

    def _is_titled_initial(self, position: int) -> bool:
        """Whether one capital stands for a surname: « Mme A. »."""
        text = self.text
        return (
            text.is_upper(position)
            and text.honorific_before(position, HONORIFICS) is not None
            and text.gap(position)[:1] not in {"'", "-"}
            and not self._goes_on(position)
        )

    def _from(self, first: int, node: Node) -> Iterator[Hit]:
        last = first
        while True:
            for kind in sorted(node.senses):
                hit = self._judges[kind](first, last, node.senses[kind])
                if hit:
                    yield hit
                    break
            if last + 1 >= len(self.text) or not node.after:
                return
            following = node.after.get(self.text.words[last + 1])
            if following is None or not self.text.holds_together(last):
                return
            node, last = following, last + 1

    def is_ordinary(self, word: str) -> bool:
        """Whether the word is an ordinary one of the text's language."""
        known = self._ordinary.get(word)
        if known is None:
            known = self._ordinary[word] = is_ordinary(word, self.language)
        return known

    def _full(self, first: int, last: int, _: Sense) -> Hit | None:
        text = self.text
        words = text.words
        if first == last:
            return None if words[first] in STOP or self._in_any_list(words[first]) else (first, last, Reason.FULL_NAME)
        meant = [position for position in range(first, last + 1) if words[position] not in PARTICLES]
        ordinary = [position for position in meant if self.is_ordinary(words[position])]
        small = [position for position in ordinary if not text.is_capital(position)]
        if small and (len(ordinary) == len(meant) or any(map(text.is_capital, meant))):
            return None
        if len(ordinary) == len(meant) and text.is_shouted(first, last):
            return None
        return self._with_honorific(first, last, Reason.FULL_NAME)

    def _in_any_list(self, word: str) -> bool:
        return any(word in words for words in COMMON.values())

    def _initials_surname(self, first: int, last: int, _: Sense) -> Hit | None:
        text = self.text
        words = text.words
        if first == last and first not in text.dotted:
            return None if self.is_ordinary(words[first]) else (first, last, Reason.INITIALS_AND_SURNAME)
        long = [at for at in range(first, last + 1) if len(words[at]) > _INITIALS and at not in text.dotted]
        sure = any(not self.is_ordinary(words[position]) and words[position] not in FIRST_NAMES for position in long)
        if sure:
            return (first, last, Reason.INITIALS_AND_SURNAME)
        if not all(map(text.is_capital, range(first, last + 1))) or text.is_shouted(first, last):
            return None
        pointed = any(
            position in text.dotted or text.gap(position).startswith(".")
            for position in range(first, last + 1)
            if position not in long
        )
        return (first, last, Reason.INITIALS_AND_SURNAME) if pointed else None

    def _first_name_initial(self, first: int, last: int, _: Sense) -> Hit | None:
        text = self.text
        initial = text.words[last]
        gap = text.gap(last)
        if not text.is_upper(last) or not text.is_capital(first) or gap.startswith(("'", "-")):
            return None
        if initial in _UNLIKELY_INITIALS and not gap.startswith("."):
            return None
        return self._with_honorific(first, last, Reason.FULL_NAME)

    def _with_honorific(self, first: int, last: int, reason: Reason) -> Hit:
        before = self.text.honorific_before(first, HONORIFICS)
        return (first if before is None else before, last, reason)

    def _surname(self, first: int, last: int, sense: Sense) -> Hit | None:
        words = self.text.words
        meant = [words[position] for position in range(first, last + 1) if words[position] not in PARTICLES]
        ordinary = all(map(self.is_ordinary, meant))
        name_like = all(word in FIRST_NAMES or self.is_ordinary(word) for word in meant)
        if name_like and not ordinary and any(words[at] in FAMILY_PARTICLES for at in range(first, last + 1)):
            name_like = not self.text.is_capital(last)
        if name_like:
            return self._common_surname(first, last, sense, ordinary=ordinary)
        return self._rare_surname(first, last, sense)

    def _rare_surname(self, first: int, last: int, sense: Sense) -> Hit | None:
        text = self.text
        honorific = text.honorific_before(first, HONORIFICS)
        if honorific is not None:
            return (honorific, last, Reason.HONORIFIC_AND_NAME)
        if self._is_of_another(first, sense):
            frequent = text.words[last] in FREQUENT_SURNAMES
            if frequent and not text.speaks(first - 1, last):
                return None
            return (first - 1, last, Reason.OTHER_FIRST_NAME)
        if not text.is_capital(last) and self._may_be_a_word(first, last):
            return (first, last, Reason.COMMON_SURNAME)
        return (first, last, Reason.SURNAME)

    def _may_be_a_word(self, first: int, last: int) -> bool:
        """Whether a surname in small letters looks like a word that the lists lack."""
        text = self.text
        word = text.words[last]
        after_article = first > 0 and text.words[first - 1] in DETERMINERS
        short = len(word) <= _SHORT and not text.speaks(first, last)
        return after_article or short or word.endswith(self.endings or "\n")

    def _is_of_another(self, first: int, sense: Sense) -> bool:
        """Whether the word before is a first name that does not go with the surname."""
        text = self.text
        before = text.words[first - 1] if first else ""
        return (
            before in FIRST_NAMES
            and before not in sense.givens
            and text.is_capital(first - 1)
            and text.gap(first - 1) in {" ", "-", "\n"}
        )

    def _common_surname(self, first: int, last: int, sense: Sense, *, ordinary: bool) -> Hit | None:
        """A surname that is another word or a first name: with its capital, where nothing else explains it."""
        text = self.text
        honorific = text.honorific_before(first, HONORIFICS)
        if not text.is_capital(last):
            if honorific is not None and text.words[honorific] in _SURE:
                return (honorific, last, Reason.HONORIFIC_AND_NAME)
            small_name = not ordinary and len(text.words[last]) > 3 and text.words[first - 1] not in DETERMINERS  # noqa: PLR2004 (shorter is a word)
            return (first, last, Reason.COMMON_SURNAME) if small_name else None
        if honorific is None and ordinary:
            honorific = text.honorific_before(first, TITLES)
        if honorific is not None and not self._goes_on(last):
            return (honorific, last, Reason.HONORIFIC_AND_NAME)
        explained = (ordinary and self._is_explained(first, last)) or self._is_of_another(first, sense)
        return None if explained else (first, last, Reason.COMMON_SURNAME)

    def _is_explained(self, first: int, last: int) -> bool:
        """Whether an ordinary word has its capital for another reason than being a name."""
        text = self.text
        is_honorific = text.words[last] in HONORIFICS and last + 1 < len(text) and text.is_capital(last + 1)
        opens = text.begins_sentence(first) and not text.speech_follows(last)
        return is_honorific or opens or text.is_shouted(first, last)

    def _goes_on(self, last: int) -> bool:
        """Whether a capital after the word makes it a part of a longer name that nobody here has."""
        text = self.text
        if last + 1 >= len(text) or not text.is_capital(last + 1) or text.gap(last) not in {" ", "-"}:
            return False
        following = text.words[last + 1]
        return following not in self.lexicon.names.after and following not in STOP

    def _first_name(self, first: int, last: int, _: Sense) -> Hit | None:
        text = self.text
        words = text.words
        if self._belongs_elsewhere(first, last):
            return None
        capital = text.is_capital(first)
        honorific = text.honorific_before(first, HONORIFICS)
        ordinary = all(self.is_ordinary(words[position]) for position in range(first, last + 1))
        if honorific is not None and (capital or words[honorific] in _SURE):
            return (honorific, last, Reason.HONORIFIC_AND_NAME)
        if ordinary:
            explained = text.is_shouted(first, last) or (text.begins_sentence(first) and not text.speech_follows(last))
            return (first, last, Reason.FIRST_NAME) if capital and not explained else None
        if capital or (len(words[first]) > 3 and (not first or words[first - 1] not in DETERMINERS)):  # noqa: PLR2004 (as above)
            return (first, last, Reason.FIRST_NAME)
        return None

    def _belongs_elsewhere(self, first: int, last: int) -> bool:
        """Whether the first name is part of another name: "Marie Curie", « Jean-Pierre », "Saint-Denis"."""
        text = self.text
        if first and text.gap(first - 1) == "-" and text.words[first - 1] not in self.lexicon.names.after:
            return True
        if last + 1 >= len(text):
            return False
        gap = text.gap(last)
        following = text.words[last + 1]
        return (gap == "-" and following not in self.lexicon.names.after) or (
            gap in {" ", "-"} and self._goes_on(last) and not text.is_speech(last + 1)
        )

    def _initials(self, first: int, last: int, _: Sense) -> Hit | None:
        text = self.text
        if not all(map(text.is_upper, range(first, last + 1))):
            return None
        word = "".join(text.words[first : last + 1])
        if word in CIVIC_ACRONYMS and not text.speech_follows(last):
            return None
        if first == last and first not in text.dotted:
            return (first, last, Reason.INITIALS) if self._stands_for_somebody(first, word) else None
        pointed = all(text.gap(position).startswith(".") or position in text.dotted for position in range(first, last))
        ended = last in text.dotted or text.gap(last).startswith(".")
        after_number = first > 0 and text.words[first - 1].isdigit()
        return (first, last, Reason.INITIALS) if pointed and ended and not after_number else None

    def _stands_for_somebody(self, position: int, word: str) -> bool:
        """Whether capitals without points are initials rather than an acronym."""
        text = self.text
        if text.is_shouted(position, position) or word in self.lexicon.bodies.after:
            return False
        if len(word) > _INITIALS:
            return True
        bracketed = text.gap(position - 1).endswith(("(", "[")) and text.gap(position).startswith((")", "]"))
        return bracketed or text.speech_follows(position)
