"""Mail that came back: the envelope address that says which message it was, and what a report of it changes.

A report is what anybody may send. What it can do is bounded by the mark in the address that it goes to: only whom a
message went to, or through, knows it, and it can only say that this message did not arrive.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from workshop.core.addresses import fold_address
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.octets import ascii_domain
from workshop.mail.receiving import Received, Reported
from workshop.mail.suppression import suppress

REASON = "bounced"
"""Begins the reason of a message that came back; its status follows: `bounced: 5.1.1`."""
_TAG = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{16})")
_BEYOND_ROWS = 2**31
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_IN_WORDS = re.compile(r"(?:\b5\d\d[ -]|#)(5\.\d{1,3}\.\d{1,3})(?!\.?\d)")
"""A status beside the code of SMTP, or as relays that report in words write it; other numbers are versions."""
_NOT_THE_ADDRESS = frozenset({"5.1.5", "5.1.7", "5.1.8", "5.1.9", "5.1.90"})
"""Statuses 5.1.x that say nothing against the address written to: it is right, or the sender's is not."""
_UNKNOWN = "5.0.0"


@dataclass(frozen=True, slots=True)
class Verdict:
    """That a message did not arrive, and never will."""

    status: str
    """RFC 3463."""

    @property
    def is_of_address(self) -> bool:
        """Whether there is no such address, so that no other message will arrive there either."""
        return self.status.startswith("5.1.") and self.status not in _NOT_THE_ADDRESS


def envelope_from(number: int, recipient: str) -> str:
    """Return the address in the envelope of a message, to which relays report that it did not arrive (VERP).

    Without MAIL_BOUNCES, and for what is no message of the outbox (0), the sender's own. The mark in it answers for
    number and recipient: a report about an address that has been corrected since says nothing about the new one.
    """
    bounces = str(current_app.config["MAIL_BOUNCES"])
    if not bounces or not number:
        return str(current_app.config["MAIL_DEFAULT_SENDER"])
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{number}-{_mark(number, recipient)}@{domain}"


def _mark(number: int, recipient: str) -> str:
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(), b"workshop: bounces", "sha256")
    text = f"{number}|{fold_address(recipient)}"
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]


def receive_bounce(session: Session, received: Received, *, now: datetime) -> str | None:
    """Note that a message of ours did not arrive, and that its address does not exist where the report says so.

    Flushes. Commit where a text comes back; None: nothing changed.

    Args:
        session: the database session.
        received: what arrived, of kind BOUNCE.
        now: the present.

    Returns:
        The status (RFC 3463).
    """
    message = _find(session, received.recipients)
    if message is None:
        return None
    verdict = judge(received, recipient=message.recipient)
    if verdict is None:
        return None
    # Whoever was erased leaves no trace, not even that an address of theirs does not exist.
    if verdict.is_of_address and message.kind != "data_erased":
        suppress(session, address=message.recipient, status=verdict.status, now=now)
    if _has_left(message):
        message.state, message.reason = OutboxState.FAILED, f"{REASON}: {verdict.status}"
        # Nor does the worker that is still thinking of it write down that it left.
        message.claimed_by, message.finished_at = "", now
    session.flush()
    return verdict.status


def _has_left(message: OutboxMessage) -> bool:
    is_leaving = message.state is OutboxState.CLAIMED and message.payload_begun_at is not None
    return is_leaving or message.state in {OutboxState.SENT, OutboxState.UNCERTAIN}


def _find(session: Session, recipients: Collection[str]) -> OutboxMessage | None:
    """Return the message, locked, that one of these addresses stands for; None where no mark is right."""
    bounces = str(current_app.config["MAIL_BOUNCES"])
    own_local, _at, own_domain = fold_address(ascii_domain(bounces)).rpartition("@")
    for address in recipients if bounces else ():
        local, _at, domain = address.rpartition("@")
        name, _plus, tag = local.partition("+")
        found = _TAG.fullmatch(tag)
        if (name, _ascii(domain)) != (own_local, own_domain) or found is None or int(found[1]) >= _BEYOND_ROWS:
            continue
        statement = sa.select(OutboxMessage).where(OutboxMessage.id == int(found[1])).with_for_update()
        message = session.scalar(statement.execution_options(populate_existing=True))
        if message is None or not message.recipient:
            continue
        if hmac.compare_digest(_mark(message.id, message.recipient), found[2]):
            return message
    return None


def _ascii(domain: str) -> str:
    try:
        return fold_address(ascii_domain(f"x@{domain}")).rpartition("@")[2]
    except ValueError:
        return ""


def judge(received: Received, *, recipient: str) -> Verdict | None:
    """Return what a report says for good of a message to this recipient; None where it may still arrive, or did. Pure.

    Where a report speaks of several, as where an address stands for a list of people, those count that it was sent to.
    """
    if received.notice:
        return _judge_words(received.notice)
    own = fold_address(recipient)
    reports: Sequence[Reported] = [one for one in received.reports if own in one.recipients] or received.reports
    # One that arrived, or may, is enough for the address to be there.
    if not reports or any(not _is_final(one) for one in reports):
        return None
    verdicts = [Verdict(_status(one)) for one in reports]
    return next((one for one in verdicts if not one.is_of_address), verdicts[0])


def _is_final(one: Reported) -> bool:
    # What is `failed` was given up, whatever its status: after days of trying relays report the last 4.x.x (RFC 3464).
    return one.action == "failed" or (not one.action and one.status.startswith("5."))


def _status(one: Reported) -> str:
    """Return the most telling status: some relays always write 5.0.0, and what they were told only beside it."""
    found = _STATUS.match(one.status)
    if found is not None and (found[2], found[3]) != ("0", "0"):
        return found[0]
    said = _IN_WORDS.search(one.diagnostic)
    if said is not None:
        return said[1]
    return found[0] if found is not None and found[1] != "2" else _UNKNOWN


def _judge_words(notice: str) -> Verdict:
    """Read a report in words, up to where the message itself is repeated; those about delays are not known as such."""
    text = re.split(r"(?m)^-{3,}", notice, maxsplit=1)[0]
    said = _IN_WORDS.search(text)
    return Verdict(said[1] if said else _UNKNOWN)
