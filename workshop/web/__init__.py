"""The shell that every page shares: templates, macros, static files, errors, headers, health."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask_babel import Babel

from workshop.core.language import LanguageConverter, babel_locale, request_language
from workshop.core.places import shipped
from workshop.web import assets, errors, gate, headers, health, logs
from workshop.web import globals as template_globals


def init_app(app: Flask) -> None:
    """Attach the shell to an application."""
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES=str(shipped("translations")),
        BABEL_DEFAULT_LOCALE=app.config["LANGUAGES"][0],
    )
    app.url_map.converters["lang"] = LanguageConverter
    Babel(app, locale_selector=lambda: babel_locale(request_language()))
    logs.configure()
    headers.init_headers(app)
    gate.init_gate(app)
    template_globals.init_globals(app)
    errors.init_errors(app)
    app.register_blueprint(Blueprint("web", __name__, template_folder="templates"))
    app.register_blueprint(assets.blueprint)
    app.register_blueprint(health.blueprint)
