"""Answering by a link, the join page, stopping reminders."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("rsvp", __name__, template_folder="templates", url_prefix="/<lang:lang>")
