"""Feeds, downloads and the subscribe page."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("calendars", __name__, template_folder="templates", url_prefix="")
