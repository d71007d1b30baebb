"""The breakdown of a session: what may be passed on of who took part, as a page with bars and as a file."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import open_session, session_row
from workshop.programme.view import session_disclosure
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.queries.breakdowns import list_breakdowns
from workshop.rsvp.service.exporting import to_csv, to_xlsx
from workshop.rsvp.view.breakdowns import breakdown_table, breakdown_views

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/series/<series>/<session>/breakdown")
def breakdown(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what was counted when the session began; of a closed one nothing ever is."""
    workshop_session = _open(series, session, Surface.PAGE)
    now = clock.now()
    return render_template(
        "rsvp/organise/breakdown.html",
        page_language=lang,
        row=session_row(workshop_session, workshop_session.series, now=now),
        breakdowns=breakdown_views(list_breakdowns(db.session(), workshop_session.id), lang),
        has_begun=workshop_session.starts_at <= now,
        may_export=_allows(workshop_session, Surface.EXPORT),
    )


@blueprint.post("/series/<series>/<session>/breakdown/export")
def breakdown_export(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Give the same as CSV or XLSX, where the Rule lets it leave; that it was taken out is written into the log."""
    workshop_session = _open(series, session, Surface.EXPORT)
    now, name = clock.now(), f"{series}-{session}"
    views = breakdown_views(list_breakdowns(db.session(), workshop_session.id), lang)
    if not views:
        return redirect(url_for("rsvp_organise.breakdown", lang=lang, series=series, session=session), 303)
    if (page := confirmed_or_page(gives_file=True)) is not None:
        return page
    table = breakdown_table(views, lang)
    record(
        db.session(),
        now=now,
        actor=actor_of(current_organiser()),
        action="rsvp.export_breakdown",
        object_=f"session:{workshop_session.id}",
        details={"rows": len(table.rows)},
    )
    is_xlsx = request.form.get("format") == "xlsx"
    response = make_response(to_xlsx(table, name=name, now=now) if is_xlsx else to_csv(table))
    db.session.commit()
    response.content_type = _XLSX if is_xlsx else "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-breakdown.{"xlsx" if is_xlsx else "csv"}"'
    return response


def _open(series: str, session: str, surface: Surface) -> WorkshopSession:
    workshop_session, _role = open_session(series, session, *LISTERS)
    if not _allows(workshop_session, surface):
        raise NotFoundError
    return workshop_session


def _allows(workshop_session: WorkshopSession, surface: Surface) -> bool:
    return session_disclosure(workshop_session, audience=Audience.ORGANISER, surface=surface).breakdowns
