"""create_app(): the composition root. It wires; it decides nothing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import configure_mappers

from workshop import config, web
from workshop.core.db import Base, db, engine_options, prepare_engine

if TYPE_CHECKING:
    from flask import Blueprint


def create_app(configuration: config.Configuration | None = None) -> Flask:
    """Return the application for a configuration; by default the environment's and the instance's.

    Raises:
        ConfigurationError: when a setting is bad, naming all the faults at once.
    """
    configuration = configuration or config.load()
    import_models()
    app = Flask("workshop", instance_path=str(configuration.instance_path), static_folder=None)
    app.config.update(configuration.values)
    app.config["CONFIGURATION"] = configuration
    url = configuration.values["DATABASE_URL"]
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    # A pasted list of 5,000 people is larger than what Flask takes by itself of a form without files.
    app.config["MAX_FORM_MEMORY_SIZE"] = app.config["MAX_CONTENT_LENGTH"]
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    # Otherwise the first query does it, in every process again.
    configure_mappers()
    web.init_app(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    return app


def import_models() -> sa.MetaData:
    """Return the metadata that knows every table, whatever was imported so far."""
    for module in models():
        importlib.import_module(module)
    return Base.metadata


def models() -> list[str]:
    """Return the modules that declare tables."""
    features = (
        *("audit", "accounts", "mail", "people", "programme", "rsvp"),
        *("summaries", "feedback", "announcements", "reminders"),
    )
    return [
        "workshop.core.limits",
        "workshop.core.links",
        "workshop.core.erasures",
        *(f"workshop.{feature}.models" for feature in features),
    ]


def blueprints() -> list[Blueprint]:
    """Return every feature's pages, in the order of the layers."""
    from workshop.accounts.routes import blueprint as accounts
    from workshop.announcements.organise import blueprint as announcements_organise
    from workshop.announcements.routes import blueprint as announcements
    from workshop.api.routes import blueprint as api
    from workshop.calendars.organise import blueprint as calendars_organise
    from workshop.calendars.routes import blueprint as calendars
    from workshop.feedback.organise import blueprint as feedback_organise
    from workshop.feedback.routes import blueprint as feedback
    from workshop.organise.routes import blueprint as organise
    from workshop.programme.organise import blueprint as programme_organise
    from workshop.public.elsewhere import blueprint as elsewhere
    from workshop.public.erased import blueprint as erased
    from workshop.public.my import blueprint as my
    from workshop.public.routes import blueprint as public
    from workshop.public.speaker import blueprint as speaker
    from workshop.public.welcome import blueprint as welcome
    from workshop.rsvp.organise import blueprint as rsvp_organise
    from workshop.rsvp.routes import blueprint as rsvp
    from workshop.summaries.organise import blueprint as summaries_organise

    return [
        accounts,
        calendars,
        rsvp,
        announcements,
        feedback,
        api,
        my,
        erased,
        speaker,
        welcome,
        public,
        elsewhere,
        programme_organise,
        rsvp_organise,
        summaries_organise,
        feedback_organise,
        calendars_organise,
        announcements_organise,
        organise,
    ]
