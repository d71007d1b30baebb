"""An invitation to organise, by its link: what it is about and from whom; accepted once, by the address invited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from workshop.accounts.forms import PressForm, SignInHereForm, WelcomeForm, weakness
from workshop.accounts.models import Organiser, Role, RoleInvitation
from workshop.accounts.present import begin, current_organiser
from workshop.accounts.queries import find_organiser
from workshop.accounts.routes.signing import check_code, check_phrase
from workshop.accounts.service import OrganiserExistsError, WeakPassPhraseError, factor
from workshop.accounts.service.inviting import Newcomer, accept, find_invitation
from workshop.accounts.view import ROLE_MEANINGS, ROLE_NAMES
from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import Limit, limited
from workshop.core.localized import Localized
from workshop.programme.models import Series, WorkshopSession

blueprint = Blueprint("welcome", "workshop.public", template_folder="templates", url_prefix="/<lang:lang>/welcome")
_NOBODY = Newcomer("", "", "", "")


@dataclass(frozen=True, slots=True)
class WelcomeView:
    """What an invitation says to whoever has its link."""

    email: str
    inviter: str
    """Name, or empty for those who run the site."""
    series: Localized | None
    role: str
    meaning: str
    organisation: str
    session: Localized | None
    """A helper's."""
    ends_at: datetime | None
    closes_at: datetime


@blueprint.route("/<token>/", methods=["GET", "POST"])
@limited(Limit("welcome", 60, timedelta(minutes=15)))
def page(lang: str, token: str) -> ResponseReturnValue:
    """Show an invitation, and accept it."""
    invitation = find_invitation(db.session(), now=clock.now(), token=token)
    account = find_organiser(db.session(), email=invitation.email)
    if current_user.is_authenticated and current_organiser() is not account:
        return _page(lang, invitation, "other")
    if account is None:
        return _accept_anew(lang, invitation)
    return _accept_as(lang, invitation, account)


def _accept_anew(lang: str, invitation: RoleInvitation) -> ResponseReturnValue:
    form = WelcomeForm(language=lang)
    if not form.validate_on_submit():
        return _page(lang, invitation, "new", form=form)
    newcomer = Newcomer(form.name.data, form.pass_phrase.data, form.language.data, form.tzid.data)
    try:
        organiser = accept(db.session(), now=clock.now(), invitation=invitation, organiser=None, newcomer=newcomer)
    except WeakPassPhraseError as fault:
        db.session.rollback()
        form.pass_phrase.errors = [weakness(fault)]
        return _page(lang, invitation, "new", form=form)
    except OrganiserExistsError:
        # Two invitations to one address, accepted at once: with the account that the other made, one signs in here.
        db.session.rollback()
        return redirect(request.path, 303)
    begin(organiser)
    flask.flash(_("Welcome! Your account is ready."))
    return redirect(url_for("organise.dashboard", lang=organiser.language), 303)


def _accept_as(lang: str, invitation: RoleInvitation, account: Organiser) -> ResponseReturnValue:
    """Accept with the account of the address: signed in, or by signing in here."""
    is_here = current_user.is_authenticated
    asks_for_code = factor.is_on(account)
    form = PressForm() if is_here else SignInHereForm(asks_for_code=asks_for_code)
    kind = "accept" if is_here else "sign-in"
    if not form.validate_on_submit():
        return _page(lang, invitation, kind, form=form)
    if not is_here:
        if check_phrase(email=invitation.email, phrase=form.password.data or "") is not account:
            form.password.errors = [_("This is not the pass phrase of your account.")]
            return _page(lang, invitation, kind, form=form)
        if asks_for_code and not check_code(account, form):
            return _page(lang, invitation, kind, form=form)
    accept(db.session(), now=clock.now(), invitation=invitation, organiser=account, newcomer=_NOBODY)
    if is_here:
        db.session.commit()
    else:
        begin(account)
    flask.flash(_("The invitation is accepted."))
    return redirect(url_for("organise.dashboard", lang=lang), 303)


def _page(lang: str, invitation: RoleInvitation, kind: str, **values: Any) -> ResponseReturnValue:
    body = render_template(
        "public/welcome.html", invitation=_view(invitation), kind=kind, press=PressForm(formdata=None),
        page_language=lang, **{"form": None, **values},
    )  # fmt: skip
    if request.method != "POST":
        return body
    return body, 409 if kind == "other" else 422


def _view(invitation: RoleInvitation) -> WelcomeView:
    session = db.session()
    series = session.get(Series, invitation.series_id) if invitation.series_id is not None else None
    at_door = invitation.workshop_session_id
    one = session.get(WorkshopSession, at_door) if at_door is not None else None
    number = invitation.invited_by.rpartition(":")[2]
    inviter = session.get(Organiser, int(number)) if number.isdigit() else None
    role = invitation.role
    return WelcomeView(
        email=invitation.email,
        inviter=inviter.name or inviter.email if inviter else "",
        series=series.title if series else None,
        role=str(ROLE_NAMES[role]) if role else "",
        meaning=str(ROLE_MEANINGS[role]) if role else "",
        organisation=invitation.organisation,
        session=(one.short_title or one.title) if one and role is Role.HELPER else None,
        ends_at=invitation.role_expires_at,
        closes_at=invitation.closes_at,
    )
