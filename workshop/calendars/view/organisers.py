"""An organiser's own calendar: the sessions of their series, drafts among them, with how many have answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.calendars.queries import AnswerCount
from workshop.calendars.view.feeds import in_window, last_revision
from workshop.calendars.view.personal import OwnCalendar
from workshop.chatham.rule import Audience, Surface
from workshop.core.language import speaking
from workshop.core.urls import external_url
from workshop.ical import Calendar, Event, serialise
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view import SessionView, session_disclosure, session_event, session_view
from workshop.rsvp.models import AnswerState
from workshop.rsvp.view.seats import seats_taken


@dataclass(frozen=True, slots=True)
class Standing:
    """How the answers to a session stand, in numbers."""

    coming: int
    perhaps: int
    waiting: int
    capacity: int | None
    """Places; None: as many as come."""


@dataclass(frozen=True, slots=True)
class ManagedSession:
    """A session as its organisers' calendars may show it."""

    view: SessionView
    is_draft: bool
    standing: Standing | None
    """None where a calendar may hold no numbers, or they say nothing any more."""


def managed_sessions(series: Iterable[Series], counts: Iterable[AnswerCount]) -> tuple[ManagedSession, ...]:
    """Return every session of these series, which the reader owns or organises; they are loaded whole."""
    numbers: dict[str, dict[AnswerState, int]] = {}
    for one in counts:
        numbers.setdefault(one.uid, {})[one.state] = one.number
    found = (_managed(session, numbers.get(session.uid, {})) for each in series for session in each.sessions)
    return tuple(managed for managed in found if managed is not None)


def _managed(workshop_session: WorkshopSession, numbers: Mapping[AnswerState, int]) -> ManagedSession | None:
    audience, surface = Audience.ORGANISER, Surface.CALENDAR
    view = session_view(workshop_session, audience=audience, surface=surface)
    if view is None:
        return None
    may_count = session_disclosure(workshop_session, audience=audience, surface=surface).participant_count
    standing = Standing(
        coming=numbers.get(AnswerState.ACCEPTED, 0),
        perhaps=numbers.get(AnswerState.TENTATIVE, 0),
        waiting=numbers.get(AnswerState.WAITLISTED, 0),
        capacity=workshop_session.capacity,
    )
    has_numbers = may_count and not view.is_cancelled
    return ManagedSession(view, not workshop_session.is_published, standing if has_numbers else None)


def organiser_entry(
    workshop_session: WorkshopSession, numbers: Mapping[AnswerState, int], *, language: str
) -> tuple[SessionView, Event] | None:
    """Return a session as its organisers' calendars may show it, and the entry made of it."""
    managed = _managed(workshop_session, numbers)
    if managed is None:
        return None
    with speaking(language):
        return managed.view, _entry(managed, language)


def organiser_calendar(sessions: Iterable[ManagedSession], *, language: str, now: datetime) -> OwnCalendar:
    """Return the calendar of an organiser who reads `language`. Needs an application context."""
    by_uid = {one.view.uid: one for one in sessions}
    shown = in_window((one.view for one in by_uid.values()), now=now)
    with speaking(language):
        calendar = Calendar(
            name=_("%(name)s: my series", name=current_app.config["NAME"]),
            language=language,
            url=external_url("organise.dashboard", lang=language),
        )
        entries = [_entry(by_uid[view.uid], language) for view in shown]
    return OwnCalendar(serialise(calendar, entries), last_revision(shown))


def _entry(one: ManagedSession, language: str) -> Event:
    view = one.view
    event = session_event(
        view,
        language=language,
        url=_desk(one, language),
        domain=str(current_app.config["DOMAIN"]),
        prefix=str(_("[Draft]")) if one.is_draft else "",
    )
    words = standing_words(one.standing) if one.standing else ""
    if not words or view.is_neutral:
        return event
    # First: a telephone shows the first line only, and everything else the organisers wrote themselves.
    return replace(event, description=f"{words}\n\n{event.description}")


def _desk(one: ManagedSession, language: str) -> str:
    """Return where the workspace shows the session; where its name may not be told, where the workspace begins."""
    view = one.view
    if view.is_neutral:
        return external_url("organise.dashboard", lang=language)
    page = "organise.edit_session" if one.is_draft else "rsvp_organise.answers"
    return external_url(page, lang=language, series=view.series_slug, session=view.slug)


def standing_words(standing: Standing) -> str:
    """Return the numbers in a line, in the language that is spoken; empty where there are none."""
    seats = seats_taken(standing.coming, standing.capacity)
    facts = [seats] if seats else []
    if standing.perhaps:
        facts.append(ngettext("%(num)s answered “perhaps”", "%(num)s answered “perhaps”", standing.perhaps))
    if standing.waiting:
        facts.append(ngettext("%(num)s on the waiting list", "%(num)s on the waiting list", standing.waiting))
    return " · ".join(facts)
