"""Organisers' pages about answers."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("rsvp_organise", __name__, template_folder="templates", url_prefix="/<lang:lang>/organise")
