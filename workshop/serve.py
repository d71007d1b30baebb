"""`workshop serve`: web processes and the background worker under one light parent; apart from cli.py because it forks.

The parent only starts, restarts and ends. The application that it was given, its children share in memory; a database
connection it never keeps.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from flask import Flask

from workshop.config import Configuration

GRACE = 8.0
"""Seconds that everything started here has to end by itself; `serve` is promised to be gone within 10."""
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_WATCHED = _ENDING | {signal.SIGCHLD}
_PR_SET_PDEATHSIG = 1


def run(app: Flask, *, processes: int, with_worker: bool) -> int:
    """Serve `app`, whose database must have no open connection, until SIGTERM or SIGINT; returns the exit status.

    A worker that dies is started again, after a second when it lived for less than five. When the web part ends by
    itself, so does everything.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    _prepare_memory()
    web = _start(lambda: _run_web(app, processes))
    worker = _start(lambda: _run_worker(app)) if with_worker else 0
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
            worker, started = _start(lambda: _run_worker(app)), time.monotonic()
    _end({process for process in (web, worker) if process})
    return status


def _prepare_memory() -> None:
    """Do once what every process would do for itself, and leave it where all of them share it."""
    from workshop import worker

    worker.tasks()  # imports what they need
    # Less often than Python would: thousands of rows become garbage all at once, and none of it is in circles.
    gc.set_threshold(20_000, 10, 20)
    gc.collect()
    # A collection that walks over what is shared would make a copy of it in every process.
    gc.freeze()


def is_port_free(configuration: Configuration) -> bool:
    """Return whether the configured address can be listened on; asked before anything is started."""
    host, port = configuration.values["HOST"], configuration.values["PORT"]
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


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
    except BaseException:
        # A forked child must never run on into its parent's code.
        # By the logger, which masks: a trace may quote an address or a link.
        logging.getLogger("workshop").exception("a part of the server failed")
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


def _run_worker(app: Flask) -> int:
    from workshop import worker
    from workshop.web import logs

    with logs.as_json():
        return worker.run_until_stopped(app)


def _run_web(app: Flask, processes: int) -> int:
    from gunicorn.app.base import BaseApplication

    values = app.config
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
            """Return the application, made before the processes split."""
            return app

    Server().run()
    return 0
