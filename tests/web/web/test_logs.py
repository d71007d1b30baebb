"""Logs hold no address, token or query, and cannot be forged."""

from __future__ import annotations

import json
import logging
import sys
from types import SimpleNamespace

import pytest

from workshop.web.logs import JSONFormatter, MaskingFormatter, as_json, configure, mask

TOKEN = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (f"GET /fr/my/{TOKEN}/confirm", "GET /fr/my/…/confirm"),
        ("GET /fr/my/short/", "GET /fr/my/…/"),
        (f"GET /en/join/{TOKEN} HTTP/1.1", "GET /en/join/… HTTP/1.1"),
        ("POST /en/unsubscribe/abc", "POST /en/unsubscribe/…"),
        ("GET /calendar/abc.ics", "GET /calendar/….ics"),
        ("GET /fr/series/a/calendar.ics", "GET /fr/series/a/calendar.ics"),
        ("GET /fr/?email=ada@example.org&x=1 done", "GET /fr/?… done"),
        ("sent to ada@example.org, bob+x@example.org", "sent to …@…, …@…"),
        (f"token {TOKEN} refused", "token … refused"),
        ("Invalid request from ip=203.0.113.7: x", "Invalid request from ip=…: x"),
        ("Invalid request from ip=2001:db8::7:1: x", "Invalid request from ip=…: x"),
        ("one\nERROR two\r\x1b[31mred", "one\\x0aERROR two\\x0d\\x1b[31mred"),
        ("Is it? Yes", "Is it? Yes"),
        ("workshop.reminders.service planned 12", "workshop.reminders.service planned 12"),
    ],
)
def test_a_line_is_masked(line: str, masked: str) -> None:
    assert mask(line) == masked


def test_a_trace_is_masked_line_by_line() -> None:
    def fail() -> None:
        raise ValueError(f"for ada@example.org\n2026-01-01 INFO workshop forged /fr/my/{TOKEN}/")

    try:
        fail()
    except ValueError:
        record = logging.LogRecord(
            "workshop", logging.ERROR, "x", 1, "failed for %s", ("b@example.org",), sys.exc_info()
        )
    text = MaskingFormatter().format(record)
    assert "example.org" not in text
    assert TOKEN not in text
    first, *others = text.split("\n")
    assert first.endswith("ERROR workshop failed for …@…")
    assert all(line.startswith("    | ") for line in others)
    assert any("forged" in line for line in others)


def test_the_servers_own_log_is_masked() -> None:
    from gunicorn.config import Config

    from workshop.web.access_log import MaskedLogger

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/fr/my/{TOKEN}/",
        "QUERY_STRING": "email=ada@example.org",
        "RAW_URI": f"/fr/my/{TOKEN}/?email=ada@example.org",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.9",
        "HTTP_REFERER": "https://example.org/secret",
        "HTTP_USER_AGENT": "agent\nforged",
    }
    answer = SimpleNamespace(status="200 OK", sent=3, headers=[("X", "y")], response_length=3)
    request = SimpleNamespace(headers=[("COOKIE", "session=secret")])
    from datetime import timedelta

    atoms = MaskedLogger(Config()).atoms(answer, request, environ, timedelta(seconds=1))
    said = str(atoms)
    for secret in (TOKEN, "example.org", "192.0.2.9", "secret", "forged"):
        assert secret not in said
    assert atoms["r"] == "GET /fr/my/…/ HTTP/1.1"


def test_a_worker_writes_json_lines_with_everything_masked() -> None:
    record = logging.LogRecord("workshop.worker", logging.INFO, "x", 1, "mail done %s", ("ada@example.org",), None)
    plain = json.loads(JSONFormatter().format(record))
    assert plain["event"] == "mail done …@…"
    assert plain["level"] == "info"
    assert plain["time"].endswith("+00:00")
    record.event, record.facts = "mail done", {"sent": 3, "of": "bob@example.org"}
    assert list(json.loads(JSONFormatter().format(record)).items())[1:] == [
        ("level", "info"), ("event", "mail done"), ("sent", 3), ("of", "…@…"),
    ]  # fmt: skip


def test_a_trace_stays_on_the_line_of_its_record() -> None:
    try:
        int("ada@example.org\nforged")
    except ValueError:
        record = logging.LogRecord("workshop", logging.ERROR, "x", 1, "failed", (), sys.exc_info())
    line = JSONFormatter().format(record)
    assert "\n" not in line
    assert "example.org" not in line
    assert "ValueError" in json.loads(line)["trace"]


def test_lines_are_json_within_the_block_only() -> None:
    configure()
    (handler,) = [one for one in logging.getLogger("workshop").handlers if isinstance(one.formatter, MaskingFormatter)]
    before = handler.formatter
    with as_json():
        assert isinstance(handler.formatter, JSONFormatter)
    assert handler.formatter is before
