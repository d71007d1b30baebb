"""A message to the octets that go over the wire (RFC 5322, RFC 2045–2047); apart from transport.py, which moves them.

The library writes the headers. The parts are put together here: its way of encoding and folding a body costs more than
all the rest of a message's journey.
"""

from __future__ import annotations

import binascii
import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import current_app
from werkzeug.http import parse_options_header

from workshop.mail.service import itip_method_of

_VERBATIM = frozenset({"in-reply-to", "list-unsubscribe", "list-unsubscribe-post", "references"})
"""Headers that the library would break by making encoded words of them when they are long (RFC 8058; RFC 5322 ids)."""
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]+")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_FITS = 70
"""Octets of an address that surely stands on one line beside `To: `."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """All facts of one message, tokens in place. Never stored, never logged."""

    number: int
    recipient: str
    sender_name: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    date: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Mapping[str, str]] = ()
    envelope_from: str = ""
    """Where the envelope says that it comes from, so that what does not arrive comes back there; empty: as From."""

    @functools.cached_property
    def octets(self) -> bytes:
        """What `compose` says, put together once: it may be asked for before its turn, while the relay thinks."""
        return compose(self)


def needs_smtputf8(address: str) -> bool:
    """Whether the local part is beyond ASCII (RFC 6531); a domain is not enough, it has an A-label."""
    return not address.rpartition("@")[0].isascii()


def ascii_domain(address: str) -> str:
    """Return the address with its domain as A-labels (IDNA)."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    from email_validator import validate_email

    return f"{local}@{validate_email(f'x@{domain}', check_deliverability=False).ascii_domain}"


def sender() -> str:
    """Return the address that mail comes from."""
    return str(current_app.config["MAIL_DEFAULT_SENDER"])


def compose(draft: Draft) -> bytes:
    """Return the message with the headers of calendar-and-mail C2; raises ValueError for what no header may hold.

    The same draft gives the same octets, so that a second attempt sends what the first one sent.
    """
    is_utf8 = needs_smtputf8(draft.recipient)
    named = [
        ("From", _from(draft.sender_name, ascii_domain(sender()))),
        ("To", ascii_domain(draft.recipient)),
        ("Subject", draft.subject),
        ("Date", format_datetime(draft.date)),
        ("Message-ID", draft.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        *draft.headers.items(),
        ("MIME-Version", "1.0"),
        ("Content-Language", draft.language),
    ]
    head = b"".join(_header(name, value, is_utf8=is_utf8) for name, value in named)
    return head + _body(draft)


@functools.lru_cache(maxsize=64)
def _from(name: str, address: str) -> str:
    return str(Address(name, addr_spec=address))


def _header(name: str, value: str, *, is_utf8: bool) -> bytes:
    if re.search(r"[\r\n]", name + value):
        raise ValueError("line break in a header")
    lowered = name.lower()
    is_ours = lowered in {"date", "message-id"} or lowered in _VERBATIM
    if is_ours or (lowered == "to" and len(value) <= _FITS and _PLAIN_ADDRESS.fullmatch(value)):
        return f"{name}: {value}\r\n".encode("utf-8" if is_utf8 else "ascii")
    return _folded(name, value, is_utf8=is_utf8)


@functools.lru_cache(maxsize=256)
def _folded(name: str, value: str, *, is_utf8: bool) -> bytes:
    # Hundreds of messages about one session have the same subject, sender and address for replies.
    policy = SMTP.clone(utf8=is_utf8)
    return policy.fold_binary(*policy.header_store_parse(name, value))


def _body(draft: Draft) -> bytes:
    # What stands among the alternatives comes before what is attached beside them.
    files = sorted(draft.attachments, key=lambda one: not itip_method_of([one]))
    # Neither quoted-printable nor base64 can hold what begins so; taken from the id, not from chance.
    seed = hashlib.sha256(draft.message_id.encode()).hexdigest()[:32]
    alternatives = [_quoted("plain", draft.text), _quoted("html", draft.html)]
    beside: list[bytes] = []
    for one in files:
        content = _base64(one["content"])
        if itip_method_of([one]):
            # Some clients look for an invitation among the alternatives, others for a file: both get the same octets.
            # The library would quote every parameter and break the line; programs search it for `method=REQUEST`.
            alternatives.append(_part_head(_checked(one["content_type"]), "") + content)
            beside.append(_part_head("application/ics", one["filename"]) + content)
        else:
            beside.append(_part_head(_quoted_type(one["content_type"]), one["filename"]) + content)
    inner = _multipart("alternative", f"=_{seed}_{1 if beside else 0}", alternatives)
    return _multipart("mixed", f"=_{seed}_0", [inner, *beside]) if beside else inner


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    mark = f"--{boundary}".encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _quoted(subtype: str, text: str) -> bytes:
    """Return a part in quoted-printable: every line stays short, whatever the relay says about eight bits."""
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    lines = _LINE_BREAK.sub("\r\n", text)
    if not lines.endswith("\r\n"):
        lines += "\r\n"
    return head.encode() + binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)


def _base64(content: str) -> bytes:
    octets = content.encode()
    return b"".join(
        binascii.b2a_base64(octets[first : first + 57], newline=False) + b"\r\n" for first in range(0, len(octets), 57)
    )


def _checked(content_type: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", content_type) or not content_type.isascii():
        raise ValueError("line break in a header")
    return content_type


@functools.lru_cache(maxsize=64)
def _quoted_type(content_type: str) -> str:
    """Return a content type with its parameters as the library writes them."""
    kind, parameters = parse_options_header(content_type)
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = kind
    for name, value in parameters.items():
        part.set_param(name, value)
    return str(part["Content-Type"])


@functools.lru_cache(maxsize=64)
def _part_head(content_type: str, filename: str) -> bytes:
    """Return the headers of a part in base64; with a file name it is one to be kept."""
    part = EmailMessage(policy=SMTP)
    if filename:
        part.add_header("Content-Disposition", "attachment", filename=filename)
    part["Content-Transfer-Encoding"] = "base64"
    return f"Content-Type: {_checked(content_type)}\r\n".encode() + part.as_bytes()
