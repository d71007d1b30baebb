"""How a session stands today, in a word, and lists of sessions as a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from workshop.core.localtime import days_until, wall_clock
from workshop.core.localtime import month as month_name
from workshop.core.markup import plain
from workshop.programme.view import SessionView
from workshop.public.queries import SessionMark
from workshop.rsvp.schedule import Phase, Places, phase, places


class Standing(NamedTuple):
    """What a page says of a session beyond its texts; part of the key under which the page is kept."""

    uid: str
    phase: Phase
    places: Places | None
    """None where the session has no limit or takes no answers. Whether it may be said is the view's to know."""
    days: int
    """Calendar days until the start, in the session's zone; -99 for whatever began long ago."""


@dataclass(frozen=True, slots=True)
class State:
    """A word for a list, and the kind that gives it its sign."""

    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a timeline."""

    name: str
    sessions: tuple[tuple[SessionView, State], ...]


_LONG_AGO = -99
_RELATIVE_DAYS = 28
"""So many days back the page still says how long ago it was."""


def standing(mark: SessionMark, *, now: datetime) -> Standing:
    """Return how a session stands today."""
    where = phase(mark, now=now)
    days = days_until(mark.starts_at, mark.tzid, now=now)
    word = places(capacity=mark.capacity, held=mark.held) if where is Phase.OPEN and mark.capacity else None
    return Standing(mark.uid, where, word, days if days >= -_RELATIVE_DAYS else _LONG_AGO)


def standing_of_past(view: SessionView, *, now: datetime) -> Standing:
    """Return the standing of a session that has ended, or of a cancelled one."""
    return Standing(view.uid, phase(view, now=now), None, _LONG_AGO)


def state(view: SessionView, today: Standing) -> State:
    """Return the word for a list; of places only where the Rule lets them be told."""
    by_phase = {
        Phase.CANCELLED: State(_("Cancelled"), "cancelled"),
        Phase.ENDED: State(_("Past"), "past"),
        Phase.BEGUN: State(_("Begun"), "closed"),
        Phase.CLOSED: State(_("Answers closed"), "closed"),
        Phase.NOT_OPEN: State(_("Answers not yet open"), "later"),
    }
    if today.phase in by_phase:
        return by_phase[today.phase]
    if view.says_places and today.places is Places.NO:
        return State(_("Full"), "full")
    if view.says_places and today.places is Places.FEW:
        return State(_("Few places left"), "few")
    return State(_("Open for answers"), "open")


def timeline(
    views: Iterable[SessionView],
    standings: Mapping[str, Standing],
    *,
    language: str,
    now: datetime,
    is_backwards: bool = False,
) -> list[Month]:
    """Return sessions by month, the next first, or the last first when `is_backwards`.

    Args:
        views: for the list's audience.
        standings: uid → standing of those that have not ended.
        language: of the months' names.
        now: the present instant.
        is_backwards: for past ones.
    """
    ordered = sorted(views, key=lambda view: (view.starts_at, view.uid), reverse=is_backwards)
    months = []
    for first, group in groupby(ordered, key=_first_of_month):
        sessions = tuple((view, state(view, _standing(view, standings, now))) for view in group)
        months.append(Month(month_name(first, language), sessions))
    return months


def _standing(view: SessionView, standings: Mapping[str, Standing], now: datetime) -> Standing:
    return standings.get(view.uid) or standing_of_past(view, now=now)


def _first_of_month(view: SessionView) -> datetime:
    local = view.starts_at.astimezone(ZoneInfo(view.tzid))
    return datetime(local.year, local.month, 1, tzinfo=local.tzinfo)


def split(views: Sequence[SessionView], *, now: datetime) -> tuple[list[SessionView], list[SessionView]]:
    """Return those that have not ended, and those that have."""
    coming = [view for view in views if view.ends_at > now]
    return coming, [view for view in views if view.ends_at <= now]


def preview_text(view: SessionView, language: str, limit: int = 200) -> str:
    """Return the first words of the abstract for a link preview; `view` is made for that surface."""
    picked = view.abstract.pick(language, view.languages)
    text = " ".join(plain(picked.value, picked.language).split())
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + "…"


def wall(time: str, language: str) -> str:
    """Return a programme's HH:MM as the language writes it."""
    return wall_clock(datetime.fromisoformat(f"2000-01-01T{time}"), language)
