"""A series as a file: without what is private, or with it once the pass phrase is given."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.rows import series_row
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.seriesfile import export_series

_KINDS = frozenset({"public", "private"})


@blueprint.route("/series/<series>/export", methods=["GET", "POST"])
def export_file(lang: str, series: str) -> ResponseReturnValue:
    """Say what the two files hold, and hand one out."""
    found, role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    kind = request.form.get("kind")
    if request.method == "GET" or "back" in request.form or kind not in _KINDS:
        row = series_row(found, role)
        page = render_template("programme/organise/export.html", page_language=lang, series=row)
        return page, 422 if request.method == "POST" and "back" not in request.form else 200
    if kind == "public":
        return _file(export_series(open_series(series, *PLANNERS)[0]), series)
    if (refused := confirmed_or_page()) is not None:
        return refused
    found, _role = open_series(series, *PLANNERS)
    text = export_series(found, is_private=True)
    record(
        db.session(),
        now=clock.now(),
        actor=actor_of(current_organiser()),
        action="programme.export_private",
        object_=f"series:{found.id}",
        details={"people": len(found.people)},
    )
    db.session.commit()
    return _file(text, f"{series}-private")


def _file(text: str, name: str) -> Response:
    response = make_response(text.encode())
    response.content_type = "application/yaml; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return response
