"""The slides of somebody who speaks: kept without their metadata, fetched again, taken away."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.limits import Limit, limited
from workshop.core.uploads import accepts_upload
from workshop.people.models import Person
from workshop.programme.models import Series, Slides, SpeakerSlot
from workshop.programme.sentences import sentence
from workshop.programme.service.materials import add_slides, remove_slides
from workshop.programme.view.consents import BY_SPEAKER
from workshop.public.downloads import send_slides
from workshop.public.speaker.page import (
    BY_CLIENT,
    Problem,
    blueprint,
    find_owner,
    find_part,
    own_files,
    own_page,
    views_of,
)


@blueprint.post("/<token>/slides")
@limited(Limit("upload", 60, timedelta(minutes=10)))
@accepts_upload
def upload(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Keep a file for one part; who gets it follows the level and the consent, which this does not give."""
    person = find_owner(token)
    key = request.form.get("part", "")
    slot = find_part(person, key)
    if slot is None:
        return own_page(token, person, Problem(409, "part_gone"))
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    language = request.form.get("language", "")
    if language not in db.session().get_one(Series, person.series_id).languages:
        language = ""
    # The file takes a while to be looked into: nobody else waits for this transaction meanwhile.
    db.session.rollback()
    try:
        add_slides(db.session(), now=clock.now(), slot=slot, data=data, language=language, actor=BY_SPEAKER)
    except InvalidValuesError as fault:
        db.session.rollback()
        said = tuple(sentence(one) for one in fault.faults)
        return own_page(token, find_owner(token), Problem(422, "file", key, said))
    db.session.commit()
    flash(_("Your slides are kept, without anything in the file that is not seen."), "done")
    return redirect(url_for("speaker.page", token=token, _anchor=f"part-{key}"), 303)


@blueprint.post("/<token>/slides/<key>/remove")
@limited(BY_CLIENT)
def remove(lang: str, token: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Take a file away for good."""
    remove_slides(db.session(), now=clock.now(), slides=_find(find_owner(token), key), actor=BY_SPEAKER)
    db.session.commit()
    flash(_("The slides are gone from here. Copies already made cannot be recalled."), "done")
    return redirect(url_for("speaker.page", token=token), 303)


@blueprint.get("/<token>/slides/<key>")
def slides(lang: str, token: str, key: str) -> Response:  # noqa: ARG001 (the address has it)
    """Send one's own slides, shown to others or not, or those that the page offers of others."""
    person = find_owner(token)
    if not any(key in own_files(one) or key in one.session.files for one in views_of(person)):
        raise NotFoundError("slides")
    return send_slides(key, cache_control="no-store")


def _find(person: Person, key: str) -> Slides:
    """Return one's own slides; anybody else's are like none."""
    of_person = sa.select(Slides).join(SpeakerSlot, SpeakerSlot.id == Slides.slot_id)
    found = db.session().scalar(of_person.where(Slides.key == key, SpeakerSlot.person_id == person.id))
    if found is None:
        raise NotFoundError("slides")
    return found
