"""The page on which a session's summary is written, checked, approved and taken back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser, require_sign_in
from workshop.accounts.rule import MANAGERS, WRITERS
from workshop.chatham.rule import Level
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import WorkshopError
from workshop.core.faults import InvalidValuesError
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import open_session, series_row, session_row
from workshop.rsvp.rule import level_of
from workshop.summaries import service
from workshop.summaries.forms import SummaryForm, VersionForm, WholeSummaryForm, add_faults, reasons_in, summary_data
from workshop.summaries.models import Summary
from workshop.summaries.queries import count_confirmed, find_summary
from workshop.summaries.rule import (
    OwnSummaryError,
    SummaryBlockedError,
    SummaryChangedError,
    SummaryClosedError,
    SummaryPublishedError,
    SummaryTooEarlyError,
)
from workshop.summaries.view import editor_view

_ADDRESS = "/series/<series>/<session>/summary"
_PROBLEMS = (
    OwnSummaryError, SummaryBlockedError, SummaryChangedError, SummaryClosedError, SummaryPublishedError,
    SummaryTooEarlyError,
)  # fmt: skip
"""Shown on the page itself, beside what can be done about them."""

blueprint = Blueprint("summaries_organise", __name__, template_folder="templates", url_prefix="/<lang:lang>/organise")
blueprint.before_request(require_sign_in)


@blueprint.get(_ADDRESS)
def summary(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the text with what the check finds in it today."""
    workshop_session, role = open_session(series, session, *WRITERS)
    return _page(lang, workshop_session, role)


@blueprint.post(_ADDRESS)
def save(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Keep the text and the reasons; with `act=submit` hand it to whoever approves it."""
    workshop_session, role = open_session(series, session, *WRITERS)
    now, organiser, knows_list = clock.now(), current_organiser(), role in MANAGERS
    form = _form(role)
    if not form.validate():
        return _page(lang, workshop_session, role, form=form), 422
    try:
        kept = service.save(
            db.session(),
            now=now,
            workshop_session=workshop_session,
            values=form.values(),
            version=form.version.data,
            organiser=organiser,
        )
        service.give_reasons(
            db.session(),
            now=now,
            workshop_session=workshop_session,
            summary=kept,
            reasons=reasons_in(request.form),
            organiser=organiser,
            knows_list=knows_list,
        )
    except InvalidValuesError as fault:
        db.session.rollback()
        add_faults(form, fault.faults)
        return _page(lang, workshop_session, role, form=form), 422
    except _PROBLEMS as problem:
        db.session.rollback()
        return _page(lang, workshop_session, role, form=form, problem=problem), problem.status
    version = kept.version
    db.session.commit()
    if request.form.get("act") == "submit":
        return _submit(lang, workshop_session, role, version)
    flash(_("The summary is saved."))
    return _back(lang, workshop_session)


def _submit(lang: str, workshop_session: WorkshopSession, role: Role, version: int) -> ResponseReturnValue:
    try:
        service.submit(
            db.session(),
            now=clock.now(),
            workshop_session=workshop_session,
            version=version,
            organiser=current_organiser(),
            knows_list=role in MANAGERS,
        )
    except InvalidValuesError as fault:
        db.session.rollback()
        form = _stored_form(role, find_summary(db.session(), workshop_session.id))
        add_faults(form, fault.faults)
        return _page(lang, workshop_session, role, form=form, is_kept=True), 422
    except _PROBLEMS as problem:
        db.session.rollback()
        return _page(lang, workshop_session, role, problem=problem, is_kept=True), problem.status
    db.session.commit()
    flash(_("The summary waits for approval."))
    return _back(lang, workshop_session)


@blueprint.post(f"{_ADDRESS}/approve")
def approve(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Approve the text that was shown; the last approval that it takes publishes it."""
    workshop_session, role = open_session(series, session, *MANAGERS)
    form = VersionForm()
    try:
        is_published = service.approve(
            db.session(),
            now=clock.now(),
            workshop_session=workshop_session,
            version=form.version.data,
            organiser=current_organiser(),
        )
    except InvalidValuesError as fault:
        db.session.rollback()
        stored = _stored_form(role, find_summary(db.session(), workshop_session.id))
        add_faults(stored, fault.faults)
        return _page(lang, workshop_session, role, form=stored), 422
    except _PROBLEMS as problem:
        db.session.rollback()
        return _page(lang, workshop_session, role, problem=problem), problem.status
    db.session.commit()
    flash(_("The summary is published.") if is_published else _("Your approval counts. One more is needed."))
    return _back(lang, workshop_session)


@blueprint.post(f"{_ADDRESS}/take-back")
def take_back(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Make a draft again of what is published or waits."""
    workshop_session, role = open_session(series, session, *MANAGERS)
    return _act(lang, workshop_session, role, service.take_back, _("The summary is a draft again."))


@blueprint.post(f"{_ADDRESS}/delete")
def delete(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Delete the text, its quotations and reasons."""
    workshop_session, role = open_session(series, session, *MANAGERS)
    return _act(lang, workshop_session, role, service.delete, _("The summary is deleted."))


def _act(lang: str, workshop_session: WorkshopSession, role: Role, act: Any, words: str) -> ResponseReturnValue:
    version = VersionForm().version.data
    try:
        act(
            db.session(),
            now=clock.now(),
            workshop_session=workshop_session,
            version=version,
            organiser=current_organiser(),
        )
    except _PROBLEMS as problem:
        db.session.rollback()
        return _page(lang, workshop_session, role, problem=problem), problem.status
    db.session.commit()
    flash(words)
    return _back(lang, workshop_session)


def _form(role: Role) -> SummaryForm:
    return WholeSummaryForm() if role in MANAGERS else SummaryForm()


def _stored_form(role: Role, found: Summary | None) -> SummaryForm:
    data = summary_data(service.summary_values(found), found.version if found else 0)
    if role not in MANAGERS:
        return SummaryForm(formdata=None, data=data)
    return WholeSummaryForm(formdata=None, data=data)


def _back(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    series, slug = workshop_session.series.slug, workshop_session.slug
    return redirect(url_for("summaries_organise.summary", lang=lang, series=series, session=slug), 303)


def _page(
    lang: str,
    workshop_session: WorkshopSession,
    role: Role,
    *,
    form: SummaryForm | None = None,
    problem: WorkshopError | None = None,
    is_kept: bool = False,
) -> str:
    """Return the page.

    Args:
        lang: its language.
        workshop_session: whose summary it is.
        role: of whoever reads it.
        form: as it was sent, where something is wrong with it; else what is stored.
        problem: what stood in the way.
        is_kept: whether what was sent is kept although something stood in the way.
    """
    session, knows_list = db.session(), role in MANAGERS
    found = find_summary(session, workshop_session.id)
    is_checked = found is not None and level_of(workshop_session) is not Level.CLOSED
    checked = (
        service.check_summary(session, workshop_session, found, knows_list=knows_list) if found and is_checked else []
    )
    view = editor_view(
        workshop_session,
        found,
        checked,
        organiser_id=current_organiser().id,
        may_manage=knows_list,
        confirmed=count_confirmed(session, workshop_session.id),
        now=clock.now(),
    )
    form = form or _stored_form(role, found)
    series = workshop_session.series
    is_conflict = isinstance(problem, SummaryChangedError)
    if is_conflict:
        # The next press of the button overwrites, knowingly: what stands there by now is shown beside it.
        form.version.data = view.version
    return render_template(
        "summaries/organise/summary.html",
        view=view,
        form=form,
        problem=problem.code if problem else "",
        is_kept=is_kept,
        page_language=lang,
        series=series_row(series, role),
        row=session_row(workshop_session, series, now=clock.now()),
        here={"lang": lang, "series": series.slug, "session": workshop_session.slug},
    )
