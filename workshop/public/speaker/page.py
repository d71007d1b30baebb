"""The page itself: in which sessions one speaks, who sees one's name now, to what one agreed, one's slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, current_app, g, render_template
from flask.typing import ResponseReturnValue

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.limits import Limit
from workshop.people.models import Person, SpeakerChange
from workshop.people.queries import find_speaker, is_in_committee
from workshop.programme.models import Mode, Series, SpeakerSlot
from workshop.programme.queries import list_changes_of_person, list_proposals_of_person, list_sessions_of_person
from workshop.programme.service.materials import MAXIMUM_FILES
from workshop.programme.view import SessionView
from workshop.programme.view.people import ChangeView, change_view
from workshop.programme.view.speakers import SpeakingView, own_facts, part_key, slots_of, speaking_views
from workshop.rsvp.schedule import Door, door, door_opens_at

blueprint = Blueprint("speaker", "workshop.public", template_folder="templates", url_prefix="/<lang:lang>/speaker")

BY_CLIENT = Limit("speaker", 600, timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Problem:
    """What stood in the way of a press, told on the page."""

    status: int = 200
    code: str = ""
    part: str = ""
    """Key of the part that it is about; empty for none."""
    file_faults: tuple[str, ...] = field(default=())
    """Why the file for that part was not taken."""


NOTHING = Problem()


def find_owner(token: str) -> Person:
    """Return whose link this is; unknown, malformed, foreign and revoked raise the same NotFoundError."""
    found = find_speaker(db.session(), token=token)
    if found is None:
        raise NotFoundError("no such link")
    return found


def find_part(person: Person, key: str) -> SpeakerSlot | None:
    """Return the person's own part of that key, in a session that is published; None for any other."""
    for one in list_sessions_of_person(db.session(), person.id):
        for slot, _item in slots_of(one) if one.is_published else ():
            if slot.person_id == person.id and part_key(slot) == key:
                return slot
    return None


def views_of(person: Person) -> tuple[SpeakingView, ...]:
    """Return the sessions in which somebody speaks, as they may see them."""
    session = db.session()
    proposals = list_proposals_of_person(session, person.id)
    return speaking_views(list_sessions_of_person(session, person.id), person, proposals=proposals)


def own_files(view: SpeakingView) -> set[str]:
    """Return the keys of somebody's own slides in a session."""
    return {one.key for part in view.parts for one in part.slides}


@dataclass(frozen=True, slots=True)
class Room:
    """Whether the room of a session can be entered."""

    door: str
    opens_at: datetime


def door_of(view: SessionView) -> Door:
    """Return whether the room of a session is open now."""
    return door(view, minutes=int(current_app.config["JOIN_OPENS_MINUTES"]), now=clock.now())


def _rooms(views: Sequence[SpeakingView]) -> dict[str, Room]:
    """Return session's uid → its room, of those that whoever reads may enter."""
    minutes = int(current_app.config["JOIN_OPENS_MINUTES"])
    found = {
        one.session.uid: Room(door_of(one.session).value, door_opens_at(one.session, minutes=minutes))
        for one in views
        if one.session.has_join_link and one.session.mode is not Mode.ON_SITE
    }
    if any(one.door == Door.OPEN for one in found.values()):
        # The room's own origin would tell where it is before anybody has entered.
        g.form_action = "'self' https: http:"
    return found


def changes_of(person: Person) -> list[ChangeView]:
    """Return what somebody asked to change: what waits, and what was decided last about each of them."""
    found = list_changes_of_person(db.session(), person.id)
    sessions = list_sessions_of_person(db.session(), person.id) if found else ()
    items = {item.id: (one, item) for one in sessions for section in one.sections for item in section.items}
    newest: dict[int | None, SpeakerChange] = {}
    for one in found:
        if one.item_id is None or one.item_id in items:
            newest.setdefault(one.item_id, one)
    return [change_view(one, person, items) for one in newest.values()]


def own_page(
    token: str, person: Person, problem: Problem = NOTHING, *, example: Sequence[SpeakingView] | None = None
) -> ResponseReturnValue:
    """Return the page.

    Args:
        token: of the address.
        person: whose page it is.
        problem: what stood in the way of the press that led to it.
        example: where somebody made up speaks, who is in no database: to show the page to organisers.
    """
    session = db.session()
    views = views_of(person) if example is None else example
    now = clock.now()
    series = session.get_one(Series, person.series_id)
    html = render_template(
        "public/speaker.html",
        coming=[one for one in views if one.session.ends_at > now],
        past=[one for one in reversed(views) if one.session.ends_at <= now],
        facts=own_facts(person, is_in_committee=is_in_committee(session, person.id)),
        changes=() if example is not None else changes_of(person),
        rooms=_rooms(views),
        tzid=series.tzid,
        contact=series.contact,
        codes=series.languages,
        token=token,
        problem=problem,
        maximum=MAXIMUM_FILES,
    )
    return html, problem.status
