"""A speaker's own calendar: its address made, replaced, ended."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.limits import limited
from workshop.people.models import Person
from workshop.programme.models import Series
from workshop.public.own_feed import feed_page, press
from workshop.public.speaker.page import BY_CLIENT, blueprint, find_owner


@blueprint.get("/<token>/feed")
def feed(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show the address of one's own calendar, or how to get one."""
    return _page(token, find_owner(token))


@blueprint.post("/<token>/feed")
@limited(BY_CLIENT)
def change_feed(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Make, replace or end the address."""
    found = find_owner(token)
    person = db.session().get(Person, found.id, with_for_update={"of": Person}, populate_existing=True)
    if person is None:
        raise NotFoundError("no such link")
    return press(subject=person.subject, here=url_for("speaker.feed", token=token)) or _page(
        token, person, problem=True
    )


def _page(token: str, person: Person, *, problem: bool = False) -> ResponseReturnValue:
    series = db.session().get_one(Series, person.series_id)
    return feed_page(
        subject=person.subject,
        back=url_for("speaker.page", token=token),
        reads=person.language or series.languages[0],
        is_speaker=True,
        has_mail=False,
        problem=problem,
    )
