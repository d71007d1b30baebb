"""Reading what the workspace shows across features."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.queries import series_parts
from workshop.reminders.queries import TOLD
from workshop.rsvp.emails.levels import ASKING
from workshop.rsvp.models import Answer, AnswerState, Participant, QuestionReply

PAGE = 200


class AnswerCounts(NamedTuple):
    """How the answers to a session stand, for its organisers."""

    coming: int
    offered: int
    """Places held for somebody who may still say no."""
    waiting: int
    to_approve: int
    capacity: int | None


def list_series(session: Session, series_ids: Collection[int]) -> Sequence[Series]:
    """Return these series, whole, the latest made first."""
    statement = sa.select(Series).where(Series.id.in_(list(series_ids))).order_by(Series.id.desc())
    return session.scalars(statement.options(*series_parts())).all()


def list_mail(session: Session, series_id: int) -> Sequence[OutboxMessage]:
    """Return the newest 200 messages of a series, the newest first.

    Without those that ask about a looser level, unless one failed: one kept back, or never written, is to somebody who
    has agreed, and organisers see how many have, never who.
    """
    statement = sa.select(OutboxMessage).where(
        OutboxMessage.series_id == series_id,
        sa.or_(
            OutboxMessage.kind.not_in(ASKING),
            OutboxMessage.state.in_((OutboxState.FAILED, OutboxState.UNCERTAIN)),
        ),
    )
    return session.scalars(statement.order_by(OutboxMessage.id.desc()).limit(PAGE)).all()


def count_told(session: Session, session_id: int, *, ends_after: datetime | None = None) -> int:
    """Return how many participants would be told of a move or a cancellation, as the worker will find them.

    With `ends_after`, none when the session is over by then: of what is past nobody is told.
    """
    statement = (
        sa.select(sa.func.count())
        .select_from(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(
            Answer.workshop_session_id == session_id,
            Answer.state.in_(TOLD),
            Answer.told_starts_at.is_not(None),
            WorkshopSession.is_published,
            Participant.address.is_not(None),
            Participant.erased_at.is_(None),
        )
    )
    if ends_after is not None:
        statement = statement.where(WorkshopSession.ends_at > ends_after)
    return session.scalar(statement) or 0


def list_titles(session: Session, series_ids: Collection[int]) -> list[tuple[str, Localized]]:
    """Return slug and title of these series: all that a partner sees of them."""
    statement = sa.select(Series.slug, Series.title).where(Series.id.in_(list(series_ids)))
    return [(row[0], row[1]) for row in session.execute(statement.order_by(Series.id.desc()))] if series_ids else []


def count_standing(session: Session, sessions: Iterable[WorkshopSession]) -> dict[tuple[str, str], AnswerCounts]:
    """Return (series' slug, session's slug) → how its answers stand; one statement for all of them."""
    own = {one.id: one for one in sessions}
    found: dict[int, dict[AnswerState, int]] = {session_id: {} for session_id in own}
    if own:
        rows = session.execute(
            sa.select(Answer.workshop_session_id, Answer.state, sa.func.count())
            .where(Answer.workshop_session_id.in_(list(own)))
            .group_by(Answer.workshop_session_id, Answer.state)
        )
        for session_id, state, number in rows:
            found[session_id][state] = number
    return {
        (own[session_id].series.slug, own[session_id].slug): AnswerCounts(
            coming=states.get(AnswerState.ACCEPTED, 0),
            offered=states.get(AnswerState.OFFERED, 0),
            waiting=states.get(AnswerState.WAITLISTED, 0),
            to_approve=states.get(AnswerState.REQUESTED, 0),
            capacity=own[session_id].capacity,
        )
        for session_id, states in found.items()
    }


def count_replies(session: Session, question_ids: Collection[int]) -> dict[int, int]:
    """Return question's id → how many replied to it, 0 included."""
    counts = dict.fromkeys(question_ids, 0)
    if counts:
        rows = session.execute(
            sa.select(QuestionReply.question_id, sa.func.count())
            .where(QuestionReply.question_id.in_(list(counts)))
            .group_by(QuestionReply.question_id)
        )
        counts.update((row[0], row[1]) for row in rows)
    return counts


def list_replies(session: Session, question_id: int) -> Sequence[QuestionReply]:
    """Return the replies to a question."""
    statement = sa.select(QuestionReply).where(QuestionReply.question_id == question_id)
    return session.scalars(statement.order_by(QuestionReply.id)).all()


def list_newest_mail(session: Session, kind: str, person_refs: Collection[str]) -> dict[str, OutboxMessage]:
    """Return random id → the newest message of a kind to that person, of those who ever had one."""
    if not person_refs:
        return {}
    newest = (
        sa.select(sa.func.max(OutboxMessage.id))
        .where(OutboxMessage.kind == kind, OutboxMessage.person_ref.in_(list(person_refs)))
        .group_by(OutboxMessage.person_ref)
    )
    found = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.id.in_(newest)))
    return {message.person_ref: message for message in found}
