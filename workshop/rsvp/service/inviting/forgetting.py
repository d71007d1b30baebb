"""Addresses of those invited are erased: on their asking, and on the series' date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.erasures import remember
from workshop.core.links import revoke
from workshop.mail import personal_data as mail_data
from workshop.rsvp.models import Invitation
from workshop.rsvp.queries.invitations import list_to_forget
from workshop.rsvp.service.inviting.admitting import lock_invitation


def forget_invited(session: Session, *, now: datetime, invitation: Invitation) -> None:
    """Erase the address and the name of whoever asked not to be written to again; their link is dead. Flushes.

    What was answered by the invitation is the personal page's to erase.
    """
    found = lock_invitation(session, invitation.id)
    if found is None:
        return
    found.withdrawn_at = found.withdrawn_at or now
    erase_invitations(session, [found], now)
    object_, details = f"series:{found.series_id}", {"invitations": 1, "reason": "asked"}
    audit.record(session, now=now, actor="invited", action="privacy.erase", object_=object_, details=details)


def forget_invitations(session: Session, now: datetime) -> int:
    """Erase addresses and names of which every session ended the series' retention ago; returns how many. Flushes."""
    found = list_to_forget(session, now=now)
    erase_invitations(session, found, now)
    by_series: dict[int, int] = {}
    for invitation in found:
        by_series[invitation.series_id] = by_series.get(invitation.series_id, 0) + 1
    for series_id, count in by_series.items():
        details = {"invitations": count, "reason": "retention"}
        audit.record(
            session, now=now, actor="worker", action="privacy.erase", object_=f"series:{series_id}", details=details
        )
    return len(found)


def erase_invitations(session: Session, invitations: Sequence[Invitation], now: datetime) -> None:
    """Erase addresses and names of these, with their mail and links; the log is the caller's. Flushes."""
    for invitation in invitations:
        mail_data.erase(session, person_ref=invitation.subject, now=now)
        invitation.address = invitation.address_folded = None
        invitation.name = ""
        invitation.due_at = None
    subjects = [invitation.subject for invitation in invitations]
    remember(session, now=now, subjects=subjects)
    revoke(session, subjects=subjects)
    session.flush()
