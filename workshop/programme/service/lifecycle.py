"""What becomes of a session: published, taken back, moved, postponed, cancelled, on again (none asks what it says)."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.core.errors import ConflictError
from workshop.core.faults import InvalidValuesError
from workshop.core.localtime import to_instant
from workshop.people.checks import Checker
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.service.checks import check_times, end_fold
from workshop.programme.service.history import note_version
from workshop.programme.service.locking import lock
from workshop.programme.service.standing import HasAnswersError, Standing, remember, settle, touch
from workshop.programme.service.values import session_values


class CancelledError(ConflictError):
    """A cancelled session is neither moved nor published."""

    code = "session_cancelled"


class PastError(ConflictError):
    """The date of a cancelled session has passed, so that it cannot take place on it."""

    code = "session_date_past"


def reschedule(  # noqa: PLR0913 (a time in a zone, with its fold, has five parts)
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    starts_wall: datetime,
    ends_wall: datetime,
    tzid: str,
    fold: int | None = None,
    ends_fold: int | None = None,
    actor: str = "command",
) -> bool:
    """Move a session; returns whether that changed anything. Flushes. One that was postponed is on again.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session; the instants from and until which answers are open stay.
        starts_wall: naive, in `tzid`.
        ends_wall: naive, in `tzid`; exclusive.
        tzid: IANA zone.
        fold: which of two equal wall times is meant when clocks go back; None to be asked.
        ends_fold: the same for the end; the start's where None.
        actor: as the log names who did it.

    Raises:
        InvalidValuesError: a time in a gap, in a fold, or an end before the start.
        CancelledError: it will not take place.
    """
    is_postponed = workshop_session.postponed_at is not None
    if workshop_session.status is SessionStatus.CANCELLED and not is_postponed:
        raise CancelledError
    checker = Checker(())
    check_times(
        checker,
        dataclasses.replace(
            session_values(workshop_session),
            starts_wall=starts_wall,
            ends_wall=ends_wall,
            tzid=tzid,
            fold=fold,
            ends_fold=ends_fold,
            rsvp_opens_wall=None,
            rsvp_closes_wall=None,
        ),
    )
    checker.raise_any()
    lock(session, [workshop_session])
    before = remember(workshop_session.series, [workshop_session])
    starts_at = to_instant(starts_wall, tzid, fold=fold)
    ends_at = to_instant(ends_wall, tzid, fold=end_fold(fold, ends_fold))
    known = (workshop_session.starts_at, workshop_session.ends_at, workshop_session.tzid)
    if (starts_at, ends_at, tzid) == known and not is_postponed:
        return False
    if is_postponed:
        # First, for the same flush: what is postponed is cancelled, says the table.
        workshop_session.postponed_at, workshop_session.status = None, SessionStatus.CONFIRMED
    workshop_session.starts_wall, workshop_session.ends_wall, workshop_session.tzid = starts_wall, ends_wall, tzid
    workshop_session.starts_at, workshop_session.ends_at = starts_at, ends_at
    return _conclude(session, now, actor, workshop_session, before)


def cancel(session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str = "command") -> bool:
    """Cancel a session, also one that was postponed; returns whether it was not cancelled before. Flushes.

    Participants are told by the worker.
    """
    lock(session, [workshop_session])
    if workshop_session.status is SessionStatus.CANCELLED and workshop_session.postponed_at is None:
        return False
    before = remember(workshop_session.series, [workshop_session])
    workshop_session.status, workshop_session.postponed_at = SessionStatus.CANCELLED, None
    return _conclude(session, now, actor, workshop_session, before)


def postpone(session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str = "command") -> bool:
    """Put a session off without a new date; returns whether it was not before. Flushes. The worker tells.

    It is cancelled until `reschedule` gives it another date; pages and messages say that one will be announced.

    Raises:
        CancelledError: it will not take place at all.
    """
    lock(session, [workshop_session])
    if workshop_session.postponed_at is not None:
        return False
    if workshop_session.status is SessionStatus.CANCELLED:
        raise CancelledError
    before = remember(workshop_session.series, [workshop_session])
    workshop_session.status, workshop_session.postponed_at = SessionStatus.CANCELLED, now
    return _conclude(session, now, actor, workshop_session, before)


def reinstate(session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str = "command") -> bool:
    """Let a cancelled session take place after all, on its own date; returns whether it was cancelled. Flushes.

    Raises:
        PastError: its date has passed; a postponed one is given another, a cancelled one is planned anew.
    """
    lock(session, [workshop_session])
    if workshop_session.status is not SessionStatus.CANCELLED:
        return False
    if workshop_session.starts_at <= now:
        raise PastError
    before = remember(workshop_session.series, [workshop_session])
    workshop_session.status, workshop_session.postponed_at = SessionStatus.CONFIRMED, None
    return _conclude(session, now, actor, workshop_session, before)


def publish(session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str = "command") -> bool:
    """Publish a session; returns whether it was not published before. Flushes.

    Raises:
        InvalidValuesError: the title lacks a language of the series and the session is not declared monolingual.
        CancelledError: it will not take place.
    """
    if workshop_session.is_published:
        return False
    if workshop_session.status is SessionStatus.CANCELLED:
        raise CancelledError
    before = remember(workshop_session.series, [workshop_session])
    workshop_session.is_published = True
    workshop_session.published_at = workshop_session.published_at or now
    note_version(session, now=now, workshop_session=workshop_session, before=None, after={"values": {}}, actor=actor)
    return _conclude(session, now, actor, workshop_session, before)


def unpublish(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, has_answers: bool, actor: str = "command"
) -> bool:
    """Take a session that nobody has answered off every page and feed; returns whether it was published. Flushes.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        has_answers: whether anyone has answered, counted under `lock`.
        actor: as the log names who did it.

    Raises:
        HasAnswersError: a session with answers is cancelled, never unpublished.
    """
    if has_answers:
        raise HasAnswersError
    lock(session, [workshop_session])
    if not workshop_session.is_published:
        return False
    before = remember(workshop_session.series, [workshop_session])
    workshop_session.is_published = False
    return _conclude(session, now, actor, workshop_session, before)


def _conclude(
    session: Session, now: datetime, actor: str, workshop_session: WorkshopSession, before: dict[int, Standing]
) -> bool:
    """Note a change that leaves no level looser and nothing unpublished that has answers."""
    series = workshop_session.series
    workshop_session.revised_at = now
    touch(session, series, now=now)
    settled = settle(session, now=now, actor=actor, series=series, before=before, answers={})
    if settled.faults:
        raise InvalidValuesError(fault for _, fault in settled.faults)
    return True
