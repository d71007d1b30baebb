"""Public feeds, and one session to download."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from flask import current_app

from workshop.core.urls import external_url
from workshop.ical import Calendar, Event, serialise
from workshop.programme.view import SeriesView, SessionView, session_event

WINDOW = timedelta(days=90)
"""How long after its end a session stays in a feed."""


def window_start(now: datetime) -> datetime:
    """Return the instant from which on sessions that ended are still in a feed: a midnight in UTC."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC) - WINDOW


def in_window(sessions: Iterable[SessionView], *, now: datetime) -> list[SessionView]:
    """Return the sessions that a feed holds today."""
    since = window_start(now)
    return [view for view in sessions if view.ends_at >= since]


def series_feed(view: SeriesView, *, language: str, now: datetime) -> bytes:
    """Return a series' feed; `view` is made for the calendar's surface."""
    calendar = Calendar(
        name=view.title.pick(language, view.languages).value,
        language=view.title.pick(language, view.languages).language or "",
        url=external_url("public.series", lang=language, series=view.slug),
        source=external_url("calendars.series_feed", lang=language, series=view.slug),
        colour=view.colour,
    )
    return serialise(calendar, [session_entry(session, language) for session in in_window(view.sessions, now=now)])


def all_feed(views: Iterable[SeriesView], *, language: str, now: datetime) -> bytes:
    """Return the feed of every session in these series; they are made for the calendar's surface."""
    calendar = Calendar(
        name=current_app.config["NAME"],
        url=external_url("public.home", lang=language),
        source=external_url("calendars.all_feed", lang=language),
    )
    sessions = (session for view in views for session in in_window(view.sessions, now=now))
    return serialise(calendar, [session_entry(session, language) for session in sessions])


def session_file(view: SessionView, *, language: str) -> bytes:
    """Return one session as a file to open."""
    name = view.label if view.is_neutral else view.title
    picked = name.pick(language, view.languages)
    calendar = Calendar(name=picked.value, language=picked.language or "", is_feed=False)
    return serialise(calendar, [session_entry(view, language)])


def last_revision(sessions: Iterable[SessionView]) -> datetime | None:
    """Return when one of these sessions was last revised; only what is shown counts, so that nothing hidden tells."""
    return max((view.revised_at for view in sessions), default=None)


def session_entry(view: SessionView, language: str) -> Event:
    """Return a session's entry in public calendars; `view` is made for that surface."""
    # A neutral entry names no topic, and the page's address may.
    url = (
        ""
        if view.is_neutral
        else external_url("public.session", lang=language, series=view.series_slug, session=view.slug)
    )
    return session_event(view, language=language, url=url, domain=current_app.config["DOMAIN"])
