"""A session as a participant's own calendar entry, in feed and mail alike; the links that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import current_app
from flask_babel import gettext as _

from workshop.chatham.rule import Audience, Surface, Visibility
from workshop.core.language import speaking
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.ical import Event, EventStatus
from workshop.programme.view import SessionView, session_event, session_view
from workshop.rsvp.models import STANDING, Answer, AnswerState, Participant
from workshop.rsvp.rule import own_sequence


def own_entry(answer: Answer, *, tokens: Mapping[str, str] | None = None) -> tuple[SessionView, Event]:
    """Return the session as a participant's calendar may show it, and the entry made from it.

    The same in the personal feed and in mail, which adds when it was written and who asks whom. A seat keeps the
    time free for it and has the join link; what else stands does neither, and says in its title what it is; an answer
    that does not stand is an entry that is cancelled.

    Args:
        answer: confirmed, of a session that is published; the session loaded whole.
        tokens: answer's random id → token of the join page, to put the link in; without one it is left out. None: a
            mark stands for it.
    """
    participant = answer.participant
    language = participant.language
    holds_seat = answer.state is AnswerState.ACCEPTED
    view = session_view(
        answer.workshop_session,
        audience=Audience.PARTICIPANT if holds_seat else Audience.INVITED,
        surface=Surface.CALENDAR,
        is_discreet=participant.is_discreet,
    )
    assert view is not None
    stands = answer.state in STANDING and not view.is_cancelled
    has_link = stands and view.has_join_link and (tokens is None or answer.subject in tokens)
    link = join_url(answer, language, tokens) if has_link else ""
    event = session_event(
        view,
        language=language,
        url=_entry_url(view, language),
        domain=str(current_app.config["DOMAIN"]),
        uid=answer.uid,
        join_url=link,
        is_transparent=not (holds_seat and stands),
        prefix=_prefix(answer.state, language) if stands else "",
        addition=_way_in(link, language) if link else "",
    )
    return view, replace(
        event,
        sequence=own_sequence(answer),
        revised_at=max(view.revised_at, answer.answered_at),
        status=_status(event.status, holds_seat=holds_seat, stands=stands),
    )


def _entry_url(view: SessionView, language: str) -> str:
    """Return the session's page; nothing where that names a topic, or does not open.

    Never the personal page: calendars are shared, and kept by others, while that link withdraws and erases.
    """
    if view.is_neutral or view.visibility is Visibility.INVITE_ONLY:
        return ""
    return external_url("public.session", lang=language, series=view.series_slug, session=view.slug)


def _way_in(link: str, language: str) -> str:
    """Return the paragraph with the reader's own link: few calendars show CONFERENCE (RFC 7986, 5.11)."""
    with speaking(language):
        # Not within an f-string: the extraction of messages looks into none.
        words = str(_("Enter the session"))
    return f"{words}\n{link}"


def _status(status: EventStatus, *, holds_seat: bool, stands: bool) -> EventStatus:
    if not stands:
        return EventStatus.CANCELLED
    return status if holds_seat else EventStatus.TENTATIVE


def _prefix(state: AnswerState, language: str) -> str:
    """Return what a title begins with that is not a seat's."""
    with speaking(language):
        prefixes = {
            AnswerState.WAITLISTED: _("[Waiting list]"),
            AnswerState.OFFERED: _("[Place offered]"),
            AnswerState.REQUESTED: _("[Request pending]"),
        }
    return str(prefixes.get(state, ""))


def my_url(participant: Participant, language: str) -> str:
    """Return the address of the personal page, its secret as a mark."""
    return external_url("my.page", lang=language, token=mark(Purpose.MY, participant.subject))


def join_url(answer: Answer, language: str, tokens: Mapping[str, str] | None = None) -> str:
    """Return the address of the join page, its secret as a mark; with `tokens` (subject → token), itself."""
    token = mark(Purpose.JOIN, answer.subject) if tokens is None else tokens[answer.subject]
    return external_url("rsvp.join", lang=language, token=token)
