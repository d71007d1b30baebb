"""An organiser's own calendar, for whoever has its secret address."""

from __future__ import annotations

from datetime import datetime

from workshop.calendars.queries import find_organiser_mark, list_managed_series
from workshop.calendars.view import managed_sessions, organiser_calendar, window_start
from workshop.core.db import db
from workshop.core.kept import KeptAnswer, keep, make_answer


def organiser_answer(subject: str, *, now: datetime) -> KeptAnswer | None:
    """Return the calendar of the organiser of that random id; None where there is no such account, or it is disabled.

    Roles count as they stand at this request: what somebody may no longer see is gone with the next one.
    """
    mark = find_organiser_mark(db.engine, subject, now=now)
    if mark is None:
        return None

    def make() -> KeptAnswer:
        series = list_managed_series(db.session(), mark.organiser_id, now=now)
        sessions = managed_sessions(series, mark.counts)
        found = organiser_calendar(sessions, language=mark.language, now=now)
        return make_answer(found.body, last_modified=found.revised_at, X_Robots_Tag="noindex")

    return keep(("calendars.organiser", mark, window_start(now)), make)
