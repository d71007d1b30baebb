"""Who came: noted with the answer where the Rule allows it, else counted and nothing more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.errors import ConflictError, NotFoundError
from workshop.core.limits import first_time, hit, is_spent
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Attendance
from workshop.rsvp.queries.lists import find_by_code, list_chosen, list_noted_sessions
from workshop.rsvp.rule import STANDS
from workshop.rsvp.schedule import SessionCancelledError
from workshop.rsvp.view.lists import notes_people

WINDOW = timedelta(minutes=10)
WRONG_BY_ACCOUNT = 20
"""Wrong codes within WINDOW after which a helper has to wait."""
WRONG_BY_CLIENT = 40
_KEEP = timedelta(days=1)
"""How long after the end it is still known, without by whom, that somebody was counted."""


class AttendanceIsNumberError(ConflictError):
    """The Rule lets nobody note who came to this session: only their number is kept."""

    code = "attendance_is_number"


def mark_attendance(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    answer_ids: Collection[int],
    has_come: bool,
    actor: str,
) -> int:
    """Note of these answers that the person came, or that they did not; returns how many changed. Flushes.

    Ids of other sessions, and answers that do not stand, are left alone.

    Raises:
        AttendanceIsNumberError: the level makes attendance a mere number.
        SessionCancelledError: it did not take place.
    """
    _check(workshop_session)
    if not notes_people(workshop_session):
        raise AttendanceIsNumberError
    changed = 0
    for answer in list_chosen(session, workshop_session.id, answer_ids):
        if answer.state in STANDS and answer.participant.erased_at is None and has_come == (answer.attended_at is None):
            answer.attended_at = now if has_come else None
            changed += 1
    session.flush()
    if changed:
        details = {"answers": changed, "has_come": has_come}
        _log(session, "rsvp.mark_attendance", workshop_session, now=now, actor=actor, details=details)
    return changed


def find_code(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, code: str, account: str, client: str
) -> Answer | None:
    """Return the answer with this code, case, spaces and dashes forgiven; None for any other, all alike. Flushes.

    Commit also when None comes back: that a code was wrong is to be counted.

    Raises:
        TooManyRequestsError: too many wrong codes by this account or client; then no code is looked for.
    """
    counters = (("check-in-account", account, WRONG_BY_ACCOUNT), ("check-in-client", client, WRONG_BY_CLIENT))
    for scope, key, times in counters:
        if is_spent(session, scope=scope, key=key, times=times, window=WINDOW, now=now):
            hit(session, scope=scope, key=key, times=times, window=WINDOW, now=now)
    found = find_by_code(session, workshop_session.id, plain_code(code))
    if found is None:
        for scope, key, times in counters:
            hit(session, scope=scope, key=key, times=times, window=WINDOW, now=now)
    return found


def plain_code(text: str) -> str:
    """Return a code as it is stored, of what somebody typed or read aloud."""
    return "".join(char for char in text.upper() if char.isalnum())[:16]


def check_in(session: Session, *, now: datetime, workshop_session: WorkshopSession, answer: Answer, actor: str) -> bool:
    """Note at the door that whoever has this answer came; False when that was known. Flushes.

    Where the level makes attendance a number, the number grows by one and nothing is noted with the answer.

    Raises:
        NotFoundError: the answer does not stand, or is another session's.
        SessionCancelledError: it does not take place.
    """
    _check(workshop_session)
    if answer.workshop_session_id != workshop_session.id or answer.state not in STANDS:
        raise NotFoundError("no such answer")
    is_new = _note(session, answer, workshop_session, now)
    if is_new:
        _log(session, "rsvp.check_in", workshop_session, now=now, actor=actor, details={"answers": 1})
    return is_new


def note_entry(session: Session, *, now: datetime, answer: Answer) -> bool:
    """Note or count that whoever has this accepted answer entered online; False when that was known. Flushes."""
    return answer.state is AnswerState.ACCEPTED and _note(session, answer, answer.workshop_session, now)


def keep_numbers_only(session: Session, *, now: datetime, series_id: int | None = None) -> int:
    """Turn notes of who came into a number, where the level became stricter since; returns how many. Flushes.

    Args:
        session: the database session.
        now: the present.
        series_id: whose sessions; None for all.
    """
    turned = 0
    for workshop_session in list_noted_sessions(session, series_id):
        if notes_people(workshop_session):
            continue
        noted = (
            sa.update(Answer)
            .where(Answer.workshop_session_id == workshop_session.id, Answer.attended_at.is_not(None))
            .values(attended_at=None)
            .returning(Answer.subject)
        )
        for subject in session.scalars(noted.execution_options(synchronize_session="fetch")).all():
            turned += _count(session, subject, workshop_session, now)
    return turned


def _note(session: Session, answer: Answer, workshop_session: WorkshopSession, now: datetime) -> bool:
    if notes_people(workshop_session):
        if answer.attended_at is not None:
            return False
        answer.attended_at = now
        session.flush()
        return True
    return _count(session, answer.subject, workshop_session, now)


def _count(session: Session, subject: str, workshop_session: WorkshopSession, now: datetime) -> bool:
    """Add one to the number, once for each answer's random id, of which only a keyed hash is kept for a while."""
    window = max(workshop_session.ends_at, now) + _KEEP - now
    if not first_time(session, scope="attended", key=subject, window=window, now=now):
        return False
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Attendance)
        .values(workshop_session_id=workshop_session.id, count=1)
        .on_conflict_do_update(index_elements=["workshop_session_id"], set_={"count": Attendance.count + 1})
        .execution_options(synchronize_session=False)
    )
    session.flush()
    return True


def _check(workshop_session: WorkshopSession) -> None:
    if workshop_session.status is SessionStatus.CANCELLED:
        raise SessionCancelledError


def _log(
    session: Session,
    action: str,
    workshop_session: WorkshopSession,
    *,
    now: datetime,
    actor: str,
    details: Mapping[str, object],
) -> None:
    object_ = f"session:{workshop_session.id}"
    audit.record(session, now=now, actor=actor, action=action, object_=object_, details=dict(details))
