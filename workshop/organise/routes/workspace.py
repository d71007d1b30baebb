"""Where the workspace begins."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from workshop.accounts.models import Role
from workshop.accounts.queries import list_roles
from workshop.accounts.routes import current_organiser
from workshop.core import clock
from workshop.core.db import db
from workshop.organise.queries import count_not_arrived, count_standing, list_series, list_titles
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.telling import untold_of
from workshop.organise.view import missed_words, standing_words
from workshop.programme.organise import MANAGERS, series_row

NEXT = 10
"""So many sessions the dashboard shows, and beside them those with answers that wait for an approval."""


@blueprint.get("/")
def dashboard(lang: str) -> ResponseReturnValue:
    """Show one's own series and the sessions that come next."""
    now, database = clock.now(), db.session()
    roles = list_roles(database, organiser_id=current_organiser().id)
    own = {series_id: role for series_id, role in roles.items() if role is not Role.PARTNER}
    found = list_series(database, own)
    rows = [series_row(one, own[one.id], now=now) for one in found]
    coming = [(row, session) for row in rows for session in row.sessions if not session.is_past]
    coming.sort(key=lambda pair: pair[1].starts_at)
    managed = [one for series in found if own[series.id] in MANAGERS for one in series.sessions if one.ends_at > now]
    counts = standing_words(count_standing(database, managed))
    missed = count_not_arrived(database, [one.id for one in found if own[one.id] in MANAGERS])
    waits = {key for key, words in counts.items() if words.to_approve}
    shown = [pair for number, pair in enumerate(coming) if number < NEXT or (pair[1].series, pair[1].slug) in waits]
    return render_template(
        "organise/dashboard.html",
        all_series=rows,
        coming=shown,
        later=len(coming) - len(shown),
        counts=counts,
        untold=untold_of(managed),
        missed={one.slug: missed_words(missed[one.id]) for one in found if one.id in missed},
        partnered=list_titles(database, [series_id for series_id in roles if series_id not in own]),
        is_administrator=current_organiser().is_administrator,
        page_language=lang,
    )
