"""What is kept aside of a session against what is published, and what was published when."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.actors import name_of, names_of
from workshop.accounts.models import Role
from workshop.accounts.reauthentication import wrong_confirmation
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS, WRITERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.language import languages
from workshop.organise.comparing import TEXTS_ONLY, FieldChange, PartChange, compare_programme, compare_values
from workshop.organise.composing import field_place
from workshop.organise.effects import find_effects, is_lowered, look, proposed_levels
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.levels import hold_back
from workshop.people.service import list_by_key
from workshop.programme.forms.faults import sentence_of
from workshop.programme.models import SessionVersion, WorkshopSession
from workshop.programme.organise import open_session, series_row, session_row
from workshop.programme.service.aside import discard, stored, working
from workshop.programme.service.history import list_versions
from workshop.programme.service.locking import lock
from workshop.programme.service.snapshots import FIELDS, sections_from_json, values_from_json
from workshop.programme.service.values import SectionValues, SessionValues
from workshop.programme.service.versions import publish_kept, undo
from workshop.rsvp.queries import count_answers, lock_list
from workshop.rsvp.service import tend


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One publication, as its page shows it."""

    by: str
    at: datetime
    is_first: bool
    fields: list[FieldChange]
    parts: list[PartChange]


@dataclass(frozen=True, slots=True)
class FaultRow:
    """Why something cannot be published, and where it is seen to."""

    words: str
    address: str


@blueprint.get("/series/<series>/<session>/changes")
def changes(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what is kept aside against what is published, word by word in each language."""
    workshop_session, role = open_session(series, session, *WRITERS)
    return _changes_page(lang, workshop_session, role)


@blueprint.post("/series/<series>/<session>/changes")
def decide_changes(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Publish what is kept aside, or throw it away."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    if request.form.get("act") == "discard":
        discard(db.session(), now=clock.now(), workshop_session=workshop_session, actor=actor_of(current_organiser()))
        db.session.commit()
        flash(_("Discarded. What is published stays as it is."))
        return redirect(url_for("organise.edit_session", lang=lang, series=series, session=session), 303)
    return _perform(lang, workshop_session, role, publish_kept, str(_("The changes are published.")))


@blueprint.get("/series/<series>/<session>/versions")
def versions(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what was published of a session when and by whom."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    return _versions_page(lang, workshop_session, role)


@blueprint.post("/series/<series>/<session>/versions")
def undo_version(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Set back what the last publication changed."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    return _perform(lang, workshop_session, role, undo, str(_("The last publication is undone.")))


def _perform(
    lang: str, workshop_session: WorkshopSession, role: Role, act: Callable[..., bool], done: str
) -> ResponseReturnValue:
    """Publish something, once what it does to levels was seen."""
    if (wrong := wrong_confirmation()) is not None:
        return wrong
    database, now = db.session(), clock.now()
    name = session_row(workshop_session, workshop_session.series, now=now).name
    series, slug = workshop_session.series.slug, workshop_session.slug
    lock(database, [workshop_session])
    lock_list(database, workshop_session.id)
    before, proposed = look(database, [workshop_session]), proposed_levels(database, [workshop_session])
    try:
        has_changed = act(
            database,
            now=now,
            workshop_session=workshop_session,
            has_answers=count_answers(database, [workshop_session.id])[workshop_session.id] > 0,
            actor=actor_of(current_organiser()),
            instance_languages=languages(),
        )
    except InvalidValuesError as fault:
        database.rollback()
        found = fault_rows(lang, series, slug, fault.faults)
        shows = _changes_page if act is publish_kept else _versions_page
        return shows(lang, workshop_session, role, found), 422
    effects = find_effects(database, [workshop_session], before=before, proposed=proposed)
    if (held := hold_back(lang, effects, name, weighs=is_lowered([workshop_session], before))) is not None:
        return held
    slug = workshop_session.slug
    tend(database, workshop_session, now=now)
    database.commit()
    flash(done if has_changed else _("Nothing has changed."))
    return redirect(url_for("organise.versions", lang=lang, series=series, session=slug), 303)


def fault_rows(lang: str, series: str, session: str, faults: list[Fault]) -> list[FaultRow]:
    """Return why a session cannot be published, each leading to its field."""
    rows = []
    for fault in faults:
        name = fault.field.partition(".")[0]
        at: dict[str, Any] = {"lang": lang, "series": series, "session": session}
        is_programme = name == "programme"
        anchor = name if name in FIELDS else None
        endpoint = "organise.programme" if is_programme else "organise.edit_session"
        if name == "own_sentence":
            endpoint, at = "organise.edit_series", {"lang": lang, "series": series}
            anchor = name
        place = field_place(fault.field) or {"_anchor": anchor}
        row = FaultRow(str(sentence_of(fault)), url_for(endpoint, **at, **place))
        rows += [] if row in rows else [row]
    return rows


def _changes_page(
    lang: str, workshop_session: WorkshopSession, role: Role, faults: list[FaultRow] | None = None
) -> str:
    edited = working(db.session(), workshop_session)
    fields, parts = _compared(workshop_session, *stored(workshop_session), edited.values, edited.sections, role)
    return render_template(
        "organise/changes.html",
        **_page(lang, workshop_session, role),
        form=FlaskForm(None),
        kept_by=name_of(db.session(), edited.saved_by) if edited.is_kept else "",
        kept_at=edited.saved_at,
        fields=fields,
        parts=parts,
        faults=faults or [],
    )


def _versions_page(
    lang: str, workshop_session: WorkshopSession, role: Role, faults: list[FaultRow] | None = None
) -> str:
    found = list_versions(db.session(), workshop_session)
    names = names_of(db.session(), [one.published_by for one in found])
    answered = count_answers(db.session(), [workshop_session.id])[workshop_session.id] > 0
    return render_template(
        "organise/versions.html",
        **_page(lang, workshop_session, role),
        form=FlaskForm(None),
        versions=[_version_row(workshop_session, one, names[one.published_by], role) for one in found],
        may_undo=bool(found) and workshop_session.is_published and not (found[0].before is None and answered),
        faults=faults or [],
    )


def _version_row(workshop_session: WorkshopSession, one: SessionVersion, by: str, role: Role) -> VersionRow:
    if one.before is None:
        return VersionRow(by, one.published_at, True, [], [])
    values, sections = stored(workshop_session)
    was, stands = _over(values, one.before), _over(values, one.after)
    before = sections_from_json(one.before["sections"]) if "sections" in one.before else sections
    after = sections_from_json(one.after["sections"]) if "sections" in one.after else sections
    fields, parts = _compared(workshop_session, was, before, stands, after, role)
    return VersionRow(by, one.published_at, False, fields, parts)


def _over(values: SessionValues | None, content: dict[str, Any]) -> SessionValues | None:
    return dataclasses.replace(values, **values_from_json(content.get("values", {}))) if values is not None else None


def _compared(
    workshop_session: WorkshopSession,
    before: SessionValues | None,
    was: tuple[SectionValues, ...] | None,
    after: SessionValues | None,
    stands: tuple[SectionValues, ...] | None,
    role: Role,
) -> tuple[list[FieldChange], list[PartChange]]:
    if before is None or after is None:
        return [], []
    known = list_by_key(db.session(), series_id=workshop_session.series_id)
    names = {key: person.name for key, person in known.items()}
    fields = FIELDS if role in PLANNERS else TEXTS_ONLY
    return (
        compare_values(before, after, names=names, fields=fields),
        compare_programme(was or (), stands or (), names=names),
    )


def _page(lang: str, workshop_session: WorkshopSession, role: Role) -> dict[str, Any]:
    series = workshop_session.series
    return {
        "page_language": lang,
        "series": series_row(series, role),
        "row": session_row(workshop_session, series, now=clock.now()),
    }
