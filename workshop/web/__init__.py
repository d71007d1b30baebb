"""The shell that every page shares: templates, macros, static files, errors, headers, health."""

from __future__ import annotations

from flask import Flask
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from workshop.config import checkout_root
from workshop.core.language import LanguageConverter, babel_locale, request_language

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Attach the shell to an application."""
    app.config.update(
        WTF_CSRF_SSL_STRICT=False,  # token pages send no Referer, on purpose
        WTF_CSRF_TIME_LIMIT=None,  # a form left open for an hour is not lost
        BABEL_TRANSLATION_DIRECTORIES=str(_translations()),
        BABEL_DEFAULT_LOCALE=app.config["LANGUAGES"][0],
    )
    app.url_map.converters["lang"] = LanguageConverter
    Babel(app, locale_selector=lambda: babel_locale(request_language()))
    csrf.init_app(app)


def _translations() -> object:
    installed = checkout_root() / "workshop" / "_translations"
    return installed if installed.is_dir() else checkout_root() / "translations"
