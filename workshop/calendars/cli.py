"""`workshop mail receive`: answers from calendars and reports of what did not arrive, from a pipe or a mailbox."""

from __future__ import annotations

import logging
import sys

import click
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.calendars import service
from workshop.core import clock
from workshop.core.db import db
from workshop.mail import mailbox
from workshop.mail.receiving import MAX_OCTETS

_CHUNK = 64 * 1024
logger = logging.getLogger(__name__)


@click.command()
@click.option("--imap", is_flag=True, help="Look once into the mailbox that IMAP_SERVER names.")
def receive(*, imap: bool) -> None:
    """Read one message on standard input, and do what it says if it answers an invitation or reports a failure.

    It ends with 0 also where it ignores the message, so that the mail server never writes back to anybody; with 75
    where it should be tried again.
    """
    if not imap:
        take(_standard_input())
        return
    if not current_app.config["IMAP_SERVER"]:
        raise click.ClickException(_("No mailbox is set: set WORKSHOP_IMAP_SERVER."))
    try:
        count = poll()
    except mailbox.MailboxError as fault:
        raise click.ClickException(_("The mailbox cannot be read: %(fault)s", fault=fault)) from None
    click.echo(_("Messages read and deleted: %(number)d", number=count))


def take(octets: bytes) -> service.Effect:
    """Apply one message in a transaction of its own."""
    with Session(db.engine) as session:
        effect = service.receive(session, octets, now=clock.now())
        if effect.is_applied:
            session.commit()
        else:
            session.rollback()
        return effect


def poll() -> int:
    """Take every message out of the mailbox; returns how many. One that our own fault stopped stays there.

    Raises:
        MailboxError: it cannot be reached, or refuses.
    """
    return mailbox.empty(current_app.config, _is_done)


def _is_done(octets: bytes) -> bool:
    try:
        take(octets)
    except Exception as fault:  # noqa: BLE001 (any fault of ours keeps the message, and only that one)
        # Not the message: a database's fault quotes the values, and those are people.
        logger.error("a message stays in the mailbox: %s", type(fault).__name__)  # noqa: TRY400 (a trace could show an address)
        return False
    return True


def _standard_input() -> bytes:
    """Return the message, of a large one one octet more than is ever read; whoever writes can write to the end."""
    stream = sys.stdin.buffer
    found = stream.read(MAX_OCTETS + 1)
    while stream.read(_CHUNK):
        pass
    return found
