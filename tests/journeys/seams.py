"""Where a worker of the tests kills itself: the seams of delivery, found from outside, so that the product knows nothing.

A seam is a place between two steps that cannot be one. What the database and the relay have been told is read from
statements, commits and the conversation itself; three seams are found by the names of functions.
"""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import smtplib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from workshop.mail import delivery, transport


class Seam(enum.StrEnum):
    """Where it dies."""

    CLAIMED = "claim committed"
    LOOKED = "looked"
    CONNECTED = "connected"
    ACCEPTED = "RCPT accepted"
    MARKED = "payload marked"
    HALF = "half of the payload on the wire"
    DOT = "dot sent, no reply yet"
    REPLIED = "reply read, not recorded"
    RECORDED = "recorded"


@dataclass(slots=True)
class Trap:
    """Kills this process at the n-th passage of a seam; in SMTP only messages count, not what is said before them."""

    seam: Seam
    passages: int = 1
    told: threading.local = field(default_factory=threading.local)
    """What the thread's open transaction writes."""

    def set(self) -> None:
        """Wrap what is passed on the way; for the rest of the process."""
        self._watch_transactions()
        self._watch_conversation()
        self._after(delivery, "look", Seam.LOOKED)
        self._after(transport.Connection, "configure_host", Seam.CONNECTED)
        self._after(transport.Relay, "_recipient", Seam.ACCEPTED)

    def passed(self, seam: Seam) -> None:
        """Die if this was the passage."""
        if seam is self.seam:
            self.passages -= 1
            if self.passages <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()

    def _after(self, owner: Any, name: str, seam: Seam) -> None:
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            result = original(*arguments, **options)
            self.passed(seam)
            return result

        setattr(owner, name, wrapped)

    def _watch_transactions(self) -> None:
        library = cast("Any", DefaultDialect)
        commit, rollback = library.do_commit, library.do_rollback

        def read(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
            if not statement.startswith("UPDATE outbox_message"):
                return
            what, _, _where = statement.partition(" WHERE ")
            words = {"claimed"} if "claimed_at" in what else set(_words(values)) & {"sent"}
            self.told.words = getattr(self.told, "words", set()) | words

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            commit(dialect, connection)
            words: set[str] = getattr(self.told, "words", set())
            self.told.words = set()
            if "claimed" in words:
                self.passed(Seam.CLAIMED)
            if "sent" in words:
                self.passed(Seam.RECORDED)

        def do_rollback(dialect: DefaultDialect, connection: Any) -> None:
            self.told.words = set()
            rollback(dialect, connection)

        sa.event.listen(sa.Engine, "before_cursor_execute", read)
        library.do_commit, library.do_rollback = do_commit, do_rollback

    def _watch_conversation(self) -> None:
        """Wrap the standard library's client, which every payload goes through in one piece with its dot."""
        library = cast("Any", smtplib.SMTP)
        send, reply = library.send, library.getreply
        waits = threading.local()

        def say(host: Any, octets: bytes | str) -> None:
            if not isinstance(octets, bytes) or not octets.endswith(b"\r\n.\r\n"):
                send(host, octets)
                return
            self.passed(Seam.MARKED)
            middle = len(octets) // 2 if self.seam is Seam.HALF else 0
            send(host, octets[:middle])
            self.passed(Seam.HALF)
            send(host, octets[middle:])
            self.passed(Seam.DOT)
            waits.here = True

        def hear(host: Any) -> Any:
            answer = reply(host)
            if getattr(waits, "here", False):
                waits.here = False
                self.passed(Seam.REPLIED)
            return answer

        library.send, library.getreply = say, hear


def _words(values: Any) -> Iterable[str]:
    """Yield the texts bound to a statement, of one row or many."""
    for one in values.values() if isinstance(values, dict) else values:
        if isinstance(one, str):
            yield one
        elif isinstance(one, (dict, tuple, list)):
            with contextlib.suppress(TypeError):
                yield from _words(one)
