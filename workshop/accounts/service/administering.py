"""What administrators do with accounts: see, end, begin again. None of it opens a series."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.emails import Change, account_changed
from workshop.accounts.models import Organiser
from workshop.accounts.service import factor
from workshop.accounts.service.naming import actor_of
from workshop.accounts.service.own import deactivate, keep_an_administrator
from workshop.audit.service import record
from workshop.core.errors import NotFoundError


def find_account(session: Session, organiser_id: int) -> Organiser:
    """Return an account; raises NotFoundError."""
    found = session.get(Organiser, organiser_id)
    if found is None:
        raise NotFoundError
    return found


def disable(session: Session, *, now: datetime, organiser: Organiser, by: Organiser) -> None:
    """Let somebody sign in no more, at once; others also where they alone own a series. Flushes.

    Raises:
        LastAdministratorError: nobody else manages accounts.
        LastOwnerError: it is one's own account, and a series would have no owner any more.
    """
    deactivate(session, now=now, organiser=organiser, actor=actor_of(by))


def enable(session: Session, *, now: datetime, organiser: Organiser, by: Organiser) -> None:
    """Let somebody sign in again. Flushes."""
    organiser.is_enabled = True
    session.flush()
    record(session, now=now, actor=actor_of(by), action="accounts.enable", object_=actor_of(organiser))


def set_administrator(session: Session, *, now: datetime, organiser: Organiser, by: Organiser, is_one: bool) -> None:
    """Let somebody manage accounts, or no more. Flushes. Raises LastAdministratorError."""
    if not is_one:
        keep_an_administrator(session, organiser)
    organiser.is_administrator = is_one
    session.flush()
    action = "accounts.make_administrator" if is_one else "accounts.unmake_administrator"
    record(session, now=now, actor=actor_of(by), action=action, object_=actor_of(organiser))


def take_factor_off(session: Session, *, now: datetime, organiser: Organiser, by: str) -> None:
    """Take the second factor of somebody who lost it off, and tell them. Flushes."""
    was_on = factor.is_on(organiser)
    factor.take_off(session, now=now, organiser=organiser, actor=by)
    if was_on:
        account_changed(session, now=now, organiser=organiser, change=Change.FACTOR_OFF)


def count_accounts(session: Session) -> int:
    """Return how many accounts there are."""
    return session.scalar(sa.select(sa.func.count()).select_from(Organiser)) or 0
