"""The blueprint that the pages of this folder share; apart because each of them needs it."""

from flask import Blueprint

blueprint = Blueprint("rsvp", "workshop.rsvp", template_folder="templates", url_prefix="/<lang:lang>")
