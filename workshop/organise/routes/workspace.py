"""Where the workspace begins: what needs somebody, what comes next, one's series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from workshop.accounts.models import Role
from workshop.accounts.queries import list_roles
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS, READERS
from workshop.core import clock
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.core.localtime import days_until
from workshop.organise.attention import (
    SOON,
    Facts,
    Need,
    Reader,
    find_facts,
    group_by_series,
    needs_of_series,
    needs_of_session,
    standing_of_speakers,
)
from workshop.organise.queries import list_coming, list_doors, list_titled, list_titles
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.view import standing_words
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import SessionRow, series_row, session_row

NEXT = 10
"""So many sessions the dashboard lists; the others stand on the pages of their series."""


@dataclass(frozen=True, slots=True)
class NeedRow:
    """Something to see to, with where."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class NeedsOf:
    """What one session needs, or a series apart from its sessions."""

    series: Localized
    session: SessionRow | None
    needs: tuple[NeedRow, ...]
    is_now: bool
    """Whether it is for this week: pressing, or of a session of the next days."""


@blueprint.get("/")
def dashboard(lang: str) -> ResponseReturnValue:
    """Show what needs somebody, the sessions that come next and one's own series."""
    now, database, organiser = clock.now(), db.session(), current_organiser()
    roles = list_roles(database, organiser_id=organiser.id, now=now)
    own = {series_id: role for series_id, role in roles.items() if role in READERS}
    all_series = sorted(list_titled(database, own), key=lambda one: -one.id)
    coming = list_coming(database, own, now=now)
    facts = find_facts(database, own, coming, now=now)
    counted = {(one.series.slug, one.slug) for one in coming if own[one.series_id] is not Role.TRANSLATOR}
    rows = {one.id: series_row(one, own[one.id]) for one in all_series}
    needs = _needs(lang, all_series, own, coming, facts, now=now)
    return render_template(
        "organise/dashboard.html",
        all_series=list(rows.values()),
        needs=[one for one in needs if one.is_now],
        needs_later=[one for one in needs if not one.is_now],
        coming=[(rows[one.series_id], session_row(one, one.series, now=now)) for one in coming[:NEXT]],
        later=len(coming) - len(coming[:NEXT]),
        counts=standing_words({key: found for key, found in facts.standing.items() if key in counted}),
        speaking={
            (one.series.slug, one.slug): standing_of_speakers(one)
            for one in coming[:NEXT]
            if own[one.series_id] in PLANNERS
        },
        doors=[session_row(one, one.series, now=now) for one in list_doors(database, organiser.id, now=now)],
        partnered=list_titles(database, [series_id for series_id, role in roles.items() if role is Role.PARTNER]),
        is_administrator=organiser.is_administrator,
        page_language=lang,
    )


def _needs(
    lang: str,
    all_series: Sequence[Series],
    roles: Mapping[int, Role],
    coming: Sequence[WorkshopSession],
    facts: Facts,
    *,
    now: datetime,
) -> list[NeedsOf]:
    """Return what is to be seen to: of whole series first, then by session, the earliest first."""
    found = []
    of_series = group_by_series(coming)
    for one in all_series:
        needs = needs_of_series(one, Reader(roles[one.id], lang), facts, has_coming=one.id in of_series)
        is_now = any(need.is_pressing for need in needs)
        found.append(NeedsOf(one.title, None, _rows(needs, lang, series=one.slug), is_now))
    for session in coming:
        needs = needs_of_session(session, Reader(roles[session.series_id], lang), facts, now=now)
        rows = _rows(needs, lang, series=session.series.slug, session=session.slug)
        is_soon = days_until(session.starts_at, session.tzid, now=now) <= SOON
        is_now = is_soon or any(need.is_pressing for need in needs)
        found.append(NeedsOf(session.series.title, session_row(session, session.series, now=now), rows, is_now))
    return [one for one in found if one.needs]


def _rows(needs: Sequence[Need], lang: str, *, series: str, session: str = "") -> tuple[NeedRow, ...]:
    rows = []
    for need in needs:
        place: dict[str, Any] = {"session": session} if session and not need.is_of_series else {}
        rows.append(NeedRow(need.words, url_for(need.endpoint, lang=lang, series=series, **place, **need.values)))
    return tuple(rows)
