"""When one may answer and enter, how many places are left in a word, and when an identity is erased. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from workshop.core.errors import ConflictError
from workshop.core.localtime import days_until
from workshop.programme.models import SessionStatus
from workshop.rsvp.models import AnswerState, Choice
from workshop.rsvp.queries import SessionMark

REQUEST_LIFETIME = timedelta(hours=48)
"""How long an unconfirmed answer is kept."""
JOIN_CLOSES_AFTER = timedelta(minutes=30)
"""How long after the end the join page still lets in."""
FEW = 5
"""Few places: at most this part of all, a fifth."""
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


def refusal_of_change(session: Timed, *, choice: Choice, now: datetime) -> ConflictError | None:
    """Return why a participant may not change to `choice`; not coming may be said until the start."""
    found = refusal(session, now=now)
    if choice is Choice.DECLINED and isinstance(found, AnswersClosedError | AnswersNotOpenError):
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
