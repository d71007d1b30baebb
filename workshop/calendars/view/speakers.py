"""A speaker's own calendar: the sessions in which they speak or moderate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _

from workshop.calendars.view.feeds import in_window
from workshop.calendars.view.personal import OwnCalendar, make_own_calendar
from workshop.chatham.rule import Audience, Surface
from workshop.core.language import speaking
from workshop.core.localtime import wall_clock
from workshop.core.urls import external_url
from workshop.ical import Event
from workshop.people.models import Person
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view import SessionView, session_event, session_view
from workshop.programme.view.speakers import OwnTime, own_audience, own_times


def speaker_calendar(
    person: Person, sessions: Iterable[WorkshopSession], *, series: Series, now: datetime
) -> OwnCalendar:
    """Return a speaker's calendar, in the language in which they are written to. Needs an application context.

    Args:
        person: who speaks or moderates.
        sessions: theirs, whole, with their series; those that are not published are left out.
        series: the person's.
        now: the present.
    """
    language = person.language or series.languages[0]
    entries = (speaker_entry(one, person, language=language) for one in sessions)
    found = {entry[0].uid: entry for entry in entries if entry is not None}
    shown = in_window((view for view, _event in found.values()), now=now)
    return make_own_calendar([found[view.uid] for view in shown], series=series, language=language)


def speaker_entry(
    workshop_session: WorkshopSession, person: Person, *, language: str
) -> tuple[SessionView, Event] | None:
    """Return a session as a speaker's calendar may show it, and the entry; None where they have no part in it."""
    audience = own_audience(workshop_session, person)
    if audience is Audience.INVITED:  # they said that they do not come
        return None
    view = session_view(workshop_session, audience=audience, surface=Surface.CALENDAR) if audience else None
    return (view, _entry(view, workshop_session, person, language)) if view else None


def _entry(view: SessionView, workshop_session: WorkshopSession, person: Person, language: str) -> Event:
    is_public = session_view(workshop_session, audience=Audience.PUBLIC, surface=Surface.PAGE) is not None
    has_page = is_public and not view.is_neutral
    with speaking(language):
        lines = "\n".join(_lines(own_times(workshop_session, person), language))
    return session_event(
        view,
        language=language,
        url=external_url("public.session", lang=language, series=view.series_slug, session=view.slug)
        if has_page
        else "",
        domain=str(current_app.config["DOMAIN"]),
        is_transparent=False,
        addition=lines,
    )


def _lines(times: Iterable[OwnTime], language: str) -> Iterator[str]:
    """Yield what they do, a part a line, in the language that is spoken; times are the session's clock."""
    for one in times:
        if one.is_whole:
            yield str(_("You moderate this session."))
        elif one.starts:
            time = _span(one, language)
            yield str(
                _("You moderate: %(time)s", time=time) if one.is_moderator else _("You speak: %(time)s", time=time)
            )


def _span(one: OwnTime, language: str) -> str:
    begins = datetime.fromisoformat(f"2000-01-01T{one.starts}")
    if not one.minutes:
        return wall_clock(begins, language)
    ends = begins + timedelta(minutes=one.minutes)
    dash = "\u00a0– " if language == "fr" else "–"
    return f"{wall_clock(begins, language)}{dash}{wall_clock(ends, language)}"
