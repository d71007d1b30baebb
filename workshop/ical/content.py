"""Values as icalendar's components take them, and components as octets (RFC 5545 3.1).

Encoded and folded here: the library folds letter by letter, which over a thousand sessions takes longer than all the
rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from workshop.ical.text import clean_line, clean_text, clean_uri, escape, find_language_tag

if TYPE_CHECKING:
    from icalendar import Component

_LONGEST = 74
"""Octets of a piece: beside the space that begins each but the first, none is longer than 75."""
_QUOTED = frozenset(",;:’")
"""RFC 5545 3.1 asks for quotation marks around the first three; some clients stumble over an apostrophe too."""


class _EncodedValue(NamedTuple):
    """A value as it stands after the colon. Not icalendar's vText, which turns a backslash and N into a newline."""

    encoded: str
    parameters: Mapping[str, str]


def to_octets(component: Component, *, is_open: bool = False) -> bytes:
    """Return a component that the functions below have filled; without its last line where it is `is_open`."""
    lines = [f"BEGIN:{component.name}\r\n".encode()]
    for name, value in component.items():
        parameters = "".join(f";{key}={_parameter(text)}" for key, text in value.parameters.items())
        lines.append(fold(f"{name}{parameters}:{value.encoded}"))
    lines += map(to_octets, component.subcomponents)
    return b"".join(lines if is_open else (*lines, f"END:{component.name}\r\n".encode()))


def fold(line: str) -> bytes:
    """Return a content line in pieces of at most 75 octets with CRLF, split between code points and never in an escape.

    RFC 5545 would let an escape be split; some clients unescape before they unfold.
    """
    rest = line.encode()
    if len(rest) <= _LONGEST:
        return rest + b"\r\n"
    pieces = []
    while len(rest) > _LONGEST:
        at = _LONGEST
        while rest[at] & 0xC0 == 0x80:  # noqa: PLR2004 (UTF-8: within a code point)
            at -= 1
        piece = rest[:at]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            at -= 1
        pieces.append(rest[:at])
        rest = rest[at:]
    pieces.append(rest)
    return b"\r\n ".join(pieces) + b"\r\n"


def add_raw(component: Component, name: str, encoded: str, parameters: Mapping[str, str] | None = None) -> None:
    """Add a property whose value is encoded already and holds no line end; parameters hold no quotation mark."""
    component[name] = _EncodedValue(encoded, parameters or {})


def add_text(component: Component, name: str, text: str, language: str = "") -> None:
    """Add a TEXT property that may have several lines; nothing if it is empty."""
    _add_escaped(component, name, clean_text(text).strip("\n"), language)


def add_line(component: Component, name: str, text: str, language: str = "") -> None:
    """Add a TEXT property on one line (some clients refuse others); nothing if it is empty."""
    _add_escaped(component, name, clean_line(text), language)


def add_uri(component: Component, name: str, uri: str, parameters: Mapping[str, str] | None = None) -> None:
    """Add a URI property; nothing if it is empty."""
    if cleaned := clean_uri(uri):
        add_raw(component, name, cleaned, parameters)


def _add_escaped(component: Component, name: str, text: str, language: str) -> None:
    # Blanks alone are no value to libical.
    if text.strip():
        tag = find_language_tag(language)
        add_raw(component, name, escape(text), {"LANGUAGE": tag} if tag else None)


def _parameter(value: str) -> str:
    return f'"{value}"' if _QUOTED.intersection(value) else value
