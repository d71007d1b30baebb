"""Editing: here, not in programme, because of those who have answered.

A looser level is asked of them; a raised capacity offers places to those who wait; an act says whom it tells.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.actors import changed_by
from workshop.accounts.reauthentication import wrong_confirmation
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS, WRITERS
from workshop.accounts.service import actor_of
from workshop.chatham.rule import is_looser
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.organise.effects import find_effects, is_lowered, look, proposed_levels
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.levels import hold_back, said
from workshop.people.staleness import list_stale
from workshop.programme.forms import (
    SeriesForm,
    SeriesTextsForm,
    add_faults,
    series_data,
)
from workshop.programme.forms.languages import dress, fine_of, press_typesetting
from workshop.programme.forms.meanwhile import Met, base_of, meet, names_in, say_conflicts
from workshop.programme.models import Series
from workshop.programme.organise import Depth, form_page, open_series, open_session, series_row
from workshop.programme.service.languages import list_terms, say_fine
from workshop.programme.service.lifecycle import unpublish as unpublish_session
from workshop.programme.service.locking import hold, lock
from workshop.programme.service.series import update_series
from workshop.programme.service.values import SeriesValues, series_values
from workshop.programme.texts import SERIES_TEXTS, texts_of
from workshop.programme.view.languages import Marks, marks_of, terms_of
from workshop.rsvp.queries import count_answers


@blueprint.route("/series/<series>/edit", methods=["GET", "POST"])
def edit_series(lang: str, series: str) -> ResponseReturnValue:
    """Change a series; a translator changes its texts. Either counts at once: of a series nothing is kept aside."""
    found, role = open_series(series, *WRITERS, depth=Depth.LEVELS)
    row = series_row(found, role)
    form = (SeriesForm if row.may_plan else SeriesTextsForm)(data=series_data(series_values(found)))
    owner = f"series:{found.id}"
    marks = marks_of(list_stale(db.session(), found.id).get(owner, ()))
    dress(form, marks)
    terms = terms_of(list_terms(db.session(), found.id), texts_of(found, SERIES_TEXTS).values())
    fields = names_in(form, SeriesValues)
    page: dict[str, Any] = {"page_language": lang, "series": row, "terms": terms}
    page["base"] = base_of(series_values(found), fields)
    if not press_typesetting(form) and form.validate_on_submit() and "back" not in request.form:
        if (wrong := wrong_confirmation()) is not None:
            return wrong
        lock(db.session(), found.sessions)
        hold(db.session(), found, "partners")
        stands = series_values(found)
        met = meet(_values(form, found), stands, fields)
        if met.conflicts:
            db.session.rollback()
            page["conflict_by"] = changed_by(
                db.session(),
                object_=f"series:{found.id}",
                action="programme.edit_series",
                fields={one.field for one in met.conflicts},
                reader=current_organiser(),
            )
            return _conflict_page(type(form), met, stands, marks, page)
        values = met.values
        before, proposed = look(db.session(), found.sessions), proposed_levels(db.session(), found.sessions)
        try:
            update_series(
                db.session(),
                now=clock.now(),
                series=found,
                values=values,
                answers=count_answers(db.session(), [one.id for one in found.sessions]),
                actor=actor_of(current_organiser()),
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            say_fine(
                db.session(),
                now=clock.now(),
                actor=actor_of(current_organiser()),
                series_id=found.id,
                workshop_session_id=None,
                owner=owner,
                fine=fine_of(form),
            )
            effects = find_effects(db.session(), found.sessions, before=before, proposed=proposed)
            weighs = is_looser(stands.level, values.level) or is_lowered(found.sessions, before)
            if (held := hold_back(lang, effects, row.title, weighs=weighs)) is not None:
                return held
            db.session.commit()
            flash(said(effects) if effects else _("The series is changed."))
            if met.others:
                flash(met.others)
            return redirect(url_for("programme_organise.series", lang=lang, series=values.slug), 303)
    return form_page("programme/organise/series_form.html", form, **page)


def _conflict_page(
    kind: type[SeriesTextsForm], met: Met[SeriesValues], stands: SeriesValues, marks: Marks, page: dict[str, Any]
) -> ResponseReturnValue:
    """Return the page with what was typed, and what was saved meanwhile."""
    # Rows of partners that were not sent are left as they are.
    partners = stands.partners if met.values.partners is None else met.values.partners
    form = kind(formdata=None, data=series_data(dataclasses.replace(met.values, partners=partners)))
    dress(form, marks)
    rows = say_conflicts(form, kind(formdata=None, data=series_data(stands)), met.conflicts)
    page |= {"base": met.base, "conflicts": rows}
    return render_template("programme/organise/series_form.html", form=form, **page), 409


def _values(form: SeriesTextsForm, series: Series) -> SeriesValues:
    """Return what was entered; where the form holds texts only, beside what stands."""
    if isinstance(form, SeriesForm):
        return form.values()
    return dataclasses.replace(series_values(series), committee=None, partners=None, **form.texts())


@blueprint.post("/series/<series>/<session>/unpublish")
def unpublish(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Make a session that nobody has answered a draft again."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
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
