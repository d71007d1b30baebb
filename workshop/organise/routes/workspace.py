"""Where the workspace begins, and the mail that left."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from workshop.accounts.models import Role
from workshop.accounts.queries import list_roles
from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.organise.queries import count_standing, list_mail, list_series, list_titles
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.view import mail_row, standing_words
from workshop.programme.organise import MANAGERS, open_series, series_row

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
    waits = {key for key, words in counts.items() if words.to_approve}
    shown = [pair for number, pair in enumerate(coming) if number < NEXT or (pair[1].series, pair[1].slug) in waits]
    return render_template(
        "organise/dashboard.html",
        all_series=rows,
        coming=shown,
        later=len(coming) - len(shown),
        counts=counts,
        partnered=list_titles(database, [series_id for series_id in roles if series_id not in own]),
        is_administrator=current_organiser().is_administrator,
        page_language=lang,
    )


@blueprint.get("/series/<series>/mail")
def mail(lang: str, series: str) -> ResponseReturnValue:
    """Show the mail of a series: addresses masked, secret links cut. Looking is written into the log."""
    found, role = open_series(series, *MANAGERS)
    now, actor = clock.now(), actor_of(current_organiser())
    rows = [mail_row(message) for message in list_mail(db.session(), found.id)]
    row = series_row(found, role, now=now)
    with writing() as log:
        record(log, now=now, actor=actor, action="organise.view_mail", object_=f"series:{found.id}")
    return render_template("organise/mail.html", messages_sent=rows, series=row, page_language=lang)
