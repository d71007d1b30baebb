"""The languages of the instance and of the request."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from functools import lru_cache

from babel import Locale
from flask import current_app, g, has_request_context, request
from flask_babel import force_locale
from werkzeug.routing import BaseConverter

BABEL_LOCALES = {"en": "en_GB"}
"""Where a language's dates are written in one country's way: English in the British way."""

NAMES = {
    "ar": "العربية", "de": "Deutsch", "en": "English", "es": "Español", "fr": "Français", "it": "Italiano",
    "nl": "Nederlands", "pt": "Português", "ru": "Русский", "uk": "Українська",
}  # fmt: skip


def languages() -> tuple[str, ...]:
    """Return the instance's languages; the first is the default."""
    found: tuple[str, ...] = current_app.config["LANGUAGES"]
    return found


def request_language() -> str:
    """Return the language of the address asked for; else by cookie, then Accept-Language, then the default."""
    if not has_request_context():
        return languages()[0]
    in_path = (request.view_args or {}).get("lang") or getattr(g, "lang", None)
    if in_path in languages():
        return str(in_path)
    return preferred_language()


def preferred_language() -> str:
    """Return what the browser asks for: cookie, Accept-Language, default."""
    chosen = request.cookies.get("lang", "")
    if chosen in languages():
        return chosen
    return request.accept_languages.best_match(languages()) or languages()[0]


def babel_locale(language: str) -> str:
    """Return Babel's name for a language, such as `en_GB`."""
    return BABEL_LOCALES.get(language, language)


@lru_cache(maxsize=1024)
def language_name(code: str, language: str) -> str:
    """Return a language's name for a reader of `language`, such as « français » or "French"; the code if unknown."""
    return str(Locale.parse(babel_locale(language)).languages.get(code, code))


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within this block gettext and dates speak `language`, in or out of a request."""
    with force_locale(babel_locale(language)):
        yield


def command_language(languages: tuple[str, ...], environ: Mapping[str, str] | None = None) -> str:
    """Return the language of whoever types commands: LC_ALL, LC_MESSAGES, LANG, else the first of `languages`."""
    environ = os.environ if environ is None else environ
    chosen = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return chosen[:2] if chosen[:2] in languages else ("en" if "en" in languages else languages[0])


class LanguageConverter(BaseConverter):
    """`<lang:lang>` in an address: one of the instance's languages and nothing else."""

    part_isolating = True

    def __init__(self, map_: object, *languages_: str) -> None:
        """Match the languages given in the rule, or any two or three letters."""
        super().__init__(map_)  # type: ignore[arg-type] # werkzeug's own Map
        self.regex = "|".join(languages_) or "[a-z]{2,3}"
