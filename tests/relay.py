"""A real SMTP relay on the loopback that does what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
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
    (never answers), "accept and drop" (keeps the message, closes without a word).
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    data_replies: list[str] = field(default_factory=list)
    rcpt_replies: list[str] = field(default_factory=list)
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
        return responses

    async def handle_RCPT(  # noqa: N802 (the signature is aiosmtpd's)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer as told."""
        reply = self.rcpt_replies.pop(0) if self.rcpt_replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        """Answer as told."""
        reply = self.data_replies.pop(0) if self.data_replies else "250 OK"
        received = Received(str(envelope.mail_from), list(envelope.rcpt_tos), cast("bytes", envelope.content))
        if reply.startswith("250") or reply == "accept and drop":
            self.received.append(received)
        self.began.set()
        if self.delay:
            await asyncio.sleep(self.delay)
        if reply == "silent":
            await asyncio.sleep(3600)
        if reply in {"drop", "accept and drop"}:
            cast("Any", server).transport.abort()
            return "250 never heard"
        return reply


@contextlib.contextmanager
def running_relay(**options: Any) -> Iterator[FakeRelay]:
    """Run a relay in a thread; its port is in `.port`. Options are those of aiosmtpd's SMTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    relay = FakeRelay(port=port)
    controller = Controller(relay, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()
