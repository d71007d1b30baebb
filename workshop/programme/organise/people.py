"""The directory of a series: everybody who speaks, moderates or organises in it, and a page for each."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.actors import changed_by
from workshop.accounts.models import Role
from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS, WRITERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.folding import fold
from workshop.core.language import languages
from workshop.people.models import Person
from workshop.people.staleness import list_stale
from workshop.people.values import PersonValues, person_values
from workshop.programme.forms import add_faults
from workshop.programme.forms.languages import dress, fine_of, press_typesetting
from workshop.programme.forms.meanwhile import base_of, meet, names_in, say_conflicts, sent_base
from workshop.programme.forms.people import MergeForm, PersonForm, PortraitForm
from workshop.programme.models import Series
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.pages import form_page, page_number
from workshop.programme.organise.rows import series_row
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.queries import list_changes, list_sessions_of_person
from workshop.programme.service.languages import say_fine
from workshop.programme.service.locking import hold, lock
from workshop.programme.service.people import NewPost, add_person, change_person, delete_person
from workshop.programme.service.uniting import foresee, merge_people
from workshop.programme.view.languages import Marks, marks_of
from workshop.programme.view.people import PersonRow, matches, person_rows
from workshop.programme.view.speakers import hidden_from_translators

BASE = "/series/<series>/people"
PAGE = 50
_MAXIMUM_QUERY = 100
_TEMPLATE = "programme/organise/person.html"


@blueprint.get(BASE)
def people(lang: str, series: str) -> ResponseReturnValue:
    """List everybody, or those in whose entry all the words of `q` stand; accents and case aside."""
    found, role = open_series(series, *WRITERS)
    query = request.args.get("q", "")[:_MAXIMUM_QUERY].strip()
    wanted = fold(query).split()
    hidden = frozenset() if role in PLANNERS else hidden_from_translators(found)
    meant = {person.id for person in found.people if person.id not in hidden and matches(person, wanted)}
    waiting = list_changes(db.session(), found.id)
    rows = [row for row in person_rows(found, waiting) if row.id in meant]
    number = page_number(len(rows), PAGE)
    return render_template(
        "programme/organise/people.html",
        people=rows[(number - 1) * PAGE : number * PAGE],
        total=len(rows),
        query=query,
        number=number,
        pages=max(1, -(-len(rows) // PAGE)),
        waiting=len(waiting),
        has_anybody=bool(found.people),
        **page_of(lang, found, role),
    )


@blueprint.route(f"{BASE}/new", methods=["GET", "POST"])
def new_person(lang: str, series: str) -> ResponseReturnValue:
    """Add somebody."""
    found, role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    form = PersonForm()
    dress(form, {})
    if not press_typesetting(form) and form.validate_on_submit():
        values = PersonValues(key="", name=form.name.data, links=form.links.data, **form.texts())
        try:
            made = add_person(
                db.session(), now=clock.now(), series=found, values=values, actor=_actor(), languages=languages()
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("Added to the directory."))
            return _to_person(lang, series, made.id)
    return form_page(_TEMPLATE, form, person=None, portrait=None, **page_of(lang, found, role))


@blueprint.route(f"{BASE}/<int:person>", methods=["GET", "POST"])
def person(lang: str, series: str, person: int) -> ResponseReturnValue:
    """Show and edit somebody. A translator edits texts, which are then corrections."""
    found, role = open_series(series, *WRITERS)
    may_plan = role in PLANNERS
    hidden = frozenset() if may_plan else hidden_from_translators(found)
    who = _find(found, person)
    if who is None or who.id in hidden:  # the same answer for both: it would tell that there is somebody hidden
        if sent_base():
            return _gone_page(lang, found, role)
        raise NotFoundError
    form = person_form(person_values(who), may_plan=may_plan)
    marks = marks_of(list_stale(db.session(), found.id).get(f"person:{who.id}", ()))
    dress(form, marks)
    base = base_of(person_values(who), names_in(form, PersonValues))
    if not press_typesetting(form) and form.validate_on_submit():
        answer = _save(lang, found, role, who, form, marks)
        if answer is not None:
            return answer
        found, role = open_series(series, *WRITERS)
    page = person_page(lang, found, role, person, base=base)
    return form_page(_TEMPLATE, form, **page)


def _save(
    lang: str, series: Series, role: Role, who: Person, form: PersonForm, marks: Marks
) -> ResponseReturnValue | None:
    """Store what was entered; None where the page comes again with faults."""
    session, slug, person_id, may_plan = db.session(), series.slug, who.id, role in PLANNERS
    # The sessions before the person, as whoever merges two entries has them: they are dated anew with the person.
    lock(session, list_sessions_of_person(session, who.id))
    hold(session, who)
    stands = person_values(who)
    met = meet(_values(form, stands, may_plan=may_plan), stands, names_in(form, PersonValues))
    if met.conflicts:
        session.rollback()
        again = person_form(met.values, may_plan=may_plan, is_sent=False, typed=form)
        dress(again, marks)
        conflicts = say_conflicts(again, person_form(stands, may_plan=may_plan, is_sent=False), met.conflicts)
        page = person_page(lang, *open_series(slug, *WRITERS), person_id, base=met.base)
        page["conflict_by"] = changed_by(
            session,
            object_=f"person:{person_id}",
            action="programme.change_person",
            fields={one.field for one in met.conflicts},
            reader=current_organiser(),
        )
        return render_template(_TEMPLATE, form=again, conflicts=conflicts, **page), 409
    since = form.since_day if may_plan else None
    try:
        is_changed = change_person(
            session,
            now=clock.now(),
            person=who,
            values=met.values,
            actor=_actor(),
            languages=languages(),
            post=NewPost(role=met.values.role, affiliations=met.values.affiliations, since=since),
        )
    except InvalidValuesError as fault:
        session.rollback()
        add_faults(form, fault.faults)
        return None
    is_said = say_fine(
        session,
        now=clock.now(),
        actor=_actor(),
        series_id=series.id,
        workshop_session_id=None,
        owner=f"person:{person_id}",
        fine=fine_of(form),
    )
    session.commit()
    flash(_("Saved.") if is_changed or is_said else _("Nothing was changed."))
    if met.others:
        flash(met.others)
    return _to_person(lang, slug, person_id)


def _gone_page(lang: str, series: Series, role: Role) -> ResponseReturnValue:
    """Return the page with what was typed for an entry that is no more: whoever plans can add it anew."""
    form = person_form(PersonValues(key="", name=""), may_plan=role in PLANNERS)
    dress(form, {})
    page = {"person": None, "portrait": None, "is_gone": True, **page_of(lang, series, role)}
    return render_template(_TEMPLATE, form=form, **page), 409


def person_form(
    values: PersonValues, *, may_plan: bool, is_sent: bool = True, typed: PersonForm | None = None
) -> PersonForm:
    """Return the form of somebody's values.

    Args:
        values: what it shows.
        may_plan: whether it has more than texts.
        is_sent: whether what was sent with the request stands over them.
        typed: where the day of a change is taken from.
    """
    data: dict[str, Any] = {name: getattr(values, name) for name in PersonValues.__dataclass_fields__}
    if typed is not None and may_plan:
        data |= {"when": typed.when.data, "since": typed.since.data}
    form = PersonForm(data=data) if is_sent else PersonForm(formdata=None, data=data)
    if not may_plan:
        del form.name, form.links, form.when, form.since
    return form


def person_page(lang: str, series: Series, role: Role, person_id: int, *, base: str) -> dict[str, Any]:
    """Return what somebody's page is given beside its form; `base`: of what the form was made from."""
    return {
        "person": row_of(series, person_id),
        "portrait": PortraitForm(formdata=None),
        "base": base,
        **page_of(lang, series, role),
    }


@blueprint.route(f"{BASE}/<int:person>/delete", methods=["GET", "POST"])
def delete(lang: str, series: str, person: int) -> ResponseReturnValue:
    """Ask whether somebody is to be taken out; a POST does it. Whoever stands in a programme stays: 409."""
    found, role = open_series(series, *PLANNERS)
    who = person_of(found, person)
    if request.method == "POST":
        delete_person(db.session(), now=clock.now(), person=who, actor=_actor())
        db.session.commit()
        flash(_("Taken out of the directory."))
        return redirect(url_for("programme_organise.people", lang=lang, series=series), 303)
    row = row_of(found, person)
    return render_template("programme/organise/person_delete.html", person=row, **page_of(lang, found, role))


@blueprint.route(f"{BASE}/<int:person>/merge", methods=["GET", "POST"])
def merge(lang: str, series: str, person: int) -> ResponseReturnValue:
    """Ask into which other entry this one goes and show what that would do; a POST does it."""
    found, role = open_series(series, *PLANNERS)
    goes = person_of(found, person)
    rows = {row.id: row for row in person_rows(found)}
    others = [(key, _words(row)) for key, row in rows.items() if key != goes.id]
    form = MergeForm(formdata=request.values, others=others)
    session = db.session()
    chosen = form.into.data if form.into.data in {str(key) for key, _name in others} else ""
    keeps = _find(found, int(chosen)) if chosen else None
    if request.method == "POST" and keeps is not None and form.validate():
        # Whoever reads one address speaks for both from now on: that is an address changed.
        if keeps.email != goes.email and (page := confirmed_or_page()) is not None:
            return page
        merge_people(session, now=clock.now(), keeps=keeps, goes=goes, actor=_actor(), languages=languages())
        session.commit()
        flash(_("The two entries are one now."))
        return _to_person(lang, series, int(chosen))
    if request.method == "POST":
        form.validate()
    return form_page(
        "programme/organise/person_merge.html",
        form,
        person=rows[goes.id],
        keeps=rows[keeps.id] if keeps else None,
        union=foresee(session, keeps=keeps, goes=goes) if keeps else None,
        **page_of(lang, found, role),
    )


def _values(form: PersonForm, before: PersonValues, *, may_plan: bool) -> PersonValues:
    former = before.former
    if may_plan:
        dropped = set(request.form.getlist("drop"))
        former = tuple(one for one in former if one.until.isoformat() not in dropped)
    return PersonValues(
        key=before.key,
        name=form.name.data if may_plan else before.name,
        links=form.links.data if may_plan else before.links,
        email=before.email,
        former=former,
        **form.texts(),
    )


def person_of(series: Series, person_id: int) -> Person:
    """Return a person of a series; raises NotFoundError for anybody else's."""
    found = _find(series, person_id)
    if found is None:
        raise NotFoundError
    return found


def _find(series: Series, person_id: int) -> Person | None:
    # All of them are loaded for the page anyway.
    return next((one for one in series.people if one.id == person_id), None)


def row_of(series: Series, person_id: int) -> PersonRow:
    """Return somebody as the directory has them."""
    rows = person_rows(series, list_changes(db.session(), series.id))
    return next(row for row in rows if row.id == person_id)


def page_of(lang: str, series: Series, role: Role) -> dict[str, Any]:
    """Return what every page of the directory is given."""
    return {
        "page_language": lang,
        "series": series_row(series, role),
        "tzid": series.tzid,
        "act_form": FlaskForm(None),
    }


def _words(row: PersonRow) -> str:
    """Return what tells two of the same name apart in a list."""
    where = row.affiliations[0].pick("").value if row.affiliations else ""
    return f"{row.name} – {where}" if where else row.name


def _to_person(lang: str, series: str, person_id: int) -> ResponseReturnValue:
    return redirect(url_for("programme_organise.person", lang=lang, series=series, person=person_id), 303)


def _actor() -> str:
    return actor_of(current_organiser())
