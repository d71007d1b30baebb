"""The background loop: plan what is due, deliver mail, erase what has expired."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import Flask
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from workshop.core import clock
from workshop.core.db import checkpoint, db, reading
from workshop.core.waking import Alarm
from workshop.mail import delivery
from workshop.mail.heartbeat import Heartbeat
from workshop.mail.models import OutboxMessage
from workshop.mail.queries import progress_of

POLLS = 5.0
"""Seconds after which there is another look at the latest, though nothing was committed and nothing fell due."""
PAUSE = 1.0
"""Seconds before the next look when what was committed turned out to be nothing to do."""
TELLS = 10.0
"""Seconds between two lines of the log about mail that is leaving."""
POLL = 60.0
"""Seconds between two looks into the mailbox that answers from calendars arrive in."""
RESTS = timedelta(seconds=1)
"""While mail leaves, what found nothing to do is not asked again at once: looking costs as much as many messages."""
GRACE = 4.0
"""Seconds that a message in flight has after SIGTERM; everything must have ended within 10."""
logger = logging.getLogger(__name__)


class Work(Protocol):
    """A task's function: does what is due in the caller's transaction and returns how much that was."""

    def __call__(self, session: Session, /, *, now: datetime) -> int:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that the worker does again and again."""

    name: str
    work: Work
    every: timedelta = timedelta()
    """At least so long after a run that found nothing to do; zero: in every round."""
    erases: bool = False
    """Whether the erased bytes must leave the disk too."""


def tasks() -> list[Task]:
    """Return what there is to do besides delivering, in order."""
    from workshop.accounts.service.resetting import answer_resets
    from workshop.announcements import service as announcements
    from workshop.organise.digest import send_digests
    from workshop.privacy import service as privacy
    from workshop.reminders import service as reminders
    from workshop.rsvp import service as rsvp
    from workshop.rsvp.service.agreeing import settle_proposals
    from workshop.rsvp.service.breakdowns import count_breakdowns
    from workshop.rsvp.service.inviting import send_invitations
    from workshop.summaries import service as summaries

    return [
        Task("waiting lists", rsvp.tend_lists),
        Task("notices", reminders.notice_changes),
        Task("looser levels", settle_proposals),
        # Looks at every answer that stands; pages show a stricter level with the next request anyway.
        Task("stricter levels", reminders.notice_levels, every=timedelta(seconds=10)),
        Task("invitations", send_invitations),
        Task("links", rsvp.answer_link_requests),
        Task("pass phrases", answer_resets),
        Task("later sessions", rsvp.follow, every=timedelta(seconds=10)),
        # Looks at every session to come, and nobody minds ten seconds.
        Task("reminders", reminders.plan, every=timedelta(seconds=10)),
        Task("announcements", announcements.send_announcements),
        Task("breakdowns", count_breakdowns, every=timedelta(seconds=10)),
        # Asks three statements about every summary there is.
        Task("summaries", summaries.recheck, every=timedelta(seconds=20)),
        Task("digest", send_digests, every=timedelta(minutes=5)),
        # Bodies of mail and windows of limits are part of it.
        Task("purge", privacy.purge, every=timedelta(minutes=1), erases=True),
    ]


def last_look(session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
    """Return why a message must not leave any more, or None."""
    from workshop.reminders import service as reminders

    reason: str | None = reminders.last_look(session, message, now=now)
    return reason


def look_ahead(session: Session, messages: Sequence[OutboxMessage], /) -> None:
    """Load at once what the last looks at these messages will ask for."""
    from workshop.reminders import service as reminders

    reminders.look_ahead(session, messages)


def run_once(app: Flask) -> int:
    """Plan, send and erase all that is due until nothing is left; returns the exit status."""
    return run(app, once=True)


def run_until_stopped(app: Flask) -> int:
    """Work until SIGTERM or SIGINT; returns the exit status."""
    return run(app, once=False)


def run(
    app: Flask,
    *,
    once: bool,
    stop: threading.Event | None = None,
    work: Sequence[Task] | None = None,
    look: delivery.LastLook | None = None,
) -> int:
    """Run the loop in a thread of its own, so that a silent relay cannot hold the exit.

    Args:
        app: the application.
        once: end when a whole round found nothing to do.
        stop: set from outside to end; SIGTERM and SIGINT end it too where this is the main thread.
        work: the tasks; by default those of `tasks`.
        look: the last look; by default `last_look`.

    Returns:
        The exit status: 1 when a task failed with `once`, else 0.
    """
    loop = _Loop(
        app=app,
        once=once,
        stop=stop or threading.Event(),
        work=list(tasks() if work is None else work),
        look=look or last_look,
        name=f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}",
    )
    thread = threading.Thread(target=loop.run, name="worker", daemon=True)
    if app.config["IMAP_SERVER"] and not once:
        # In a thread of its own that nobody waits for: a silent mailbox holds up no mail, and no exit.
        threading.Thread(target=_watch_mailbox, args=(app, loop.stop), name="mailbox", daemon=True).start()
    if not once:
        _say("worker started", worker=loop.name)
    with _signals() as received, _closing_database(app), Heartbeat(app, loop.name, clock.now):
        thread.start()
        while thread.is_alive() and not received and not loop.stop.is_set():
            thread.join(0.25)
            loop.tell_progress()
        loop.stop.set()
        thread.join(GRACE)
        with app.app_context():
            # Only does anything when a relay is silent: what has begun may have left, and is shown as uncertain.
            delivery.give_back(worker=loop.name, now=clock.now())
    if not once:
        _say("worker stopped", worker=loop.name)
    return 1 if loop.has_failed else 0


def _say(event: str, **facts: int | str) -> None:
    """Write a line of the log: what happened, with counts and names of our own, never anybody's."""
    words = "".join(f" {name}={value}" for name, value in facts.items())
    logger.info("%s%s", event, words, extra={"event": event, "facts": facts})


def _watch_mailbox(app: Flask, stop: threading.Event) -> None:
    from workshop.calendars.cli import poll
    from workshop.mail.mailbox import MailboxError

    with app.app_context():
        while not stop.is_set():
            try:
                poll()
            except MailboxError as fault:
                logger.warning("the mailbox: %s", fault)
            except Exception as fault:  # noqa: BLE001 (the next look may succeed)
                # Not the message: what a server says may quote a name.
                logger.error("the mailbox cannot be read: %s", type(fault).__name__)  # noqa: TRY400 (a trace could show an address)
            stop.wait(POLL)


@contextlib.contextmanager
def _closing_database(app: Flask) -> Iterator[None]:
    try:
        yield
    finally:
        with app.app_context():
            db.engine.dispose()


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT, however often they come, in the list given."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def note(number: int, _frame: Any) -> None:
        # No Event here: its lock may be held by the very code that this interrupts.
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True, kw_only=True)
class _Loop:
    """The loop's state."""

    app: Flask
    once: bool
    stop: threading.Event
    work: list[Task]
    look: delivery.LastLook
    name: str
    has_failed: bool = False
    idle: set[str] = field(default_factory=set)
    """Tasks that found nothing to do the last time."""
    sending_since: datetime | None = None
    """Since when mail has been leaving without a pause."""
    told_at: float = 0.0
    """When the log was last told how far that is, by the monotonic clock."""
    has_sent: bool = False
    """Whether anything was taken up since."""

    def run(self) -> None:
        """Go round until stopped, or with `once` until nothing is left."""
        next_run: dict[str, datetime] = {}
        with self.app.app_context(), contextlib.closing(Alarm()) as alarm:
            was_woken = False
            while not self.stop.is_set():
                if not self.once:
                    alarm.arm()
                is_whole = all(self._is_due(task, next_run) for task in self.work)
                done = sum(self._task(task, next_run) for task in self.work if not self.stop.is_set())
                done += self._attempt("mail", self._deliver)
                if done:
                    continue
                if self.once:
                    if is_whole:
                        return
                    # Nothing is left once every task says so.
                    next_run.clear()
                    continue
                if was_woken:
                    # Whoever answers on the pages commits all day: that must not keep this loop going round.
                    self.stop.wait(PAUSE)
                was_woken = alarm.wait(self.stop, self._idle_seconds(next_run))

    def _idle_seconds(self, next_run: Mapping[str, datetime]) -> float:
        """Return how long nothing falls due."""
        now = clock.now()
        due = [at for at in next_run.values() if at > now]
        with contextlib.suppress(SQLAlchemyError):
            if (mail := delivery.next_due(now=now)) is not None:
                due.append(mail)
        soonest = min(due, default=now + timedelta(seconds=POLLS))
        return max(0.1, min(POLLS, (soonest - now).total_seconds()))

    def _task(self, task: Task, next_run: dict[str, datetime]) -> int:
        now = clock.now()
        if not self._is_due(task, next_run):
            return 0
        was_idle = task.name in self.idle
        done = self._attempt(task.name, lambda: _in_transaction(task, now, looks_first=was_idle))
        (self.idle.discard if done else self.idle.add)(task.name)
        if done:
            _say("task", task=task.name, done=done)
        # What did something may have more to do: a run takes no more than a batch.
        next_run[task.name] = now if done else now + max(task.every, RESTS if self.has_sent else timedelta())
        return done

    def _is_due(self, task: Task, next_run: Mapping[str, datetime]) -> bool:
        return task.name not in next_run or next_run[task.name] <= clock.now()

    def _deliver(self) -> int:
        if self.sending_since is None:
            self.sending_since, self.told_at = clock.now(), time.monotonic()
        handled = 0
        try:
            handled = delivery.deliver(
                worker=self.name, now_fn=clock.now, last_look=self.look, look_ahead=look_ahead, stop=self.stop
            )
        finally:
            self.has_sent = bool(handled) or self.has_sent
            if not handled:
                if self.has_sent:
                    self._tell("mail done")
                self.sending_since, self.has_sent = None, False
        return handled

    def tell_progress(self) -> None:
        """Write a line of the log about mail that has been leaving for a while; for another thread than the loop's."""
        if self.sending_since is not None and time.monotonic() - self.told_at >= TELLS:
            with self.app.app_context():
                self._tell("mail is leaving")

    def _tell(self, event: str) -> None:
        self.told_at, since = time.monotonic(), self.sending_since
        if since is None:
            return
        try:
            with reading(), Session(db.engine) as session:
                found = progress_of(session, self.name, since=since, now=clock.now())
        except SQLAlchemyError as fault:
            logger.warning("no count of mail: %s", type(fault).__name__)
            return
        _say(event, sent=found.sent, waiting=found.waiting, failed=found.failed)

    def _attempt(self, name: str, act: Callable[[], int]) -> int:
        """Return how much was done; a task that fails does not stop the others."""
        try:
            return act()
        except Exception as fault:  # noqa: BLE001 (any fault of one task leaves the others running)
            # Not the message: a database's fault quotes the values, and those are people.
            where = traceback.extract_tb(fault.__traceback__)[-1]
            logger.error("%s failed: %s at %s:%s", name, type(fault).__name__, where.filename, where.lineno)  # noqa: TRY400 (a trace could show an address)
            self.has_failed = self.has_failed or self.once
            return 0


def _in_transaction(task: Task, now: datetime, *, looks_first: bool) -> int:
    if looks_first and not task.erases and not _would_write(task, now):
        return 0
    with Session(db.engine) as session, session.begin():
        done = task.work(session, now=now)
    if task.erases:
        # Also where nothing was done: a participant's own erasure may have been kept waiting by a reader, or killed.
        checkpoint()
    return done


def _would_write(task: Task, now: datetime) -> bool:
    """Whether a task has something to do, on SQLite tried out where nothing can be written.

    There a transaction that may write keeps everybody else from writing, also where it finds nothing to do.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    try:
        with reading(), Session(db.engine) as session, session.begin():
            return task.work(session, now=now) > 0
    except OperationalError as fault:
        if getattr(fault.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY:
            raise
        return True
