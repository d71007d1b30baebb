"""Who has which role in a series: for its owners only, and never without one."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.models import Organiser, Role
from workshop.accounts.queries import find_access, find_organiser, list_access
from workshop.accounts.routes import current_organiser
from workshop.accounts.service import LastOwnerError, OrganisationError, actor_of, grant
from workshop.accounts.service import revoke as revoke_role
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.limits import Limit, limited
from workshop.organise.forms import ROLE_MEANINGS, ROLE_NAMES, GrantForm, RoleForm
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.view import AccessRow
from workshop.programme.models import Series
from workshop.programme.organise import open_series, series_row

_BASE = "/series/<series>/people-with-access"


@blueprint.get(_BASE)
def access(lang: str, series: str) -> ResponseReturnValue:
    """Show who has access, and a form that gives it."""
    found, _role = open_series(series, Role.OWNER)
    return _page(lang, found, GrantForm(formdata=None))


@blueprint.post(_BASE)
@limited(Limit("grant", 30, timedelta(minutes=15)))
def grant_access(lang: str, series: str) -> ResponseReturnValue:
    """Give an account a role. Whether there is such an account, the answer does not say."""
    found, _role = open_series(series, Role.OWNER)
    form = GrantForm()
    if not form.validate():
        return _page(lang, found, form), 422
    organiser = find_organiser(db.session(), email=form.email.data)
    try:
        _check_organisation(form)
        if organiser is not None and organiser.is_enabled:
            _give(found, organiser, form)
    except OrganisationError as fault:
        db.session.rollback()
        _say(form, fault)
        return _page(lang, found, form), 422
    except LastOwnerError:
        db.session.rollback()
        form.role.errors = [_("The series would have no owner any more: make somebody else its owner first.")]
        return _page(lang, found, form), 422
    db.session.commit()
    flash(_("If there is an account with this address, it has access now."))
    return _after(lang, series, organiser, form)


@blueprint.post(f"{_BASE}/<int:organiser>/change")
def change_access(lang: str, series: str, organiser: int) -> ResponseReturnValue:
    """Give somebody who has access another role."""
    found, _role = open_series(series, Role.OWNER)
    person = _find(found, organiser)
    form = RoleForm(prefix=_prefix(organiser))
    if not form.validate():
        return _page(lang, found, GrantForm(formdata=None), form), 422
    try:
        _give(found, person, form)
    except OrganisationError as fault:
        db.session.rollback()
        _say(form, fault)
        return _page(lang, found, GrantForm(formdata=None), form), 422
    db.session.commit()
    flash(_("The role is changed."))
    return _after(lang, series, person, form)


@blueprint.post(f"{_BASE}/<int:organiser>/revoke")
def revoke_access(lang: str, series: str, organiser: int) -> ResponseReturnValue:
    """Take somebody's role away; it ends with their next request."""
    found, _role = open_series(series, Role.OWNER)
    person = _find(found, organiser)
    own = current_organiser()
    revoke_role(db.session(), now=clock.now(), series_id=found.id, organiser=person, actor=actor_of(own))
    db.session.commit()
    flash(_("They have no access any more."))
    return _after(lang, series, person, None)


def _find(series: Series, organiser_id: int) -> Organiser:
    found = find_access(db.session(), series_id=series.id, organiser_id=organiser_id)
    if found is None:
        raise NotFoundError
    return found[0]


def _give(series: Series, organiser: Organiser, form: RoleForm) -> None:
    role = Role(form.role.data)
    grant(
        db.session(),
        now=clock.now(),
        series_id=series.id,
        organiser=organiser,
        role=role,
        organisation=form.organisation.data if role is Role.PARTNER or isinstance(form, GrantForm) else "",
        actor=actor_of(current_organiser()),
    )


def _check_organisation(form: GrantForm) -> None:
    """Raise OrganisationError as granting would, so that an account that does not exist makes no difference."""
    is_partner = form.role.data == Role.PARTNER.value
    if bool(form.organisation.data) is not is_partner:
        raise OrganisationError(reason="missing" if is_partner else "refused")


def _say(form: RoleForm, fault: OrganisationError) -> None:
    if fault.context["reason"] == "missing":
        form.organisation.errors = [_("Please name the organisation that the partner belongs to.")]
    else:
        form.organisation.errors = [_("Only a partner belongs to an organisation: leave this empty.")]


def _prefix(organiser_id: int) -> str:
    return f"person-{organiser_id}"


def _after(lang: str, series: str, changed: Organiser | None, form: RoleForm | None) -> ResponseReturnValue:
    """Lead back to the page, or, where one has just given it up oneself, to the workspace."""
    is_gone = changed is current_organiser() and (form is None or form.role.data != Role.OWNER.value)
    if is_gone:
        return redirect(url_for("organise.dashboard", lang=lang), 303)
    return redirect(url_for("organise.access", lang=lang, series=series), 303)


def _page(lang: str, series: Series, form: GrantForm, changed: RoleForm | None = None) -> str:
    own = current_organiser()
    rows = []
    for organiser, held in list_access(db.session(), series_id=series.id):
        prefix = _prefix(organiser.id)
        data = {"role": held.role.value, "organisation": held.organisation}
        is_changed = changed is not None and changed._prefix == f"{prefix}-"  # noqa: SLF001 (WTForms has no other name for it)
        rows.append(
            AccessRow(
                id=organiser.id,
                name=organiser.name,
                email=organiser.email,
                role=str(ROLE_NAMES[held.role]),
                organisation=held.organisation,
                since=held.granted_at,
                is_oneself=organiser.id == own.id,
                form=changed if is_changed else RoleForm(formdata=None, prefix=prefix, data=data),
            )
        )
    row = series_row(series, Role.OWNER, now=clock.now())
    return render_template(
        "organise/access.html",
        series=row,
        people=rows,
        form=form,
        changed=changed,
        roles=[(ROLE_NAMES[role], ROLE_MEANINGS[role]) for role in Role],
        page_language=lang,
    )
