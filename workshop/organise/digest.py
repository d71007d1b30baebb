"""The daily digest: what in their series needs an organiser's attention, in one mail a day at most.

Sessions under a strict rule stand in it by their label only, as in any mail, and nothing in it names who takes part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, Role
from workshop.accounts.queries import list_digest_readers
from workshop.chatham.rule import Audience, Level, Surface, effective_level
from workshop.core.erasures import account_ref
from workshop.core.language import languages, speaking
from workshop.core.limits import first_time
from workshop.core.localtime import clock_time, long_date
from workshop.core.urls import external_url
from workshop.mail.render import unmarked
from workshop.organise import emails
from workshop.organise.attention import (
    Facts,
    Need,
    Reader,
    find_facts,
    group_by_series,
    needs_of_series,
    needs_of_session,
    news_of_session,
)
from workshop.organise.emails import DigestLine, DigestPart
from workshop.organise.queries import count_not_arrived, find_last_mail_at, list_coming, list_titled
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view import session_view

HOUR = 8
"""On the instance's clock; after an outage later, but not at night."""
LAST_HOUR = 20
LOOKS_BACK = timedelta(days=7)
"""A digest tells what did not arrive since the one before, and never more than this."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is read once for all organisers; by ids."""

    series: Mapping[int, Series]
    coming: Mapping[int, Sequence[WorkshopSession]]
    """Series' id → sessions that are not over."""
    facts: Facts


def send_digests(session: Session, now: datetime) -> int:
    """Write to every organiser whose series need attention, once a day; returns to how many. Flushes."""
    wall = now.astimezone(ZoneInfo(current_app.config["TIMEZONE"]))
    if not HOUR <= wall.hour < LAST_HOUR:
        return 0
    if not first_time(session, scope="digest", key=wall.date().isoformat(), window=timedelta(days=2), now=now):
        return 0
    # Whoever got their account only since then is still looking around.
    eight = wall.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    readers = list_digest_readers(session, known_since=eight, now=now)
    found = _find(session, {series_id for _organiser, roles in readers for series_id in roles}, now=now)
    ends_at = wall.replace(hour=LAST_HOUR, minute=0, second=0, microsecond=0)
    sent = 0
    for organiser, roles in readers:
        parts = _parts(session, organiser, roles, found, now=now)
        if parts and emails.digest(
            session, now=now, organiser=organiser, parts=parts, day=wall.date(), expires_at=ends_at
        ):
            sent += 1
    return sent


def _find(session: Session, series_ids: Collection[int], *, now: datetime) -> _Found:
    sessions = list_coming(session, series_ids, now=now)
    return _Found(
        series={one.id: one for one in list_titled(session, series_ids)},
        coming=group_by_series(sessions),
        facts=find_facts(session, series_ids, sessions, now=now),
    )


def _parts(
    session: Session, organiser: Organiser, roles: Mapping[int, Role], found: _Found, *, now: datetime
) -> list[DigestPart]:
    """Return what one organiser is told, in their language; nothing where nothing presses."""
    last = find_last_mail_at(session, "digest", person_ref=account_ref(organiser.email_folded))
    since = max(last or now - LOOKS_BACK, now - LOOKS_BACK)
    facts = replace(found.facts, missed=count_not_arrived(session, roles, since=since))
    parts = []
    with speaking(organiser.language):
        for series in (found.series[series_id] for series_id in sorted(roles)):
            desk, coming = _Desk(series, organiser.language), found.coming.get(series.id, ())
            reader = Reader(roles[series.id], organiser.language)
            lines = desk.lines(needs_of_series(series, reader, facts, has_coming=bool(coming)))
            needs = [
                (
                    one,
                    needs_of_session(one, reader, facts, now=now) + news_of_session(one, reader, since=since, now=now),
                )
                for one in coming
            ]
            sessions = [DigestPart(desk.name(one), desk.lines(found_of, one)) for one, found_of in needs]
            needy = tuple(one for one in sessions if one.lines)
            if lines or needy:
                parts.append(DigestPart(desk.title, lines, needy))
    return parts


class _Desk:
    """One series as a mail to one of its organisers may name it, and the addresses that lead to its pages."""

    def __init__(self, series: Series, language: str) -> None:
        self.series, self.language = series, language
        # The address of a strict series, or session, may tell what its title must not.
        self.is_neutral = series.level >= Level.WHOLE_SESSION
        self.title = _("A series under a strict rule")
        if not self.is_neutral:
            self.title = unmarked(series.title.pick(language, languages()).value)

    def lines(self, needs: Sequence[Need], one: WorkshopSession | None = None) -> tuple[DigestLine, ...]:
        """Return what presses, each with the address of the page where something can be done about it."""
        return tuple(DigestLine(need.words, self._address(need, one)) for need in needs if need.is_pressing)

    def _address(self, need: Need, one: WorkshopSession | None) -> str:
        if self.is_neutral:
            return external_url("organise.dashboard", lang=self.language)
        if one is not None and _is_strict(one):
            return external_url("programme_organise.series", lang=self.language, series=self.series.slug)
        place = {"session": one.slug} if one is not None and not need.is_of_series else {}
        return external_url(need.endpoint, lang=self.language, series=self.series.slug, **place)

    def name(self, one: WorkshopSession) -> str:
        """Return what names a session in a mail to its organisers: its label where it is strict; and when it is."""
        view = session_view(one, audience=Audience.ORGANISER, surface=Surface.MAIL)
        title = view.title if view else one.label
        day = long_date(one.starts_at.astimezone(ZoneInfo(one.tzid)).date(), self.language)
        hour = clock_time(one.starts_at, one.tzid, self.language)
        return f"{unmarked(title.pick(self.language, languages()).value)}, {day}, {hour}"


def _is_strict(one: WorkshopSession) -> bool:
    level, _source = effective_level(session=one.level, series=one.series.level)
    return level >= Level.WHOLE_SESSION
