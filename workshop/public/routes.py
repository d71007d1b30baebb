"""Home, series, session, the Rule, privacy."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("public", __name__, template_folder="templates", url_prefix="")
