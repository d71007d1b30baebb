"""A series in the workspace, with how its answers stand; on the programme's blueprint, whose names many links bear."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.rule import PLANNERS
from workshop.core import clock
from workshop.core.db import db
from workshop.organise.queries import count_standing
from workshop.organise.routes.telling import untold_of
from workshop.organise.view import standing_words
from workshop.programme.conflicts import conflicts_by_slug
from workshop.programme.models import Series
from workshop.programme.organise import blueprint, open_series, series_row, session_row
from workshop.programme.queries import list_proposals
from workshop.programme.view.planning import ConflictLine, conflict_lines
from workshop.rsvp.queries.levels import Agreed, count_agreed_to_tell
from workshop.summaries.queries import list_stopped


@blueprint.get("/series/<series>/")
def series(lang: str, series: str) -> ResponseReturnValue:
    """Show a series with its sessions and what they lack."""
    found, role = open_series(series)
    return _page(lang, found, role, FlaskForm(None))


def _page(lang: str, found: Series, role: Role, form: FlaskForm) -> str:
    return render_template(
        "programme/organise/series.html",
        series=series_row(found, role),
        sessions=[session_row(one, found, now=clock.now()) for one in found.sessions],
        counts=standing_words(count_standing(db.session(), found.sessions)) if role is not Role.TRANSLATOR else {},
        stopped=list_stopped(db.session(), [one.id for one in found.sessions]) if role in PLANNERS else set(),
        asked=_asked(found) if role in PLANNERS else {},
        untold=untold_of(found.sessions) if role in PLANNERS else {},
        conflicts=_conflicts(found, lang) if role in PLANNERS else {},
        form=form,
        page_language=lang,
    )


def _conflicts(found: Series, lang: str) -> dict[str, tuple[ConflictLine, ...]]:
    """Return session's slug → what is in the way of it, of those that are to come."""
    conflicts = conflicts_by_slug(found.sessions, now=clock.now())
    return {slug: conflict_lines(those, lang) for slug, those in conflicts.items()}


def _asked(found: Series) -> dict[tuple[str, str], Agreed | None]:
    """Return series' slug and session's slug → how many have agreed to what is asked of it; None: too few to say."""
    slugs = {one.id: one.slug for one in found.sessions}
    proposals = list_proposals(db.session(), list(slugs))
    counted = count_agreed_to_tell(db.session(), proposals)
    return {(found.slug, slugs[one.workshop_session_id]): counted[one.id] for one in proposals}
