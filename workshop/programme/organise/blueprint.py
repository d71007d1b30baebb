"""The blueprint that organisers' pages about series, sessions, programme and people share."""

from __future__ import annotations

from flask import Blueprint

from workshop.accounts.routes import require_sign_in

blueprint = Blueprint(
    "programme_organise", __name__, template_folder="../templates", url_prefix="/<lang:lang>/organise"
)
blueprint.before_request(require_sign_in)
