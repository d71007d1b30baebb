"""Scanning errors of French, mended only where one reading is possible (named for its act); all others stay."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from workshop.core.folding import fold
from workshop.programme.printed.runs import Run
from workshop.programme.printed.words import AFTER_A, BEFORE_A, ENGLISH_TOO, KNOWN, LOST, NOUNS, SMALL, YEARS

_ALIKE = str.maketrans({"u": "n", "h": "b", "g": "q"})
"""Letters that scanners take for each other, above all in italics."""
_SHORT = {"gue": "que", "anx": "aux", "ct": "et", "meme": "même", "tres": "très", "deja": "déjà", "etre": "être"}
_WORD = re.compile(r"[^\W\d_]{2,}")
_ELISION = re.compile(r"(?<![^\W_])[I|\[l]['’](?=[^\W\d_])")
_BROKEN_CENT = re.compile(r"¢(?=[éèê])|(?<=[é])¢")
_EXCP = re.compile(r"(?<=[Ee])xcp(?=[aeiloru])")
_LOST_OF = re.compile(r"^D (?=fait de )")
_LOST_AT = re.compile(r"(?<=\bplus )pres(?= (?:de|des|du|d['’]))")
_YEAR = re.compile(r"\b(\w+['’]?|^)( ?)an(?= [^\W\d_])")
_A = re.compile(r"(?<![^\W_])a(?= [^\W\d_])")
_INFINITIVE = re.compile(r"(?:[^\W\d_]{2,}(?:er|ir)|[^\W\d_]+(?:dre|oir|uire|tre))$")
_FROM_TO = re.compile(r"(?:^|[:.—–(] ?)De (?:l['’]|la )?[^\W\d_]+(?: [^\W\d_]+)? (a)(?= (?:la|une?|l['’]) ?[^\W\d_])")
_APOSTROPHE = re.compile(r"(?<=\bque )['’](?=on )")
_ODD = re.compile(r"[¢°™®|\[\]{}~¬�]|\b\d+[\"”](?= )|[a-zà-ÿ]\d[a-zà-ÿ]| ’(?=\w)|‘[^’]{1,80}”")


def _shape(word: str) -> str:
    return fold(word).translate(_ALIKE)


def _by_shape(words: Iterable[str]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for word in words:
        found.setdefault(_shape(word), set()).add(word)
    return {shape: next(iter(same)) for shape, same in found.items() if len(same) == 1}


_SHAPES = _by_shape(KNOWN)


def words_of(runs: Iterable[Run]) -> frozenset[str]:
    """Return the words that stand whole in these lines, in lower case, and those known."""
    return KNOWN.union(*({word.lower() for word in _WORD.findall(run.text)} for run in runs))


def mend(run: Run) -> Run:
    """Return a French text with those scanning errors mended that can mean one thing only."""
    run = run.sub(_LOST_OF, lambda _: "Du ").sub(_BROKEN_CENT, lambda _: "").sub(_EXCP, lambda _: "xp")
    run = run.sub(_ELISION, lambda found: "l" + found[0][1:]).sub(_APOSTROPHE, lambda found: "l" + found[0])
    text = run.text
    run = run.sub(_WORD, lambda found: _mend_word(found[0], text[max(0, found.start() - 12) : found.start()])).sub(
        _LOST_AT, lambda _: "près"
    )
    run = run.sub(_YEAR, _mend_year)
    run = run.sub(_FROM_TO, lambda found: found[0][: -len(found[1])] + "à")
    return run.sub(_A, lambda found: _mend_a(run.text, found.start()))


def _mend_word(word: str, before: str) -> str:
    lower = word.lower()
    if lower in ENGLISH_TOO and re.split(r"[\s'’]", before.lower().rstrip())[-1] not in SMALL:
        return word
    if word != lower and word != lower.capitalize():
        return word
    if lower in KNOWN:
        return word
    mended = _SHORT.get(lower) or (_SHAPES.get(_shape(lower)) if len(lower) > 3 else None)  # noqa: PLR2004 (shorter words mean too much)
    if mended is None or len(mended) != len(lower):
        return word
    if word == lower:
        return mended
    # A capital without its accent is a habit, and a capital may begin a name.
    return word if fold(mended) == fold(lower) and mended[1:] == lower[1:] else word[0] + mended[1:]


def _mend_year(match: re.Match[str]) -> str:
    before = match[1].lower()
    return match[0] if not before or before in YEARS or before.isdigit() else match[0][:-2] + "au"


def _mend_a(text: str, place: int) -> str:
    """Return `à` for an `a` that can be no verb: after an infinitive, before one, in a few fixed turns."""
    before = text[max(0, place - 30) : place].split()
    after = text[place + 2 : place + 40].split()
    last = re.split(r"['’]", before[-1])[-1].lower() if before and before[-1][-1:].isalpha() else ""
    following = re.split(r"[^\w]", after[0])[0].lower() if after else ""
    is_certain = (
        last in BEFORE_A
        or following in AFTER_A
        or (_INFINITIVE.search(last) is not None and last not in NOUNS)
        or (_INFINITIVE.search(following) is not None and following not in NOUNS)
    )
    return "à" if is_certain else "a"


def is_rough(text: str, language: str) -> bool:
    """Whether a text still seems to hold scanning errors."""
    if _ODD.search(text):
        return True
    if language != "fr":
        return False
    has_accents = any(unicodedata.combining(char) for char in unicodedata.normalize("NFD", text))
    lost = {word.lower() for word in _WORD.findall(text)} & LOST
    return bool(lost) or (" a l" in text and (not has_accents or "à" not in text))
