"""Before an act of weight: the pass phrase once more, unless it was given a moment ago (security-and-privacy item 8).

Whoever finds a browser open, or steals its cookie, reads what its owner reads; lists, levels, addresses and roles ask
for more than that. Between pages and services, since pages of every feature call it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts import service
from workshop.accounts.forms import ReauthenticationForm
from workshop.accounts.models import Organiser
from workshop.accounts.present import current_organiser, current_sign_in
from workshop.accounts.service import factor
from workshop.core import clock
from workshop.core.db import db
from workshop.core.language import request_language
from workshop.core.limits import hit

HOLDS: Final = timedelta(minutes=15)
"""How long a pass phrase given in a sign-in counts."""
FIELD: Final = "reauthentication"
CODE: Final = "reauthentication_code"
_NOT_KEPT: Final = frozenset({"csrf_token", FIELD, CODE})
_TIMES, _WINDOW = 10, timedelta(minutes=15)


def is_confirmed() -> bool:
    """Whether the pass phrase was given in this sign-in within HOLDS; signing in counts. Writes nothing."""
    sign_in = current_sign_in()
    at = sign_in.confirmed_at if sign_in else None
    return at is not None and clock.now() - at < HOLDS


def confirmed_or_page(*, gives_file: bool = False) -> ResponseReturnValue | None:
    """Return None where the act may go on, else the page (403) that asks for the pass phrase.

    Only in a POST behind `require_sign_in`, after the form was found right and before anything is written or locked:
    a right pass phrase is noted, a wrong one counted, and both are committed. The page holds every posted field but
    files, and posts to the same address.

    Args:
        gives_file: the act answers with a file to be saved: the page then says that it stays.
    """
    if is_confirmed():
        return None
    if FIELD not in request.form:
        return confirmation_page(gives_file=gives_file)
    return wrong_confirmation(gives_file=gives_file)


def confirmation_page(*, gives_file: bool = False) -> ResponseReturnValue:
    """Return the page that asks for the pass phrase, with every posted field; call it after a rollback."""
    return _page(ReauthenticationForm(formdata=None), gives_file=gives_file)


def wrong_confirmation(*, gives_file: bool = False) -> ResponseReturnValue | None:
    """Take the pass phrase that came along; returns the page where it is not right, None where it is or none came.

    For acts of which only what they do shows whether they ask for it: called before anything is locked, followed by
    `is_confirmed` and `confirmation_page` once it shows.
    """
    if FIELD not in request.form or is_confirmed():
        return None
    form = ReauthenticationForm()
    organiser = current_organiser()
    now, key = clock.now(), str(organiser.id)
    hit(db.session(), scope="reauthentication", key=key, times=_TIMES, window=_WINDOW, now=now)
    faults = _faults(organiser, form)
    if faults:
        db.session.commit()  # what was counted stays counted
        for name, words in faults.items():
            form[name].errors = [words]
        return _page(form, gives_file=gives_file)
    sign_in = current_sign_in()
    if sign_in is not None:
        sign_in.confirmed_at = now
    db.session.commit()
    return None


def _faults(organiser: Organiser, form: ReauthenticationForm) -> dict[str, str]:
    if not service.is_own_phrase(organiser, form.reauthentication.data or ""):
        return {FIELD: _("This is not your pass phrase.")}
    if not factor.is_on(organiser):
        return {}
    try:
        factor.use(db.session(), now=clock.now(), organiser=organiser, text=form.reauthentication_code.data)
    except factor.BadCodeError:
        return {CODE: _("This code is not right, or it has been used already. Wait for the next one.")}
    except factor.KeyChangedError:
        return {CODE: str(factor.KEY_CHANGED)}
    return {}


def _page(form: ReauthenticationForm, *, gives_file: bool) -> tuple[str, int]:
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_KEPT]
    query = request.query_string.decode("ascii", "ignore")
    page = render_template(
        "accounts/reauthenticate.html",
        form=form,
        page_language=request_language(),
        kept=kept,
        action=f"{request.path}?{query}" if query else request.path,
        has_files=any(file.filename for file in request.files.values()),
        gives_file=gives_file,
        asks_for_code=factor.is_on(current_organiser()),
    )
    return page, 403
