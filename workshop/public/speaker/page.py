"""The page itself: in which sessions one speaks, who sees one's name now, to what one agreed, one's slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.limits import Limit
from workshop.people.models import Person
from workshop.people.queries import find_speaker, is_in_committee
from workshop.programme.models import Series, SpeakerSlot
from workshop.programme.queries import list_proposals_of_person, list_sessions_of_person
from workshop.programme.service.materials import MAXIMUM_FILES
from workshop.programme.view.speakers import SpeakingView, own_facts, part_key, slots_of, speaking_views

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
        contact=series.contact,
        codes=series.languages,
        token=token,
        problem=problem,
        maximum=MAXIMUM_FILES,
    )
    return html, problem.status
