"""Values as icalendar takes them: encoded by us, folded and joined by the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.ical.text import clean_line, clean_text, clean_uri, escape, find_language_tag

if TYPE_CHECKING:
    from icalendar import Component, Parameters


class _EncodedValue:
    """A value as it stands after the colon. Not icalendar's vText, which turns a backslash and N into a newline."""

    __slots__ = ("encoded", "params")

    def __init__(self, encoded: str, params: Parameters) -> None:
        self.encoded = encoded
        self.params = params

    def to_ical(self) -> bytes:
        """Return the octets, not yet folded."""
        return self.encoded.encode()


def add_raw(component: Component, name: str, encoded: str, parameters: dict[str, str] | None = None) -> None:
    """Add a property whose value is encoded already and holds no line end."""
    from icalendar import Parameters

    component.add(name, _EncodedValue(encoded, Parameters(parameters or {})), encode=False)


def add_text(component: Component, name: str, text: str, language: str = "") -> None:
    """Add a TEXT property that may have several lines; nothing if it is empty."""
    _add_escaped(component, name, clean_text(text).strip("\n"), language)


def add_line(component: Component, name: str, text: str, language: str = "") -> None:
    """Add a TEXT property on one line (some clients refuse others); nothing if it is empty."""
    _add_escaped(component, name, clean_line(text), language)


def add_uri(component: Component, name: str, uri: str, parameters: dict[str, str] | None = None) -> None:
    """Add a URI property; nothing if it is empty."""
    if cleaned := clean_uri(uri):
        add_raw(component, name, cleaned, parameters)


def _add_escaped(component: Component, name: str, text: str, language: str) -> None:
    if text:
        tag = find_language_tag(language)
        add_raw(component, name, escape(text), {"LANGUAGE": tag} if tag else None)
