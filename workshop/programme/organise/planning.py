"""Many sessions from a rule: a list that is edited before anything is created. Nothing is kept until then."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import InvalidError
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.core.localtime import long_date, to_instant
from workshop.people.checks import Checker
from workshop.programme.conflicts import Booking, bookings_of, find_conflicts
from workshop.programme.forms import PlanForm
from workshop.programme.forms.planning import NOTHING, NUMBER, RowForm
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.rows import series_row
from workshop.programme.organise.walls import open_series
from workshop.programme.schedule import MAXIMUM_PLANNED
from workshop.programme.service.checks import check_times, end_fold
from workshop.programme.service.copying import Part, values_after
from workshop.programme.service.sessions import create_session
from workshop.programme.service.values import SessionValues
from workshop.programme.view.planning import ConflictLine, conflict_lines, left_out_words


@blueprint.route("/series/<series>/plan", methods=["GET", "POST"])
def plan(lang: str, series: str) -> ResponseReturnValue:
    """Say a rule, edit the list that follows from it, create the sessions as drafts.

    `act` is `preview` (make the list from the rule), `add` (one more row), `check` or `create`; all but the first take
    in the days of `take_in`, which the rule left out.
    """
    found, role = open_series(series, *PLANNERS)
    row = series_row(found, role)
    form = _form(found, lang)
    act = request.form.get("act", "preview")
    is_right = not form.is_submitted() or _edit(form, found, act)
    if form.is_submitted() and is_right and act == "create" and _create(form, found):
        return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)
    is_fine = is_right and not (form.is_submitted() and act == "create")
    page = render_template(
        "programme/organise/plan.html",
        form=form,
        page_language=lang,
        series=row,
        rows=_rows(form, found, lang),
        left_out=_left_out(form, lang),
        is_full=len(form.rows.entries) >= MAXIMUM_PLANNED,
    )
    return page, 200 if is_fine else 422


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What stands above a row of the list."""

    day: str
    """In words, with its weekday; empty where none is said yet."""
    conflicts: tuple[ConflictLine, ...]


def _form(found: Series, lang: str) -> PlanForm:
    """Return the form: on the first visit with what the series' last session proposes."""
    form = PlanForm()
    form.like.choices = [(NOTHING, _("— no other session —"))] + [
        (one.slug, f"{one.starts_wall:%Y-%m-%d} · {one.title.pick(lang).value}") for one in found.sessions
    ]
    if not form.is_submitted():
        stand = [one for one in found.sessions if one.status is not SessionStatus.CANCELLED]
        last = max(stand, key=lambda one: one.starts_at, default=None)
        form.tzid.data = found.tzid
        form.from_number.data = max((one.number or 0 for one in found.sessions), default=0) + 1
        form.title.data = Localized({"fr": f"Séance {NUMBER}", "en": f"Session {NUMBER}"})
        if last is not None:
            form.like.data = last.slug
            form.starts.data, form.ends.data = last.starts_wall.time(), last.ends_wall.time()
    return form


def _edit(form: PlanForm, found: Series, act: str) -> bool:
    """Bring the list up to what was asked for; returns whether nothing keeps it from being created or shown."""
    if act == "preview":
        del form.rows.entries[:]
    if not form.validate():
        return False
    if act == "preview":
        form.fill(_numbers(found))
        if not form.rows.entries:
            form.form_errors.append(_("No day fits this rule."))
            return False
    elif days := [one.day for one in form.left_out() if one.day.isoformat() in _ticked()]:
        form.take_in(days, _numbers(found))
    if act == "add":
        if len(form.rows.entries) < MAXIMUM_PLANNED:
            _add(form)
        return True
    return _check(form, found) or act != "create"


def _left_out(form: PlanForm, lang: str) -> list[tuple[str, str, bool]]:
    """Return each day that the rule leaves out and no row has: ISO 8601, in words, whether it is ticked."""
    if not form.rows.entries:
        return []
    ticked = _ticked()
    days = [(one.day.isoformat(), one) for one in form.left_out()]
    return [(day, left_out_words(one, lang), day in ticked) for day, one in days]


def _ticked() -> set[str]:
    return set(request.form.getlist("take_in"))


def _numbers(found: Series) -> list[int]:
    return [one.number for one in found.sessions if one.number is not None]


def _add(form: PlanForm) -> None:
    """Put one more row behind the others, with the next number; its day is for the organiser to say."""
    numbers = [row.form.number.data for row in form.rows if row.form.number.data is not None]
    form.add_row(max(numbers) + 1 if numbers else form.from_number.data, None, None)


def _check(form: PlanForm, found: Series) -> bool:
    """Note what is wrong with the rows that are to be made; returns whether nothing is."""
    is_right = True
    for row in _used(form):
        if not row.is_whole:
            faults = [Fault(name, "required") for name in ("starts_wall", "ends_wall") if row[name].data is None]
        else:
            checker = Checker(languages())
            check_times(checker, _values(form, row, found))
            faults = list(checker.faults)
        form.add_row_faults(row, faults)
        is_right = is_right and not faults
    return is_right


def _create(form: PlanForm, found: Series) -> bool:
    """Create the sessions, all or none; returns whether that was possible."""
    now, actor, used = clock.now(), actor_of(current_organiser()), _used(form)
    if not used:
        form.form_errors.append(_("Please choose at least one session."))
        return False
    for row in used:
        try:
            create_session(
                db.session(),
                now=now,
                series=found,
                values=_values(form, row, found),
                actor=actor,
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            form.add_row_faults(row, fault.faults)
            return False
    db.session.commit()
    flash(
        ngettext(
            "%(num)s session is kept as a draft. Nobody else sees it until you publish it.",
            "%(num)s sessions are kept as drafts. Nobody else sees them until you publish them.",
            len(used),
        )
    )
    return True


def _used(form: PlanForm) -> list[RowForm]:
    return [entry.form for entry in form.rows if entry.form.is_used]


def _values(form: PlanForm, row: RowForm, found: Series) -> SessionValues:
    """Return what is said of one session; without a number its address is its day."""
    when, number = row.when(form.tzid.data or found.tzid), row.number.data
    slug = "" if number is not None else f"{when.starts_wall:%Y-%m-%d}"
    if like := _like(form, found):
        return values_after(like, (Part.SETTINGS,), when, number=number, slug=slug, title=row.title.data)
    return SessionValues(
        number=number,
        slug=slug,
        title=row.title.data,
        starts_wall=when.starts_wall,
        ends_wall=when.ends_wall,
        tzid=when.tzid,
        fold=when.fold,
        ends_fold=when.ends_fold,
        floor_languages=found.languages,
        status=SessionStatus.CONFIRMED,
    )


def _like(form: PlanForm, found: Series) -> WorkshopSession | None:
    return next((one for one in found.sessions if one.slug == form.like.data), None)


def _rows(form: PlanForm, found: Series, lang: str) -> list[PlannedRow]:
    """Return what stands above each row: its day, and what is in the way among the other rows and the sessions."""
    planned = [_booking(form, entry.form, f"row:{number}", found) for number, entry in enumerate(form.rows)]
    others = [*bookings_of(found.sessions), *(one for one in planned if one is not None)]
    return [
        PlannedRow(
            long_date(day.date(), lang) if (day := entry.form.starts_wall.data) else "",
            () if one is None else conflict_lines(find_conflicts(one, others), lang),
        )
        for entry, one in zip(form.rows, planned, strict=True)
    ]


def _booking(form: PlanForm, row: RowForm, key: str, found: Series) -> Booking | None:
    """Return a row as something that others may be in the way of; None where it is not to be made or has no time."""
    if not (row.is_used and row.is_whole) or form.tzid.errors:
        return None
    when = row.when(form.tzid.data or found.tzid)
    try:
        starts = to_instant(when.starts_wall, when.tzid, fold=when.fold or 0)
        ends = to_instant(when.ends_wall, when.tzid, fold=end_fold(when.fold, when.ends_fold) or 0)
    except (InvalidError, KeyError):
        return None
    return Booking(key, row.title.data, starts, ends, when.tzid, is_stored=False) if starts < ends else None
