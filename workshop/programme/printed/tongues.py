"""Telling French from English by their words, endings and accents (named for what it tells), never by their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workshop.programme.printed.runs import SOFT_HYPHEN, Run, join
from workshop.programme.printed.words import ENGLISH, FRENCH

_SHARED = frozenset({"discussion", "solutions", "conclusion"})
_WEAK = {"a": ("en", 0.3), "an": ("en", 0.2), "on": ("en", 0.2), "par": ("fr", 0.5), "me": ("", 0.0)}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ELISION = re.compile(r"(?:[ldjnsmtc]|qu|\[)['’]", re.IGNORECASE)
_ENGLISH_APOSTROPHE = re.compile(r"(?:n['’]t|['’](?:s|re|ve|ll|d))$", re.IGNORECASE)
_ACCENTS = frozenset("àâçèéêëîïôùûœ")
_ENGLISH_SHAPE = re.compile(r"(?:ing|ness|ty|ally|ful|ship|ly|ed|ork|sh)$|w|th|k")
_FRENCH_SHAPE = re.compile(r"(?:iques?|eux|eurs?|aires?|ités?|aux|ales?|euses?|oire?s?|ons|ez|ier|elles?|amment)$")
_STRONG = 0.7
"""Above this a text is surely in a language."""
_LONG = 4000
"""Characters that are enough to tell a language by."""
_SEPARATOR = re.compile(r" (?:[—–/|]|-{1,2}) |/ ")
_MOST_SEPARATORS = 8


def tongue_of(text: str) -> str:
    """Return `fr` or `en`, or nothing where the words do not say."""
    score = lean(text)
    return "fr" if score > _STRONG else "en" if score < -_STRONG else ""


def lean(text: str) -> float:
    """Return how far a text leans to French (above 0) or to English (below), the longer the clearer."""
    return sum(_lean_of(match[0].lower()) for match in _WORD.finditer(text[:_LONG])) + sum(
        0.8 for _ in _ELISION.finditer(text[:_LONG])
    )


def _lean_of(word: str) -> float:
    if word in _WEAK:
        language, weight = _WEAK[word]
        return weight if language == "fr" else -weight
    is_french, is_english = word in FRENCH, word in ENGLISH
    if is_french != is_english and word not in _SHARED:
        return 1.0 if is_french else -1.0
    if _ENGLISH_APOSTROPHE.search(word) or _ACCENTS & set(word):
        return 1.2 if _ACCENTS & set(word) else -1.0
    # Names carry shapes of any language: a weak sign, and none in a word that is known.
    if len(word) > 3 and not (is_french or word in _SHARED):  # noqa: PLR2004 (letters: shorter words have no ending)
        return 0.4 * bool(_FRENCH_SHAPE.search(word)) - 0.4 * bool(_ENGLISH_SHAPE.search(word))
    return 0.0


def split_pair(run: Run) -> list[tuple[str, Run]]:
    """Return the one or two languages of a line such as `A global challenge / Défi mondial`."""
    for match in list(_SEPARATOR.finditer(run.text[:_LONG]))[:_MOST_SEPARATORS]:
        left, right = run.cut(0, match.start()), run.cut(match.end())
        tongues = tongue_of(left.text), tongue_of(right.text)
        if all(tongues) and tongues[0] != tongues[1]:
            return [(tongues[0], left), (tongues[1], right)]
    for match in list(_SEPARATOR.finditer(run.text[:_LONG]))[:_MOST_SEPARATORS]:
        left, right = run.cut(0, match.start()), run.cut(match.end())
        leans = lean(left.text), lean(right.text)
        # One side is sure and the other is surely not the same: `Défi mondial - A global challenge`.
        if left.text and right.text and leans[0] * leans[1] < 0 and max(map(abs, leans)) > _STRONG:
            return [("fr" if leans[0] > 0 else "en", left), ("fr" if leans[1] > 0 else "en", right)]
    return [(tongue_of(run.text), run)]


def split_lines(lines: Sequence[Run], words: frozenset[str] = frozenset()) -> list[tuple[str, Run]]:
    """Return the languages of lines that stand together, each with its lines as one: a title and its other language."""
    groups: list[list[Run]] = []
    for index, line in enumerate(lines):
        tail = join(lines[index : index + 2]).text
        if groups and not _begins(line.text, tail, join(groups[-1][-2:]).text):
            groups[-1].append(line)
        else:
            groups.append([line])
    found: list[tuple[str, Run]] = []
    for group in groups:
        pieces = split_pair(join_lines(group, words))
        if len(pieces) == 1 and found and pieces[0][0] in {"", found[-1][0]}:
            found[-1] = (found[-1][0], join([found[-1][1], pieces[0][1]]))
        else:
            found += pieces
    return found


def _begins(line: str, tail: str, before: str) -> bool:
    """Whether a line begins the other language, rather than going on with what stands before it."""
    first = line.lstrip("«“\"‘'( ")[:1]
    if not (first.isupper() or first == "[") or before[-1:] in {",", ":", "-", "–", "—"}:
        return False
    is_french, was_french = (lean(line) or lean(tail)), lean(before)
    return is_french * was_french < 0 and abs(is_french) > _STRONG / 2


_HYPHENATED = re.compile(r"[^\W\d_]{2}-$")


def join_lines(lines: Sequence[Run], words: frozenset[str] = frozenset()) -> Run:
    """Return broken lines as one; a word broken by a hyphen is mended only where it stands whole in `words`."""
    made: list[Run] = []
    glues: list[str] = []
    for line in lines:
        before = made[-1] if made else None
        glue = " "
        if before is not None and before.text.endswith(SOFT_HYPHEN):
            made[-1], glue = before.cut(0, len(before.text) - 1), ""
        elif before is not None and _HYPHENATED.search(before.text[-3:]) and line.text[:1].islower():
            whole = before.text.rsplit(" ", 1)[-1][:-1] + re.split(r"[\s,.;:!?]", line.text, maxsplit=1)[0]
            glue = ""
            if whole.lower() in words:
                made[-1] = before.cut(0, len(before.text) - 1)
        if line.text:
            made.append(line)
            glues.append(glue)
    parts: list[str] = []
    places: list[int] = []
    for glue, run in zip(glues, made, strict=True):
        if parts and glue:
            parts.append(glue)
            places.append(places[-1])
        parts.append(run.text)
        places += run.at
    return Run("".join(parts), places)
