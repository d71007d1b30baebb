"""Telling a loop that waits that somebody has committed something, on both databases, at next to no cost."""

from __future__ import annotations

import contextlib
import logging
import select
import threading
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from workshop.core.db import db

CHANNEL = "workshop"
GLANCE = 0.5
"""Seconds between two looks at what a database says about commits; one takes some microseconds."""
_RUNG = "workshop_rung"
_SNAPSHOT = "SELECT txid_current_snapshot()::text"
"""Changes whenever a transaction that writes begins or ends."""
logger = logging.getLogger(__name__)


def ring(session: Session) -> None:
    """Wake whoever waits as soon as the caller's transaction commits; once is enough for each transaction.

    On SQLite a commit is seen by itself.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return
    transaction = session.get_transaction()
    if session.info.get(_RUNG) is not transaction:
        session.info[_RUNG] = transaction
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


class Alarm:
    """Waits for what others commit; for one thread, within an application context.

    PostgreSQL wakes it for whoever called `ring`, and is asked now and then whether any transaction wrote; SQLite keeps
    a number that changes with every commit of another connection.
    """

    def __init__(self) -> None:
        self._driver: Any = None
        self._seen: object = None
        self._is_rung = False

    def arm(self) -> None:
        """Forget what was committed so far: what comes from now on ends the next `wait`."""
        with self._forgiving():
            self._seen = self._state()
        self._is_rung = False

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Return after `seconds`, when something was committed since `arm`, or when `stop` is set.

        Returns whether something was committed. Where the database is away it only waits.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not stop.is_set():
            has_changed = False
            with self._forgiving():
                has_changed = self._is_rung or self._state() != self._seen or self._is_rung
            if has_changed:
                return True
            self._doze(stop, min(left, GLANCE))
        return False

    def close(self) -> None:
        """Close its connection."""
        driver, self._driver = self._driver, None
        if driver is not None:
            with contextlib.suppress(Exception):
                driver.close()

    def _doze(self, stop: threading.Event, seconds: float) -> None:
        if self._driver is None or db.engine.dialect.name != "postgresql":
            stop.wait(seconds)
            return
        # What arrives unasked is a notification, or the end of the connection, which the next look finds.
        if select.select([self._driver.fileno()], [], [], seconds)[0]:
            self._is_rung = True

    def _state(self) -> object:
        """Return something that is another after every commit of somebody else."""
        if self._driver is None:
            self._driver = _connect(self._hear)
        is_postgresql = db.engine.dialect.name == "postgresql"
        return self._driver.execute(_SNAPSHOT if is_postgresql else "PRAGMA data_version").fetchone()[0]

    def _hear(self, _notification: object) -> None:
        self._is_rung = True

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:  # noqa: BLE001 (drivers have faults of their own; whoever waits works without them)
            logger.warning("commits are not seen at once: %s", type(fault).__name__)
            self.close()


def _connect(hear: Any) -> Any:
    """Return a connection of the driver's that is nobody else's and never within a transaction."""
    kept = db.engine.raw_connection()
    driver: Any = kept.driver_connection
    kept.detach()
    if db.engine.dialect.name == "postgresql":
        driver.rollback()
        driver.read_only = None
        driver.autocommit = True
        driver.add_notify_handler(hear)
        driver.execute(f"LISTEN {CHANNEL}")
    return driver
