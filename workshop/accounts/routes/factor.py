"""One's own second factor: set up, new recovery codes, taken off."""

from __future__ import annotations

import flask
from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.emails import Change, account_changed
from workshop.accounts.forms import FirstCodeForm, PressForm
from workshop.accounts.models import Organiser
from workshop.accounts.present import current_organiser, require_sign_in
from workshop.accounts.reauthentication import confirmed_or_page, is_confirmed
from workshop.accounts.routes.blueprint import WINDOW, blueprint
from workshop.accounts.service import actor_of, factor
from workshop.accounts.view import FactorView
from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import Limit, limited
from workshop.core.qr import make_qr

_BASE = "/<lang:lang>/account/second-factor"


@blueprint.get(_BASE)
def second_factor(lang: str) -> ResponseReturnValue:
    """Show the second factor, or how it is set up."""
    return require_sign_in() or _page(lang, FirstCodeForm(formdata=None))


@blueprint.post(f"{_BASE}/begin")
def begin_factor(lang: str) -> ResponseReturnValue:
    """Make a secret and show it; what was begun and never confirmed is replaced."""
    if (answer := require_sign_in() or confirmed_or_page()) is not None:
        return answer
    factor.begin(db.session(), organiser=current_organiser())
    db.session.commit()
    return redirect(url_for("accounts.second_factor", lang=lang), 303)


@blueprint.post(f"{_BASE}/confirm")
@limited(Limit("first-code", 30, WINDOW))
def confirm_factor(lang: str) -> ResponseReturnValue:
    """Put the second factor in force, and show the recovery codes this once."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form, organiser, now = FirstCodeForm(), current_organiser(), clock.now()
    if not form.validate_on_submit():
        return _page(lang, form), 422
    if (page := confirmed_or_page()) is not None:
        return page
    try:
        codes = factor.confirm(db.session(), now=now, organiser=organiser, text=form.code.data)
    except factor.BadCodeError:
        db.session.rollback()
        form.code.errors = [
            _("This code is not right, or no longer counts. Check that the clock of your telephone is right.")
        ]
        return _page(lang, form), 422
    account_changed(db.session(), now=now, organiser=organiser, change=Change.FACTOR_ON)
    db.session.commit()
    return _codes_page(lang, codes, is_new=True)


@blueprint.post(f"{_BASE}/codes")
def renew_codes(lang: str) -> ResponseReturnValue:
    """Make new recovery codes, and show them this once; the old ones count no more."""
    if (answer := require_sign_in() or confirmed_or_page()) is not None:
        return answer
    organiser, now = current_organiser(), clock.now()
    codes = factor.renew_codes(db.session(), now=now, organiser=organiser)
    account_changed(db.session(), now=now, organiser=organiser, change=Change.CODES)
    db.session.commit()
    return _codes_page(lang, codes, is_new=False)


@blueprint.post(f"{_BASE}/off")
def take_factor_off(lang: str) -> ResponseReturnValue:
    """Take one's own second factor off, or give up one that was begun."""
    if (answer := require_sign_in() or confirmed_or_page()) is not None:
        return answer
    organiser, now = current_organiser(), clock.now()
    was_on = factor.is_on(organiser)
    factor.take_off(db.session(), now=now, organiser=organiser, actor=actor_of(organiser))
    if was_on:
        account_changed(db.session(), now=now, organiser=organiser, change=Change.FACTOR_OFF)
        flask.flash(_("The second factor is off. Signing in asks for your pass phrase alone."))
    db.session.commit()
    return redirect(url_for("accounts.second_factor", lang=lang), 303)


def _page(lang: str, form: FirstCodeForm) -> str:
    return render_template(
        "accounts/factor.html",
        factor=_view(current_organiser()),
        form=form,
        press=PressForm(formdata=None),
        key_changed=factor.KEY_CHANGED,
        page_language=lang,
    )


def _codes_page(lang: str, codes: list[str], *, is_new: bool) -> str:
    return render_template("accounts/recovery_codes.html", codes=codes, is_new=is_new, page_language=lang)


def _view(organiser: Organiser) -> FactorView:
    # Whoever finds the browser open later must not read the secret: it is shown a moment after the pass phrase only.
    shows_secret = factor.is_begun(organiser) and is_confirmed() and not factor.is_key_changed(organiser)
    secret = factor.secret_of(organiser) if shows_secret else ""
    return FactorView(
        is_on=factor.is_on(organiser),
        since=organiser.totp_confirmed_at,
        codes_left=factor.count_codes(db.session(), organiser=organiser),
        is_key_changed=factor.is_on(organiser) and factor.is_key_changed(organiser),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        address=factor.address_of(organiser) if shows_secret else "",
        qr=make_qr(factor.address_of(organiser)) if shows_secret else None,
    )
