"""Says every ten seconds that a worker is alive; apart from delivery.py because its thread must do nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from workshop.core.db import db
from workshop.mail.models import Worker

EVERY = 10.0
"""Seconds between two beats."""
FORGET = timedelta(days=1)
logger = logging.getLogger(__name__)


class Heartbeat:
    """A worker's row and the thread that keeps it fresh, for the length of a `with` block."""

    def __init__(self, app: Flask, worker: str, now_fn: Callable[[], datetime]) -> None:
        self._app, self._worker, self._now_fn = app, worker, now_fn
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._beat()
        self._thread.start()

    def __exit__(self, *_fault: object) -> None:
        self._stop.set()
        self._thread.join(2)
        with self._app.app_context(), Session(db.engine) as session, session.begin():
            session.execute(sa.delete(Worker).where(Worker.name == self._worker))

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self._beat()
            except SQLAlchemyError as fault:
                # The next beat may succeed; silence for a minute is what others act upon.
                logger.warning("no heartbeat: %s", type(fault).__name__)

    def _beat(self) -> None:
        now = self._now_fn()
        with self._app.app_context(), Session(db.engine) as session, session.begin():
            worker = session.get(Worker, self._worker)
            if worker is None:
                session.add(Worker(name=self._worker, started_at=now, heartbeat_at=now))
                # Rows of workers that were killed have no further use.
                session.execute(sa.delete(Worker).where(Worker.heartbeat_at < now - FORGET))
            else:
                worker.heartbeat_at = now
