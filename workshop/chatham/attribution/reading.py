"""Markdown read as a reader sees it: folded letters, each of which knows where it stands in what was typed."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

_NAMED = re.compile(
    r"(LATIN|REGIONAL|NEGATIVE)(?: \w+)* LETTER "
    r"(?:SMALL CAPITAL |DOTLESS |SCRIPT |OPEN |TURNED |REVERSED |LONG )?([A-Z])(?: WITH .+)?"
)
"""Letters that Unicode names after the one they look like: « ɢ », "ø", "🅶"."""

_LOOKALIKES = {
    # Cyrillic
    **dict(zip("АВЕЗКМНОРСТУХЅІЈԌԚԜҺЁИПГЬӀҮ", "ABE3KMHOPCTYXSIJGQWHEUNRBIY", strict=True)),
    **dict(zip("авезкмнорстухѕіјԍԛԝһёипгьӏүԁ", "abe3kmhopctyxsijgqwheunrblyd", strict=True)),
    **dict(zip("ЄѴӨҰҚҜҠҢҺҲҪҬԌѠ", "EVOYKKKHHXCTGW", strict=True)),
    **dict(zip("єѵөұқҝҡңһҳҫҭԍѡ", "evoykkkhhxctgw", strict=True)),
    # Greek
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΣΩΓΛΔΠΘΦΨΞ", "ABEZHIKMNOPTYXSWRLDNOOYE", strict=True)),
    **dict(zip("αβγεζηικμνορτυχσςωλδπθφψξϲϳ", "abyezniкuvoptuxsswldnooyecj".replace("к", "k"), strict=True)),
    # Armenian, Cherokee, Lisu, Coptic and the like
    **dict(zip("օոսհցյզքրԱՕՍՏ", "onuhgjqpnUOUS", strict=True)),
    **dict(zip("ᎪᎬᏀᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᏔᏃᏟᏴᎳᎥ", "AEGHJKLMPRSTVWZCBWi", strict=True)),
    **dict(zip("ꓐꓔꓓꓖꓗꓙꓚꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴꓑ", "BTDGKJCFMNLSRVHWXYAEIOUP", strict=True)),
    **dict(zip("ⲀⲂⲈⲎⲒⲔⲘⲚⲞⲢⲤⲦⲨⲬⲁⲟⲣⲥⲭ", "ABEHIKMNOPCTYXaopcx", strict=True)),
    # Latin
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "þ": "th",
    "Þ": "TH",
    "ð": "d",
    "Ð": "D",
    "ɑ": "a",
    "ɛ": "e",
    "ə": "e",
    "Ə": "E",
    "ɔ": "o",
    "ɩ": "i",
    "ʋ": "v",
    "ƨ": "s",
    "ꞌ": "'",
    "ǀ": "l",
    "ƽ": "s",
    # Marks: one apostrophe, one dash, one space
    **dict.fromkeys("’‘‛ʼʻ′´`＇ˈ՚", "'"),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－˗⁃", "-"),
    **dict.fromkeys("\u3164\u115f\u1160\uffa0\u2800\u180e", " "),
    **dict.fromkeys("\ufffc\u034f", ""),
    **dict.fromkeys("…", "."),
    **dict.fromkeys("\u2028\r", "\n"),
    **dict.fromkeys("\u2029", "\n"),
}


@lru_cache(maxsize=8192)
def _letters(char: str) -> str:
    """What a reader takes one character for; nothing for what is not seen."""
    known = _LOOKALIKES.get(char)
    if known is not None:
        return known
    if char in "\t\n":
        return char
    letters = []
    for part in unicodedata.normalize("NFKD", char):
        kind = unicodedata.category(part)
        if kind in {"Mn", "Me", "Cf", "Cc", "Cn", "Cs"}:
            continue
        if kind == "Zs":
            letters.append(" ")
        elif part.isascii():
            letters.append(part)
        else:
            named = _NAMED.fullmatch(unicodedata.name(part, ""))
            shape = _LOOKALIKES.get(part) or (named[2] if named else part)
            letters.append(shape.lower() if named and "SMALL LETTER" in named[0] else shape)
    return "".join(letter if len(letter.lower()) == len(letter) else letter[:1] for letter in letters)


_REGULAR = {
    code: letters
    for code in (
        *range(0xA1, 0x250),
        *range(0x370, 0x460),
        *range(0x1E00, 0x1F00),
        *range(0x2010, 0x2028),
        0x202F,
        0xA0,
    )
    if len(letters := _letters(chr(code))) == 1
}
"""Characters read as exactly one other, which `str.translate` reads at once."""

_TAG = r"</?[A-Za-z][A-Za-z\d-]{0,20}(?:\s[^<>\n:@]{0,100})?/?>|<!--[^<>]{0,200}-->"
_DESTINATION = (
    r"\]\(\s{0,3}<?[^()\s<>]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?>?(?:\s{1,3}[\"'][^\"'\n]{0,200}[\"'])?\s{0,3}\)"
    r"|\]\[[^\[\]\n]{0,100}\]"
)
_SPECIAL = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~\n])"
    r"|(?P<entity>&\#?\w{1,32};)"
    rf"|(?P<target>{_DESTINATION})"
    rf"|(?P<mark>[*`~_]+|\[(?=[^\[\]\n]{{0,300}}\][(\[])|{_TAG})"
    r"|(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<reversed>\u202e[^\u202c\n]*)"
    rf"|(?P<odd>[^\x00-\x7f{''.join(map(chr, _REGULAR))}]+)"
)
_Pieces = Iterator[tuple[int, int, str]]
"""Start, end and letters of each; an end of -1 says that the letters stand one for one."""
_SPLITTING = re.compile("[\u200b\u2060\ufeff\u200c\u200d\u3164]")


@dataclass
class Reading:
    """A text as it is seen. `cased` keeps capitals, `folded` has none; both have the same length."""

    cased: str = ""
    folded: str = ""
    joins: bool = False
    """Whether something was taken out between two letters: then the text is read once more with a gap there."""
    links: list[int] = field(default_factory=list)
    """Where links stand in what was typed; what they lead to is read after the text, from `links_from` on."""
    links_from: int = 0
    pieces: list[int] = field(default_factory=list)
    """Where each piece begins, and in `origins` where it was typed; an end of -1: letter for letter."""
    origins: list[tuple[int, int]] = field(default_factory=list)

    def typed(self, start: int, end: int) -> tuple[int, int]:
        """Offsets of `folded[start:end]` in what was typed; `end` is beyond `start`."""
        first, last = self._one(start), self._one(end - 1)
        return min(first[0], last[0]), max(first[1], last[1])

    def _one(self, offset: int) -> tuple[int, int]:
        piece = bisect_right(self.pieces, offset) - 1
        start, end = self.origins[piece]
        if end < 0:
            start += offset - self.pieces[piece]
            return start, start + 1
        return start, end


def read(text: str, *, split: bool = False) -> Reading:
    """Return the text as a reader sees it; with `split`, what was taken out between letters leaves a gap."""
    reading = Reading()
    parts: list[str] = []
    length = 0
    for start, end, letters in _pieces(text, reading, split=split):
        if start < 0:
            reading.links_from = length
        elif letters:
            reading.pieces.append(length)
            reading.origins.append((start, end))
            parts.append(letters)
            length += len(letters)
    reading.cased = "".join(parts)
    folded = reading.cased.lower()
    reading.folded = folded if len(folded) == length else "".join(char.lower()[:1] for char in reading.cased)
    return reading


def fold(text: str) -> str:
    """Return a name as `read` would fold it: both sides of every comparison go through here."""
    return "".join(map(_letters, text)).lower()


def _pieces(text: str, reading: Reading, *, split: bool) -> _Pieces:
    """Read the whole text, then what its links lead to."""
    aside: list[tuple[int, int]] = []
    position = 0
    for match in _SPECIAL.finditer(text):
        start, end = match.span()
        if start > position:
            yield position, -1, text[position:start].translate(_REGULAR)
        position = end
        kind = match.lastgroup or ""
        if kind in {"mark", "target"}:
            # A tag's own words are text as well: tags are shown as they are typed.
            reading.joins = reading.joins or match[0][0] == "<" or _inside_word(text, start, end)
            if kind == "target":
                aside.append((start, end))
            if split and match[0][0] == "<":
                yield start, -1, text[start:end].translate(_REGULAR)
            elif split:
                yield start, end, " "
            continue
        if kind == "odd":
            reading.joins = reading.joins or bool(_SPLITTING.search(match[0]))
            yield from _odd(text, start, end, split=split)
        else:
            yield from _READERS[kind](text, start, end)
    if position < len(text):
        yield position, -1, text[position:].translate(_REGULAR)
    yield -1, -1, ""
    for start, end in aside:
        reading.links.append(start)
        yield start, end, "\n\n"
        yield from _address(text, start + 2, end - 1)


def _inside_word(text: str, start: int, end: int) -> bool:
    return start > 0 and end < len(text) and not text[start - 1].isspace() and not text[end].isspace()


def _address(text: str, start: int, end: int) -> _Pieces:
    """Where a link leads, letter by letter: no markup there."""
    position = start
    for match in re.compile(r"(?:%[0-9A-Fa-f]{2})+|&\#?\w{1,32};").finditer(text, start, end):
        if match.start() > position:
            yield position, -1, "".join((_letters(char) or " ")[:1] for char in text[position : match.start()])
        yield match.start(), match.end(), _seen(html.unescape(unquote(match[0], errors="replace")))
        position = match.end()
    if position < end:
        yield position, -1, "".join((_letters(char) or " ")[:1] for char in text[position:end])


def _escape(text: str, start: int, end: int) -> _Pieces:
    yield start, end, text[start + 1]


def _entity(text: str, start: int, end: int) -> _Pieces:
    yield start, end, _seen(html.unescape(text[start:end]))


def _percent(text: str, start: int, end: int) -> _Pieces:
    word = text[max(0, start - 200) : start].rsplit(maxsplit=1)[-1:]
    in_address = bool(word) and "/" in word[0] and not text[start - 1].isspace()
    yield start, end, _seen(unquote(text[start:end], errors="replace")) if in_address else text[start:end]


def _reversed(text: str, start: int, end: int) -> _Pieces:
    for offset in range(end - 1, start, -1):
        yield offset, offset + 1, _letters(text[offset])


def _odd(text: str, start: int, end: int, *, split: bool) -> _Pieces:
    for offset in range(start, end):
        char = text[offset]
        yield offset, offset + 1, " " if split and _SPLITTING.match(char) else _letters(char)


def _seen(text: str) -> str:
    return "".join(map(_letters, text))


_READERS: dict[str, Callable[[str, int, int], _Pieces]] = {
    "escape": _escape,
    "entity": _entity,
    "percent": _percent,
    "reversed": _reversed,
}
