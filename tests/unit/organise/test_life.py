"""A message's life in words, and a sentence for every reason that the program keeps."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import workshop
from tests.builders import NOW
from workshop.core.language import speaking
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.organise.life import REASONS, life_of, reason_words

pytestmark = pytest.mark.databases("sqlite")
PACKAGE = Path(workshop.__file__).parent
SAY_WHY = (
    "announcements/service", "mail/claims.py", "mail/delivery.py", "mail/personal_data.py", "mail/suppression.py",
    "programme/service/speakers.py", "reminders/service", "rsvp/service/inviting/sending.py",
)  # fmt: skip
RETURNED = re.compile(r'(?:return |, |else )"([a-z][a-z ]+[a-z])"(?:\)|,? *$| if )', re.MULTILINE)
GIVEN = re.compile(r'reason(?:="|, )([a-z][a-z ]+[a-z])"|reason = [\w.]+, "([a-z ]+)"')


def _kept() -> set[str]:
    """Return the words that look like a reason where reasons are given."""
    found: set[str] = set()
    for place in SAY_WHY:
        path = PACKAGE / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            text = file.read_text("utf-8")
            found |= {match[1] for match in RETURNED.finditer(text) if " " in match[1] or match[1] == "erased"}
            found |= {match[1] or match[2] for match in GIVEN.finditer(text)}
    return found


def test_every_reason_that_the_program_gives_has_its_sentence(app: Flask) -> None:
    found = _kept()
    assert len(found) > 25, found
    with app.test_request_context():
        assert {reason for reason in found if reason_words(reason) == reason} == set()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("451 4.3.0", "The mail server does not take it for now. (451 4.3.0)"),
        ("421", "The mail server does not take it for now. (421)"),
        ("550 5.1.1", "This address does not exist. (550 5.1.1)"),
        ("552 5.2.2", "The mailbox is full. (552 5.2.2)"),
        ("550 5.7.26", "The mail server of that address refuses our mail. (550 5.7.26)"),
        ("554", "The mail server refused it for good. (554)"),
        ("bounced: 5.1.1", "It came back. This address does not exist. (5.1.1)"),
        ("bounced: 5.0.0", "It came back. The mail server refused it for good. (5.0.0)"),
        ("no connection: ConnectionRefusedError", "does not answer, or does not let us in (ConnectionRefusedError)."),
        ("no connection: SMTPAuthenticationError 535 5.7.8", "(SMTPAuthenticationError 535 5.7.8)."),
        ("no connection: certificate not trusted: self-signed certificate", "a certificate that cannot be trusted"),
        ("connection lost: SMTPServerDisconnected", "broke off (SMTPServerDisconnected)."),
        ("could not be made: ValueError", "whoever runs this site can say why (could not be made: ValueError)."),
        ("file not written: PermissionError", "could not be put together"),
        ("the worker fell silent", "it may have arrived, or not"),
        ("something new", "something new"),
    ],
)
def test_what_the_mail_server_says_becomes_a_sentence(app: Flask, reason: str, words: str) -> None:
    with app.test_request_context(), speaking("en"):
        assert words in reason_words(reason)


def test_every_sentence_ends_as_sentences_do(app: Flask) -> None:
    with app.test_request_context(), speaking("en"):
        assert [str(words) for words in REASONS.values() if not str(words).endswith(".")] == []


def _message(**values: Any) -> OutboxMessage:
    defaults = {
        "kind": "reminder", "state": OutboxState.QUEUED, "created_at": NOW, "next_attempt_at": NOW, "attempts": 0,
        "reason": "",
    }  # fmt: skip
    return OutboxMessage(**{**defaults, **values})


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"expires_at": NOW + 9 * MINUTE}, ["Written", "Leaves", "Not sent after that time"]),
        (
            {"attempts": 2, "next_attempt_at": NOW + MINUTE, "reason": "451"},
            ["Written", "Next attempt: number 3 of 6"],
        ),
        (
            {"state": OutboxState.SENT, "attempts": 1, "payload_begun_at": NOW + MINUTE, "finished_at": NOW + MINUTE},
            ["Written", "Handed to the mail server", "Taken by the mail server"],
        ),
        (
            {"state": OutboxState.UNCERTAIN, "attempts": 1, "payload_begun_at": NOW, "uncertain_at": NOW + MINUTE},
            ["Written", "Handed to the mail server", "The line broke off", "Sent once more"],
        ),
        ({"state": OutboxState.CLAIMED, "claimed_at": NOW + MINUTE}, ["Written", "Taken up by the worker"]),
        (
            {"state": OutboxState.FAILED, "finished_at": NOW + MINUTE, "body_erased_at": NOW + 2 * MINUTE},
            ["Written", "Given up", "Its text was erased"],
        ),
    ],
)
def test_a_life_is_told_in_its_order(app: Flask, values: dict[str, Any], words: list[str]) -> None:
    with app.test_request_context(), speaking("en"):
        steps = life_of(_message(**values))
        assert len(steps) == len(words)
        assert all(step.words.startswith(begun) for step, begun in zip(steps, words, strict=True)), steps
        assert [step.is_to_come for step in steps] == sorted(step.is_to_come for step in steps)
