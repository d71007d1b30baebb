"""Public feeds, one session to download, and the page that says how to subscribe."""

from __future__ import annotations

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from workshop.calendars.routes.blueprint import ICS, blueprint, for_programs
from workshop.calendars.view import all_feed as make_all_feed
from workshop.calendars.view import feed_links, in_window, last_revision, shown_today, window_start
from workshop.calendars.view import series_feed as make_series_feed
from workshop.calendars.view import session_file as make_session_file
from workshop.chatham.rule import Audience, Surface, Visibility
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import KeptAnswer, keep, make_answer, respond, respond_page
from workshop.core.language import languages
from workshop.core.urls import external_url
from workshop.programme.queries import (
    count_coming,
    find_current_slugs,
    find_known_session,
    find_series_alone,
    get_series_mark,
    iterate_sessions,
    list_public_marks,
    list_public_series,
)
from workshop.programme.view import SeriesView, series_view, session_view

FEED_CACHING = "public, no-cache"


@blueprint.get("/<lang:lang>/calendar.ics")
@for_programs
def all_feed(lang: str) -> Response:
    """Every public session."""
    now = clock.now()
    marks = list_public_marks(db.engine)

    def make() -> KeptAnswer:
        found = (
            series_view(series, audience=Audience.PUBLIC, surface=Surface.CALENDAR)
            for series in list_public_series(db.session())
        )
        views = [view for view in found if view is not None]
        body = make_all_feed(views, language=lang, now=now)
        return make_answer(body, last_modified=last_revision(shown_today(views, now=now)))

    answer = keep(("calendars.all_feed", lang, marks, window_start(now)), make)
    return respond(answer, content_type=ICS, cache_control=FEED_CACHING)


@blueprint.get("/<lang:lang>/series/<series>/calendar.ics")
@for_programs
def series_feed(lang: str, series: str) -> Response:
    """A series' public sessions. Under an old slug it answers itself: clients do not follow redirects for ever."""
    now = clock.now()
    mark = get_series_mark(db.engine, db.session(), series)

    def make() -> KeptAnswer:
        view = _calendar_of(mark.slug)
        body = make_series_feed(view, language=lang, now=now)
        revised_at = last_revision(shown_today([view], now=now))
        return make_answer(body, last_modified=revised_at, **_for_robots(is_indexable=mark.is_public))

    answer = keep(("calendars.series_feed", lang, mark, window_start(now)), make)
    return respond(answer, content_type=ICS, cache_control=FEED_CACHING)


@blueprint.get("/<lang:lang>/series/<series>/<session>/session.ics")
@for_programs
def session_file(lang: str, series: str, session: str) -> Response:
    """One session, to open in a calendar."""
    mark = get_series_mark(db.engine, db.session(), series)

    def make() -> KeptAnswer:
        slugs = find_current_slugs(db.session(), mark.slug, session) or (series, session)
        workshop_session = find_known_session(db.session(), *slugs)
        view = workshop_session and session_view(
            workshop_session, audience=Audience.PUBLIC, surface=Surface.CALENDAR, has_address=True
        )
        if not view:
            raise NotFoundError
        return make_answer(
            make_session_file(view, language=lang),
            last_modified=view.revised_at,
            Content_Disposition=f'attachment; filename="{slugs[0]}-{slugs[1]}.ics"',
            **_for_robots(is_indexable=view.visibility is Visibility.PUBLIC),
        )

    answer = keep(("calendars.session_file", lang, mark, session), make)
    return respond(answer, content_type=ICS, cache_control="no-cache")


@blueprint.get("/<lang:lang>/series/<series>/subscribe")
def subscribe(lang: str, series: str) -> ResponseReturnValue:
    """How to add a series to each calendar."""
    mark = get_series_mark(db.engine, db.session(), series)
    if mark.slug != series:
        _calendar_of(mark.slug)  # hidden and unknown answer alike
        return redirect(url_for("calendars.subscribe", lang=lang, series=mark.slug), 301)
    now = clock.now()

    def render() -> str:
        view = _calendar_of(mark.slug)
        address = external_url("calendars.series_feed", lang=lang, series=mark.slug)
        others = [
            (language, external_url("calendars.series_feed", lang=language, series=mark.slug))
            for language in languages()
            if language != lang
        ]
        return render_template(
            "calendars/subscribe.html",
            view=view,
            links=feed_links(address),
            others=others,
            coming=[session for session in view.sessions if session.ends_at > now and not session.is_cancelled],
            shown=in_window(view.sessions, now=now),
        )

    # The page says how many sessions the calendar holds today, so it changes as they end.
    key = (
        "calendars.subscribe",
        lang,
        mark,
        window_start(now),
        count_coming(db.session(), mark.id, now=now),
    )
    return respond_page(key, render, is_indexable=mark.is_public)


def _for_robots(*, is_indexable: bool) -> dict[str, str]:
    """Return the header for what only those find who were given its address."""
    return {} if is_indexable else {"X_Robots_Tag": "noindex"}


def _calendar_of(slug: str) -> SeriesView:
    """Return the series as its public feed may show it; raises NotFoundError."""
    series = find_series_alone(db.session(), slug)
    view = series and series_view(
        series,
        audience=Audience.PUBLIC,
        surface=Surface.CALENDAR,
        has_address=True,
        sessions=iterate_sessions(db.session(), series),
    )
    if not view:
        raise NotFoundError
    return view
