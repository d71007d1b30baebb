"""What an organiser's change of a question does to the replies that are there already."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from workshop.organise.queries import count_replies, list_replies
from workshop.programme.models import Question
from workshop.programme.service.questions import removed_options
from workshop.programme.service.values import QuestionValues


def count_lost(session: Session, question: Question, values: QuestionValues) -> int:
    """Return how many replies, or parts of one, a change of a question would erase: another kind erases them all."""
    if values.kind is not question.kind:
        return count_replies(session, [question.id])[question.id]
    removed = removed_options(question, values)
    return sum(bool(_chosen(reply.value) & removed) for reply in list_replies(session, question.id)) if removed else 0


def drop_choices(session: Session, question_id: int, removed: Collection[str]) -> None:
    """Erase what replies say of options that are taken out; a reply that says nothing else goes. Flushes."""
    for reply in list_replies(session, question_id):
        if not _chosen(reply.value) & set(removed):
            continue
        left = tuple(key for key in reply.value if key not in removed) if isinstance(reply.value, tuple) else ()
        if left:
            reply.value = left
        else:
            session.delete(reply)
    session.flush()


def _chosen(value: object) -> set[str]:
    """Return the keys that a reply to a question with options holds."""
    return set(value) if isinstance(value, tuple) else {str(value)}
