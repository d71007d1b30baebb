"""Public feeds, and one session to download."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from flask import current_app

from workshop.core.typography import typeset
from workshop.core.urls import external_url
from workshop.ical import Calendar, Event, EventStatus, serialise
from workshop.programme.view import SeriesView, SessionView, TombstoneView, session_event

WINDOW = timedelta(days=90)
"""How long after its end a session stays in a feed."""
AFTERWARDS = timedelta(days=14)
"""How long a feed says of a session that it is off: at least so long, and until its end."""


def window_start(now: datetime) -> datetime:
    """Return the instant from which on sessions that ended are still in a feed: a midnight in UTC."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC) - WINDOW


def in_window(sessions: Iterable[SessionView], *, now: datetime) -> list[SessionView]:
    """Return the sessions that a feed holds today: what is off goes earlier than what took place."""
    since = window_start(now)
    return [view for view in sessions if (is_still_told(view, now=now) if view.is_cancelled else view.ends_at >= since)]


def is_still_told(session: SessionView | TombstoneView, *, now: datetime) -> bool:
    """Whether calendars still say today of a session that is off that it is. Days are UTC's, as in `window_start`."""
    off_since = session.revised_at if isinstance(session, TombstoneView) else session.cancelled_at
    until = session.ends_at if off_since is None else max(session.ends_at, off_since + AFTERWARDS)
    return until >= window_start(now) + WINDOW


def series_feed(view: SeriesView, *, language: str, now: datetime) -> bytes:
    """Return a series' feed; `view` is made for the calendar's surface."""
    title = view.title.pick(language, view.languages)
    calendar = Calendar(
        name=typeset(title.value, title.language),
        language=title.language or "",
        url=external_url("public.series", lang=language, series=view.slug),
        source=external_url("calendars.series_feed", lang=language, series=view.slug),
        colour=view.colour,
    )
    return serialise(calendar, _entries([view], language, now))


def all_feed(views: Iterable[SeriesView], *, language: str, now: datetime) -> bytes:
    """Return the feed of every session in these series; they are made for the calendar's surface."""
    calendar = Calendar(
        name=current_app.config["NAME"],
        url=external_url("public.home", lang=language),
        source=external_url("calendars.all_feed", lang=language),
    )
    return serialise(calendar, _entries(views, language, now))


def _entries(views: Iterable[SeriesView], language: str, now: datetime) -> list[Event]:
    return [
        _tombstone(one) if isinstance(one, TombstoneView) else session_entry(one, language)
        for one in shown_today(views, now=now)
    ]


def session_file(view: SessionView, *, language: str) -> bytes:
    """Return one session as a file to open."""
    name = view.label if view.is_neutral else view.title
    picked = name.pick(language, view.languages)
    calendar = Calendar(name=typeset(picked.value, picked.language), language=picked.language or "", is_feed=False)
    return serialise(calendar, [session_entry(view, language)])


def shown_today(views: Iterable[SeriesView], *, now: datetime) -> list[SessionView | TombstoneView]:
    """Return all that the feed of these series holds today."""
    shown: list[SessionView | TombstoneView] = []
    for view in views:
        shown += in_window(view.sessions, now=now)
        shown += [left for left in view.tombstones if is_still_told(left, now=now)]
    return shown


def last_revision(shown: Iterable[SessionView | TombstoneView]) -> datetime | None:
    """Return when one of these was last revised; only what is shown counts, so that nothing hidden tells."""
    return max((one.revised_at for one in shown), default=None)


def session_entry(view: SessionView, language: str) -> Event:
    """Return a session's entry in public calendars; `view` is made for that surface."""
    # A neutral entry names no topic, and the page's address may.
    url = (
        ""
        if view.is_neutral
        else external_url("public.session", lang=language, series=view.series_slug, session=view.slug)
    )
    return session_event(view, language=language, url=url, domain=current_app.config["DOMAIN"])


def _tombstone(view: TombstoneView) -> Event:
    """Return the entry of a session that was taken back. It has no text at all: what it was about is no longer told."""
    return Event(
        uid=f"{view.uid}@{current_app.config['DOMAIN']}",
        sequence=view.sequence,
        revised_at=view.revised_at,
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        tzid=view.tzid,
        status=EventStatus.CANCELLED,
        summary="",
    )
