"""Whether an invitation lets in, and how its uses are counted."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.errors import ConflictError
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Invitation, InvitationKind, InvitationSession


class InvitationUsedUpError(ConflictError):
    """As many have answered by this invitation as it was for."""

    code = "invitation_used_up"


class InvitationEndedError(ConflictError):
    """The invitation was taken until its end."""

    code = "invitation_ended"


def refusal_of(invitation: Invitation, *, now: datetime) -> ConflictError | None:
    """Return why an invitation that was not withdrawn lets nobody new in, or None while it does."""
    if invitation.ends_at is not None and now >= invitation.ends_at:
        return InvitationEndedError()
    limit = 1 if invitation.kind is InvitationKind.PERSON else invitation.max_uses
    return InvitationUsedUpError() if limit is not None and invitation.uses >= limit else None


def admits(session: Session, *, invitation_id: int, workshop_session: WorkshopSession, now: datetime) -> bool:
    """Whether an invitation lets somebody new into a session: it stands, is not used up, and names the session."""
    invitation = session.scalar(
        sa.select(Invitation)
        .join(InvitationSession, InvitationSession.invitation_id == Invitation.id)
        .where(
            Invitation.id == invitation_id,
            Invitation.withdrawn_at.is_(None),
            InvitationSession.workshop_session_id == workshop_session.id,
        )
        .execution_options(populate_existing=True)
    )
    return invitation is not None and workshop_session.is_published and refusal_of(invitation, now=now) is None


def count_use(session: Session, *, invitation_id: int, now: datetime) -> None:
    """Count that one more person answered by an invitation, its row locked. Flushes.

    Once for all the sessions that one press of the button answers. Whoever said before that they will not come is
    taken to have changed their mind.

    Raises:
        InvitationUsedUpError: as many have answered as it was for.
        InvitationEndedError: it was taken until its end.
    """
    invitation = lock_invitation(session, invitation_id)
    if invitation is None or invitation.withdrawn_at is not None:
        raise InvitationEndedError
    if found := refusal_of(invitation, now=now):
        raise found
    invitation.uses += 1
    invitation.declined_at = None
    session.flush()


def lock_invitation(session: Session, invitation_id: int) -> Invitation | None:
    """Return an invitation as the database has it now, its row locked; None for one that is gone."""
    return session.scalar(
        sa.select(Invitation)
        .where(Invitation.id == invitation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
