"""Invitations are taken back by the organisers, or declined by whom they are for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.links import revoke
from workshop.rsvp.models import Invitation, InvitationKind
from workshop.rsvp.queries.invitations import of_series
from workshop.rsvp.service.inviting.admitting import InvitationUsedUpError, lock_invitation, refusal_of


def withdraw_invitations(
    session: Session, *, now: datetime, series_id: int, organisation: str | None, ids: Collection[int], actor: str
) -> int:
    """Take invitations back: their links are dead at once, what was answered by them stays; returns how many. Flushes.

    Those of another series, or of another organisation than that one (unless None), are not found.
    """
    rows = session.execute(
        sa.update(Invitation)
        .where(*of_series(series_id, organisation), Invitation.id.in_(list(ids)), Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=now, due_at=None)
        .returning(Invitation.subject)
        .execution_options(synchronize_session=False)
    ).all()
    revoke(session, subjects=[row[0] for row in rows])
    session.expire_all()
    if rows:
        object_, details = f"series:{series_id}", {"invitations": len(rows)}
        audit.record(
            session, now=now, actor=actor, action="rsvp.withdraw_invitations", object_=object_, details=details
        )
    return len(rows)


def decline(session: Session, *, now: datetime, invitation: Invitation) -> None:
    """Keep that a person will not come; the link goes on to work, so that they may change their mind. Flushes.

    Of a group nothing is kept: nobody knows who it was.

    Raises:
        InvitationUsedUpError: it was answered by; from then on the personal page is the place to decline.
    """
    if invitation.kind is InvitationKind.GROUP:
        return
    found = lock_invitation(session, invitation.id)
    if found is None or isinstance(refusal_of(found, now=now), InvitationUsedUpError):
        raise InvitationUsedUpError
    found.declined_at = found.declined_at or now
    found.due_at = None
    session.flush()
