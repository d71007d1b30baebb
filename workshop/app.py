"""create_app(): the composition root. It wires; it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from workshop import config, web
from workshop.core.db import db, engine_options, prepare_engine

if TYPE_CHECKING:
    from flask import Blueprint


def create_app(configuration: config.Configuration | None = None) -> Flask:
    """Return the application for a configuration; by default the environment's and the instance's.

    Raises:
        ConfigurationError: when a setting is bad, naming all the faults at once.
    """
    configuration = configuration or config.load()
    app = Flask("workshop", instance_path=str(configuration.instance_path), static_folder=None)
    app.config.update(configuration.values)
    app.config["CONFIGURATION"] = configuration
    url = configuration.values["DATABASE_URL"]
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    web.init_app(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    return app


def blueprints() -> list[Blueprint]:
    """Return every feature's pages, in the order of the layers."""
    from workshop.accounts.routes import blueprint as accounts
    from workshop.calendars.routes import blueprint as calendars
    from workshop.organise.routes import blueprint as organise
    from workshop.programme.organise import blueprint as programme_organise
    from workshop.public.my import blueprint as my
    from workshop.public.routes import blueprint as public
    from workshop.rsvp.organise import blueprint as rsvp_organise
    from workshop.rsvp.routes import blueprint as rsvp

    return [accounts, calendars, rsvp, my, public, programme_organise, rsvp_organise, organise]
