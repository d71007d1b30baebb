"""`python -m tests.benchmarks.reminders [--postgresql] [--people N]`: reminders due at once for one session.

Prints how long planning takes by itself, with how many statements and how much memory, then the whole way through the
worker to a relay in another process, beside a bare smtplib loop that sends the same octets over one connection.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import databases
from tests.benchmarks.__main__ import free_port, sink
from tests.postgresql import find_binaries, running_server

ZONES = ("", "", "", "America/Toronto", "Europe/Zurich")
BARE = 2000
"""Messages of the bare loop at most: enough for a rate."""


def fill(people: int) -> None:
    """Put a session that begins tomorrow, and its participants, into the configured database."""
    import sqlalchemy as sa

    from tests.builders import build_answer, build_participant, build_series, build_session
    from workshop.app import create_app
    from workshop.core.db import db
    from workshop.core.links import new_subject
    from workshop.rsvp.models import Answer, Participant

    now = datetime.now(UTC)
    with create_app().app_context():
        session = db.session()
        series = build_series(session)
        starts_at = (now + timedelta(hours=20)).replace(second=0, microsecond=0)
        one = build_session(session, series, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        # One by the builders, the others like it: ten thousand objects would take a minute.
        answer = build_answer(session, one, build_participant(session, series), answered_at=now - timedelta(days=60))
        like_participant, like_answer = _values(answer.participant), _values(answer)
        participants, answers = [], []
        for number in range(1, people):
            address = f"person{number}@{'abc'[number % 3]}.example.org"
            who = {
                "id": like_participant["id"] + number,
                "subject": new_subject(),
                "language": ("fr", "en")[number % 2],
            }
            who |= {"address": address, "address_folded": address, "tzid": ZONES[number % len(ZONES)]}
            participants.append({**like_participant, **who, "name": f"Alias {number}"})
            mine = {"id": like_answer["id"] + number, "subject": new_subject(), "participant_id": who["id"]}
            answers.append({**like_answer, **mine, "uid": new_subject()})
        session.execute(sa.insert(Participant), participants)
        session.execute(sa.insert(Answer), answers)
        session.commit()


def _values(row: Any) -> dict[str, Any]:
    return {attribute.key: getattr(row, attribute.key) for attribute in type(row).__mapper__.column_attrs}


def plan() -> dict[str, float]:
    """Plan until nothing is due, as the worker does; the outbox is empty again afterwards."""
    import sqlalchemy as sa

    from workshop.app import create_app
    from workshop.core import clock
    from workshop.core.db import db
    from workshop.mail.models import OutboxMessage
    from workshop.reminders import service
    from workshop.reminders.models import ReminderDelivery

    with create_app().app_context():
        statements: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        total, slowest, most, runs, begun = 0, 0.0, 0, 0, time.monotonic()
        processor = time.process_time()
        while True:
            one = time.monotonic()
            statements.clear()
            with sa.orm.Session(db.engine) as session, session.begin():
                done = service.plan(session, now=clock.now())
            if not done:
                break
            total, runs = total + done, runs + 1
            slowest, most = max(slowest, time.monotonic() - one), max(most, len(statements))
        seconds, processor = time.monotonic() - begun, time.process_time() - processor
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with sa.orm.Session(db.engine) as session, session.begin():
            session.execute(sa.delete(ReminderDelivery))
            session.execute(sa.delete(OutboxMessage))
    return {
        "planned": total,
        "planning_s": round(seconds, 2),
        "planning_cpu_s": round(processor, 2),
        "batches": runs,
        "slowest_batch_s": round(slowest, 3),
        "statements_per_batch": most,
        "planning_memory_mib": round(memory),
    }


def work() -> dict[str, float]:
    """Do all that is due, as `workshop worker --once`; returns the memory it took at most."""
    from workshop import worker
    from workshop.app import create_app
    from workshop.web import logs

    begun = time.monotonic()
    app = create_app()
    with logs.as_json():
        status = worker.run_once(app)
    memory = resource.getrusage(resource.RUSAGE_SELF)
    assert status == 0, status
    return {
        "worker_s": round(time.monotonic() - begun, 2),
        "worker_cpu_s": round(memory.ru_utime + memory.ru_stime, 2),
        "worker_memory_mib": round(memory.ru_maxrss / 1024),
    }


PARTS = {"plan": plan, "work": work}


def _in_process(part: str, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.reminders", "--part", part]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextlib.contextmanager
def _database(*, is_postgresql: bool, folder: Path) -> Iterator[str]:
    if not is_postgresql:
        yield f"sqlite:///{folder / 'workshop.db'}"
        return
    binaries = find_binaries()
    assert binaries, "no PostgreSQL here"
    with running_server(binaries) as socket_folder:
        yield databases.make_postgresql_database(socket_folder, "bench", with_schema=False)


def measure(*, people: int, is_postgresql: bool) -> dict[str, Any]:
    """Return all figures."""
    port, came, ready = free_port(), multiprocessing.Array("d", 4), multiprocessing.Event()
    relay_process = multiprocessing.Process(target=sink, args=(port, came, ready), daemon=True)
    relay_process.start()
    ready.wait(30)
    with tempfile.TemporaryDirectory() as place, _database(is_postgresql=is_postgresql, folder=Path(place)) as url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKSHOP_")}
        environment |= {"WORKSHOP_INSTANCE_PATH": place, "WORKSHOP_DATABASE_URL": url}
        environment |= {"WORKSHOP_MAIL_SERVER": "127.0.0.1", "WORKSHOP_MAIL_PORT": str(port)}
        environment |= {"WORKSHOP_MAIL_DEFAULT_SENDER": "workshop@example.org", "WORKSHOP_MAIL_RATE_PER_SECOND": "0"}
        environment |= {"WORKSHOP_QUIET_HOURS": "0-0"}
        command = [sys.executable, "-m", "workshop", "db", "upgrade"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        command = [sys.executable, "-m", "tests.benchmarks.reminders", "--fill", str(people)]
        subprocess.run(command, env=environment, check=True)
        found: dict[str, Any] = {"database": "postgresql" if is_postgresql else "sqlite", "people": people}
        found |= _in_process("plan", environment)
        begun = time.monotonic()
        found |= _in_process("work", environment)
        arrived, first, last, octets = came[:]
        found |= {"arrived": int(arrived), "octets": int(octets), "first_after_s": round(first - begun, 2)}
        found["mails_per_s"] = round((arrived - 1) / (last - first), 1)
        bare = _bare(port, min(people, BARE), int(octets))
    relay_process.kill()
    found |= {"bare_per_s": round(bare, 1), "of_bare": f"{found['mails_per_s'] / bare:.0%}"}
    return found


def _bare(port: int, messages: int, octets: int) -> float:
    body = "Subject: x\r\n\r\n" + ("x" * 70 + "\r\n") * max(1, octets // 72)
    with smtplib.SMTP("127.0.0.1", port) as relay:
        begun = time.monotonic()
        for number in range(messages):
            relay.sendmail("a@example.org", [f"b{number}@example.org"], body)
        return messages / (time.monotonic() - begun)


def main() -> None:
    """Measure, or do one part of it in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(given.fill)
    elif given.part:
        print(json.dumps(PARTS[given.part]()))
    else:
        print(json.dumps(measure(people=given.people, is_postgresql=given.postgresql), indent=1))


if __name__ == "__main__":
    main()
