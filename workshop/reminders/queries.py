"""Reading what reminders and notices of change rest on, in a number of statements that does not grow with answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.programme.models import (
    Item,
    LevelProposal,
    Section,
    Series,
    SessionStatus,
    SpeakerAgreement,
    SpeakerSlot,
    WorkshopSession,
)
from workshop.programme.queries import session_parts
from workshop.reminders.models import ReminderDelivery
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, LevelAgreement, Participant
from workshop.rsvp.rule import STANDS

STANDING = (AnswerState.ACCEPTED, AnswerState.TENTATIVE)
"""Who is reminded."""
TOLD = tuple(sorted(STANDS))
"""Who is told of changes: whoever comes, perhaps comes, or waits to."""
NOTICES = ("session_moved", "session_cancelled", "session_reinstated")
FURTHEST = timedelta(days=400)
"""No rule reaches further from its session."""


# Written once: every message that leaves asks one of them.
_ANSWER = (
    sa.select(Answer)
    .where(Answer.subject == sa.bindparam("subject"))
    .options(
        joinedload(Answer.participant, innerjoin=True),
        joinedload(Answer.request),
        joinedload(Answer.workshop_session, innerjoin=True).joinedload(WorkshopSession.series, innerjoin=True),
    )
    .execution_options(populate_existing=True)
)
_PARTICIPANT = (
    sa.select(Participant)
    .where(Participant.subject == sa.bindparam("subject"))
    .execution_options(populate_existing=True)
)
_WAITS = (
    sa.select(AnswerRequest.answer_id)
    .join(Answer, Answer.id == AnswerRequest.answer_id)
    .where(Answer.participant_id == sa.bindparam("participant"))
    .limit(1)
)

_ITEM_LEVELS = (
    sa.select(Item.level)
    .join(Section, Section.id == Item.section_id)
    .where(Section.workshop_session_id == sa.bindparam("session_id"), Item.level.is_not(None))
    .distinct()
)


class SessionRow(NamedTuple):
    """What the schedule needs of a session."""

    id: int
    starts_at: datetime
    ends_at: datetime
    tzid: str
    offsets: tuple[str, ...]


class AnswerRow(NamedTuple):
    """What the schedule needs of an answer."""

    id: int
    session_id: int
    confirmed_at: datetime
    """When it last became what it is."""
    moved_at: datetime | None
    """When its participant was last told of a change."""


def list_sessions_in_reach(session: Session, *, now: datetime) -> list[SessionRow]:
    """Return the confirmed and published sessions that some rule may concern today."""
    rules = sa.func.coalesce(
        sa.type_coerce(WorkshopSession.reminders, sa.Text), sa.type_coerce(Series.reminders, sa.Text)
    )
    rows = session.execute(
        sa.select(
            WorkshopSession.id,
            WorkshopSession.starts_at,
            WorkshopSession.ends_at,
            WorkshopSession.tzid,
            WorkshopSession.reminders,
            Series.reminders,
        )
        .join(WorkshopSession.series)
        .where(
            WorkshopSession.is_published,
            WorkshopSession.status == SessionStatus.CONFIRMED,
            WorkshopSession.starts_at < now + FURTHEST,
            # A session that has begun matters only to rules that count from its end.
            sa.or_(
                WorkshopSession.starts_at > now,
                sa.and_(WorkshopSession.ends_at > now - FURTHEST, rules.like("%+%")),
            ),
        )
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    )
    return [
        SessionRow(id_, starts_at, ends_at, tzid, of_series if own is None else own)
        for id_, starts_at, ends_at, tzid, own, of_series in rows
    ]


def _wants_reminders() -> tuple[sa.ColumnExpressionArgument[bool], ...]:
    return (
        Answer.state.in_(STANDING),
        Participant.wants_reminders,
        Participant.address.is_not(None),
        Participant.erased_at.is_(None),
    )


def _select_times() -> sa.Select[int, int, datetime, datetime | None]:
    moved_at = (
        sa.select(sa.func.max(OutboxMessage.created_at))
        .where(OutboxMessage.answer_ref == Answer.subject, OutboxMessage.kind.in_(NOTICES))
        .correlate(Answer)
        .scalar_subquery()
    )
    return (
        sa.select(Answer.id, Answer.workshop_session_id, Answer.answered_at, moved_at)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(*_wants_reminders())
        .order_by(Answer.id)
    )


def list_unreminded(session: Session, turns: Mapping[str, Collection[int]]) -> list[AnswerRow]:
    """Return the answers that stand, want reminders, and have not had the one whose turn it is in their session.

    Args:
        session: the transaction.
        turns: rule, such as `-7d` → ids of the sessions in which it is that rule's turn.
    """
    if not turns:
        return []
    # One condition for each rule, not for each session: SQLite bounds the depth of an expression.
    conditions = [
        sa.and_(
            Answer.workshop_session_id.in_(list(ids)),
            ~sa.exists().where(
                ReminderDelivery.answer_id == Answer.id,
                ReminderDelivery.offset == offset,
                ReminderDelivery.session_starts_at == WorkshopSession.starts_at,
            ),
        )
        for offset, ids in turns.items()
    ]
    return _to_times(session, _select_times().where(sa.or_(*conditions)))


def list_answer_times(session: Session, session_ids: Collection[int]) -> list[AnswerRow]:
    """Return every answer of these sessions that stands and wants reminders."""
    return _to_times(session, _select_times().where(Answer.workshop_session_id.in_(list(session_ids))))


def _to_times(session: Session, statement: sa.Select[int, int, datetime, datetime | None]) -> list[AnswerRow]:
    return [AnswerRow(*row) for row in session.execute(statement)]


def _whole_session() -> tuple[Any, ...]:
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    return session_parts()


def load_answers(session: Session, ids: Collection[int]) -> Sequence[Answer]:
    """Return answers by id with participant and the session whole, by id."""
    sessions = joinedload(Answer.workshop_session, innerjoin=True)
    return session.scalars(
        sa.select(Answer)
        .where(Answer.id.in_(list(ids)))
        .options(
            joinedload(Answer.participant, innerjoin=True),
            sessions.joinedload(WorkshopSession.series, innerjoin=True),
            sessions.options(*_whole_session()),
        )
        .order_by(Answer.id)
    ).all()


def lock_changed_answers(session: Session, *, now: datetime, limit: int) -> Sequence[Answer]:
    """Return answers whose participants were last told something else than what stands, each under a lock.

    Those that another worker holds are left to it.
    """
    is_cancelled = WorkshopSession.status == SessionStatus.CANCELLED
    knows_cancelled = Answer.told_status.is_not_distinct_from(SessionStatus.CANCELLED)
    has_moved = sa.or_(
        Answer.told_starts_at != WorkshopSession.starts_at,
        Answer.told_ends_at != WorkshopSession.ends_at,
        Answer.told_tzid != WorkshopSession.tzid,
        Answer.told_mode.is_distinct_from(WorkshopSession.mode),
        Answer.told_place != WorkshopSession.place,
    )
    statement = (
        sa.select(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(
            Answer.state.in_(TOLD),
            Answer.told_starts_at.is_not(None),
            Participant.address.is_not(None),
            Participant.erased_at.is_(None),
            WorkshopSession.is_published,
            WorkshopSession.ends_at > now,
            sa.or_(
                sa.and_(is_cancelled, ~knows_cancelled),
                sa.and_(~is_cancelled, sa.or_(knows_cancelled, has_moved)),
            ),
        )
        .options(
            contains_eager(Answer.participant).options(
                selectinload(Participant.answers).joinedload(Answer.workshop_session, innerjoin=True)
            ),
            contains_eager(Answer.workshop_session).options(
                joinedload(WorkshopSession.series, innerjoin=True), *_whole_session()
            ),
        )
        .order_by(Answer.id)
        .limit(limit)
        .with_for_update(of=Answer, skip_locked=True)
    )
    return session.scalars(statement).all()


def find_answer(session: Session, subject: str) -> Answer | None:
    """Return the answer of a random id as the database has it now, with participant, request and session."""
    return session.scalars(_ANSWER, {"subject": subject}).one_or_none()


def list_item_levels(session: Session, workshop_session_id: int) -> Sequence[Level | None]:
    """Return the levels that items of a session have of their own, as the database has them now."""
    return session.scalars(_ITEM_LEVELS, {"session_id": workshop_session_id}).all()


def find_participant(session: Session, subject: str) -> Participant | None:
    """Return the participant of a random id as the database has it now."""
    return session.scalars(_PARTICIPANT, {"subject": subject}).one_or_none()


def waits_for_button(session: Session, participant_id: int) -> bool:
    """Whether anything that a participant asked for waits for the button behind the mailed link."""
    return session.scalar(_WAITS, {"participant": participant_id}) is not None


def find_person(session: Session, subject: str) -> Person | None:
    """Return who speaks, by their random id, as the database has them now."""
    statement = sa.select(Person).where(Person.subject == subject)
    return session.scalar(statement.execution_options(populate_existing=True))


def find_workshop_session(session: Session, workshop_session_id: int | None) -> WorkshopSession | None:
    """Return a session with its series as the database has it now; None for one that is gone."""
    return session.scalar(
        sa.select(WorkshopSession)
        .where(WorkshopSession.id == workshop_session_id)
        .options(joinedload(WorkshopSession.series, innerjoin=True))
        .execution_options(populate_existing=True)
    )


def list_slots(session: Session, workshop_session_id: int, person_id: int) -> Sequence[SpeakerSlot]:
    """Return somebody's parts in a session."""
    return session.scalars(
        sa.select(SpeakerSlot).where(
            SpeakerSlot.workshop_session_id == workshop_session_id, SpeakerSlot.person_id == person_id
        )
    ).all()


def has_answer_agreed(session: Session, answer_id: int) -> bool:
    """Whether the participant of an answer has agreed to what is asked about its session."""
    return session.scalar(sa.select(LevelAgreement.answer_id).where(LevelAgreement.answer_id == answer_id)) is not None


def has_person_agreed(session: Session, workshop_session_id: int, person_id: int) -> bool:
    """Whether somebody who speaks has agreed to what is asked about a session."""
    agreed = sa.select(SpeakerAgreement.person_id).join(LevelProposal, LevelProposal.id == SpeakerAgreement.proposal_id)
    agreed = agreed.where(
        LevelProposal.workshop_session_id == workshop_session_id, SpeakerAgreement.person_id == person_id
    )
    return session.scalar(agreed) is not None
