"""Logs hold no address, token or query, and cannot be forged."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace

import pytest

from workshop.web.logs import MaskingFormatter, mask

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
