"""Invitations are sent, and those who have not answered are reminded: the worker writes the mail, in batches."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.errors import ConflictError
from workshop.mail.models import OutboxMessage
from workshop.rsvp import emails
from workshop.rsvp.emails.invitations import may_name
from workshop.rsvp.models import Invitation
from workshop.rsvp.queries.invitations import is_discreet, lock_due, may_be_reminded, may_be_sent, of_series
from workshop.rsvp.schedule import Phase, phase

BATCH = 200
"""How many messages one transaction writes: SQLite lets nobody else write meanwhile."""


class CountChangedError(ConflictError):
    """Other people would be written to than those that the page named the number of; nothing was done."""

    code = "count_changed"


def ask_for_mail(
    session: Session,
    *,
    now: datetime,
    series_id: int,
    organisation: str | None,
    is_reminder: bool,
    expected: int,
    knows_answers: bool,
    actor: str,
) -> int:
    """Let the worker write the first mail, or a reminder, to everybody whose turn it is; returns to how many. Flushes.

    Args:
        session: the database session.
        now: the present.
        series_id: of the series.
        organisation: whose invitations; None for all.
        is_reminder: to those who were written to and of whom nothing was heard; else to those not written to yet.
        expected: the number that the organiser confirmed.
        knows_answers: whether those who answered by another way are left out of the number (never for a partner).
        actor: as the log names them.

    Raises:
        CountChangedError: it would be another number.
    """
    conditions = may_be_reminded(now, knows_answers=knows_answers) if is_reminder else may_be_sent(now)
    found = session.scalars(
        sa.update(Invitation)
        .where(*of_series(series_id, organisation), *conditions)
        .values(due_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(found) != expected:
        raise CountChangedError(number=len(found))
    session.expire_all()
    action = "rsvp.remind_invited" if is_reminder else "rsvp.send_invitations"
    if found:
        object_ = f"series:{series_id}"
        audit.record(session, now=now, actor=actor, action=action, object_=object_, details={"people": len(found)})
    return len(found)


def send_invitations(session: Session, now: datetime) -> int:
    """Write the mail that waits for it into the outbox; returns how many invitations were seen to. Flushes."""
    due = lock_due(session, limit=BATCH)
    for invitation, has_answered_otherwise in due:
        is_reminder, invitation.due_at = invitation.sent_at is not None, None
        if invitation.withdrawn_at or invitation.declined_at or invitation.uses or invitation.address is None:
            continue
        if not (is_reminder and has_answered_otherwise):
            emails.invitation(session, now=now, invitation=invitation, is_reminder=is_reminder)
        # Also where nothing left: who answered by another way looks like everybody else.
        if is_reminder:
            invitation.reminded_at = now
        else:
            invitation.sent_at = now
    session.flush()
    return len(due)


def refusal_of_mail(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    """Return why an invitation's mail must not leave any more, or None; the reason names nobody. Flushes.

    One that the Rule overtook, in that it names what may not be named now, is written anew.
    """
    invitation = session.scalar(
        sa.select(Invitation).where(Invitation.subject == message.person_ref).execution_options(populate_existing=True)
    )
    if invitation is None or invitation.address is None:
        return "erased"
    left = [one for one in invitation.sessions if phase(one, now=now) in {Phase.OPEN, Phase.NOT_OPEN}]
    found = (
        (invitation.withdrawn_at is not None, "withdrawn"),
        (invitation.uses > 0, "answered"),
        (invitation.declined_at is not None, "declined"),
        (not any(one.is_published for one in left), "no session left"),
    )
    if reason := next((reason for applies, reason in found if applies), None):
        return reason
    must_be_neutral = not all(map(may_name, left)) or is_discreet(session, invitation)
    if message.basis.get("is_neutral") or not must_be_neutral:
        return None
    if message.kind == "invitation":
        invitation.sent_at = None
    invitation.due_at = now
    session.flush()
    return "level changed"
