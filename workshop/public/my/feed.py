"""A participant's own calendar: its address made, replaced, ended."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import limited
from workshop.public.my.page import BY_CLIENT, blueprint, find_owner
from workshop.public.own_feed import feed_page, press
from workshop.rsvp.models import Participant
from workshop.rsvp.service.standing import lock_participant


@blueprint.get("/<token>/feed")
def feed(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show the address of one's own calendar, or how to get one."""
    return _page(token, find_owner(token, clock.now(), is_confirmed=True))


@blueprint.post("/<token>/feed")
@limited(BY_CLIENT)
def change_feed(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Make, replace or end the address."""
    participant = lock_participant(db.session(), find_owner(token, clock.now(), is_confirmed=True).id)
    done = press(subject=participant.subject, here=url_for("my.feed", token=token))
    return done or _page(token, participant, problem=True)


def _page(token: str, participant: Participant, *, problem: bool = False) -> ResponseReturnValue:
    return feed_page(
        subject=participant.subject,
        back=url_for("my.page", token=token),
        reads=participant.language,
        is_discreet=participant.is_discreet,
        has_mail=participant.address is not None,
        has_invitations=participant.address is not None and participant.wants_calendar,
        problem=problem,
    )
