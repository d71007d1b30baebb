"""A mailbox read by IMAP and emptied; apart from transport.py because that one sends (RFC 3501, TLS verified)."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workshop.config import LOOPBACK
from workshop.mail.receiving import MAX_OCTETS

TIMEOUT = 30.0
"""Seconds for every step of the conversation."""
BATCH = 100
"""Messages taken in one visit."""


class MailboxError(Exception):
    """The mailbox cannot be used; what it says names no address and no password."""


def empty(settings: Mapping[str, Any], handle: Callable[[bytes], bool]) -> int:
    """Give each message to `handle` and delete it where that says so; returns how many were deleted.

    Replies are personal data: none is kept longer than needed. Those larger than anything that is read are given as
    their first octets, and so refused.

    Args:
        settings: the configuration, IMAP_SERVER set.
        handle: takes a message's octets; True: it may be deleted, False: it stays for the next visit.

    Raises:
        MailboxError: it cannot be reached, or refuses.
    """
    with _visit(settings) as mailbox:
        _expect(*mailbox.select(_quoted(settings["IMAP_FOLDER"])))
        _, found = mailbox.uid("SEARCH", "UNDELETED")
        numbers = (found[0] or b"").split()[:BATCH]
        done = [number for number in numbers if handle(_fetch(mailbox, number.decode("ascii")))]
        for number in done:
            _expect(*mailbox.uid("STORE", number.decode("ascii"), "+FLAGS.SILENT", r"(\Deleted)"))
        if done:
            _expect(*_expunge(mailbox, b",".join(done).decode("ascii")))
        return len(done)


def check(settings: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the mailbox, or None where it opens and messages in it may be deleted."""
    try:
        with _visit(settings) as mailbox:
            _expect(*mailbox.select(_quoted(settings["IMAP_FOLDER"])))
    except MailboxError as fault:
        return str(fault)
    return None


@contextmanager
def _visit(settings: Mapping[str, Any]) -> Iterator[imaplib.IMAP4]:
    """Give the mailbox, signed in; every fault of it and of the network becomes a MailboxError."""
    try:
        mailbox = _connect(settings)
        try:
            _sign_in(mailbox, settings)
            yield mailbox
        finally:
            _leave(mailbox)
    except imaplib.IMAP4.error as fault:
        raise MailboxError(f"it refuses ({type(fault).__name__})") from None
    except ssl.SSLError as fault:
        raise MailboxError(f"no verified TLS ({fault.reason})") from None
    except OSError as fault:
        raise MailboxError(f"it does not answer ({fault.strerror or type(fault).__name__})") from None


def _connect(settings: Mapping[str, Any]) -> imaplib.IMAP4:
    host, port = settings["IMAP_SERVER"], settings["IMAP_PORT"]
    context = ssl.create_default_context()
    if settings["IMAP_USE_SSL"]:
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT)
    mailbox = imaplib.IMAP4(host, port, timeout=TIMEOUT)
    if host not in LOOPBACK:
        try:
            mailbox.starttls(context)
        except BaseException:
            mailbox.shutdown()
            raise
    return mailbox


def _sign_in(mailbox: imaplib.IMAP4, settings: Mapping[str, Any]) -> None:
    user, password = settings["IMAP_USERNAME"], settings["IMAP_PASSWORD"]
    try:
        if "AUTH=PLAIN" in mailbox.capabilities:
            # Unlike LOGIN it takes any character (RFC 4616).
            mailbox.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
        else:
            mailbox.login(_quoted(user), password)
    except imaplib.IMAP4.error:
        # What the server says may quote the user's name.
        raise MailboxError("it refuses IMAP_USERNAME or IMAP_PASSWORD") from None


def _leave(mailbox: imaplib.IMAP4) -> None:
    """Say goodbye; what cannot be said is no fault, since all that mattered was said before."""
    try:
        mailbox.logout()
    except (imaplib.IMAP4.error, OSError):
        mailbox.shutdown()


def _fetch(mailbox: imaplib.IMAP4, number: str) -> bytes:
    """Return a message's octets without marking it as read; of a large one, one octet more than is ever read."""
    _, found = mailbox.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_OCTETS + 1}>)")
    octets = next((part[1] for part in found if isinstance(part, tuple)), b"")
    return octets if isinstance(octets, bytes) else b""


def _expunge(mailbox: imaplib.IMAP4, numbers: str) -> tuple[str, Any]:
    """Take out these messages alone where the server can (RFC 4315), else all that are marked as deleted."""
    # Asked anew: many servers tell what they can only to whoever has signed in.
    _, said = mailbox.capability()
    can_name_them = b"UIDPLUS" in (said[-1] or b"").upper().split()
    return mailbox.uid("EXPUNGE", numbers) if can_name_them else mailbox.expunge()


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _expect(status: str, _said: Any) -> None:
    if status != "OK":
        raise MailboxError("it has no folder of that name, or does not let messages be deleted there")
