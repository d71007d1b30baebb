"""The daily digest: what in their series needs an organiser's attention, in one mail a day at most.

Sessions under a strict rule stand in it by their label only, as in any mail, and nothing in it names who takes part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser
from workshop.accounts.queries import list_digest_readers
from workshop.chatham.rule import Audience, Level, Surface, effective_level
from workshop.core.erasures import account_ref
from workshop.core.language import languages, speaking
from workshop.core.limits import first_time
from workshop.core.localtime import clock_time, days_until, long_date, short_date
from workshop.core.urls import external_url
from workshop.mail.render import unmarked
from workshop.organise import emails
from workshop.organise.emails import DigestLine, DigestPart
from workshop.organise.queries import (
    AnswerCounts,
    count_not_arrived,
    count_standing,
    find_last_mail_at,
    list_coming,
    list_titled,
)
from workshop.organise.view import missed_words
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.view import session_view
from workshop.reminders.service import find_untold

HOUR = 8
"""On the instance's clock; after an outage later, but not at night."""
LAST_HOUR = 20
SOON = 7
"""What is missing of a session counts so many days before it, as a calendar counts them."""
LOOKS_BACK = timedelta(days=7)
"""A digest tells what did not arrive since the one before, and never more than this."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is read once for all organisers; by ids."""

    series: Mapping[int, Series]
    coming: Mapping[int, Sequence[WorkshopSession]]
    """Series' id → sessions that are not over."""
    standing: Mapping[tuple[str, str], AnswerCounts]
    untold: Collection[int]
    """Sessions with changes that nobody was told of."""


def send_digests(session: Session, now: datetime) -> int:
    """Write to every organiser whose series need attention, once a day; returns to how many. Flushes."""
    wall = now.astimezone(ZoneInfo(current_app.config["TIMEZONE"]))
    if not HOUR <= wall.hour < LAST_HOUR:
        return 0
    if not first_time(session, scope="digest", key=wall.date().isoformat(), window=timedelta(days=2), now=now):
        return 0
    # Whoever got their account only since then is still looking around.
    eight = wall.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    readers = list_digest_readers(session, known_since=eight)
    found = _find(session, {series_id for _organiser, ids in readers for series_id in ids}, now=now)
    ends_at = wall.replace(hour=LAST_HOUR, minute=0, second=0, microsecond=0)
    sent = 0
    for organiser, series_ids in readers:
        parts = _parts(session, organiser, series_ids, found, now=now)
        if parts and emails.digest(
            session, now=now, organiser=organiser, parts=parts, day=wall.date(), expires_at=ends_at
        ):
            sent += 1
    return sent


def _find(session: Session, series_ids: Collection[int], *, now: datetime) -> _Found:
    coming: dict[int, list[WorkshopSession]] = defaultdict(list)
    for one in list_coming(session, series_ids, now=now):
        coming[one.series_id].append(one)
    sessions = [one for those in coming.values() for one in those]
    return _Found(
        series={one.id: one for one in list_titled(session, series_ids)},
        coming=coming,
        standing=count_standing(session, sessions),
        untold=set(find_untold(session, sessions, now=now)),
    )


def _parts(
    session: Session, organiser: Organiser, series_ids: Collection[int], found: _Found, *, now: datetime
) -> list[DigestPart]:
    """Return what one organiser is told, in their language; nothing where nothing needs them."""
    last = find_last_mail_at(session, "digest", person_ref=account_ref(organiser.email_folded))
    since = max(last or now - LOOKS_BACK, now - LOOKS_BACK)
    missed = count_not_arrived(session, series_ids, since=since)
    parts = []
    with speaking(organiser.language):
        for series in (found.series[series_id] for series_id in sorted(series_ids)):
            desk = _Desk(series, organiser.language)
            lines = []
            if series.id in missed:
                lines.append(desk.line(missed_words(missed[series.id]).words, "organise.mail"))
            if series.reminders_paused_at and found.coming.get(series.id):
                lines.append(desk.line(_paused_words(series.reminders_paused_at, series.tzid, desk), "organise.mail"))
            sessions = [desk.part_of(one, found, now=now) for one in found.coming.get(series.id, ())]
            needy = tuple(one for one in sessions if one.lines)
            if lines or needy:
                parts.append(DigestPart(desk.title, tuple(lines), needy))
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

    def line(self, words: str, endpoint: str, one: WorkshopSession | None = None) -> DigestLine:
        """Return a line with the address of the page where something can be done about it."""
        if self.is_neutral:
            return DigestLine(words, external_url("organise.dashboard", lang=self.language))
        if one is not None and _is_strict(one):
            endpoint, one = "programme_organise.series", None
        place = {"session": one.slug} if one is not None else {}
        return DigestLine(words, external_url(endpoint, lang=self.language, series=self.series.slug, **place))

    def part_of(self, one: WorkshopSession, found: _Found, *, now: datetime) -> DigestPart:
        """Return what a session needs."""
        lines = []
        if waiting := found.standing[self.series.slug, one.slug].to_approve:
            words = ngettext(
                "%(num)d answer is waiting for approval.", "%(num)d answers are waiting for approval.", waiting
            )
            lines.append(self.line(words, "rsvp_organise.answers", one))
        if missing := _missing(one, now=now):
            lines.append(self.line(missing, "organise.edit_session", one))
        if one.id in found.untold and one.tell_at is None:
            words = _("It was changed, and those concerned have not been told.")
            lines.append(self.line(words, "organise.tell", one))
        if one.reminders_paused_at:
            words = _paused_words(one.reminders_paused_at, one.tzid, self)
            lines.append(self.line(words, "organise.session_mail", one))
        return DigestPart(self._name(one), tuple(lines))

    def _name(self, one: WorkshopSession) -> str:
        """Return what names a session in a mail to its organisers: its label where it is strict; and when it is."""
        view = session_view(one, audience=Audience.ORGANISER, surface=Surface.MAIL)
        title = view.title if view else one.label
        day = long_date(one.starts_at.astimezone(ZoneInfo(one.tzid)).date(), self.language)
        hour = clock_time(one.starts_at, one.tzid, self.language)
        return f"{unmarked(title.pick(self.language, languages()).value)}, {day}, {hour}"


def _missing(one: WorkshopSession, *, now: datetime) -> str:
    """Return what a session that takes place soon still lacks, in a sentence or two."""
    days = days_until(one.starts_at, one.tzid, now=now)
    if one.status is SessionStatus.CANCELLED or one.starts_at <= now or days > SOON:
        return ""
    words = []
    if not one.is_published:
        words.append(_("It is still a draft that nobody sees."))
    if one.mode != "on_site" and not one.room_link:
        words.append(_("The address of the online room is missing."))
    return " ".join(words)


def _paused_words(at: datetime, tzid: str, desk: _Desk) -> str:
    day = short_date(at.astimezone(ZoneInfo(tzid)).date(), desk.language)
    return str(_("Reminders have been paused since %(day)s.", day=day))


def _is_strict(one: WorkshopSession) -> bool:
    level, _source = effective_level(session=one.level, series=one.series.level)
    return level >= Level.WHOLE_SESSION
