"""Feeds, downloads and the page that says how to subscribe."""

from workshop.calendars.routes import feeds, secret
from workshop.calendars.routes.blueprint import blueprint

__all__ = ["blueprint", "feeds", "secret"]
