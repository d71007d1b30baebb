"""What all messages of this feature say of a session, and how they get into the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.orm import Session

from workshop.chatham.notices import label as level_label
from workshop.chatham.notices import level_character
from workshop.chatham.rule import Audience, Level, Surface, effective_level, shown_level
from workshop.core.localtime import clock_time, long_date
from workshop.mail.service import enqueue
from workshop.programme.models import WorkshopSession
from workshop.programme.view import SessionView, default_label, session_view
from workshop.rsvp.emails import join_url, my_url, reply_to, sender_name
from workshop.rsvp.models import Answer, AnswerState


def levels_of(workshop_session: WorkshopSession, items: Iterable[Level | None]) -> tuple[str, str]:
    """Return the session's own level, which titles follow, and the strictest of its items, which the notice follows."""
    own, _source = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    return own.value, shown_level(session=own, items=items).value


def message_about(answer: Answer, view: SessionView, **message: Any) -> dict[str, Any]:
    """Return what `mail.service.enqueue` takes for a message about an answer, with what the last look compares."""
    participant, workshop_session = answer.participant, answer.workshop_session
    assert participant.address is not None
    items = [item.level for section in workshop_session.sections for item in section.items]
    message["basis"]["levels"] = list(levels_of(workshop_session, items))
    message["basis"]["is_neutral"] = view.is_neutral
    if participant.is_discreet:
        # Whoever asks for discretion while a message waits is written to anew.
        message["dedupe_key"] += "|discreet"
    message["headers"] = {**reply_to(workshop_session.series, view), **message.get("headers", {})}
    return {
        "series_id": workshop_session.series_id,
        "workshop_session_id": workshop_session.id,
        "person_ref": participant.subject,
        "answer_ref": answer.subject,
        "recipient": participant.address,
        "language": participant.language,
        "sender_name": sender_name(workshop_session.series, view, participant.language),
        **message,
    }


def enqueue_about(session: Session, *, answer: Answer, view: SessionView, **message: Any) -> int | None:
    """Queue a message about an answer; None when it was there already."""
    return enqueue(session, **message_about(answer, view, **message))


def view_of(answer: Answer) -> SessionView | None:
    """Return the session as its mail may show it; whoever has no seat is invited, not a participant."""
    audience = Audience.PARTICIPANT if answer.state is AnswerState.ACCEPTED else Audience.INVITED
    return session_view(
        answer.workshop_session,
        audience=audience,
        surface=Surface.MAIL,
        is_discreet=answer.participant.is_discreet,
    )


def about(answer: Answer, view: SessionView) -> dict[str, Any]:
    """Return what all these messages say of the session."""
    participant, language = answer.participant, answer.participant.language
    has_seat = answer.state is AnswerState.ACCEPTED
    has_room = has_seat and view.has_join_link and view.mode.value != "on_site"
    return {
        "view": view,
        "reader_name": participant.name,
        # A label of the product's own making beside a title of one's own says nothing.
        "has_label": view.title != view.label and view.label != default_label(None),
        "level_label": level_label(view.level),
        "level_character": level_character(view.level),
        "own_tzid": participant.tzid,
        **start_of(view.starts_at, view.tzid, language),
        "opens_minutes": int(current_app.config["JOIN_OPENS_MINUTES"]),
        "state": answer.state.value,
        "join_url": join_url(answer, language) if has_room else "",
        "my_url": my_url(participant, language),
    }


def start_of(starts_at: datetime, tzid: str, language: str) -> dict[str, str]:
    """Return day and hour as a subject writes them."""
    day = starts_at.astimezone(ZoneInfo(tzid)).date()
    return {"starts_date": long_date(day, language), "starts_time": clock_time(starts_at, tzid, language)}
