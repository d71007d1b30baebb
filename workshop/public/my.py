"""A participant's own page and its verbs; apart from routes.py because none of it is public."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("my", __name__, template_folder="templates", url_prefix="/<lang:lang>/my")
