"""The mailbox that answers arrive in: emptied by IMAP, kept where the fault is ours, by a server that is real."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from tests.conftest import _require
from tests.mailbox import PASSWORD, USER, Mailbox, find_dovecot, running_mailbox
from tests.unit.calendars.replies.recorded import CASES, SETTINGS, build_invited, message
from workshop import doctor, worker
from workshop.calendars import cli
from workshop.mail import mailbox as imap
from workshop.rsvp.models import Answer, AnswerState

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    """Run dovecot."""
    dovecot = find_dovecot()
    if dovecot is None:
        _require("an IMAP server (Debian: dovecot-imapd, openssl)")
        raise AssertionError
    with running_mailbox(dovecot) as running:
        yield running


@pytest.fixture
def settings(server: Mailbox) -> dict[str, str]:
    """Give the settings of the mailbox, emptied."""
    if server.count():
        with server.opened() as client:
            client.store("1:*", "+FLAGS", r"\Deleted")
            client.expunge()
    return {
        **SETTINGS,
        "IMAP_SERVER": "127.0.0.1",
        "IMAP_PORT": str(server.port),
        "IMAP_USERNAME": USER,
        "IMAP_PASSWORD": PASSWORD,
        "IMAP_USE_SSL": "off",
    }


@pytest.fixture
def app(configure: Callable[..., Flask], settings: dict[str, str]) -> Flask:
    """Give an application that takes answers out of the mailbox."""
    return configure(**settings)


@pytest.fixture
def answer(session: Session, clock: time_machine.Traveller) -> Answer:
    """Give the answer that the recorded messages are about."""
    return build_invited(session)


def poll(session: Session) -> int:
    session.commit()
    count = cli.poll()
    session.expire_all()
    return count


def test_a_reply_is_applied_and_deleted(session: Session, answer: Answer, server: Mailbox) -> None:
    server.put(message("google-decline"))
    assert poll(session) == 1
    assert answer.state is AnswerState.DECLINED
    assert server.count() == 0
    assert poll(session) == 0


def test_every_message_is_deleted_whatever_it_says(session: Session, answer: Answer, server: Mailbox) -> None:
    server.put(*(case.octets for case in CASES if case.octets), b"Subject: " + b"x" * 2_000_000)
    assert poll(session) == len(CASES)
    assert server.count() == 0


def test_a_fault_of_ours_keeps_that_message_and_no_other(
    session: Session, answer: Answer, server: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take = cli.take

    def fail_once(octets: bytes) -> Any:
        if b"Bounce" in octets:
            raise OSError("ana@example.org")
        return take(octets)

    monkeypatch.setattr(cli, "take", fail_once)
    server.put(b"Subject: Bounce\n\n", message("google-decline"))
    assert poll(session) == 1
    assert (answer.state, server.count()) == (AnswerState.DECLINED, 1)
    assert "a message stays in the mailbox: OSError" in caplog.messages
    assert "ana@" not in caplog.text
    monkeypatch.undo()
    assert poll(session) == 1


def test_what_its_owner_marked_is_left_alone(session: Session, answer: Answer, server: Mailbox) -> None:
    server.put(b"Subject: mine\n\n")
    with server.opened() as client:
        client.store("1", "+FLAGS", r"\Deleted")
    server.put(message("google-decline"))
    assert poll(session) == 1
    assert server.count() == 1


def test_over_tls_only_a_certificate_that_is_trusted_will_do(
    configure: Callable[..., Flask], settings: dict[str, str], server: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = configure(**{**settings, "IMAP_PORT": str(server.tls_port), "IMAP_USE_SSL": "on"})
    assert "no verified TLS" in str(imap.check(app.config))
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    assert imap.check(app.config) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"IMAP_PASSWORD": "wrong"}, "it refuses IMAP_USERNAME or IMAP_PASSWORD"),
        ({"IMAP_FOLDER": "Nowhere"}, "it has no folder of that name"),
        ({"IMAP_PORT": "1"}, "it does not answer"),
    ],
)
def test_what_is_wrong_is_said_without_a_name_or_password(
    configure: Callable[..., Flask], settings: dict[str, str], changed: dict[str, str], said: str
) -> None:
    fault = str(imap.check(configure(**{**settings, **changed}).config))
    assert said in fault
    assert "wrong" not in fault


def test_the_command_looks_once_and_counts(session: Session, answer: Answer, server: Mailbox) -> None:
    server.put(message("google-decline"), message("words-only"))
    session.commit()
    result = CliRunner().invoke(cli.receive, ["--imap"])
    assert (result.exit_code, server.count()) == (0, 0)
    assert "2" in result.output


def test_the_worker_looks_beside_its_other_work(app: Flask, session: Session, answer: Answer, server: Mailbox) -> None:
    server.put(message("google-decline"))
    session.commit()
    stop = threading.Event()
    running = threading.Thread(target=worker.run, args=(app,), kwargs={"once": False, "stop": stop, "work": []})
    running.start()
    deadline = time.monotonic() + 20
    while server.count() and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    running.join(20)
    assert not running.is_alive()
    session.expire_all()
    assert (answer.state, server.count()) == (AnswerState.DECLINED, 0)


def test_a_silent_mailbox_holds_up_neither_mail_nor_the_exit(
    configure: Callable[..., Flask], settings: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        app = configure(**{**settings, "IMAP_PORT": str(silent.getsockname()[1])})
        stop, done = threading.Event(), threading.Event()

        def work(_session: Session, /, *, now: Any) -> int:
            done.set()
            return 0

        task = worker.Task("test", work)
        running = threading.Thread(target=worker.run, args=(app,), kwargs={"once": False, "stop": stop, "work": [task]})
        running.start()
        assert done.wait(10)
        began = time.monotonic()
        stop.set()
        running.join(10)
        assert not running.is_alive()
        assert time.monotonic() - began < 10


def test_doctor_says_whether_it_opens(app: Flask, configure: Callable[..., Flask], settings: dict[str, str]) -> None:
    with app.test_request_context():
        (well,) = doctor._replies(app)
    wrong = configure(**{**settings, "IMAP_PASSWORD": "wrong"})
    with wrong.test_request_context():
        (ill,) = doctor._replies(wrong)
    assert (well.is_well, ill.is_well) == (True, False)
    assert PASSWORD not in ill.text


def test_the_password_is_shown_nowhere(app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), app.app_context():
        imap.check(app.config)
    assert PASSWORD not in caplog.text
