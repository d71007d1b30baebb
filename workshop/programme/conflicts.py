"""What stands in the way of a session's date: pure, and apart from rule, which says what people are told.

Within one series only: what happens in another is not to be learnt from here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from workshop.core.localized import Localized
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.schedule import Holiday, holiday_of
from workshop.programme.view import workspace_name


class ConflictKind(enum.StrEnum):
    """What is in the way."""

    SPEAKER = "speaker"
    """Somebody has a part in both sessions, at the same time."""
    SAME_TIME = "same_time"
    SAME_DAY = "same_day"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Booking:
    """A session with its time and those who speak or moderate in it."""

    key: str
    """The session's slug, or what stands for a session that does not exist yet."""
    name: Localized
    starts_at: datetime
    ends_at: datetime
    """Exclusive."""
    tzid: str
    people: Mapping[int, str] = field(default_factory=dict)
    """Id → name."""
    is_stored: bool = True
    """Whether there is such a session already."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something in the way of a session."""

    kind: ConflictKind
    other: Localized = Localized()  # noqa: RUF009 (immutable)
    """The other session's name."""
    slug: str = ""
    """The other session's; empty where it does not exist yet."""
    person: str = ""
    holiday: Holiday | None = None


def booking_of(workshop_session: WorkshopSession) -> Booking:
    """Return a session, with its programme, as something that others may be in the way of."""
    slots = list(workshop_session.slots)
    for section in workshop_session.sections:
        for item in section.items:
            slots += item.slots
    return Booking(
        workshop_session.slug,
        workspace_name(workshop_session),
        workshop_session.starts_at,
        workshop_session.ends_at,
        workshop_session.tzid,
        # Whoever declined is not in two places.
        {slot.person_id: slot.person.name for slot in slots if slot.declined_at is None},
    )


def bookings_of(sessions: Iterable[WorkshopSession]) -> list[Booking]:
    """Return those that take place."""
    return [booking_of(one) for one in sessions if one.status is not SessionStatus.CANCELLED]


def find_conflicts(one: Booking, others: Iterable[Booking]) -> tuple[Conflict, ...]:
    """Return what is in the way of one session: people first, then sessions, then the holiday."""
    found: list[Conflict] = []
    for other in sorted(others, key=lambda booking: (booking.starts_at, booking.key)):
        if other.key == one.key:
            continue
        slug = other.key if other.is_stored else ""
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
            shared = sorted(set(one.people) & set(other.people), key=lambda person: (one.people[person], person))
            found += [Conflict(ConflictKind.SPEAKER, other.name, slug, one.people[person]) for person in shared]
            found.append(Conflict(ConflictKind.SAME_TIME, other.name, slug))
        elif _days_of(one) & _days_of(other):
            found.append(Conflict(ConflictKind.SAME_DAY, other.name, slug))
    order = list(ConflictKind)
    found.sort(key=lambda conflict: order.index(conflict.kind))
    for day in sorted(_days_of(one)):
        if holiday := holiday_of(day):
            found.append(Conflict(ConflictKind.HOLIDAY, holiday=holiday))
    return tuple(found)


def conflicts_by_slug(sessions: Iterable[WorkshopSession], *, now: datetime) -> dict[str, tuple[Conflict, ...]]:
    """Return slug → what is in the way, of those sessions of one series that are to come and have something."""
    bookings = bookings_of(sessions)
    found = {one.key: find_conflicts(one, bookings) for one in bookings if one.starts_at > now}
    return {slug: conflicts for slug, conflicts in found.items() if conflicts}


def _days_of(one: Booking) -> set[date]:
    """Return the days on the session's own clock; one that ends at midnight is not on the next."""
    zone = ZoneInfo(one.tzid)
    first = one.starts_at.astimezone(zone).date()
    last = (one.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return {first + timedelta(days=number) for number in range(max(0, min((last - first).days, 30)) + 1)}
