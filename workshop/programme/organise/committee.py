"""Who is in the organising committee of a series, and in which order they are named."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.people.service import set_committee
from workshop.programme.forms.meanwhile import sent_base
from workshop.programme.models import Series
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.people import BASE, page_of
from workshop.programme.organise.walls import open_series
from workshop.programme.service.locking import hold
from workshop.programme.service.merging import is_overtaken
from workshop.programme.view.people import person_rows

_DIGITS = 10
"""Of the longest number that somebody has."""


@blueprint.route(f"{BASE}/committee", methods=["GET", "POST"])
def committee(lang: str, series: str) -> ResponseReturnValue:
    """Show the committee; a POST moves somebody (`act=up:<number>`, `down:`), takes them out or (`person`) in.

    A press on a page that somebody has overtaken changes nothing: 409 with the committee as it stands, to press anew.
    """
    found, role = open_series(series, *PLANNERS)
    is_other = False
    if request.method == "POST":
        hold(db.session(), found, "committee")
        is_other = is_overtaken(sent_base(), _mark(found))
        if not is_other:
            keys = _changed(found)
            if keys is not None and _keep(db.session(), found, keys):
                db.session.commit()
                flash(_("Saved."))
            return redirect(url_for("programme_organise.committee", lang=lang, series=series), 303)
        db.session.rollback()
        found, role = open_series(series, *PLANNERS)
    rows = {row.id: row for row in person_rows(found)}
    members = [rows[member.person_id] for member in found.committee]
    page = render_template(
        "programme/organise/committee.html",
        members=members,
        others=[row for row in rows.values() if not row.is_in_committee],
        base=_mark(found),
        is_other=is_other,
        **page_of(lang, found, role),
    )
    return page, 409 if is_other else 200


def _mark(series: Series) -> str:
    """Return what tells whether somebody saw the committee as it is now: numbers that its page shows anyway."""
    return "committee=" + ".".join(str(member.person_id) for member in series.committee)


def _changed(series: Series) -> list[str] | None:
    """Return the keys of the committee as a press makes it; None for a press that means nothing (any more)."""
    keys = {member.person_id: member.person.key for member in series.committee}
    order = list(keys)
    act, _colon, typed = request.form.get("act", "").partition(":")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else -1
    if act == "add":
        typed = request.form.get("person", "")
        new = next((person for person in series.people if str(person.id) == typed), None)
        return None if new is None or new.id in keys else [*keys.values(), new.key]
    if number not in keys:
        return None
    at = order.index(number)
    order.remove(number)
    if act in {"up", "down"}:
        order.insert(max(0, at - 1) if act == "up" else at + 1, number)
    elif act != "remove":
        return None
    return [keys[one] for one in order]


def _keep(session: Session, series: Series, keys: list[str]) -> bool:
    now = clock.now()
    try:
        is_changed = set_committee(session, now=now, series_id=series.id, keys=keys)
    except InvalidValuesError:  # somebody was taken out of the directory meanwhile
        session.rollback()
        return False
    if is_changed:
        actor = actor_of(current_organiser())
        record(session, now=now, actor=actor, action="programme.set_committee", object_=f"series:{series.id}")
    return is_changed
