"""An announcement pasted as text: what it says is shown to be checked; a draft is made of it once that is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Field

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.folding import fold
from workshop.core.language import languages
from workshop.programme.forms.faults import add_faults, sentence_of
from workshop.programme.forms.pasting import PastedForm, PasteForm, pasted_data
from workshop.programme.models import Series
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.rows import series_row
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.printed import MAXIMUM_CHARACTERS, Draft, read_announcement
from workshop.programme.service.pasting import PastedProgramme, create_pasted
from workshop.programme.view.pasted import directory_of, passages_of


@blueprint.route("/series/<series>/paste", methods=["GET", "POST"])
def paste(lang: str, series: str) -> ResponseReturnValue:
    """Take a text, show what it says, make a draft session of what was checked."""
    found, role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    if request.form.get("act") == "create":
        return _create(lang, found, role)
    form = PasteForm()
    if "back" in request.form or not form.validate_on_submit():
        is_faulty = request.method == "POST" and "back" not in request.form
        page = render_template(
            "programme/organise/paste.html",
            form=form,
            page_language=lang,
            series=series_row(found, role),
        )
        return page, 422 if is_faulty else 200
    text = form.text.data
    draft = _read(found, text)
    data = pasted_data(draft, text=text, tzid=found.tzid, level=found.level)
    return _review(lang, found, role, PastedForm(formdata=None, data=data), draft)


def _read(series: Series, text: str) -> Draft:
    known = [words for one in (series.title, series.subtitle, series.kind) for words in _each(one)]
    return read_announcement(text, known=known)


def _each(text: Any) -> Iterator[str]:
    yield from [str(text.to_json())] if text.is_neutral else text.values()


def _create(lang: str, series: Series, role: Role) -> ResponseReturnValue:
    form = PastedForm()
    if form.validate():
        programme = form.programme()
        try:
            made = create_pasted(
                db.session(),
                now=clock.now(),
                series=series,
                values=form.values(),
                programme=programme,
                actor=actor_of(current_organiser()),
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            series, role = open_series(series.slug, *PLANNERS)
            _place(form, programme, fault.faults)
        else:
            db.session.commit()
            flash(_("The session is kept as a draft. Nobody else sees it until you publish it."))
            return redirect(url_for("organise.edit_session", lang=lang, series=series.slug, session=made.slug), 303)
    draft = _read(series, (form.text.data or "")[:MAXIMUM_CHARACTERS])
    return _review(lang, series, role, form, draft, is_faulty=True)


def _place(form: PastedForm, programme: PastedProgramme, faults: Iterable[Fault]) -> None:
    """Tie what is wrong to the fields; what is wrong in the programme to its section, item or people."""
    others = []
    for fault in faults:
        name = programme.place_of(fault.field) or (fault.field if fault.field.startswith("sections-") else "")
        field = _find(form, name, fault.field.rpartition(".")[2]) if name else None
        if field is None:
            others.append(fault)
        else:
            said = sentence_of(fault)
            field.errors = [*field.errors, said]
            if said not in form.sections.errors:
                form.sections.errors = [*form.sections.errors, said]
    add_faults(form, others)


def _find(form: PastedForm, name: str, last: str) -> Field | None:
    """Return the field of a section or an item that a fault names; the title for what has none of its own."""
    entries = [*form.sections, *(item for section in form.sections for item in section.form["items"])]
    inside = next((entry.form for entry in entries if entry.name == name), None)
    if inside is None:
        return None
    return inside[last] if last in ("title", "starts", "minutes") and last in inside else inside["title"]


def _review(
    lang: str, series: Series, role: Role, form: PastedForm, draft: Draft, *, is_faulty: bool = False
) -> ResponseReturnValue:
    directory = directory_of(series.people)
    page = render_template(
        "programme/organise/pasted.html",
        form=form,
        page_language=lang,
        series=series_row(series, role),
        passages=passages_of(form.text.data or "", draft),
        known={
            entry.name: directory.get(fold(entry.form.name.data))
            for entry in _people_rows(form)
            if entry.form.name.data
        },
    )
    return page, 422 if is_faulty else 200


def _people_rows(form: PastedForm) -> Iterator[Any]:
    yield from form.moderators
    for section in form.sections:
        for item in section.form["items"]:
            yield from item.form.speakers
    yield from form.committee
