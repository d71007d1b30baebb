"""What goes over the wire: whatever is in a message, every parser reads the same back, and every line is short."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, cast

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workshop.mail.octets import Draft, compose

pytestmark = pytest.mark.databases("sqlite")

INVITE = {"filename": "invite.ics", "content_type": "text/calendar; charset=utf-8; method=REQUEST; component=VEVENT"}
PLAIN_FILE = {"filename": "séance.ics", "content_type": "text/calendar; charset=utf-8"}


def draft(**values: Any) -> Draft:
    """Return a message about nothing in particular."""
    facts: dict[str, Any] = {
        "number": 7,
        "recipient": "ana@example.org",
        "sender_name": "Les ateliers",
        "subject": "Rappel : la séance de demain",
        "text": "Bonjour,\n\nC’est demain.\n-- \nLes ateliers\n",
        "html": "<p>Bonjour,</p>\n<p>C’est demain.</p>\n",
        "language": "fr",
        "message_id": "<0123456789abcdef@workshops.example.org>",
        "date": datetime(2026, 11, 22, 9, tzinfo=UTC),
    }
    return Draft(**{**facts, **values})


def parse(octets: bytes) -> EmailMessage:
    """Return the message as the library reads it."""
    return email.message_from_bytes(octets, policy=email.policy.default)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(
        st.one_of(st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from("\n .=-\t\u00a0é")), max_size=400
    )
)
def test_bodies_come_back_whole_and_every_line_is_short(app: Flask, text: str) -> None:
    with app.app_context():
        octets = compose(draft(text=text, html=text))
    assert octets.isascii()
    lines = octets.split(b"\r\n")
    assert max(len(line) for line in lines) <= 78
    assert not any(line.endswith((b" ", b"\t")) or b"\n" in line or b"\r" in line for line in lines)
    for part in parse(octets).iter_parts():
        # Line by line: what ends a line elsewhere, such as U+2028, is a character here.
        decoded = cast("bytes", part.get_payload(decode=True)).decode()
        assert decoded.replace("\r\n", "\n") == (text if text.endswith("\n") else text + "\n")
        assert not part.defects


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200))
def test_a_subject_comes_back_as_it_was(app: Flask, subject: str) -> None:
    with app.app_context():
        octets = compose(draft(subject=subject.strip() or "x"))
    head = octets.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    found = parse(octets)["Subject"]
    assert "".join(str(found).split()) == "".join((subject.strip() or "x").split())


BESIDE = ["application/ics", "text/calendar"]


@pytest.mark.parametrize(
    ("files", "shape"),
    [
        ([], ["multipart/alternative", "text/plain", "text/html"]),
        ([PLAIN_FILE], ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]),
        (
            [PLAIN_FILE, INVITE],
            ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", *BESIDE],
        ),
    ],
    ids=["none", "a file", "an invitation and a file"],
)
def test_files_stand_where_programs_look_for_them(app: Flask, files: list[dict[str, str]], shape: list[str]) -> None:
    content = "BEGIN:VCALENDAR\r\nSUMMARY:Séance\r\nEND:VCALENDAR\r\n"
    with app.app_context():
        octets = compose(draft(attachments=[{**one, "content": content} for one in files]))
        assert octets == compose(draft(attachments=[{**one, "content": content} for one in files]))
    message = parse(octets)
    assert [part.get_content_type() for part in message.walk()] == shape
    assert not any(part.defects for part in message.walk())
    for part in message.walk():
        if part.get_content_type() in {"text/calendar", "application/ics"}:
            assert part.get_payload(decode=True) == content.encode()
    if INVITE in files:
        # Programs search for it unquoted (RFC 6047, 2.4).
        assert b"Content-Type: text/calendar; charset=utf-8; method=REQUEST; component=VEVENT\r\n" in octets
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    assert names == [one["filename"] for one in sorted(files, key=lambda one: one["filename"])]


@pytest.mark.parametrize(
    "recipient",
    [
        "ana@example.org",
        "zoë@example.org",
        "ana@exämple.org",
        f"{'a' * 60}@{'b' * 60}.example.org",
        "o'hara+x@example.org",
    ],
)
def test_there_is_one_recipient_as_it_was_given(app: Flask, recipient: str) -> None:
    with app.app_context():
        octets = compose(draft(recipient=recipient))
    # As it is in UTF-8 where the local part needs it (RFC 6532), which the library does not read back.
    head = octets.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", "")
    (found,) = [line for line in head.split("\r\n") if line.startswith("To:")]
    assert found.removeprefix("To:").strip() == recipient.replace("exämple", "xn--exmple-cua")


@pytest.mark.parametrize("field", ["subject", "sender_name", "message_id", "recipient"])
def test_a_line_break_gets_into_no_header(app: Flask, field: str) -> None:
    with app.app_context(), pytest.raises((ValueError, IndexError)):
        compose(draft(**{field: "a@example.org\r\nBcc: b@example.org"}))


def test_a_line_break_in_the_type_of_a_file_is_refused(app: Flask) -> None:
    bad = {"filename": "a.ics", "content_type": "text/calendar; method=REQUEST\r\nBcc: b@example.org", "content": "x"}
    with app.app_context(), pytest.raises(ValueError, match="line break"):
        compose(draft(attachments=[bad]))
