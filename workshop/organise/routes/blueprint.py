"""The blueprint that the pages of this folder share; apart because each of them needs it."""

from flask import Blueprint

from workshop.accounts.routes import require_sign_in

blueprint = Blueprint("organise", "workshop.organise", template_folder="templates", url_prefix="/<lang:lang>/organise")
blueprint.before_request(require_sign_in)
