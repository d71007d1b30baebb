"""What did not arrive is sent again, to the address that is right: whoever it was for, their links and their mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.core.addresses import fold_address
from workshop.core.errors import NotFoundError
from workshop.mail import suppression
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.service import NotRetriableError, retry
from workshop.organise.queries import Fate, fate_of, find_addressee
from workshop.people.models import Person
from workshop.people.service import set_contact
from workshop.programme.models import Series
from workshop.rsvp import emails
from workshop.rsvp.models import Invitation, Participant
from workshop.rsvp.service.addresses import correct_address, correct_invited_address

_AGAIN = frozenset({OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.EXPIRED})
_WRONG = frozenset({Fate.FAILED, Fate.UNCERTAIN})


def may_send_again(message: OutboxMessage) -> bool:
    """Whether a message can leave once more as it was written."""
    is_refused = fate_of(message) is Fate.FAILED and message.state is OutboxState.DISCARDED
    return (message.state in _AGAIN or is_refused) and not message.body_erased_at and bool(message.recipient)


def may_correct(message: OutboxMessage) -> bool:
    """Whether the address may be what kept a message from arriving."""
    return fate_of(message) in _WRONG and bool(message.recipient)


def send_again(session: Session, *, now: datetime, message: OutboxMessage, actor: str) -> None:
    """Queue a message again, to the address that its reader has now. Flushes.

    Raises:
        NotRetriableError: it left, still waits, or its text is erased.
    """
    if not may_send_again(message):
        raise NotRetriableError(message.state.value, state=message.state.value)
    address = _address_of(find_addressee(session, message)) or message.recipient
    retry(session, message=message.id, now=now, recipient=address)
    _record(session, "organise.retry_mail", message, now=now, actor=actor)


def correct(
    session: Session, *, now: datetime, message: OutboxMessage, series: Series, address: str, actor: str
) -> bool:
    """Give whom a message was for another address, and send it there; whether it is sent again. Flushes.

    Whose text is erased meanwhile gets the link of their own page instead, where they have one.

    Args:
        session: the database.
        now: the present instant.
        message: one that did not arrive.
        series: its series.
        address: one that `core.addresses.check_address` has taken.
        actor: as the log names who did it.

    Raises:
        NotFoundError: it was for nobody whose address can be corrected.
        NotRetriableError: it arrived, or is still waiting.
        AddressTakenError: somebody else in the series has that address.
        InvalidValuesError: it is no address.
    """
    if not may_correct(message):
        raise NotRetriableError(message.state.value, state=message.state.value)
    who = find_addressee(session, message)
    before = fold_address(_address_of(who))
    if isinstance(who, Participant):
        correct_address(session, now=now, participant=who, address=address)
    elif isinstance(who, Invitation):
        correct_invited_address(session, invitation=who, address=address)
    elif isinstance(who, Person):
        language = who.language if who.language in series.languages else ""
        set_contact(session, now=now, person=who, email=address, language=language, languages=series.languages)
    else:
        raise NotFoundError
    suppression.lift(session, address=address)
    is_again = may_send_again(message)
    if is_again:
        retry(session, message=message.id, now=now, recipient=address)
    elif isinstance(who, Participant):
        emails.link_resent(session, now=now, participant=who, is_new=fold_address(address) != before)
    _record(session, "organise.correct_address", message, now=now, actor=actor)
    return is_again


def _address_of(who: Participant | Invitation | Person | None) -> str:
    if isinstance(who, Person):
        return who.email
    return (who.address or "") if who is not None else ""


def _record(session: Session, action: str, message: OutboxMessage, *, now: datetime, actor: str) -> None:
    # By the message's number, never by an address: the log outlives whom it is about.
    details = {"series": message.series_id, "kind": message.kind}
    record(session, now=now, actor=actor, action=action, object_=f"message:{message.id}", details=details)
