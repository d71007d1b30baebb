"""Signing in and out: sign-ins stand in the database, browsers hold a random token (items 4, 8)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts import queries
from workshop.accounts.models import Organiser, SignIn
from workshop.accounts.service import phrases
from workshop.accounts.service.naming import actor_of
from workshop.audit.service import record
from workshop.core.errors import InvalidError, NotFoundError

IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=14)
SEEN_PRECISION = timedelta(minutes=5)


class BadCredentialsError(InvalidError):
    """No such account, or not its pass phrase: nobody learns which."""

    code = "bad_credentials"


def authenticate(session: Session, *, email: str, pass_phrase: str) -> Organiser:
    """Return whose address and pass phrase these are; the hash is renewed when its cost has changed. Flushes.

    Unknown and disabled accounts cost one verification too, so that time tells nothing. Raises BadCredentialsError.
    """
    dummy = phrases.dummy_hash(phrases.HASHER)
    organiser = queries.find_organiser(session, email=email)
    stored = organiser.password_hash if organiser and organiser.is_enabled else dummy
    is_right = phrases.verify_phrase(stored, pass_phrase)
    if organiser is None or not organiser.is_enabled or not is_right:
        raise BadCredentialsError
    if phrases.HASHER.check_needs_rehash(organiser.password_hash):
        organiser.password_hash = phrases.hash_phrase(pass_phrase)
        session.flush()
    return organiser


def begin_sign_in(
    session: Session, *, now: datetime, organiser: Organiser, browser: str = "", is_confirmed: bool = True
) -> str:
    """Begin a new sign-in and return its random token, which only the cookie holds. Flushes.

    `browser` is what `browser.name_browser` makes of it; `is_confirmed`: all that signing in asks for was given now.
    """
    session.execute(
        sa.delete(SignIn).where(
            SignIn.organiser_id == organiser.id,
            (SignIn.seen_at < now - IDLE_LIMIT) | (SignIn.created_at < now - ABSOLUTE_LIMIT),
        )
    )
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=hash_token(token),
            organiser_id=organiser.id,
            created_at=now,
            seen_at=now,
            confirmed_at=now if is_confirmed else None,
            browser=browser,
        )
    )
    session.flush()
    record(session, now=now, actor=actor_of(organiser), action="accounts.sign_in")
    return token


def find_sign_in(session: Session, *, now: datetime, token: str) -> tuple[Organiser, SignIn] | None:
    """Return who is signed in by a token, or None: unknown, ended, idle for 12 hours, older than 14 days, disabled."""
    row = session.execute(
        sa.select(Organiser, SignIn)
        .join(SignIn, SignIn.organiser_id == Organiser.id)
        .where(
            SignIn.token_hash == hash_token(token),
            SignIn.seen_at >= now - IDLE_LIMIT,
            SignIn.created_at >= now - ABSOLUTE_LIMIT,
            Organiser.is_enabled,
        )
    ).first()
    return (row[0], row[1]) if row else None


def touch(session: Session, *, now: datetime, sign_in_id: int) -> None:
    """Note that a sign-in was seen."""
    session.execute(sa.update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=now))


def end_sign_in(session: Session, *, token: str) -> None:
    """End the sign-in of a token, on the server."""
    session.execute(sa.delete(SignIn).where(SignIn.token_hash == hash_token(token)))


def end_other(session: Session, *, organiser: Organiser, sign_in_id: int) -> None:
    """End one of somebody's own sign-ins; raises NotFoundError for anybody else's."""
    own = sa.delete(SignIn).where(SignIn.id == sign_in_id, SignIn.organiser_id == organiser.id)
    if session.execute(own.returning(SignIn.id)).scalar() is None:
        raise NotFoundError


def end_all_others(session: Session, *, organiser: Organiser, sign_in_id: int) -> int:
    """End all of somebody's sign-ins but this one; returns how many."""
    others = sa.delete(SignIn).where(SignIn.organiser_id == organiser.id, SignIn.id != sign_in_id)
    return int(getattr(session.execute(others), "rowcount", 0))


def is_own_phrase(organiser: Organiser, phrase: str) -> bool:
    """Whether a pass phrase is theirs."""
    return phrases.verify_phrase(organiser.password_hash, phrase)


def forget_sign_ins(session: Session, *, now: datetime) -> int:
    """Forget sign-ins that no longer open anything; returns how many. Flushes."""
    ended = (SignIn.seen_at < now - IDLE_LIMIT) | (SignIn.created_at < now - ABSOLUTE_LIMIT)
    return int(getattr(session.execute(sa.delete(SignIn).where(ended)), "rowcount", 0))


def hash_token(token: str) -> str:
    """Return what the database holds of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
