"""Setting text as its language is printed. Pure; what was set is not changed by being set again.

What people type is stored as typed: this is for showing it, and for correcting it in a field when asked.
"""

from __future__ import annotations

import re
from functools import lru_cache

NBSP = "\u00a0"
THIN = "\u202f"
"""The narrow no-break space."""

_SPACE = "[ \u00a0\u202f]"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=[\w«“])")
# Addresses, code, Markdown's link targets and character references: nothing in them is prose. All is bounded, and what
# repeats begins where its run does, so that no text takes longer than its length.
_NOT_PROSE = re.compile(
    r"((?<!`)`+[^`\n]{1,500}`+|\]\([^)\s]{0,500}(?:\s{1,3}[\"'][^\"'\n]{0,200}[\"'])?\)"
    r"|[a-z][a-z0-9+.-]{1,20}://[^\s<>«»]{1,2000}|\bwww\.[^\s<>«»]{1,2000}"
    r"|[^\s@<>«»]{1,64}@[^\s@<>«»]{1,255}|&#?\w{1,20};)"
)
_QUOTED = re.compile(r'(?<![\w"])"(?=[^\s"])([^"\n]*[^\s"])"(?![\w"])')
_ELLIPSIS = re.compile(r"(?<!\.)\.{3}(?!\.)")
_OPENING = re.compile(rf"«{_SPACE}*")
_CLOSING = re.compile(rf"(?<!{_SPACE}){_SPACE}*»")
_ENDS_WORD = r"[\w»)”’…%€°]"
_COLON = re.compile(rf"(?<!{_SPACE}){_SPACE}+:(?!\w)|(?<={_ENDS_WORD}):(?=\s|$)")
_HIGH = re.compile(rf"(?<!{_SPACE}){_SPACE}+([;!?])|(?<={_ENDS_WORD})([;!?])(?!\w)")
_HOUR = re.compile(rf"(?<![\w:.,])([01]?\d|2[0-4]){_SPACE}?h(?:{_SPACE}?([0-5]\d))?(?![\w:])")
_BETWEEN = re.compile(rf"({NBSP}h(?:{NBSP}\d\d)?){_SPACE}*[-–—]{_SPACE}*(?=\d{{1,2}}{NBSP}h)")
_UNIT = re.compile(rf"(?<=\d){_SPACE}?([%€])")
_NUMBER = re.compile(rf"\b([nN]°){_SPACE}?(?=\d)")
_LONGEST_KEPT = 2000


def typeset(text: str, language: str | None) -> str:
    """Return a text as its language is printed.

    In French: no-break spaces before : ; ! ? % € and inside « », those put in for straight quotation marks, ’ and …,
    « 16 h – 18 h ». In other languages apostrophes only. Addresses and code stay as they are.

    Args:
        text: one line or many, plain or Markdown.
        language: code; None: the same in every language, which is left alone.
    """
    if language is None or not text:
        return text
    if language == "fr":
        # A page shows the same few texts again and again.
        return _kept_french(text) if len(text) <= _LONGEST_KEPT else _in_prose(text, is_french=True)
    return _in_prose(text, is_french=False) if "'" in text else text


@lru_cache(maxsize=4096)
def _kept_french(text: str) -> str:
    return _in_prose(text, is_french=True)


def _in_prose(text: str, *, is_french: bool) -> str:
    set_ = _french if is_french else _apostrophes
    if not ("://" in text or "@" in text or "`" in text or "](" in text or "www." in text or "&" in text):
        return set_(text)
    # Every second part is what the pattern found.
    parts = _NOT_PROSE.split(text)
    return "".join(part if number % 2 else set_(part) for number, part in enumerate(parts))


def _apostrophes(text: str) -> str:
    return _APOSTROPHE.sub("’", text) if "'" in text else text


def _french(text: str) -> str:
    # Most texts have few of these signs, and looking for one letter costs a tenth of looking for a pattern.
    if '"' in text:
        text = _QUOTED.sub("«\\1»", text)
    text = _apostrophes(text)
    if "..." in text:
        text = _ELLIPSIS.sub("…", text)
    if "«" in text or "»" in text:
        text = _CLOSING.sub(f"{NBSP}»", _OPENING.sub(f"«{NBSP}", text))
    if ":" in text:
        text = _COLON.sub(f"{NBSP}:", text)
    if ";" in text or "!" in text or "?" in text:
        text = _HIGH.sub(lambda found: THIN + (found[1] or found[2]), text)
    if "h" in text:
        text = _set_hours(text)
    if "%" in text or "€" in text:
        text = _UNIT.sub(f"{NBSP}\\1", text)
    if "°" in text:
        text = _NUMBER.sub(f"\\1{NBSP}", text)
    return text


def _set_hours(text: str) -> str:
    found = _HOUR.sub(lambda hour: f"{hour[1]}{NBSP}h" + (f"{NBSP}{hour[2]}" if hour[2] else ""), text)
    if f"{NBSP}h" not in found:
        return found
    return _BETWEEN.sub(f"\\1{NBSP}–{NBSP}", found)
