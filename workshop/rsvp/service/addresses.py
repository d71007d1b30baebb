"""Another address of a participant's own: asked for on their page, and theirs once its mailbox has said so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workshop.core.addresses import fold_address
from workshop.core.errors import ConflictError, NotFoundError, TooManyRequestsError
from workshop.core.limits import hit
from workshop.core.links import Purpose, close, renew, revoke
from workshop.mail import personal_data as mail_data
from workshop.mail.service import redirect_queued
from workshop.rsvp import emails
from workshop.rsvp.models import AddressChange, Answer, Invitation, Participant
from workshop.rsvp.schedule import REQUEST_LIFETIME
from workshop.rsvp.service.asking import MAILS_PER_HOUR
from workshop.rsvp.service.standing import lock_participant

HOUR = timedelta(hours=1)
CHANGES_PER_HOUR = 5
"""How many new addresses one participant may have written to."""


class AddressTakenError(ConflictError):
    """Another participant of the series has this address."""

    code = "address_taken"


def request_address(session: Session, *, now: datetime, participant: Participant, address: str) -> None:
    """Keep a new address until its mailbox confirms it, and mail the link for that. Flushes.

    Says nothing of whether somebody else has that address: only whoever opens the mail learns it.

    Raises:
        NotFoundError: erased meanwhile.
        TooManyRequestsError: too many addresses from one participant.
    """
    participant = lock_participant(session, participant.id)
    hit(session, scope="new_address", key=participant.subject, times=CHANGES_PER_HOUR, window=HOUR, now=now)
    drop_address_change(session, participant, now=now)
    change = AddressChange(participant=participant, address=address, created_at=now)
    session.add(change)
    session.flush()
    is_allowed = _may_mail(session, address, now)
    with session.begin_nested() as point:
        emails.confirm_new_address(session, now=now, change=change, language=participant.language)
        if not is_allowed:
            # Written and taken back: a quicker answer would tell that this address had been written to before.
            point.rollback()


def _may_mail(session: Session, address: str, now: datetime) -> bool:
    # One count with the form's: it is the mailbox that is protected.
    try:
        hit(
            session,
            scope="confirm_address",
            key=fold_address(address),
            times=MAILS_PER_HOUR,
            window=HOUR,
            now=now,
        )
    except TooManyRequestsError:
        return False
    return True


def is_done(change: AddressChange) -> bool:
    """Whether the address has become the participant's own."""
    return change.participant.address == change.address


def confirm_new_address(session: Session, *, now: datetime, change: AddressChange) -> None:
    """Make the new address the participant's, and mail them their link there; a second press does nothing. Flushes.

    Whoever only typed that address into a form and never confirmed it does not stand in the way, and is forgotten.

    Raises:
        NotFoundError: erased, or another address was given, meanwhile.
        AddressTakenError: another participant of the series has confirmed it.
    """
    subject = change.subject
    participant = lock_participant(session, change.participant_id)
    current = session.get(AddressChange, participant.id, populate_existing=True)
    if current is None or current.subject != subject:
        raise NotFoundError("no such link")
    if is_done(current):
        return
    _make_way(session, participant, fold_address(current.address), now=now)
    try:
        with session.begin_nested():
            participant.address, participant.address_folded = current.address, fold_address(current.address)
            session.flush()
    except IntegrityError as fault:
        raise AddressTakenError from fault
    redirect_queued(session, person_ref=participant.subject, recipient=current.address)
    emails.link_resent(session, now=now, participant=participant)
    session.flush()


def correct_address(session: Session, *, now: datetime, participant: Participant, address: str) -> bool:
    """Give a participant the address that an organiser knows to be right; whether that made new links. Flushes.

    What still waits for them goes there. Unless it is the same mailbox spelt otherwise, their links are made anew:
    those that went to the address before may have reached somebody else.

    Raises:
        NotFoundError: erased meanwhile.
        AddressTakenError: another participant of the series has it.
    """
    participant = lock_participant(session, participant.id)
    folded = fold_address(address)
    is_other = folded != participant.address_folded
    if is_other:
        _make_way(session, participant, folded, now=now)
        drop_address_change(session, participant, now=now)
    try:
        with session.begin_nested():
            participant.address, participant.address_folded = address, folded
            session.flush()
    except IntegrityError as fault:
        raise AddressTakenError from fault
    if is_other:
        renew(session, purposes=(Purpose.MY, Purpose.UNSUBSCRIBE), subject=participant.subject)
        close(session, purpose=Purpose.FEED, subject=participant.subject)
        for subject in session.scalars(sa.select(Answer.subject).where(Answer.participant_id == participant.id)):
            renew(session, purposes=(Purpose.JOIN, Purpose.FEEDBACK), subject=subject)
    redirect_queued(session, person_ref=participant.subject, recipient=address)
    return is_other


def correct_invited_address(session: Session, *, invitation: Invitation, address: str) -> bool:
    """Do for somebody invited what `correct_address` does; whether that made a new link. Flushes.

    Raises:
        AddressTakenError: somebody else is invited there already.
    """
    folded = fold_address(address)
    is_other = folded != invitation.address_folded
    try:
        with session.begin_nested():
            invitation.address, invitation.address_folded = address, folded
            session.flush()
    except IntegrityError as fault:
        raise AddressTakenError from fault
    if is_other:
        renew(session, purposes=(Purpose.INVITATION,), subject=invitation.subject)
    redirect_queued(session, person_ref=invitation.subject, recipient=address)
    return is_other


def _make_way(session: Session, participant: Participant, folded: str, *, now: datetime) -> None:
    other = session.scalar(
        sa.select(Participant)
        .where(
            Participant.series_id == participant.series_id,
            Participant.address_folded == folded,
            Participant.id != participant.id,
        )
        .execution_options(populate_existing=True)
    )
    if other is None:
        return
    if other.confirmed_at is not None:
        raise AddressTakenError
    # Not locked: two who want each other's address would wait for one another for ever.
    subjects = [other.subject, *session.scalars(sa.select(Answer.subject).where(Answer.participant_id == other.id))]
    mail_data.erase(session, person_ref=other.subject, now=now)
    session.execute(sa.delete(Participant).where(Participant.id == other.id, Participant.confirmed_at.is_(None)))
    revoke(session, subjects=subjects)


def drop_address_change(session: Session, participant: Participant, *, now: datetime) -> None:
    """Forget a participant's new address, its link and its mail. Flushes."""
    _drop(session, AddressChange.participant_id == participant.id, now=now)


def forget_address_changes(session: Session, *, now: datetime) -> int:
    """Forget new addresses after 48 hours, confirmed or not; returns how many. Flushes."""
    return _drop(session, AddressChange.created_at <= now - REQUEST_LIFETIME, now=now)


def _drop(session: Session, which: sa.ColumnElement[bool], *, now: datetime) -> int:
    subjects: Collection[str] = session.scalars(
        sa.delete(AddressChange)
        .where(which)
        .returning(AddressChange.subject)
        .execution_options(synchronize_session="fetch")
    ).all()
    if subjects:
        revoke(session, subjects=subjects)
        for subject in subjects:
            mail_data.erase(session, person_ref=subject, now=now)
    return len(subjects)
