"""Signing in, in one step or two, and out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import flask
from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.routing import BuildError

from workshop.accounts import service
from workshop.accounts.emails import Change, account_changed
from workshop.accounts.forms import CodeForm, SignInForm
from workshop.accounts.models import Organiser
from workshop.accounts.present import TOKEN, begin
from workshop.accounts.routes.blueprint import WINDOW, blueprint
from workshop.accounts.service import factor
from workshop.accounts.service.signing import authenticate, hash_token
from workshop.core import clock
from workshop.core.addresses import fold_address
from workshop.core.db import db
from workshop.core.language import request_language
from workshop.core.limits import Limit, hit, limited

HALF: Final = "half"
"""The name under which the cookie, signed, holds who gave their pass phrase and not yet their code."""
HALF_OPEN: Final = timedelta(minutes=10)
_PAGES: Final = frozenset({"accounts.account", "accounts.second_factor", "accounts.list_accounts"})


@blueprint.route("/<lang:lang>/login", methods=["GET", "POST"])
@limited(Limit("login", 30, WINDOW), Limit("login-all", 1000, WINDOW, by_client=False))
def login(lang: str) -> ResponseReturnValue:
    """Sign in, or give the pass phrase where a code is asked for too."""
    if current_user.is_authenticated:
        return redirect(_destination(lang), 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return _login_page(form), 422 if request.method == "POST" else 200
    organiser = check_phrase(email=form.email.data, phrase=form.password.data or "")
    if organiser is None:
        form.password.errors = [_("This address and this pass phrase do not go together.")]
        return _login_page(form), 422
    if not factor.is_on(organiser):
        begin(organiser)
        return redirect(_destination(lang), 303)
    db.session.commit()
    flask.session.clear()
    flask.session[HALF] = [organiser.id, _state_of(organiser), clock.now().isoformat()]
    return redirect(url_for("accounts.login_code", lang=lang, **_wanted()), 303)


@blueprint.route("/<lang:lang>/login/code", methods=["GET", "POST"])
@limited(Limit("login-code", 30, WINDOW))
def login_code(lang: str) -> ResponseReturnValue:
    """Give the code of the second factor."""
    if current_user.is_authenticated:
        return redirect(_destination(lang), 303)
    organiser = _find_half()
    if organiser is None:
        flask.session.pop(HALF, None)
        return redirect(url_for("accounts.login", lang=lang, **_wanted()), 303)
    form = CodeForm()
    if not form.validate_on_submit() or not check_code(organiser, form):
        return render_template("accounts/login_code.html", form=form), 422 if request.method == "POST" else 200
    begin(organiser)
    return redirect(_destination(lang), 303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out: ended on the server, whatever happens to the cookie."""
    lang = request_language()
    token = flask.session.get(TOKEN)
    if isinstance(token, str):
        service.end_sign_in(db.session(), token=token)
        db.session.commit()
    flask.session.clear()
    return redirect(url_for("public.home", lang=lang), 303)


def check_phrase(*, email: str, phrase: str) -> Organiser | None:
    """Return whose address and pass phrase these are, or None; counts the try, and commits it where it was wrong."""
    now = clock.now()
    # Counted for this client only: whoever guesses from elsewhere cannot keep the owner of the account out.
    key = f"{request.remote_addr}|{fold_address(email)}"
    hit(db.session(), scope="login-account", key=key, times=10, window=WINDOW, now=now)
    try:
        return authenticate(db.session(), email=email, pass_phrase=phrase)
    except service.BadCredentialsError:
        db.session.commit()  # what was counted stays counted
        return None


def check_code(organiser: Organiser, form: Any) -> bool:
    """Whether the form's code is right, and now used; else its error says why. Counts, and commits what was wrong."""
    session, now = db.session(), clock.now()
    key = f"{request.remote_addr}|{organiser.id}"
    hit(session, scope="login-code-account", key=key, times=10, window=WINDOW, now=now)
    # Nobody comes as far as this without the pass phrase: from all sides together, a guess stays hopeless.
    hit(session, scope="login-code-all", key=str(organiser.id), times=50, window=timedelta(hours=1), now=now)
    try:
        was_recovery = factor.use(session, now=now, organiser=organiser, text=form.code.data or "")
    except factor.BadCodeError:
        words = _("This code is not right, or it has been used already. Wait for the next one.")
    except factor.KeyChangedError:
        words = str(factor.KEY_CHANGED)
    else:
        if was_recovery:
            left = factor.count_codes(session, organiser=organiser)
            account_changed(session, now=now, organiser=organiser, change=Change.CODE_USED, left=left)
        return True
    session.commit()  # what was counted stays counted
    form.code.errors = [words]
    return False


def _wanted() -> dict[str, Any]:
    """Return what says which page was wanted, to be carried on; nothing that url_for takes for its own."""
    return {key: value for key, value in request.args.items() if key not in {"lang", "endpoint"} and key[:1] != "_"}


def _login_page(form: SignInForm) -> str:
    return render_template("accounts/login.html", form=form)


def _state_of(organiser: Organiser) -> str:
    """Return what ends a half sign-in when the pass phrase changes meanwhile."""
    return hash_token(organiser.password_hash)[:32]


def _find_half() -> Organiser | None:
    match flask.session.get(HALF):
        case [int(number), str(state), str(at)]:
            organiser = db.session.get(Organiser, number)
            is_open = clock.now() - datetime.fromisoformat(at) < HALF_OPEN
            if organiser and organiser.is_enabled and is_open and state == _state_of(organiser):
                return organiser
    return None


def _destination(lang: str) -> str:
    """Return where signing in leads: the page of the workspace asked for, by its name, or the workspace's beginning."""
    endpoint = request.args.get("next", "")
    name = endpoint.partition(".")[0]
    if name == "organise" or name.endswith("_organise") or endpoint in _PAGES:
        try:
            rules = [rule for rule in current_app.url_map.iter_rules(endpoint) if "GET" in (rule.methods or ())]
            names = {name for rule in rules for name in rule.arguments} - {"lang"}
            values: dict[str, Any] = {name: request.args[name] for name in names if name in request.args}
            if rules:
                return url_for(endpoint, lang=lang, **values)
        except (BuildError, KeyError, ValueError):
            pass
    return url_for("organise.dashboard", lang=lang)
