"""Messages to a relay or a folder; the one file that knows Flask-Mail (settings and connection).

Flask-Mail's own messages are not used: they carry two Message-IDs, let line breaks into headers and send lines that are
too long; its connection has no timeout and verifies no certificate (calendar-and-mail C1).
"""

from __future__ import annotations

import contextlib
import enum
import os
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, cast

import flask_mail
from flask import Flask, current_app

from workshop.mail.octets import Draft, ascii_domain, needs_smtputf8, sender

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
    is_away: bool = False
    """The relay could not be reached at all: no other message need try it now."""


class Transport(Protocol):
    """Where messages leave to."""

    def transmit(
        self, draft: Draft, before_payload: Callable[[], bool], meanwhile: Callable[[], object] | None = None
    ) -> Outcome:
        """Try once.

        Args:
            draft: the message.
            before_payload: called just before the message itself goes out; False stops it.
            meanwhile: called while there is nothing to do but to wait for the answer.
        """

    def close(self) -> None:
        """End politely where that takes no time."""


def make_transport() -> Transport:
    """Return the relay where MAIL_SERVER is set, else the folder."""
    return Relay() if current_app.config["MAIL_SERVER"] else Folder(Path(current_app.instance_path) / "mail")


class Folder:
    """Each message a file `<UTC time>-<number>.eml`, readable by its owner only, written whole and then renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def transmit(
        self, draft: Draft, before_payload: Callable[[], bool], meanwhile: Callable[[], object] | None = None
    ) -> Outcome:
        """Write the file."""
        del meanwhile
        octets = draft.octets
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

    def transmit(
        self, draft: Draft, before_payload: Callable[[], bool], meanwhile: Callable[[], object] | None = None
    ) -> Outcome:
        """Send one message; whatever the relay does, an outcome comes back."""
        is_old = self._host is not None
        outcome = self._try(draft, before_payload, meanwhile)
        if outcome.result is Result.LATER and is_old and self._host is None:
            # A relay may close an idle connection whenever it likes: that says nothing about this message.
            outcome = self._try(draft, before_payload, meanwhile)
        return outcome

    def _try(self, draft: Draft, before_payload: Callable[[], bool], meanwhile: Callable[[], object] | None) -> Outcome:
        octets = draft.octets  # what cannot be made is known before the relay hears of it
        try:
            host = self._host = self._host or self._connection.configure_host()
        except (OSError, smtplib.SMTPException) as fault:
            return Outcome(Result.LATER, f"no connection: {_why(fault)}", is_away=True)
        try:
            if (stopped := self._opened(host, draft, before_payload)) is not None:
                return stopped
        except (OSError, smtplib.SMTPException) as fault:
            self._drop()
            return Outcome(Result.LATER, f"connection lost: {_why(fault)}")
        try:
            send_payload(host, octets)
            if meanwhile is not None:
                meanwhile()
            return self._verdict(host)
        except (OSError, smtplib.SMTPException) as fault:
            self._drop()
            return Outcome(Result.UNCERTAIN, f"connection lost: {_why(fault)}")

    def _opened(self, host: smtplib.SMTP, draft: Draft, before_payload: Callable[[], bool]) -> Outcome | None:
        """Bring the relay to where it waits for the message; else what has become of that."""
        refused = self._recipients_at_once(host, draft) if _takes_several(host) else self._recipient(host, draft)
        if refused is not None:
            return refused
        # The row says that the message may leave while the relay makes itself ready for it.
        if not _takes_several(host):
            host.putcmd("DATA")
        if not before_payload():
            self._drop()  # between DATA and the final dot there is no other way to say no
            return Outcome(Result.ABANDONED)
        return self._expect(host, {354}, *host.getreply())

    def _recipient(self, host: smtplib.SMTP, draft: Draft) -> Outcome | None:
        """Say whom from and whom to; None when the relay takes both."""
        if (impossible := _cannot_take(host, draft)) is not None:
            return impossible
        options = ["SMTPUTF8", "BODY=8BITMIME"] if needs_smtputf8(draft.recipient) else []
        refused = self._expect(host, {250}, *host.mail(ascii_domain(draft.envelope_from or sender()), options))
        return refused or self._expect(host, {250, 251}, *host.rcpt(ascii_domain(draft.recipient)))

    def _recipients_at_once(self, host: smtplib.SMTP, draft: Draft) -> Outcome | None:
        """Say whom from, whom to and DATA in one breath (RFC 2920); None when the relay has taken the first two."""
        if (impossible := _cannot_take(host, draft)) is not None:
            return impossible
        options = " SMTPUTF8 BODY=8BITMIME" if needs_smtputf8(draft.recipient) else ""
        host.command_encoding = "utf-8" if options else "ascii"
        origin, recipient = ascii_domain(draft.envelope_from or sender()), ascii_domain(draft.recipient)
        host.send(f"MAIL FROM:<{origin}>{options}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n")
        replies = [host.getreply(), host.getreply()]
        for accepted, (code, reply) in zip(({250}, {250, 251}), replies, strict=True):
            if code not in accepted:
                self._leave_data(host)
                self._reset(host, code)
                return _refusal(code, reply)
        return None

    def _leave_data(self, host: smtplib.SMTP) -> None:
        """Read what the relay says to DATA, which came with what it refused (RFC 2920, 3.1)."""
        code, _reply = host.getreply()
        if code == 354:  # noqa: PLR2004 (it waits all the same; a message to nobody goes nowhere)
            host.send(b".\r\n")
            host.getreply()

    def _expect(self, host: smtplib.SMTP, accepted: set[int], code: int, reply: bytes) -> Outcome | None:
        """Return what a reply that is not among those accepted says; the relay then expects another message."""
        if code in accepted:
            return None
        self._reset(host, code)
        return _refusal(code, reply)

    def _verdict(self, host: smtplib.SMTP) -> Outcome:
        """Wait for what the relay says of the message that it has."""
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
        for code, reply in (host.mail(ascii_domain(sender())), host.rcpt(ascii_domain(recipient)), host.rset()):
            if code not in {250, 251}:
                raise smtplib.SMTPResponseException(code, reply)


def check_relay(app: Flask) -> str | None:
    """Hold a real conversation up to RCPT, to the sender's own address; returns what is wrong, or None."""
    with app.app_context(), Relay() as relay:
        try:
            relay.probe(sender())
        except (OSError, smtplib.SMTPException) as fault:
            return _why(fault)
    return None


def _takes_several(host: smtplib.SMTP) -> bool:
    return bool(host.has_extn("pipelining"))


def _cannot_take(host: smtplib.SMTP, draft: Draft) -> Outcome | None:
    if needs_smtputf8(draft.recipient) and not host.has_extn("smtputf8"):
        return Outcome(Result.REFUSED, "the address needs SMTPUTF8, which the relay does not offer")
    return None


def send_payload(host: smtplib.SMTP, octets: bytes) -> None:
    """Put the message on the wire, dots doubled (RFC 5321, 4.5.2).

    The final dot in the same breath: sent apart, it waits 40 ms for the relay's system to acknowledge the rest.
    """
    quoted = re.sub(rb"(?m)^\.", b"..", octets)
    host.send(quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n"))


def _refusal(code: int, reply: bytes) -> Outcome:
    is_final = 500 <= code < 600  # noqa: PLR2004 (RFC 5321, 4.2.1: permanent)
    return Outcome(Result.REFUSED if is_final else Result.LATER, _status(code, reply))


def _status(code: int, reply: bytes) -> str:
    """Return the code and the enhanced status (RFC 3463), and no more: the text often quotes the address."""
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", reply.strip())
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _why(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {fault.verify_message}"
    if isinstance(fault.__context__, TimeoutError):
        return "TimeoutError"  # smtplib calls silence a closed connection
    if isinstance(fault, smtplib.SMTPResponseException):
        reply = fault.smtp_error if isinstance(fault.smtp_error, bytes) else str(fault.smtp_error).encode()
        return f"{type(fault).__name__} {_status(fault.smtp_code, reply)}"
    return type(fault).__name__
