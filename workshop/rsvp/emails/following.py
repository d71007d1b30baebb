"""What those are told who asked for the sessions announced later."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from workshop.rsvp.emails.answers import send, view_for
from workshop.rsvp.emails.calendar import join_url
from workshop.rsvp.models import Answer
from workshop.rsvp.schedule import REQUEST_LIFETIME, door_opens_at


def session_announced(session: Session, *, now: datetime, answer: Answer) -> None:
    """Mail that a session was announced and what the answer for it is: a place, a request, too late, or to confirm.

    The answer's state must be set and flushed. Sent once for each person and session, whatever becomes of the answer.
    """
    view = view_for(answer)
    if view is None:
        return
    minutes = int(current_app.config["JOIN_OPENS_MINUTES"])
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="session_announced",
        basis={"state": answer.state.value},
        dedupe_key=f"session_announced:{answer.participant.subject}:{answer.workshop_session.uid}",
        context={
            "state": answer.state.value,
            "join_url": join_url(answer, answer.participant.language) if view.has_join_link else "",
            "door_opens_at": door_opens_at(view, minutes=minutes),
            "expires_at": now + REQUEST_LIFETIME,
        },
        expires_at=view.starts_at,
    )
