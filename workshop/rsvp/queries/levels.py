"""Reading who was told of which level, and who has agreed to a looser one. A file of its own: both are counted too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from workshop.chatham.rule import MINIMUM_CELL, Level
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
from workshop.programme.queries import asks_slot, session_parts
from workshop.rsvp.models import STANDING, Answer, LevelAgreement, Participant


class Agreed(NamedTuple):
    """How many have agreed to a looser level, of how many who are asked; never who."""

    agreed: int
    asked: int


_STANDS = (Answer.state.in_(STANDING), Participant.erased_at.is_(None))
"""Who is told of a stricter level and asked about a looser one."""


def _rank(level: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[int]:
    """Return how strict a level is; -1 for none of its own."""
    return sa.case(*[(level == one, one.strictness) for one in Level], else_=-1)


_OWN_RANK = _rank(sa.func.coalesce(WorkshopSession.level, Series.level))
_ITEM_RANK = sa.func.coalesce(
    sa.select(sa.func.max(_rank(Item.level)))
    .join(Section, Section.id == Item.section_id)
    .where(Section.workshop_session_id == WorkshopSession.id)
    .correlate(WorkshopSession)
    .scalar_subquery(),
    -1,
)
SHOWN_RANK = sa.case((_OWN_RANK >= _ITEM_RANK, _OWN_RANK), else_=_ITEM_RANK)
"""How strict the level shown for a session is."""


def _told_looser(session_ids: Collection[int] | None) -> list[sa.SQLColumnExpression[bool]]:
    """Return what holds of an answer whose participant knows a looser level than the one that stands."""
    conditions: list[sa.SQLColumnExpression[bool]] = [
        *_STANDS,
        Answer.told_level.is_not(None),
        WorkshopSession.is_published,
        _rank(Answer.told_level) < SHOWN_RANK,
    ]
    return conditions if session_ids is None else [*conditions, Answer.workshop_session_id.in_(list(session_ids))]


def lock_told_looser(session: Session, *, limit: int) -> Sequence[Answer]:
    """Return answers whose participants can be written to and know a looser level than stands, each under a lock.

    Those that another worker holds are left to it.
    """
    return session.scalars(
        sa.select(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .join(WorkshopSession.series)
        .where(*_told_looser(None), Participant.address.is_not(None))
        .options(*_whole())
        .order_by(Answer.id)
        .limit(limit)
        .with_for_update(of=Answer, skip_locked=True)
    ).all()


def count_told_looser(session: Session, session_ids: Collection[int]) -> tuple[int, int]:
    """Return how many participants will be told of a stricter level, and how many more cannot be written to."""
    if not session_ids:
        return 0, 0
    has_address = Participant.address.is_not(None)
    row = session.execute(
        sa.select(sa.func.count().filter(has_address), sa.func.count().filter(~has_address))
        .select_from(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .join(WorkshopSession.series)
        .where(*_told_looser(session_ids))
    ).one()
    return row[0], row[1]


def list_never_told(session: Session, *, limit: int) -> Sequence[Answer]:
    """Return answers from before levels, or languages, were kept: what is shown today counts as told."""
    return session.scalars(
        sa.select(Answer)
        .join(Answer.participant)
        .where(
            *_STANDS,
            sa.or_(Answer.told_level.is_(None), Answer.told_floor_languages.is_(None)),
            Answer.told_starts_at.is_not(None),
        )
        .options(joinedload(Answer.workshop_session).options(*_parts()))
        .order_by(Answer.id)
        .limit(limit)
        .with_for_update(of=Answer, skip_locked=True)
    ).all()


def _slots_told_looser(session_ids: Collection[int] | None) -> list[sa.SQLColumnExpression[bool]]:
    conditions: list[sa.SQLColumnExpression[bool]] = [
        SpeakerSlot.told_level.is_not(None),
        SpeakerSlot.declined_at.is_(None),
        WorkshopSession.is_published,
        _rank(SpeakerSlot.told_level) < SHOWN_RANK,
    ]
    return conditions if session_ids is None else [*conditions, WorkshopSession.id.in_(list(session_ids))]


def lock_slots_told_looser(session: Session, *, limit: int) -> Sequence[SpeakerSlot]:
    """Return the parts of those who speak or moderate, can be written to and know a looser level; each under a lock."""
    return session.scalars(
        sa.select(SpeakerSlot)
        .join(WorkshopSession, WorkshopSession.id == SpeakerSlot.workshop_session_id)
        .join(WorkshopSession.series)
        .join(Person, Person.id == SpeakerSlot.person_id)
        .where(*_slots_told_looser(None), Person.email != "")
        .order_by(SpeakerSlot.id)
        .limit(limit)
        .with_for_update(of=SpeakerSlot, skip_locked=True)
    ).all()


def count_people_told_looser(session: Session, session_ids: Collection[int]) -> tuple[int, int]:
    """Return how many of those who speak or moderate will be told of a stricter level, and how many have no address.

    Whoever has parts in several sessions is told of each.
    """
    if not session_ids:
        return 0, 0
    rows = session.execute(
        sa.select(SpeakerSlot.workshop_session_id, Person.id, Person.email)
        .join(WorkshopSession, WorkshopSession.id == SpeakerSlot.workshop_session_id)
        .join(WorkshopSession.series)
        .join(Person, Person.id == SpeakerSlot.person_id)
        .where(*_slots_told_looser(session_ids))
        .distinct()
    ).all()
    return sum(bool(row[2]) for row in rows), sum(not row[2] for row in rows)


def count_agreed(session: Session, proposal: LevelProposal) -> Agreed:
    """Return how many have agreed to a proposal, of how many who are asked."""
    return count_agreed_of_each(session, [proposal])[proposal.id]


def count_agreed_of_each(session: Session, proposals: Sequence[LevelProposal]) -> dict[int, Agreed]:
    """Return proposal's id → how many have agreed; two statements for all of them."""
    ids = [proposal.id for proposal in proposals]
    found = dict.fromkeys(ids, Agreed(0, 0))
    if not ids:
        return found
    answers = (
        sa.select(LevelProposal.id, sa.func.count(LevelAgreement.answer_id), sa.func.count(Answer.id))
        .join(Answer, Answer.workshop_session_id == LevelProposal.workshop_session_id)
        .join(Answer.participant)
        .outerjoin(
            LevelAgreement,
            sa.and_(LevelAgreement.proposal_id == LevelProposal.id, LevelAgreement.answer_id == Answer.id),
        )
        .where(LevelProposal.id.in_(ids), *_STANDS)
        .group_by(LevelProposal.id)
    )
    people = (
        sa.select(
            LevelProposal.id,
            sa.func.count(sa.distinct(SpeakerAgreement.person_id)),
            sa.func.count(sa.distinct(SpeakerSlot.person_id)),
        )
        .join(SpeakerSlot, asks_slot())
        .outerjoin(
            SpeakerAgreement,
            sa.and_(
                SpeakerAgreement.proposal_id == LevelProposal.id,
                SpeakerAgreement.person_id == SpeakerSlot.person_id,
            ),
        )
        .where(LevelProposal.id.in_(ids))
        .group_by(LevelProposal.id)
    )
    for proposal_id, agreed, asked in [*session.execute(answers), *session.execute(people)]:
        before = found[proposal_id]
        found[proposal_id] = Agreed(before.agreed + agreed, before.asked + asked)
    return found


def count_agreed_to_tell(session: Session, proposals: Sequence[LevelProposal]) -> dict[int, Agreed | None]:
    """Return proposal's id → how many have agreed, None where so few are asked that it would tell organisers who.

    Those who speak and have no address do not hide anybody: the organisers record themselves what they said.
    """
    if not (counted := count_agreed_of_each(session, proposals)):
        return {}
    rows = session.execute(
        sa.select(LevelProposal.id, sa.func.count(sa.distinct(Person.id)))
        .join(SpeakerSlot, asks_slot())
        .join(Person, Person.id == SpeakerSlot.person_id)
        .where(LevelProposal.id.in_(list(counted)), Person.email == "")
        .group_by(LevelProposal.id)
    )
    known = {row[0]: row[1] for row in rows}
    return {key: one if one.asked - known.get(key, 0) >= MINIMUM_CELL else None for key, one in counted.items()}


def count_asked(session: Session, session_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return session's id → how many participants a looser level is asked of, and how many have no address."""
    counts = dict.fromkeys(session_ids, (0, 0))
    if counts:
        rows = session.execute(
            sa.select(
                Answer.workshop_session_id, sa.func.count(), sa.func.count().filter(Participant.address.is_(None))
            )
            .join(Answer.participant)
            .where(*_STANDS, Answer.workshop_session_id.in_(list(counts)))
            .group_by(Answer.workshop_session_id)
        )
        counts.update((row[0], (row[1], row[2])) for row in rows)
    return counts


def list_own_agreements(session: Session, answers: Mapping[int, int]) -> dict[int, tuple[LevelProposal, bool]]:
    """Return answer's id → what is asked about its session, and whether this answer's participant has agreed.

    Args:
        session: the database session.
        answers: answer's id → its session's id.
    """
    if not answers:
        return {}
    rows = session.execute(
        sa.select(Answer.id, LevelProposal, LevelAgreement.answer_id)
        .join(LevelProposal, LevelProposal.workshop_session_id == Answer.workshop_session_id)
        .outerjoin(
            LevelAgreement,
            sa.and_(LevelAgreement.proposal_id == LevelProposal.id, LevelAgreement.answer_id == Answer.id),
        )
        .where(Answer.id.in_(list(answers)))
    )
    return {row[0]: (row[1], row[2] is not None) for row in rows}


def list_agreements(session: Session, proposal_id: int) -> Sequence[LevelAgreement]:
    """Return what participants agreed to, by answer."""
    found = sa.select(LevelAgreement).where(LevelAgreement.proposal_id == proposal_id)
    return session.scalars(found.order_by(LevelAgreement.answer_id)).all()


def list_all_proposals(session: Session) -> Sequence[tuple[LevelProposal, datetime, SessionStatus, str]]:
    """Return everything that is asked about: with start, status and uid of its session."""
    rows = session.execute(
        sa.select(LevelProposal, WorkshopSession.starts_at, WorkshopSession.status, WorkshopSession.uid)
        .join(WorkshopSession, WorkshopSession.id == LevelProposal.workshop_session_id)
        .order_by(LevelProposal.workshop_session_id)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def list_unasked(session: Session, proposal: LevelProposal, *, key: str, limit: int) -> Sequence[Answer]:
    """Return answers whose participants can be written to, have not agreed and were not asked, whole.

    Args:
        session: the database session.
        proposal: what is asked.
        key: of its messages' dedupe keys, what stands before the answer's random id.
        limit: at most so many.
    """
    agreed = sa.exists().where(LevelAgreement.proposal_id == proposal.id, LevelAgreement.answer_id == Answer.id)
    asked = sa.exists().where(OutboxMessage.dedupe_key == sa.literal(key) + Answer.subject)
    return session.scalars(
        sa.select(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .join(WorkshopSession.series)
        .where(
            Answer.workshop_session_id == proposal.workshop_session_id,
            *_STANDS,
            Participant.address.is_not(None),
            ~agreed,
            ~asked,
        )
        .options(*_whole())
        .order_by(Answer.id)
        .limit(limit)
    ).all()


def list_unasked_people(session: Session, proposal: LevelProposal, *, key: str) -> Sequence[Person]:
    """Return who speaks or moderates, can be written to, has not agreed and was not asked; as `list_unasked` does."""
    agreed = sa.exists().where(SpeakerAgreement.proposal_id == proposal.id, SpeakerAgreement.person_id == Person.id)
    asked = sa.exists().where(OutboxMessage.dedupe_key == sa.literal(key) + Person.subject)
    slots = sa.select(SpeakerSlot.person_id).join(LevelProposal, asks_slot()).where(LevelProposal.id == proposal.id)
    return session.scalars(
        sa.select(Person).where(Person.id.in_(slots), Person.email != "", ~agreed, ~asked).order_by(Person.id)
    ).all()


def _parts() -> tuple[Any, ...]:
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    return session_parts()


def _whole() -> tuple[Any, ...]:
    return (
        contains_eager(Answer.participant).options(
            selectinload(Participant.answers).joinedload(Answer.workshop_session, innerjoin=True)
        ),
        contains_eager(Answer.workshop_session).options(contains_eager(WorkshopSession.series), *_parts()),
    )
