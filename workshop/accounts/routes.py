"""Signing in and out, and one's own account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import flask
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from werkzeug.routing import BuildError

from workshop.accounts import queries, service
from workshop.accounts.forms import AccountLanguageForm, DigestForm, PassPhraseForm, PressForm, SignInForm, weakness
from workshop.accounts.models import Organiser
from workshop.accounts.view import AccountView, SignInView
from workshop.core import clock
from workshop.core.addresses import fold_address
from workshop.core.db import db, writing
from workshop.core.language import request_language
from workshop.core.limits import Limit, hit, limited

blueprint = Blueprint("accounts", __name__, template_folder="templates", url_prefix="")
login_manager = LoginManager()
# Sign-ins live in the database; Flask-Login's own check would write into the session of every reader.
login_manager.session_protection = None

WINDOW = timedelta(minutes=15)
_TOKEN = "sign_in"  # noqa: S105 (the name under which the cookie holds it)
_WORKSPACE = frozenset({"organise", "programme_organise", "rsvp_organise", "calendars_organise"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@blueprint.record_once
def _attach(state: Any) -> None:
    # LoginManager.init_app would also keep a "remember me" cookie, which we do not have, by looking at the session
    # after every request: then no public page could be cached.
    state.app.login_manager = login_manager


@login_manager.request_loader
def _load_organiser(_request: Any) -> Organiser | None:
    token = flask.session.get(_TOKEN)
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


def current_organiser() -> Organiser:
    """Return who is signed in; only behind `require_sign_in`."""
    return cast("Organiser", current_user._get_current_object())  # noqa: SLF001 (the only way behind werkzeug's proxy)


def require_sign_in() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the page for it; for a blueprint's `before_request`."""
    if current_user.is_authenticated:
        return None
    wanted: dict[str, Any] = {}
    if request.endpoint and request.url_rule and "GET" in (request.url_rule.methods or ()):
        wanted = {key: value for key, value in (request.view_args or {}).items() if key != "lang"}
        wanted["next"] = request.endpoint
    return redirect(url_for("accounts.login", lang=request_language(), **wanted), 303)


@blueprint.route("/<lang:lang>/login", methods=["GET", "POST"])
@limited(Limit("login", 30, WINDOW), Limit("login-all", 1000, WINDOW, by_client=False))
def login(lang: str) -> ResponseReturnValue:
    """Sign in."""
    if current_user.is_authenticated:
        return redirect(_destination(lang), 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("accounts/login.html", form=form), 422 if request.method == "POST" else 200
    now = clock.now()
    # Counted for this client only: whoever guesses from elsewhere cannot keep the owner of the account out.
    key = f"{request.remote_addr}|{fold_address(form.email.data)}"
    hit(db.session(), scope="login-account", key=key, times=10, window=WINDOW, now=now)
    try:
        organiser = service.authenticate(db.session(), email=form.email.data, pass_phrase=form.password.data or "")
    except service.BadCredentialsError:
        db.session.commit()  # what was counted stays counted
        form.password.errors = [_("This address and this pass phrase do not go together.")]
        return render_template("accounts/login.html", form=form), 422
    _begin(organiser)
    return redirect(_destination(lang), 303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out: ended on the server, whatever happens to the cookie."""
    lang = request_language()
    token = flask.session.get(_TOKEN)
    if isinstance(token, str):
        service.end_sign_in(db.session(), token=token)
        db.session.commit()
    flask.session.clear()
    return redirect(url_for("public.home", lang=lang), 303)


@blueprint.get("/<lang:lang>/account")
def account(lang: str) -> ResponseReturnValue:
    """Show one's own account."""
    return require_sign_in() or _account_page(lang, PassPhraseForm(formdata=None))


@blueprint.post("/<lang:lang>/account/pass-phrase")
@limited(Limit("pass-phrase", 20, WINDOW))
def change_pass_phrase(lang: str) -> ResponseReturnValue:
    """Set a new pass phrase; every other browser is signed out."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = PassPhraseForm()
    if not form.validate_on_submit():
        return _account_page(lang, form), 422
    organiser = current_organiser()
    try:
        service.change_pass_phrase(
            db.session(), now=clock.now(), organiser=organiser, current=form.current.data, new=form.pass_phrase.data
        )
    except service.BadCredentialsError:
        db.session.rollback()
        form.current.errors = [_("This is not your current pass phrase.")]
        return _account_page(lang, form), 422
    except service.WeakPassPhraseError as fault:
        db.session.rollback()
        form.pass_phrase.errors = [weakness(fault)]
        return _account_page(lang, form), 422
    _begin(organiser)
    flask.flash(_("Your pass phrase is changed. Every other browser has been signed out."))
    return redirect(url_for("accounts.account", lang=lang), 303)


@blueprint.post("/<lang:lang>/account/language")
def change_language(lang: str) -> ResponseReturnValue:
    """Choose the language of one's workspace."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = AccountLanguageForm()
    if not form.validate_on_submit():
        return _account_page(lang, PassPhraseForm(formdata=None)), 422
    current_organiser().language = chosen = str(form.language.data)
    db.session.commit()
    return redirect(url_for("accounts.account", lang=chosen), 303)


@blueprint.post("/<lang:lang>/account/digest")
def change_digest(lang: str) -> ResponseReturnValue:
    """Choose whether what needs attention is mailed once a day."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = DigestForm()
    if not form.validate_on_submit():
        return _account_page(lang, PassPhraseForm(formdata=None)), 422
    current_organiser().wants_digest = bool(form.wants_digest.data)
    db.session.commit()
    flask.flash(_("Saved."))
    return redirect(url_for("accounts.account", lang=lang, _anchor="digest"), 303)


@blueprint.post("/<lang:lang>/account/sign-ins/<int:sign_in>/end")
def end_sign_in(lang: str, sign_in: int) -> ResponseReturnValue:
    """End one of one's own sign-ins."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    service.end_other(db.session(), organiser=current_organiser(), sign_in_id=sign_in)
    db.session.commit()
    return redirect(url_for("accounts.account", lang=lang), 303)


def _begin(organiser: Organiser) -> None:
    """Begin a sign-in in a session of its own: nothing that was in the cookie before stays. Commits."""
    token = service.begin_sign_in(db.session(), now=clock.now(), organiser=organiser)
    db.session.commit()
    flask.session.clear()
    flask.session[_TOKEN] = token


def _account_page(lang: str, pass_phrase: PassPhraseForm) -> str:
    organiser = current_organiser()
    rows = queries.list_sign_ins(db.session(), organiser_id=organiser.id)
    view = AccountView(
        name=organiser.name,
        email=organiser.email,
        is_administrator=organiser.is_administrator,
        sign_ins=tuple(SignInView(row.id, row.created_at, row.seen_at, row.id == flask.g.sign_in_id) for row in rows),
    )
    return render_template(
        "accounts/account.html",
        account=view,
        pass_phrase=pass_phrase,
        language_form=AccountLanguageForm(formdata=None, language=organiser.language),
        digest_form=DigestForm(formdata=None, wants_digest=organiser.wants_digest),
        press=PressForm(formdata=None),
        page_language=lang,
    )


def _destination(lang: str) -> str:
    """Return where signing in leads: the page of the workspace asked for, by its name, or the workspace's beginning."""
    endpoint = request.args.get("next", "")
    if endpoint.partition(".")[0] in _WORKSPACE or endpoint == "accounts.account":
        try:
            rules = [rule for rule in current_app.url_map.iter_rules(endpoint) if "GET" in (rule.methods or ())]
            names = {name for rule in rules for name in rule.arguments} - {"lang"}
            values: dict[str, Any] = {name: request.args[name] for name in names if name in request.args}
            if rules:
                return url_for(endpoint, lang=lang, **values)
        except (BuildError, KeyError, ValueError):
            pass
    return url_for("organise.dashboard", lang=lang)
