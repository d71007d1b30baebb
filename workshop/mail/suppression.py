"""Addresses that a bounce said do not exist: asked before mail leaves, lifted by who corrects or insists.

No address is kept, only its digest under a key of this instance's.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.core.addresses import fold_address
from workshop.mail.models import SuppressedAddress

KEPT = timedelta(days=180)
SUPPRESSED = "address refused"
"""The reason of a message that was kept back because another one came back."""
ASKED_FOR = frozenset({"confirm_address", "confirm_new_address", "link_resent", "data_erased", "mail_test"})
"""Kinds that leave all the same: the person asked for them just now, perhaps because the address works again."""
_AT_ONCE = 500
_OF = sa.select(SuppressedAddress.digest, SuppressedAddress.status).where(
    SuppressedAddress.digest.in_(sa.bindparam("digests", expanding=True))
)


def status_of(session: Session, address: str) -> str | None:
    """Return the status (RFC 3463, such as `5.1.1`) with which mail to an address came back for good, or None."""
    return statuses_of(session, [address]).get(address)


def statuses_of(session: Session, addresses: Iterable[str]) -> dict[str, str]:
    """Return address → what `status_of` says, of those that mail does not go to; one statement for 500."""
    by_address = {address: digest_of(address) for address in addresses if address}
    digests = sorted(set(by_address.values()))
    found: dict[str, str] = {}
    for first in range(0, len(digests), _AT_ONCE):
        rows = session.execute(_OF, {"digests": digests[first : first + _AT_ONCE]})
        found |= {row.digest: row.status for row in rows}
    return {address: found[digest] for address, digest in by_address.items() if digest in found}


def suppress(session: Session, *, address: str, status: str, now: datetime) -> None:
    """Let no more mail go to an address; asked twice, the first time counts. Flushes."""
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(cast("sa.Table", SuppressedAddress.__table__)).on_conflict_do_nothing(index_elements=["digest"])
    connection.execute(statement, {"digest": digest_of(address), "status": status[:16], "since": now})


def lift(session: Session, *, address: str) -> bool:
    """Let mail go to an address again; whether it was stopped."""
    statement = sa.delete(SuppressedAddress).where(SuppressedAddress.digest == digest_of(address))
    return bool(session.connection().execute(statement).rowcount)


def forget_old(session: Session, *, now: datetime) -> int:
    """Forget what bounces said half a year ago; returns of how many addresses."""
    statement = sa.delete(SuppressedAddress).where(SuppressedAddress.since <= now - KEPT)
    return int(session.connection().execute(statement).rowcount)


def digest_of(address: str) -> str:
    """Return what stands for an address, hexadecimal; the same for every spelling of one person's."""
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(), b"workshop: suppressed addresses", "sha256")
    return hmac.digest(key, fold_address(address).encode("utf-8", "surrogatepass"), "sha256").hex()
