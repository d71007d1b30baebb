"""How fast mail may leave, altogether and to one domain: slots on one clock for all workers, reserved with the claim.

A domain whose turn has not come holds up no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.mail.models import MailPace

AHEAD = timedelta(seconds=2)
"""How far ahead slots are given: what is claimed leaves before its last look has grown old."""
ALL = ""
"""Stands for every domain together."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time between two messages: altogether, and to one domain; zero where there is no limit."""

    overall: timedelta = timedelta()
    domain: timedelta = timedelta()

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return bool(self.overall or self.domain)


def configured() -> Pace:
    """Return the pace of MAIL_RATE_PER_SECOND and MAIL_RATE_PER_DOMAIN."""
    per_second = float(current_app.config["MAIL_RATE_PER_SECOND"])
    per_minute = float(current_app.config["MAIL_RATE_PER_DOMAIN"])
    return Pace(
        timedelta(seconds=1 / per_second) if per_second else timedelta(),
        timedelta(seconds=60 / per_minute) if per_minute else timedelta(),
    )


def domain_of(address: str) -> str:
    """Return an address's domain as A-labels in lower case; empty where it has none, or no such labels."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    if domain.isascii():
        return domain[:253]
    from email_validator import EmailNotValidError, validate_email

    try:
        return str(validate_email(f"x@{domain}", check_deliverability=False).ascii_domain)[:253]
    except EmailNotValidError:
        return ""


def slots(
    waiting: Sequence[tuple[int, str]], next_at: Mapping[str, datetime], pace: Pace, *, now: datetime, count: int
) -> list[tuple[int, str, datetime]]:
    """Return (message, domain, when it may leave) of those whose turn is near, the earliest first.

    Args:
        waiting: (message, domain), the most urgent first.
        next_at: domain → when the next message may leave to it, ALL for all together; absent: at once.
        pace: time between two.
        now: the present.
        count: at most so many.
    """
    free = {domain: at for domain, at in next_at.items() if domain and pace.domain}
    turn = max(next_at.get(ALL, now), now) if pace.overall else now
    given: list[tuple[int, str, datetime]] = []
    left = list(waiting)
    while left and len(given) < count:
        # Of those that may leave at the same time the most urgent: `min` takes the first.
        number, domain = min(left, key=lambda one: max(turn, free.get(one[1], turn)))
        at = max(turn, free.get(domain, turn))
        if at > now + AHEAD:
            break
        left.remove((number, domain))
        given.append((number, domain, at))
        if pace.domain and domain:
            free[domain] = at + pace.domain
        if pace.overall:
            turn = at + pace.overall
    return given


def reserved(given: Collection[tuple[int, str, datetime]], pace: Pace) -> dict[str, datetime]:
    """Return domain → when the next message may leave once these have; ALL where all together are limited."""
    found = {domain: at + pace.domain for _number, domain, at in given if domain} if pace.domain else {}
    if pace.overall and given:
        found[ALL] = max(at for _number, _domain, at in given) + pace.overall
    return found


def lock(session: Session, *, now: datetime) -> datetime:
    """Wait for one's turn to give out slots, until the end of the transaction; returns when the next is, of all."""
    _insert(session, {ALL: now}, is_kept=True)
    statement = sa.select(MailPace.next_at).where(MailPace.domain == ALL).with_for_update()
    return session.execute(statement).scalar_one()


def is_held(domain: sa.ColumnElement[str], *, now: datetime) -> sa.ColumnElement[bool]:
    """Whether a domain's turn is not near."""
    return sa.exists().where(MailPace.domain == domain, MailPace.domain != ALL, MailPace.next_at > now + AHEAD)


def next_turns(session: Session, domains: Collection[str]) -> dict[str, datetime]:
    """Return domain → when the next message may leave to it; absent: at once."""
    statement = sa.select(MailPace.domain, MailPace.next_at).where(MailPace.domain.in_(set(domains)))
    return {domain: at for domain, at in session.execute(statement)}  # noqa: C416 (rows are typed as tuples here)


def reserve(session: Session, turns: Mapping[str, datetime]) -> None:
    """Write down when the next messages may leave, of all together and to each domain."""
    _insert(session, turns, is_kept=False)


def forget_past(session: Session, *, now: datetime) -> None:
    """Forget domains that mail may leave to at once: where people have their mail is nothing to keep."""
    session.execute(sa.delete(MailPace).where(MailPace.next_at <= now, MailPace.domain != ALL))


def _insert(session: Session, turns: Mapping[str, datetime], *, is_kept: bool) -> None:
    if not turns:
        return
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # In order: two workers that write the same rows in different orders would wait for each other for ever.
    rows = [{"domain": domain, "next_at": turns[domain]} for domain in sorted(turns)]
    statement = insert(cast("sa.Table", MailPace.__table__)).values(rows)
    connection.execute(
        statement.on_conflict_do_nothing(index_elements=["domain"])
        if is_kept
        else statement.on_conflict_do_update(index_elements=["domain"], set_={"next_at": statement.excluded.next_at})
    )
