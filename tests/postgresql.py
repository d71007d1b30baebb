"""A PostgreSQL server of the tests' own, from Debian's binaries, gone with the last test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

ACCOUNT = "postgres"
"""The server refuses to run as root: root starts it under Debian's account."""


def find_binaries() -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, the newest where there are several; else None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        folders.insert(0, Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextlib.contextmanager
def running_server(binaries: Path) -> Iterator[str]:
    """Give the folder of the socket of a server that listens nowhere else."""
    # Not below pytest's folders: a socket's path must stay under 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ws-pg-", dir="/tmp"))
    data = folder / "data"
    user = ACCOUNT if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        options = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, "-h", "", *(f"-c{option}" for option in options)],
                stdout=log,
                stderr=log,
                user=user,
                cwd=folder,
            )
        try:
            _await_answer(folder, server)
            yield str(folder)
        finally:
            server.send_signal(signal.SIGINT)  # what PostgreSQL calls a fast shutdown
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await_answer(folder: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text('utf-8', 'replace')}")
        try:
            psycopg.connect(f"host={folder} user={ACCOUNT} dbname=postgres").close()
        except psycopg.OperationalError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL does not answer after 15 s")
