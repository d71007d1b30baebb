"""A real SMTP relay on the loopback that does what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Received:
    """One message as it came over the wire."""

    sender: str
    recipients: list[str]
    octets: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return email.message_from_bytes(self.octets, policy=email.policy.default)


@dataclass
class FakeRelay:
    """What the relay received, and what it shall answer.

    `data_replies` are taken one after the other, then "250 OK": a reply, "drop" (closes after the dot), "silent"
    (never answers), "accept and drop" (keeps the message, closes without a word), "drop before" (closes at DATA),
    "drop within" (closes when a part of the payload has come). `rcpt_replies` likewise: a reply, "drop" or "silent".
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    data_replies: list[str] = field(default_factory=list)
    rcpt_replies: list[str] = field(default_factory=list)
    refused_domains: dict[str, str] = field(default_factory=dict)
    """Replies to RCPT by the recipient's domain; they go before `rcpt_replies`."""
    offers: list[str] = field(default_factory=list)
    """Further extensions named in the reply to EHLO, such as PIPELINING."""
    connections: int = 0
    delay: float = 0.0
    began: threading.Event = field(default_factory=threading.Event)
    """Set when a payload has arrived."""

    async def handle_EHLO(  # noqa: N802 (the signature is aiosmtpd's)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count connections."""
        self.connections += 1
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{name}" for name in self.offers), responses[-1]]

    async def handle_RCPT(  # noqa: N802 (the signature is aiosmtpd's)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer as told."""
        reply = self.refused_domains.get(address.rpartition("@")[2])
        if reply is None:
            reply = self.rcpt_replies.pop(0) if self.rcpt_replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return await self._say(server, reply)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        """Answer as told."""
        reply = self.data_replies.pop(0) if self.data_replies else "250 OK"
        received = Received(str(envelope.mail_from), list(envelope.rcpt_tos), cast("bytes", envelope.content))
        if reply.startswith("250") or reply == "accept and drop":
            self.received.append(received)
        self.began.set()
        if self.delay:
            await asyncio.sleep(self.delay)
        return await self._say(server, reply)

    async def _say(self, server: SMTP, reply: str) -> str:
        if reply == "silent":
            await asyncio.sleep(3600)
        if reply in {"drop", "accept and drop"}:
            _hang_up(server)
            return "250 never heard"
        return reply


def _hang_up(server: SMTP) -> None:
    cast("Any", server).transport.abort()


class _Server(SMTP):
    """The library's, which can also close at DATA and amid a payload."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (the signature is aiosmtpd's)
        """Take the payload, or hang up first."""
        replies = cast("FakeRelay", self.event_handler).data_replies
        if not replies or replies[0] not in {"drop before", "drop within"}:
            await super().smtp_DATA(arg)
            return
        if replies.pop(0) == "drop within":
            await self.push("354 go on")
            await cast("Any", self)._reader.readexactly(100)
        _hang_up(self)


class _Controller(Controller):
    def factory(self) -> SMTP:
        """Return the server of one connection."""
        return _Server(self.handler, **self.SMTP_kwargs)


@contextlib.contextmanager
def running_relay(*, port: int | None = None, is_tls: bool = False, **options: Any) -> Iterator[FakeRelay]:
    """Run a relay in a thread; its port is in `.port`. Options are those of aiosmtpd's SMTP.

    Args:
        port: to listen on; by default one that is free.
        is_tls: speaks TLS from the start, with the certificate that `options["tls_context"]` holds.
        options: of aiosmtpd's SMTP; a `tls_context` without `is_tls` offers STARTTLS.
    """
    relay = FakeRelay(port=port or find_port())
    wrapped = {"ssl_context": options.pop("tls_context")} if is_tls else {}
    controller = _Controller(relay, hostname="127.0.0.1", port=relay.port, **wrapped, **options)
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()


def find_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def mute_server() -> Iterator[int]:
    """Give the port of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


def certificate(folder: Path, *, name: str) -> tuple[Path, ssl.SSLContext]:
    """Return a new certificate for a host name, signed by nobody else, and a server's context that shows it."""
    key, shown = folder / f"{name}.key", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "3650", "-subj", f"/CN={name}", "-addext", f"subjectAltName={_kind(name)}:{name}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(shown)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, key)
    return shown, context


def _kind(name: str) -> str:
    return "IP" if name.replace(".", "").isdigit() else "DNS"
