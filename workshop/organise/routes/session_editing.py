"""Editing a session: at once or kept aside, with what another wrote meanwhile taken in (named for what it edits)."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.actors import name_of
from workshop.accounts.models import Role
from workshop.accounts.reauthentication import wrong_confirmation
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS, WRITERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.organise.comparing import compare_values, conflict_rows, meanwhile_words
from workshop.organise.effects import find_effects, is_lowered, look, proposed_levels
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.levels import hold_back, said
from workshop.organise.routes.telling import untold_of
from workshop.people.staleness import list_stale
from workshop.programme.forms import EditSessionForm, SessionContentForm, add_faults, session_data
from workshop.programme.forms.languages import dress, fine_of, press_typesetting
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.organise import form_page, open_session, series_row, session_row
from workshop.programme.service.aside import Working, editor_of, working
from workshop.programme.service.bookings import list_conflicts
from workshop.programme.service.languages import list_terms, say_fine
from workshop.programme.service.locking import lock
from workshop.programme.service.merging import Content, Merged, digests, is_overtaken, merge, take
from workshop.programme.service.snapshots import FIELDS
from workshop.programme.service.values import SessionValues, session_values
from workshop.programme.service.versions import Act, Saved, save
from workshop.programme.texts import SESSION_TEXTS, texts_of
from workshop.programme.view.languages import marks_of, terms_of
from workshop.programme.view.planning import conflict_lines
from workshop.rsvp.queries import count_answers, lock_list
from workshop.rsvp.service import tend

_TEMPLATE = "programme/organise/session_form.html"


@blueprint.route("/series/<series>/<session>/edit", methods=["GET", "POST"])
def edit_session(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Change a session, or keep the changes aside; a translator changes its texts, and keeps them aside."""
    workshop_session, role = open_session(series, session, *WRITERS)
    edited = working(db.session(), workshop_session)
    form, page = _edit_form(workshop_session, edited.values, role), _page(lang, workshop_session, role)
    page |= _standing(workshop_session, edited, form)
    _dress(form, workshop_session)
    if press_typesetting(form):
        return render_template(_TEMPLATE, form=form, **page)
    if form.validate_on_submit() and "back" not in request.form:
        if (wrong := wrong_confirmation()) is not None:
            return wrong
        answer = _save(lang, workshop_session, role, form, page)
        if answer is not None:
            return answer
    page["may_unpublish"] = (
        role in PLANNERS
        and workshop_session.is_published
        and count_answers(db.session(), [workshop_session.id])[workshop_session.id] == 0
    )
    if role in PLANNERS:
        page["untold"] = untold_of([workshop_session])
        if not page["row"].is_past and not page["row"].is_cancelled:
            page["clashes"] = conflict_lines(list_conflicts(db.session(), workshop_session), lang)
    return form_page(_TEMPLATE, form, **page)


def translator_page(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    """Return the page on which a translator edits a session's texts, as it opens."""
    edited = working(db.session(), workshop_session)
    form = _edit_form(workshop_session, edited.values, Role.TRANSLATOR)
    _dress(form, workshop_session)
    page = {**_page(lang, workshop_session, Role.TRANSLATOR), **_standing(workshop_session, edited, form)}
    return form_page(_TEMPLATE, form, **page)


def _save(
    lang: str, workshop_session: WorkshopSession, role: Role, form: SessionContentForm, page: dict[str, Any]
) -> ResponseReturnValue | None:
    """Do what the button says; None where the page comes again with faults."""
    database, act = db.session(), act_of(role)
    lock(database, [workshop_session])
    lock_list(database, workshop_session.id)
    stands = working(database, workshop_session)
    merged, fields = _merged(form, stands)
    if merged.conflicts:
        database.rollback()
        return _conflict_page(workshop_session, role, stands, merged, page)
    others = others_words(workshop_session, request.form.get("base", ""), _base(stands, form))
    before, proposed = look(database, [workshop_session]), proposed_levels(database, [workshop_session])
    try:
        saved = _write(workshop_session, merged.values, fields, act, form)
    except InvalidValuesError as fault:
        database.rollback()
        add_faults(form, fault.faults)
        return None
    effects = find_effects(database, [workshop_session], before=before, proposed=proposed)
    weighs = is_lowered([workshop_session], before)
    if (held := hold_back(lang, effects, page["row"].name, weighs=weighs)) is not None:
        return held
    slug = workshop_session.slug
    tend(database, workshop_session, now=clock.now())
    is_kept = workshop_session.is_published and act is Act.KEEP
    database.commit()
    flash(_words(saved, is_kept=is_kept) if not effects else said(effects))
    if others:
        flash(others)
    return redirect(url_for("organise.edit_session", lang=lang, series=page["row"].series, session=slug), 303)


def others_words(workshop_session: WorkshopSession, base: str, now: str) -> str:
    """Return the sentence on what somebody else saved since the page was made; empty where nothing was.

    Args:
        workshop_session: what is edited, before it is saved.
        base: digests of what the page showed.
        now: the same of what stands.
    """
    if not is_overtaken(base, now):
        return ""
    editor = editor_of(db.session(), workshop_session)
    # One's own other window is nobody's name.
    return meanwhile_words("" if editor == actor_of(current_organiser()) else name_of(db.session(), editor))


def act_of(role: Role) -> Act:
    """Return what the button pressed does: a translator publishes nothing; without a word, a script publishes."""
    if role not in PLANNERS:
        return Act.KEEP
    return Act.KEEP if request.form.get("act") == Act.KEEP.value else Act.PUBLISH


def _write(
    workshop_session: WorkshopSession,
    values: SessionValues | None,
    fields: set[str],
    act: Act,
    form: SessionContentForm,
) -> Saved:
    now, actor = clock.now(), actor_of(current_organiser())
    fine = fine_of(form)
    saved = save(
        db.session(),
        now=now,
        workshop_session=workshop_session,
        values=values,
        sections=None,
        act=act,
        has_answers=count_answers(db.session(), [workshop_session.id])[workshop_session.id] > 0,
        actor=actor,
        fields=fields,
        instance_languages=languages(),
    )
    if fine:
        say_fine(
            db.session(),
            now=now,
            actor=actor,
            series_id=workshop_session.series_id,
            workshop_session_id=workshop_session.id,
            owner=f"session:{workshop_session.id}",
            fine=fine,
        )
    return saved


def _words(saved: Saved, *, is_kept: bool) -> str:
    if not saved.is_changed:
        return str(_("Nothing has changed."))
    if is_kept:
        return str(_("Kept aside. Nobody else sees it until it is published."))
    if saved.is_kept:
        return str(_("Published. Other changes of this session are still kept aside."))
    return str(_("The session is changed."))


def _merged(form: SessionContentForm, stands: Working) -> tuple[Merged, set[str]]:
    """Return what was posted with what another stored since the page was shown, and which fields the form has."""
    said_by_form = _said(form)
    posted = dataclasses.replace(stands.values, **said_by_form)
    posted = take(posted, stands.values, request.form.getlist("take"))
    found = merge(request.form.get("base", ""), Content(posted), Content(stands.values))
    return found, {name for name, value in said_by_form.items() if name != "partners" or value is not None}


def _conflict_page(
    workshop_session: WorkshopSession, role: Role, stands: Working, merged: Merged, page: dict[str, Any]
) -> ResponseReturnValue:
    """Return the page with what was typed, and beside it what stands now and by whom."""
    # Not from what was posted: what comes back holds the other's fields too.
    form = _edit_form(workshop_session, merged.values or stands.values, role, is_posted=False)
    _dress(form, workshop_session)
    page |= _standing(workshop_session, stands, form) | {"base": _base(stands, form)}
    page["conflicts"] = conflict_rows(merged.conflicts)
    page["conflict_by"] = name_of(db.session(), editor_of(db.session(), workshop_session))
    return render_template(_TEMPLATE, form=form, **page), 409


def _dress(form: SessionContentForm, workshop_session: WorkshopSession) -> None:
    stale = list_stale(db.session(), workshop_session.series_id)
    dress(form, marks_of(stale.get(f"session:{workshop_session.id}", ())))


def _page(lang: str, workshop_session: WorkshopSession, role: Role) -> dict[str, Any]:
    # Made before any act: what the page calls "now" is how things stood when it was asked for.
    series = workshop_session.series
    return {
        "page_language": lang,
        "series": series_row(series, role),
        "row": session_row(workshop_session, series, now=clock.now()),
        "may_unpublish": False,
    }


def _base(edited: Working, form: SessionContentForm) -> str:
    """Return what the page showed, of those fields that the form has: a translator's holds texts only."""
    is_whole = isinstance(form, EditSessionForm)
    return digests(edited.values, None, fields=[name for name in FIELDS if is_whole or name in form])


def _standing(workshop_session: WorkshopSession, edited: Working, form: SessionContentForm) -> dict[str, Any]:
    """Return what the page says of what it edits: what it was made from, and what is kept aside."""
    # After a fault the page holds what was typed over what it was made from then.
    base = request.form.get("base", "") if request.method == "POST" else ""
    terms = list_terms(db.session(), workshop_session.series_id)
    return {
        "terms": terms_of(terms, texts_of(workshop_session, SESSION_TEXTS).values()),
        "base": base or _base(edited, form),
        "kept_at": edited.saved_at,
        "kept_by": name_of(db.session(), edited.saved_by) if edited.is_kept else "",
        "kept_fields": [one.words for one in compare_values(session_values(workshop_session), edited.values)],
    }


def _edit_form(
    workshop_session: WorkshopSession, values: SessionValues, role: Role, *, is_posted: bool = True
) -> SessionContentForm:
    made: dict[str, Any] = {"data": session_data(values)} | ({} if is_posted else {"formdata": None})
    if role not in PLANNERS:
        return SessionContentForm(**made)
    form = EditSessionForm(**made)
    if workshop_session.status is SessionStatus.CANCELLED:
        del form.status
    return form


def _said(form: SessionContentForm) -> dict[str, Any]:
    changed = form.content()
    if isinstance(form, EditSessionForm):
        changed |= form.settings()
        if "status" in form:
            changed["status"] = SessionStatus(form.status.data)
    return changed
