"""A forgotten pass phrase: a link by mail, asked for alike by everybody."""

from __future__ import annotations

from datetime import timedelta

import flask
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.forms import ForgottenForm, NewPassPhraseForm, weakness
from workshop.accounts.present import warn_of_calendar
from workshop.accounts.routes.blueprint import WINDOW, blueprint
from workshop.accounts.service import WeakPassPhraseError
from workshop.accounts.service.resetting import ask, find_reset, reset_by_link
from workshop.core import clock
from workshop.core.addresses import fold_address
from workshop.core.db import db
from workshop.core.limits import Limit, hit, limited


@blueprint.route("/<lang:lang>/login/forgotten", methods=["GET", "POST"])
@limited(Limit("forgotten", 10, WINDOW), Limit("forgotten-all", 300, WINDOW, by_client=False))
def forgotten(lang: str) -> ResponseReturnValue:
    """Ask for a link to a new pass phrase; the answer is the same for every address."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form), 422 if request.method == "POST" else 200
    now, email = clock.now(), form.email.data
    key = f"{request.remote_addr}|{fold_address(email)}"
    hit(db.session(), scope="forgotten-account", key=key, times=5, window=timedelta(hours=1), now=now)
    ask(db.session(), now=now, email=email)
    db.session.commit()
    return redirect(url_for("accounts.forgotten_sent", lang=lang), 303)


@blueprint.get("/<lang:lang>/login/forgotten/sent")
def forgotten_sent(lang: str) -> ResponseReturnValue:
    """Say what happens next, to everybody."""
    return render_template("accounts/forgotten_sent.html", page_language=lang)


@blueprint.route("/<lang:lang>/reset/<token>/", methods=["GET", "POST"])
@limited(Limit("reset", 60, WINDOW))
def reset(lang: str, token: str) -> ResponseReturnValue:
    """Set a new pass phrase by the mailed link, once; then sign in with it, second factor and all."""
    now = clock.now()
    _reset, organiser = find_reset(db.session(), now=now, token=token)
    form = NewPassPhraseForm()
    if not form.validate_on_submit():
        return render_template("accounts/reset.html", form=form), 422 if request.method == "POST" else 200
    try:
        reset_by_link(db.session(), now=now, token=token, new=form.pass_phrase.data)
    except WeakPassPhraseError as fault:
        db.session.rollback()
        form.pass_phrase.errors = [weakness(fault)]
        return render_template("accounts/reset.html", form=form), 422
    db.session.commit()
    flask.session.clear()
    flask.flash(_("Your new pass phrase is set, and every browser has been signed out. Sign in with it."))
    warn_of_calendar(organiser)
    return redirect(url_for("accounts.login", lang=lang), 303)
