"""What goes into the outbox, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.unit.mail.conftest import put, send
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.links import new_subject
from workshop.mail import personal_data, queries, service
from workshop.mail.models import OutboxState

HOSTILE_HEADERS = (
    {"Reply-To": "a@example.org\r\nBcc: b@example.org"},
    {"Reply-To": "a@example.org\nBcc: b@example.org"},
    {"Reply-To\r\nBcc": "a@example.org"},
    {"Reply-To": "a@example.org\u2028"},
    {"Bcc": "b@example.org"},
    {"To": "b@example.org"},
    {"Message-ID": "<x@example.org>"},
)
HOSTILE_RECIPIENTS = (
    "",
    "ana",
    "a@example.org, b@example.org",
    "a@example.org\r\nBcc: b@example.org",
    "Ana <a@example.org>",
    "a@b@example.org",
    "a@example.org\n",
)


def test_the_same_event_is_never_told_twice(session: Session, now: datetime) -> None:
    put(session, now, dedupe_key="reminder:1:-1d")
    facts = {
        "kind": "mail_test", "priority": 1, "series_id": None, "workshop_session_id": None, "person_ref": "",
        "answer_ref": "", "basis": {}, "recipient": "a@example.org", "language": "fr", "sender_name": "",
        "context": {},
    }  # fmt: skip
    assert service.enqueue(session, now=now, dedupe_key="reminder:1:-1d", **facts) is None  # type: ignore[arg-type] # facts are of many types
    assert len(list(queries.iterate_messages(session))) == 1


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("headers", HOSTILE_HEADERS, ids=repr)
def test_hostile_headers_are_refused(session: Session, now: datetime, headers: dict[str, str]) -> None:
    with pytest.raises(service.BadMessageError):
        put(session, now, headers=headers)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("recipient", HOSTILE_RECIPIENTS)
def test_a_recipient_is_one_address(session: Session, now: datetime, recipient: str) -> None:
    with pytest.raises(service.BadMessageError):
        put(session, now, recipient=recipient)


@pytest.mark.databases("sqlite")
def test_the_sender_is_the_instance_where_none_is_named(session: Session, now: datetime) -> None:
    assert put(session, now, sender_name="").sender_name == "Workshop"
    assert put(session, now, sender_name="A\r\nBcc: b@example.org").sender_name == "A Bcc: b@example.org"


def test_newer_news_supersedes_what_waits(session: Session, now: datetime) -> None:
    answer = new_subject()
    waiting, other = put(session, now, answer_ref=answer), put(session, now)
    sent = put(session, now, answer_ref=answer)
    sent.state = OutboxState.SENT
    session.flush()
    count = service.supersede(session, now=now, answer_ref=answer, kinds={"mail_test"}, reason="moved again")
    session.expire_all()
    assert count == 1
    assert (waiting.state, waiting.reason, waiting.finished_at) == (OutboxState.SUPERSEDED, "moved again", now)
    assert other.state is OutboxState.QUEUED
    assert sent.state is OutboxState.SENT


@pytest.mark.databases("sqlite")
def test_taking_back_looks_for_one_person_and_not_through_all_that_waits(session: Session, now: datetime) -> None:
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        sent.append((statement, values))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    for ref in ("answer_ref", "person_ref"):
        service.supersede(session, now=now, kinds={"mail_test"}, reason="moved", **{ref: new_subject()})
    sa.event.remove(db.engine, "before_cursor_execute", note)
    plans = [
        session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        for statement, values in sent
        if statement.startswith("UPDATE")
    ]
    assert ["ix_outbox_message_answer_ref" in str(plans[0]), "ix_outbox_message_person_ref" in str(plans[1])] == [
        True
    ] * 2


def test_a_failed_message_can_be_sent_again_to_a_corrected_address(session: Session, now: datetime) -> None:
    message = put(session, now, recipient="anna@example.org")
    with pytest.raises(service.NotRetriableError):
        service.retry(session, message=message.id, now=now)
    message.state, message.finished_at, message.attempts = OutboxState.FAILED, now, 6
    identity = message.message_id
    service.retry(session, message=message.id, now=now, recipient="ana@example.org")
    facts = (str(message.state), message.attempts, str(message.finished_at))
    assert facts == ("queued", 0, "None")
    assert (message.recipient, message.message_id) == ("ana@example.org", identity)
    with pytest.raises(NotFoundError):
        service.retry(session, message=999, now=now)


def test_without_a_server_a_message_is_a_private_file(session: Session, now: datetime) -> None:
    message = put(session, now, recipient="zoë@exämple.org")
    assert send(session, now) == 1
    folder = service.mail_folder()
    (path,) = folder.iterdir()
    assert path.name == f"{now:%Y%m%dT%H%M%SZ}-{message.id}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert b"\r\nTo: " in path.read_bytes()
    assert message.state is OutboxState.SENT


def test_bodies_are_erased_after_seven_days_files_included(session: Session, now: datetime) -> None:
    message, waiting = put(session, now), put(session, now)
    waiting.next_attempt_at = now + timedelta(days=30)
    assert send(session, now) == 1
    kept = len(list(service.mail_folder().iterdir()))
    assert service.erase_bodies(session, now + timedelta(days=7) - timedelta(seconds=1)) == 0
    assert service.erase_bodies(session, now + timedelta(days=7)) == 1
    assert service.erase_bodies(session, now + timedelta(days=8)) == 0
    assert (message.body_text, message.body_html, message.attachments, message.headers) == ("", "", (), {})
    assert message.state is OutboxState.SENT
    assert kept == 1
    assert list(service.mail_folder().iterdir()) == []
    assert waiting.body_text


def test_files_written_after_their_person_was_erased_go_too(session: Session, now: datetime) -> None:
    erased, other = put(session, now), put(session, now)
    assert send(session, now) == 2
    folder = service.mail_folder()
    (path,) = folder.glob(f"*-{erased.id}.eml")
    octets = path.read_bytes()
    personal_data.erase(session, person_ref=erased.person_ref, now=now)
    path.write_bytes(octets)  # a worker had begun when the person was erased
    (folder / f".{erased.id}-4711.part").write_bytes(octets)  # another one was killed
    service.erase_bodies(session, now)
    assert [one.name for one in folder.iterdir()] == [f"{now:%Y%m%dT%H%M%SZ}-{other.id}.eml"]


def test_a_person_is_exported_and_erased(session: Session, now: datetime) -> None:
    person = new_subject()
    sent, waiting, other = (put(session, now, person_ref=ref) for ref in (person, person, new_subject()))
    waiting.next_attempt_at = other.next_attempt_at = now + timedelta(days=1)
    send(session, now)
    held = personal_data.export(session, person_ref=person)
    assert [entry["recipient"] for entry in held] == [sent.recipient, waiting.recipient]
    assert all(entry["text"] for entry in held)
    assert personal_data.erase(session, person_ref=person, now=now) == 2
    assert sent.state is OutboxState.SENT
    assert (waiting.state, waiting.reason) == (OutboxState.DISCARDED, "erased")
    for message in (sent, waiting):
        assert message.recipient == message.subject == message.body_text == message.body_html == ""
        assert message.body_erased_at == now
    assert list(service.mail_folder().iterdir()) == []
    assert other.recipient
    assert send(session, now + timedelta(days=2)) == 1


def test_whether_a_worker_was_heard(session: Session, app: Flask, now: datetime) -> None:
    from workshop.mail.heartbeat import Heartbeat

    session.commit()
    with Heartbeat(app, "one", lambda: now):
        assert queries.is_worker_heard(session, now=now)
        assert not queries.is_worker_heard(session, now=now + timedelta(minutes=2, seconds=1))
        session.commit()
    assert not queries.is_worker_heard(session, now=now)


def test_counts_by_state(session: Session, now: datetime) -> None:
    put(session, now)
    put(session, now).state = OutboxState.FAILED
    session.flush()
    assert queries.count_states(session) == {OutboxState.QUEUED: 1, OutboxState.FAILED: 1}
    last = queries.find_last_message(session)
    assert last is not None
    assert queries.get_message(session, last.id) is last
    assert [message.id for message in queries.iterate_messages(session, newest=1)] == [last.id]
    with pytest.raises(NotFoundError):
        queries.get_message(session, 999)
