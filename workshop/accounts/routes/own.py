"""One's own account: name, address, language and clock, pass phrase, sign-ins, the digest, the end of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import flask
from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts import queries, service
from workshop.accounts.forms import (
    AccountLanguageForm,
    AddressForm,
    DigestForm,
    NameForm,
    PassPhraseForm,
    PressForm,
    weakness,
)
from workshop.accounts.present import begin, current_organiser, require_sign_in, warn_of_calendar
from workshop.accounts.reauthentication import confirmed_or_page, is_confirmed
from workshop.accounts.routes.blueprint import WINDOW, blueprint
from workshop.accounts.service import factor
from workshop.accounts.service.own import (
    LastAdministratorError,
    ask_for_address,
    confirm_address,
    deactivate,
    find_address_change,
    rename,
)
from workshop.accounts.view import AccountView, SignInView
from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import Limit, hit, limited


@blueprint.get("/<lang:lang>/account")
def account(lang: str) -> ResponseReturnValue:
    """Show one's own account."""
    return require_sign_in() or _page(lang)


@blueprint.post("/<lang:lang>/account/pass-phrase")
@limited(Limit("pass-phrase", 20, WINDOW))
def change_pass_phrase(lang: str) -> ResponseReturnValue:
    """Set a new pass phrase; every other browser is signed out."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = PassPhraseForm()
    if not form.validate_on_submit():
        return _page(lang, pass_phrase=form), 422
    organiser, was_confirmed = current_organiser(), is_confirmed()
    try:
        service.change_pass_phrase(
            db.session(), now=clock.now(), organiser=organiser, current=form.current.data, new=form.pass_phrase.data
        )
    except service.BadCredentialsError:
        db.session.rollback()
        form.current.errors = [_("This is not your current pass phrase.")]
        return _page(lang, pass_phrase=form), 422
    except service.WeakPassPhraseError as fault:
        db.session.rollback()
        form.pass_phrase.errors = [weakness(fault)]
        return _page(lang, pass_phrase=form), 422
    # Where a code is asked for too, the pass phrase alone opens no act of weight.
    begin(organiser, is_confirmed=was_confirmed or not factor.is_on(organiser))
    flask.flash(_("Your pass phrase is changed. Every other browser has been signed out."))
    warn_of_calendar(organiser)
    return redirect(url_for("accounts.account", lang=lang), 303)


@blueprint.post("/<lang:lang>/account/name")
def change_name(lang: str) -> ResponseReturnValue:
    """Change one's own name."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = NameForm()
    if not form.validate_on_submit():
        return _page(lang, name=form), 422
    rename(db.session(), organiser=current_organiser(), name=form.name.data)
    db.session.commit()
    flask.flash(_("Saved."))
    return redirect(url_for("accounts.account", lang=lang), 303)


@blueprint.post("/<lang:lang>/account/address")
@limited(Limit("own-address", 20, WINDOW))
def change_address(lang: str) -> ResponseReturnValue:
    """Give a new address; it is used once the link in the mail to it was pressed."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = AddressForm()
    if not form.validate_on_submit():
        return _page(lang, address=form), 422
    if (page := confirmed_or_page()) is not None:
        return page
    organiser, now = current_organiser(), clock.now()
    hit(db.session(), scope="own-address", key=str(organiser.id), times=5, window=timedelta(days=1), now=now)
    ask_for_address(db.session(), now=now, organiser=organiser, email=form.email.data)
    db.session.commit()
    flask.flash(_("A message with a link is on its way to the new address. Nothing has changed yet."))
    return redirect(url_for("accounts.account", lang=lang), 303)


@blueprint.route("/<lang:lang>/new-address/<token>/", methods=["GET", "POST"])
@limited(Limit("new-address", 60, WINDOW))
def new_address(lang: str, token: str) -> ResponseReturnValue:
    """Confirm a new address by the link that was mailed to it."""
    now = clock.now()
    find_address_change(db.session(), now=now, token=token)
    form = PressForm()
    if not form.validate_on_submit():
        return render_template("accounts/new_address.html", press=form)
    confirm_address(db.session(), now=now, token=token)
    db.session.commit()
    flask.flash(_("Your account has its new address. Sign in with it from now on."))
    return redirect(url_for("accounts.account", lang=lang), 303)


@blueprint.post("/<lang:lang>/account/language")
def change_language(lang: str) -> ResponseReturnValue:
    """Choose the language and the clock of one's workspace."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = AccountLanguageForm()
    if not form.validate_on_submit():
        return _page(lang, language=form), 422
    organiser = current_organiser()
    organiser.language = chosen = str(form.language.data)
    if form.tzid.name in flask.request.form:
        organiser.tzid = form.tzid.data
    db.session.commit()
    return redirect(url_for("accounts.account", lang=chosen), 303)


@blueprint.post("/<lang:lang>/account/digest")
def change_digest(lang: str) -> ResponseReturnValue:
    """Choose whether what needs attention is mailed once a day."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    form = DigestForm()
    if not form.validate_on_submit():
        return _page(lang), 422
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


@blueprint.post("/<lang:lang>/account/sign-ins/end-others")
def end_other_sign_ins(lang: str) -> ResponseReturnValue:
    """End all of one's sign-ins but this one."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    service.end_all_others(db.session(), organiser=current_organiser(), sign_in_id=flask.g.sign_in_id)
    db.session.commit()
    flask.flash(_("Every other browser has been signed out."))
    warn_of_calendar(current_organiser())
    return redirect(url_for("accounts.account", lang=lang), 303)


@blueprint.post("/<lang:lang>/account/deactivate")
def deactivate_account(lang: str) -> ResponseReturnValue:
    """End one's own account: nobody signs in with it any more, until an administrator lets them."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    if (page := confirmed_or_page()) is not None:
        return page
    organiser = current_organiser()
    try:
        deactivate(db.session(), now=clock.now(), organiser=organiser, actor=service.actor_of(organiser))
    except (service.LastOwnerError, LastAdministratorError) as fault:
        db.session.rollback()
        return _page(lang, refusal=fault.code), 409
    db.session.commit()
    flask.session.clear()
    flask.flash(_("Your account is deactivated, and you are signed out everywhere."))
    return redirect(url_for("public.home", lang=lang), 303)


def _page(lang: str, *, refusal: str = "", **faulty: Any) -> str:
    """Render the account; `faulty` is the one form that has faults, under its name on the page."""
    organiser = current_organiser()
    rows = queries.list_sign_ins(db.session(), organiser_id=organiser.id)
    view = AccountView(
        name=organiser.name,
        email=organiser.email,
        is_administrator=organiser.is_administrator,
        has_factor=factor.is_on(organiser),
        tzid=organiser.tzid,
        sign_ins=tuple(
            SignInView(row.id, row.created_at, row.seen_at, row.browser, row.id == flask.g.sign_in_id) for row in rows
        ),
    )
    forms: dict[str, Any] = {
        "name": NameForm(formdata=None, name=organiser.name),
        "address": AddressForm(formdata=None),
        "pass_phrase": PassPhraseForm(formdata=None),
        "language": AccountLanguageForm(formdata=None, language=organiser.language, tzid=organiser.tzid),
        "digest": DigestForm(formdata=None, wants_digest=organiser.wants_digest),
    }
    return render_template(
        "accounts/account.html",
        account=view,
        forms={**forms, **faulty},
        faulty=next(iter(faulty.values()), None),
        refusal=refusal,
        press=PressForm(formdata=None),
        page_language=lang,
    )
