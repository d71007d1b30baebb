"""What was done in a series, when and by which account: searched, page by page."""

from __future__ import annotations

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue

from workshop.accounts.rule import PLANNERS
from workshop.core.db import db
from workshop.core.fields import clean_line
from workshop.organise.activity import GROUPS, ActivityFilter, Log
from workshop.organise.routes.blueprint import blueprint
from workshop.programme.models import Series
from workshop.programme.organise import Depth, open_series, series_row
from workshop.programme.view import workspace_name
from workshop.rsvp.organise.paging import PAGE, make_pager

_NAMES = ("q", "who", "what", "session", "since", "until")
_LONGEST = 100
"""Characters of a search."""


@blueprint.get("/series/<series>/activity")
def activity(lang: str, series: str) -> ResponseReturnValue:
    """Show what the log says of a series; whoever takes part is not in it."""
    found, role = open_series(series, *PLANNERS, depth=Depth.LEVELS)
    log, asked = Log(db.session(), found), _asked(found)
    here = {"lang": lang, "series": series}
    chosen = {name: value for name in _NAMES if (value := clean_line(request.args.get(name))[:_LONGEST])}
    pager = make_pager("organise.activity", log.count(asked), here | chosen)
    return render_template(
        "organise/activity.html",
        page_language=lang,
        series=series_row(found, role),
        sessions=[(one.slug, workspace_name(one)) for one in found.sessions],
        rows=log.rows(asked, offset=pager.offset, limit=PAGE),
        actors=log.actors(),
        groups={name: str(words) for name, words in GROUPS.items()},
        asked=asked,
        chosen=chosen,
        pager=pager,
        tzid=found.tzid,
    )


def _asked(series: Series) -> ActivityFilter:
    """Return what the address asks for; what makes no sense asks for nothing."""
    args = {name: clean_line(request.args.get(name))[:_LONGEST] for name in _NAMES}
    return ActivityFilter(
        actor=args["who"],
        group=args["what"],
        session_id=next((one.id for one in series.sessions if one.slug == args["session"]), None),
        since=_day(args["since"]),
        until=_day(args["until"]),
        words=args["q"],
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 <= found.year < 2200 else None  # noqa: PLR2004 (years that a log can have)
