"""Reading what reminders and notices of change rest on, in a number of statements that does not grow with answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from workshop.chatham.rule import Level
from workshop.core.db import UTCDateTime
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
NOTICES = ("session_moved", "session_cancelled", "session_reinstated", "session_changed")
"""To those who take part."""
SPEAKER_NOTICES = tuple(f"{kind}_speaker" for kind in NOTICES)
"""To those who speak or moderate."""
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

_ANSWERS = (
    sa.select(Answer)
    .where(Answer.subject.in_(sa.bindparam("subjects", expanding=True)))
    .options(
        joinedload(Answer.participant, innerjoin=True),
        joinedload(Answer.request),
        # One session has hundreds of answers, and its row is long.
        selectinload(Answer.workshop_session).joinedload(WorkshopSession.series, innerjoin=True),
    )
    .execution_options(populate_existing=True)
)
_PARTICIPANTS = (
    sa.select(Participant)
    .where(Participant.subject.in_(sa.bindparam("subjects", expanding=True)))
    .execution_options(populate_existing=True)
)
_LEVELS_OF_SESSIONS = (
    sa.select(Section.workshop_session_id, Item.level)
    .join(Section, Section.id == Item.section_id)
    .where(Section.workshop_session_id.in_(sa.bindparam("ids", expanding=True)), Item.level.is_not(None))
    .distinct()
)
_AHEAD = "workshop_looked_ahead"
"""Under this name a session keeps what `load_ahead` loaded."""
_ITEM_LEVELS = (
    sa.select(Item.level)
    .join(Section, Section.id == Item.section_id)
    .where(Section.workshop_session_id == sa.bindparam("session_id"), Item.level.is_not(None))
    .distinct()
)

# Of ten thousand people no more is read than is said.
_OF_ANSWER = load_only(Answer.subject, Answer.state, Answer.workshop_session_id, Answer.participant_id, raiseload=True)
_OF_PARTICIPANT = load_only(
    Participant.subject,
    Participant.address,
    Participant.name,
    Participant.language,
    Participant.tzid,
    Participant.is_discreet,
    raiseload=True,
)


class SessionRow(NamedTuple):
    """What the schedule needs of a session."""

    id: int
    starts_at: datetime
    ends_at: datetime
    tzid: str
    offsets: tuple[str, ...]


class Turn(NamedTuple):
    """A rule whose turn it is in a session, and whom it may be for."""

    session_id: int
    starts_at: datetime
    offset: str
    """Such as `-7d`."""
    leaves_at: datetime
    """Whoever was told of a move since is not reminded."""
    answered_before: datetime
    """Whoever answered later is not reminded."""


class AnswerRow(NamedTuple):
    """What the schedule needs of an answer."""

    id: int
    session_id: int
    confirmed_at: datetime
    """When it last became what it is."""
    moved_at: datetime | None
    """When its participant was last told of a change."""
    declined: tuple[str, ...]
    """Rules whose reminders they do not want."""


def list_sessions_in_reach(session: Session, *, now: datetime, with_paused: bool = False) -> list[SessionRow]:
    """Return the confirmed and published sessions that some rule may concern today; paused ones only when asked."""
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
            *(
                ()
                if with_paused
                else (WorkshopSession.reminders_paused_at.is_(None), Series.reminders_paused_at.is_(None))
            ),
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


def list_unreminded(session: Session, turns: Collection[Turn], *, limit: int | None = None) -> dict[int, int]:
    """Return answer's id → its session's, of those whose reminder's turn it is and that have not had it; by id.

    One statement however many turns and answers there are, and never more rows than `limit`.
    """
    if not turns:
        return {}
    turn = sa.values(
        sa.column("session_id", sa.Integer),
        sa.column("starts_at", UTCDateTime()),
        sa.column("rule", sa.String(8)),
        sa.column("leaves_at", UTCDateTime()),
        sa.column("answered_before", UTCDateTime()),
        name="turn",
    ).data([tuple(one) for one in turns])
    columns = turn.cte("turn").c
    statement = (
        sa.select(Answer.id, Answer.workshop_session_id)
        .join(columns.session_id.table, columns.session_id == Answer.workshop_session_id)
        .join(Participant, Participant.id == Answer.participant_id)
        .where(
            *_wants_reminders(),
            Answer.answered_at < columns.answered_before,
            # A tuple of rules is kept as JSON, and no rule holds a character that LIKE knows.
            sa.type_coerce(Participant.declined_reminders, sa.Text).not_like(
                sa.literal('%"').concat(columns.rule).concat('"%')
            ),
            ~sa.exists().where(
                ReminderDelivery.answer_id == Answer.id,
                ReminderDelivery.offset == columns.rule,
                ReminderDelivery.session_starts_at == columns.starts_at,
            ),
            ~sa.exists().where(
                OutboxMessage.answer_ref == Answer.subject,
                OutboxMessage.kind.in_(NOTICES),
                OutboxMessage.created_at >= columns.leaves_at,
            ),
        )
        .limit(limit)
    )
    # Not by the database: it would have to find all of them first.
    return dict(sorted((answer_id, session_id) for answer_id, session_id in session.execute(statement)))


def list_answer_times(session: Session, session_ids: Collection[int]) -> list[AnswerRow]:
    """Return every answer of these sessions that stands and wants reminders."""
    moved_at = (
        sa.select(sa.func.max(OutboxMessage.created_at))
        .where(OutboxMessage.answer_ref == Answer.subject, OutboxMessage.kind.in_(NOTICES))
        .correlate(Answer)
        .scalar_subquery()
    )
    statement = (
        sa.select(Answer.id, Answer.workshop_session_id, Answer.answered_at, moved_at, Participant.declined_reminders)
        .join(Answer.participant)
        .where(*_wants_reminders(), Answer.workshop_session_id.in_(list(session_ids)))
        .order_by(Answer.id)
    )
    return [AnswerRow(*row) for row in session.execute(statement)]


def _whole_session() -> tuple[Any, ...]:
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    return session_parts()


def load_answers(session: Session, ids: Collection[int], *, with_others: bool = False) -> Sequence[Answer]:
    """Return answers by id with the session whole, and of answer and participant what a reminder says of them; by id.

    With `with_others` all of both, and all other answers of these participants, on which their erasure depends.
    """
    sessions = joinedload(Answer.workshop_session, innerjoin=True)
    participants = joinedload(Answer.participant, innerjoin=True)
    others = selectinload(Participant.answers).joinedload(Answer.workshop_session, innerjoin=True)
    of_people = (participants.options(others),) if with_others else (participants.options(_OF_PARTICIPANT), _OF_ANSWER)
    return session.scalars(
        sa.select(Answer)
        .where(Answer.id.in_(list(ids)))
        .options(
            *of_people,
            sessions.joinedload(WorkshopSession.series, innerjoin=True),
            sessions.options(*_whole_session()),
        )
        .order_by(Answer.id)
    ).all()


@dataclass(slots=True)
class _Ahead:
    """What a session loaded for several messages at once; None where there is no such row."""

    answers: dict[str, Answer | None] = field(default_factory=dict)
    participants: dict[str, Participant | None] = field(default_factory=dict)
    levels: dict[int, list[Level | None]] = field(default_factory=dict)


def load_ahead(session: Session, messages: Sequence[OutboxMessage]) -> None:
    """Load at once what this module's functions will be asked for about these messages, until the session ends.

    Only for a transaction that looks at all of them together, and does nothing else.
    """
    subjects = {message.answer_ref for message in messages if message.answer_ref}
    persons = {message.person_ref for message in messages if not message.answer_ref}
    ahead = session.info[_AHEAD] = _Ahead(dict.fromkeys(subjects), dict.fromkeys(persons))
    if subjects:
        found = session.scalars(_ANSWERS, {"subjects": sorted(subjects)}).all()
        ahead.answers.update((answer.subject, answer) for answer in found)
        ahead.levels = {answer.workshop_session_id: [] for answer in found}
    if persons:
        participants = session.scalars(_PARTICIPANTS, {"subjects": sorted(persons)})
        ahead.participants.update((participant.subject, participant) for participant in participants)
    if ahead.levels:
        for workshop_session_id, level in session.execute(_LEVELS_OF_SESSIONS, {"ids": sorted(ahead.levels)}):
            ahead.levels[workshop_session_id].append(level)


def _ahead(session: Session) -> _Ahead:
    found = session.info.get(_AHEAD)
    return found if isinstance(found, _Ahead) else _NOTHING_AHEAD


_NOTHING_AHEAD = _Ahead()


def find_answer(session: Session, subject: str) -> Answer | None:
    """Return the answer of a random id as the database has it now, with participant, request and session."""
    if subject in (known := _ahead(session).answers):
        return known[subject]
    return session.scalars(_ANSWER, {"subject": subject}).one_or_none()


def list_item_levels(session: Session, workshop_session_id: int) -> Sequence[Level | None]:
    """Return the levels that items of a session have of their own, as the database has them now."""
    if (known := _ahead(session).levels.get(workshop_session_id)) is not None:
        return known
    return session.scalars(_ITEM_LEVELS, {"session_id": workshop_session_id}).all()


def find_participant(session: Session, subject: str) -> Participant | None:
    """Return the participant of a random id as the database has it now."""
    if subject in (known := _ahead(session).participants):
        return known[subject]
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
