"""Moving, postponing, cancelling, reinstating and deleting: here, because of those who have answered.

Each page says first how many people the act tells; the worker then tells them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.organise.queries import count_told
from workshop.organise.routes.blueprint import blueprint
from workshop.programme.forms import TimesForm, add_faults, session_data
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import form_page, open_session, series_row, session_row
from workshop.programme.service.bookings import list_conflicts
from workshop.programme.service.copying import check_draft, delete_draft
from workshop.programme.service.lifecycle import cancel as cancel_session
from workshop.programme.service.lifecycle import postpone as postpone_session
from workshop.programme.service.lifecycle import reinstate as reinstate_session
from workshop.programme.service.lifecycle import reschedule
from workshop.programme.service.locking import lock
from workshop.programme.service.values import session_values
from workshop.programme.view.planning import conflict_lines
from workshop.rsvp.queries import count_answers, lock_list
from workshop.rsvp.service import tend


@blueprint.route("/series/<series>/<session>/move", methods=["GET", "POST"])
def move(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Move a session: the new times, then what will happen to how many people, then the act.

    One that was postponed gets its new date here, and is on again by the same act.
    """
    workshop_session, role = open_session(series, session, *PLANNERS)
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
                conflicts = _conflicts(workshop_session, lang)
                page["told_number"] = count_told(db.session(), workshop_session.id, ends_after=clock.now())
                db.session.rollback()
                return render_template("organise/move_confirm.html", form=form, after=after, **page | conflicts)
            tend(db.session(), workshop_session, now=clock.now())
            db.session.commit()
            flash(_("The session is moved.") if is_moved else _("Nothing has changed."))
            return _to_series(lang, series)
    return form_page("organise/move.html", form, **page | _conflicts(workshop_session, lang))


@blueprint.route("/series/<series>/<session>/cancel", methods=["GET", "POST"])
def cancel(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Cancel a session, also one that was postponed, once it is said how many people will be told."""
    return _act(lang, series, session, "organise/cancel.html", cancel_session, _("The session is cancelled."))


@blueprint.route("/series/<series>/<session>/postpone", methods=["GET", "POST"])
def postpone(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Put a session off without a new date."""
    return _act(lang, series, session, "organise/postpone.html", postpone_session, _("The session is postponed."))


@blueprint.route("/series/<series>/<session>/reinstate", methods=["GET", "POST"])
def reinstate(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Let a cancelled session take place after all, on its own date."""
    said = _("The session takes place after all.")
    return _act(lang, series, session, "organise/reinstate.html", reinstate_session, said)


@blueprint.route("/series/<series>/<session>/delete", methods=["GET", "POST"])
def delete_session(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Take away a draft that was never published, once it is said what goes with it."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    has_answers = count_answers(db.session(), [workshop_session.id])[workshop_session.id] > 0
    check_draft(workshop_session, has_answers=has_answers)
    form = FlaskForm()
    if form.validate_on_submit():
        actor = actor_of(current_organiser())
        lock(db.session(), [workshop_session])
        has_answers = count_answers(db.session(), [workshop_session.id])[workshop_session.id] > 0
        delete_draft(
            db.session(), now=clock.now(), workshop_session=workshop_session, has_answers=has_answers, actor=actor
        )
        db.session.commit()
        flash(_("The draft is deleted."))
        return _to_series(lang, series)
    page = _page(lang, workshop_session, role)
    return form_page("organise/delete_session.html", form, goes=what_goes(workshop_session), **page)


@dataclasses.dataclass(frozen=True, slots=True)
class Going:
    """What is deleted along with a draft, in numbers."""

    items: int
    """Of the programme."""
    parts: int
    """Of people who speak or moderate; they themselves stay in the series."""
    slides: int
    recordings: int
    questions: int


def what_goes(workshop_session: WorkshopSession) -> Going:
    """Return what is deleted along with a session."""
    items = [item for section in workshop_session.sections for item in section.items]
    return Going(
        items=len(items),
        parts=len(workshop_session.slots) + sum(len(item.slots) for item in items),
        slides=len(workshop_session.slides),
        recordings=len(workshop_session.recordings),
        questions=len(workshop_session.questions),
    )


def _act(
    lang: str, series: str, session: str, template: str, act: Callable[..., bool], said: str
) -> ResponseReturnValue:
    """Ask, saying how many people will be told; then do it."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    form = FlaskForm()
    if form.validate_on_submit():
        actor = actor_of(current_organiser())
        _lock_with_list(workshop_session)
        act(db.session(), now=clock.now(), workshop_session=workshop_session, actor=actor)
        tend(db.session(), workshop_session, now=clock.now())
        db.session.commit()
        flash(said)
        return _to_series(lang, series)
    page = _page(lang, workshop_session, role)
    page["told_number"] = count_told(db.session(), workshop_session.id, ends_after=clock.now())
    page["is_over"] = workshop_session.starts_at <= clock.now()
    return form_page(template, form, **page | _conflicts(workshop_session, lang))


def _conflicts(workshop_session: WorkshopSession, lang: str) -> dict[str, Any]:
    """Return what is in the way of a session as it stands, also of one that is off for now."""
    return {"conflicts": conflict_lines(list_conflicts(db.session(), workshop_session), lang)}


def _lock_with_list(workshop_session: WorkshopSession) -> None:
    """Lock a session and who waits for it, before the act writes into the log: that lock is always the last one."""
    lock(db.session(), [workshop_session])
    lock_list(db.session(), workshop_session.id)


def _to_series(lang: str, series: str) -> ResponseReturnValue:
    return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)


def _page(lang: str, workshop_session: WorkshopSession, role: Role) -> dict[str, Any]:
    # Made before any act: what the page calls "now" is how things stood when it was asked for.
    series: Series = workshop_session.series
    return {
        "page_language": lang,
        "series": series_row(series, role),
        "row": session_row(workshop_session, series, now=clock.now()),
    }
