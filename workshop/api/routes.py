"""Public data as JSON, read only: what anybody finds on the pages, for other programs and other sites."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, current_app, request

from workshop.api.openapi import openapi_document
from workshop.api.queries import find_known_session_by_uid, list_public_series_alone
from workshop.api.view import encode, series_document, series_list_document, session_document
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import KeptAnswer, keep, make_answer, respond
from workshop.core.urls import external_url
from workshop.programme.queries import (
    find_series_alone,
    get_series_mark,
    iterate_sessions,
    list_public_marks,
)
from workshop.programme.view import series_view, session_view
from workshop.rsvp.queries import find_session_mark_by_uid, list_coming_marks
from workshop.rsvp.schedule import Standing, standing

blueprint = Blueprint("api", __name__, url_prefix="/api")

PREFLIGHT_SECONDS = 86_400
"""So long a browser need not ask again whether another site may read."""


@blueprint.get("/v1/series")
def series_list() -> Response:
    """Every public series, without its sessions."""

    def make() -> KeptAnswer:
        found = (
            series_view(one, audience=Audience.PUBLIC, surface=Surface.JSON, sessions=())
            for one in list_public_series_alone(db.session())
        )
        return _document(series_list_document(view for view in found if view is not None))

    return _respond(keep(("api.series_list", list_public_marks(db.engine)), make))


@blueprint.get("/v1/series/<series>")
def series(series: str) -> Response:
    """A series with its sessions. Under an old slug it answers itself: programs do not follow redirects for ever."""
    mark = get_series_mark(db.engine, db.session(), series)
    now = clock.now()
    coming = list_coming_marks(db.session.connection(), now=now, series_id=mark.id)
    standings = {one.uid: _without_day(standing(one, now=now)) for one in coming}

    def make() -> KeptAnswer:
        found = find_series_alone(db.session(), mark.slug)
        view = found and series_view(
            found,
            audience=Audience.PUBLIC,
            surface=Surface.JSON,
            has_address=True,
            sessions=iterate_sessions(db.session(), found),
        )
        if not view:
            raise NotFoundError
        return _document(series_document(view, standings))

    return _respond(keep(("api.series", mark, tuple(standings.values())), make))


@blueprint.get("/v1/sessions/<uid>")
def session(uid: str) -> Response:
    """A session by its random id, alone or as calendars give it; an address of its own: an unlisted one answers too."""
    uid = uid.removesuffix(f"@{current_app.config['DOMAIN']}")
    mark = find_session_mark_by_uid(db.engine, uid)
    if mark is None:
        raise NotFoundError
    today = _without_day(standing(mark, now=clock.now()))

    def make() -> KeptAnswer:
        found = find_known_session_by_uid(db.session(), uid)
        view = found and session_view(found, audience=Audience.PUBLIC, surface=Surface.JSON, has_address=True)
        if not view:
            raise NotFoundError
        return _document(session_document(view, view.series_title, today))

    return _respond(keep(("api.session", uid, mark.series_id, mark.revision, today), make))


@blueprint.get("/v1/openapi.json")
def openapi() -> Response:
    """What all this is, for programs that read such descriptions (OpenAPI 3.1)."""
    return _respond(keep(("api.openapi",), lambda: _document(openapi_document())))


@blueprint.after_app_request
def open_to_other_sites(response: Response) -> Response:
    """Let pages of other sites read all that is below /api, errors too: it is public and needs no cookie (CORS)."""
    if not request.path.startswith(f"{blueprint.url_prefix}/"):
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    # What is unlisted is for whoever has its address, and nothing here is for search engines.
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Link"] = f'<{external_url("api.openapi")}>; rel="service-desc"; type="application/json"'
    if request.method == "OPTIONS" and response.status_code == HTTPStatus.OK:
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        # A condition is not among the headers that a browser lets any page send.
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        response.status_code = HTTPStatus.NO_CONTENT
        del response.headers["Content-Type"]
    return response


def _without_day(today: Standing) -> Standing:
    """Return how a session stands without how many days are left, which no document says."""
    return today._replace(days=0)


def _document(document: dict[str, object]) -> KeptAnswer:
    return make_answer(encode(document))


def _respond(answer: KeptAnswer) -> Response:
    return respond(answer, content_type="application/json", cache_control="public, no-cache")
