"""Making a series, and a session of it."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of, grant
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.programme.forms import NewSessionForm, SeriesForm, add_faults
from workshop.programme.forms.languages import dress, is_typesetting, press_typesetting
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.rows import series_row
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.service.languages import list_terms
from workshop.programme.service.series import create_series
from workshop.programme.service.sessions import create_session
from workshop.programme.view.languages import terms_of


def form_page(template: str, form: FlaskForm, **context: Any) -> ResponseReturnValue:
    """Return a page with a form: 422 when it comes back with faults.

    Not when one goes back to it (`back`), or had its typography corrected.
    """
    is_faulty = request.method == "POST" and "back" not in request.form and not is_typesetting()
    return render_template(template, form=form, **context), 422 if is_faulty else 200


def page_number(total: int, each: int) -> int:
    """Return which page of a list the address asks for, from 1; the last one beyond the end."""
    typed = request.args.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1  # noqa: PLR2004 (digits)
    return min(max(1, number), max(1, -(-total // each)))


@blueprint.route("/series/new", methods=["GET", "POST"])
def new_series(lang: str) -> ResponseReturnValue:
    """Create a series; whoever does owns it."""
    form = SeriesForm()
    dress(form, {})
    if not form.is_submitted():
        form.tzid.data = current_app.config["TIMEZONE"]
    elif not press_typesetting(form) and form.validate():
        now, organiser = clock.now(), current_organiser()
        actor = actor_of(organiser)
        try:
            series = create_series(
                db.session(), now=now, values=form.values(), actor=actor, instance_languages=languages()
            )
            grant(db.session(), now=now, series_id=series.id, organiser=organiser, role=Role.OWNER, actor=actor)
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            return redirect(url_for("programme_organise.series", lang=lang, series=form.slug.data), 303)
    return form_page("programme/organise/series_form.html", form, page_language=lang, series=None)


@blueprint.route("/series/<series>/sessions/new", methods=["GET", "POST"])
def new_session(lang: str, series: str) -> ResponseReturnValue:
    """Create a session: a draft until it is published."""
    found, role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    now = clock.now()
    row = series_row(found, role)
    form = NewSessionForm()
    dress(form, {})
    terms = terms_of(list_terms(db.session(), found.id), ())
    if not form.is_submitted():
        form.tzid.data = found.tzid
        form.number.data = max((one.number or 0 for one in found.sessions), default=0) + 1
        form.floor_languages.data = found.languages
    elif not press_typesetting(form) and form.validate():
        try:
            made = create_session(
                db.session(),
                now=now,
                series=found,
                values=form.values(),
                actor=actor_of(current_organiser()),
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("The session is kept as a draft. Nobody else sees it until you publish it."))
            return redirect(url_for("organise.edit_session", lang=lang, series=series, session=made.slug), 303)
    return form_page(
        "programme/organise/session_form.html", form, page_language=lang, series=row, row=None, terms=terms
    )
