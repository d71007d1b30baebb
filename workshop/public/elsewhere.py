"""What others take over: sitemap, Atom, the list in a frame. A file of its own: none of these is a page of ours.

All are the same for everybody, and kept like pages. What they hold is made to be passed on (`Surface.JSON`), but for
the list in a frame, which is a part of the series' page.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, render_template

from workshop.calendars.view import window_start
from workshop.chatham.rule import Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.kept import KeptAnswer, keep, make_answer, respond
from workshop.core.language import languages
from workshop.core.urls import external_url
from workshop.programme.queries import SeriesMark, get_series_mark, list_public_marks
from workshop.programme.view import SessionView
from workshop.public.routes import known_series, public_series
from workshop.public.view import entry_title, split, text_of, timeline
from workshop.rsvp.queries import list_coming_marks
from workshop.rsvp.schedule import standing

blueprint = Blueprint("elsewhere", __name__, template_folder="templates", url_prefix="")

FRAME_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'none'; "
    "frame-ancestors {ancestors}; base-uri 'none'"
)
_MINTED = datetime(2026, 1, 1, tzinfo=UTC)
"""The day that the identifiers below are of (RFC 4151, 2.1.2); also the date of a feed that never had an entry."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped (section 2.2)."""


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A page, in every language."""

    addresses: tuple[tuple[str, str], ...]
    """Language, address."""
    revised_at: datetime | None
    """When what it shows of sessions was last revised; nothing hidden counts."""


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """A session as an entry (RFC 4287, 4.1.2)."""

    id: str
    title: str
    url: str
    view: SessionView


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Return the public pages, each with its addresses in the other languages."""

    def make() -> KeptAnswer:
        series = public_series(Surface.SITEMAP)
        every = [one for view in series for one in view.sessions if one.is_indexable]
        entries = [_listed("public.home", every), _listed("public.rule"), _listed("public.privacy")]
        for view in series:
            sessions = [one for one in view.sessions if one.is_indexable]
            entries.append(_listed("public.series", sessions, series=view.slug))
            entries += [_listed("public.session", [one], series=view.slug, session=one.slug) for one in sessions]
        return make_answer(render_template("public/sitemap.xml", entries=entries).encode())

    answer = keep(("elsewhere.sitemap", list_public_marks(db.engine)), make)
    return respond(answer, content_type="application/xml; charset=utf-8", cache_control="no-cache")


@blueprint.get("/<lang:lang>/series/<series>/feed.atom")
def atom(lang: str, series: str) -> Response:
    """A series' announcements (RFC 4287). Under an old slug it answers itself, as the calendar does."""
    mark = get_series_mark(db.engine, db.session(), series)
    since = window_start(clock.now())

    def make() -> KeptAnswer:
        view = known_series(mark.slug, Surface.JSON)
        shown = sorted(
            (one for one in view.sessions if one.ends_at >= since),
            key=lambda one: (one.revised_at, one.uid),
            reverse=True,
        )
        body = render_template(
            "public/feed.xml",
            view=view,
            title=text_of(view.title, lang, view.languages),
            subtitle=text_of(view.subtitle, lang, view.languages),
            id=_tag("series", _name_of(mark), lang),
            updated=shown[0].revised_at if shown else _MINTED,
            address=external_url("elsewhere.atom", lang=lang, series=mark.slug),
            page=external_url("public.series", lang=lang, series=mark.slug),
            entries=[_entry(one, lang) for one in shown],
        )
        headers = {} if mark.is_public else {"X_Robots_Tag": "noindex"}
        last = shown[0].revised_at if shown else None
        return make_answer(_NOT_XML.sub("", body).encode(), last_modified=last, **headers)

    answer = keep(("elsewhere.atom", lang, mark, since), make)
    return respond(answer, content_type="application/atom+xml; charset=utf-8", cache_control="public, no-cache")


@blueprint.get("/<lang:lang>/series/<series>/embed")
def embed(lang: str, series: str) -> Response:
    """The sessions to come, for a frame on the sites that the series names; it looks at no cookie and sets none."""
    now = clock.now()
    mark = get_series_mark(db.engine, db.session(), series)
    standings = tuple(
        standing(one, now=now) for one in list_coming_marks(db.session.connection(), now=now, series_id=mark.id)
    )

    def make() -> KeptAnswer:
        view = known_series(mark.slug)
        coming, past = split(view.sessions, now=now)
        today = {one.uid: one for one in standings}
        body = render_template(
            "public/embed.html",
            view=view,
            coming=timeline(coming, today, language=lang, now=now),
            has_past=bool(past),
            canonical=external_url("public.series", lang=lang, series=mark.slug),
        )
        ancestors = " ".join(("'self'", *view.embed_origins)) if view.embed_origins else "'none'"
        policy = FRAME_POLICY.format(ancestors=ancestors)
        answer = make_answer(
            body.encode(),
            Content_Security_Policy=policy,
            Cross_Origin_Resource_Policy="cross-origin",
            X_Robots_Tag="noindex",
        )
        # A browser keeps the policy with the page: “not modified” must not outlive a site that was taken off the list.
        digest = hashlib.sha256(answer.body + policy.encode()).hexdigest()[:32]
        return dataclasses.replace(answer, etag=f'"{digest}"')

    answer = keep(("elsewhere.embed", lang, mark, standings), make)
    return respond(answer, content_type="text/html; charset=utf-8", cache_control="no-cache")


def _listed(endpoint: str, sessions: Iterable[SessionView] = (), **values: str) -> SitemapEntry:
    return SitemapEntry(
        tuple((language, external_url(endpoint, lang=language, **values)) for language in languages()),
        max((one.revised_at for one in sessions), default=None),
    )


def _entry(view: SessionView, language: str) -> AtomEntry:
    return AtomEntry(
        id=_tag("session", view.uid, language),
        title=entry_title(view, language),
        url=external_url("public.session", lang=language, series=view.series_slug, session=view.slug),
        view=view,
    )


def _tag(kind: str, name: str, language: str) -> str:
    """Return an identifier that no change of title, address or date changes (RFC 4151)."""
    return f"tag:{current_app.config['DOMAIN']},{_MINTED:%Y}:{kind}:{name}:{language}"


def _name_of(mark: SeriesMark) -> str:
    """Return what names a series for ever; its row's number would tell how many there are that nobody may know of."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, f"workshop: a series' feed {mark.id}".encode(), "sha256")[:16].hex()
