"""Real conversations with a relay that answers well, badly, late or not at all."""

from __future__ import annotations

import smtplib
import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.relay import FakeRelay
from tests.unit.mail.conftest import look_away, put, send
from workshop.core import links
from workshop.core.links import Purpose, SecretLink
from workshop.mail import delivery, transport
from workshop.mail.models import OutboxMessage, OutboxState, Worker


def test_an_accepted_message_is_sent_once_with_its_headers(session: Session, relay: FakeRelay, now: datetime) -> None:
    message = put(
        session,
        now,
        recipient="ana@example.org",
        sender_name='L’atelier, "le vrai" <x@y>',
        headers={"Reply-To": "contact@example.org"},
    )
    assert send(session, now) == 1
    assert send(session, now) == 0
    (received,) = relay.received
    parsed = received.message
    assert received.recipients == ["ana@example.org"]
    assert received.sender == "ateliers@workshops.example.org"
    assert parsed["To"] == "ana@example.org"
    assert [address.addr_spec for address in parsed["From"].addresses] == ["ateliers@workshops.example.org"]
    assert parsed["From"].addresses[0].display_name == 'L’atelier, "le vrai" <x@y>'
    assert parsed["Message-ID"] == message.message_id
    assert parsed["Message-ID"].endswith("@workshops.example.org>")
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert parsed["Content-Language"] == "fr"
    assert parsed["Reply-To"] == "contact@example.org"
    assert parsed["List-Unsubscribe"] is None
    assert len(parsed.get_all("Message-ID", [])) == len(parsed.get_all("To", [])) == 1
    assert parsed.get_content_type() == "multipart/alternative"
    assert max(len(line) for line in received.octets.split(b"\r\n")) <= 998
    assert message.state is OutboxState.SENT
    assert message.finished_at == now


def test_each_refers_to_the_first_about_the_same_answer(session: Session, relay: FakeRelay, now: datetime) -> None:
    named, neutral = {"is_neutral": False}, {"is_neutral": True}
    first = put(session, now, answer_ref="a" * 32, basis=named)
    put(session, now, answer_ref="a" * 32, basis=named)
    # Whoever asked for discretion since does not find it in one conversation with what named the session.
    put(session, now, answer_ref="a" * 32, basis=neutral)
    unnamed = put(session, now, answer_ref="b" * 32, basis=neutral)
    put(session, now, answer_ref="b" * 32, basis=neutral)
    put(session, now, answer_ref="")
    put(session, now, answer_ref="")
    assert send(session, now) == 7
    told = [received.message["References"] for received in relay.received]
    assert told == [None, first.message_id, None, None, unnamed.message_id, None, None]


def test_many_messages_share_one_connection_and_leave_by_priority(
    session: Session, relay: FakeRelay, now: datetime
) -> None:
    for priority in (40, 10, 30, 20) * 4:
        put(session, now, priority=priority, recipient=f"p{priority}@example.org")
    assert send(session, now) == 16
    assert relay.connections == 1
    assert [received.recipients[0] for received in relay.received] == sorted(
        received.recipients[0] for received in relay.received
    )


def test_refused_three_times_for_now_then_accepted(session: Session, relay: FakeRelay, now: datetime) -> None:
    relay.data_replies = ["451 4.3.0 try later, ana@example.org"] * 3
    message = put(session, now)
    identity = message.message_id
    for attempt, wait in enumerate((1, 5, 15), start=1):
        assert send(session, now) == 1
        assert message.state is OutboxState.QUEUED
        assert message.reason == "451 4.3.0"
        assert (message.attempts, message.next_attempt_at) == (attempt, now + timedelta(minutes=wait))
        assert send(session, message.next_attempt_at - timedelta(seconds=1)) == 0
        now = message.next_attempt_at
    assert send(session, now) == 1
    assert message.state is OutboxState.SENT
    (received,) = relay.received
    assert received.message["Message-ID"] == identity


def test_after_the_last_wait_it_has_failed(session: Session, relay: FakeRelay, now: datetime) -> None:
    relay.rcpt_replies = ["450 4.2.1 busy"] * 9
    message = put(session, now)
    for wait in (1, 5, 15, 60, 240):
        assert send(session, now) == 1
        assert message.next_attempt_at == now + timedelta(minutes=wait)
        now = message.next_attempt_at
    assert send(session, now) == 1
    assert message.state is OutboxState.FAILED
    assert message.finished_at == now


@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_final_refusal_fails_without_keeping_the_address(
    session: Session, relay: FakeRelay, now: datetime, step: str
) -> None:
    replies = relay.rcpt_replies if step == "rcpt" else relay.data_replies
    replies.append("550 5.1.1 <ana@example.org> unknown")
    message, other = put(session, now, recipient="ana@example.org"), put(session, now)
    assert send(session, now) == 2
    assert (message.state, message.reason) == (OutboxState.FAILED, "550 5.1.1")
    assert other.state is OutboxState.SENT


def test_no_relay_at_all_is_waited_for(session: Session, app: Flask, relay: FakeRelay, now: datetime) -> None:
    app.config["MAIL_PORT"] = 1
    message = put(session, now)
    assert send(session, now) == 1
    assert (message.state, message.reason) == (OutboxState.QUEUED, "no connection: ConnectionRefusedError")


def test_a_relay_that_is_away_for_days_gives_no_message_up(
    session: Session, app: Flask, relay: FakeRelay, now: datetime
) -> None:
    there, app.config["MAIL_PORT"] = app.config["MAIL_PORT"], 1
    message, waits = put(session, now), []
    for _ in range(200):
        assert send(session, now) == 1
        assert message.state is OutboxState.QUEUED
        waits.append(message.next_attempt_at - now)
        now = message.next_attempt_at
    assert waits[:3] == [timedelta(minutes=minutes) for minutes in (1, 5, 15)]
    assert set(waits[3:]) == {timedelta(minutes=15)}
    # What it then says of this message counts as ever.
    app.config["MAIL_PORT"], relay.data_replies = there, ["451 later"]
    assert send(session, now) == 1
    assert (message.state, message.next_attempt_at - now) == (OutboxState.QUEUED, timedelta(minutes=60))
    assert send(session, message.next_attempt_at) == 1
    assert message.state is OutboxState.SENT


def test_a_connection_dropped_after_the_dot_is_uncertain_and_tried_once_more(
    session: Session, relay: FakeRelay, now: datetime
) -> None:
    relay.data_replies = ["accept and drop", "accept and drop"]
    message = put(session, now)
    assert send(session, now) == 1
    assert message.state is OutboxState.UNCERTAIN
    assert message.finished_at is None
    assert send(session, now + timedelta(minutes=29)) == 0
    later = now + timedelta(minutes=30)
    assert send(session, later) == 1
    assert message.state is OutboxState.UNCERTAIN
    assert message.finished_at == later
    assert send(session, now + timedelta(days=1)) == 0
    first, second = relay.received
    assert first.message["Message-ID"] == second.message["Message-ID"] == message.message_id


def test_the_second_time_may_settle_it(session: Session, relay: FakeRelay, now: datetime) -> None:
    relay.data_replies = ["drop"]
    message = put(session, now)
    send(session, now)
    assert send(session, now + timedelta(minutes=30)) == 1
    assert message.state is OutboxState.SENT


@pytest.mark.parametrize("kind", ["reminder", "thanks", "announcement"])
def test_a_reminder_is_never_sent_twice(session: Session, relay: FakeRelay, now: datetime, kind: str) -> None:
    relay.data_replies = ["accept and drop"]
    message = put(session, now)
    message.kind = kind
    assert send(session, now) == 1
    assert message.state is OutboxState.UNCERTAIN
    assert message.finished_at == now
    assert send(session, now + timedelta(days=1)) == 0
    assert len(relay.received) == 1


def test_a_silent_relay_leaves_the_message_uncertain(
    session: Session, relay: FakeRelay, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "FINAL_TIMEOUT", 0.3)
    relay.data_replies = ["silent"]
    message = put(session, now)
    assert send(session, now) == 1
    assert message.state is OutboxState.UNCERTAIN


def test_a_relay_that_closed_an_idle_connection_is_asked_again(
    session: Session, relay: FakeRelay, now: datetime
) -> None:
    session.commit()
    with transport.Relay() as way:
        for number in (1, 2):
            message = put(session, now)
            draft = delivery.make_draft(session, message)
            session.commit()
            assert way.transmit(draft, lambda: True).result is transport.Result.SENT
            if number == 1:
                assert way._host is not None
                assert way._host.sock is not None
                way._host.sock.shutdown(2)
    assert len(relay.received) == 2
    assert relay.connections == 2


def test_last_look_and_expiry_stop_a_message(session: Session, relay: FakeRelay, now: datetime) -> None:
    withdrawn = put(session, now)
    late = put(session, now, expires_at=now)
    good = put(session, now, expires_at=now + timedelta(seconds=1))
    number = withdrawn.id

    def look(_session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
        return "answer withdrawn" if message.id == number else None

    assert send(session, now, last_look=look) == 3
    assert (withdrawn.state, withdrawn.reason) == (OutboxState.DISCARDED, "answer withdrawn")
    assert late.state is OutboxState.EXPIRED
    assert good.state is OutboxState.SENT
    assert len(relay.received) == 1


def test_a_faulty_last_look_stops_nobody_else(session: Session, relay: FakeRelay, now: datetime) -> None:
    first, second = put(session, now), put(session, now)

    def look(_session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
        if message.id == 1:
            raise LookupError("ana@example.org")
        return None

    assert send(session, now, last_look=look) == 2
    assert first.state is OutboxState.QUEUED
    assert first.reason == "could not be made: LookupError"
    assert second.state is OutboxState.SENT


def test_marks_become_tokens_on_the_wire_and_never_in_the_database(
    session: Session, relay: FakeRelay, now: datetime
) -> None:
    subject = links.new_subject()
    mark = links.mark(Purpose.UNSUBSCRIBE, subject)
    url = f"http://127.0.0.1:5000/fr/unsubscribe/{mark}"
    body = f"BEGIN:VCALENDAR\r\nCONFERENCE;VALUE=URI:http://127.0.0.1:5000/fr/une-adresse-plutôt-longue/{mark}"
    folded = body[:76] + "\r\n " + body[76:120] + "\r\n " + body[120:] + "\r\nEND:VCALENDAR\r\n"
    message = put(
        session,
        now,
        headers={"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        attachments=[{"filename": "session.ics", "content_type": "text/calendar; charset=utf-8", "content": folded}],
    )
    message.body_text, message.body_html = f"Ici :\n{url}\n", f'<a href="{url}">ici</a>'
    assert send(session, now) == 1
    token = links.issue(session, purpose=Purpose.UNSUBSCRIBE, subject=subject)
    (received,) = relay.received
    parsed = received.message
    assert parsed["List-Unsubscribe"] == f"<{url.replace(mark, token)}>"
    assert f"List-Unsubscribe: <{url.replace(mark, token)}>\r\n".encode() in received.octets
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in parsed.walk():
        if part.get_content_maintype() == "text" and part.get_content_subtype() != "calendar":
            assert token in part.get_content()
    (attachment,) = parsed.iter_attachments()
    assert attachment.get_filename() == "session.ics"
    assert attachment["Content-Type"] == 'text/calendar; charset="utf-8"; name="session.ics"' or (
        attachment.get_content_type(),
        attachment.get_content_charset(),
    ) == ("text/calendar", "utf-8")
    calendar = attachment.get_payload(decode=True)
    assert isinstance(calendar, bytes)
    assert token in calendar.decode().replace("\r\n ", "")
    assert max(len(line) for line in calendar.split(b"\r\n")) <= 75
    assert calendar.endswith(b"END:VCALENDAR\r\n")
    assert b"[[link" not in received.octets
    session.commit()
    for table in (OutboxMessage, SecretLink):
        for row in session.execute(sa.select(table.__table__)).all():
            assert token not in repr(row)
    assert mark in message.body_text


def test_a_worker_that_stops_gives_back_what_it_did_not_begin(session: Session, now: datetime) -> None:
    messages = [put(session, now) for _ in range(5)]
    stop = threading.Event()

    def look(_session: Session, _message: OutboxMessage, /, *, now: datetime) -> str | None:
        stop.set()
        return None

    send(session, now, last_look=look, stop=stop)
    assert {message.state for message in messages} == {OutboxState.QUEUED}
    assert {message.claimed_by for message in messages} == {""}


def test_claims_of_a_silent_worker_return_by_phase(session: Session, now: datetime) -> None:
    unbegun, begun, reminder, held = (put(session, now) for _ in range(4))
    for message in (unbegun, begun, reminder, held):
        message.state, message.claimed_by, message.claimed_at = OutboxState.CLAIMED, "dead", now
    begun.payload_begun_at = reminder.payload_begun_at = now
    reminder.kind = "reminder"
    held.claimed_by = "alive"
    later = now + timedelta(seconds=60)
    session.add(Worker(name="alive", started_at=now, heartbeat_at=later))
    session.add(Worker(name="dead", started_at=now, heartbeat_at=now))
    session.commit()
    assert delivery.return_silent_claims(now=later - timedelta(seconds=1)) == 0
    assert delivery.return_silent_claims(now=later) == 3
    session.expire_all()
    assert unbegun.state is OutboxState.QUEUED
    assert begun.state is reminder.state is OutboxState.UNCERTAIN
    assert begun.finished_at is None
    assert reminder.finished_at == later
    assert held.state is OutboxState.CLAIMED


def test_who_lost_its_claim_does_not_send(session: Session, relay: FakeRelay, now: datetime) -> None:
    message = put(session, now)
    number = message.id

    def look(looking: Session, _message: OutboxMessage, /, *, now: datetime) -> str | None:
        # As though another worker had taken it over between the look and the payload.
        looking.execute(sa.update(OutboxMessage).where(OutboxMessage.id == number).values(claimed_by="two"))
        return None

    send(session, now, last_look=look)
    assert relay.received == []
    assert message.state is OutboxState.CLAIMED
    assert message.claimed_by == "two"


def test_two_workers_share_one_queue_without_duplicates(
    app: Flask, session: Session, relay: FakeRelay, now: datetime
) -> None:
    for _ in range(60):
        put(session, now)
    session.commit()
    handled: dict[str, int] = {}

    def work(name: str) -> None:
        with app.app_context():
            handled[name] = delivery.deliver(worker=name, now_fn=lambda: now, last_look=look_away)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(handled.values()) == 60
    assert len(relay.received) == 60
    assert len({received.message["Message-ID"] for received in relay.received}) == 60
    states = session.scalars(sa.select(OutboxMessage.state).distinct()).all()
    assert states == [OutboxState.SENT]


@pytest.mark.databases("sqlite")
def test_international_addresses(session: Session, relay: FakeRelay, now: datetime) -> None:
    domain, local = put(session, now, recipient="ana@exämple.org"), put(session, now, recipient="zoë@example.org")
    assert send(session, now) == 2
    assert relay.received[0].recipients == ["ana@xn--exmple-cua.org"]
    assert relay.received[1].recipients == ["zoë@example.org"]  # this relay offers SMTPUTF8
    assert domain.state is local.state is OutboxState.SENT


@pytest.mark.databases("sqlite")
def test_an_address_that_the_relay_cannot_take_is_refused_clearly(
    session: Session, relay: FakeRelay, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtplib.SMTP, "has_extn", lambda _self, _name: False)
    message = put(session, now, recipient="zoë@example.org")
    send(session, now)
    assert message.state is OutboxState.FAILED
    assert "SMTPUTF8" in message.reason


@pytest.mark.databases("sqlite")
def test_tls_that_is_asked_for_and_not_offered_stops_the_mail(
    session: Session, app: Flask, relay: FakeRelay, now: datetime
) -> None:
    app.config["MAIL_USE_TLS"] = True
    message = put(session, now)
    send(session, now)
    assert (message.state, message.reason) == (OutboxState.QUEUED, "no connection: SMTPNotSupportedError")
    assert relay.received == []


@pytest.mark.databases("sqlite")
def test_the_relay_can_be_probed(app: Flask, relay: FakeRelay) -> None:
    assert transport.check_relay(app) is None
    relay.rcpt_replies = ["550 5.7.1 not from you"]
    assert transport.check_relay(app) == "SMTPResponseException 550 5.7.1"
    assert relay.received == []
