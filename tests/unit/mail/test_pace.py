"""Paces: altogether and to one domain, on one clock for all workers; who has to wait holds up no other."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.conftest import NOW
from tests.relay import FakeRelay
from tests.unit.mail.conftest import look_away, put, send
from workshop.mail import delivery, pace
from workshop.mail.models import MailPace, OutboxMessage, OutboxState
from workshop.mail.pace import Pace

DOMAINS = st.sampled_from(["a.example", "b.example", "c.example", ""])
GAPS = st.integers(0, 5000).map(lambda milliseconds: timedelta(milliseconds=milliseconds))


class Waiting(threading.Event):
    """Keeps what it was asked to wait for, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(round(timeout or 0, 6))
        return False


@given(
    domains=st.lists(DOMAINS, max_size=30),
    overall=GAPS,
    of_domain=GAPS,
    later=st.dictionaries(DOMAINS, GAPS),
    count=st.integers(1, 10),
)
def test_slots_keep_every_distance(
    domains: list[str], overall: timedelta, of_domain: timedelta, later: dict[str, timedelta], count: int
) -> None:
    speed = Pace(overall, of_domain)
    next_at = {domain: NOW + gap for domain, gap in later.items()}
    given_ = pace.slots(list(enumerate(domains)), next_at, speed, now=NOW, count=count)
    times = [at for _number, _domain, at in given_]
    assert len(given_) <= count
    assert times == sorted(times)
    assert all(NOW <= at <= NOW + pace.AHEAD for at in times)
    assert all(after - before >= overall for before, after in itertools.pairwise(times))
    if overall and times:
        assert times[0] >= next_at.get(pace.ALL, NOW)
    for domain in set(domains) - {""}:
        own = [at for _number, to, at in given_ if to == domain]
        if of_domain:
            assert all(after - before >= of_domain for before, after in itertools.pairwise(own))
            assert all(at >= next_at.get(domain, NOW) for at in own)
    kept = pace.reserved(given_, speed)
    assert all(kept[domain] >= at + of_domain for _number, domain, at in given_ if domain and of_domain)


@pytest.mark.parametrize(
    ("address", "domain"),
    [("ana@Example.ORG", "example.org"), ("ana@exämple.org", "xn--exmple-cua.org"), ("", ""), ("ana@-ä", "")],
)
def test_a_domain_has_one_spelling(address: str, domain: str) -> None:
    assert pace.domain_of(address) == domain


def test_the_rate_is_kept_and_shared(session: Session, app: Flask, relay: FakeRelay, now: datetime) -> None:
    app.config["MAIL_RATE_PER_SECOND"] = 2.0
    for _ in range(7):
        put(session, now)
    stop = Waiting()
    # Two seconds ahead: now, and four slots after it.
    assert send(session, now, stop=stop) == 5
    assert stop.waits == [0.5, 1.0, 1.5, 2.0]
    # Another worker finds these slots taken.
    assert send(session, now, worker="two") == 0
    assert delivery.next_due(now=now) == now + timedelta(seconds=0.5)
    stop = Waiting()
    assert send(session, now + timedelta(seconds=2), worker="two", stop=stop) == 2
    assert stop.waits == [0.5, 1.0]
    assert len(relay.received) == 7


def test_a_domain_that_has_to_wait_holds_up_no_other(
    session: Session, app: Flask, relay: FakeRelay, now: datetime
) -> None:
    app.config["MAIL_RATE_PER_DOMAIN"] = 6.0  # one in ten seconds
    slow = [put(session, now, recipient=f"p{number}@slow.example", priority=10) for number in range(30)]
    quick = [put(session, now, recipient=f"p@{number}.example", priority=50) for number in range(12)]
    assert send(session, now) == 13
    assert [message.state for message in quick] == [OutboxState.SENT] * 12
    assert [message.state for message in slow].count(OutboxState.SENT) == 1
    assert slow[0].state is OutboxState.SENT
    assert send(session, now + timedelta(seconds=1)) == 0
    assert delivery.next_due(now=now + timedelta(seconds=1)) == now + timedelta(seconds=8)
    stop = Waiting()
    assert send(session, now + timedelta(seconds=8), stop=stop) == 1
    assert stop.waits == [2.0]
    assert slow[1].state is OutboxState.SENT
    # Where people have their mail is forgotten as soon as nobody has to wait for it.
    send(session, now + timedelta(hours=1))
    domains = session.scalars(sa.select(MailPace.domain)).all()
    assert "3.example" not in domains


def test_two_workers_keep_one_pace(app: Flask, session: Session, relay: FakeRelay, now: datetime) -> None:
    app.config["MAIL_RATE_PER_SECOND"] = 10.0
    app.config["MAIL_RATE_PER_DOMAIN"] = 300.0
    for number in range(60):
        put(session, now, recipient=f"p{number}@{number % 3}.example")
    session.commit()
    stops = {name: Waiting() for name in ("one", "two")}

    def work(name: str) -> None:
        with app.app_context():
            delivery.deliver(worker=name, now_fn=lambda: now, last_look=look_away, stop=stops[name])

    threads = [threading.Thread(target=work, args=(name,)) for name in stops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Now and within two seconds: 21 slots, no two alike.
    waits = [wait for stop in stops.values() for wait in stop.waits]
    assert len(relay.received) == 21
    assert len(set(waits)) == len(waits) == 20
    assert max(waits) == 2.0


def test_what_nobody_can_claim_is_not_due(session: Session, now: datetime) -> None:
    assert delivery.next_due(now=now) is None
    message = put(session, now)
    assert delivery.next_due(now=now) == now
    message.next_attempt_at = now + timedelta(minutes=5)
    session.commit()
    assert delivery.next_due(now=now) == now + timedelta(minutes=5)
    message.state, message.finished_at = OutboxState.UNCERTAIN, None
    session.commit()
    assert delivery.next_due(now=now) == now + timedelta(minutes=5)
    message.finished_at = now
    session.commit()
    assert delivery.next_due(now=now) is None


def test_claiming_walks_through_an_index_and_sorts_nothing(session: Session, now: datetime) -> None:
    statement = (
        sa.select(OutboxMessage.priority, OutboxMessage.id, OutboxMessage.domain)
        .where(OutboxMessage.state == OutboxState.QUEUED, OutboxMessage.next_attempt_at <= now)
        .order_by(OutboxMessage.priority, OutboxMessage.id)
        .limit(10)
    )
    compiled = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
    if session.get_bind().dialect.name == "sqlite":
        plan = str(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all())
    else:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        session.execute(sa.text("SET LOCAL enable_sort = off"))
        plan = str(session.connection().exec_driver_sql(f"EXPLAIN {compiled}").all())
    assert "ix_outbox_message_due" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
