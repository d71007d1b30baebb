"""How a batch goes: one look for all of it, another where a turn comes late, one commit a message, one breath a relay."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.relay import FakeRelay, certificate, mute_server, running_relay
from tests.unit.mail.conftest import look_away, put, send
from workshop.core.db import db
from workshop.mail import bounces, delivery, suppression, transport
from workshop.mail.models import OutboxMessage, OutboxState


def test_a_batch_is_looked_at_together(session: Session, relay: FakeRelay, now: datetime) -> None:
    for _ in range(25):
        put(session, now)
    seen: list[int] = []

    def look_ahead(_session: Session, messages: Sequence[OutboxMessage], /) -> None:
        seen.append(len(messages))

    assert send(session, now, look_ahead=look_ahead) == 25
    assert seen == [10, 10, 5]
    assert len(relay.received) == 25
    assert relay.connections == 1


def test_whoever_waited_is_looked_at_again(session: Session, relay: FakeRelay, now: datetime) -> None:
    messages = [put(session, now) for _ in range(4)]
    withdrawn = messages[3].id
    times = iter([now] * 12 + [now + timedelta(seconds=3)] * 100)
    looks: list[int] = []

    def look(_session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
        looks.append(message.id)
        return "answer withdrawn" if looks.count(withdrawn) == 2 and message.id == withdrawn else None

    session.commit()
    delivery.deliver(worker="one", now_fn=lambda: next(times), last_look=look)
    session.expire_all()
    assert looks[:4] == [message.id for message in messages]
    assert looks[-1] == withdrawn
    assert (messages[3].state, messages[3].reason) == (OutboxState.DISCARDED, "answer withdrawn")
    assert [message.state for message in messages[:3]] == [OutboxState.SENT] * 3
    assert len(relay.received) == 3


def test_each_message_costs_one_commit_before_its_payload(session: Session, relay: FakeRelay, now: datetime) -> None:
    for _ in range(20):
        put(session, now)
    commits: list[int] = []

    def note(_connection: sa.Connection) -> None:
        commits.append(len(relay.received))

    session.commit()
    sa.event.listen(db.engine, "commit", note)
    send(session, now)
    sa.event.remove(db.engine, "commit", note)
    # A claim and a look for every ten, the first questions, and the last word.
    assert len(commits) <= 20 + 2 * 2 + 8
    # Before each payload something was written down.
    assert set(range(20)) <= set(commits)


def test_before_the_payload_the_row_says_so_and_that_the_one_before_has_left(
    app: Flask, session: Session, relay: FakeRelay, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        put(session, now)
    states: list[list[str]] = []
    original = transport.send_payload

    def send_payload(host: Any, octets: bytes) -> None:
        with Session(db.engine) as looking:
            rows = looking.execute(
                sa.select(OutboxMessage.state, OutboxMessage.payload_begun_at).order_by(OutboxMessage.id)
            )
            states.append([f"{state}{'!' if begun else ''}" for state, begun in rows])
        original(host, octets)

    monkeypatch.setattr(transport, "send_payload", send_payload)
    send(session, now)
    assert states == [
        ["claimed!", "claimed", "claimed"],
        ["sent!", "claimed!", "claimed"],
        ["sent!", "sent!", "claimed!"],
    ]


def test_a_relay_that_is_away_is_asked_once_for_a_batch(
    session: Session, app: Flask, relay: FakeRelay, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [put(session, now) for _ in range(12)]
    monkeypatch.setattr(transport, "TIMEOUT", 0.2)
    with mute_server() as port:
        app.config["MAIL_PORT"] = port
        assert send(session, now, limit=10) == 10
    assert {message.reason for message in messages[:10]} == {"no connection: TimeoutError"}
    assert {message.attempts for message in messages[:10]} == {1}
    assert {message.next_attempt_at for message in messages[:10]} == {now + timedelta(minutes=1)}
    assert {message.attempts for message in messages[10:]} == {0}


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("is_tls", [True, False], ids=["from the start", "STARTTLS"])
def test_a_certificate_that_is_not_trusted_is_named_and_waited_for(
    session: Session,
    app: Flask,
    now: datetime,
    tmp_path: Any,
    is_tls: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    _shown, context = certificate(tmp_path, name="127.0.0.1")
    with running_relay(is_tls=is_tls, tls_context=context) as running:
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=running.port, MAIL_USE_SSL=is_tls, MAIL_USE_TLS=not is_tls)
        message = put(session, now, recipient="ana@example.org")
        assert send(session, now) == 1
        assert message.state is OutboxState.QUEUED
        assert message.reason.startswith("no connection: certificate not trusted: self")
        assert message.next_attempt_at == now + timedelta(minutes=1)
        assert running.received == []


def test_a_domain_that_is_refused_holds_up_no_other(session: Session, relay: FakeRelay, now: datetime) -> None:
    relay.refused_domains = {"full.example": "452 4.2.2 over quota", "gone.example": "550 5.1.2 no such domain"}
    full, gone, good = (put(session, now, recipient=f"p@{name}.example") for name in ("full", "gone", "good"))
    assert send(session, now) == 3
    assert (full.state, full.reason) == (OutboxState.QUEUED, "452 4.2.2")
    assert (gone.state, gone.reason) == (OutboxState.FAILED, "550 5.1.2")
    assert good.state is OutboxState.SENT
    assert relay.connections == 1


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]], ids=["one by one", "in one breath"])
@pytest.mark.parametrize(
    ("rcpt", "data", "states", "connections"),
    [
        ("421 4.7.0 closing", "", ["sent", "sent", "sent"], 2),
        ("", "421 4.7.0 closing", ["sent", "sent", "sent"], 2),
        ("drop", "", ["sent", "sent", "sent"], 2),
        ("", "drop before", ["sent", "sent", "sent"], 2),
        ("", "drop within", ["sent", "uncertain", "sent"], 2),
        ("", "accept and drop", ["sent", "uncertain", "sent"], 2),
        ("", "451 4.3.0 later", ["sent", "queued", "sent"], 1),
        ("550 5.1.1 nobody", "", ["sent", "failed", "sent"], 1),
        ("450 4.2.1 busy", "", ["sent", "queued", "sent"], 1),
    ],
)
def test_what_befalls_one_message_befalls_no_other(
    session: Session,
    relay: FakeRelay,
    now: datetime,
    *,
    offers: list[str],
    rcpt: str,
    data: str,
    states: list[str],
    connections: int,
) -> None:
    relay.offers = offers
    relay.rcpt_replies = ["250 OK", rcpt] if rcpt else []
    relay.data_replies = ["250 OK", data] if data else []
    messages = [put(session, now) for _ in range(3)]
    assert send(session, now) == 3
    assert [message.state.value for message in messages] == states
    assert relay.connections == connections
    assert len({received.message["Message-ID"] for received in relay.received}) == len(relay.received)


def test_an_address_beyond_ascii_goes_in_one_breath_too(session: Session, relay: FakeRelay, now: datetime) -> None:
    relay.offers = ["PIPELINING"]
    message = put(session, now, recipient="zoë@exämple.org")
    other = put(session, now)
    assert send(session, now) == 2
    assert relay.received[0].recipients == ["zoë@xn--exmple-cua.org"]
    assert message.state is other.state is OutboxState.SENT


def test_the_envelope_says_where_a_bounce_goes(session: Session, app: Flask, relay: FakeRelay, now: datetime) -> None:
    app.config["MAIL_BOUNCES"] = "bounce@workshops.example.org"
    message = put(session, now, recipient="ana@example.org")
    send(session, now)
    (received,) = relay.received
    assert received.sender == bounces.envelope_from(message.id, "ana@example.org")
    assert received.sender.startswith("bounce+")
    assert received.message["From"].addresses[0].addr_spec == "ateliers@workshops.example.org"


def test_an_address_that_refused_gets_only_what_was_asked_for(
    session: Session, relay: FakeRelay, now: datetime
) -> None:
    suppression.suppress(session, address="Ana@example.org", status="5.1.1", now=now)
    reminder = put(session, now, recipient="ana@example.org", kind="speaker_link", context={}, rendered=_said())
    asked = put(session, now, recipient="ana@example.org")
    other = put(session, now, rendered=_said(), kind="reminder")
    assert send(session, now) == 3
    assert (reminder.state, reminder.reason) == (OutboxState.DISCARDED, "address refused")
    assert asked.state is other.state is OutboxState.SENT


def _said() -> Any:
    from workshop.mail.render import Rendered

    return Rendered("Sujet", "Texte\n", "<p>Texte</p>\n")


def test_a_message_that_cannot_be_composed_holds_up_no_other(session: Session, relay: FakeRelay, now: datetime) -> None:
    first, bad, last = (put(session, now) for _ in range(3))
    bad.headers = {"Reply-To": "a@example.org\r\nBcc: b@example.org"}
    assert send(session, now) == 3
    assert (bad.state, bad.reason) == (OutboxState.FAILED, "could not be made: ValueError")
    assert first.state is last.state is OutboxState.SENT


def test_two_workers_on_one_database_never_wait_in_vain(
    app: Flask, session: Session, relay: FakeRelay, now: datetime
) -> None:
    for _ in range(120):
        put(session, now)
    session.commit()
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            with app.app_context():
                while delivery.deliver(worker=name, now_fn=lambda: now, last_look=look_away, limit=30):
                    pass
        except BaseException as fault:  # noqa: BLE001 (shown below, in the test's own thread)
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert len(relay.received) == len({received.message["Message-ID"] for received in relay.received}) == 120
    counts = session.execute(sa.select(OutboxMessage.state, sa.func.count()).group_by(OutboxMessage.state)).all()
    assert [tuple(row) for row in counts] == [(OutboxState.SENT, 120)]
