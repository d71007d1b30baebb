"""What organisers do that spans features: a question changed under its replies, reminders that are paused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.organise.queries import count_replies, list_replies
from workshop.programme.models import Question, Series, WorkshopSession
from workshop.programme.service.questions import removed_options
from workshop.programme.service.values import QuestionValues
from workshop.reminders.service import pause_reminders, resume_reminders


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


def set_paused(
    session: Session, *, now: datetime, target: Series | WorkshopSession, is_paused: bool, actor: str
) -> bool:
    """Let no reminder of a series or session leave, or let them leave again; whether that changed anything. Flushes."""
    if (target.reminders_paused_at is not None) is is_paused:
        return False
    details, number = {}, target.id
    if is_paused:
        details["taken_back"] = pause_reminders(session, target, now=now)
    else:
        resume_reminders(session, target)
    action = "organise.pause_reminders" if is_paused else "organise.resume_reminders"
    object_ = f"{'series' if isinstance(target, Series) else 'session'}:{number}"
    record(session, now=now, actor=actor, action=action, object_=object_, details=details)
    return True
