"""Who was erased, as hashes of random ids: a backup that is put back forgets them again.

The list stands in the database, with the erasure's own transaction, and beside it in a file of the instance: whoever
loses the database and puts a backup in its place still has the file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from workshop.core.db import Base

FILE = "erased.txt"
"""In the instance folder; a hash and an instant a line."""


class ErasedId(Base):
    """A random id that stands for nobody any more. Found in a backup, whoever has it is to be erased again."""

    __tablename__ = "erased_id"

    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the random id; by itself it leads to nobody."""
    erased_at: Mapped[datetime]


def hash_of(subject: str) -> str:
    """Return what the list holds of a random id."""
    return hashlib.sha256(f"workshop: erased|{subject}".encode()).hexdigest()


def account_ref(email_folded: str) -> str:
    """Return the id under which an organiser's account is listed, and mail to it stands: keyed, so it tells no address.

    Accounts have no random id.
    """
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(), b"workshop: accounts", "sha256")
    return hmac.digest(key, email_folded.encode(), "sha256").hex()[:32]


def remember(session: Session, *, now: datetime, subjects: Iterable[str]) -> None:
    """Put these random ids on the list, within the caller's transaction."""
    rows = [{"hash": hash_of(subject), "erased_at": now} for subject in dict.fromkeys(subjects)]
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = cast("sa.Table", ErasedId.__table__)
    session.connection().execute(insert(table).on_conflict_do_nothing(index_elements=["hash"]), rows)


def list_path() -> Path:
    """Return where the list stands beside the database."""
    return Path(current_app.instance_path) / FILE


def read_file() -> dict[str, datetime]:
    """Return hash → instant as the file has them; empty without a file. Half a line, after a crash, is left out."""
    try:
        lines = list_path().read_text("ascii").splitlines()
    except FileNotFoundError:
        return {}
    found = {}
    for line in lines:
        digest, _, at = line.partition(" ")
        if len(digest) == hashlib.sha256().digest_size * 2 and at.endswith("+00:00"):
            found[digest] = datetime.fromisoformat(at)
    return found


def write_file(session: Session) -> int:
    """Write what the database lists and the file lacks; returns how many. Call it where all of that is committed."""
    count = session.scalar(sa.select(sa.func.count()).select_from(ErasedId)) or 0
    known = read_file() if count else {}
    if len(known) >= count:
        return 0
    rows = session.execute(sa.select(ErasedId.hash, ErasedId.erased_at).order_by(ErasedId.erased_at, ErasedId.hash))
    lines = [
        f"{row.hash} {row.erased_at.isoformat(timespec='microseconds')}\n" for row in rows if row.hash not in known
    ]
    # Appended in one write: two workers may both do it, and a line that stands there twice harms nobody.
    handle = os.open(list_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, ("\n" * bool(known) + "".join(lines)).encode("ascii"))
    finally:
        os.close(handle)
    return len(lines)


def list_erased(session: Session) -> dict[str, datetime]:
    """Return hash → instant of all that was erased, by the database and the file together."""
    rows = session.execute(sa.select(ErasedId.hash, ErasedId.erased_at))
    return {**read_file(), **{row.hash: row.erased_at for row in rows}}
