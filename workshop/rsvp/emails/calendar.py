"""A session as a participant's own calendar entry, and as the file that mail brings; the links that go with it."""

from __future__ import annotations

from flask import current_app

from workshop.chatham.rule import Audience, Surface
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.ical import Calendar, Event, serialise
from workshop.programme.view import SessionView, session_event, session_view
from workshop.rsvp.models import Answer, AnswerState, Participant


def calendar_files(answer: Answer) -> tuple[dict[str, str], ...]:
    """Return the calendar entry to attach: for a seat, unless the participant wants no such files."""
    has_file = answer.state is AnswerState.ACCEPTED and answer.participant.wants_calendar
    return (calendar_file(answer),) if has_file else ()


def calendar_file(answer: Answer) -> dict[str, str]:
    """Return the attachment `session.ics`: the participant's own UID, opaque, with the join link.

    Its lines are unfolded, because a fold would cut a mark in two; whoever puts the links in folds them again.
    """
    language = answer.participant.language
    view, event = calendar_entry(answer)
    name = view.label if view.is_neutral else view.series_title
    content = serialise(
        Calendar(name=name.pick(language, view.languages).value, language=language, is_feed=False), [event]
    )
    return {
        "filename": "session.ics",
        "content_type": "text/calendar; charset=utf-8",
        "content": content.decode().replace("\r\n ", ""),
    }


def calendar_entry(answer: Answer) -> tuple[SessionView, Event]:
    """Return the session as a participant's calendar may show it, and the entry made from it, its links as marks."""
    participant = answer.participant
    language = participant.language
    view = session_view(
        answer.workshop_session,
        audience=Audience.PARTICIPANT,
        surface=Surface.CALENDAR,
        is_discreet=participant.is_discreet,
    )
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
    return view, event


def my_url(participant: Participant, language: str) -> str:
    """Return the address of the personal page, its secret as a mark."""
    return external_url("my.page", lang=language, token=mark(Purpose.MY, participant.subject))


def join_url(answer: Answer, language: str) -> str:
    """Return the address of the join page, its secret as a mark."""
    return external_url("rsvp.join", lang=language, token=mark(Purpose.JOIN, answer.subject))
