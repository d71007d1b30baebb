"""Messages to octets, and octets to a relay or a folder; the one file that knows Flask-Mail (settings and connection).

Flask-Mail's own messages are not used: they carry two Message-IDs, let line breaks into headers and send lines that are
too long; its connection has no timeout and verifies no certificate (calendar-and-mail C1).
"""

from __future__ import annotations

import contextlib
import enum
import functools
import hashlib
import os
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol, Self, cast

import flask_mail
from flask import Flask, current_app
from werkzeug.http import parse_options_header

from workshop.mail.service import itip_method_of

TIMEOUT = 30.0
"""Seconds for every step of the conversation but one."""
FINAL_TIMEOUT = 600.0
"""Seconds for the reply to the final dot (RFC 5321, 4.5.3.2.6)."""


class Result(enum.Enum):
    """What became of one attempt."""

    SENT = "sent"
    LATER = "later"
    """Refused for now, or never begun: it certainly did not leave."""
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    """The payload was begun and no reply came."""
    ABANDONED = "abandoned"
    """`before_payload` said no: it did not leave, and is no longer ours."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result with its reason, which never holds an address (relays quote it in their replies)."""

    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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


class _Verbatim(UnstructuredHeader):
    """A header that the library would break by making encoded words of it when it is long (RFC 8058; RFC 5322 ids).

    Those that are written here, short and in ASCII, are spared the library's parser too.
    """

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the value as it is."""
        kwds["parse_tree"], kwds["decoded"] = None, value

    def fold(self, *, policy: Any) -> str:
        """Return the header on one line; links and ids have no place to fold at."""
        return f"{cast('Any', self).name}: {self}{policy.linesep}"


class _Registry(HeaderRegistry):
    """The library's, which makes a class anew for every header of every message, and parses what is always the same."""

    def __call__(self, name: str, value: str) -> Any:
        """Return a header."""
        return _same_header(self, name, value) if name.lower() in _SAME else super().__call__(name, value)

    def __getitem__(self, name: str) -> Any:
        """Return the class for a header; there are as many as we write."""
        return _header_class(self, name.lower())


_SAME = frozenset({"content-transfer-encoding", "content-type", "from", "mime-version"})


@functools.lru_cache(maxsize=128)
def _same_header(registry: HeaderRegistry, name: str, value: str) -> Any:
    return HeaderRegistry.__call__(registry, name, value)


@functools.cache
def _header_class(registry: HeaderRegistry, name: str) -> Any:
    return HeaderRegistry.__getitem__(registry, name)


_REGISTRY = _Registry()
for _name in (
    *("list-unsubscribe", "list-unsubscribe-post", "references", "in-reply-to", "message-id"),
    *("auto-submitted", "content-language", "date", "x-auto-response-suppress"),
):
    _REGISTRY.map_to_type(_name, cast("Any", _Verbatim))
POLICY = SMTP.clone(header_factory=_REGISTRY)


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


def build(draft: Draft) -> EmailMessage:
    """Return the message with the headers of calendar-and-mail C2; raises ValueError for what no header may hold.

    The same draft gives the same octets, so that a second attempt sends what the first one sent.
    """
    message = EmailMessage(policy=POLICY.clone(utf8=needs_smtputf8(draft.recipient)))
    message["From"] = str(Address(draft.sender_name, addr_spec=ascii_domain(_sender())))
    message["To"] = ascii_domain(draft.recipient)
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(draft.date)
    message["Message-ID"] = draft.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    for name, value in draft.headers.items():
        if re.search(r"[\r\n]", name + value):
            raise ValueError("line break in a header")
        message[name] = value
    # Quoted-printable keeps every line short, whatever the relay says about eight bits.
    message.set_content(draft.text, cte="quoted-printable")
    message.add_alternative(draft.html, subtype="html", cte="quoted-printable")
    # What is added as an alternative must be there before what is attached beside the alternatives.
    for attachment in sorted(draft.attachments, key=lambda one: not itip_method_of([one])):
        _attach(message, attachment)
    # Do not move this up: set_content and add_alternative delete or take away what begins with Content-.
    message["Content-Language"] = draft.language
    _set_boundaries(message, draft.message_id)
    return message


def _set_boundaries(message: EmailMessage, message_id: str) -> None:
    # The library would take them from chance; neither quoted-printable nor base64 can hold what begins so.
    seed = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seed}_{number}")


def _attach(message: EmailMessage, attachment: Mapping[str, str]) -> None:
    content_type, parameters = parse_options_header(attachment["content_type"])
    maintype, _, subtype = content_type.partition("/")
    if itip_method_of([attachment]):
        # Some clients look for an invitation among the alternatives, others for a file: both get the same octets.
        octets = attachment["content"].encode()
        message.add_alternative(octets, maintype=maintype, subtype=subtype, cte="base64", params=parameters)
        *_others, part = message.iter_parts()
        # The library would quote every parameter and break the line, and programs search it for `method=REQUEST`.
        part.replace_header("Content-Type", _REGISTRY["message-id"]("Content-Type", attachment["content_type"]))
        message.add_attachment(
            octets, maintype="application", subtype="ics", cte="base64", filename=attachment["filename"]
        )
        return
    message.add_attachment(
        attachment["content"].encode(),
        maintype=maintype,
        subtype=subtype,
        cte="base64",
        filename=attachment["filename"],
        params=parameters,
    )


def _sender() -> str:
    return str(current_app.config["MAIL_DEFAULT_SENDER"])


class Transport(Protocol):
    """Where messages leave to."""

    def transmit(self, draft: Draft, before_payload: Callable[[], bool]) -> Outcome:
        """Try once. `before_payload` is called just before the message itself goes out; False stops it."""

    def close(self) -> None:
        """End politely where that takes no time."""


def make_transport() -> Transport:
    """Return the relay where MAIL_SERVER is set, else the folder."""
    return Relay() if current_app.config["MAIL_SERVER"] else Folder(Path(current_app.instance_path) / "mail")


class Folder:
    """Each message a file `<UTC time>-<number>.eml`, readable by its owner only, written whole and then renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def transmit(self, draft: Draft, before_payload: Callable[[], bool]) -> Outcome:
        """Write the file."""
        octets = build(draft).as_bytes()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        if not before_payload():
            return Outcome(Result.ABANDONED)
        target = self.path / f"{draft.date:%Y%m%dT%H%M%SZ}-{draft.number}.eml"
        partial = self.path / f".{draft.number}-{os.getpid()}.part"
        partial.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as fault:
            partial.unlink(missing_ok=True)
            return Outcome(Result.LATER, f"file not written: {type(fault).__name__}")
        return Outcome(Result.SENT)

    def close(self) -> None:
        """Nothing is open."""


class Connection(flask_mail.Connection):
    """Flask-Mail's connection with timeouts, a verified certificate, and no look-up of this machine's name."""

    def configure_host(self) -> smtplib.SMTP:
        """Connect, secure and sign in; raises OSError or smtplib.SMTPException."""
        domain = self.mail.default_sender.rpartition("@")[2]
        name = domain if domain.isascii() else "localhost"
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                self.mail.server, self.mail.port, name, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            host = smtplib.SMTP(self.mail.server, self.mail.port, name, timeout=TIMEOUT)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            host.ehlo_or_helo_if_needed()
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host


class Relay:
    """One SMTP connection for many messages, opened when the first one leaves."""

    def __init__(self) -> None:
        state = flask_mail.Mail().init_mail(current_app.config)
        self._connection = Connection(cast("Any", state))
        self._host: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def transmit(self, draft: Draft, before_payload: Callable[[], bool]) -> Outcome:
        """Send one message; whatever the relay does, an outcome comes back."""
        is_old = self._host is not None
        outcome = self._try(draft, before_payload)
        if outcome.result is Result.LATER and is_old and self._host is None:
            # A relay may close an idle connection whenever it likes: that says nothing about this message.
            outcome = self._try(draft, before_payload)
        return outcome

    def _try(self, draft: Draft, before_payload: Callable[[], bool]) -> Outcome:
        message = build(draft)
        octets = message.as_bytes()
        try:
            host = self._host = self._host or self._connection.configure_host()
            if (refused := self._envelope(host, draft)) is not None:
                return refused
        except (OSError, smtplib.SMTPException) as fault:
            self._drop()
            return Outcome(Result.LATER, _why(fault))
        if not before_payload():
            self._drop()  # between DATA and the final dot there is no other way to say no
            return Outcome(Result.ABANDONED)
        try:
            return self._payload(host, octets)
        except (OSError, smtplib.SMTPException) as fault:
            self._drop()
            return Outcome(Result.UNCERTAIN, _why(fault))

    def _envelope(self, host: smtplib.SMTP, draft: Draft) -> Outcome | None:
        """Say whom from and whom to; None when the relay waits for the message."""
        options: list[str] = []
        if needs_smtputf8(draft.recipient):
            if not host.has_extn("smtputf8"):
                return Outcome(Result.REFUSED, "the address needs SMTPUTF8, which the relay does not offer")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        steps: tuple[tuple[set[int], Callable[[], tuple[int, bytes]]], ...] = (
            ({250}, lambda: host.mail(ascii_domain(_sender()), options)),
            ({250, 251}, lambda: host.rcpt(ascii_domain(draft.recipient))),
            ({354}, lambda: host.docmd("DATA")),
        )
        for accepted, step in steps:
            code, reply = step()
            if code not in accepted:
                self._reset(host, code)
                return _refusal(code, reply)
        return None

    def _payload(self, host: smtplib.SMTP, octets: bytes) -> Outcome:
        quoted = re.sub(rb"(?m)^\.", b"..", octets)
        # The dot in the same breath: sent apart, it waits 40 ms for the relay's system to acknowledge the rest.
        host.send(quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n"))
        sock = cast("Any", host).sock
        sock.settimeout(FINAL_TIMEOUT)
        code, reply = host.getreply()
        if code == 250:  # noqa: PLR2004 (RFC 5321: accepted)
            sock.settimeout(TIMEOUT)
            return Outcome(Result.SENT)
        self._reset(host, code)
        if code < 400:  # noqa: PLR2004 (a reply that RFC 5321 does not know here)
            return Outcome(Result.UNCERTAIN, _status(code, reply))
        return _refusal(code, reply)

    def _reset(self, host: smtplib.SMTP, code: int) -> None:
        if code == 421:  # noqa: PLR2004 (RFC 5321: the relay closes)
            self._drop()
            return
        try:
            cast("Any", host).sock.settimeout(TIMEOUT)
            host.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._host is not None:
            with contextlib.suppress(OSError):
                self._host.close()
        self._host = None

    def close(self) -> None:
        """Say goodbye without waiting for the answer."""
        if self._host is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._host.putcmd("quit")
        self._drop()

    def probe(self, recipient: str) -> None:
        """Go up to RCPT and back; raises OSError or smtplib.SMTPException."""
        host = self._host = self._host or self._connection.configure_host()
        for code, reply in (host.mail(ascii_domain(_sender())), host.rcpt(ascii_domain(recipient)), host.rset()):
            if code not in {250, 251}:
                raise smtplib.SMTPResponseException(code, reply)


def check_relay(app: Flask) -> str | None:
    """Hold a real conversation up to RCPT, to the sender's own address; returns what is wrong, or None."""
    with app.app_context(), Relay() as relay:
        try:
            relay.probe(_sender())
        except (OSError, smtplib.SMTPException) as fault:
            return _why(fault)
    return None


def _refusal(code: int, reply: bytes) -> Outcome:
    is_final = 500 <= code < 600  # noqa: PLR2004 (RFC 5321, 4.2.1: permanent)
    return Outcome(Result.REFUSED if is_final else Result.LATER, _status(code, reply))


def _status(code: int, reply: bytes) -> str:
    """Return the code and the enhanced status (RFC 3463), and no more: the text often quotes the address."""
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", reply.strip())
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _why(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        reply = fault.smtp_error if isinstance(fault.smtp_error, bytes) else str(fault.smtp_error).encode()
        return f"{type(fault).__name__} {_status(fault.smtp_code, reply)}"
    return type(fault).__name__
