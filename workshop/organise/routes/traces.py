"""What the log says of a series in numbers, and an administrator's way into one that is not theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.queries import list_glass, list_open_glass
from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import break_glass, close_glass
from workshop.audit.service import list_entries
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import ConflictError, NotFoundError
from workshop.organise import emails
from workshop.organise.forms import GlassForm
from workshop.organise.queries import list_titles
from workshop.organise.routes.blueprint import blueprint
from workshop.privacy.view import certificate_view
from workshop.programme.organise import Depth, open_series, series_row
from workshop.programme.queries import find_series


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """That an administrator opened a series."""

    name: str
    reason: str
    opened_at: datetime
    closes_at: datetime


@blueprint.get("/series/<series>/traces")
def traces(lang: str, series: str) -> ResponseReturnValue:
    """Show what was erased in a series, by number, and which administrators opened it."""
    found, role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    entries = list_entries(db.session(), object_=f"series:{found.id}", action="privacy.erase")
    return render_template(
        "organise/traces.html",
        page_language=lang,
        series=series_row(found, role),
        erasures=[certificate_view(entry) for entry in entries],
        openings=[
            OpeningRow(opener.name or opener.email, one.reason, one.opened_at, one.closes_at)
            for one, opener in list_glass(db.session(), series_id=found.id)
        ],
    )


@blueprint.route("/break-glass", methods=["GET", "POST"])
def open_glass(lang: str) -> ResponseReturnValue:
    """Let an administrator read a series for an hour, once they said why; its organisers are told."""
    organiser, now, session = current_organiser(), clock.now(), db.session()
    if not organiser.is_administrator:
        raise NotFoundError
    form = GlassForm()
    if form.validate_on_submit():
        slug = form.series.data
        series = find_series(session, slug)
        if series is None:
            form.series.errors = [_("No series has this address.")]
        elif not form.close.data and (asked := confirmed_or_page()) is not None:
            return asked
        elif form.close.data:
            close_glass(session, now=now, organiser=organiser, series_id=series.id)
            session.commit()
            flash(_("The series is closed to you again."))
            return redirect(url_for("organise.open_glass", lang=lang), 303)
        else:
            try:
                glass = break_glass(session, now=now, organiser=organiser, series_id=series.id, reason=form.reason.data)
            except ConflictError:
                form.series.errors = [_("You have access to this series already.")]
            else:
                emails.break_glass_opened(session, now=now, glass=glass, opener=organiser)
                session.commit()
                return redirect(url_for("programme_organise.series", lang=lang, series=slug), 303)
    opened = list_open_glass(session, organiser_id=organiser.id, now=now)
    titles = list_titles(session, list(opened))
    page = render_template("organise/break_glass.html", form=form, opened=titles, page_language=lang)
    return page, 422 if form.is_submitted() else 200
