"""Organisers: adding them, signing in and out, pass phrases, roles (security-and-privacy items 4, 8, 9)."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from workshop.accounts import queries
from workshop.accounts.models import BreakGlass, Organiser, Role, SeriesRole, SignIn
from workshop.audit.service import record
from workshop.core.addresses import check_address, fold_address
from workshop.core.errors import ConflictError, InvalidError, NotFoundError
from workshop.ical.text import clean_line

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id with 19 MiB, two passes, one lane; tests put a cheap profile here."""
MINIMUM_LENGTH = 12
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=14)
ORGANISATION_LENGTH = 200
SEEN_PRECISION = timedelta(minutes=5)
GLASS_OPEN = timedelta(hours=1)
"""How long an administrator reads a series that is not theirs, once they said why."""
KEEP_GLASS = timedelta(days=90)
REASON_MINIMUM, REASON_LENGTH = 20, 500
"""Characters of that reason."""
_COMMON = frozenset({
    "123456789012", "1234567890ab", "abcdefghijkl", "administrator", "azertyuiopqs", "azertyuiopqsdf", "changeme1234",
    "chathamhouse", "chathamhouserule", "correcthorsebatterystaple", "iloveyou1234", "letmein12345", "letmeinletmein",
    "motdepasse12", "motdepasse123", "motdepasse1234", "motdepassemotdepasse", "organisateur", "organisatrice",
    "password1234", "password12345", "passwordpassword", "qwertyuiop12", "qwertyuiop123", "qwertyuiopas",
    "qwertyuiopasdf", "welcome12345", "workshop1234", "workshopworkshop",
})  # fmt: skip
"""Compared without spaces, signs and case; what is shorter is refused anyway."""


class WeakPassPhraseError(InvalidError):
    """A pass phrase that is too short or on the list of common ones; `reason` is `short` or `common`."""

    code = "weak_pass_phrase"


class BadCredentialsError(InvalidError):
    """No such account, or not its pass phrase: nobody learns which."""

    code = "bad_credentials"


class OrganisationError(InvalidError):
    """A partner's organisation is `missing`, or one is named where it is `refused`, as `reason` says."""

    code = "bad_organisation"


class LastOwnerError(ConflictError):
    """A series is always somebody's."""

    code = "last_owner"


class GlassNotNeededError(ConflictError):
    """The administrator has a role in the series, or has it open already."""

    code = "glass_not_needed"


class OrganiserExistsError(ConflictError):
    """An organiser has this address already."""

    code = "organiser_exists"


def check_pass_phrase(text: str) -> None:
    """Raise WeakPassPhraseError unless `text` has 12 characters and is not a common one. No composition rules."""
    text = unicodedata.normalize("NFC", text)
    if len(text) < MINIMUM_LENGTH:
        raise WeakPassPhraseError(field="pass_phrase", reason="short")
    squeezed = "".join(char for char in text.casefold() if char.isalnum())
    if squeezed in _COMMON or len(set(text)) < 4:  # noqa: PLR2004 (a phrase of three letters or fewer, repeated)
        raise WeakPassPhraseError(field="pass_phrase", reason="common")


def new_pass_phrase() -> str:
    """Return a random pass phrase of 100 bits in groups that can be read aloud."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def add_organiser(
    session: Session, *, now: datetime, email: str, name: str, pass_phrase: str, language: str, is_administrator: bool
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
        password_hash=_hash(pass_phrase),
        is_administrator=is_administrator,
        created_at=now,
    )
    session.add(organiser)
    session.flush()
    record(session, now=now, actor="command", action="accounts.add", object_=f"organiser:{organiser.id}")
    return organiser


def authenticate(session: Session, *, email: str, pass_phrase: str) -> Organiser:
    """Return whose address and pass phrase these are; the hash is renewed when its cost has changed. Flushes.

    Unknown and disabled accounts cost one verification too, so that time tells nothing. Raises BadCredentialsError.
    """
    dummy = _dummy_hash(HASHER)
    organiser = queries.find_organiser(session, email=email)
    stored = organiser.password_hash if organiser and organiser.is_enabled else dummy
    is_right = _verify(stored, pass_phrase)
    if organiser is None or not organiser.is_enabled or not is_right:
        raise BadCredentialsError
    if HASHER.check_needs_rehash(organiser.password_hash):
        organiser.password_hash = _hash(pass_phrase)
        session.flush()
    return organiser


def begin_sign_in(session: Session, *, now: datetime, organiser: Organiser) -> str:
    """Begin a new sign-in and return its random token, which only the cookie holds. Flushes."""
    session.execute(
        sa.delete(SignIn).where(
            SignIn.organiser_id == organiser.id,
            (SignIn.seen_at < now - IDLE_LIMIT) | (SignIn.created_at < now - ABSOLUTE_LIMIT),
        )
    )
    token = secrets.token_urlsafe(32)
    session.add(SignIn(token_hash=_token_hash(token), organiser_id=organiser.id, created_at=now, seen_at=now))
    session.flush()
    record(session, now=now, actor=actor_of(organiser), action="accounts.sign_in")
    return token


def find_sign_in(session: Session, *, now: datetime, token: str) -> tuple[Organiser, SignIn] | None:
    """Return who is signed in by a token, or None: unknown, ended, idle for 12 hours, older than 14 days, disabled."""
    row = session.execute(
        sa.select(Organiser, SignIn)
        .join(SignIn, SignIn.organiser_id == Organiser.id)
        .where(
            SignIn.token_hash == _token_hash(token),
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
    session.execute(sa.delete(SignIn).where(SignIn.token_hash == _token_hash(token)))


def end_other(session: Session, *, organiser: Organiser, sign_in_id: int) -> None:
    """End one of somebody's own sign-ins; raises NotFoundError for anybody else's."""
    own = sa.delete(SignIn).where(SignIn.id == sign_in_id, SignIn.organiser_id == organiser.id)
    if session.execute(own.returning(SignIn.id)).scalar() is None:
        raise NotFoundError


def change_pass_phrase(session: Session, *, now: datetime, organiser: Organiser, current: str, new: str) -> None:
    """Set a new pass phrase and end all sign-ins, this one too. Raises BadCredentialsError, WeakPassPhraseError."""
    if not _verify(organiser.password_hash, current):
        raise BadCredentialsError(field="current")
    check_pass_phrase(new)
    _set_pass_phrase(session, organiser, new)
    record(session, now=now, actor=actor_of(organiser), action="accounts.change_pass_phrase")


def reset_pass_phrase(session: Session, *, now: datetime, organiser: Organiser) -> str:
    """Set a random pass phrase, end all sign-ins and return the phrase."""
    phrase = new_pass_phrase()
    _set_pass_phrase(session, organiser, phrase)
    record(session, now=now, actor="command", action="accounts.reset", object_=f"organiser:{organiser.id}")
    return phrase


def grant(
    session: Session,
    *,
    now: datetime,
    series_id: int,
    organiser: Organiser,
    role: Role,
    actor: str,
    organisation: str = "",
) -> None:
    """Give an organiser a role in a series, in place of any earlier one. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series_id: the series.
        organiser: who gets the role.
        role: the role.
        actor: as the log names who did it.
        organisation: a partner's, whose invitations they see; required for them, refused for all others.

    Raises:
        OrganisationError: an organisation is missing, or is no part of the role.
        LastOwnerError: the series would have no owner any more.
    """
    organisation = clean_line(organisation)[:ORGANISATION_LENGTH]
    if bool(organisation) is not (role is Role.PARTNER):
        raise OrganisationError(reason="missing" if role is Role.PARTNER else "refused")
    if role is not Role.OWNER:
        _keep_an_owner(session, series_id, organiser)
    row = session.get(SeriesRole, (organiser.id, series_id))
    if row is None:
        row = SeriesRole(organiser_id=organiser.id, series_id=series_id)
        session.add(row)
    row.role, row.organisation, row.granted_at = role, organisation, now
    session.flush()
    details = {"organiser": organiser.id, "role": role.value}
    record(session, now=now, actor=actor, action="accounts.grant", object_=f"series:{series_id}", details=details)


def revoke(session: Session, *, now: datetime, series_id: int, organiser: Organiser, actor: str) -> None:
    """Take an organiser's role in a series away; it ends with the next request. Raises LastOwnerError."""
    _keep_an_owner(session, series_id, organiser)
    session.execute(
        sa.delete(SeriesRole).where(SeriesRole.organiser_id == organiser.id, SeriesRole.series_id == series_id)
    )
    details = {"organiser": organiser.id}
    record(session, now=now, actor=actor, action="accounts.revoke", object_=f"series:{series_id}", details=details)


def _keep_an_owner(session: Session, series_id: int, organiser: Organiser) -> None:
    """Raise LastOwnerError when nobody but this organiser owns the series; locks its owners until the end."""
    owners = session.scalars(
        sa.select(SeriesRole.organiser_id)
        .where(SeriesRole.series_id == series_id, SeriesRole.role == Role.OWNER)
        .order_by(SeriesRole.organiser_id)
        .with_for_update()
    ).all()
    if list(owners) == [organiser.id]:
        raise LastOwnerError


def require_role(session: Session, organiser: Organiser, series_id: int, *roles: Role) -> Role:
    """Return the role of an organiser in a series; raises NotFoundError unless it is one of `roles`.

    Without `roles`, any but a partner's, who sees nothing but what is made for partners. Being an administrator opens
    no series.
    """
    role = queries.find_role(session, organiser_id=organiser.id, series_id=series_id)
    if role is None or (role not in roles if roles else role is Role.PARTNER):
        raise NotFoundError
    return role


def break_glass(session: Session, *, now: datetime, organiser: Organiser, series_id: int, reason: str) -> BreakGlass:
    """Let an administrator without a role read a series for GLASS_OPEN, and give roles in it. Flushes.

    Telling its organisers is the caller's. What the log keeps is who, which series and until when; never the reason.

    Args:
        session: the database.
        now: the present.
        organiser: the administrator.
        series_id: the series.
        reason: REASON_MINIMUM to REASON_LENGTH characters, checked by the form; its organisers read it.

    Raises:
        NotFoundError: not an administrator.
        ConflictError: they have a role in it, or have it open.
    """
    if not organiser.is_administrator:
        raise NotFoundError
    role = queries.find_role(session, organiser_id=organiser.id, series_id=series_id)
    if role is not None or series_id in queries.list_open_glass(session, organiser_id=organiser.id, now=now):
        raise GlassNotNeededError
    glass = BreakGlass(
        organiser_id=organiser.id,
        series_id=series_id,
        reason=clean_line(reason)[:REASON_LENGTH],
        opened_at=now,
        closes_at=now + GLASS_OPEN,
    )
    session.add(glass)
    session.flush()
    details = {"until": glass.closes_at.isoformat(), "break_glass": glass.id}
    record(
        session, now=now, actor=actor_of(organiser), action="accounts.break_glass", object_=f"series:{series_id}",
        details=details,
    )  # fmt: skip
    return glass


def close_glass(session: Session, *, now: datetime, organiser: Organiser, series_id: int) -> None:
    """End what an administrator opened, before its time. Flushes. Raises NotFoundError where nothing is open."""
    glass = queries.list_open_glass(session, organiser_id=organiser.id, now=now).get(series_id)
    if glass is None:
        raise NotFoundError
    # The database keeps an end after the beginning, also where both happen within one tick of a clock.
    glass.closes_at = max(now, glass.opened_at + timedelta(microseconds=1))
    session.flush()
    record(session, now=now, actor=actor_of(organiser), action="accounts.close_glass", object_=f"series:{series_id}")


def forget_glass(session: Session, *, now: datetime) -> int:
    """Forget for what reason administrators opened series KEEP_GLASS ago; the log keeps that they did. Flushes."""
    result = session.execute(sa.delete(BreakGlass).where(BreakGlass.closes_at <= now - KEEP_GLASS))
    return int(getattr(result, "rowcount", 0))


def forget_sign_ins(session: Session, *, now: datetime) -> int:
    """Forget sign-ins that no longer open anything; returns how many. Flushes."""
    ended = (SignIn.seen_at < now - IDLE_LIMIT) | (SignIn.created_at < now - ABSOLUTE_LIMIT)
    return int(getattr(session.execute(sa.delete(SignIn).where(ended)), "rowcount", 0))


def actor_of(organiser: Organiser) -> str:
    """Return how the log names an organiser."""
    return f"organiser:{organiser.id}"


def _set_pass_phrase(session: Session, organiser: Organiser, phrase: str) -> None:
    organiser.password_hash = _hash(phrase)
    session.execute(sa.delete(SignIn).where(SignIn.organiser_id == organiser.id))
    session.flush()


def _hash(phrase: str) -> str:
    return HASHER.hash(unicodedata.normalize("NFC", phrase))


def _verify(stored: str, phrase: str) -> bool:
    try:
        return HASHER.verify(stored, unicodedata.normalize("NFC", phrase))
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=4)
def _dummy_hash(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_urlsafe(16))


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
