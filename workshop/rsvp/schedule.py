"""When one may answer and enter, how many places are left in a word, and when an identity is erased. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from workshop.core.errors import ConflictError
from workshop.core.localtime import days_until, is_quiet
from workshop.programme.models import SessionStatus
from workshop.rsvp.models import AnswerState, Choice
from workshop.rsvp.queries import SessionMark

REQUEST_LIFETIME = timedelta(hours=48)
"""How long an unconfirmed answer is kept."""
JOIN_CLOSES_AFTER = timedelta(minutes=30)
"""How long after the end the join page still lets in."""
FEW = 5
"""Few places: at most this part of all, a fifth."""
UNDO = timedelta(minutes=10)
"""How long a seat given back is kept from those who wait, so that this can be undone."""
CALENDAR_UNDO = timedelta(minutes=15)
"""The same for a seat declined in a calendar, whether or not somebody waits."""
LONGEST_OFFER = timedelta(hours=24)
NEAR_PART = 3
"""An offer lasts at most this part of the time left before the start, a third."""
FIRST_COME = timedelta(hours=1)
"""So long before the start nothing is offered any more: places are for whoever comes first."""
SHARES_END = timedelta(hours=24)
"""So long before the start a place that nobody of its share wanted is for everybody."""
_WORTHWHILE = timedelta(hours=1)
"""An offer that would end at night ends in the evening before where that leaves so much time, else in the morning."""
_EVENING = timedelta(minutes=30)
"""So long before the night."""
_AWAKE = timedelta(minutes=15)
"""At least so long after the night."""
_LONG_AGO = -99
_RELATIVE_DAYS = 28
"""So many days back the page still says how long ago it was."""


class SessionCancelledError(ConflictError):
    """The session will not take place."""

    code = "session_cancelled"


class SessionBegunError(ConflictError):
    """The session has begun."""

    code = "session_begun"


class SessionEndedError(ConflictError):
    """The session is over."""

    code = "session_ended"


class AnswersClosedError(ConflictError):
    """The organisers take no more answers."""

    code = "answers_closed"


class AnswersNotOpenError(ConflictError):
    """The organisers take no answers yet."""

    code = "answers_not_open"


class NoOpenSessionError(ConflictError):
    """No session of the series takes answers at present."""

    code = "no_open_session"


class RoomNotOpenError(ConflictError):
    """It is too early to enter."""

    code = "room_not_open"


class RoomClosedError(ConflictError):
    """It is too late to enter."""

    code = "room_closed"


class Timed(Protocol):
    """What a WorkshopSession and a SessionView have in common here."""

    @property
    def status(self) -> SessionStatus:
        """STATUS of the event."""

    @property
    def starts_at(self) -> datetime:
        """The start."""

    @property
    def ends_at(self) -> datetime:
        """The end, exclusive."""

    @property
    def rsvp_opens_at(self) -> datetime | None:
        """Since when answers are taken; None: as soon as published."""

    @property
    def rsvp_closes_at(self) -> datetime | None:
        """Until when answers are taken; None: until the start."""


class Phase(enum.StrEnum):
    """Where a session stands for who would like to answer."""

    NOT_OPEN = "not_open"
    OPEN = "open"
    CLOSED = "closed"
    BEGUN = "begun"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Places(enum.StrEnum):
    """What the public may know of the places left."""

    YES = "yes"
    FEW = "few"
    NO = "no"


class Door(enum.StrEnum):
    """Where the join page stands."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"
    CANCELLED = "cancelled"


class Standing(NamedTuple):
    """What a page says of a session beyond its texts; part of the key under which the page is kept."""

    uid: str
    phase: Phase
    places: Places | None
    """None where the session has no limit or takes no answers. Whether it may be said is the view's to know."""
    days: int
    """Calendar days until the start, in the session's zone; -99 for whatever began long ago."""


def phase(session: Timed, *, now: datetime) -> Phase:
    """Return where the session stands; answers close at `rsvp_closes_at`, at the latest at the start."""
    if session.status is SessionStatus.CANCELLED:
        return Phase.CANCELLED
    if now >= session.ends_at:
        return Phase.ENDED
    if now >= session.starts_at:
        return Phase.BEGUN
    if session.rsvp_closes_at is not None and now >= session.rsvp_closes_at:
        return Phase.CLOSED
    if session.rsvp_opens_at is not None and now < session.rsvp_opens_at:
        return Phase.NOT_OPEN
    return Phase.OPEN


_WAITS = (AnswerState.WAITLISTED, AnswerState.OFFERED)
_REFUSALS: dict[Phase, type[ConflictError]] = {
    Phase.NOT_OPEN: AnswersNotOpenError,
    Phase.CLOSED: AnswersClosedError,
    Phase.BEGUN: SessionBegunError,
    Phase.ENDED: SessionEndedError,
    Phase.CANCELLED: SessionCancelledError,
}


def refusal(session: Timed, *, now: datetime) -> ConflictError | None:
    """Return why no answers are taken, or None while they are."""
    kind = _REFUSALS.get(phase(session, now=now))
    return None if kind is None else kind()


def refusal_of_change(
    session: Timed, *, choice: Choice, now: datetime, state: AnswerState | None = None
) -> ConflictError | None:
    """Return why a participant may not change to `choice`; not coming may be said until the start.

    Whoever waits for a place (`state`) has answered in time: that answers are closed does not end the list.
    """
    found = refusal(session, now=now)
    if (choice is Choice.DECLINED or state in _WAITS) and isinstance(found, AnswersClosedError | AnswersNotOpenError):
        return None
    return found


def places(*, capacity: int | None, held: int) -> Places:
    """Return the word for the places left of `capacity` (None: no limit) when `held` are taken."""
    if capacity is None:
        return Places.YES
    left = capacity - held
    if left <= 0:
        return Places.NO
    return Places.FEW if left * FEW <= capacity else Places.YES


def standing(mark: SessionMark, *, now: datetime) -> Standing:
    """Return how a session stands today."""
    where = phase(mark, now=now)
    days = days_until(mark.starts_at, mark.tzid, now=now)
    word = places(capacity=mark.capacity, held=mark.held) if where is Phase.OPEN and mark.capacity else None
    return Standing(mark.uid, where, word, days if days >= -_RELATIVE_DAYS else _LONG_AGO)


def standing_of_past(session: Timed, uid: str, *, now: datetime) -> Standing:
    """Return the standing of a session that has ended, or of a cancelled one."""
    return Standing(uid, phase(session, now=now), None, _LONG_AGO)


def door_opens_at(session: Timed, *, minutes: int) -> datetime:
    """Return since when the join page lets in, `minutes` before the start."""
    return session.starts_at - timedelta(minutes=minutes)


def door(session: Timed, *, minutes: int, now: datetime) -> Door:
    """Return whether the join page lets in: from `minutes` before the start to half an hour after the end."""
    if session.status is SessionStatus.CANCELLED:
        return Door.CANCELLED
    if now < door_opens_at(session, minutes=minutes):
        return Door.EARLY
    return Door.OPEN if now <= session.ends_at + JOIN_CLOSES_AFTER else Door.OVER


def erases_at(
    answers: Collection[tuple[AnswerState, datetime, datetime]], *, created_at: datetime, retention_days: int
) -> datetime:
    """Return when an identity is erased: `retention_days` after the end of the last session answered and not withdrawn.

    Whoever withdrew everything is forgotten that long after the last withdrawal, never later than if they had stayed.

    Args:
        answers: state, when it last changed, and the end of the session.
        created_at: when the participant was first stored; what counts without any answer.
        retention_days: days.
    """
    retention = timedelta(days=retention_days)
    if standing := [ends_at for state, _, ends_at in answers if state is not AnswerState.WITHDRAWN]:
        return max(standing) + retention
    if not answers:
        return created_at + REQUEST_LIFETIME
    return min(max(changed for _, changed, _ in answers), max(ends_at for *_, ends_at in answers)) + retention


def is_expired(asked_at: datetime, *, now: datetime) -> bool:
    """Whether what a form asked for at `asked_at` has waited too long for its button."""
    return now >= asked_at + REQUEST_LIFETIME


def offer_ends_at(now: datetime, *, starts_at: datetime, tzid: str, quiet: tuple[int, int]) -> datetime | None:
    """Return until when a place offered now is held (UTC, a whole minute); None when it is first come by now.

    After 24 hours at the latest, after a third of the time left when the start is near, and never at night.

    Args:
        now: the present.
        starts_at: the session's start.
        tzid: zone of whoever gets the offer.
        quiet: hours of the day there, from and until, that are night.
    """
    now, last = now.astimezone(UTC), starts_at.astimezone(UTC) - FIRST_COME
    if now >= last:
        return None
    end = _whole_minute(now + min(LONGEST_OFFER, (starts_at - now) / NEAR_PART))
    if not is_quiet(end, tzid=tzid, quiet=quiet):
        return end
    evening, morning = _around_night(end, tzid=tzid, quiet=quiet)
    if evening - now >= _WORTHWHILE and not is_quiet(evening, tzid=tzid, quiet=quiet):
        return evening
    # Longer than a third, if need be: whoever sleeps cannot answer.
    later = _whole_minute(min(morning + FIRST_COME, last, now + LONGEST_OFFER))
    return later if later >= morning + _AWAKE and not is_quiet(later, tzid=tzid, quiet=quiet) else None


def _whole_minute(at: datetime) -> datetime:
    """Return the minute that `at` is in: what a message says is then what holds."""
    return at.replace(second=0, microsecond=0)


def _around_night(at: datetime, *, tzid: str, quiet: tuple[int, int]) -> tuple[datetime, datetime]:
    """Return half an hour before the night that `at` is in begins, and when it ends (UTC)."""
    zone = ZoneInfo(tzid)
    wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
    begins, ends = (wall.replace(hour=hour % 24, minute=0) for hour in quiet)
    if begins > wall:
        begins -= timedelta(days=1)
    if ends <= wall:
        ends += timedelta(days=1)
    return begins.replace(tzinfo=zone).astimezone(UTC) - _EVENING, ends.replace(tzinfo=zone).astimezone(UTC)


def keeps_shares(starts_at: datetime, *, now: datetime) -> bool:
    """Whether places are still kept for shares that nobody of theirs has taken."""
    return now < starts_at - SHARES_END


class Waited(Protocol):
    """What an Answer has that tells whether giving up can be undone."""

    @property
    def state(self) -> AnswerState:
        """Where it stands."""

    @property
    def answered_at(self) -> datetime:
        """When that last changed."""

    @property
    def waitlisted_at(self) -> datetime | None:
        """Since when it waits, or did until it was given up."""

    @property
    def seat_kept_until(self) -> datetime | None:
        """Until when its seat is kept."""


GIVES_UP = frozenset({AnswerState.WITHDRAWN, AnswerState.DECLINED, AnswerState.TENTATIVE})
"""States by which a seat or a place in the list is given up."""


def undo_until(answer: Waited, *, now: datetime) -> datetime | None:
    """Return until when a seat, or a place in the waiting list, that was given up can be had back; None: it cannot."""
    until = answer.seat_kept_until
    if until is None and answer.state in GIVES_UP and answer.waitlisted_at is not None:
        until = answer.answered_at + UNDO
    return until if until is not None and now < until else None


def is_open_offer(state: AnswerState, expires_at: datetime | None, starts_at: datetime, *, now: datetime) -> bool:
    """Whether a place offered can still be accepted, whether or not the list was tended since."""
    return state is AnswerState.OFFERED and now < starts_at and (expires_at is None or now < expires_at)
