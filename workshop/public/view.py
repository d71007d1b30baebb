"""How a session stands today, in a word; lists of sessions; and what other sites read of a page: previews, data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from flask import current_app
from flask_babel import gettext as _

from workshop.core.language import babel_locale, languages
from workshop.core.localized import Localized
from workshop.core.localtime import month as month_name
from workshop.core.localtime import wall_clock
from workshop.core.markup import plain
from workshop.core.typography import typeset
from workshop.core.urls import external_url
from workshop.programme.models import Mode
from workshop.programme.view import PersonView, SessionView
from workshop.rsvp.schedule import Phase, Places, Standing, standing_of_past

_SCHEMA = "https://schema.org"
_ATTENDANCE = {
    Mode.ONLINE: "OnlineEventAttendanceMode",
    Mode.ON_SITE: "OfflineEventAttendanceMode",
    Mode.HYBRID: "MixedEventAttendanceMode",
}
_ADDRESS = re.compile(r"[\s,;(<]*[^\s,;()<>@]{1,64}@[^\s,;()<>@]+[)>]?")
_DATA_LIMIT = 600
"""Characters of an abstract in the data for search engines: they show fewer."""


@dataclass(frozen=True, slots=True)
class State:
    """A word for a list, and the kind that gives it its sign."""

    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What a link to a page looks like elsewhere (the Open Graph protocol)."""

    kind: str
    """`website` or `article`."""
    title: str
    description: str
    url: str
    locale: str
    """Such as `fr_FR`."""
    others: tuple[str, ...]
    """Locales of the same page in the other languages."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a timeline."""

    name: str
    sessions: tuple[tuple[SessionView, State], ...]


def state(view: SessionView, today: Standing) -> State:
    """Return the word for a list; of places only where the Rule lets them be told."""
    by_phase = {
        Phase.CANCELLED: State(_("Postponed") if view.is_postponed else _("Cancelled"), "cancelled"),
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


def text_of(localized: Localized, language: str, order: Sequence[str]) -> str:
    """Return a text for a reader without any markup, in their language where it exists."""
    picked = localized.pick(language, order)
    return typeset(picked.value, picked.language)


def entry_title(view: SessionView, language: str) -> str:
    """Return label and title on one line, a cancelled one's with the word before it."""
    words = text_of(view.title, language, view.languages)
    if view.title != view.label:
        words = f"{text_of(view.label, language, view.languages)} – {words}"
    # Not within an f-string: the extraction of messages looks into none.
    prefix = str(_("POSTPONED:")) if view.is_postponed else str(_("CANCELLED:"))
    return f"{prefix} {words}" if view.is_cancelled else words


def graph(
    endpoint: str, *, language: str, title: str = "", description: str = "", kind: str = "website", **values: str
) -> Graph:
    """Return the link preview of a public page; its texts are made for that surface.

    Args:
        endpoint: of the page.
        language: of the page.
        title: plain; the instance's name by default.
        description: plain, or empty.
        kind: of the page.
        values: what the page's address needs beside the language.
    """
    return Graph(
        kind=kind,
        title=title or current_app.config["NAME"],
        description=description,
        url=external_url(endpoint, lang=language, **values),
        locale=_locale(language),
        others=tuple(_locale(other) for other in languages() if other != language),
    )


def _locale(language: str) -> str:
    """Return a language with its country, as Open Graph wants it: the one that most of its readers live in."""
    locale = Locale.parse(babel_locale(language))
    territory = locale.territory or str(get_global("likely_subtags").get(language, "")).rpartition("_")[2]
    return f"{language}_{territory}" if territory else language


def event_data(view: SessionView, *, language: str) -> dict[str, Any]:
    """Return a session as a schema.org Event, plain values for JSON-LD.

    Args:
        view: made for `Surface.JSON` and the public: who speaks is named by consent, and no room, count or link to
            join is in it.
        language: of the page that holds it.
    """

    def text(localized: Localized) -> str:
        return text_of(localized, language, view.languages)

    page = external_url("public.session", lang=language, series=view.series_slug, session=view.slug)
    series = external_url("public.series", lang=language, series=view.series_slug)
    organiser = _ADDRESS.sub("", text(view.controller)).strip(" ,;.–—-")
    is_moved = view.moved_from is not None and view.moved_from != view.starts_at
    status = "EventRescheduled" if is_moved else "EventScheduled"
    if view.is_cancelled:
        status = "EventPostponed" if view.is_postponed else "EventCancelled"
    people = [*view.moderators]
    for section in view.sections:
        for item in section.items:
            people += [*item.speakers, *item.moderators]
    found = {
        "@context": _SCHEMA,
        "@type": "Event",
        "@id": f"urn:uuid:{view.uid}",
        "identifier": view.uid,
        "url": page,
        "name": text(view.title),
        "description": preview_text(view, language, _DATA_LIMIT),
        "startDate": _local(view.starts_at, view.tzid),
        "endDate": _local(view.ends_at, view.tzid),
        "previousStartDate": _local(view.moved_from, view.tzid) if view.moved_from and is_moved else "",
        "eventStatus": f"{_SCHEMA}/{status}",
        "eventAttendanceMode": f"{_SCHEMA}/{_ATTENDANCE[view.mode]}",
        "location": _location(view, page, text(view.place)),
        "inLanguage": list(view.floor_languages),
        "isAccessibleForFree": True,
        "superEvent": {"@type": "EventSeries", "name": text(view.series_title), "url": series},
        "organizer": {"@type": "Organization", "name": organiser, "url": series} if organiser else None,
        "contributor": [_organisation(text(partner.name), partner.url) for partner in view.partners],
        "performer": [_person(person, text) for person in dict.fromkeys(people)],
    }
    return {name: value for name, value in found.items() if value}


def _local(at: datetime, tzid: str) -> str:
    return at.astimezone(ZoneInfo(tzid)).isoformat(timespec="minutes")


def _location(view: SessionView, page: str, place: str) -> list[dict[str, Any]]:
    """Return where: the session's own page for what takes place online, never the room; the place as far as told."""
    found: list[dict[str, Any]] = []
    if place:
        found.append({"@type": "Place", "name": place, "address": place})
    if view.mode is not Mode.ON_SITE:
        found.append({"@type": "VirtualLocation", "url": page})
    return found


def _organisation(name: str, url: str = "") -> dict[str, str]:
    found = {"@type": "Organization", "name": name}
    return {**found, "url": url} if url.startswith(("https://", "http://")) else found


def _person(person: PersonView, text: Callable[[Localized], str]) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "Person", "name": person.name}
    if person.affiliations:
        found["affiliation"] = [_organisation(text(affiliation)) for affiliation in person.affiliations]
    return found
