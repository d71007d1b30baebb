"""The join page."""

from __future__ import annotations

from flask import current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import ConflictError, NotFoundError
from workshop.programme.models import WorkshopSession
from workshop.programme.view import session_view
from workshop.rsvp import queries
from workshop.rsvp.routes.blueprint import blueprint
from workshop.rsvp.rule import RoomMissingError
from workshop.rsvp.schedule import Door, RoomClosedError, RoomNotOpenError, SessionCancelledError, door, door_opens_at
from workshop.rsvp.service.attending import note_entry
from workshop.rsvp.view.lists import notes_people

_ANY_ROOM = "'self' https: http:"
"""Where the open join page's form may lead: the room's own origin would tell where it is before anybody has entered."""


@blueprint.route("/join/<token>", methods=["GET", "POST"])
def join(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Say when the room opens; a POST leads into it, and counts as attendance. The room's address is in no page."""
    now, minutes = clock.now(), int(current_app.config["JOIN_OPENS_MINUTES"])
    found = queries.find_answer_to_join(db.session(), token=token)
    if found is None:
        raise NotFoundError("no such link")
    workshop_session = found.workshop_session
    view = session_view(workshop_session, audience=Audience.PARTICIPANT, surface=Surface.PERSONAL_PAGE)
    if view is None:
        raise NotFoundError("no such link")
    where = door(view, minutes=minutes, now=now)
    if where is Door.CANCELLED:
        raise SessionCancelledError
    if request.method == "POST":
        _check_door(where, workshop_session)
        room_link = workshop_session.room_link
        note_entry(db.session(), now=now, answer=found)
        db.session.commit()
        response = redirect(room_link, 303)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    if where is Door.OPEN and workshop_session.room_link:
        g.form_action = _ANY_ROOM
    return render_template(
        "rsvp/join.html",
        view=view,
        door=where.value,
        has_room=bool(workshop_session.room_link),
        door_opens_at=door_opens_at(view, minutes=minutes),
        own_tzid=found.participant.tzid,
        notes_people=notes_people(workshop_session),
    )


def _check_door(where: Door, workshop_session: WorkshopSession) -> None:
    refused: dict[Door, type[ConflictError]] = {Door.EARLY: RoomNotOpenError, Door.OVER: RoomClosedError}
    if where in refused:
        raise refused[where]
    if not workshop_session.room_link:
        raise RoomMissingError
