"""A load on loopback over kept connections, with as little of its own as Python allows."""

from __future__ import annotations

import re
import socket
import threading
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One kept connection; asks anew when the server has closed it."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.socket: socket.socket | None = None
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, *, body: bytes = b"", headers: str = "") -> tuple[int, bytes, bytes]:
        """Return status, head and body."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{headers}"
        if cookies:
            head += f"Cookie: {cookies}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        message = head.encode() + b"\r\n" + body
        for attempt in (1, 2):
            try:
                return self._exchange(message)
            except (ConnectionError, TimeoutError):
                self.socket = None
                if attempt == 2:
                    raise
        raise AssertionError

    def _exchange(self, message: bytes) -> tuple[int, bytes, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection((self.host, self.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(message)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        status = int(head[9:12])
        length = _LENGTH.search(head)
        wanted = int(length[1]) if length and status != 304 else 0
        while len(rest) < wanted:
            rest += self._receive()
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"set-cookie:"):
                for name, morsel in SimpleCookie(line[11:].decode("latin-1")).items():
                    self.cookies[name] = morsel.value
        return status, head, rest

    def _receive(self) -> bytes:
        assert self.socket
        if not (received := self.socket.recv(262_144)):
            raise ConnectionError
        return received

    def close(self) -> None:
        if self.socket:
            self.socket.close()


@dataclass
class Measure:
    """What one load showed."""

    requests: int
    seconds: float
    times: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def median_ms(self) -> float:
        return sorted(self.times)[len(self.times) // 2] * 1000

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / self.requests * 1000


def load(
    address: str, path: str, *, seconds: float, connections: int, process: int, headers: str = "", expect: int = 200
) -> Measure:
    """GET one path over and over; CPU is that of the process tree under `process`."""

    def once(connection: Connection, _number: int) -> None:
        status, _, _ = connection.ask("GET", path, headers=headers)
        assert status == expect, status

    return drive(address, once, seconds=seconds, connections=connections, process=process)


def drive(address: str, act: object, *, seconds: float, connections: int, process: int) -> Measure:
    """Let `connections` threads call `act(connection, number)` until the time is up."""
    assert callable(act)
    deadline = time.monotonic() + seconds
    times: list[float] = []
    faults: list[BaseException] = []

    def run(which: int) -> None:
        connection, number = Connection(address), which
        try:
            while (begun := time.monotonic()) < deadline:
                act(connection, number)
                times.append(time.monotonic() - begun)
                number += connections
        except BaseException as fault:  # noqa: BLE001 (shown by the caller)
            faults.append(fault)
        finally:
            connection.close()

    before, begun = cpu_seconds(process), time.monotonic()
    threads = [threading.Thread(target=run, args=(which,)) for which in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return Measure(len(times), time.monotonic() - begun, times, cpu_seconds(process) - before)


def tree(process: int) -> list[int]:
    """Return a process and all that it started."""
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def cpu_seconds(process: int) -> float:
    """Return user plus system time of a process tree."""
    ticks = 0
    for one in tree(process):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def pss_mib(process: int) -> float:
    """Return the proportional memory of a process tree, in MiB."""
    total = 0
    for one in tree(process):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def form(values: dict[str, str]) -> bytes:
    return urlencode(values).encode()
