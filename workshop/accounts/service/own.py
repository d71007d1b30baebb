"""An organiser's own account: adding one, its pass phrase."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workshop.accounts import queries
from workshop.accounts.emails import Change, account_changed, address_change
from workshop.accounts.models import Organiser, OrganiserAddressChange, PassPhraseReset, SignIn
from workshop.accounts.service.naming import actor_of
from workshop.accounts.service.phrases import check_pass_phrase, hash_phrase, new_pass_phrase, verify_phrase
from workshop.accounts.service.roles import LastOwnerError
from workshop.accounts.service.signing import BadCredentialsError
from workshop.audit.service import record
from workshop.core import links
from workshop.core.addresses import check_address, fold_address
from workshop.core.erasures import account_ref
from workshop.core.errors import ConflictError, NotFoundError
from workshop.core.links import Purpose
from workshop.ical.text import clean_line
from workshop.mail import personal_data as mail_data

NAME_LENGTH = 200
ADDRESS_OPEN = timedelta(hours=48)
"""How long a link confirms a new address."""


class LastAdministratorError(ConflictError):
    """Somebody always manages accounts."""

    code = "last_administrator"


class OrganiserExistsError(ConflictError):
    """An organiser has this address already."""

    code = "organiser_exists"


def add_organiser(
    session: Session,
    *,
    now: datetime,
    email: str,
    name: str,
    pass_phrase: str,
    language: str,
    is_administrator: bool,
    actor: str = "command",
) -> Organiser:
    """Add an organiser. Flushes. Raises BadAddressError, WeakPassPhraseError, OrganiserExistsError."""
    email = check_address(email)
    check_pass_phrase(pass_phrase)
    if queries.find_organiser(session, email=email) is not None:
        raise OrganiserExistsError
    organiser = Organiser(
        email=email,
        email_folded=fold_address(email),
        name=name,
        language=language,
        password_hash=hash_phrase(pass_phrase),
        is_administrator=is_administrator,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(organiser)
            session.flush()
    except IntegrityError as fault:  # somebody was quicker
        raise OrganiserExistsError from fault
    record(session, now=now, actor=actor, action="accounts.add", object_=f"organiser:{organiser.id}")
    return organiser


def change_pass_phrase(session: Session, *, now: datetime, organiser: Organiser, current: str, new: str) -> None:
    """Set a new pass phrase and end all sign-ins, this one too. Raises BadCredentialsError, WeakPassPhraseError."""
    if not verify_phrase(organiser.password_hash, current):
        raise BadCredentialsError(field="current")
    check_pass_phrase(new)
    set_pass_phrase(session, organiser, new)
    account_changed(session, now=now, organiser=organiser, change=Change.PASS_PHRASE)
    record(session, now=now, actor=actor_of(organiser), action="accounts.change_pass_phrase")


def reset_pass_phrase(session: Session, *, now: datetime, organiser: Organiser) -> str:
    """Set a random pass phrase, end all sign-ins and return the phrase."""
    phrase = new_pass_phrase()
    set_pass_phrase(session, organiser, phrase)
    record(session, now=now, actor="command", action="accounts.reset", object_=f"organiser:{organiser.id}")
    return phrase


def set_pass_phrase(session: Session, organiser: Organiser, phrase: str) -> None:
    """Set a pass phrase that was checked, and end all sign-ins and links to another one. Flushes.

    So does an address that waits to be confirmed: whoever knew the pass phrase before may have given it.
    """
    organiser.password_hash = hash_phrase(phrase)
    session.execute(sa.delete(SignIn).where(SignIn.organiser_id == organiser.id))
    forget_resets_of(session, organiser=organiser)
    forget_address_of(session, organiser=organiser)
    session.flush()


def forget_resets_of(session: Session, *, organiser: Organiser) -> None:
    """End every link by which an organiser could set a new pass phrase. Flushes."""
    statement = sa.delete(PassPhraseReset).where(PassPhraseReset.organiser_id == organiser.id)
    links.revoke(session, subjects=session.scalars(statement.returning(PassPhraseReset.subject)).all())


def rename(session: Session, *, organiser: Organiser, name: str) -> None:
    """Change an organiser's own name, as the workspace and invitations show it. Flushes."""
    organiser.name = clean_line(name)[:NAME_LENGTH]
    session.flush()


def ask_for_address(session: Session, *, now: datetime, organiser: Organiser, email: str) -> None:
    """Note a new address and mail a link to it; nothing changes before that is pressed. Flushes.

    Where the address is another account's, nothing is sent and nothing said: nobody learns whose accounts there are.

    Raises:
        BadAddressError: no address.
    """
    email = check_address(email)
    forget_address_of(session, organiser=organiser)
    if queries.find_organiser(session, email=email) is not None:
        return
    change = OrganiserAddressChange(
        organiser_id=organiser.id,
        email=email,
        email_folded=fold_address(email),
        created_at=now,
        closes_at=now + ADDRESS_OPEN,
    )
    session.add(change)
    session.flush()
    address_change(session, now=now, change=change, organiser=organiser)
    record(session, now=now, actor=actor_of(organiser), action="accounts.ask_for_address")


def find_address_change(session: Session, *, now: datetime, token: str) -> tuple[OrganiserAddressChange, Organiser]:
    """Return what a link confirms; unknown, used and past ones raise the same NotFoundError."""
    subject = links.find_subject(session, purpose=Purpose.ACCESS, token=token)
    change = session.scalar(
        sa.select(OrganiserAddressChange).where(
            OrganiserAddressChange.subject == subject, OrganiserAddressChange.closes_at > now
        )
    )
    organiser = session.get(Organiser, change.organiser_id) if change is not None else None
    if change is None or organiser is None or not organiser.is_enabled:
        raise NotFoundError
    return change, organiser


def confirm_address(session: Session, *, now: datetime, token: str) -> Organiser:
    """Make a new address an organiser's own, and tell the old one. Flushes. Raises NotFoundError, also when taken."""
    change, organiser = find_address_change(session, now=now, token=token)
    if queries.find_organiser(session, email=change.email) is not None:
        raise NotFoundError
    old, before = organiser.email, account_ref(organiser.email_folded)
    # The outbox and the list of erasures know accounts by their address.
    organiser.email, organiser.email_folded = change.email, change.email_folded
    # A link that was mailed to the old address sets no pass phrase any more.
    forget_resets_of(session, organiser=organiser)
    mail_data.follow(session, person_ref=before, now_ref=account_ref(organiser.email_folded))
    forget_address_of(session, organiser=organiser)
    account_changed(session, now=now, organiser=organiser, change=Change.ADDRESS, recipient=old)
    record(session, now=now, actor=actor_of(organiser), action="accounts.change_address")
    return organiser


def forget_address_of(session: Session, *, organiser: Organiser) -> None:
    """Forget an address that an organiser gave and never confirmed. Flushes."""
    forget_addresses(session, OrganiserAddressChange.organiser_id == organiser.id)


def forget_past_addresses(session: Session, *, now: datetime) -> int:
    """Forget addresses that were never confirmed in time; returns how many. Flushes."""
    return len(forget_addresses(session, OrganiserAddressChange.closes_at <= now))


def forget_addresses(session: Session, which: sa.ColumnElement[bool]) -> list[str]:
    """Forget these wishes for another address; returns the random ids under which mail to it stands. Flushes."""
    statement = sa.delete(OrganiserAddressChange).where(which).returning(OrganiserAddressChange.subject)
    subjects = list(session.scalars(statement).all())
    links.revoke(session, subjects=subjects)
    return subjects


def deactivate(session: Session, *, now: datetime, organiser: Organiser, actor: str) -> None:
    """End an account's sign-ins and let it sign in no more; its roles stay until owners take them. Flushes.

    Raises:
        LastOwnerError: they do it themselves, and a series would have no owner any more.
        LastAdministratorError: nobody else manages accounts.
    """
    if actor == actor_of(organiser) and queries.list_owned_alone(session, organiser_id=organiser.id):
        raise LastOwnerError
    keep_an_administrator(session, organiser)
    organiser.is_enabled = False
    forget_resets_of(session, organiser=organiser)
    forget_address_of(session, organiser=organiser)
    session.execute(sa.delete(SignIn).where(SignIn.organiser_id == organiser.id))
    session.flush()
    account_changed(session, now=now, organiser=organiser, change=Change.DISABLED)
    record(session, now=now, actor=actor, action="accounts.disable", object_=actor_of(organiser))


def keep_an_administrator(session: Session, organiser: Organiser) -> None:
    """Raise LastAdministratorError when nobody but this organiser manages accounts; locks those who do."""
    rows = session.scalars(
        sa.select(Organiser.id)
        .where(Organiser.is_administrator, Organiser.is_enabled)
        .order_by(Organiser.id)
        .with_for_update()
    ).all()
    if list(rows) == [organiser.id]:
        raise LastAdministratorError
