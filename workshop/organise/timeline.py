"""What will leave by itself, when, to how many: reminders that are due, announcements that are planned."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from workshop.announcements.queries import list_planned
from workshop.core.localized import Localized
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import SessionRow, session_row
from workshop.reminders.schedule import Offset
from workshop.reminders.service import forecast

AHEAD = timedelta(days=92)
"""How far the page of a series looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Something that leaves by itself if nothing changes."""

    at: datetime
    tzid: str
    words: str
    number: int
    """To how many."""
    row: SessionRow | None = None
    """The session it reminds of."""
    rule: str = ""
    """The rule of a reminder, such as `-7d`."""
    subject: Localized | None = None
    """Of an announcement."""
    key: str = ""
    """Of an announcement's page."""
    is_due: bool = False
    """It leaves at this moment."""
    is_paused: bool = False


def rule_words(offset: Offset) -> str:
    """Return what a rule says, such as "7 days before"."""
    number = abs(offset.days or offset.hours)
    if offset.days:
        before = ngettext("%(num)d day before", "%(num)d days before", number)
        after = ngettext("%(num)d day after", "%(num)d days after", number)
    else:
        before = ngettext("%(num)d hour before", "%(num)d hours before", number)
        after = ngettext("%(num)d hour after", "%(num)d hours after", number)
    return str(after if offset.is_after else before)


def list_leaving(session: Session, series: Series, *, now: datetime, until: datetime) -> list[Leaving]:
    """Return what leaves by itself in a series until an instant, announcements too, the earliest first."""
    found = [*list_reminding(session, series.sessions, now=now, until=until), *_announcements(session, series, now=now)]
    return sorted(found, key=lambda one: one.at)


def list_reminding(
    session: Session, sessions: Collection[WorkshopSession], *, now: datetime, until: datetime
) -> Iterable[Leaving]:
    """Yield the reminders of these sessions that leave until an instant, the earliest first."""
    own = {one.id: one for one in sessions}
    for one, departure, number in forecast(session, now=now, until=until, only=own.keys()):
        is_due = departure.leaves_at <= now
        if is_due and not number:
            continue  # all of them have been written
        offset = departure.offset
        kind = _("Thanks") if offset.is_after else _("Reminder")
        yield Leaving(
            at=max(departure.leaves_at, now),
            tzid=one.tzid,
            words=f"{kind}, {rule_words(offset)}",
            number=number,
            row=session_row(own[one.id], own[one.id].series, now=now),
            rule=offset.text,
            is_due=is_due,
            is_paused=bool(one.reminders_paused_at or own[one.id].series.reminders_paused_at),
        )


def _announcements(session: Session, series: Series, *, now: datetime) -> Iterable[Leaving]:
    for one in list_planned(session, series_id=series.id):
        yield Leaving(
            at=max(one.leaves_at, now),
            tzid=series.tzid,
            words=_("Announcement"),
            number=one.recipients,
            subject=one.subject,
            key=one.key,
            is_due=one.leaves_at <= now,
            is_paused=one.is_paused,
        )
