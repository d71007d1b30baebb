"""`workshop mail`."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from tests.relay import FakeRelay
from tests.unit.mail.conftest import put, send
from workshop.core import links
from workshop.core.links import Purpose
from workshop.mail import suppression
from workshop.mail.cli import mail
from workshop.mail.models import OutboxState

pytestmark = pytest.mark.databases("sqlite")


def run(session: Session, *arguments: str) -> Result:
    session.commit()
    result = CliRunner().invoke(mail, list(arguments))
    session.expire_all()
    return result


def test_list_shows_every_message_with_its_state_and_no_address(session: Session, now: datetime) -> None:
    put(session, now, recipient="ana@example.org")
    put(session, now).state = OutboxState.UNCERTAIN
    result = run(session, "list")
    assert result.exit_code == 0
    first, second = result.output.splitlines()
    assert "queued" in first
    assert "uncertain" in second
    assert "ana@" not in result.output
    rows = [json.loads(line) for line in run(session, "list", "--json").output.splitlines()]
    assert [row["state"] for row in rows] == ["queued", "uncertain"]
    assert rows[0]["recipient"] == "a…@….org"


def marked(session: Session, now: datetime) -> tuple[int, str, str]:
    message, subject = put(session, now, recipient="ana@example.org"), links.new_subject()
    mark = links.mark(Purpose.MY, subject)
    message.body_text = f"Votre page :\nhttp://127.0.0.1:5000/fr/my/{mark}/\n"
    session.commit()
    return message.id, mark, subject


def test_show_prints_links_where_mail_stays_here(session: Session, now: datetime) -> None:
    number, mark, subject = marked(session, now)
    result = run(session, "show", str(number))
    token = links.issue(session, purpose=Purpose.MY, subject=subject)
    assert f"http://127.0.0.1:5000/fr/my/{token}/" in result.output
    assert mark not in result.output
    assert "To: ana@example.org" in result.output
    assert links.find_subject(session, purpose=Purpose.MY, token=token) == subject
    assert run(session, "show", "--last").output == result.output


def test_show_cuts_links_where_mail_leaves(session: Session, relay: FakeRelay, now: datetime) -> None:
    number, _mark, _subject = marked(session, now)
    result = run(session, "show", str(number))
    assert "http://127.0.0.1:5000/fr/my/…/" in result.output
    assert "ana@example.org" not in result.output


def test_show_needs_one_message(session: Session, now: datetime) -> None:
    assert run(session, "show").exit_code == 2
    assert run(session, "show", "1", "--last").exit_code == 2
    assert run(session, "show", "--last").exit_code == 1


def test_retry_queues_again(session: Session, now: datetime) -> None:
    message = put(session, now)
    message.state = OutboxState.FAILED
    assert run(session, "retry", str(message.id)).exit_code == 0
    assert message.state is OutboxState.QUEUED
    assert send(session, datetime.now(now.tzinfo)) == 1


def test_test_holds_a_real_conversation(session: Session, app: Flask, relay: FakeRelay) -> None:
    assert run(session, "test", "ana@example.org").exit_code == 0
    assert relay.received[0].recipients == ["ana@example.org"]
    relay.data_replies = ["550 5.7.1 no"]
    refused = run(session, "test", "ana@example.org")
    assert refused.exit_code == 1
    assert "550 5.7.1" in refused.output


def test_test_without_a_server_writes_a_file(session: Session, app: Flask) -> None:
    assert run(session, "test", "ana@example.org").exit_code == 0


def test_list_can_be_narrowed(session: Session, now: datetime) -> None:
    for state in (OutboxState.QUEUED, OutboxState.FAILED, OutboxState.UNCERTAIN):
        put(session, now).state = state
    put(session, now, kind="link_resent", context={"my_url": "http://127.0.0.1/", "is_new": False})
    assert len(run(session, "list", "--state", "failed", "--state", "uncertain").output.splitlines()) == 2
    assert len(run(session, "list", "--kind", "link_resent").output.splitlines()) == 1
    newest = [json.loads(line) for line in run(session, "list", "--newest", "2", "--json").output.splitlines()]
    assert [one["state"] for one in newest] == ["uncertain", "queued"]
    assert run(session, "list", "--state", "lost").exit_code == 2
    assert run(session, "list", "--newest", "0").exit_code == 2


def test_show_tells_a_message_s_life(session: Session, now: datetime) -> None:
    message = put(session, now, recipient="ana@example.org")
    message.state, message.reason, message.finished_at, message.attempts = OutboxState.FAILED, "550 5.7.1", now, 1
    output = run(session, "show", str(message.id)).output
    assert "X-State: failed (550 5.7.1)" in output
    assert "X-Next-Attempt" not in output
    facts = json.loads(run(session, "show", "--last", "--json").output)
    assert (facts["state"], facts["attempts"], facts["message_id"]) == ("failed", 1, message.message_id)
    assert facts["subject"] == message.subject


def test_retry_goes_to_a_corrected_address_and_believes_that_it_is_there(session: Session, now: datetime) -> None:
    message = put(session, now, recipient="ana@exmaple.org")
    message.state, message.reason = OutboxState.DISCARDED, suppression.SUPPRESSED
    for address in ("ana@exmaple.org", "ana@example.org"):
        suppression.suppress(session, address=address, status="5.1.1", now=now)
    assert run(session, "retry", str(message.id), "--to", "nonsense").exit_code == 1
    assert message.state is OutboxState.DISCARDED
    assert run(session, "retry", str(message.id), "--to", "ana@example.org").exit_code == 0
    assert (message.state, message.recipient, message.domain) == (OutboxState.QUEUED, "ana@example.org", "example.org")
    assert suppression.status_of(session, "ana@example.org") is None
    assert suppression.status_of(session, "ana@exmaple.org") == "5.1.1"


def test_retry_says_why_it_cannot(session: Session, now: datetime) -> None:
    message = put(session, now)
    waiting = run(session, "retry", str(message.id))
    message.state, message.body_erased_at = OutboxState.FAILED, now
    erased, unknown = run(session, "retry", str(message.id)), run(session, "retry", "99999")
    assert [one.exit_code for one in (waiting, erased, unknown)] == [1, 1, 1]
    assert "queued" in waiting.output
    assert "99999" in unknown.output
    assert len({waiting.output, erased.output, unknown.output}) == 3
