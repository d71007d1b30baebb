"""Who has which role in a series: for its owners only, and never without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.accounts.queries import find_access, list_access, list_invitations
from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.service import AFTERWARDS, Terms, actor_of, grant
from workshop.accounts.service import revoke as revoke_role
from workshop.accounts.service import transfer as transfer_series
from workshop.accounts.service.inviting import invite, take_back
from workshop.accounts.view import ROLE_MEANINGS, ROLE_NAMES
from workshop.core import clock
from workshop.core.addresses import fold_address
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.core.limits import Limit, limited
from workshop.core.localized import Localized
from workshop.core.localtime import GapError, long_date, to_instant
from workshop.organise.emails import role_changed
from workshop.organise.forms import AccessForm, RoleForm
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.view import AccessRow, WaitingRow
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import Depth, open_series, series_row
from workshop.programme.view import workspace_name

_BASE: Final = "/series/<series>/people-with-access"
_PERSON: Final = f"{_BASE}/<int:organiser>"


@blueprint.get(_BASE)
def access(lang: str, series: str) -> ResponseReturnValue:
    """Show who has access, who is invited, and a form that invites."""
    found, _role = open_series(series, Role.OWNER, depth=Depth.ITSELF)
    return _page(lang, found)


@blueprint.post(_BASE)
@limited(Limit("grant", 30, timedelta(minutes=15)))
def grant_access(lang: str, series: str) -> ResponseReturnValue:
    """Invite somebody to a role by mail. Whether they have an account already, nothing says."""
    found, _role = open_series(series, Role.OWNER, depth=Depth.ITSELF)
    now, form = clock.now(), AccessForm(**_offers(found, lang))
    is_right = form.validate()
    terms = _terms(found, form, now)
    held = {organiser.email_folded for organiser, _held in list_access(db.session(), series_id=found.id)}
    if is_right and fold_address(form.email.data) in held:
        form.email.errors = [_("Whoever has this address has access already: change their role above.")]
        is_right = False
    if not is_right or terms is None:
        return _page(lang, found, form), 422
    if (page := confirmed_or_page()) is not None:
        return page
    invite(
        db.session(),
        now=now,
        email=form.email.data,
        language=form.language.data,
        by=current_organiser(),
        series_id=found.id,
        role=terms.role,
        organisation=terms.organisation,
        workshop_session_id=terms.workshop_session_id,
        role_expires_at=terms.expires_at,
    )
    db.session.commit()
    flash(_("The invitation is on its way. The role begins when it is accepted."))
    return redirect(url_for("organise.access", lang=lang, series=series), 303)


@blueprint.post(f"{_BASE}/invitations/<int:invitation>/take-back")
def take_back_access(lang: str, series: str, invitation: int) -> ResponseReturnValue:
    """Take an invitation back: its link opens nothing any more."""
    found, _role = open_series(series, Role.OWNER, depth=Depth.ITSELF)
    actor = actor_of(current_organiser())
    take_back(db.session(), now=clock.now(), invitation_id=invitation, series_id=found.id, actor=actor)
    db.session.commit()
    flash(_("The invitation is taken back: its link opens nothing any more."))
    return redirect(url_for("organise.access", lang=lang, series=series), 303)


@blueprint.post(f"{_PERSON}/change")
def change_access(lang: str, series: str, organiser: int) -> ResponseReturnValue:
    """Give somebody who has access another role, another institution or another end."""
    found, _role = open_series(series, Role.OWNER, depth=Depth.ITSELF)
    person, held = _find(found, organiser)
    now, form = clock.now(), RoleForm(prefix=_prefix(organiser), **_offers(found, lang))
    is_right = form.validate()
    terms = _terms(found, form, now)
    if not is_right or terms is None:
        return _page(lang, found, changed=form), 422
    if (page := confirmed_or_page()) is not None:
        return page
    before = (held.role, held.workshop_session_id, held.expires_at)
    own = current_organiser()
    grant(
        db.session(),
        now=now,
        series_id=found.id,
        organiser=person,
        role=terms.role,
        organisation=terms.organisation,
        workshop_session_id=terms.workshop_session_id,
        expires_at=terms.expires_at,
        actor=actor_of(own),
    )
    if person.id != own.id and before != (terms.role, terms.workshop_session_id, terms.expires_at):
        role_changed(db.session(), now=now, series=found, organiser=person, role=terms.role, by=own)
    db.session.commit()
    flash(_("The role is changed."))
    return _after(lang, series, person, terms.role)


@blueprint.post(f"{_PERSON}/revoke")
def revoke_access(lang: str, series: str, organiser: int) -> ResponseReturnValue:
    """Take somebody's role away; it ends with their next request."""
    found, _role = open_series(series, Role.OWNER, depth=Depth.ITSELF)
    person, _held = _find(found, organiser)
    # Whoever finds an owner's browser open must not put the other owners out.
    if (page := confirmed_or_page()) is not None:
        return page
    own, now = current_organiser(), clock.now()
    revoke_role(db.session(), now=now, series_id=found.id, organiser=person, actor=actor_of(own))
    if person.id != own.id:
        role_changed(db.session(), now=now, series=found, organiser=person, role=None, by=own)
    db.session.commit()
    flash(_("They have no access any more."))
    return _after(lang, series, person, None)


@blueprint.route(f"{_PERSON}/transfer", methods=["GET", "POST"])
def transfer_access(lang: str, series: str, organiser: int) -> ResponseReturnValue:
    """Hand the series over: the other owns it, oneself becomes an organiser, in one act; both are told."""
    found, _role = open_series(series, Role.OWNER, depth=Depth.ITSELF)
    own, (person, held) = current_organiser(), _find(found, organiser)
    now, form = clock.now(), FlaskForm()
    is_own = find_access(db.session(), series_id=found.id, organiser_id=own.id) is not None
    if not is_own or person.id == own.id or _is_over(held, now) or not person.is_enabled:
        raise NotFoundError
    if form.validate_on_submit():
        if (page := confirmed_or_page()) is not None:
            return page
        transfer_series(db.session(), now=now, series_id=found.id, owner=own, to=person)
        role_changed(db.session(), now=now, series=found, organiser=person, role=Role.OWNER, by=own)
        role_changed(db.session(), now=now, series=found, organiser=own, role=Role.ORGANISER, by=own)
        db.session.commit()
        flash(_("The series is handed over. You are an organiser of it from now on."))
        return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)
    return render_template(
        "organise/transfer.html",
        page_language=lang,
        series=series_row(found, Role.OWNER),
        name=person.name or person.email,
        form=form,
    )


def _find(series: Series, organiser_id: int) -> tuple[Organiser, SeriesRole]:
    found = find_access(db.session(), series_id=series.id, organiser_id=organiser_id)
    if found is None:
        raise NotFoundError
    return found


def _is_over(held: SeriesRole, now: datetime) -> bool:
    return held.expires_at is not None and held.expires_at <= now


def _offers(series: Series, lang: str) -> dict[str, Any]:
    """Return what a form about roles offers: sessions by slug, and the institutions that the series knows."""
    now, codes = clock.now(), languages()
    sessions = sorted(series.sessions, key=lambda one: (one.ends_at <= now, one.starts_at))
    names = [partner.name.pick(lang, codes).value for partner in series.partners]
    names += [held.organisation for _organiser, held in list_access(db.session(), series_id=series.id)]
    return {
        "sessions": [
            (one.slug, f"{workspace_name(one).pick(lang, codes).value} – {_day(one, lang)}") for one in sessions
        ],
        "institutions": sorted(set(names) - {""}, key=str.casefold),
    }


def _day(one: WorkshopSession, lang: str) -> str:
    return long_date(one.starts_at.astimezone(ZoneInfo(one.tzid)).date(), lang)


def _terms(series: Series, form: RoleForm, now: datetime) -> Terms | None:
    """Return what the form asks for; None where something is to be corrected, and said at its field."""
    if form.errors or form.role.data not in set(Role):
        return None
    role = Role(form.role.data)
    door = next((one for one in series.sessions if one.slug == form.session.data), None)
    ends_at = _instant(form.until.data, series.tzid) if form.until.data is not None else None
    if role is Role.HELPER and door is not None:
        ends_at = ends_at or door.ends_at + AFTERWARDS
    _say_faults(form, role, has_door=door is not None, ends_at=ends_at, now=now)
    if form.errors:
        return None
    return Terms(role, form.organisation.data, door.id if door is not None else None, ends_at)


def _say_faults(form: RoleForm, role: Role, *, has_door: bool, ends_at: datetime | None, now: datetime) -> None:
    """Say at its field what the role lacks, and what does not belong to it."""
    if role is Role.PARTNER and not form.organisation.data:
        form.organisation.errors = [_("Please name the organisation that the partner belongs to.")]
    if role is Role.HELPER and not has_door:
        form.session.errors = [_("Please choose the session at whose door they stand.")]
    if role is not Role.HELPER and has_door:
        form.session.errors = [_("Only a helper stands at the door of a session: leave this empty.")]
    if role is Role.OWNER and ends_at is not None:
        form.until.errors = [_("An owner’s role does not end by itself: leave this empty.")]
    elif ends_at is not None and ends_at <= now:
        form.until.errors = [_("This is over already: please give an end that is still to come.")]


def _instant(wall: datetime, tzid: str) -> datetime:
    try:
        return to_instant(wall, tzid, fold=1)
    except GapError:
        return to_instant(wall + timedelta(hours=1), tzid, fold=1)


def _prefix(organiser_id: int) -> str:
    return f"person-{organiser_id}"


def _after(lang: str, series: str, changed: Organiser, role: Role | None) -> ResponseReturnValue:
    """Lead back to the page, or, where one has just given it up oneself, to the workspace."""
    if changed is current_organiser() and role is not Role.OWNER:
        return redirect(url_for("organise.dashboard", lang=lang), 303)
    return redirect(url_for("organise.access", lang=lang, series=series), 303)


def _page(lang: str, series: Series, form: AccessForm | None = None, changed: RoleForm | None = None) -> str:
    own, now, offers = current_organiser(), clock.now(), _offers(series, lang)
    doors: dict[int | None, Localized] = {one.id: workspace_name(one) for one in series.sessions}
    slugs = {one.id: one.slug for one in series.sessions}
    people = []
    for organiser, held in list_access(db.session(), series_id=series.id):
        prefix = _prefix(organiser.id)
        is_changed = changed is not None and changed._prefix == f"{prefix}-"  # noqa: SLF001 (WTForms has no other name for it)
        data = {
            "role": held.role.value,
            "organisation": held.organisation,
            "session": slugs.get(held.workshop_session_id or 0, ""),
            "until": _wall(held.expires_at, series.tzid),
        }
        people.append(
            AccessRow(
                id=organiser.id,
                name=organiser.name,
                email=organiser.email,
                role=str(ROLE_NAMES[held.role]),
                organisation=held.organisation,
                door=doors.get(held.workshop_session_id),
                since=held.granted_at,
                until=held.expires_at,
                is_over=_is_over(held, now),
                is_oneself=organiser.id == own.id,
                may_own=organiser.id != own.id and organiser.is_enabled and not _is_over(held, now),
                form=changed if is_changed else RoleForm(formdata=None, prefix=prefix, data=data, **offers),
            )
        )
    waiting = [
        WaitingRow(
            id=one.id,
            email=one.email,
            role=str(ROLE_NAMES[one.role]) if one.role is not None else "",
            organisation=one.organisation,
            door=doors.get(one.workshop_session_id),
            since=one.created_at,
            closes_at=one.closes_at,
        )
        for one in list_invitations(db.session(), now=now, series_id=series.id)
    ]
    return render_template(
        "organise/access.html",
        series=series_row(series, Role.OWNER),
        tzid=series.tzid,
        people=people,
        waiting=waiting,
        form=form or AccessForm(formdata=None, data={"language": lang}, **offers),
        changed=changed,
        is_owner=any(person.is_oneself for person in people),
        roles=[(ROLE_NAMES[role], ROLE_MEANINGS[role]) for role in Role],
        page_language=lang,
    )


def _wall(at: datetime | None, tzid: str) -> datetime | None:
    return at.astimezone(ZoneInfo(tzid)).replace(tzinfo=None) if at is not None else None
