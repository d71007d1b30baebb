"""What the organisers have written to a participant, on a page of its own: also what a discreet mail only leads to."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from workshop.announcements.queries import list_written_to
from workshop.announcements.view import message_view
from workshop.core import clock
from workshop.core.db import db
from workshop.core.links import Purpose, find_token
from workshop.public.my.page import blueprint, find_owner


@blueprint.get("/<token>/messages")
def messages(lang: str, token: str) -> ResponseReturnValue:
    """Show the announcements that were written to a participant."""
    participant = find_owner(token, clock.now(), is_confirmed=True)
    written = list_written_to(db.session(), subjects=[participant.subject])
    return render_template(
        "public/my_messages.html",
        token=token,
        received=[message_view(one, at, lang) for one, at in written],
        tzid=participant.tzid or participant.series.tzid,
        stop_token=find_token(db.session(), purpose=Purpose.UNSUBSCRIBE, subject=participant.subject),
    )
