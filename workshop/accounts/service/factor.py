"""The second factor: one-time codes by time (RFC 6238), and recovery codes in their place (item 8).

The database never holds the secret: it is derived, as links are, from SECRET_KEY, the organiser's random id and a
generation. Where SECRET_KEY changed, no code of an app can be right any more, and the pages say so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp
import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, RecoveryCode
from workshop.accounts.service.naming import actor_of
from workshop.audit.service import record
from workshop.core.errors import ConflictError, InvalidError

CODES: Final = 10
"""Recovery codes that are made at once."""
STEP: Final = 30
"""Seconds for which a code stands."""
DRIFT: Final = (0, -1, 1)
"""Steps that a telephone's clock may be away."""
_GROUP, _GROUPS = 6, 4
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz023456789"
"""Thirty-two that are told apart when read aloud: five bits each."""
KEY_CHANGED = _(
    "The key of this site has changed, so the codes of your app no longer count. Use a recovery code, or ask whoever "
    "manages accounts to turn your second factor off."
)


class BadCodeError(InvalidError):
    """Neither the present code nor a recovery code, or one that was used."""

    code = "bad_code"


class KeyChangedError(InvalidError):
    """SECRET_KEY is another than when the second factor was set up: only recovery codes count."""

    code = "factor_key_changed"


class FactorStandsError(ConflictError):
    """There is a second factor already, or none to confirm."""

    code = "factor_stands"


def is_on(organiser: Organiser) -> bool:
    """Whether signing in asks for a code."""
    return organiser.totp_generation is not None and organiser.totp_confirmed_at is not None


def is_begun(organiser: Organiser) -> bool:
    """Whether a secret was made and no code of it was given yet."""
    return organiser.totp_generation is not None and organiser.totp_confirmed_at is None


def is_key_changed(organiser: Organiser) -> bool:
    """Whether the secret can no longer be told, because SECRET_KEY is another."""
    return organiser.totp_generation is not None and not hmac.compare_digest(
        organiser.totp_check, _check_of(secret_of(organiser))
    )


def begin(session: Session, *, organiser: Organiser) -> None:
    """Make a new secret, not in force before `confirm`. Flushes. Raises FactorStandsError where one is in force."""
    if is_on(organiser):
        raise FactorStandsError
    # Random, since a count would begin anew after the factor was taken off, and bring an old secret back.
    organiser.totp_generation = secrets.randbelow(2**31 - 1) + 1
    organiser.totp_check = _check_of(secret_of(organiser))
    organiser.totp_confirmed_at = organiser.totp_step = None
    session.flush()


def confirm(session: Session, *, now: datetime, organiser: Organiser, text: str) -> list[str]:
    """Put the secret in force by a first code; returns the recovery codes, which nobody can be shown again. Flushes.

    Raises:
        FactorStandsError: nothing was begun.
        BadCodeError: not the code of now.
    """
    if not is_begun(organiser):
        raise FactorStandsError
    if not _use_code(session, now=now, organiser=organiser, text=_squeeze(text)):
        raise BadCodeError
    organiser.totp_confirmed_at = now
    codes = _make_codes(session, organiser)
    record(session, now=now, actor=actor_of(organiser), action="accounts.factor_on")
    return codes


def renew_codes(session: Session, *, now: datetime, organiser: Organiser) -> list[str]:
    """Return new recovery codes in place of the old ones. Flushes. Raises FactorStandsError without a factor."""
    if not is_on(organiser):
        raise FactorStandsError
    codes = _make_codes(session, organiser)
    record(session, now=now, actor=actor_of(organiser), action="accounts.recovery_codes")
    return codes


def take_off(session: Session, *, now: datetime, organiser: Organiser, actor: str) -> None:
    """Take the second factor off, or give up one that was begun. Flushes."""
    was_on = is_on(organiser)
    organiser.totp_generation = organiser.totp_confirmed_at = organiser.totp_step = None
    organiser.totp_check = ""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.organiser_id == organiser.id))
    session.flush()
    if was_on:
        record(session, now=now, actor=actor, action="accounts.factor_off", object_=actor_of(organiser))


def use(session: Session, *, now: datetime, organiser: Organiser, text: str) -> bool:
    """Take a code, each once, and return whether it was a recovery code. Flushes.

    Args:
        session: the database.
        now: the present.
        organiser: whose; `is_on`.
        text: as typed, spaces and hyphens as they like.

    Raises:
        BadCodeError: neither, or used already.
        KeyChangedError: six digits, which cannot be right any more.
    """
    typed = _squeeze(text)
    if len(typed) == _GROUP * _GROUPS:
        used = session.execute(
            sa.delete(RecoveryCode)
            .where(RecoveryCode.organiser_id == organiser.id, RecoveryCode.code_hash == _hash(organiser, typed))
            .returning(RecoveryCode.id)
        ).scalar()
        if used is None:
            raise BadCodeError
        record(session, now=now, actor=actor_of(organiser), action="accounts.recovery_code_used")
        return True
    if is_key_changed(organiser):
        raise KeyChangedError
    if not _use_code(session, now=now, organiser=organiser, text=typed):
        raise BadCodeError
    return False


def count_codes(session: Session, *, organiser: Organiser) -> int:
    """Return how many recovery codes are left."""
    statement = sa.select(sa.func.count()).where(RecoveryCode.organiser_id == organiser.id)
    return session.scalar(statement) or 0


def secret_of(organiser: Organiser) -> str:
    """Return the secret in base32, as apps take it; only to be shown while it is set up."""
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(), b"workshop: second factor", "sha256")
    digest = hmac.digest(key, f"{organiser.subject}|{organiser.totp_generation}".encode(), "sha256")
    return base64.b32encode(digest[:20]).decode()


def address_of(organiser: Organiser) -> str:
    """Return the `otpauth:` address that an app reads from a QR code."""
    return pyotp.TOTP(secret_of(organiser)).provisioning_uri(
        name=organiser.email, issuer_name=str(current_app.config["NAME"])
    )


def _use_code(session: Session, *, now: datetime, organiser: Organiser, text: str) -> bool:
    """Whether a code is right and was never used; then it is used now."""
    secret = pyotp.TOTP(secret_of(organiser), interval=STEP)
    present = int(now.timestamp()) // STEP
    right = [
        step
        for step in (present + away for away in DRIFT)
        if hmac.compare_digest(secret.generate_otp(step).encode(), text.encode("utf-8", "surrogatepass"))
    ]
    if not right:
        return False
    # In one statement: of two requests with one code, one is refused.
    taken = session.execute(
        sa.update(Organiser)
        .where(Organiser.id == organiser.id, sa.func.coalesce(Organiser.totp_step, -1) < right[0])
        .values(totp_step=right[0])
        .returning(Organiser.id)
    ).scalar()
    return taken is not None


def _make_codes(session: Session, organiser: Organiser) -> list[str]:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.organiser_id == organiser.id))
    made = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUP * _GROUPS)) for _ in range(CODES)]
    session.add_all(RecoveryCode(organiser_id=organiser.id, code_hash=_hash(organiser, code)) for code in made)
    session.flush()
    return ["-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in made]


def _squeeze(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _hash(organiser: Organiser, code: str) -> str:
    return hashlib.sha256(f"{organiser.subject}|{code}".encode("utf-8", "surrogatepass")).hexdigest()


def _check_of(secret: str) -> str:
    return hashlib.sha256(f"workshop: second factor|{secret}".encode()).hexdigest()
