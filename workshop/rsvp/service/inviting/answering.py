"""Whoever is invited answers with the address that was invited: nothing is left to be confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Invitation, Participant
from workshop.rsvp.service.asking import Asked, request_answers
from workshop.rsvp.service.confirming import confirm
from workshop.rsvp.service.inviting.admitting import InvitationUsedUpError, count_use, lock_invitation


def answer_invitation(
    session: Session, *, now: datetime, workshop_sessions: Sequence[WorkshopSession], values: Asked
) -> Participant:
    """Take an answer that came by an invitation to its own address: one that counts at once. Flushes.

    The link that the invitation was mailed with has shown that the address is the reader's. What else waits for that
    address to be confirmed, typed by whomever, goes on waiting.

    Args:
        session: the database session.
        now: the present.
        workshop_sessions: those answered for.
        values: what the form says, with the invitation's address and id.

    Raises:
        ConflictError: a session is full, closed, cancelled …, or the invitation was used meanwhile (a subclass says
            which; `session` in the context is the slug); nothing is stored if the caller rolls back.
        NoticeChangedError: a notice's box is required, and the notice read is not today's.
    """
    assert values.invitation_id is not None
    participant = request_answers(
        session, now=now, workshop_sessions=workshop_sessions, values=values, mails_link=False
    )
    outcomes = confirm(
        session,
        now=now,
        participant=participant,
        language=values.notice_language,
        session_ids=[one.id for one in workshop_sessions],
    )
    for outcome in outcomes:
        if outcome.refusal is not None:
            outcome.refusal.context["session"] = outcome.answer.workshop_session.slug
            raise outcome.refusal
    if not outcomes:
        raise InvitationUsedUpError
    # Who was invited to further sessions later has used it before, and is not counted by `confirm`.
    found = lock_invitation(session, values.invitation_id)
    if found is not None and found.uses == 0:
        count_use(session, invitation_id=found.id, now=now)
    return participant


def is_own_address(invitation: Invitation, folded: str) -> bool:
    """Whether a folded address is the one that was invited."""
    return invitation.address_folded is not None and invitation.address_folded == folded
