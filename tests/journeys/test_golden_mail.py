"""Every kind of message as it is read, in both languages and at each level; kept in tests/golden/mail.

After a change that is meant, write them anew with `GOLDEN=write pytest tests/journeys/test_golden_mail.py`, and read
them aloud. That the HTML part says the same words and leads to the same places is shown by test_mail_hygiene.py.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.mails import BY_COMMAND, MAILS, SAME_AT_EVERY_LEVEL, kinds, write
from tests.unit.reminders.test_messages import KINDS as ELSEWHERE
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage

GOLDEN = Path(__file__).parents[1] / "golden" / "mail"
HERE = sorted(MAILS.keys() - set(ELSEWHERE))
pytestmark = pytest.mark.databases("sqlite")


def _readable(message: OutboxMessage) -> str:
    headers = "".join(f"{name}: {value}\n" for name, value in sorted(message.headers.items()))
    files = "".join(f"Attached: {file['filename']}, {message.itip_method}\n" for file in message.attachments)
    head = f"From: {message.sender_name}\nTo: {message.recipient}\nSubject: {message.subject}\n{headers}{files}"
    return re.sub(r"(\[\[link:[a-z]+:)[0-9a-f]{32}\]\]", r"\1…]]", f"{head}\n{message.body_text}")


def test_every_kind_is_here() -> None:
    assert kinds() == MAILS.keys() | BY_COMMAND


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", HERE)
def test_it_reads_as_it_was_approved(session: Session, kind: str, language: str) -> None:
    is_new = os.environ.get("GOLDEN") == "write"
    for level in (Level.DISCUSSION,) if kind in SAME_AT_EVERY_LEVEL else Level:
        found = _readable(write(session, kind, level, language))
        session.rollback()
        path = GOLDEN / f"{kind}-{level.value}-{language}.txt"
        if is_new:
            path.write_text(found, "utf-8")
        assert found == path.read_text("utf-8"), path.name


@pytest.mark.parametrize("kind", sorted(SAME_AT_EVERY_LEVEL))
def test_what_names_nothing_says_the_same_at_every_level(session: Session, kind: str) -> None:
    found = set()
    for level in Level:
        found.add(_readable(write(session, kind, level, "en")))
        session.rollback()
    assert len(found) == 1
