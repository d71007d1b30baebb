"""A series in the workspace, with how its answers stand; on the programme's blueprint, whose names many links bear."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.organise.queries import count_standing
from workshop.organise.routes.telling import untold_of
from workshop.organise.view import standing_words
from workshop.programme.forms import add_faults
from workshop.programme.models import Series
from workshop.programme.organise import MANAGERS, blueprint, open_series, open_session, series_row, session_row
from workshop.programme.queries import list_proposals
from workshop.programme.service.sessions import publish as publish_session
from workshop.rsvp.queries.levels import Agreed, count_agreed_to_tell
from workshop.summaries.queries import list_stopped


@blueprint.get("/series/<series>/")
def series(lang: str, series: str) -> ResponseReturnValue:
    """Show a series with its sessions and what they lack."""
    found, role = open_series(series)
    return _page(lang, found, role, FlaskForm(None))


@blueprint.post("/series/<series>/<session>/publish")
def publish(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Publish a session."""
    workshop_session, _role = open_session(series, session, *MANAGERS)
    try:
        publish_session(
            db.session(), now=clock.now(), workshop_session=workshop_session, actor=actor_of(current_organiser())
        )
    except InvalidValuesError as fault:
        db.session.rollback()
        form = FlaskForm(None)
        add_faults(form, fault.faults)
        name = session_row(workshop_session, workshop_session.series, now=clock.now()).name.pick(lang).value
        form.form_errors = [f"{name} – {sentence}" for sentence in form.form_errors]
        found, role = open_series(series)
        return _page(lang, found, role, form), 422
    db.session.commit()
    flash(_("The session is published."))
    return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)


def _page(lang: str, found: Series, role: Role, form: FlaskForm) -> str:
    return render_template(
        "programme/organise/series.html",
        series=series_row(found, role, now=clock.now()),
        counts=standing_words(count_standing(db.session(), found.sessions)) if role in MANAGERS else {},
        stopped=list_stopped(db.session(), [one.id for one in found.sessions]) if role in MANAGERS else set(),
        asked=_asked(found) if role in MANAGERS else {},
        untold=untold_of(found.sessions) if role in MANAGERS else {},
        form=form,
        page_language=lang,
    )


def _asked(found: Series) -> dict[tuple[str, str], Agreed | None]:
    """Return series' slug and session's slug → how many have agreed to what is asked of it; None: too few to say."""
    slugs = {one.id: one.slug for one in found.sessions}
    proposals = list_proposals(db.session(), list(slugs))
    counted = count_agreed_to_tell(db.session(), proposals)
    return {(found.slug, slugs[one.workshop_session_id]): counted[one.id] for one in proposals}
