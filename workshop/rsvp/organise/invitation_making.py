"""Inviting: a list of addresses with its preview, and a link for a group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.language import languages
from workshop.core.localtime import FoldError, GapError, long_date, to_instant
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import form_page
from workshop.programme.view import SessionView
from workshop.rsvp.forms.inviting import (
    UNREADABLE,
    GroupForm,
    InvitingForm,
    correctable,
    entries_of,
    rows_of,
    sentence,
)
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.organise.invitation_desk import Desk, invitable, open_desk
from workshop.rsvp.queries import invitations as queries
from workshop.rsvp.service import inviting as service


def _form_arguments(desk: Desk, sessions: dict[str, tuple[WorkshopSession, SessionView]], lang: str) -> dict[str, Any]:
    words = [
        (
            slug,
            f"{(view.title or view.label).pick(lang, languages()).value} – {long_date(one.starts_wall.date(), lang)}",
        )
        for slug, (one, view) in sessions.items()
    ]
    codes = tuple(code for code in desk.series.languages if code in languages()) or languages()
    known = None if desk.is_partner else queries.list_organisations(db.session(), desk.series.id)
    return {"sessions": words, "codes": codes, "organisations": known}


@blueprint.route("/series/<series>/invitations/new", methods=["GET", "POST"])
def new_invitations(lang: str, series: str) -> ResponseReturnValue:
    """Take a list of addresses, show what it says with every fault, and store it once that is confirmed."""
    desk, now = open_desk(series), clock.now()
    sessions = invitable(desk, now)
    form = InvitingForm(**_form_arguments(desk, sessions, lang))
    if not form.is_submitted():
        _propose(form, sessions, lang)
    entries = _entries(form) if form.validate_on_submit() else None
    if entries is None:
        template = "rsvp/organise/invitations_new.html"
        return form_page(template, form, page_language=lang, has_sessions=bool(sessions), **desk.page)
    chosen = [sessions[slug][0] for slug in form.sessions.data]
    return _check_and_keep(desk, form, entries, chosen, lang, now)


def _entries(form: InvitingForm) -> list[service.Entry] | None:
    """Return what was sent, or None where that cannot be read: the form says why."""
    try:
        found = entries_of(form.rows.data)
    except ValueError:
        form.form_errors = [_("The list did not arrive whole. Please send it again.")]
        return None
    try:
        found += service.read_pasted(form.addresses.data or "")
    except service.UnreadableListError as fault:
        form.addresses.errors = [UNREADABLE[str(fault.context["reason"])]]
        return None
    try:
        if isinstance(form.file.data, FileStorage):
            found += service.read_file(form.file.data.read())
    except service.UnreadableListError as fault:
        form.file.errors = [UNREADABLE[str(fault.context["reason"])]]
        return None
    if not found:
        form.addresses.errors = [_("Please give at least one address.")]
    elif len(found) > service.MAX_ENTRIES:
        form.addresses.errors = [UNREADABLE["many"]]
    return found if 0 < len(found) <= service.MAX_ENTRIES else None


def _check_and_keep(
    desk: Desk,
    form: InvitingForm,
    entries: Sequence[service.Entry],
    chosen: Sequence[WorkshopSession],
    lang: str,
    now: datetime,
) -> ResponseReturnValue:
    organisation = desk.own if desk.own is not None else form.organisation.data
    invited = queries.find_invited(
        db.session(),
        series_id=desk.series.id,
        organisation=organisation,
        session_ids=[one.id for one in chosen],
    )
    codes = [choice.value for choice in form.language.choices]
    checked = service.check_entries(entries, language=form.language.data, codes=codes, invited=invited)
    if request.form.get("confirm") != "yes" or checked.faults:
        return _preview(desk, form, checked, sum(one.folded in invited for one in checked.invitees), lang)
    organiser = current_organiser()
    count = service.invite(
        db.session(),
        now=now,
        workshop_sessions=chosen,
        invitees=checked.invitees,
        organisation=organisation,
        is_locked=not form.is_passable.data,
        made_by=organiser.id,
        actor=actor_of(organiser),
    )
    db.session.commit()
    flash(
        ngettext(
            "%(num)d invitation is kept. It has not been sent.",
            "%(num)d invitations are kept. They have not been sent.",
            count,
        )
    )
    return redirect(url_for("rsvp_organise.invitations", lang=lang, series=desk.series.slug), 303)


def _preview(desk: Desk, form: InvitingForm, checked: service.Checked, extended: int, lang: str) -> ResponseReturnValue:
    by_language: dict[str, int] = {}
    for one in checked.invitees:
        by_language[one.language] = by_language.get(one.language, 0) + 1
    page = render_template(
        "rsvp/organise/invitations_preview.html",
        form=form,
        invitees=checked.invitees,
        by_language=sorted(by_language.items()),
        faults=[(fault.entry, sentence(fault)) for fault in checked.faults],
        rows=rows_of(checked.invitees),
        to_correct=correctable(checked.faults),
        extended=extended,
        page_language=lang,
        **desk.page,
    )
    return page, 200 if checked.invitees else 422


@blueprint.route("/series/<series>/invitations/group", methods=["GET", "POST"])
def new_group(lang: str, series: str) -> ResponseReturnValue:
    """Make a link for a group."""
    desk, now = open_desk(series), clock.now()
    sessions = invitable(desk, now)
    form = GroupForm(**_form_arguments(desk, sessions, lang))
    if not form.is_submitted():
        _propose(form, sessions, lang)
    ends_at = _end(form, desk.series.tzid, now) if form.validate_on_submit() else None
    if not form.is_submitted() or form.errors:
        template = "rsvp/organise/invitations_group.html"
        return form_page(template, form, page_language=lang, has_sessions=bool(sessions), **desk.page)
    service.invite_group(
        db.session(),
        now=now,
        workshop_sessions=[sessions[slug][0] for slug in form.sessions.data],
        group=service.Group(
            name=form.name.data,
            language=form.language.data,
            organisation=desk.own if desk.own is not None else form.organisation.data,
            max_uses=form.max_uses.data,
            ends_at=ends_at,
        ),
        actor=actor_of(current_organiser()),
    )
    db.session.commit()
    flash(_("The link is made. Copy it below and hand it on."))
    return redirect(url_for("rsvp_organise.invitations", lang=lang, series=series, _anchor="groups"), 303)


def _propose(form: InvitingForm | GroupForm, sessions: Collection[str], lang: str) -> None:
    form.language.data = lang
    form.sessions.data = list(sessions) if len(sessions) == 1 else []


def _end(form: GroupForm, tzid: str, now: datetime) -> datetime | None:
    """Return until when the link is taken, or None for no end of its own; the form says what is wrong with it."""
    wall = form.ends_wall.data
    if wall is None:
        return None
    try:
        found = to_instant(wall, tzid)
    except FoldError:
        # Nobody minds an hour more.
        found = to_instant(wall, tzid, fold=1)
    except GapError:
        form.ends_wall.errors = [
            _("This time does not exist on that day: clocks go forward over it. Please choose another.")
        ]
        return None
    if found <= now:
        form.ends_wall.errors = [_("This is past. Please choose a later time.")]
    return found
