"""What those who wait for a place are told, and whom organisers answered or added."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.core.localized import Localized
from workshop.rsvp.emails.answers import erasure_of, send, view_for
from workshop.rsvp.models import Answer
from workshop.rsvp.queries import list_told, positions


def place_offered(session: Session, *, now: datetime, answer: Answer) -> None:
    """Mail that a place is held, and until when; the personal page has the button. The state must be flushed."""
    view = view_for(answer)
    if view is None or answer.offer_expires_at is None:
        return
    expires_at = answer.offer_expires_at
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="place_offered",
        basis={"expires_at": expires_at.isoformat()},
        context={"expires_at": expires_at},
        expires_at=expires_at,
    )


def place_lapsed(session: Session, *, now: datetime, answer: Answer) -> None:
    """Mail that the place offered has gone to the next, and how to ask again. The state must be flushed."""
    view = view_for(answer)
    if view is None:
        return
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="place_lapsed",
        basis={"state": answer.state.value},
        context={"may_ask_again": view.starts_at > now},
        expires_at=view.starts_at if view.starts_at > now else view.ends_at,
    )


def place_free_key(subject: str, waitlisted_at: datetime) -> str:
    """Return the dedupe key of `place_free`: once for each time that an answer waits."""
    return f"place_free:{subject}:{waitlisted_at.isoformat()}"


def place_free(session: Session, *, now: datetime, answer: Answer) -> bool:
    """Mail somebody who waits that there is a place for whoever comes first; False when they were told before."""
    view = view_for(answer)
    key = place_free_key(answer.subject, answer.waitlisted_at or answer.answered_at)
    if view is None or list_told(session, [key]):
        return False
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="place_free",
        basis={"state": answer.state.value},
        context={},
        dedupe_key=key,
        expires_at=view.starts_at,
    )
    return True


def answer_refused(session: Session, *, now: datetime, answer: Answer) -> None:
    """Mail an organiser's words to whom they declined. State and text must be flushed."""
    send(
        session,
        now=now,
        answer=answer,
        view=view_for(answer),
        kind="answer_refused",
        basis={"refused_at": answer.refused_at.isoformat() if answer.refused_at else ""},
        context={"refusal_text": answer.refusal_text},
    )


def answer_withdrawn(session: Session, *, now: datetime, answer: Answer, words: Localized) -> None:
    """Mail that the organisers withdrew an answer, in their words. The state must be flushed."""
    send(
        session,
        now=now,
        answer=answer,
        view=view_for(answer),
        kind="answer_withdrawn",
        basis={"state": answer.state.value},
        context={"words": words},
    )


def added_by_hand(session: Session, *, now: datetime, answer: Answer) -> None:
    """Mail somebody that the organisers added them, why, and what there is to do. The state must be flushed."""
    view = view_for(answer)
    if view is None:
        return
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="added_by_hand",
        basis={"state": answer.state.value},
        context={
            "state": answer.state.value,
            "expires_at": answer.offer_expires_at,
            "position": positions(session, [answer]).get(answer.id, 0),
            "reason": answer.added_reason,
            "erases_at": erasure_of(answer.participant),
        },
        expires_at=view.starts_at,
    )
