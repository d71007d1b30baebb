"""Telling what was edited once an organiser asks for it; those who speak; and what nobody was told yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import Level
from workshop.core.waking import ring
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import IS_QUEUED
from workshop.people.models import Person
from workshop.programme.models import SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.queries import list_sessions
from workshop.programme.rule import Facts, facts_of
from workshop.reminders import emails
from workshop.reminders.queries import SPEAKER_NOTICES
from workshop.reminders.rule import find_change
from workshop.reminders.told import has_edits, is_told_of_changes, must_be_told
from workshop.rsvp.models import Answer, Participant


@dataclass(frozen=True, slots=True)
class Known:
    """What some were last told of a session that was edited since, and how many they are."""

    before: Facts
    by_mail: int
    without: int
    """Those who have no address and read it on their own page."""


@dataclass(frozen=True, slots=True)
class Untold:
    """What was edited in a session and told to nobody: it is for its organisers to ask for."""

    after: Facts
    """As it stands."""
    known: tuple[Known, ...]
    """Of those who take part or wait, the largest number first; nobody can be told who has no address."""
    speakers: tuple[Known, ...]
    """Of those who speak or moderate."""
    asked_at: datetime | None
    """When an organiser asked that all be told; the worker is at it."""

    @property
    def by_mail(self) -> int:
        """How many who take part or wait will be told."""
        return sum(one.by_mail for one in self.known)

    @property
    def without(self) -> int:
        """How many of them have no address."""
        return sum(one.without for one in self.known)

    @property
    def speakers_by_mail(self) -> int:
        """How many who speak or moderate will be told."""
        return sum(one.by_mail for one in self.speakers)

    @property
    def speakers_without(self) -> int:
        """How many of them have no address."""
        return sum(one.without for one in self.speakers)

    @property
    def mails(self) -> int:
        """How many messages will be written."""
        return self.by_mail + self.speakers_by_mail

    @property
    def total(self) -> int:
        """How many do not know yet, addresses or not."""
        return self.mails + self.without + self.speakers_without


def tell(session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str, number: int) -> None:
    """Let everybody be told what was edited in a session; the worker writes the messages. Flushes.

    Args:
        session: the transaction.
        now: the present.
        workshop_session: the session.
        actor: as the log names who asked for it.
        number: how many will be told, as they saw it.
    """
    workshop_session.tell_at = now
    session.flush()
    ring(session)
    object_, details = f"session:{workshop_session.id}", {"count": number}
    record(session, now=now, actor=actor, action="reminders.tell", object_=object_, details=details)


def tell_speakers(session: Session, now: datetime) -> int:
    """Tell those who speak or moderate what has changed; returns how many messages. Flushes."""
    due = _hold(session, _due_sessions(session, now=now))
    if not due:
        return 0
    found: dict[tuple[int, int], list[SpeakerSlot]] = {}
    statement = sa.select(SpeakerSlot).where(SpeakerSlot.workshop_session_id.in_(due), SpeakerSlot.told.is_not(None))
    for slot in session.scalars(statement.order_by(SpeakerSlot.id).execution_options(populate_existing=True)):
        found.setdefault((slot.workshop_session_id, slot.person_id), []).append(slot)
    sessions = {one.id: one for one in list_sessions(session, due)}
    taken_back = _supersede(session, due, {slots[0].person.subject for slots in found.values()}, now=now)
    count = sum(
        _tell_speaker(session, sessions[session_id], slots, taken_back, now=now)
        for (session_id, _person), slots in found.items()
    )
    session.flush()
    return count


def _tell_speaker(
    session: Session,
    stands: WorkshopSession,
    slots: Sequence[SpeakerSlot],
    taken_back: dict[tuple[int, str], Facts],
    *,
    now: datetime,
) -> int:
    """Tell one person once, whatever their parts are."""
    person, after = slots[0].person, facts_of(stands)
    before = taken_back.get((stands.id, person.subject)) or Facts.from_json(slots[0].told or {})
    change = find_change(before, after, tells_edits=stands.tell_at is not None)
    message = None
    if change is not None and person.email:
        message = emails.change_of_speaker(
            session,
            now=now,
            person=person,
            workshop_session=stands,
            kind=change,
            before=before,
            after=after,
        )
    is_settled = change is not None or not before.differs_from(after)
    for slot in slots:
        slot.told = None if is_settled else before.written_as(after).to_json()
    return int(message is not None)


def _due_sessions(session: Session, *, now: datetime) -> list[int]:
    """Return the sessions in which somebody who speaks is to be told something now; one statement, of few rows."""
    rows = session.execute(
        sa.select(
            WorkshopSession.id,
            WorkshopSession.starts_at,
            WorkshopSession.ends_at,
            WorkshopSession.tzid,
            WorkshopSession.status,
            WorkshopSession.postponed_at,
            WorkshopSession.tell_at,
            SpeakerSlot.told,
        )
        .join(SpeakerSlot, SpeakerSlot.workshop_session_id == WorkshopSession.id)
        .where(SpeakerSlot.told.is_not(None), WorkshopSession.is_published, WorkshopSession.ends_at > now)
    )
    due = set()
    for session_id, starts_at, ends_at, tzid, status, postponed_at, tell_at, told in rows:
        known = Facts.from_json(told)
        is_cancelled = status is SessionStatus.CANCELLED
        has_moved = (known.starts_at, known.ends_at, known.tzid) != (starts_at, ends_at, tzid)
        is_other = (known.is_cancelled, known.is_postponed) != (is_cancelled, postponed_at is not None)
        if is_other or (not is_cancelled and (has_moved or tell_at is not None)):
            due.add(session_id)
    return sorted(due)


def _hold(session: Session, ids: Sequence[int]) -> list[int]:
    """Lock these sessions' rows and return their ids; those that somebody else holds come another time."""
    if not ids:
        return []
    held = sa.select(WorkshopSession.id).where(WorkshopSession.id.in_(ids)).order_by(WorkshopSession.id)
    return list(session.scalars(held.with_for_update(skip_locked=True)))


def _supersede(
    session: Session, session_ids: Iterable[int], subjects: Iterable[str], *, now: datetime
) -> dict[tuple[int, str], Facts]:
    """Take back notices that still wait; returns session's id and random id → what that person knew before them."""
    rows = session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.person_ref.in_(list(subjects)),
            OutboxMessage.workshop_session_id.in_(list(session_ids)),
            OutboxMessage.kind.in_(SPEAKER_NOTICES),
            IS_QUEUED,
        )
        .values(state=OutboxState.SUPERSEDED, reason="a newer change", finished_at=now)
        .returning(OutboxMessage.id, OutboxMessage.workshop_session_id, OutboxMessage.person_ref, OutboxMessage.basis)
        .execution_options(synchronize_session=False)
    ).all()
    newest_first = sorted(rows, key=lambda row: row[0], reverse=True)
    return {(row[1], row[2]): Facts.from_json(row[3]["told"]) for row in newest_first}


def finish_telling(session: Session, now: datetime) -> None:
    """Note of each session whose edits were to be told that everybody was. Flushes."""
    asked = sa.select(WorkshopSession.id, WorkshopSession.tell_at).where(WorkshopSession.tell_at.is_not(None))
    for session_id, asked_at in session.execute(asked).all():
        answers = (
            sa.select(Answer.id)
            .join(Answer.participant)
            .join(Answer.workshop_session)
            .where(Answer.workshop_session_id == session_id, *must_be_told(now))
        )
        slots = (
            sa.select(SpeakerSlot.id)
            .join(WorkshopSession, WorkshopSession.id == SpeakerSlot.workshop_session_id)
            .where(
                SpeakerSlot.workshop_session_id == session_id,
                SpeakerSlot.told.is_not(None),
                WorkshopSession.is_published,
                WorkshopSession.status != SessionStatus.CANCELLED,
                WorkshopSession.ends_at > now,
            )
        )
        if session.scalar(answers.limit(1)) is None and session.scalar(slots.limit(1)) is None:
            # Asked again meanwhile, it is told again.
            done = sa.update(WorkshopSession).where(
                WorkshopSession.id == session_id, WorkshopSession.tell_at == asked_at
            )
            session.execute(done.values(tell_at=None))


def find_untold(session: Session, sessions: Iterable[WorkshopSession], *, now: datetime) -> dict[int, Untold]:
    """Return session's id → what was edited and not told, for those where there is any; two statements for all.

    Args:
        session: the database.
        sessions: with their series and programme loaded.
        now: the present.
    """
    own = {
        one.id: one
        for one in sessions
        if one.is_published and one.ends_at > now and one.status is not SessionStatus.CANCELLED
    }
    if not own:
        return {}
    stands = {session_id: facts_of(one) for session_id, one in own.items()}
    known = _list_known(session, stands, now=now)
    speakers = _list_known_of_speakers(session, stands)
    found = {
        session_id: Untold(after, known[session_id], speakers[session_id], own[session_id].tell_at)
        for session_id, after in stands.items()
    }
    return {session_id: one for session_id, one in found.items() if one.by_mail or one.speakers}


_TOLD_COLUMNS = (
    Answer.told_starts_at, Answer.told_ends_at, Answer.told_tzid, Answer.told_mode, Answer.told_place,
    Answer.told_floor_languages, Answer.told_interpretation, Answer.agreed_from, Answer.told_status,
)  # fmt: skip


def _list_known(session: Session, stands: dict[int, Facts], *, now: datetime) -> dict[int, tuple[Known, ...]]:
    has_address = Participant.address.is_not(None)
    rows = session.execute(
        sa.select(
            Answer.workshop_session_id,
            sa.func.count().filter(has_address),
            sa.func.count().filter(~has_address),
            *_TOLD_COLUMNS,
        )
        .select_from(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(Answer.workshop_session_id.in_(list(stands)), *is_told_of_changes(now), has_edits())
        .group_by(Answer.workshop_session_id, *_TOLD_COLUMNS)
    )
    found: dict[int, list[Known]] = {session_id: [] for session_id in stands}
    for session_id, by_mail, without, *told in rows:
        _add(found[session_id], Known(_facts(told, stands[session_id]), by_mail, without), stands[session_id])
    return {session_id: tuple(sorted(those, key=_size, reverse=True)) for session_id, those in found.items()}


def _facts(told: Sequence[Any], stands: Facts) -> Facts:
    starts_at, ends_at, tzid, mode, place, floor_languages, interpretation, agreed_from, status = told
    return Facts(
        starts_at=starts_at,
        ends_at=ends_at or stands.ends_at,
        tzid=tzid or stands.tzid,
        mode=mode or stands.mode,
        place=place,
        status=status or stands.status,
        floor_languages=floor_languages,
        interpretation=interpretation,
        level=Level.parse(agreed_from) if agreed_from else None,
    )


def _list_known_of_speakers(session: Session, stands: dict[int, Facts]) -> dict[int, tuple[Known, ...]]:
    rows = session.execute(
        sa.select(SpeakerSlot.workshop_session_id, SpeakerSlot.person_id, SpeakerSlot.told, Person.email)
        .join(Person, Person.id == SpeakerSlot.person_id)
        .where(SpeakerSlot.workshop_session_id.in_(list(stands)), SpeakerSlot.told.is_not(None))
        .order_by(SpeakerSlot.id)
    )
    found: dict[int, list[Known]] = {session_id: [] for session_id in stands}
    seen = set()
    for session_id, person_id, told, email in rows:
        if (session_id, person_id) not in seen:
            seen.add((session_id, person_id))
            one = Known(Facts.from_json(told), int(bool(email)), int(not email))
            _add(found[session_id], one, stands[session_id])
    return {session_id: tuple(sorted(those, key=_size, reverse=True)) for session_id, those in found.items()}


def _add(known: list[Known], one: Known, stands: Facts) -> None:
    """Add those who will be told when it is asked for; of times and cancellations the worker tells by itself."""
    if one.before.is_cancelled or one.before.has_new_time(stands) or not one.before.has_edits(stands):
        return
    same = next((place for place, other in enumerate(known) if other.before == one.before), None)
    if same is None:
        known.append(one)
    else:
        other = known[same]
        known[same] = Known(other.before, other.by_mail + one.by_mail, other.without + one.without)


def _size(known: Known) -> int:
    return known.by_mail + known.without
