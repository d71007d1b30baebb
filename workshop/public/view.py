"""How a session stands today, in a word, and lists of sessions as a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from workshop.core.localtime import month as month_name
from workshop.core.localtime import wall_clock
from workshop.core.markup import plain
from workshop.programme.view import SessionView
from workshop.rsvp.schedule import Phase, Places, Standing, standing_of_past


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
        return State(_("Full, waiting list") if view.has_waiting_list else _("Full"), "full")
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
    ordered = sorted(views, key=lambda view: (_first_of_month(view), view.starts_at, view.uid), reverse=is_backwards)
    months = []
    for first, group in groupby(ordered, key=_first_of_month):
        sessions = tuple((view, state(view, _standing(view, standings, now))) for view in group)
        months.append(Month(month_name(first, language), sessions))
    return months


def _standing(view: SessionView, standings: Mapping[str, Standing], now: datetime) -> Standing:
    return standings.get(view.uid) or standing_of_past(view, view.uid, now=now)


def _first_of_month(view: SessionView) -> date:
    # A day without a zone: one month of two zones stands under one heading.
    return view.starts_at.astimezone(ZoneInfo(view.tzid)).date().replace(day=1)


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
