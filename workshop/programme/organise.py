"""Organisers' pages for series and sessions."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("programme_organise", __name__, template_folder="templates", url_prefix="/<lang:lang>/organise")
