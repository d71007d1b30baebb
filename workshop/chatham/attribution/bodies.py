"""Organisations found in a text, and whether they speak there or somebody is said to belong to them."""

from __future__ import annotations

from collections.abc import Iterator

from workshop.chatham.attribution.findings import Reason
from workshop.chatham.attribution.lexicon import Lexicon, Node
from workshop.chatham.attribution.organisations import Form
from workshop.chatham.attribution.tokens import Text
from workshop.chatham.attribution.vocabulary import COMMON, FIRST_NAMES, OF, PERSONS, STOP

_OTHER_WORDS = STOP.union(*COMMON.values())
_MOST_BETWEEN = 3
"""So many articles and prepositions may stand between two words of a name."""
_SURE_IN_SMALL_LETTERS = 4
"""So many words in their order are a name without any capital; fewer may be a phrase."""
_ROLE_BEFORE = 5
_ROLE_AFTER = 3


def find(text: Text, lexicon: Lexicon) -> Iterator[tuple[int, int, Reason]]:
    """Yield first word, last word and reason of each place where an organisation is named."""
    first_words = lexicon.bodies.after
    if not first_words:
        return
    for position, word in enumerate(text.words):
        node = first_words.get(word)
        if node is not None:
            found = _longest(text, position, node)
            if found is None:
                continue
            last, is_sure = found
            speaks = text.speaks(position, last)
            if is_sure and (speaks or _has_role(text, position, last)):
                yield (position, last, Reason.ORGANISATION_SPEAKING)
            elif is_sure or speaks:
                yield (position, last, Reason.ORGANISATION)


def _longest(text: Text, first: int, node: Node) -> tuple[int, bool] | None:
    """The last word of the longest name that begins there, articles between its words passed over.

    With it, whether it is written as a name: ordinary words in small letters are one only if they speak.
    """
    found = None
    last = first
    while True:
        if node.form and _is_written_so(text, first, last, node.form):
            found = (last, True)
        elif node.form and _may_be_meant(text, last, node.form):
            found = found or (last, False)
        following = last
        for _ in range(_MOST_BETWEEN + 1):
            if following + 1 >= len(text) or not text.holds_together(following):
                return found
            following += 1
            after = node.after.get(text.words[following])
            if after is not None:
                node, last = after, following
                break
            if text.words[following] not in STOP:
                return found
        else:
            return found


def _may_be_meant(text: Text, last: int, form: Form) -> bool:
    """Whether a name in small letters may be meant as one if it speaks."""
    if form.needs_upper:
        word = form.words[0]
        return len(word) > 2 and word not in _OTHER_WORDS and text.speech_follows(last)  # noqa: PLR2004 (two letters are a word)
    return len(form.words) > 1


def _is_written_so(text: Text, first: int, last: int, form: Form) -> bool:
    """Whether capitals stand where the form needs them."""
    if form.needs_upper:
        letters = text.cased[text.starts[first] : text.ends[last]]
        capitals = sum(char.isupper() for char in letters)
        explained = text.words[first] in _OTHER_WORDS and text.is_shouted(first, last)
        return capitals >= 2 and capitals * 2 >= len(text.words[first]) and not explained  # noqa: PLR2004 (one is a name's)
    capitals = sum(text.is_capital(position) for position in range(first, last + 1) if text.words[position] not in STOP)
    if not form.needs_capital:
        return capitals > 0 or len(form.words) == 1 or len(form.words) >= _SURE_IN_SMALL_LETTERS
    if text.is_shouted(first, last):
        return len(form.words) > 1
    if text.begins_sentence(first) and not text.is_upper(first) and first == last and text.words[first] in _OTHER_WORDS:
        # That capital is the sentence's: a verb is needed that makes the word somebody.
        return text.speech_follows(last)
    return capitals > 0


def _has_role(text: Text, first: int, last: int) -> bool:
    """Whether somebody is said to be of the organisation: "a nurse from …", « la directrice de … », "…'s director"."""
    for position in range(first - 1, max(first - 1 - _ROLE_BEFORE, -1), -1):
        if text.ends_sentence(position):
            break
        word = text.words[position]
        if word in PERSONS or (word in FIRST_NAMES and text.is_capital(position)):
            return True
        if word not in OF and not word.endswith(("al", "ale", "if", "ive", "eur", "rice", "ant", "ante")):
            break
    for position in range(last + 1, min(last + 1 + _ROLE_AFTER, len(text))):
        if text.ends_sentence(position - 1):
            return False
        if text.words[position] in PERSONS:
            return True
    return False
