"""What those who speak wrote on their own pages: what waits for an organiser, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.people.models import ChangeState, SpeakerChange
from workshop.programme.models import Series
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.people import BASE, page_of
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.queries import list_changes
from workshop.programme.sentences import sentence
from workshop.programme.service.speaking import decide
from workshop.programme.view.people import ChangeView, change_view

_DECIDED_SHOWN = 20


@blueprint.get(f"{BASE}/asked")
def changes(lang: str, series: str) -> ResponseReturnValue:
    """Show what waits, each beside what stands, and the last that were decided."""
    found, role = open_series(series, *PLANNERS, depth=Depth.LEVELS)
    return _page(found, **page_of(lang, found, role)), 200


@blueprint.post(f"{BASE}/asked/<int:change>")
def decide_change(lang: str, series: str, change: int) -> ResponseReturnValue:
    """Make a change (`act=make`) or refuse it (`act=refuse`); the speaker is told."""
    found, role = open_series(series, *PLANNERS, depth=Depth.LEVELS)
    session = db.session()
    asked = session.get(SpeakerChange, change, with_for_update=True, populate_existing=True)
    if asked is None or asked.series_id != found.id:
        raise NotFoundError
    accepts = request.form.get("act") == "make"
    if not accepts and request.form.get("act") != "refuse":
        return redirect(url_for("programme_organise.changes", lang=lang, series=series), 303)
    actor = actor_of(current_organiser())
    try:
        decide(session, now=clock.now(), change=asked, accepts=accepts, actor=actor, languages=languages())
    except InvalidValuesError as fault:
        session.rollback()
        found, role = open_series(series, *PLANNERS)
        reasons = [sentence(one) for one in fault.faults]
        return _page(found, fault=(change, reasons), **page_of(lang, found, role)), 422
    session.commit()
    flash(_("The change is accepted.") if accepts else _("The change is refused: everything stays as it was."))
    return redirect(url_for("programme_organise.changes", lang=lang, series=series), 303)


def _page(of: Series, *, fault: tuple[int, list[str]] = (0, []), **context: Any) -> str:
    session = db.session()
    views = _views(of, list_changes(session, of.id))
    decided = list_changes(session, of.id, states=(ChangeState.MADE, ChangeState.REFUSED))
    return render_template(
        "programme/organise/changes.html",
        waiting=views,
        decided=_views(of, list(reversed(decided))[:_DECIDED_SHOWN]),
        fault=fault,
        **context,
    )


def _views(series: Series, found: Sequence[SpeakerChange]) -> list[ChangeView]:
    if not found:
        return []
    people = {person.id: person for person in series.people}
    items = {item.id: (one, item) for one in series.sessions for section in one.sections for item in section.items}
    return [change_view(one, people[one.person_id], items) for one in found if one.person_id in people]
