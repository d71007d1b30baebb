"""Secret links: derived tokens, of which the database holds only hashes (security-and-privacy item 1).

A token is an HMAC over purpose, the subject's random id and a generation, so that every mail can carry the same link
although no table reveals it. Hashes made under an earlier SECRET_KEY stay, so that old links keep working.
"""

from __future__ import annotations

import base64
import enum
import functools
import hashlib
import hmac
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column

from workshop.core.db import Base, enum_column
from workshop.core.probe import Probe


class Purpose(enum.StrEnum):
    """What a link is for. A token of one purpose opens nothing else."""

    MY = "my"
    JOIN = "join"
    UNSUBSCRIBE = "unsubscribe"
    FEED = "feed"
    INVITATION = "invitation"
    SPEAKER = "speaker"
    FEEDBACK = "feedback"
    ACCESS = "access"
    """An organiser's way to an account, and to a role."""
    RESET = "reset"
    """An organiser's way to a new pass phrase."""


class SecretLink(Base):
    """One link that opens something. Absent means revoked."""

    __tablename__ = "secret_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the token, hexadecimal."""
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    subject: Mapped[str] = mapped_column(sa.String(32), index=True)
    """Random id of the person or answer; never a row number."""
    generation: Mapped[int]


_KEPT = sa.select(SecretLink.purpose, SecretLink.subject, SecretLink.generation, SecretLink.token_hash).where(
    SecretLink.subject.in_(sa.bindparam("subjects", expanding=True))
)
_CLOSED = "closed:"
"""Begins what stands in place of a hash once `close` was called."""
_BY_HASH = Probe(
    sa.select(SecretLink.subject).where(
        SecretLink.token_hash == sa.bindparam("token_hash"), SecretLink.purpose == sa.bindparam("purpose")
    ),
    str,
)
_MARK = re.compile(r"\[\[link:([a-z]+):([0-9a-f]{32})\]\]")


def new_subject() -> str:
    """Return a random id of 128 bits, hexadecimal, never used again."""
    return secrets.token_hex(16)


def mark(purpose: Purpose, subject: str) -> str:
    """Return what a stored message holds in place of a token."""
    return f"[[link:{purpose}:{subject}]]"


def issue(session: Session, *, purpose: Purpose, subject: str) -> str:
    """Return the token of the subject's current generation, and keep its hash. Flushes."""
    return _issue_all(session, {(purpose, subject)})[purpose, subject]


def _issue_all(session: Session, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return purpose and subject → token, in one statement, or two where a link is new."""
    if not wanted:
        return {}
    connection = session.connection()
    rows = connection.execute(_KEPT, {"subjects": list({subject for _, subject in wanted})}).all()
    kept: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for purpose, subject, generation, token_hash in rows:
        kept[purpose.value, subject].append((generation, token_hash))
    tokens: dict[tuple[str, str], str] = {}
    missing: list[dict[str, Any]] = []
    for name, subject in sorted(wanted):
        of_link = kept.get((name, subject), [])
        generation = max((generation for generation, _hash_kept in of_link), default=1)
        token = tokens[name, subject] = _derive(name, subject, generation)
        if (token_hash := _hash(token)) not in {hash_kept for _generation, hash_kept in of_link}:
            values = {"token_hash": token_hash, "purpose": Purpose(name), "subject": subject, "generation": generation}
            missing.append(values)
    if missing:
        # Another message's maker may have been quicker with the same link.
        connection.execute(_new_link(connection.dialect.name), missing)
    return tokens


@functools.cache
def _new_link(dialect: str) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(cast("sa.Table", SecretLink.__table__)).on_conflict_do_nothing(index_elements=["token_hash"])


def find_token(session: Session, *, purpose: Purpose, subject: str) -> str | None:
    """Return the token of the subject’s current generation where its hash is kept; writes nothing.

    None where there is no link, or only one made under an earlier SECRET_KEY, which cannot be told again.
    """
    return find_tokens(session, purpose=purpose, subjects=[subject]).get(subject)


def find_tokens(session: Session, *, purpose: Purpose, subjects: Collection[str]) -> dict[str, str]:
    """Return subject → what `find_token` says, of those that have one; one statement."""
    if not subjects:
        return {}
    rows = session.execute(_KEPT, {"subjects": list(subjects)}).all()
    hashes = {row.token_hash for row in rows if row.purpose == purpose}
    found = {}
    for subject in subjects:
        generations = [row.generation for row in rows if row.purpose == purpose and row.subject == subject]
        if generations and _hash(token := _derive(purpose, subject, max(generations))) in hashes:
            found[subject] = token
    return found


def renew(session: Session, *, purposes: Iterable[Purpose], subject: str) -> None:
    """Make the subject's old links of these purposes die at once and new ones begin. Flushes."""
    for purpose in purposes:
        of_subject = (SecretLink.subject == subject, SecretLink.purpose == purpose)
        generation = session.scalar(sa.select(sa.func.max(SecretLink.generation)).where(*of_subject)) or 0
        session.execute(sa.delete(SecretLink).where(*of_subject))
        _keep(session, purpose, subject, generation + 1)


def revoke(session: Session, *, subjects: Iterable[str]) -> None:
    """End every link of these subjects, for good."""
    session.execute(sa.delete(SecretLink).where(SecretLink.subject.in_(list(subjects))))


def close(session: Session, *, purpose: Purpose, subject: str) -> None:
    """End the subject's links of one purpose; `issue` makes another later, never the same again. Flushes."""
    of_subject = (SecretLink.subject == subject, SecretLink.purpose == purpose)
    generation = session.scalar(sa.select(sa.func.max(SecretLink.generation)).where(*of_subject))
    if generation is None:
        return
    session.execute(sa.delete(SecretLink).where(*of_subject))
    # Opens nothing, as no token has this hash: it only keeps the count.
    nothing = _CLOSED + secrets.token_hex(24)
    session.add(SecretLink(token_hash=nothing, purpose=purpose, subject=subject, generation=generation + 1))
    session.flush()


def has_link(session: Session, *, purpose: Purpose, subject: str) -> bool:
    """Whether anything opens for this purpose, be it by a link made under an earlier SECRET_KEY."""
    return bool(
        session.scalar(
            sa.select(sa.func.count()).where(
                SecretLink.subject == subject,
                SecretLink.purpose == purpose,
                SecretLink.token_hash.not_like(f"{_CLOSED}%"),
            )
        )
    )


def find_subject(session: Session, *, purpose: Purpose, token: str) -> str | None:
    """Return the subject that `token` opens for this purpose, or None; forged and revoked are alike."""
    return session.scalar(
        sa.select(SecretLink.subject).where(SecretLink.token_hash == _hash(token), SecretLink.purpose == purpose)
    )


def probe_subject(engine: Engine, *, purpose: Purpose, token: str) -> str | None:
    """Return what `find_subject` does, at the price of a probe; raises OperationalError when the database is away."""
    return next(iter(_BY_HASH(engine, token_hash=_hash(token), purpose=purpose.value)), None)


def fill(session: Session, text: str) -> str:
    """Return `text` with every mark replaced by its token. Flushes."""
    return filler(session, (text,))(text)


def filler(session: Session, texts: Iterable[str]) -> Callable[[str], str]:
    """Return `fill` for the texts of one message: their links are issued together. Flushes."""
    issued = _issue_all(session, {(match[1], match[2]) for text in texts for match in _MARK.finditer(text)})
    return lambda text: _MARK.sub(lambda match: issued[match[1], match[2]], text)


def cut(text: str, instead: str = "…") -> str:
    """Return `text` with every mark replaced by `instead`, by default an ellipsis, to be shown."""
    return _MARK.sub(instead, text)


def subjects_in(text: str) -> set[str]:
    """Return the random ids of those whose links the marks in a text stand for."""
    return {match[2] for match in _MARK.finditer(text)}


def reply_token(uid: str) -> str:
    """Return 32 hexadecimal digits that stand for the calendar entry `uid` in the address that its replies go to.

    In digits of one case only, since mail programs may change the case of an address; kept nowhere, since the entry's
    UID, which the reply brings along, makes it again. Without the key: the UID is as hard to guess, and an entry whose
    organizer changed with a new SECRET_KEY could never be cancelled.
    """
    return hashlib.sha256(b"workshop: replies|" + uid.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _keep(session: Session, purpose: Purpose, subject: str, generation: int) -> str:
    token = _derive(purpose, subject, generation)
    token_hash = _hash(token)
    if session.scalar(sa.select(SecretLink.id).where(SecretLink.token_hash == token_hash)) is None:
        session.add(SecretLink(token_hash=token_hash, purpose=purpose, subject=subject, generation=generation))
        session.flush()
    return token


def _derive(purpose: str, subject: str, generation: int) -> str:
    digest = hmac.digest(_key(current_app.config["SECRET_KEY"]), f"{purpose}|{subject}|{generation}".encode(), "sha256")
    # 160 bits: more than the 128 asked for, and a link that still fits on a line of mail.
    return base64.urlsafe_b64encode(digest[:20]).decode().rstrip("=")


@functools.lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"workshop: secret links", "sha256")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
