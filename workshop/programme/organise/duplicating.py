"""A session after another one, a series after another one: what comes along is chosen, people's answers never do."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of, grant
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.programme.forms import DuplicateForm, DuplicateSeriesForm, add_faults
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.pages import form_page
from workshop.programme.organise.rows import series_row, session_row
from workshop.programme.organise.walls import Depth, open_series, open_session
from workshop.programme.service.copying import SHIFT, copy_series, copy_session, values_after


@blueprint.route("/series/<series>/<session>/duplicate", methods=["GET", "POST"])
def duplicate_session(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Make a draft after a session of the same series."""
    source, role = open_session(series, session, *PLANNERS)
    of_series: Series = source.series
    form = _session_form(source)
    if form.validate_on_submit():
        parts = form.chosen()
        values = values_after(source, parts, form.when(), number=form.number.data, slug=form.slug.data or "")
        try:
            made = copy_session(
                db.session(),
                now=clock.now(),
                source=source,
                target=of_series,
                values=values,
                parts=parts,
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
        "programme/organise/duplicate_session.html",
        form,
        page_language=lang,
        series=series_row(of_series, role),
        row=session_row(source, of_series, now=clock.now()),
    )


def _session_form(source: WorkshopSession) -> DuplicateForm:
    """Return the form: the same hours a week after the series' last session, the next number."""
    form = DuplicateForm()
    if not form.is_submitted():
        siblings = source.series.sessions
        last = max(one.starts_wall for one in siblings).date()
        day = last - (last - source.starts_wall.date()) % (SHIFT / 52) + SHIFT / 52
        moved = day - source.starts_wall.date()
        form.starts_wall.data, form.ends_wall.data = source.starts_wall + moved, source.ends_wall + moved
        form.tzid.data = source.tzid
        form.number.data = max((one.number or 0 for one in siblings), default=0) + 1
    return form


@blueprint.route("/series/<series>/duplicate", methods=["GET", "POST"])
def duplicate_series(lang: str, series: str) -> ResponseReturnValue:
    """Make a series after another one; whoever does owns it, and nobody else has a role there."""
    source, role = open_series(series, *PLANNERS, depth=Depth.WHOLE if request.method == "POST" else Depth.ITSELF)
    row = series_row(source, role)
    form = DuplicateSeriesForm()
    if not form.is_submitted():
        form.title.data = source.title
        first = min((one.starts_wall for one in source.sessions), default=None)
        form.first_on.data = None if first is None else (first + SHIFT).date()
        form.with_sessions.data = first is not None
    elif form.validate():
        now, organiser = clock.now(), current_organiser()
        actor = actor_of(organiser)
        try:
            made = copy_series(
                db.session(),
                now=now,
                source=source,
                slug=form.slug.data or "",
                title=form.title.data,
                parts=form.chosen(),
                first_on=form.first_on.data if form.with_sessions.data else None,
                actor=actor,
                instance_languages=languages(),
            )
            grant(db.session(), now=now, series_id=made.id, organiser=organiser, role=Role.OWNER, actor=actor)
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            slug = made.slug
            db.session.commit()
            flash(_("The series is made, and you own it. Its sessions are drafts."))
            return redirect(url_for("programme_organise.series", lang=lang, series=slug), 303)
    return form_page("programme/organise/duplicate_series.html", form, page_language=lang, series=row)
