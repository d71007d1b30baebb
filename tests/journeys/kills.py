"""kill -9 at each seam of delivery, two workers at one queue, and what became of every message.

`python -m tests.journeys.kills --rounds 20 --messages 2000 [--postgresql]` prints a summary as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import multiprocessing.connection
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests import databases
from tests.journeys.seams import Seam, Trap
from tests.journeys.worker_process import work
from tests.postgresql import find_binaries, running_server
from tests.relay import FakeRelay, running_relay
from workshop import config
from workshop.core import clock
from workshop.core.db import db
from workshop.mail import service
from workshop.mail.models import OutboxMessage, OutboxState, Worker

WORKERS = 2
WAIT = 120.0
"""Seconds after which a worker that should have died or ended counts as stuck."""
KINDS = ("reminder", "session_moved", "reminder")
"""In turn: two thirds must never come twice, one third may come once more after a doubt."""
_PRELOADED = ("tests.journeys.worker_process", "workshop.organise.routes", "workshop.public.routes")
"""Loaded once: most of what a worker's start takes."""
_PROCESSES = multiprocessing.get_context("forkserver")


@dataclass
class Round:
    """What one round came to; every number is of messages, but for kills."""

    messages: int
    kills: int = 0
    seams: list[str] = field(default_factory=list)
    sent: int = 0
    uncertain: int = 0
    """Left so at the end, and shown so."""
    doubted: int = 0
    """Uncertain at some time, the ones above included."""
    resent: int = 0
    """Arrived twice after a doubt, which C4 allows for what is neither reminder nor announcement."""
    duplicates: int = 0
    """Arrived more often than C4 allows."""
    unaccounted: int = 0
    """Neither sent nor uncertain, or sent and never arrived, or arrived and in no such state."""
    seconds: float = 0.0

    @property
    def is_as_promised(self) -> bool:
        """Whether C4 holds."""
        return not self.duplicates and not self.unaccounted and self.doubted <= self.kills


def queue(session: Session, count: int, *, prefix: str = "kill") -> None:
    """Put so many messages into the outbox and commit."""
    now = clock.now()
    for number in range(count):
        id_ = service.enqueue(
            session,
            now=now,
            kind="mail_test",
            priority=40,
            series_id=None,
            workshop_session_id=None,
            person_ref="",
            answer_ref="",
            basis={"is_neutral": True},
            dedupe_key=f"{prefix}:{number}",
            recipient=f"person{number}@example.org",
            language="fr" if number % 2 else "en",
            sender_name="",
            context={},
        )
        assert id_ is not None
        session.execute(sa.update(OutboxMessage).where(OutboxMessage.id == id_).values(kind=KINDS[number % len(KINDS)]))
    session.commit()


def run_round(
    app: Flask,
    relay: FakeRelay,
    environ: Mapping[str, str],
    *,
    messages: int,
    chance: random.Random,
    seams: Sequence[Seam] = tuple(Seam),
) -> Round:
    """Queue, kill a worker at each seam while another works, let two finish, and count.

    Args:
        app: on the database that the workers use.
        relay: where they send to; what it received before counts as nothing.
        environ: what the workers are configured by.
        messages: how many are queued.
        chance: orders the seams and says at which passage each kills.
        seams: to kill at.
    """
    found, before = Round(messages), len(relay.received)
    begun = time.monotonic()
    with app.app_context(), Session(db.engine) as session:
        session.execute(sa.delete(OutboxMessage))
        queue(session, messages)
    order = chance.sample(seams, len(seams))
    most = max(2, messages // (3 * len(seams)))
    traps = [Trap(seam, _passages(seam, most, chance)) for seam in order]
    for trap, code in _run_all(app, environ, traps):
        found.kills += code == -signal.SIGKILL
        found.seams.append(str(trap.seam) if code == -signal.SIGKILL else f"{trap.seam}: not reached")
    _finish(app, environ)
    # What is neither reminder nor announcement goes out once more half an hour after the doubt.
    _age_doubts(app)
    _finish(app, environ)
    _count(app, found, Counter(str(one.message["Message-ID"]) for one in relay.received[before:]))
    found.seconds = round(time.monotonic() - begun, 1)
    return found


def _passages(seam: Seam, most: int, chance: random.Random) -> int:
    if seam is Seam.CONNECTED:
        return 1  # there is one connection
    return chance.randint(1, 2 if seam is Seam.CLAIMED else most)


def _start(environ: Mapping[str, str], trap: Trap | None) -> ForkServerProcess:
    process = _PROCESSES.Process(target=work, args=(dict(environ), trap and (trap.seam, trap.passages)), daemon=True)
    process.start()
    return process


def _run_all(app: Flask, environ: Mapping[str, str], traps: list[Trap]) -> Iterator[tuple[Trap, int]]:
    """Run a worker into each trap, two at a time; yield how each ended."""
    _PROCESSES.set_forkserver_preload(list(_PRELOADED))
    waiting, running = list(traps), dict[int, tuple[ForkServerProcess, Trap]]()
    try:
        while waiting or running:
            while waiting and len(running) < WORKERS:
                trap = waiting.pop()
                process = _start(environ, trap)
                running[process.sentinel] = (process, trap)
            ended = multiprocessing.connection.wait(list(running), WAIT)
            assert ended, f"nobody died: {[str(trap.seam) for _process, trap in running.values()]}"
            for sentinel in ended:
                process, trap = running.pop(int(str(sentinel)))
                process.join()
                _age_claims(app, process.pid or 0)
                yield trap, process.exitcode or 0
    finally:
        for process, _trap in running.values():
            process.kill()
            process.join()


def _finish(app: Flask, environ: Mapping[str, str]) -> None:
    """Let two workers send what is left."""
    del app
    last = [_start(environ, None) for _ in range(WORKERS)]
    for process in last:
        process.join(WAIT)
        assert process.exitcode == 0, f"a worker ended with {process.exitcode}"


def _age_claims(app: Flask, pid: int) -> None:
    """Let the minute pass after which a dead worker's claims return."""
    ago = clock.now() - timedelta(seconds=61)
    with app.app_context(), db.engine.begin() as connection:
        name = f"%-{pid}-%"
        connection.execute(sa.update(Worker).where(Worker.name.like(name)).values(heartbeat_at=ago))
        connection.execute(sa.update(OutboxMessage).where(OutboxMessage.claimed_by.like(name)).values(claimed_at=ago))


def _age_doubts(app: Flask) -> None:
    waits = (OutboxMessage.state == OutboxState.UNCERTAIN, OutboxMessage.finished_at.is_(None))
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(OutboxMessage).where(*waits).values(next_attempt_at=clock.now()))


def _count(app: Flask, found: Round, arrived: Counter[str]) -> None:
    with app.app_context(), Session(db.engine) as session:
        rows = session.execute(
            sa.select(OutboxMessage.message_id, OutboxMessage.kind, OutboxMessage.state, OutboxMessage.uncertain_at)
        ).all()
    known = set()
    for identity, kind, state, uncertain_at in rows:
        known.add(identity)
        times = arrived[identity]
        may_come_twice = kind != "reminder" and uncertain_at is not None
        found.sent += state is OutboxState.SENT
        found.uncertain += state is OutboxState.UNCERTAIN
        found.doubted += uncertain_at is not None
        found.resent += times == 2 and may_come_twice
        found.duplicates += max(0, times - (2 if may_come_twice else 1))
        is_final = state is OutboxState.SENT or (state is OutboxState.UNCERTAIN and uncertain_at is not None)
        found.unaccounted += not is_final or (state is OutboxState.SENT and not times)
    found.unaccounted += len(set(arrived) - known) + found.messages - len(rows)


def environment_of(relay: FakeRelay, url: str, folder: Path) -> dict[str, str]:
    """Return what a worker on this database is configured by."""
    return {
        "WORKSHOP_INSTANCE_PATH": str(folder),
        "WORKSHOP_DATABASE_URL": url,
        "WORKSHOP_SECRET_KEY": "a key for tests only, never for anything else",
        "WORKSHOP_MAIL_SERVER": "127.0.0.1",
        "WORKSHOP_MAIL_PORT": str(relay.port),
        "WORKSHOP_MAIL_DEFAULT_SENDER": "ateliers@workshops.example.org",
    }


@contextlib.contextmanager
def _database(folder: Path, *, on_postgresql: bool) -> Iterator[str]:
    if not on_postgresql:
        yield f"sqlite:///{databases.make_template(folder / 'workshop.sqlite')}"
        return
    binaries = find_binaries()
    if binaries is None:
        sys.exit("PostgreSQL's server is missing (Debian: postgresql)")
    with running_server(binaries) as socket_folder:
        yield databases.make_postgresql_database(socket_folder, "workshop")


def main(arguments: Sequence[str] | None = None, say: Callable[[str], object] = print) -> int:
    """Run rounds and print what they came to; returns 1 when a promise was broken."""
    from workshop.app import create_app

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args(arguments)
    rounds = []
    with tempfile.TemporaryDirectory() as name, running_relay() as relay:
        folder = Path(name)
        with _database(folder, on_postgresql=given.postgresql) as url:
            environ = environment_of(relay, url, folder)
            app = create_app(config.load(environ))
            for number in range(given.rounds):
                relay.received.clear()
                chance = random.Random(given.seed + number)
                rounds.append(run_round(app, relay, environ, messages=given.messages, chance=chance))
                say(json.dumps({"round": number + 1, **asdict(rounds[-1])}))
            with app.app_context():
                db.engine.dispose()
    sums = {name: sum(getattr(one, name) for one in rounds) for name in ("messages", "kills", "sent", "uncertain")}
    sums |= {name: sum(getattr(one, name) for one in rounds) for name in ("resent", "duplicates", "unaccounted")}
    is_kept = all(one.is_as_promised for one in rounds)
    database = "postgresql" if given.postgresql else "sqlite"
    say(json.dumps({"database": database, "rounds": len(rounds), **sums, "is_as_promised": is_kept}))
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
