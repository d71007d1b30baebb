"""What rsvp holds about a participant, and how it forgets them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.links import new_subject, revoke
from workshop.core.localized import Localized
from workshop.rsvp.models import (
    Acknowledgement,
    AddressChange,
    Answer,
    AnswerRequest,
    AnswerState,
    Invitation,
    LinkRequest,
    Participant,
    QuestionReply,
    new_code,
)
from workshop.rsvp.queries import list_acknowledgements, list_own_answers


def export(session: Session, *, person_ref: str) -> dict[str, Any] | None:
    """Return all that is stored about a participant as plain JSON values; None for nobody."""
    participant = session.scalar(sa.select(Participant).where(Participant.subject == person_ref))
    if participant is None:
        return None
    answers = list_own_answers(session, participant.id)
    return {
        "address": participant.address,
        "name": participant.name,
        "affiliation": participant.affiliation,
        "language": participant.language,
        "timezone": participant.tzid,
        "reminders": participant.wants_reminders,
        "created_at": participant.created_at.isoformat(),
        "confirmed_at": participant.confirmed_at.isoformat() if participant.confirmed_at else None,
        "answers": [_answer(answer) for answer in answers],
        "acknowledgements": [
            {
                "level": found.level.value,
                "version": found.version,
                "language": found.language,
                "acknowledged_at": found.acknowledged_at.isoformat(),
            }
            for found in list_acknowledgements(session, [answer.id for answer in answers])
        ],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "session": answer.workshop_session.slug,
        "state": answer.state.value,
        "created_at": answer.created_at.isoformat(),
        "answered_at": answer.answered_at.isoformat(),
        "accepted_at": answer.accepted_at.isoformat() if answer.accepted_at else None,
    }
    if request := answer.request:
        found["waiting"] = {
            "answer": request.choice.value,
            "name": request.name,
            "affiliation": request.affiliation,
            "language": request.language,
            "timezone": request.tzid,
            "reminders": request.wants_reminders,
            "created_at": request.created_at.isoformat(),
        }
    return found


def erase(session: Session, *, participant: Participant, now: datetime) -> None:
    """Take everything that tells who this was; what remains are rows to be counted. Ends all links. Flushes.

    A seat in a session that is not over is free again.
    """
    answers = session.scalars(
        sa.select(Answer).where(Answer.participant_id == participant.id).execution_options(populate_existing=True)
    ).all()
    answer_ids = [answer.id for answer in answers]
    subjects = [participant.subject, *(answer.subject for answer in answers)]
    session.execute(sa.delete(AnswerRequest).where(AnswerRequest.answer_id.in_(answer_ids)))
    session.execute(sa.delete(Acknowledgement).where(Acknowledgement.answer_id.in_(answer_ids)))
    session.execute(sa.delete(Answer).where(Answer.id.in_(answer_ids), Answer.state == AnswerState.PENDING))
    session.execute(sa.delete(QuestionReply).where(QuestionReply.participant_id == participant.id))
    changes = sa.delete(AddressChange).where(AddressChange.participant_id == participant.id)
    subjects += session.scalars(changes.returning(AddressChange.subject))
    subjects += _forget_address(session, participant, now)
    for answer in answers:
        if answer.state is not AnswerState.PENDING:
            _make_countable(answer, now)
    revoke(session, subjects=subjects)
    # Another random id: what was kept elsewhere under the old one leads nowhere.
    participant.subject = new_subject()
    participant.address = participant.address_folded = None
    participant.name = participant.affiliation = participant.tzid = ""
    participant.language = participant.series.languages[0]
    participant.wants_reminders = participant.is_discreet = False
    participant.access_needs = ""
    participant.informed_since = participant.follows_since = None
    participant.erased_at = now
    session.flush()
    session.expire_all()


def _forget_address(session: Session, participant: Participant, now: datetime) -> list[str]:
    """Forget the address where it stands apart from the participant; returns the random ids of its invitations."""
    if participant.address_folded is None:
        return []
    session.execute(sa.delete(LinkRequest).where(LinkRequest.address_folded == participant.address_folded))
    invited = (
        sa.update(Invitation)
        .where(Invitation.series_id == participant.series_id, Invitation.address_folded == participant.address_folded)
        .values(address=None, address_folded=None, name="", withdrawn_at=sa.func.coalesce(Invitation.withdrawn_at, now))
        .returning(Invitation.subject)
    )
    return list(session.scalars(invited.execution_options(synchronize_session=False)))


def _make_countable(answer: Answer, now: datetime) -> None:
    if answer.workshop_session.ends_at > now:
        answer.state = AnswerState.WITHDRAWN
        answer.accepted_at = None
    answer.waitlisted_at = answer.offer_expires_at = answer.seat_kept_until = None
    answer.interpretation = answer.share = answer.added_reason = ""
    answer.refusal_text = Localized()
    answer.invitation_id = None
    answer.subject, answer.code = new_subject(), new_code()
    answer.told_starts_at = answer.told_ends_at = answer.told_mode = answer.told_status = None
    answer.told_tzid, answer.told_place = "", Localized()
