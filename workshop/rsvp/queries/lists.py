"""Reading the organisers' lists: answers of a session, people of a series, what they need and replied.

Each function takes the same number of statements whatever the number of rows.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from workshop.core.folding import fold
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Question, Section, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Attendance, Invitation, Participant, QuestionReply

ANY = "any"
"""Interpretation into whatever language."""


class Sort(enum.StrEnum):
    """How a list is sorted."""

    NAME = "name"
    DATE = "date"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """What an organiser looks for; the defaults are the whole list."""

    state: AnswerState | None = None
    language: str = ""
    interpretation: str = ""
    """A language code, or ANY."""
    has_needs: bool = False
    """Only who told access needs."""
    organisation: str = ""
    """Only who came by an invitation of this organisation."""
    words: str = ""
    """Each is looked for in names and affiliations, accents folded."""
    sort: Sort = Sort.DATE


class Listed(NamedTuple):
    """An answer with its participant, and the organisation whose invitation let it in."""

    answer: Answer
    organisation: str


class Needs(NamedTuple):
    """What is counted of one answer."""

    state: AnswerState
    language: str
    interpretation: str
    has_needs: bool


_ORDER = (
    AnswerState.REQUESTED, AnswerState.ACCEPTED, AnswerState.OFFERED, AnswerState.WAITLISTED, AnswerState.TENTATIVE,
    AnswerState.DECLINED, AnswerState.WITHDRAWN, AnswerState.LAPSED,
)  # fmt: skip
"""What waits for an organiser comes first."""
_ORGANISATION = sa.func.coalesce(Invitation.organisation, "")


def _conditions(session_id: int, found: ListFilter) -> list[sa.ColumnElement[bool]]:
    return [
        Answer.workshop_session_id == session_id,
        Answer.state != AnswerState.PENDING,
        *_of_answer(found),
        *_of_person(found),
    ]


def _of_answer(found: ListFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if found.state is not None:
        wanted.append(Answer.state == found.state)
    if found.interpretation == ANY:
        wanted.append(Answer.interpretation != "")
    elif found.interpretation:
        wanted.append(Answer.interpretation == found.interpretation)
    if found.organisation:
        wanted.append(Invitation.organisation == found.organisation)
    return wanted


def _of_person(found: ListFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if found.language:
        wanted.append(Participant.language == found.language)
    if found.has_needs:
        wanted.append(Participant.access_needs != "")
    wanted.extend(
        sa.or_(
            Participant.name_folded.contains(word, autoescape=True),
            Participant.affiliation_folded.contains(word, autoescape=True),
        )
        for word in fold(found.words).split()
    )
    return wanted


def _sorted(sort: Sort) -> list[sa.ColumnElement[Any]]:
    if sort is Sort.NAME:
        return [Participant.name_folded.asc(), Answer.id.asc()]
    if sort is Sort.STATE:
        rank = sa.case({state.value: number for number, state in enumerate(_ORDER)}, value=Answer.state, else_=99)
        return [rank, Answer.waitlisted_at.asc(), Participant.name_folded.asc(), Answer.id.asc()]
    return [Answer.answered_at.desc(), Answer.id.desc()]


def _joined(statement: Any) -> Any:
    return statement.join(Answer.participant).outerjoin(Invitation, Invitation.id == Answer.invitation_id)


def count_listed(session: Session, session_id: int, found: ListFilter) -> int:
    """Return how many answers of a session match."""
    statement = _joined(sa.select(sa.func.count()).select_from(Answer)).where(*_conditions(session_id, found))
    return session.scalar(statement) or 0


def list_listed(
    session: Session, session_id: int, found: ListFilter, *, offset: int = 0, limit: int | None = None
) -> list[Listed]:
    """Return the answers of a session that match, sorted; for its organisers only."""
    statement = (
        _joined(sa.select(Answer, _ORGANISATION))
        .where(*_conditions(session_id, found))
        .options(contains_eager(Answer.participant))
        .order_by(*_sorted(found.sort))
        .offset(offset)
        .limit(limit)
    )
    return [Listed(row[0], row[1]) for row in session.execute(statement)]


def list_ranks(session: Session, session_id: int) -> dict[int, int]:
    """Return answer id → place in the waiting list, 1 for who waits longest, whatever anybody's share."""
    statement = (
        sa.select(Answer.id)
        .where(Answer.workshop_session_id == session_id, Answer.state == AnswerState.WAITLISTED)
        .order_by(sa.func.coalesce(Answer.waitlisted_at, Answer.answered_at), Answer.id)
    )
    return {answer_id: rank for rank, answer_id in enumerate(session.scalars(statement), 1)}


def list_chosen(session: Session, session_id: int, answer_ids: Collection[int]) -> Sequence[Answer]:
    """Return those of these answers that are the session's and confirmed, with participants, in the order of ids."""
    return session.scalars(
        sa.select(Answer)
        .join(Answer.participant)
        .where(
            Answer.workshop_session_id == session_id,
            Answer.id.in_(list(answer_ids)),
            Answer.state != AnswerState.PENDING,
        )
        .options(contains_eager(Answer.participant))
        .order_by(Answer.id)
        .execution_options(populate_existing=True)
    ).all()


def list_needs(session: Session, session_id: int) -> list[Needs]:
    """Return what is counted of each confirmed answer of a session."""
    statement = (
        sa.select(Answer.state, Participant.language, Answer.interpretation, Participant.access_needs != "")
        .join(Answer.participant)
        .where(Answer.workshop_session_id == session_id, Answer.state != AnswerState.PENDING)
    )
    return [Needs(row[0], row[1], row[2], bool(row[3])) for row in session.execute(statement)]


def count_states_of(session: Session, session_ids: Collection[int]) -> dict[AnswerState, int]:
    """Return how many confirmed answers to these sessions together stand in each state; absent ones are 0."""
    statement = (
        sa.select(Answer.state, sa.func.count())
        .where(Answer.workshop_session_id.in_(list(session_ids)), Answer.state != AnswerState.PENDING)
        .group_by(Answer.state)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def list_organisations(session: Session, session_ids: Collection[int]) -> Sequence[str]:
    """Return the organisations by whose invitations somebody answered to these sessions."""
    return session.scalars(
        sa.select(Invitation.organisation)
        .join(Answer, Answer.invitation_id == Invitation.id)
        .where(
            Answer.workshop_session_id.in_(list(session_ids)),
            Answer.state != AnswerState.PENDING,
            Invitation.organisation != "",
        )
        .distinct()
        .order_by(Invitation.organisation)
    ).all()


def list_asked(session: Session, series_id: int, session_ids: Collection[int]) -> Sequence[Question]:
    """Return the questions of a series and of these sessions, in their order."""
    return session.scalars(
        sa.select(Question)
        .where(
            Question.series_id == series_id,
            sa.or_(Question.workshop_session_id.is_(None), Question.workshop_session_id.in_(list(session_ids))),
        )
        .order_by(Question.workshop_session_id.is_not(None), Question.position, Question.id)
    ).all()


def list_replies(
    session: Session,
    question_ids: Collection[int],
    session_ids: Collection[int],
    *,
    states: Collection[AnswerState] | None = None,
) -> list[tuple[int, int, Any]]:
    """Return (participant, question, value) of those with an answer to these sessions, in one of `states`."""
    has_answer = sa.select(Answer.id).where(
        Answer.participant_id == QuestionReply.participant_id,
        Answer.workshop_session_id.in_(list(session_ids)),
        Answer.state != AnswerState.PENDING,
    )
    if states is not None:
        has_answer = has_answer.where(Answer.state.in_(list(states)))
    statement = sa.select(QuestionReply.participant_id, QuestionReply.question_id, QuestionReply.value).where(
        QuestionReply.question_id.in_(list(question_ids)), has_answer.exists()
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _people(series_id: int, found: ListFilter) -> list[sa.ColumnElement[bool]]:
    answered = (
        sa.select(Answer.id)
        .outerjoin(Invitation, Invitation.id == Answer.invitation_id)
        .where(Answer.participant_id == Participant.id, Answer.state != AnswerState.PENDING, *_of_answer(found))
    )
    return [Participant.series_id == series_id, answered.exists(), *_of_person(found)]


def count_people(session: Session, series_id: int, found: ListFilter) -> int:
    """Return how many people of a series have an answer that matches."""
    return session.scalar(sa.select(sa.func.count(Participant.id)).where(*_people(series_id, found))) or 0


def list_people(
    session: Session, series_id: int, found: ListFilter, *, offset: int = 0, limit: int | None = None
) -> Sequence[Participant]:
    """Return the people of a series with an answer that matches, sorted; by state: who comes most often first."""
    order: list[sa.ColumnElement[Any]] = [Participant.created_at.desc(), Participant.id.desc()]
    if found.sort is Sort.NAME:
        order = [Participant.name_folded.asc(), Participant.id.asc()]
    elif found.sort is Sort.STATE:
        coming = (
            sa.select(sa.func.count())
            .where(Answer.participant_id == Participant.id, Answer.state == AnswerState.ACCEPTED)
            .correlate(Participant)
            .scalar_subquery()
        )
        order = [coming.desc(), Participant.name_folded.asc(), Participant.id.asc()]
    statement = sa.select(Participant).where(*_people(series_id, found)).order_by(*order)
    return session.scalars(statement.offset(offset).limit(limit)).all()


def list_answers_of(session: Session, participant_ids: Collection[int]) -> list[Listed]:
    """Return all confirmed answers of these people, without them."""
    statement = (
        sa.select(Answer, _ORGANISATION)
        .outerjoin(Invitation, Invitation.id == Answer.invitation_id)
        .where(Answer.participant_id.in_(list(participant_ids)), Answer.state != AnswerState.PENDING)
        .order_by(Answer.id)
    )
    return [Listed(row[0], row[1]) for row in session.execute(statement)]


def list_people_needs(session: Session, series_id: int) -> list[tuple[str, bool]]:
    """Return (language, whether access needs were told) of each person of a series who answered."""
    statement = sa.select(Participant.language, Participant.access_needs != "").where(
        *_people(series_id, ListFilter()), Participant.erased_at.is_(None)
    )
    return [(row[0], bool(row[1])) for row in session.execute(statement)]


def find_by_code(session: Session, session_id: int, code: str) -> Answer | None:
    """Return the confirmed answer of a session with exactly this code, its participant with it, or None."""
    return session.scalar(
        sa.select(Answer)
        .join(Answer.participant)
        .where(
            Answer.workshop_session_id == session_id,
            Answer.code == code,
            Answer.state != AnswerState.PENDING,
            Participant.erased_at.is_(None),
        )
        .options(contains_eager(Answer.participant))
    )


def count_attendance(session: Session, session_id: int) -> int:
    """Return how many entered, where only their number is kept."""
    return session.scalar(sa.select(Attendance.count).where(Attendance.workshop_session_id == session_id)) or 0


def count_attended(session: Session, session_id: int) -> int:
    """Return how many were noted to have come."""
    statement = sa.select(sa.func.count()).where(
        Answer.workshop_session_id == session_id, Answer.attended_at.is_not(None)
    )
    return session.scalar(statement) or 0


def list_noted_sessions(session: Session, series_id: int | None = None) -> Sequence[WorkshopSession]:
    """Return sessions, of a series or of all, for which somebody is noted to have come; with what their level needs."""
    noted = sa.select(Answer.workshop_session_id).where(Answer.attended_at.is_not(None))
    statement = sa.select(WorkshopSession).where(WorkshopSession.id.in_(noted)).order_by(WorkshopSession.id)
    if series_id is not None:
        statement = statement.where(WorkshopSession.series_id == series_id)
    items = selectinload(WorkshopSession.sections).selectinload(Section.items)
    return session.scalars(statement.options(items, joinedload(WorkshopSession.series))).all()


def last_message_id(session: Session) -> int:
    """Return the number of the newest message in the outbox, 0 for none."""
    return session.scalar(sa.select(sa.func.max(OutboxMessage.id))) or 0


def list_messages_since(session: Session, after: int, *, series_id: int, now: datetime) -> Sequence[OutboxMessage]:
    """Return the messages of a series that were written at `now`, after the one of that number."""
    return session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.id > after, OutboxMessage.series_id == series_id, OutboxMessage.created_at == now)
        .order_by(OutboxMessage.id)
    ).all()
