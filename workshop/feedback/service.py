"""Counting an answer so that nobody can find it again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.core.errors import ConflictError
from workshop.feedback.models import Feedback
from workshop.feedback.queries import list_expired, lock_feedback
from workshop.feedback.rule import add, is_shown_from
from workshop.rsvp.models import Answer

BATCH = 200


class FeedbackGivenError(ConflictError):
    """This link has been used: each answers once."""

    code = "feedback_given"


def give_feedback(session: Session, answer: Answer, *, chosen: Mapping[str, str], remark: str) -> None:
    """Count what a participant thinks of a session. Flushes. Writes nothing down that has a name, a time or an order.

    Args:
        session: the transaction.
        answer: whose link it is.
        chosen: question's key → option, of feedback.rule.QUESTIONS.
        remark: their own words, or empty.

    Raises:
        FeedbackGivenError: they have answered before.
    """
    statement = sa.update(Answer).where(Answer.id == answer.id, Answer.gave_feedback.is_(False))
    result = session.connection().execute(statement.values(gave_feedback=True))
    if not result.rowcount:
        raise FeedbackGivenError
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    empty = {
        "workshop_session_id": answer.workshop_session_id,
        **dict.fromkeys(("number", "shown_number"), 0),
        "counts": {},
        "shown_counts": {},
        **dict.fromkeys(("remarks", "shown_remarks"), ()),
    }
    session.execute(insert(Feedback).values(empty).on_conflict_do_nothing())
    found = lock_feedback(session, answer.workshop_session_id)
    assert found is not None
    found.number += 1
    found.counts = add(found.counts, chosen)
    if remark:
        remarks = [*found.remarks, remark]
        secrets.SystemRandom().shuffle(remarks)
        found.remarks = tuple(remarks)
    if is_shown_from(found.number):
        found.shown_number, found.shown_counts, found.shown_remarks = found.number, found.counts, found.remarks
    session.flush()


def erase_remarks(session: Session, now: datetime) -> int:
    """Erase the words, which may hold a name, with what is people's or once closed; numbers stay. Flushes."""
    found = list_expired(session, now=now, limit=BATCH)
    for one in found:
        one.remarks = one.shown_remarks = ()
    session.flush()
    return len(found)
