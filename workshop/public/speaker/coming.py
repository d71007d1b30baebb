"""Whether somebody who speaks comes, for each part apart; and the room, once it is open."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import limited
from workshop.programme.models import WorkshopSession
from workshop.programme.service.speaking import confirm as confirm_part
from workshop.programme.service.speaking import decline as decline_part
from workshop.programme.view.consents import BY_SPEAKER
from workshop.public.speaker.page import (
    BY_CLIENT,
    Problem,
    blueprint,
    door_of,
    find_owner,
    find_part,
    own_page,
    views_of,
)
from workshop.rsvp.schedule import Door


@blueprint.post("/<token>/confirm")
@limited(BY_CLIENT)
def confirm(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Keep that they come."""
    return _keep(token, confirm_part, str(_("Thank you: the organisers now know that you are coming.")))


@blueprint.post("/<token>/decline")
@limited(BY_CLIENT)
def decline(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Keep that they do not come: their name leaves all pages and feeds at once, and the organisers are told."""
    words = _("Noted. Your name is no longer announced for this part, and the organisers are told.")
    return _keep(token, decline_part, str(words))


@blueprint.post("/<token>/room")
@limited(BY_CLIENT)
def room(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Lead into the room of a session in which they have a part, while it is open; its address is in no page."""
    person = find_owner(token)
    slot = find_part(person, request.form.get("part", ""))
    if slot is None:
        return own_page(token, person, Problem(409, "part_gone"))
    found = db.session().get_one(WorkshopSession, slot.workshop_session_id)
    view = next((one.session for one in views_of(person) if one.session.uid == found.uid), None)
    if view is None or not view.has_join_link or not found.room_link or door_of(view) is not Door.OPEN:
        return own_page(token, person, Problem(409, "room_closed"))
    response = redirect(found.room_link, 303)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _keep(token: str, act: Callable[..., bool], words: str) -> ResponseReturnValue:
    person = find_owner(token)
    key = request.form.get("part", "")
    slot = find_part(person, key)
    if slot is None:
        return own_page(token, person, Problem(409, "part_gone"))
    now = clock.now()
    if db.session().get_one(WorkshopSession, slot.workshop_session_id).ends_at <= now:
        return own_page(token, person, Problem(409, "part_over", key))
    act(db.session(), now=now, slot=slot, actor=BY_SPEAKER)
    db.session.commit()
    flash(words, "done")
    return redirect(url_for("speaker.page", token=token, _anchor=f"part-{key}"), 303)
