"""Editing, moving and cancelling: here, not in programme, because of those who have answered.

A looser level is asked of them; a raised capacity offers places to those who wait; an act says whom it tells.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.organise.effects import find_effects, look, proposed_levels
from workshop.organise.queries import count_told
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.levels import confirm_page, is_unconfirmed, said
from workshop.organise.routes.telling import untold_of
from workshop.programme.forms import (
    EditSessionForm,
    SeriesForm,
    SessionContentForm,
    TimesForm,
    add_faults,
    series_data,
    session_data,
)
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.organise import (
    MANAGERS,
    SeriesRow,
    form_page,
    open_series,
    open_session,
    series_row,
    session_row,
)
from workshop.programme.service.locking import lock
from workshop.programme.service.series import update_series
from workshop.programme.service.sessions import cancel as cancel_session
from workshop.programme.service.sessions import reschedule, update_session
from workshop.programme.service.sessions import unpublish as unpublish_session
from workshop.programme.service.values import SessionValues, series_values, session_values
from workshop.rsvp.queries import count_answers, lock_list
from workshop.rsvp.service import tend


@blueprint.route("/series/<series>/edit", methods=["GET", "POST"])
def edit_series(lang: str, series: str) -> ResponseReturnValue:
    """Change a series."""
    found, role = open_series(series, *MANAGERS)
    row = series_row(found, role, now=clock.now())
    form = SeriesForm(data=series_data(series_values(found)))
    if form.validate_on_submit() and "back" not in request.form:
        lock(db.session(), found.sessions)
        before, proposed = look(db.session(), found.sessions), proposed_levels(db.session(), found.sessions)
        try:
            update_series(
                db.session(),
                now=clock.now(),
                series=found,
                values=form.values(),
                answers=count_answers(db.session(), [one.id for one in found.sessions]),
                actor=actor_of(current_organiser()),
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            effects = find_effects(db.session(), found.sessions, before=before, proposed=proposed)
            if is_unconfirmed(effects):
                db.session.rollback()
                return confirm_page(lang, effects, row.title)
            db.session.commit()
            flash(said(effects) if effects else _("The series is changed."))
            return redirect(url_for("programme_organise.series", lang=lang, series=form.slug.data), 303)
    return form_page("programme/organise/series_form.html", form, page_language=lang, series=row)


@blueprint.route("/series/<series>/<session>/edit", methods=["GET", "POST"])
def edit_session(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Change a session; a helper changes its texts."""
    workshop_session, role = open_session(series, session)
    form = _edit_form(workshop_session, role)
    page = _page(lang, workshop_session, role)
    if form.validate_on_submit() and "back" not in request.form:
        _lock_with_list(workshop_session)
        before, proposed = look(db.session(), [workshop_session]), proposed_levels(db.session(), [workshop_session])
        try:
            update_session(
                db.session(),
                now=clock.now(),
                workshop_session=workshop_session,
                values=_edited(form, session_values(workshop_session)),
                has_answers=count_answers(db.session(), [workshop_session.id])[workshop_session.id] > 0,
                actor=actor_of(current_organiser()),
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            effects = find_effects(db.session(), [workshop_session], before=before, proposed=proposed)
            if is_unconfirmed(effects):
                db.session.rollback()
                return confirm_page(lang, effects, page["row"].name)
            slug = workshop_session.slug
            tend(db.session(), workshop_session, now=clock.now())
            db.session.commit()
            flash(said(effects) if effects else _("The session is changed."))
            return redirect(url_for("organise.edit_session", lang=lang, series=series, session=slug), 303)
    page["may_unpublish"] = (
        role in MANAGERS
        and workshop_session.is_published
        and count_answers(db.session(), [workshop_session.id])[workshop_session.id] == 0
    )
    if role in MANAGERS:
        page["untold"] = untold_of([workshop_session])
    return form_page("programme/organise/session_form.html", form, **page)


@blueprint.post("/series/<series>/<session>/unpublish")
def unpublish(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Make a session that nobody has answered a draft again."""
    workshop_session, _role = open_session(series, session, *MANAGERS)
    lock(db.session(), [workshop_session])
    unpublish_session(
        db.session(),
        now=clock.now(),
        workshop_session=workshop_session,
        has_answers=count_answers(db.session(), [workshop_session.id])[workshop_session.id] > 0,
        actor=actor_of(current_organiser()),
    )
    db.session.commit()
    flash(_("The session is a draft again. Nobody else sees it until you publish it."))
    return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)


@blueprint.route("/series/<series>/<session>/move", methods=["GET", "POST"])
def move(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Move a session: the new times, then what will happen to how many people, then the act."""
    workshop_session, role = open_session(series, session, *MANAGERS)
    page = _page(lang, workshop_session, role)
    page["told_number"] = count_told(db.session(), workshop_session.id)
    form = TimesForm(data=session_data(session_values(workshop_session)))
    if form.validate_on_submit():
        _lock_with_list(workshop_session)
        try:
            is_moved = reschedule(
                db.session(),
                now=clock.now(),
                workshop_session=workshop_session,
                actor=actor_of(current_organiser()),
                **form.times(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            if is_moved and request.form.get("confirm") != "yes":
                after = session_row(workshop_session, workshop_session.series, now=clock.now())
                page["told_number"] = count_told(db.session(), workshop_session.id, ends_after=clock.now())
                db.session.rollback()
                return render_template("organise/move_confirm.html", form=form, after=after, **page)
            tend(db.session(), workshop_session, now=clock.now())
            db.session.commit()
            flash(_("The session is moved.") if is_moved else _("Nothing has changed."))
            return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)
    return form_page("organise/move.html", form, **page)


@blueprint.route("/series/<series>/<session>/cancel", methods=["GET", "POST"])
def cancel(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Cancel a session, once it is said how many people will be told."""
    workshop_session, role = open_session(series, session, *MANAGERS)
    form = FlaskForm()
    if form.validate_on_submit():
        actor = actor_of(current_organiser())
        _lock_with_list(workshop_session)
        cancel_session(db.session(), now=clock.now(), workshop_session=workshop_session, actor=actor)
        tend(db.session(), workshop_session, now=clock.now())
        db.session.commit()
        flash(_("The session is cancelled."))
        return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)
    page = _page(lang, workshop_session, role)
    page["told_number"] = count_told(db.session(), workshop_session.id, ends_after=clock.now())
    return form_page("organise/cancel.html", form, **page)


def _lock_with_list(workshop_session: WorkshopSession) -> None:
    """Lock a session and who waits for it, before the act writes into the log: that lock is always the last one."""
    lock(db.session(), [workshop_session])
    lock_list(db.session(), workshop_session.id)


def _page(lang: str, workshop_session: WorkshopSession, role: Role) -> dict[str, Any]:
    # Made before any act: what the page calls "now" is how things stood when it was asked for.
    series: Series = workshop_session.series
    now = clock.now()
    return {
        "page_language": lang,
        "series": SeriesRow(series.slug, series.title, series.level, role in MANAGERS, (), is_owner=role is Role.OWNER),
        "row": session_row(workshop_session, series, now=now),
    }


def helper_page(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    """Return the page on which a helper edits a session's texts, as it opens."""
    page = {**_page(lang, workshop_session, Role.HELPER), "may_unpublish": False}
    return form_page("programme/organise/session_form.html", _edit_form(workshop_session, Role.HELPER), **page)


def _edit_form(workshop_session: WorkshopSession, role: Role) -> SessionContentForm:
    data = session_data(session_values(workshop_session))
    if role not in MANAGERS:
        return SessionContentForm(data=data)
    form = EditSessionForm(data=data)
    if workshop_session.status is SessionStatus.CANCELLED:
        del form.status
    return form


def _edited(form: SessionContentForm, values: SessionValues) -> SessionValues:
    changed = form.content()
    if isinstance(form, EditSessionForm):
        changed |= form.settings()
        if "status" in form:
            changed["status"] = SessionStatus(form.status.data)
    # Who is no part of a form stays as they are.
    return dataclasses.replace(values, **{"moderators": None, "partners": None} | changed)
