"""A series from its file: what it would change is shown first, and done once that is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, Role
from workshop.accounts.queries import list_roles
from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of, grant
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import Fault
from workshop.core.language import languages
from workshop.core.uploads import accepts_upload
from workshop.organise.routes.blueprint import blueprint
from workshop.programme.forms.importing import ImportForm
from workshop.programme.queries import find_series
from workshop.programme.sentences import sentence
from workshop.programme.seriesfile import (
    FileFault,
    Report,
    SeriesFileError,
    entry_line,
    fault_at_slug,
    import_series,
    slug_of,
)
from workshop.rsvp.queries import count_answers

_WEIGHTY = frozenset({"chatham_house_rule", "email", "programme"})
"""Fields whose change asks for the pass phrase; the talks of a programme have levels of their own."""


@blueprint.route("/series/import", methods=["GET", "POST"])
@accepts_upload
def import_file(lang: str) -> ResponseReturnValue:
    """Take a series file, say what it would change, then do it."""
    form = ImportForm()
    if "back" in request.form or not form.validate_on_submit():
        is_faulty = request.method == "POST" and "back" not in request.form
        return _page(lang, form), 422 if is_faulty else 200
    content = form.content
    try:
        report = _import(content, is_dry_run=True)
    except SeriesFileError as fault:
        db.session.rollback()
        return _page(lang, form, faults=fault.faults), 422
    db.session.rollback()
    if request.form.get("act") != "import" or form.file.data:
        return _page(lang, form, report=report, content=content.decode("utf-8-sig"))
    if _is_weighty(report) and (page := confirmed_or_page()) is not None:
        return page
    try:
        report = _import(content)
    except SeriesFileError as fault:  # what stands has changed since the first look
        db.session.rollback()
        return _page(lang, form, faults=fault.faults), 422
    db.session.commit()
    flash(
        _("The series file is imported.")
        if report.is_changed
        else _("Nothing changes: the series is as the file says.")
    )
    return redirect(url_for("programme_organise.series", lang=lang, series=report.slug), 303)


def _import(content: bytes, *, is_dry_run: bool = False) -> Report:
    """Import, or say what that would do; over an existing series only for those who plan in it."""
    session, now, organiser = db.session(), clock.now(), current_organiser()
    slug = slug_of(content)
    existing = find_series(session, slug) if slug else None
    if existing is not None and not _may_plan(session, organiser, existing.id):
        # As for any address that is taken: whose it is, nobody learns.
        raise SeriesFileError([fault_at_slug(content, Fault("series.slug", "slug_taken"))])
    actor = actor_of(organiser)
    report = import_series(
        session,
        now=now,
        content=content,
        instance_languages=languages(),
        count_answers=count_answers,
        actor=actor,
        is_dry_run=is_dry_run,
    )
    if is_dry_run:
        return report
    if existing is None:
        grant(session, now=now, series_id=report.series_id, organiser=organiser, role=Role.OWNER, actor=actor)
    if report.is_changed:
        record(
            session,
            now=now,
            actor=actor,
            action="programme.import_series",
            object_=f"series:{report.series_id}",
            details={
                code: sum(entry.code == code for entry in report.entries) for code in ("created", "updated", "asked")
            },
        )
    return report


def _may_plan(session: Session, organiser: Organiser, series_id: int) -> bool:
    return list_roles(session, organiser_id=organiser.id, now=clock.now()).get(series_id) in PLANNERS


def _is_weighty(report: Report) -> bool:
    return any(_WEIGHTY & set(entry.fields) for entry in report.entries if entry.code in {"updated", "asked"})


def _page(
    lang: str,
    form: ImportForm,
    *,
    report: Report | None = None,
    content: str = "",
    faults: Sequence[FileFault] = (),
) -> str:
    return render_template(
        "organise/import.html",
        form=form,
        page_language=lang,
        content=content,
        report=report,
        lines=[entry_line(entry) for entry in report.entries if entry.code != "unchanged"] if report else [],
        faults=[(fault, sentence(fault)) for fault in faults],
    )
