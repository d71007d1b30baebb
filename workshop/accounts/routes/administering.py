"""Accounts, for those who manage them: found, invited, disabled. Which series somebody is in is not shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import flask
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts import queries
from workshop.accounts.forms import InviteForm, PressForm
from workshop.accounts.models import Organiser
from workshop.accounts.present import current_organiser, require_sign_in
from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes.blueprint import blueprint
from workshop.accounts.service import actor_of, administering, factor
from workshop.accounts.service.inviting import invite, take_back
from workshop.accounts.service.resetting import ask
from workshop.accounts.view import AccountRow, WaitingRow
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.folding import fold
from workshop.core.limits import Limit, limited

_BASE = "/<lang:lang>/organise/accounts"
PAGE: Final = 50
"""Accounts on one page."""


@blueprint.get(_BASE)
def list_accounts(lang: str) -> ResponseReturnValue:
    """Show every account, and who was offered one."""
    return _only_administrators() or _page(lang, InviteForm(formdata=None, language=lang))


@blueprint.post(f"{_BASE}/invite")
@limited(Limit("invite-account", 60, timedelta(hours=1)))
def invite_account(lang: str) -> ResponseReturnValue:
    """Offer somebody an account by mail."""
    if (answer := _only_administrators()) is not None:
        return answer
    form = InviteForm()
    if not form.validate_on_submit():
        return _page(lang, form), 422
    if (page := confirmed_or_page()) is not None:
        return page
    invite(db.session(), now=clock.now(), email=form.email.data, language=form.language.data, by=current_organiser())
    db.session.commit()
    flask.flash(_("The invitation is on its way. It can be accepted for seven days."))
    return redirect(url_for("accounts.list_accounts", lang=lang, _anchor="waiting"), 303)


@blueprint.post(f"{_BASE}/invitations/<int:invitation>/take-back")
def take_invitation_back(lang: str, invitation: int) -> ResponseReturnValue:
    """Take an offer of an account back."""
    if (answer := _only_administrators()) is not None:
        return answer
    actor = actor_of(current_organiser())
    take_back(db.session(), now=clock.now(), invitation_id=invitation, series_id=None, actor=actor)
    db.session.commit()
    flask.flash(_("The invitation is taken back: its link opens nothing any more."))
    return redirect(url_for("accounts.list_accounts", lang=lang, _anchor="waiting"), 303)


@blueprint.post(f"{_BASE}/<int:organiser>/<verb>")
def change_account(lang: str, organiser: int, verb: str) -> ResponseReturnValue:
    """Do one of ACTS with an account."""
    if (answer := _only_administrators()) is not None:
        return answer
    if verb not in ACTS:
        raise NotFoundError
    administering.find_account(db.session(), organiser)
    if (page := confirmed_or_page()) is not None:
        return page
    found = administering.find_account(db.session(), organiser)
    ACTS[verb](found)
    db.session.commit()
    flask.flash(_said(verb, found.name or found.email))
    if found is current_organiser() and not (found.is_enabled and found.is_administrator):
        return redirect(url_for("organise.dashboard", lang=lang), 303)
    return redirect(url_for("accounts.list_accounts", lang=lang, **_search()), 303)


def _only_administrators() -> ResponseReturnValue | None:
    """Send strangers to sign in; for every other organiser there is nothing here. Raises NotFoundError."""
    if (elsewhere := require_sign_in()) is not None:
        return elsewhere
    if not current_organiser().is_administrator:
        raise NotFoundError
    return None


def _disable(organiser: Organiser) -> None:
    administering.disable(db.session(), now=clock.now(), organiser=organiser, by=current_organiser())


def _enable(organiser: Organiser) -> None:
    administering.enable(db.session(), now=clock.now(), organiser=organiser, by=current_organiser())


def _make(organiser: Organiser) -> None:
    administering.set_administrator(
        db.session(), now=clock.now(), organiser=organiser, by=current_organiser(), is_one=True
    )


def _unmake(organiser: Organiser) -> None:
    administering.set_administrator(
        db.session(), now=clock.now(), organiser=organiser, by=current_organiser(), is_one=False
    )


def _reset(organiser: Organiser) -> None:
    ask(db.session(), now=clock.now(), email=organiser.email)


def _factor_off(organiser: Organiser) -> None:
    administering.take_factor_off(db.session(), now=clock.now(), organiser=organiser, by=actor_of(current_organiser()))


ACTS: Final[dict[str, Callable[[Organiser], None]]] = {
    "disable": _disable,
    "enable": _enable,
    "administrator": _make,
    "no-administrator": _unmake,
    "reset": _reset,
    "factor-off": _factor_off,
}
"""What an administrator may do with an account, by the last part of the address."""


def _said(verb: str, name: str) -> str:
    sentences = {
        "disable": _("%(name)s can no longer sign in.", name=name),
        "enable": _("%(name)s can sign in again.", name=name),
        "administrator": _("%(name)s manages accounts now.", name=name),
        "no-administrator": _("%(name)s no longer manages accounts.", name=name),
        "reset": _("A link to a new pass phrase is on its way to %(name)s.", name=name),
        "factor-off": _("The second factor of %(name)s is off.", name=name),
    }
    return str(sentences[verb])


def _search() -> dict[str, Any]:
    return {name: request.args[name] for name in ("q", "page") if request.args.get(name)}


def _page(lang: str, form: InviteForm) -> str:
    session, now, own = db.session(), clock.now(), current_organiser()
    wanted = fold(request.args.get("q", ""))
    found = [
        organiser
        for organiser in queries.list_organisers(session)
        if not wanted or wanted in fold(organiser.name) or wanted in fold(organiser.email)
    ]
    number = max(1, request.args.get("page", 1, type=int))
    pages = max(1, -(-len(found) // PAGE))
    number = min(number, pages)
    rows = [
        AccountRow(
            id=one.id,
            name=one.name,
            email=one.email,
            since=one.created_at,
            is_enabled=one.is_enabled,
            is_administrator=one.is_administrator,
            has_factor=factor.is_on(one),
            is_oneself=one.id == own.id,
        )
        for one in found[(number - 1) * PAGE : number * PAGE]
    ]
    waiting = [
        WaitingRow(one.id, one.email, one.created_at, one.closes_at)
        for one in queries.list_invitations(session, series_id=None, now=now)
    ]
    values = {name: value for name, value in _search().items() if name != "page"}
    return render_template(
        "accounts/accounts.html",
        rows=rows,
        total=len(found),
        waiting=waiting,
        form=form,
        press=PressForm(formdata=None),
        query=request.args.get("q", ""),
        page=number,
        earlier=url_for("accounts.list_accounts", lang=lang, page=number - 1, **values) if number > 1 else "",
        later=url_for("accounts.list_accounts", lang=lang, page=number + 1, **values) if number < pages else "",
        page_language=lang,
    )
