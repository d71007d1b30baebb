"""`workshop serve`: web processes and the background worker under one light parent; apart from cli.py because it forks.

The parent only starts, restarts and ends. What it has imported, its children share in memory; a database connection it
never keeps.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from workshop.config import Configuration

GRACE = 8.0
"""Seconds that everything started here has to end by itself; `serve` is promised to be gone within 10."""
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_WATCHED = _ENDING | {signal.SIGCHLD}
_PR_SET_PDEATHSIG = 1


def run(configuration: Configuration, *, processes: int, with_worker: bool) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status.

    A worker that dies is started again, after a second when it lived for less than five. When the web part ends by
    itself, so does everything.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    web = _start(lambda: _run_web(configuration, processes))
    worker = _start(lambda: _run_worker(configuration)) if with_worker else 0
    started = time.monotonic()
    status = 0
    while True:
        received = signal.sigwait(_WATCHED)
        if received in _ENDING:
            break
        ended = _reap()
        if web in ended:
            status, web = 1, 0
            break
        if worker in ended:
            if time.monotonic() - started < 5:  # noqa: PLR2004 (seconds, as the docstring says)
                pause = signal.sigtimedwait(_ENDING, 1.0)
                if pause is not None:
                    worker = 0
                    break
            worker, started = _start(lambda: _run_worker(configuration)), time.monotonic()
    _end({process for process in (web, worker) if process})
    return status


def _start(work: Callable[[], int]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    _die_with_parent()
    for number in _WATCHED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    try:
        status = work()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 (a forked child must never run on into its parent's code)
        import traceback

        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent is gone, so that a killed `serve` leaves nothing behind."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _reap() -> set[int]:
    ended: set[int] = set()
    while True:
        try:
            process, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not process:
            return ended
        ended.add(process)


def _end(processes: set[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while processes and (left := deadline - time.monotonic()) > 0:
        signal.sigtimedwait({signal.SIGCHLD}, min(left, 0.5))
        processes -= _reap()
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    _reap()


def _run_worker(configuration: Configuration) -> int:
    from workshop import worker
    from workshop.app import create_app

    return worker.run_until_stopped(create_app(configuration))


def _run_web(configuration: Configuration, processes: int) -> int:
    from gunicorn.app.base import BaseApplication

    from workshop.app import create_app
    from workshop.core.db import db

    values = configuration.values
    host = f"[{values['HOST']}]" if ":" in values["HOST"] else values["HOST"]

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn ships no types
        """gunicorn with the settings that were measured."""

        def load_config(self) -> None:
            """Say how to serve."""
            for name, value in {
                "bind": f"{host}:{values['PORT']}",
                "workers": processes,
                "worker_class": "gthread",
                "threads": 4,
                "preload_app": True,
                "graceful_timeout": 5,
                "timeout": 60,
                "keepalive": 5,
                "control_socket_disable": True,
                "loglevel": "warning",
                "logger_class": "workshop.web.access_log.MaskedLogger",
                "forwarded_allow_ips": "",
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """Make the application once, before the processes split: their memory is shared."""
            app = create_app(configuration)
            with app.app_context():
                # No connection may cross a fork.
                db.engine.dispose()
            return app

    Server().run()
    return 0
