"""What participants are told about their answers, written into the outbox of the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from workshop.chatham.rule import Audience, Surface
from workshop.core.language import languages
from workshop.core.links import Purpose, mark
from workshop.core.localtime import city
from workshop.core.urls import external_url
from workshop.ical import Calendar, serialise
from workshop.mail.service import enqueue, supersede
from workshop.programme.models import Series
from workshop.programme.view import SessionView, session_event, session_view
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.schedule import REQUEST_LIFETIME, door_opens_at, erases_at

PRIORITY = 30


def confirm_address(session: Session, *, now: datetime, answer: Answer, language: str) -> None:
    """Mail the link to the page with the button. Names no series, repeats nothing typed: anybody can type any address.

    Args:
        session: the transaction in which the answer was asked for.
        now: the present.
        answer: what waits, with its participant.
        language: chosen in the form.
    """
    participant = answer.participant
    assert participant.address is not None
    expires_at = now + REQUEST_LIFETIME
    supersede(session, now=now, answer_ref=answer.subject, kinds=("confirm_address",), reason="asked again")
    enqueue(
        session,
        now=now,
        kind="confirm_address",
        priority=PRIORITY,
        series_id=participant.series_id,
        workshop_session_id=answer.workshop_session_id,
        person_ref=participant.subject,
        answer_ref=answer.subject,
        basis={"asked_at": now.isoformat()},
        dedupe_key=f"confirm_address:{answer.subject}:{now.isoformat()}",
        recipient=participant.address,
        language=language,
        sender_name="",
        context={
            "confirm_url": my_url(participant, language),
            "expires_at": expires_at,
            "tzid": current_app.config["TIMEZONE"],
        },
        expires_at=expires_at,
    )


def answer_recorded(session: Session, *, now: datetime, answer: Answer) -> None:
    """Mail what was recorded, with the personal page; for a seat also the join link and the calendar entry.

    The answer's state must be set and flushed.
    """
    participant, workshop_session = answer.participant, answer.workshop_session
    has_seat = answer.state is AnswerState.ACCEPTED
    audience = Audience.PARTICIPANT if has_seat else Audience.INVITED
    view = session_view(workshop_session, audience=audience, surface=Surface.MAIL)
    if participant.address is None or view is None:
        return
    language = participant.language
    supersede(session, now=now, answer_ref=answer.subject, kinds=("answer_recorded",), reason="changed again")
    enqueue(
        session,
        now=now,
        kind="answer_recorded",
        priority=PRIORITY,
        series_id=participant.series_id,
        workshop_session_id=answer.workshop_session_id,
        person_ref=participant.subject,
        answer_ref=answer.subject,
        basis={"state": answer.state.value},
        dedupe_key=f"answer_recorded:{answer.subject}:{now.isoformat()}",
        recipient=participant.address,
        language=language,
        sender_name=sender_name(workshop_session.series, view, language),
        headers=reply_to(workshop_session.series, view),
        context=_recorded(answer, view),
        attachments=(calendar_file(answer),) if has_seat else (),
    )


def _recorded(answer: Answer, view: SessionView) -> dict[str, Any]:
    participant, language = answer.participant, answer.participant.language
    minutes = int(current_app.config["JOIN_OPENS_MINUTES"])
    return {
        "view": view,
        "state": answer.state.value,
        "own_tzid": participant.tzid,
        "my_url": my_url(participant, language),
        "join_url": join_url(answer, language) if view.has_join_link else "",
        "door_opens_at": door_opens_at(view, minutes=minutes),
        "wants_reminders": participant.wants_reminders,
        "erases_at": erasure_of(participant),
        "zone_city": city(view.tzid, language),
    }


def erasure_of(participant: Participant) -> datetime:
    """Return when the participant's identity is erased, as things stand."""
    return erases_at(
        [(answer.state, answer.answered_at, answer.workshop_session.ends_at) for answer in participant.answers],
        created_at=participant.created_at,
        retention_days=participant.series.retention_days,
    )


def sender_name(series: Series, view: SessionView, language: str) -> str:
    """Return the series' name for its mail; empty, so the instance's, where the message is neutral."""
    return "" if view.is_neutral else series.sender_name.pick(language, languages()).value


def reply_to(series: Series, view: SessionView) -> dict[str, str]:
    """Return the Reply-To header: the series' contact, none where the message is neutral, since its domain tells."""
    return {"Reply-To": series.contact} if series.contact and not view.is_neutral else {}


def my_url(participant: Participant, language: str) -> str:
    """Return the address of the personal page, its secret as a mark."""
    return external_url("my.page", lang=language, token=mark(Purpose.MY, participant.subject))


def join_url(answer: Answer, language: str) -> str:
    """Return the address of the join page, its secret as a mark."""
    return external_url("rsvp.join", lang=language, token=mark(Purpose.JOIN, answer.subject))


def calendar_file(answer: Answer) -> dict[str, str]:
    """Return the attachment `session.ics`: the participant's own UID, opaque, with the join link.

    Its lines are unfolded, because a fold would cut a mark in two; whoever puts the links in folds them again.
    """
    participant = answer.participant
    language = participant.language
    view = session_view(answer.workshop_session, audience=Audience.PARTICIPANT, surface=Surface.CALENDAR)
    assert view is not None
    page = external_url("public.session", lang=language, series=view.series_slug, session=view.slug)
    event = session_event(
        view,
        language=language,
        url=my_url(participant, language) if view.is_neutral else page,
        domain=str(current_app.config["DOMAIN"]),
        uid=answer.uid,
        join_url=join_url(answer, language) if view.has_join_link else "",
        is_transparent=False,
    )
    name = view.label if view.is_neutral else view.series_title
    content = serialise(
        Calendar(name=name.pick(language, view.languages).value, language=language, is_feed=False), [event]
    )
    return {
        "filename": "session.ics",
        "content_type": "text/calendar; charset=utf-8",
        "content": content.decode().replace("\r\n ", ""),
    }
