"""`make bench`: prints the rows of the performance figures for the product with the floor of the same run."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.client import Connection, Measure, drive, form, load, pss_mib

SECONDS = float(os.environ.get("WORKSHOP_BENCH_SECONDS", "4"))
WORKSHOP = [sys.executable, "-m", "workshop"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def series_file(slug: str, sessions: int) -> str:
    first = datetime.now(UTC).date() + timedelta(days=3)
    lines = [
        "workshop: 1",
        "people: {a: {name: Ada Example, affiliation: Example Institute}}",
        f"series: {{slug: {slug}, title: {{fr: Série, en: Series}}, languages: [fr, en], timezone: Europe/Paris,",
        "  chatham_house_rule: discussion, visibility: public}",
        "sessions:",
    ]
    for number in range(1, sessions + 1):
        day = first + timedelta(days=number)
        lines += [
            f"  - slug: '{number}'",
            f"    number: {number}",
            f"    title: {{fr: Séance numéro {number}, en: Session number {number}}}",
            f"    starts: {day}T16:00",
            f"    ends: {day}T18:00",
            "    floor_languages: [fr]",
            "    abstract: {fr: Un texte qui dit de quoi il s’agit., en: A text that says what it is about.}",
            "    moderators: [a]",
            "    programme:",
            "      - title: {fr: Partie, en: Part}",
            "        items: [{kind: talk, title: {fr: Exposé, en: Talk}, speakers: [a]}]",
        ]
    return "\n".join(lines)


@contextmanager
def serving(command: list[str], environment: dict[str, str], address: str, path: str) -> Iterator[tuple[int, float]]:
    """Start a server; give its process and the seconds until its first page."""
    begun = time.monotonic()
    process = subprocess.Popen(command, env=environment)
    try:
        while True:
            try:
                status, _, _ = Connection(address).ask("GET", path)
                assert status == 200, status
                break
            except ConnectionError:
                if process.poll() is not None or time.monotonic() - begun > 60:
                    raise
                time.sleep(0.01)
        yield process.pid, time.monotonic() - begun
    finally:
        process.terminate()
        process.wait(timeout=15)


def answer(series: str) -> object:
    """Return an act: the form and its POST, each time from another address."""
    token = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
    hidden = re.compile(rb'<input[^>]*type="hidden"[^>]*>')
    attribute = {name: re.compile(rb'\b%s="([^"]*)"' % name.encode()) for name in ("name", "value")}
    path = f"/fr/series/{series}/1/rsvp"

    def act(connection: Connection, number: int) -> None:
        connection.cookies.clear()
        status, _, page = connection.ask("GET", path)
        assert status == 200, status
        assert token.search(page)
        values = {}
        for field in hidden.findall(page):
            name, value = attribute["name"].search(field), attribute["value"].search(field)
            if name:
                values[name[1].decode()] = value[1].decode() if value else ""
        values |= {"name": "Alias", "email": f"person{number}.{time.monotonic_ns()}@example.org", "answer": "accepted"}
        values |= {"language": "fr", "timezone": "Europe/Paris", "acknowledge_rule": "y", "reminders": "y"}
        status, _, page = connection.ask("POST", path, body=form(values))
        assert status == 303, (status, page[-2000:].decode())

    return act


def row(name: str, measure: Measure, floor: Measure | None = None) -> dict[str, object]:
    found: dict[str, object] = {
        "name": name,
        "per_second": round(measure.per_second, 1),
        "median_ms": round(measure.median_ms, 2),
        "cpu_ms": round(measure.cpu_ms, 2),
    }
    if floor:
        found["of_floor"] = f"{measure.per_second / floor.per_second:.0%}"
    print(
        "{name:38} {per_second:>9}/s {median_ms:>9} ms {cpu_ms:>7} CPU ms  {of_floor}".format(
            **{"of_floor": "", **found}
        )
    )
    return found


def beside_a_file(
    feed: Measure, body: bytes, folder: Path, bare: list[str], environment: dict[str, str], address: str
) -> dict[str, object]:
    """A file with a feed's own octets, sent by the same server: kept warm, the feed may take three times as long."""
    (folder / "feed.ics").write_bytes(body)
    path = "/files/feed.ics"
    with serving(bare, environment, address, path) as (process, _):
        load(address, path, seconds=1, connections=16, process=process)
        file = load(address, path, seconds=SECONDS, connections=16, process=process)
    found = row(f"  a file of that size ({len(body) // 1024} KiB)", file)
    print(f"{'  the feed takes':38} {file.per_second / feed.per_second:9.2f} times as long")
    return {**found, "feed_takes": round(file.per_second / feed.per_second, 2)}


def sink(port: int, arrived: Any, ready: Any) -> None:
    """Take messages: a process of its own, as a relay is.

    `arrived` holds how many came, when the first and the last did, and the octets of the last.
    """
    from aiosmtpd.controller import Controller

    class Sink:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
            count, first, _last, _octets = arrived[:]
            now = time.monotonic()
            arrived[:] = [count + 1, first or now, now, len(envelope.content)]
            return "250 OK"

    Controller(Sink(), hostname="127.0.0.1", port=port).start()
    ready.set()
    while True:
        time.sleep(3600)


def mail_rows(environment: dict[str, str]) -> list[dict[str, object]]:
    """One connection, as many messages as answers were confirmed: a bare smtplib loop beside our own delivery."""
    port, arrived, ready = free_port(), multiprocessing.Array("d", 4), multiprocessing.Event()
    relay_process = multiprocessing.Process(target=sink, args=(port, arrived, ready), daemon=True)
    relay_process.start()
    try:
        ready.wait(30)
        body = "Subject: x\r\n\r\n" + ("x" * 70 + "\r\n") * 85
        with smtplib.SMTP("127.0.0.1", port) as relay:
            for number in range(1000):
                relay.sendmail("a@example.org", [f"b{number}@example.org"], body)
        count, begun, ended, _octets = arrived[:]
        floor = (count - 1) / (ended - begun)
        arrived[:] = [0, 0, 0, 0]
        environment = environment | {
            "WORKSHOP_MAIL_SERVER": "127.0.0.1",
            "WORKSHOP_MAIL_PORT": str(port),
            "WORKSHOP_MAIL_DEFAULT_SENDER": "workshop@example.org",
            "WORKSHOP_MAIL_RATE_PER_SECOND": "0",
        }
        started = time.monotonic()
        subprocess.run([*WORKSHOP, "worker", "--once"], env=environment, check=True)
        count, begun, ended, _octets = arrived[:]
        rate, first = (count - 1) / (ended - begun), begun - started
    finally:
        relay_process.kill()
    print(f"{'mail, bare smtplib loop':38} {floor:9.1f}/s")
    print(f"{f'mail, ours ({count:.0f}; first after {first:.1f} s)':38} {rate:9.1f}/s {rate / floor:31.0%}")
    found = {"name": "mail", "per_second": round(rate, 1), "of_floor": f"{rate / floor:.0%}"}
    return [found | {"messages": int(count), "first_after_seconds": round(first, 1)}]


def main() -> None:
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        port, bare_port = free_port(), free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKSHOP_")}
        # As an installed package is: compiled, which the commands below see to.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment |= {"WORKSHOP_INSTANCE_PATH": place, "WORKSHOP_PORT": str(port), "WORKSHOP_RATE_LIMITS": "off"}
        if url := os.environ.get("WORKSHOP_DATABASE_URL"):
            environment["WORKSHOP_DATABASE_URL"] = url
        subprocess.run([*WORKSHOP, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL)
        for slug, sessions in (("small", 12), ("large", 1000)):
            (folder / f"{slug}.yaml").write_text(series_file(slug, sessions), "utf-8")
            command = [*WORKSHOP, "series", "import", str(folder / f"{slug}.yaml")]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        bare_address, address = f"http://127.0.0.1:{bare_port}", f"http://127.0.0.1:{port}"
        bare = [sys.executable, "-m", "tests.benchmarks.bare", str(bare_port), place]
        print(f"{datetime.now(UTC):%Y-%m-%d}, {SECONDS:g} s each, 2 web processes, 4 threads each")
        with serving(bare, environment, bare_address, "/") as (process, _):
            # Warm first, as everything measured below is: a floor taken cold would flatter us.
            load(bare_address, "/", seconds=1, connections=16, process=process)
            floor = load(bare_address, "/", seconds=SECONDS, connections=16, process=process)
            rows.append(row("bare Flask page, 16 connections", floor))
        with serving([*WORKSHOP, "serve"], environment, address, "/fr/series/small/1/") as (process, seconds):
            print(f"{'start to the first page':38} {seconds:9.2f} s")
            rows.append({"name": "start", "seconds": round(seconds, 2)})
            for name, path in {
                "session page": "/fr/series/small/1/",
                "feed of 12 sessions": "/fr/series/small/calendar.ics",
                "feed of 1,000 sessions": "/fr/series/large/calendar.ics",
            }.items():
                cold, one = Connection(address), time.monotonic()
                _, head, _ = cold.ask("GET", path)
                first = (time.monotonic() - one) * 1000
                one = time.monotonic()
                cold.ask("GET", path)
                alone = (time.monotonic() - one) * 1000
                measure = load(address, path, seconds=SECONDS, connections=16, process=process)
                rows.append(row(name, measure, floor) | {"first_ms": round(first, 1), "alone_ms": round(alone, 1)})
                print(f"{'  first; alone and warm':38} {first:9.1f} ms {alone:7.2f} ms")
                etag = re.search(rb"(?i)etag: *(\S+)", head)
                assert etag, "no ETag"
                again = f"If-None-Match: {etag[1].decode()}\r\n"
                again_measure = load(
                    address, path, seconds=1, connections=16, process=process, headers=again, expect=304
                )
                rows.append(row("  conditional (304)", again_measure, floor))
                if name == "feed of 1,000 sessions":
                    rows.append(
                        beside_a_file(measure, cold.ask("GET", path)[2], folder, bare, environment, bare_address)
                    )
            one_at_a_time = drive(address, answer("small"), seconds=SECONDS, connections=1, process=process)
            rows.append(row("an answer: form and POST, 1 client", one_at_a_time))
            rows.append(
                row(
                    "answers, 8 clients",
                    drive(address, answer("small"), seconds=SECONDS, connections=8, process=process),
                )
            )
            memory = pss_mib(process)
            print(f"{'memory of web and worker, PSS':38} {memory:9.0f} MiB")
            rows.append({"name": "memory", "mib": round(memory)})
        rows += mail_rows(environment)
    Path("bench.json").write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
