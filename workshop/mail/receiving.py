"""One message that arrived, to what it is and brings; apart from delivery.py because whoever wrote it is not trusted.

Pure. Everything is bounded before the library sees it, because its parser takes quadratic time on what hostile people
write into a header.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from itertools import islice
from typing import Any

from workshop.core.addresses import fold_address

MAX_OCTETS = 1024 * 1024
MAX_DEPTH = 10
"""Multiparts within one another, the outermost counted."""
MAX_PARTS = 50
MAX_CALENDAR = 256 * 1024
"""Octets of one calendar, once decoded."""
_MAX_FIELD = 4096
"""Octets of a header that is taken apart into parameters."""
_MAX_LIST = 64 * 1024
"""Characters of a header that addresses are looked for in."""
_MAX_BOUNDARIES = 100
_MAX_DASHES = 2000
_MAX_LINES = 50_000
_FIELD = re.compile(
    rb"(?:^|[\r\n])content-(?:type|disposition)[ \t]*:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE
)
_DASHES = re.compile(rb"(?:^|[\r\n])--")
_ADDRESS = re.compile(r"[^\s<>\"',;:()@\[\]\\]{1,64}@[^\s<>\"',;:()@\[\]\\]{1,255}")
_CALENDAR_TYPES = frozenset({"text/calendar", "application/ics"})
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MAX_NOTICE = 32 * 1024
"""Octets of a report in words that are read."""
_MAX_REPORTS = 50
_MAX_REPORTED = 2000
"""Characters of a field of a report that are read."""
_IN_WORDS = "Hi. This is the"
"""What reports in words begin with (QSBMF); other relays that write such put X-Failed-Recipients into the header."""
_RECIPIENTS = ("Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_ANSWERS_ITSELF = ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Vacation")


class Kind(enum.StrEnum):
    """What a message is, for who acts upon answers from calendars."""

    CALENDAR = "calendar"
    """It brings calendars."""
    AUTOMATIC = "automatic"
    """Somebody is away (RFC 3834)."""
    BOUNCE = "bounce"
    """A report about a message of ours (RFC 6522), or what older relays write in its place."""
    OWN = "own"
    """It came from here."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report says of one recipient (RFC 3464, 2.3); nobody vouches for any of it."""

    action: str
    """`failed`, `delayed`, `delivered`, `relayed`, `expanded` …; empty where it is not said."""
    status: str
    """RFC 3463, such as `5.1.1`, or what stands in its place."""
    diagnostic: str
    """What the other relay answered."""
    recipients: tuple[str, ...]
    """Addresses, folded: whom it was for, and whom it was for in the end."""


@dataclass(frozen=True, slots=True)
class Received:
    """What a message is and brings."""

    kind: Kind
    recipients: tuple[str, ...] = ()
    """Addresses that it was sent or delivered to, folded."""
    calendars: tuple[bytes, ...] = ()
    """Different ones in the order of the message, UTF-8; empty unless CALENDAR."""
    reason: str = ""
    """A code: why it is OTHER."""
    reports: tuple[Reported, ...] = ()
    """What a BOUNCE reports; empty where it reports something else than how mail was delivered."""
    notice: str = ""
    """A BOUNCE in words, where no program was meant to read it."""


def read_message(octets: bytes, *, own: Collection[str] = ()) -> Received:
    """Return what a message is and brings. Never raises.

    Args:
        octets: RFC 5322, with any line ends.
        own: addresses that our own mail comes from.
    """
    if reason := _reason_against(octets):
        return Received(Kind.OTHER, reason=reason)
    try:
        return _read(BytesParser(policy=compat32).parsebytes(octets), {fold_address(address) for address in own})
    except Exception:  # noqa: BLE001 (the library's parser fails in many ways on what nobody would write in good faith)
        return Received(Kind.OTHER, reason="malformed")


def _reason_against(octets: bytes) -> str:
    """Return why a message is not even parsed, or nothing; in linear time."""
    if len(octets) > MAX_OCTETS or max(octets.count(b"\n"), octets.count(b"\r")) > _MAX_LINES:
        return "too_large"
    if any(len(match[0]) > _MAX_FIELD for match in _FIELD.finditer(octets)):
        return "too_large"
    # The library tries each boundary on each line.
    if octets.lower().count(b"boundary") > _MAX_BOUNDARIES or len(_DASHES.findall(octets)) > _MAX_DASHES:
        return "too_many_parts"
    return ""


def _read(message: Message, own: AbstractSet[str]) -> Received:
    parts = list(_walk(message))
    if reason := _reason_against_parts(parts):
        return Received(Kind.OTHER, reason=reason)
    recipients = tuple(dict.fromkeys(found for name in _RECIPIENTS for found in _addresses(message, name)))
    kind = _kind(message, own)
    if kind is Kind.BOUNCE:
        reports = tuple(_reports(part for _depth, part in parts))
        return Received(kind, recipients, reports=reports, notice="" if reports else _notice(message))
    if kind is not None:
        return Received(kind, recipients)
    calendars = tuple(dict.fromkeys(found for _depth, part in parts if (found := _calendar(part)) is not None))
    if any(len(calendar) > MAX_CALENDAR for calendar in calendars):
        return Received(Kind.OTHER, recipients, reason="too_large")
    if calendars:
        return Received(Kind.CALENDAR, recipients, calendars)
    is_from_nobody = str(message.get("Return-Path", "")).strip() == "<>"
    return (
        Received(Kind.AUTOMATIC, recipients) if is_from_nobody else Received(Kind.OTHER, recipients, (), "no_calendar")
    )


def _reason_against_parts(parts: Sequence[tuple[int, Message]]) -> str:
    if len(parts) > MAX_PARTS:
        return "too_many_parts"
    return "too_deep" if any(depth > MAX_DEPTH for depth, _part in parts) else ""


def _walk(message: Message, depth: int = 1) -> Iterator[tuple[int, Message]]:
    """Give each part with its depth; a forwarded message stays closed, since what it says is somebody else's."""
    yield depth, message
    if depth > MAX_DEPTH or message.get_content_maintype() != "multipart" or not message.is_multipart():
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _walk(part, depth + 1)


def _kind(message: Message, own: AbstractSet[str]) -> Kind | None:
    """Return what the headers say, None where they leave open what the message is."""
    if message.get_content_type() == "multipart/report" or _notice(message):
        return Kind.BOUNCE
    if not own.isdisjoint(_addresses(message, "From")):
        return Kind.OWN
    # `auto-generated` is no reason: calendar services send the answer that their user pressed so.
    is_reply = str(message.get("Auto-Submitted", "")).strip().casefold().startswith("auto-replied")
    says_so = any(name in message for name in _ANSWERS_ITSELF)
    if is_reply or says_so or str(message.get("Precedence", "")).strip().casefold() == "auto_reply":
        return Kind.AUTOMATIC
    return None


def _notice(message: Message) -> str:
    """Return a report in words; empty where it is none."""
    if message.is_multipart() or message.get_content_type() != "text/plain":
        return ""
    payload = message.get_payload(decode=True)
    text = _decode(payload[:_MAX_NOTICE], "") if isinstance(payload, bytes) else ""
    return text if _addresses(message, "X-Failed-Recipients") or text.lstrip().startswith(_IN_WORDS) else ""


def _reports(parts: Iterable[Message]) -> Iterator[Reported]:
    """Give what the parts for programs say (RFC 3464), of as many recipients as are read."""
    of_programs = (part for part in parts if part.get_content_type() in _STATUS_TYPES)
    for block in islice((block for part in of_programs for block in _blocks(part)), _MAX_REPORTS):
        recipients = tuple(
            dict.fromkeys(
                found for name in ("Original-Recipient", "Final-Recipient") for found in _addresses(block, name)
            )
        )
        if not recipients and "Status" not in block:
            continue  # what is said of the message as a whole
        yield Reported(
            action=_said(block, "Action").casefold(),
            status=_said(block, "Status"),
            diagnostic=_said(block, "Diagnostic-Code"),
            recipients=recipients,
        )


def _blocks(part: Message) -> Iterator[Message]:
    """Give the groups of fields of a part; the library takes those of the kind of RFC 6533 for one and a text."""
    payload = part.get_payload()
    for block in payload if isinstance(payload, list) else ():
        if isinstance(block, Message):
            yield block
            rest = block.get_payload()
            texts = re.split(r"\r?\n[ \t]*\r?\n", rest) if isinstance(rest, str) else ()
            for text in filter(str.strip, texts):
                yield HeaderParser(policy=compat32).parsestr(text.lstrip("\r\n"))


def _said(block: Message, name: str) -> str:
    return str(block.get(name, ""))[:_MAX_REPORTED].strip()


def _addresses(message: Message, name: str) -> list[str]:
    """Return every address in all headers of that name, folded; names of people are left out with the rest."""
    texts: list[Any] = message.get_all(name, [])
    return [fold_address(found) for text in texts for found in _ADDRESS.findall(str(text)[:_MAX_LIST])]


def _calendar(part: Message) -> bytes | None:
    """Return a part's calendar in UTF-8, or None where it is none."""
    if part.is_multipart():
        return None
    is_calendar = part.get_content_type() in _CALENDAR_TYPES
    if not is_calendar and not (part.get_filename() or "").casefold().endswith(".ics"):
        return None
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return None
    return _decode(payload, str(part.get_content_charset() or "")).encode("utf-8", "replace")


def _decode(payload: bytes, charset: str) -> str:
    """Return the text: UTF-8 where it is that, else what the part says it is, else as much as can be read."""
    for name in ("utf-8-sig", charset):
        try:
            return payload.decode(name or "ascii")
        except (UnicodeError, LookupError):
            continue
    return payload.decode("utf-8", "replace")
