"""How somebody who speaks, and a talk of theirs, are to be presented: in their own words, in every language."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.core.limits import limited
from workshop.core.localized import Localized
from workshop.people.models import ChangeState, Person, SpeakerChange
from workshop.people.values import PersonValues, person_values
from workshop.programme.forms import add_faults
from workshop.programme.forms.meanwhile import ConflictRow, Met, base_of, meet, say_conflicts
from workshop.programme.forms.people import CHANGED, CORRECTED, PersonForm, TalkForm
from workshop.programme.models import Item, Series, SpeakerSlot, WorkshopSession
from workshop.programme.queries import list_changes_of_person, list_sessions_of_person
from workshop.programme.service.locking import hold, lock
from workshop.programme.service.speaking import SINCE, ask_person_change, ask_talk_change
from workshop.programme.service.values import ItemValues, item_values
from workshop.programme.view.speakers import is_own_talk
from workshop.public.speaker.page import BY_CLIENT, Problem, blueprint, find_owner, find_part, own_page

_ABOUT = ("name", "role", "affiliations", "biography")
_TALK = ("title", "abstract")


@blueprint.route("/<token>/about", methods=["GET", "POST"])
@limited(BY_CLIENT)
def about(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show what is said of them, as they last asked for it; a POST asks for another, or makes it at once."""
    person = find_owner(token)
    series = db.session().get_one(Series, person.series_id)
    form = _about_form(_said_of(person))
    base = base_of(person_values(person), _ABOUT)
    if form.validate_on_submit():
        lock(db.session(), list_sessions_of_person(db.session(), person.id))
        hold(db.session(), person)
        stands = person_values(person)
        met = meet(dataclasses.replace(stands, name=form.name.data, **form.texts()), stands, _ABOUT)
        if met.conflicts:
            db.session.rollback()
            dates = {"when": form.when.data, "since": form.since.data}
            again = _about_form(_values_of(met.values, _ABOUT) | dates, is_sent=False)
            theirs = _about_form(_values_of(stands, _ABOUT), is_sent=False)
            return _conflict_page("public/speaker_about.html", token, again, theirs, met)
        wanted = _values_of(met.values, _ABOUT)
        try:
            change = ask_person_change(
                db.session(),
                now=clock.now(),
                series=series,
                person=person,
                wanted=wanted,
                since=form.since_day,
                languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            return _kept(token, change, others=met.others)
    return _form_page("public/speaker_about.html", token, form, base)


@blueprint.route("/<token>/talk/<key>", methods=["GET", "POST"])
@limited(BY_CLIENT)
def talk(lang: str, token: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show title and abstract of a talk of theirs; a POST asks for others, or makes them at once."""
    person = find_owner(token)
    slot = find_part(person, key)
    item = db.session().get(Item, slot.item_id) if slot is not None and slot.item_id is not None else None
    if slot is None or item is None or not is_own_talk(slot, item):
        raise NotFoundError("part")
    if _is_over(slot):
        return own_page(token, person, Problem(409, "part_over", key))
    form = TalkForm(data=_said_of_talk(person, item))
    base = base_of(item_values(item), _TALK)
    if form.validate_on_submit():
        lock(db.session(), [db.session().get_one(WorkshopSession, slot.workshop_session_id)])
        hold(db.session(), item)
        stands = item_values(item)
        typed: dict[str, Any] = dict(form.texts())
        met = meet(dataclasses.replace(stands, **typed), stands, _TALK)
        if met.conflicts:
            db.session.rollback()
            again = TalkForm(formdata=None, data=_values_of(met.values, _TALK))
            theirs = TalkForm(formdata=None, data=_values_of(stands, _TALK))
            return _conflict_page("public/speaker_talk.html", token, again, theirs, met)
        try:
            change = ask_talk_change(
                db.session(),
                now=clock.now(),
                series=db.session().get_one(Series, person.series_id),
                person=person,
                item=item,
                wanted=_values_of(met.values, _TALK),
                languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            return _kept(token, change, anchor=f"part-{key}", others=met.others)
    return _form_page("public/speaker_talk.html", token, form, base)


def _kept(token: str, change: SpeakerChange | None, *, anchor: str = "held", others: str) -> ResponseReturnValue:
    state = change.state if change else None
    db.session.commit()
    words = {
        None: _("You changed nothing: everything stays as it was."),
        ChangeState.WAITING: _("Thank you. The organisers will look at it; until then everything stays as it is."),
        ChangeState.MADE: _("Saved. It counts from this moment, and the organisers are told."),
    }
    flash(words[state], "done")
    if others:
        flash(others)
    return redirect(url_for("speaker.page", token=token, _anchor=anchor), 303)


def _form_page(template: str, token: str, form: FlaskForm, base: str) -> ResponseReturnValue:
    return _render(template, token, form, base), 422 if form.is_submitted() else 200


def _conflict_page(
    template: str, token: str, again: FlaskForm, theirs: FlaskForm, met: Met[PersonValues] | Met[ItemValues]
) -> ResponseReturnValue:
    """Return the page with what was typed, and what the organisers, or somebody else of the talk, saved meanwhile."""
    conflicts = say_conflicts(again, theirs, met.conflicts)
    return _render(template, token, again, met.base, conflicts), 409


def _render(template: str, token: str, form: FlaskForm, base: str, conflicts: Sequence[ConflictRow] = ()) -> str:
    person = find_owner(token)
    waits = db.session().get_one(Series, person.series_id).speaker_changes_wait
    return render_template(template, form=form, token=token, changes_wait=waits, base=base, conflicts=conflicts)


def _about_form(data: dict[str, Any], *, is_sent: bool = True) -> PersonForm:
    form = PersonForm(data=data) if is_sent else PersonForm(formdata=None, data=data)
    del form.links
    return form


def _values_of(values: PersonValues | ItemValues, fields: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(values, name) for name in fields}


def _is_over(slot: SpeakerSlot) -> bool:
    return db.session().get_one(WorkshopSession, slot.workshop_session_id).ends_at <= clock.now()


def _waiting(person: Person, item_id: int | None) -> dict[str, Any]:
    """Return the content of what they asked for and what waits, so that it is not typed twice."""
    found = (one for one in list_changes_of_person(db.session(), person.id) if one.item_id == item_id)
    return next((dict(one.content) for one in found if one.state is ChangeState.WAITING), {})


def _said_of(person: Person) -> dict[str, Any]:
    content = _waiting(person, None)
    said: dict[str, Any] = {name: getattr(person, name) for name in _ABOUT}
    for name, value in content.items():
        if name == "affiliations" and isinstance(value, list | tuple):
            said[name] = tuple(Localized.from_json(one) for one in value)
        elif name in {"role", "biography"}:
            said[name] = Localized.from_json(value)
        else:
            said[name] = value
    since = said.pop(SINCE, None)
    return said | {"when": CHANGED if since else CORRECTED, "since": date.fromisoformat(since) if since else None}


def _said_of_talk(person: Person, item: Item) -> dict[str, Any]:
    said: dict[str, Any] = {"title": item.title, "abstract": item.abstract}
    for name, value in _waiting(person, item.id).items():
        said[name] = Localized.from_json(value)
    return said
