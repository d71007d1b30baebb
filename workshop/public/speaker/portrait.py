"""The portrait of somebody who speaks, as they upload, see and remove it themselves."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.limits import Limit, limited
from workshop.core.uploads import accepts_upload, clean_portrait
from workshop.programme.sentences import sentence
from workshop.programme.service.people import remove_portrait, set_portrait
from workshop.programme.view.consents import BY_SPEAKER
from workshop.programme.view.portraits import send_portrait
from workshop.public.speaker.page import Problem, blueprint, find_owner, own_page


@blueprint.get("/<token>/portrait")
def portrait(lang: str, token: str) -> Response:  # noqa: ARG001 (the address has it)
    """Send one's own picture."""
    person = find_owner(token)
    if person.portrait is None:
        raise NotFoundError("portrait")
    return send_portrait(db.session(), person.portrait.key, cache_control="no-store")


@blueprint.post("/<token>/portrait")
@limited(Limit("upload", 60, timedelta(minutes=10)))
@accepts_upload
def change_portrait(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Keep a picture in place of the one before; `act=remove` takes it away."""
    person = find_owner(token)
    here = url_for("speaker.page", token=token, _anchor="portrait")
    if request.form.get("act") == "remove":
        remove_portrait(db.session(), now=clock.now(), person=person, actor=BY_SPEAKER)
        db.session.commit()
        flash(_("The picture is gone."), "done")
        return redirect(here, 303)
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    # The picture takes a while to be drawn anew: nobody else waits for this transaction meanwhile.
    db.session.rollback()
    try:
        made = clean_portrait(data)
    except InvalidValuesError as fault:
        return own_page(
            token, find_owner(token), Problem(422, "portrait", file_faults=tuple(sentence(one) for one in fault.faults))
        )
    set_portrait(db.session(), now=clock.now(), person=find_owner(token), file=made, actor=BY_SPEAKER)
    db.session.commit()
    flash(_("The picture is kept."), "done")
    return redirect(here, 303)
