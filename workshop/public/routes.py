"""Home, series, session, the Rule, privacy."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.chatham.notices import current_notice, explanation
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import respond_page
from workshop.core.language import preferred_language
from workshop.core.urls import external_url
from workshop.programme.models import WorkshopSession
from workshop.programme.queries import (
    find_current_series_slug,
    find_current_slugs,
    find_known_session,
    find_series,
    find_series_mark,
    list_public_marks,
    list_public_series,
)
from workshop.programme.view import SeriesView, SessionView, series_view, session_view
from workshop.programme.view.portraits import send_portrait
from workshop.public.downloads import send_slides
from workshop.public.view import event_data, graph, preview_text, split, state, text_of, timeline, wall
from workshop.rsvp.queries import find_session_mark, list_coming_marks
from workshop.rsvp.schedule import Phase, Standing, standing
from workshop.summaries.queries import find_summary
from workshop.summaries.view import summary_view

blueprint = Blueprint("public", __name__, template_folder="templates", url_prefix="")

# Macros of the programme serve pages of other features too, and `lang` is not theirs to import.
blueprint.add_app_template_filter(wall, "wall")

PAST_ON_HOME = 12
"""Past sessions on the home page; the series' own pages have them all."""


@blueprint.get("/")
def root() -> ResponseReturnValue:
    """Lead to the home page in the reader's language."""
    response = redirect(url_for("public.home", lang=preferred_language()), 302)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


@blueprint.get("/<lang:lang>/")
def home(lang: str) -> ResponseReturnValue:
    """Coming sessions of all public series; past ones below."""
    now = clock.now()
    marks = list_public_marks(db.engine)
    coming_marks = list_coming_marks(db.session.connection(), now=now)
    standings = tuple(standing(mark, now=now) for mark in coming_marks)

    def render() -> str:
        views = public_series(Surface.LIST)
        coming, past = split([session for view in views for session in view.sessions], now=now)
        past.sort(key=lambda view: (view.starts_at, view.uid), reverse=True)
        today = {one.uid: one for one in standings}
        return render_template(
            "public/home.html",
            series=views,
            coming=timeline(coming, today, language=lang, now=now),
            past=timeline(past[:PAST_ON_HOME], {}, language=lang, now=now, is_backwards=True),
            has_more=len(past) > PAST_ON_HOME,
            graph=graph(
                "public.home",
                language=lang,
                description=_(
                    "Workshops and their upcoming sessions, in several languages: dates, programme, and how to take "
                    "part."
                ),
            ),
        )

    return respond_page(("public.home", lang, marks, standings), render)


@blueprint.get("/<lang:lang>/series/<series>/")
def series(lang: str, series: str) -> ResponseReturnValue:
    """A series: text, sessions, committee, partners, how to follow it."""
    now = clock.now()
    mark = find_series_mark(db.engine, series)
    if mark is None:
        return _moved_series(lang, series)
    coming_marks = list_coming_marks(db.session.connection(), now=now, series_id=mark.id)
    standings = tuple(standing(one, now=now) for one in coming_marks)

    def render() -> str:
        view = known_series(series)
        coming, past = split(view.sessions, now=now)
        today = {one.uid: one for one in standings}
        return render_template(
            "public/series.html",
            view=view,
            coming=timeline(coming, today, language=lang, now=now),
            past=timeline(past, {}, language=lang, now=now, is_backwards=True),
            open_number=sum(one.uid in today and today[one.uid].phase is Phase.OPEN for one in coming),
            feed=external_url("calendars.series_feed", lang=lang, series=series),
            news=external_url("elsewhere.atom", lang=lang, series=series),
            graph=graph(
                "public.series",
                language=lang,
                title=text_of(view.title, lang, view.languages),
                description=" – ".join(
                    words for part in (view.kind, view.subtitle) if (words := text_of(part, lang, view.languages))
                ),
                series=series,
            ),
        )

    return respond_page(("public.series", lang, mark, standings), render, is_indexable=mark.is_public)


@blueprint.get("/<lang:lang>/series/<series>/<session>/")
def session(lang: str, series: str, session: str) -> ResponseReturnValue:
    """A session."""
    mark = find_session_mark(db.engine, series, session)
    if mark is None:
        return _moved_session(lang, series, session)
    now = clock.now()
    today = standing(mark, now=now)

    def render() -> str:
        found = find_known_session(db.session(), series, session, has_materials=True)
        return session_page(found, lang=lang, today=today)

    key = ("public.session", lang, mark.series_id, mark.revision, today)
    return respond_page(key, render, is_indexable=mark.is_listed)


@blueprint.get("/<lang:lang>/series/<series>/<session>/slides/<key>")
def slides(lang: str, series: str, session: str, key: str) -> ResponseReturnValue:
    """A file of slides, where anybody may have it."""
    view = _session(find_known_session(db.session(), series, session, has_materials=True), Surface.PAGE)
    if view is None and (current := find_current_slugs(db.session(), series, session)) not in {None, (series, session)}:
        return redirect(url_for("public.slides", lang=lang, series=current[0], session=current[1], key=key), 301)
    if view is None or key not in view.files:
        raise NotFoundError
    return send_slides(key, cache_control="no-cache")


@blueprint.get("/<lang:lang>/series/<series>/<session>/portraits/<key>")
def portrait(lang: str, series: str, session: str, key: str) -> ResponseReturnValue:
    """A portrait of somebody who speaks or moderates, where anybody may see it."""
    view = _session(find_known_session(db.session(), series, session, has_materials=True), Surface.PAGE)
    if view is None and (current := find_current_slugs(db.session(), series, session)) not in {None, (series, session)}:
        return redirect(url_for("public.portrait", lang=lang, series=current[0], session=current[1], key=key), 301)
    if view is None or key not in view.portraits:
        raise NotFoundError
    return send_portrait(db.session(), key, cache_control="no-cache")


def session_page(workshop_session: WorkshopSession | None, *, lang: str, today: Standing) -> str:
    """Return a session's page as the public reads it; raises NotFoundError where nobody may know of it.

    Args:
        workshop_session: loaded whole, with its series.
        lang: the page's language.
        today: how it stands.
    """
    view = _session(workshop_session, Surface.PAGE)
    if workshop_session is None or view is None:
        raise NotFoundError
    preview = _session(workshop_session, Surface.LINK_PREVIEW)
    data = _session(workshop_session, Surface.JSON)
    address = {"series": view.series_slug, "session": view.slug}
    return render_template(
        "public/session.html",
        view=view,
        today=today,
        state=state(view, today),
        graph=preview
        and graph(
            "public.session",
            language=lang,
            title=text_of(preview.title, lang, preview.languages),
            description=preview_text(preview, lang),
            kind="article",
            **address,
        ),
        data=data and event_data(data, language=lang),
        reported=summary_view(
            workshop_session,
            find_summary(db.session(), workshop_session.id),
            audience=Audience.PUBLIC,
            surface=Surface.PAGE,
        ),
        canonical=external_url("public.session", lang=lang, **address),
    )


@blueprint.get("/<lang:lang>/rule")
def rule(lang: str) -> ResponseReturnValue:
    """What the Rule means here."""

    def render() -> str:
        levels = [(level, explanation(level), current_notice(level)) for level in Level]
        return render_template("public/rule.html", levels=levels)

    return respond_page(("public.rule", lang), render)


@blueprint.get("/<lang:lang>/privacy")
def privacy(lang: str) -> ResponseReturnValue:
    """What is held about people, why, and until when."""

    def render() -> str:
        return render_template("public/privacy.html", series=public_series(Surface.LIST))

    return respond_page(("public.privacy", lang, list_public_marks(db.engine)), render)


def public_series(surface: Surface) -> list[SeriesView]:
    """Return every series that anybody may find, as one surface may show it."""
    found = (series_view(one, audience=Audience.PUBLIC, surface=surface) for one in list_public_series(db.session()))
    return [view for view in found if view is not None]


def known_series(slug: str, surface: Surface = Surface.LIST) -> SeriesView:
    """Return a series as its own page shows it, or another surface at its address; raises NotFoundError."""
    found = find_series(db.session(), slug)
    view = found and series_view(found, audience=Audience.PUBLIC, surface=surface, has_address=True)
    if not view:
        raise NotFoundError
    return view


def _session(workshop_session: WorkshopSession | None, surface: Surface) -> SessionView | None:
    if workshop_session is None:
        return None
    return session_view(workshop_session, audience=Audience.PUBLIC, surface=surface, has_materials=True)


def _moved_series(lang: str, slug: str) -> ResponseReturnValue:
    """Lead from an old slug to the new one; hidden and unknown answer alike."""
    current = find_current_series_slug(db.session(), slug)
    if current is None:
        raise NotFoundError
    return redirect(url_for("public.series", lang=lang, series=known_series(current).slug), 301)


def _moved_session(lang: str, series_slug: str, slug: str) -> ResponseReturnValue:
    current = find_current_slugs(db.session(), series_slug, slug)
    view = current and _session(find_known_session(db.session(), *current), Surface.PAGE)
    if not current or view is None:
        raise NotFoundError
    return redirect(url_for("public.session", lang=lang, series=current[0], session=current[1]), 301)
