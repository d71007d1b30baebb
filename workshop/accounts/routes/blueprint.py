"""The blueprint that the pages of this folder share; apart because each of them needs it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint
from flask_login import current_user

from workshop.accounts.present import login_manager

blueprint = Blueprint("accounts", "workshop.accounts", template_folder="templates", url_prefix="")
WINDOW: Final = timedelta(minutes=15)


@blueprint.record_once
def _attach(state: Any) -> None:
    # LoginManager.init_app would also keep a "remember me" cookie, which we do not have, by looking at the session
    # after every request: then no public page could be cached.
    state.app.login_manager = login_manager


@blueprint.app_template_global()
def manages_accounts() -> bool:
    """Whether whoever is signed in manages accounts, for the way to them."""
    return bool(current_user.is_authenticated and current_user.is_administrator)


@blueprint.app_template_global()
def own_zone() -> str:
    """Return the time zone that whoever is signed in has chosen; empty for none, and for whoever is not."""
    return str(current_user.tzid) if current_user.is_authenticated else ""
