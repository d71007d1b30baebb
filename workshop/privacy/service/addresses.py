"""Erasing everything under an address, as whoever runs the instance does on somebody's asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts import personal_data as accounts_data
from workshop.accounts.queries import find_organiser, list_owned_alone
from workshop.accounts.service import LastOwnerError
from workshop.announcements import personal_data as announcements_data
from workshop.audit import service as audit
from workshop.audit.models import LogEntry
from workshop.core.addresses import fold_address
from workshop.core.links import revoke
from workshop.mail import personal_data as mail_data
from workshop.mail.suppression import lift
from workshop.people import personal_data as people_data
from workshop.privacy import queries
from workshop.privacy.service.forgetting import erase, log_erasure
from workshop.programme import personal_data as programme_data
from workshop.rsvp.models import LinkRequest
from workshop.rsvp.service.inviting import erase_invitations


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressErasure:
    """What was found under an address, and erased."""

    participants: int
    address_changes: int
    invitations: int
    subscribers: int
    """Who followed a series without answering."""
    link_requests: int
    people: int
    """Speakers, moderators and members of committees."""
    organisers: int
    messages: int
    """That stood under nothing of the above."""
    entries: tuple[LogEntry, ...]
    """The log's rows, one for each series and act."""
    contacts: tuple[str, ...]
    """Slugs of series that print this address as their contact: their organisers' to change."""


def erase_address(session: Session, *, now: datetime, email: str, actor: str = "command") -> AddressErasure:
    """Erase what stands under an address in every series: participant, invited, speaker, organiser. Flushes.

    Names that organisers wrote into texts stay: no program knows whose they are.

    Raises:
        LastOwnerError: the address is an organiser's who alone owns a series; nothing is erased. `series` has the ids.
    """
    _refuse_last_owner(session, email)
    entries: list[LogEntry] = []
    link_requests = len(queries.list_link_requests(session, email=email))
    participants = queries.list_participants(session, email=email)
    entries += [erase(session, now=now, participant=one, actor=actor) for one in participants]
    changes = _erase_changes(session, now, email)
    invitations = queries.list_invitations(session, email=email)
    of_series = [invitation.series_id for invitation in invitations]
    erase_invitations(session, invitations, now)
    followed = [one.series_id for one in announcements_data.list_subscribers(session, email=email)]
    announcements_data.erase(session, now=now, email=email)
    speakers = [person.series_id for person in people_data.list_people(session, email=email)]
    programme_data.erase(session, now=now, email=email)
    people_data.erase(session, now=now, email=email)
    organisers = accounts_data.erase(session, now=now, email=email)
    session.execute(sa.delete(LinkRequest).where(LinkRequest.address_folded == fold_address(email)))
    lift(session, address=email)
    messages = sum(
        mail_data.erase(session, person_ref=ref, now=now, email=email)
        for ref in mail_data.list_refs(session, email=email)
    )
    # Last of all: the log's lock is held until the end.
    for what, found in (("invitations", of_series), ("people", speakers), ("subscribers", followed)):
        entries += [
            log_erasure(session, now=now, actor=actor, series_id=series_id, counts={what: found.count(series_id)})
            for series_id in sorted(set(found))
        ]
    if organisers:
        details = {"organisers": organisers, "reason": "asked"}
        entries.append(audit.record(session, now=now, actor=actor, action="privacy.erase", details=details))
    return AddressErasure(
        participants=len(participants),
        address_changes=changes,
        invitations=len(invitations),
        subscribers=len(followed),
        link_requests=link_requests,
        people=len(speakers),
        organisers=organisers,
        messages=messages,
        entries=tuple(entries),
        contacts=tuple(series.slug for series in queries.list_contacts(session, email=email)),
    )


def _refuse_last_owner(session: Session, email: str) -> None:
    organiser = find_organiser(session, email=email)
    alone = list_owned_alone(session, organiser_id=organiser.id) if organiser else ()
    if alone:
        raise LastOwnerError(series=tuple(alone))


def _erase_changes(session: Session, now: datetime, email: str) -> int:
    """Forget that a participant gave this address and that it was never confirmed."""
    changes = queries.list_address_changes(session, email=email)
    for change in changes:
        mail_data.erase(session, person_ref=change.subject, now=now)
        session.delete(change)
    revoke(session, subjects=[change.subject for change in changes])
    session.flush()
    return len(changes)
