"""A participant's own calendar: the sessions that they come to, or wait to come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _

from workshop.calendars.view.feeds import in_window
from workshop.chatham.rule import Audience, Surface, disclosure
from workshop.core.language import speaking
from workshop.core.typography import typeset
from workshop.core.urls import external_url
from workshop.ical import Calendar, Event, serialise
from workshop.programme.models import Series
from workshop.programme.view import SessionView
from workshop.rsvp.emails import own_entry
from workshop.rsvp.models import STANDING, Answer, Participant


class OwnCalendar(NamedTuple):
    """One person's calendar as octets, and when what it holds last changed."""

    body: bytes
    revised_at: datetime | None
    """None: it holds nothing."""


def participant_calendar(
    participant: Participant, answers: Iterable[Answer], *, tokens: Mapping[str, str], now: datetime
) -> OwnCalendar:
    """Return a participant's calendar, in their language. Needs an application context.

    Args:
        participant: confirmed, and not erased.
        answers: theirs, the sessions whole.
        tokens: the answers' random ids → tokens of the join pages.
        now: the present.
    """
    found: list[tuple[SessionView, Event]] = [
        own_entry(answer, tokens=tokens)
        for answer in answers
        if answer.state in STANDING and answer.workshop_session.is_published
    ]
    shown = {view.uid for view in in_window((view for view, _event in found), now=now)}
    return make_own_calendar(
        [pair for pair in found if pair[0].uid in shown],
        series=participant.series,
        language=participant.language,
        is_discreet=participant.is_discreet,
    )


def make_own_calendar(
    entries: Iterable[tuple[SessionView, Event]], *, series: Series, language: str, is_discreet: bool = False
) -> OwnCalendar:
    """Return the calendar of these entries, named by its series where that tells no more than each entry does."""
    pairs = list(entries)
    of_series = disclosure(
        level=series.level,
        visibility=series.visibility,
        audience=Audience.INVITED,
        surface=Surface.CALENDAR,
        is_discreet=is_discreet,
    )
    events = [event for _view, event in pairs]
    revised_at = max((event.revised_at for event in events), default=None)
    # The name stands above every entry in a shared calendar: one neutral entry keeps it from naming the series.
    if of_series.is_neutral or any(view.is_neutral for view, _event in pairs):
        with speaking(language):
            calendar = Calendar(name=str(_("My sessions")), language=language)
        return OwnCalendar(serialise(calendar, events), revised_at)
    known = disclosure(level=series.level, visibility=series.visibility, audience=Audience.PUBLIC, surface=Surface.PAGE)
    title = series.title.pick(language, series.languages)
    calendar = Calendar(
        name=typeset(title.value, title.language),
        language=title.language or "",
        url=external_url("public.series", lang=language, series=series.slug) if known.is_known else "",
        colour=series.colour,
    )
    return OwnCalendar(serialise(calendar, events), revised_at)
