"""What organisers do with an announcement: write it, try it out, confirm it, hold it, end it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser
from workshop.accounts.service import actor_of
from workshop.announcements import emails
from workshop.announcements.models import Announcement
from workshop.announcements.queries import Group, Whom, count_recipients, lock_announcement, messages_of
from workshop.announcements.rule import (
    AnnouncementChangedError,
    AnnouncementNotTestedError,
    AnnouncementStandsError,
    RecipientsChangedError,
)
from workshop.audit import service as audit
from workshop.core.erasures import account_ref
from workshop.core.errors import NotFoundError
from workshop.core.limits import hit
from workshop.core.localized import Localized
from workshop.core.waking import ring
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import IS_QUEUED
from workshop.programme.models import Series

TESTS_PER_HOUR = 20
"""How many tests one organiser sends themselves: each is as many messages as there are languages."""
PAUSED = "announcement paused"
STOPPED = "announcement stopped"
_HOUR = timedelta(hours=1)
_FREED = sa.literal("taken back|", sa.String) + sa.cast(OutboxMessage.id, sa.String) + "|" + OutboxMessage.dedupe_key
"""A key under which nothing stands in the way of writing the message anew."""


def create(
    session: Session, *, now: datetime, series: Series, subject: Localized, body: Localized, group: Group
) -> Announcement:
    """Keep a new announcement as a draft, of which nothing leaves. Flushes."""
    announcement = Announcement(
        series=series, subject=subject, body=body, audience=group.to_json(), version=1, created_at=now
    )
    session.add(announcement)
    session.flush()
    return announcement


def save(
    session: Session, announcement: Announcement, *, version: int, subject: Localized, body: Localized, group: Group
) -> Announcement:
    """Keep another text or group of a draft; it is to be tried out again. Flushes.

    Raises:
        AnnouncementChangedError: somebody saved another version meanwhile.
        AnnouncementStandsError: it is confirmed.
    """
    found = _lock_draft(session, announcement, version)
    was = (found.subject, found.body)
    found.subject, found.body, found.audience = subject, body, group.to_json()
    found.version += 1
    if was != (subject, body):
        found.tested_at = None
    session.flush()
    return found


def delete(session: Session, announcement: Announcement) -> None:
    """Forget a draft. Flushes.

    Raises:
        AnnouncementStandsError: it is confirmed.
    """
    session.delete(_lock_draft(session, announcement, announcement.version))
    session.flush()


def test(session: Session, announcement: Announcement, *, now: datetime, version: int, organiser: Organiser) -> None:
    """Send a draft to whoever writes it, in every language, before anybody else gets it. Flushes.

    Raises:
        AnnouncementChangedError: somebody saved another version meanwhile.
        AnnouncementStandsError: it is confirmed.
        TooManyRequestsError: too often.
    """
    found = _lock_draft(session, announcement, version)
    ref = account_ref(organiser.email_folded)
    hit(session, scope="announcement_test", key=ref, times=TESTS_PER_HOUR, window=_HOUR, now=now)
    emails.send_test(
        session,
        found,
        now=now,
        recipient=organiser.email,
        person_ref=ref,
        codes=emails.languages_of(found.series),
    )
    found.tested_at = now
    session.flush()


def confirm(
    session: Session,
    announcement: Announcement,
    *,
    now: datetime,
    version: int,
    expected: int,
    leaves_at: datetime | None,
    organiser: Organiser,
) -> int:
    """Let an announcement leave, now or at `leaves_at`; returns to how many people as things stand. Flushes.

    Raises:
        AnnouncementChangedError: somebody saved another version meanwhile.
        AnnouncementNotTestedError: this text was not tried out.
        AnnouncementStandsError: it is confirmed already.
        RecipientsChangedError: another number of people than `expected`, or nobody; `number` says how many.
    """
    found = _lock_draft(session, announcement, version)
    if found.tested_at is None:
        raise AnnouncementNotTestedError
    people = count_recipients(session, found.series, Group.from_json(found.audience)).people
    if people != expected or not people:
        raise RecipientsChangedError(number=people)
    found.confirmed_at, found.leaves_at = now, max(leaves_at or now, now)
    session.flush()
    ring(session)
    _record(session, found, "confirm", now=now, organiser=organiser, people=people)
    return people


def announce(
    session: Session,
    *,
    now: datetime,
    series: Series,
    subject: Localized,
    body: Localized,
    expected: int,
    organiser: Organiser,
) -> int:
    """Let an announcement leave at once, to whoever asked to be kept informed; returns to how many. Flushes.

    For a text of the product's own, shown whole to whoever lets it leave: there is nothing in it to try out.

    Raises:
        RecipientsChangedError: another number of people than `expected`, or nobody; `number` says how many.
    """
    group = Group(whom=Whom.INFORMED)
    made = create(session, now=now, series=series, subject=subject, body=body, group=group)
    made.tested_at = now
    return confirm(session, made, now=now, version=made.version, expected=expected, leaves_at=None, organiser=organiser)


def take_back(session: Session, announcement: Announcement, *, now: datetime, organiser: Organiser) -> None:
    """Make a planned announcement a draft again, as long as nothing of it has left. Flushes.

    Raises:
        AnnouncementStandsError: it has begun to leave, or has ended.
    """
    found = _lock(session, announcement)
    if found.confirmed_at is None or found.stopped_at or found.finished_at or has_begun(found):
        raise AnnouncementStandsError
    found.confirmed_at = found.leaves_at = found.paused_at = None
    session.flush()
    _record(session, found, "take_back", now=now, organiser=organiser)


def has_begun(announcement: Announcement) -> bool:
    """Whether anything of it was written into the outbox."""
    return announcement.cursor > 0 or announcement.is_at_subscribers or announcement.finished_at is not None


def pause(session: Session, announcement: Announcement, *, now: datetime, organiser: Organiser) -> None:
    """Let nothing more of an announcement leave until it goes on; what waits in the outbox is taken back. Flushes.

    Raises:
        AnnouncementStandsError: a draft, paused or ended.
    """
    found = _lock(session, announcement)
    if found.confirmed_at is None or found.stopped_at or found.paused_at:
        raise AnnouncementStandsError
    found.paused_at = now
    held = _end_waiting(session, found, now=now, state=OutboxState.SUPERSEDED, reason=PAUSED, is_kept=False)
    if found.finished_at is not None and not held:
        raise AnnouncementStandsError
    session.flush()
    _record(session, found, "pause", now=now, organiser=organiser, messages=held)


def resume(session: Session, announcement: Announcement, *, now: datetime, organiser: Organiser) -> None:
    """Let a paused announcement go on, to those whom it has not left for. Flushes.

    Raises:
        AnnouncementStandsError: it is not paused.
    """
    found = _lock(session, announcement)
    if found.paused_at is None or found.stopped_at:
        raise AnnouncementStandsError
    found.paused_at = None
    start_over(found)
    session.flush()
    ring(session)
    _record(session, found, "resume", now=now, organiser=organiser)


def start_over(announcement: Announcement) -> None:
    """Go through everybody again: whoever has it, or whose message waits, is passed over by its key."""
    announcement.cursor, announcement.is_at_subscribers, announcement.finished_at = 0, False, None


def stop_announcement(session: Session, announcement: Announcement, *, now: datetime, organiser: Organiser) -> None:
    """End an announcement for good; what has left by now has left. Flushes.

    Raises:
        AnnouncementStandsError: a draft, or ended.
    """
    found = _lock(session, announcement)
    if found.confirmed_at is None or found.stopped_at:
        raise AnnouncementStandsError
    found.stopped_at = now
    held = _end_waiting(session, found, now=now, state=OutboxState.DISCARDED, reason=STOPPED, is_kept=True)
    session.flush()
    _record(session, found, "stop", now=now, organiser=organiser, messages=held)


def _end_waiting(
    session: Session, announcement: Announcement, *, now: datetime, state: OutboxState, reason: str, is_kept: bool
) -> int:
    """Take back what waits in the outbox; with `is_kept` under its key, so that it is never written anew."""
    values = {"state": state, "reason": reason, "finished_at": now}
    statement = sa.update(OutboxMessage).where(*messages_of(announcement), IS_QUEUED).values(**values)
    if not is_kept:
        statement = statement.values(dedupe_key=_FREED)
    result = session.execute(statement.execution_options(synchronize_session=False))
    session.expire_all()
    return int(getattr(result, "rowcount", 0))


def _lock(session: Session, announcement: Announcement) -> Announcement:
    found = lock_announcement(session, announcement.key)
    if found is None:
        raise NotFoundError("announcement")
    return found


def _lock_draft(session: Session, announcement: Announcement, version: int) -> Announcement:
    found = _lock(session, announcement)
    if found.confirmed_at is not None:
        raise AnnouncementStandsError
    if found.version != version:
        raise AnnouncementChangedError
    return found


def _record(
    session: Session, announcement: Announcement, act: str, *, now: datetime, organiser: Organiser, **details: int
) -> None:
    audit.record(
        session,
        now=now,
        actor=actor_of(organiser),
        action=f"announcements.{act}",
        object_=f"series:{announcement.series_id}",
        details={"announcement": announcement.id, **details},
    )
