"""My link again, and a new link in place of the old ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.addresses import fold_address
from workshop.core.errors import TooManyRequestsError
from workshop.core.limits import hit
from workshop.core.links import Purpose, renew
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, LinkRequest, Participant
from workshop.rsvp.queries import list_link_requests, list_with_page
from workshop.rsvp.schedule import REQUEST_LIFETIME
from workshop.rsvp.service.addresses import drop_address_change
from workshop.rsvp.service.standing import lock_participant

HOUR = timedelta(hours=1)
RESENT_PER_HOUR = 3
"""How often one address gets its links again, whoever asks for them."""
RENEWED_PER_HOUR = 10
BATCH = 200
"""How many requests one transaction answers."""


def request_link(session: Session, *, now: datetime, address: str, language: str) -> None:
    """Keep that somebody asked for the links of an address; known or not, the same is done. Flushes."""
    session.add(LinkRequest(address_folded=fold_address(address), language=language, created_at=now))
    session.flush()


def answer_link_requests(session: Session, now: datetime) -> int:
    """Mail each series' link to whoever asked for theirs, and forget that they asked; returns how many asked. Flushes.

    What nobody answers to gets nothing, and neither does an address that asked too often.
    """
    requests = list_link_requests(session, limit=BATCH)
    if not requests:
        return 0
    addresses = {request.address_folded for request in requests if _may_mail(session, request.address_folded, now)}
    for participant in list_with_page(session, addresses, asked_after=now - REQUEST_LIFETIME):
        emails.link_resent(session, now=now, participant=participant)
    session.execute(sa.delete(LinkRequest).where(LinkRequest.id.in_([request.id for request in requests])))
    return len(requests)


def _may_mail(session: Session, address: str, now: datetime) -> bool:
    try:
        hit(session, scope="link_resent", key=address, times=RESENT_PER_HOUR, window=HOUR, now=now)
    except TooManyRequestsError:
        return False
    return True


def renew_links(session: Session, *, now: datetime, participant: Participant) -> None:
    """Make new links of a participant's page, rooms and reminders; the old ones are dead at once. Flushes.

    A new address that waits is dropped too: whoever had the old link may have asked for it.

    Raises:
        NotFoundError: erased meanwhile.
        TooManyRequestsError: too often.
    """
    participant = lock_participant(session, participant.id)
    hit(session, scope="new_link", key=participant.subject, times=RENEWED_PER_HOUR, window=HOUR, now=now)
    renew(session, purposes=(Purpose.MY, Purpose.UNSUBSCRIBE), subject=participant.subject)
    for subject in session.scalars(sa.select(Answer.subject).where(Answer.participant_id == participant.id)):
        renew(session, purposes=(Purpose.JOIN, Purpose.FEEDBACK), subject=subject)
    drop_address_change(session, participant, now=now)
    emails.link_resent(session, now=now, participant=participant, is_new=True)
    session.flush()
