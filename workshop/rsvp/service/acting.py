"""What organisers do with many answers besides deciding about them. A file of its own: whole lists, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.emails.offers import answer_withdrawn
from workshop.rsvp.models import Answer
from workshop.rsvp.rule import STANDS
from workshop.rsvp.service.own import withdraw
from workshop.rsvp.service.standing import lock_participant


def resend_links(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, answers: Sequence[Answer], actor: str
) -> list[Answer]:
    """Mail the link of their page once more; those without an address are left out. Returns who is mailed. Flushes."""
    reached = [one for one in answers if one.participant.address is not None and one.participant.erased_at is None]
    for answer in reached:
        emails.link_resent(session, now=now, participant=answer.participant)
    _log(session, "rsvp.resend_links", workshop_session, now=now, actor=actor, number=len(reached))
    return reached


def withdraw_answers(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    answers: Sequence[Answer],
    words: Localized,
    actor: str,
) -> list[Answer]:
    """Take back these answers, mail each person why, and return them; what does not stand is left alone. Flushes.

    Raises:
        SessionEndedError: the session is over.
    """
    wanted = [one for one in answers if one.state in STANDS and one.participant.erased_at is None]
    # All people before the session's row, in one order: whoever withdraws by themselves locks in that order too.
    for participant_id in sorted({one.participant_id for one in wanted}):
        lock_participant(session, participant_id)
    taken = []
    for one in wanted:
        answer = withdraw(session, now=now, participant=one.participant, slug=workshop_session.slug, may_undo=False)
        # Kept for the personal page: a neutral message leaves them out.
        answer.refusal_text = words
        answer_withdrawn(session, now=now, answer=answer, words=words)
        taken.append(answer)
    _log(session, "rsvp.withdraw_answers", workshop_session, now=now, actor=actor, number=len(taken))
    return taken


def _log(
    session: Session, action: str, workshop_session: WorkshopSession, *, now: datetime, actor: str, number: int
) -> None:
    object_ = f"session:{workshop_session.id}"
    audit.record(session, now=now, actor=actor, action=action, object_=object_, details={"answers": number})
