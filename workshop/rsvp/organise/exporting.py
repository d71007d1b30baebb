"""Taking a list out as CSV or XLSX, once it is said what for."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.chatham.rule import Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import Depth, open_series, series_row, session_row
from workshop.rsvp.forms.lists import ExportForm, read_filter
from workshop.rsvp.organise.answers import open_list, query_args
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.organise.series_answers import listed_sessions
from workshop.rsvp.queries import lists
from workshop.rsvp.service.exporting import record_export, to_csv, to_xlsx
from workshop.rsvp.view.lists import Table, series_table, session_table

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/series/<series>/<session>/answers/export", methods=["GET", "POST"])
def export(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Take the list of a session out: what the filter in the address lets through."""
    workshop_session = open_list(series, session, surface=Surface.EXPORT)
    form = ExportForm()
    if form.validate_on_submit():
        if (page := confirmed_or_page(gives_file=True)) is not None:
            return page
        table = _session_table(workshop_session, lang, with_addresses=form.addresses.data)
        return _take_out(form, table, workshop_session.series_id, workshop_session, f"{series}-{session}")
    row = session_row(workshop_session, workshop_session.series, now=clock.now())
    return _page(lang, form, row=row, series=None)


@blueprint.route("/series/<series>/answers/export", methods=["GET", "POST"])
def series_export(lang: str, series: str) -> ResponseReturnValue:
    """Take the list of a series out: what the filter in the address lets through."""
    found_series, role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    form = ExportForm()
    if not form.validate_on_submit():
        return _page(lang, form, row=None, series=series_row(found_series, role))
    if (page := confirmed_or_page(gives_file=True)) is not None:
        return page
    database = db.session()
    sessions = listed_sessions(found_series, surface=Surface.EXPORT)
    session_ids = [one.id for one in sessions]
    organisations = lists.list_organisations(database, session_ids)
    found, _is_understood = read_filter(request.args, organisations=dict.fromkeys(organisations, ""))
    people = lists.list_people(database, found_series.id, found)
    questions = lists.list_asked(database, found_series.id, session_ids)
    replies = lists.list_replies(database, [one.id for one in questions], session_ids)
    table = series_table(
        people,
        lists.list_answers_of(database, [one.id for one in people]),
        sessions,
        questions,
        {(person, question): value for person, question, value in replies},
        language=lang,
        with_addresses=form.addresses.data,
    )
    return _take_out(form, table, found_series.id, None, series)


def _session_table(workshop_session: WorkshopSession, lang: str, *, with_addresses: bool) -> Table:
    database, session_id = db.session(), workshop_session.id
    organisations = lists.list_organisations(database, [session_id])
    found, _is_understood = read_filter(request.args, organisations=dict.fromkeys(organisations, ""))
    questions = lists.list_asked(database, workshop_session.series_id, [session_id])
    replies = lists.list_replies(database, [one.id for one in questions], [session_id])
    return session_table(
        workshop_session,
        lists.list_listed(database, session_id, found),
        questions,
        {(person, question): value for person, question, value in replies},
        language=lang,
        with_addresses=with_addresses,
    )


def _take_out(
    form: ExportForm, table: Table, series_id: int, workshop_session: WorkshopSession | None, name: str
) -> Response:
    now = clock.now()
    record_export(
        db.session(),
        now=now,
        series_id=series_id,
        workshop_session=workshop_session,
        purpose=form.purpose.data,
        rows=len(table.rows),
        has_addresses=form.addresses.data,
        actor=actor_of(current_organiser()),
    )
    is_csv = form.format.data == "csv"
    body = to_csv(table) if is_csv else to_xlsx(table, name=name, now=now)
    db.session.commit()
    response = make_response(body)
    response.content_type = "text/csv; charset=utf-8" if is_csv else _XLSX
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{"csv" if is_csv else "xlsx"}"'
    return response


def _page(lang: str, form: ExportForm, **context: Any) -> ResponseReturnValue:
    page = render_template(
        "rsvp/organise/export.html", form=form, page_language=lang, arguments=query_args(), **context
    )
    return page, 422 if request.method == "POST" else 200
