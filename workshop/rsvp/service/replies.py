"""Replies to the organisers' questions: kept only in the shape that the question has today."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.programme.models import Question, QuestionKind
from workshop.programme.queries import list_questions
from workshop.rsvp.models import Participant, QuestionReply

SHORT_LENGTH = 300
LONG_LENGTH = 5000
_LENGTHS = {QuestionKind.SHORT: SHORT_LENGTH, QuestionKind.LONG: LONG_LENGTH}


def clean_reply(question: Question, value: Any) -> Any:
    """Return a reply as QuestionReply keeps it; None where there is none, or none that the question takes today.

    An option that no longer exists is dropped; a question that became another is as one not replied to.
    """
    if question.kind in _LENGTHS:
        return value if isinstance(value, str) and 0 < len(value) <= _LENGTHS[question.kind] else None
    if question.kind is QuestionKind.YES_NO:
        return value if isinstance(value, bool) else None
    options = [option["key"] for option in question.options]
    if question.kind is QuestionKind.ONE_OF:
        return value if isinstance(value, str) and value in options else None
    chosen = tuple(key for key in options if key in value) if isinstance(value, list | tuple) else ()
    return chosen or None


def keep_replies(
    session: Session,
    *,
    participant: Participant,
    session_ids: Collection[int],
    said: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep replies, each in place of an earlier one to the same question. Flushes.

    Args:
        session: the database session.
        participant: who replies; stored.
        session_ids: whose questions they were asked beside the series' own.
        said: question's key → reply; what belongs to no such question is left out.
        now: the present.
    """
    if not said:
        return
    questions = list_questions(session, participant.series_id, session_ids)
    rows = [
        {"participant_id": participant.id, "question_id": question.id, "value": value, "replied_at": now}
        for question in questions
        if question.key in said and (value := clean_reply(question, said[question.key])) is not None
    ]
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(cast("sa.Table", QuestionReply.__table__))
    newer = {"value": statement.excluded.value, "replied_at": statement.excluded.replied_at}
    session.execute(statement.on_conflict_do_update(index_elements=["participant_id", "question_id"], set_=newer), rows)
    for held in [one for one in session.identity_map.values() if isinstance(one, QuestionReply)]:
        session.expire(held)
