"""Telling somebody that the organisers withdrew their answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.core.localized import Localized
from workshop.rsvp.emails.answers import send, view_for
from workshop.rsvp.models import Answer


def answer_withdrawn(session: Session, *, now: datetime, answer: Answer, words: Localized) -> None:
    """Mail that the organisers withdrew an answer, in their words. The state must be flushed."""
    view = view_for(answer)
    if view is None:
        return
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="answer_withdrawn",
        basis={"state": answer.state.value},
        context={"words": words},
    )
