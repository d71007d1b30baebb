"""What an announcement may be and do. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from workshop.core.errors import ConflictError

WITHOUT_SESSIONS = timedelta(days=365)
"""How long somebody may follow a series of which nothing is announced."""
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_LINK = re.compile(r"https://[^\s<>\"«»“”]+")
_TRAILING = ".,;:!?…'’)]}\u00a0\u202f"
_MARK = re.compile(r"\[(?=\[)")
_BREAK = "[\u200b"


class AnnouncementChangedError(ConflictError):
    """Somebody saved another version meanwhile; nothing was done."""

    code = "announcement_changed"


class AnnouncementNotTestedError(ConflictError):
    """This version was not sent to its writer yet; nothing was done."""

    code = "announcement_not_tested"


class RecipientsChangedError(ConflictError):
    """It would go to another number of people than the one confirmed (`number` in the context); nothing was done."""

    code = "recipients_changed"


class AnnouncementStandsError(ConflictError):
    """It stands where this cannot be done: it has begun to leave, or has ended; nothing was done."""

    code = "announcement_stands"


class Piece(NamedTuple):
    """A part of a line: a text, or an address that becomes a link."""

    text: str
    is_link: bool = False


Paragraph = tuple[tuple[Piece, ...], ...]
"""Lines, each of pieces."""


def paragraphs(text: str) -> list[Paragraph]:
    """Return an organiser's text as paragraphs of lines; only whole https addresses are links, nothing is markup."""
    # What looks like the mark of a secret link must not become one, however many brackets it begins with.
    whole = _PARAGRAPHS.split(_MARK.sub(_BREAK, text).strip())
    return [tuple(tuple(_pieces(line)) for line in part.split("\n")) for part in whole if part]


def _pieces(line: str) -> Iterable[Piece]:
    at = 0
    for match in _LINK.finditer(line):
        address = match[0].rstrip(_TRAILING)
        # A bracket that was opened within the address belongs to it.
        if match[0][len(address) :].startswith(")") and address.count("(") > address.count(")"):
            address += ")"
        if match.start() > at:
            yield Piece(line[at : match.start()])
        yield Piece(address, is_link=len(address) > len("https://"))
        at = match.start() + len(address)
    if at < len(line):
        yield Piece(line[at:])


def subscriber_erases_at(ends: Collection[datetime], *, confirmed_at: datetime, retention_days: int) -> datetime:
    """Return when a subscriber is erased, as things stand.

    So long after the last session, or after they came where that was later; after a year where there is no session.

    Args:
        ends: of the series' sessions.
        confirmed_at: when they confirmed their address.
        retention_days: the series'.
    """
    if not ends:
        return confirmed_at + WITHOUT_SESSIONS
    return max([confirmed_at, *ends]) + timedelta(days=retention_days)
