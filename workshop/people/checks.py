"""Checks of single values (a file of its own because programme checks its texts and addresses in the same way)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from workshop.core.addresses import MAX_LENGTH, BadAddressError, check_address
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.ical.text import clean_line, clean_text

LINE = 500
"""Longest text of one line, in characters."""
LONG = 20_000
"""Longest text of several paragraphs, in characters."""
MANY = 100
"""Most entries of any list."""

_URL_REFUSED = re.compile(r"[\s<>\"\\^`{|}]")


class Checker:
    """Cleans values and gathers what is wrong with them."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Gather faults; texts may be in `languages` only."""
        self.languages = languages
        self.faults: list[Fault] = []

    def add(self, field: str, code: str, **context: Any) -> None:
        """Note a fault."""
        self.faults.append(Fault(field, code, context))

    def raise_any(self) -> None:
        """Raise InvalidValuesError when anything was noted."""
        if self.faults:
            raise InvalidValuesError(self.faults)

    def line(self, field: str, value: str, *, limit: int = LINE, is_required: bool = False) -> str:
        """Return the text on one line without what cannot be stored."""
        return self._text(field, clean_line(value), limit, is_required=is_required)

    def localized(
        self, field: str, value: Localized, *, limit: int = LINE, is_required: bool = False, is_long: bool = False
    ) -> Localized:
        """Return a text cleaned in each of its languages."""
        clean = _clean_long if is_long else clean_line
        limit = LONG if is_long else limit
        if value.is_neutral:
            found = Localized.neutral(self._text(field, clean(str(value.to_json())), limit))
        else:
            for language in value:
                if language not in self.languages:
                    self.add(f"{field}.{language}", "unknown_language", languages=list(self.languages))
            found = Localized({code: self._text(f"{field}.{code}", clean(text), limit) for code, text in value.items()})
        if is_required and not found:
            self.add(field, "required")
        return found

    def localized_list(self, field: str, values: Sequence[Localized], *, limit: int = LINE) -> tuple[Localized, ...]:
        """Return texts cleaned, the empty ones left out."""
        self.many(field, values)
        cleaned = [self.localized(f"{field}.{index}", value, limit=limit) for index, value in enumerate(values)]
        return tuple(value for value in cleaned if value)

    def url(self, field: str, value: str, *, limit: int = LINE) -> str:
        """Return an address of the web, stripped; empty stays empty."""
        value = self._text(field, clean_text(value).strip(), limit)
        if value and not _is_web_address(value):
            self.add(field, "not_web_address")
        return value

    def urls(self, field: str, values: Sequence[str]) -> tuple[str, ...]:
        """Return addresses of the web, the empty ones left out."""
        self.many(field, values)
        found = [self.url(f"{field}.{index}", value, limit=1000) for index, value in enumerate(values)]
        return tuple(value for value in found if value)

    def email(self, field: str, value: str) -> str:
        """Return an e-mail address, stripped; empty stays empty."""
        value = self._text(field, clean_line(value), MAX_LENGTH)
        if not value:
            return ""
        try:
            return check_address(value)
        except BadAddressError:
            self.add(field, "not_email")
            return value

    def many(self, field: str, values: Sequence[object]) -> None:
        """Note a list that is too long."""
        if len(values) > MANY:
            self.add(field, "too_many", limit=MANY)

    def _text(self, field: str, value: str, limit: int, *, is_required: bool = False) -> str:
        if is_required and not value:
            self.add(field, "required")
        if len(value) > limit:
            self.add(field, "too_long", limit=limit)
        return value


def _clean_long(text: str) -> str:
    return clean_text(text).strip()


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not _URL_REFUSED.search(value)
