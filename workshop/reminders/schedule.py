"""When reminders leave. Pure: sessions, answers and the present instant in; what is due out."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from workshop.core.localtime import days_until, is_quiet

DAY_MARGIN = timedelta(hours=2)
"""After an outage a reminder of days leaves only while so much remains before the start."""
LAST_CALL = timedelta(minutes=15)
"""Nothing before a session leaves later than this before its start."""
QUIET_LEAD = timedelta(minutes=30)
"""How long before the quiet hours a reminder leaves that would fall into them."""
CALM = timedelta(hours=12)
"""For so long after a confirmation only the last reminder may follow it."""
AFTERWARDS = timedelta(days=1)
"""How late a message after the end may leave."""

_OFFSET = re.compile(r"([+-])([1-9]\d{0,2})([dh])")
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Offset:
    """A rule such as `-7d`: exactly one of `days` and `hours` is not zero; negative before the start."""

    text: str
    days: int = 0
    hours: int = 0

    @property
    def is_after(self) -> bool:
        """Whether it counts from the end."""
        return self.days > 0 or self.hours > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimes:
    """What the schedule needs of a session; instants are aware."""

    id: int
    starts_at: datetime
    ends_at: datetime
    tzid: str
    offsets: tuple[Offset, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTimes:
    """What the schedule needs of an answer that stands and wants reminders."""

    id: int
    session_id: int
    confirmed_at: datetime
    moved_at: datetime | None = None
    """When the participant was last told of a move."""
    declined: tuple[str, ...] = ()
    """Rules whose reminders they do not want."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One rule of one session, worked out."""

    session_id: int
    offset: Offset
    starts_at: datetime
    leaves_at: datetime
    latest_at: datetime
    """After that it is not worth planning."""
    expires_at: datetime
    """After that it is not worth sending."""
    is_last: bool
    """Whether no other reminder before the start leaves later."""


def parse_offset(text: str) -> Offset:
    """Read `-7d`, `-1h`, `+1d`.

    Raises:
        ValueError: when it is none of these, zero, or more than a year.
    """
    match = _OFFSET.fullmatch(text)
    number = int(match[1] + match[2]) if match else 0
    if not match or (match[3] == "d" and abs(number) > _MOST_DAYS):
        raise ValueError(f"not an offset: {text!r}")
    return Offset(text, days=number) if match[3] == "d" else Offset(text, hours=number)


def parse_offsets(texts: Iterable[str]) -> tuple[Offset, ...]:
    """Read a session's rules, each once.

    What cannot be read is left out: one bad rule must not keep everyone's reminders back, and forms and files refuse
    it at the door.
    """
    offsets = []
    for text in dict.fromkeys(texts):
        try:
            offsets.append(parse_offset(text))
        except ValueError:
            continue
    return tuple(offsets)


def own_time(offset: Offset, *, starts_at: datetime, ends_at: datetime, tzid: str) -> datetime:
    """Return the instant (UTC) that a rule names, before quiet hours are thought of.

    Days are days of the wall clock in the session's zone; hours are elapsed hours.
    """
    origin = (ends_at if offset.is_after else starts_at).astimezone(UTC)
    if offset.hours:
        return origin + timedelta(hours=offset.hours)
    zone = ZoneInfo(tzid)
    wall = origin.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=offset.days)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def leaves_at(offset: Offset, *, starts_at: datetime, ends_at: datetime, tzid: str, quiet: tuple[int, int]) -> datetime:
    """Return when a reminder leaves (UTC): at its own time, or half an hour before quiet hours; never later."""
    own = own_time(offset, starts_at=starts_at, ends_at=ends_at, tzid=tzid)
    if not is_quiet(own, tzid=tzid, quiet=quiet):
        return own
    zone = ZoneInfo(tzid)
    wall = own.astimezone(zone).replace(tzinfo=None, fold=0)
    evening = wall.replace(hour=quiet[0], minute=0, second=0, microsecond=0)
    if evening > wall:
        evening -= timedelta(days=1)
    earlier = (evening - QUIET_LEAD).replace(tzinfo=zone).astimezone(UTC)
    fits = earlier >= ends_at if offset.is_after else starts_at - earlier >= DAY_MARGIN
    return min(earlier, own) if fits else own


def departures(times: SessionTimes, *, quiet: tuple[int, int]) -> list[Departure]:
    """Return what a session's rules come to, in the order of leaving."""
    leaving = [
        (leaves_at(offset, starts_at=times.starts_at, ends_at=times.ends_at, tzid=times.tzid, quiet=quiet), offset)
        for offset in times.offsets
    ]
    # Of two that leave together, the one whose own time is nearer to the start comes later and wins in `current`.
    leaving.sort(key=lambda pair: (pair[0], pair[1].days * 24 + pair[1].hours))
    last = next((offset for _, offset in reversed(leaving) if not offset.is_after), None)
    return [_depart(times, offset, at, is_last=offset == last) for at, offset in leaving]


def _depart(times: SessionTimes, offset: Offset, at: datetime, *, is_last: bool) -> Departure:
    if offset.is_after:
        latest = expires = at + AFTERWARDS
    else:
        expires = times.starts_at - LAST_CALL
        latest = times.starts_at - DAY_MARGIN if offset.days else expires
    return Departure(
        session_id=times.id,
        offset=offset,
        starts_at=times.starts_at,
        leaves_at=at,
        latest_at=latest,
        expires_at=expires,
        is_last=is_last,
    )


def current(times: SessionTimes, *, now: datetime, quiet: tuple[int, int]) -> Departure | None:
    """Return the one reminder of a session whose turn it is.

    After an outage several may have come due; only the newest leaves, because the others say the same.
    """
    passed = [one for one in departures(times, quiet=quiet) if one.leaves_at <= now]
    # The end of the session ends what came before it, and only then does what follows begin.
    if not passed or passed[-1].latest_at < now:
        return None
    return passed[-1] if not passed[-1].offset.is_after or times.ends_at <= now else None


def answered_before(departure: Departure) -> datetime:
    """Return the instant (UTC) before which an answer must have been confirmed for this reminder to follow it."""
    if departure.offset.is_after:
        return departure.starts_at
    return departure.leaves_at - (timedelta() if departure.is_last else CALM)


def is_for(departure: Departure, answer: AnswerTimes) -> bool:
    """Whether a reminder is for this answer: wanted, neither come too late for it nor close upon its confirmation.

    `queries.list_unreminded` asks the database the same.
    """
    if departure.offset.text in answer.declined:
        return False
    if answer.moved_at is not None and departure.leaves_at <= answer.moved_at:
        return False
    return answer.confirmed_at < answered_before(departure)


class Nearness(enum.StrEnum):
    """How near a start is, in words that are true on every clock of the reader."""

    DAYS = "days"
    TOMORROW = "tomorrow"
    TODAY = "today"
    ONE_HOUR = "one_hour"
    SOON = "soon"
    OPEN = "open"
    """No word is true on both of the reader's clocks."""
    OVER = "over"


def nearness(starts_at: datetime, tzids: Iterable[str], *, now: datetime) -> tuple[Nearness, int]:
    """Return how near the start is, and in how many days, for someone who lives by these zones' clocks.

    Worked out when the message is written and not from its rule: quiet hours or an outage may have moved it.
    """
    left = starts_at - now
    if left <= timedelta():
        return Nearness.OVER, 0
    if left < timedelta(minutes=50):
        return Nearness.SOON, 0
    if left <= timedelta(minutes=70):
        return Nearness.ONE_HOUR, 0
    days = {days_until(starts_at, tzid, now=now) for tzid in tzids}
    if len(days) != 1:
        return Nearness.OPEN, 0
    number = days.pop()
    words = {0: Nearness.TODAY, 1: Nearness.TOMORROW}
    return words.get(number, Nearness.DAYS), number


def coming(times: SessionTimes, *, now: datetime, until: datetime, quiet: tuple[int, int]) -> Sequence[Departure]:
    """Return what a session's rules will send from now until an instant, what is due now included."""
    turn = current(times, now=now, quiet=quiet)
    later = [one for one in departures(times, quiet=quiet) if now < one.leaves_at <= until]
    return [turn, *later] if turn else later
