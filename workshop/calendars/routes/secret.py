"""One kind of address for every secret calendar: its token says whose it is."""

from __future__ import annotations

from flask import Response

from workshop.calendars.routes.blueprint import ICS, blueprint, for_programs
from workshop.calendars.routes.organisers import organiser_answer
from workshop.calendars.routes.personal import participant_answer, speaker_answer
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import respond
from workshop.core.links import Purpose, probe_subject

OWN_CACHING = "private, no-cache"

_KINDS = (participant_answer, speaker_answer, organiser_answer)


@blueprint.get("/calendar/<token>.ics")
@for_programs
def secret_feed(token: str) -> Response:
    """Somebody's own sessions, in their own language. That it was fetched is kept nowhere."""
    subject, now = probe_subject(db.engine, purpose=Purpose.FEED, token=token), clock.now()
    if subject is not None:
        for find in _KINDS:
            if (answer := find(subject, now=now)) is not None:
                return respond(answer, content_type=ICS, cache_control=OWN_CACHING)
    raise NotFoundError("no such calendar")
