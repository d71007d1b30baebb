"""The workspace: where it begins, moving, cancelling."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("organise", __name__, template_folder="templates", url_prefix="/<lang:lang>/organise")
