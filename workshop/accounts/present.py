"""Who is signed in: the request's organiser and sign-in. Apart from the pages, since what guards them needs it too."""

from __future__ import annotations

from typing import Any, Final, cast

import flask
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, current_user

from workshop.accounts import service
from workshop.accounts.browser import name_browser
from workshop.accounts.models import Organiser, SignIn
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.core.language import request_language
from workshop.core.links import Purpose, has_link

TOKEN: Final = "sign_in"  # noqa: S105 (the name under which the cookie holds it)
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
login_manager = LoginManager()
# Sign-ins live in the database; Flask-Login's own check would write into the session of every reader.
login_manager.session_protection = None


def _load_organiser(_request: Any) -> Organiser | None:
    token = flask.session.get(TOKEN)
    now = clock.now()
    found = service.find_sign_in(db.session(), now=now, token=token) if isinstance(token, str) else None
    if found is None:
        return None
    organiser, sign_in = found
    flask.g.sign_in_id = sign_in.id
    if now - sign_in.seen_at > service.SEEN_PRECISION:
        if request.method in _READS:
            with writing() as session:
                service.touch(session, now=now, sign_in_id=sign_in.id)
        else:
            # Another connection would wait for this request's own transaction.
            service.touch(db.session(), now=now, sign_in_id=sign_in.id)
    return organiser


login_manager.request_loader(_load_organiser)


def current_organiser() -> Organiser:
    """Return who is signed in; only behind `require_sign_in`."""
    return cast("Organiser", current_user._get_current_object())  # noqa: SLF001 (the only way behind werkzeug's proxy)


def current_sign_in() -> SignIn | None:
    """Return the sign-in of this request; only behind `require_sign_in`. None when it was ended within the request."""
    current_organiser()
    return db.session.get(SignIn, flask.g.sign_in_id)


def require_sign_in() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the page for it; for a blueprint's `before_request`."""
    if current_user.is_authenticated:
        return None
    wanted: dict[str, Any] = {}
    if request.endpoint and request.url_rule and "GET" in (request.url_rule.methods or ()):
        wanted = {key: value for key, value in (request.view_args or {}).items() if key != "lang"}
        wanted["next"] = request.endpoint
    return redirect(url_for("accounts.login", lang=request_language(), **wanted), 303)


def warn_of_calendar(organiser: Organiser) -> None:
    """Say that one's secret calendar goes on at its address, though sign-ins ended; where there is none, nothing."""
    if has_link(db.session(), purpose=Purpose.FEED, subject=organiser.subject):
        words = _(
            "The address of your calendar is still the same. Has somebody else used your account? Then open “My "
            "calendar” and make a new address there too."
        )
        flask.flash(words, "warning")


def begin(organiser: Organiser, *, is_confirmed: bool = True) -> None:
    """Begin a sign-in in a session of its own: nothing that was in the cookie before stays. Commits.

    `is_confirmed`: pass phrase, and code where one is asked for, were given now.
    """
    browser = name_browser(request.user_agent.string)
    token = service.begin_sign_in(
        db.session(), now=clock.now(), organiser=organiser, browser=browser, is_confirmed=is_confirmed
    )
    db.session.commit()
    flask.session.clear()
    flask.session[TOKEN] = token
