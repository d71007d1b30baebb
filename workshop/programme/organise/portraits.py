"""Somebody's portrait, as organisers see, upload and remove it."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.limits import Limit, limited
from workshop.core.uploads import accepts_upload, clean_portrait
from workshop.people.values import PersonValues, person_values
from workshop.programme.forms import add_faults
from workshop.programme.forms.meanwhile import base_of, names_in
from workshop.programme.forms.people import PortraitForm
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.pages import form_page
from workshop.programme.organise.people import BASE, person_form, person_of, person_page
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.service.people import remove_portrait, set_portrait
from workshop.programme.view.portraits import send_portrait

_UPLOADS = Limit("upload", 60, timedelta(minutes=10))


@blueprint.get(f"{BASE}/<int:person>/portrait")
def portrait(lang: str, series: str, person: int) -> Response:  # noqa: ARG001 (the address has it)
    """Send the picture."""
    found, _role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    who = person_of(found, person)
    if who.portrait is None:
        raise NotFoundError
    return send_portrait(db.session(), who.portrait.key, cache_control="no-store")


@blueprint.post(f"{BASE}/<int:person>/portrait")
@limited(_UPLOADS)
@accepts_upload
def change_portrait(lang: str, series: str, person: int) -> ResponseReturnValue:
    """Keep a picture in place of the one before; `act=remove` takes it away."""
    found, _role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    who = person_of(found, person)
    actor = actor_of(current_organiser())
    form = PortraitForm()
    if request.form.get("act") == "remove":
        remove_portrait(db.session(), now=clock.now(), person=who, actor=actor)
        db.session.commit()
        flash(_("The picture is gone."))
        return _back(lang, series, person)
    content = form.content
    # The picture takes a while to be drawn anew: nobody else waits for this transaction meanwhile.
    db.session.rollback()
    try:
        made = clean_portrait(content)
    except InvalidValuesError as fault:
        add_faults(form, fault.faults)
    else:
        who = person_of(found, person)
        set_portrait(db.session(), now=clock.now(), person=who, file=made, actor=actor)
        db.session.commit()
        flash(_("The picture is kept."))
        return _back(lang, series, person)
    found, role = open_series(series, *PLANNERS)
    values = person_values(person_of(found, person))
    texts = person_form(values, may_plan=True, is_sent=False)
    page = person_page(lang, found, role, person, base=base_of(values, names_in(texts, PersonValues)))
    return form_page("programme/organise/person.html", texts, **page | {"portrait": form})


def _back(lang: str, series: str, person: int) -> ResponseReturnValue:
    return redirect(url_for("programme_organise.person", lang=lang, series=series, person=person), 303)
