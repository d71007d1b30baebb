"""Addresses: links live in inboxes for years, and every act is walled."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

STORED = Path(__file__).with_name("urls.txt")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
WITHOUT_CSRF = {"rsvp.unsubscribe", "announcements.unsubscribe"}
"""RFC 8058's one click comes from a mail client, without cookies."""

pytestmark = pytest.mark.databases("sqlite")


def _line(rule: Rule) -> str:
    methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    path = re.sub(r"<(?:[^:>]*:)?(\w+)>", r"<\1>", rule.rule)
    return f"{path} {methods} {rule.endpoint}"


def test_addresses_are_those_stored(app: Flask) -> None:
    """Adding one: add its line to urls.txt. Removing or changing one breaks links in people's mail: decide it, then do."""
    now = sorted(_line(rule) for rule in app.url_map.iter_rules())
    stored = STORED.read_text("utf-8").splitlines()
    assert sorted(set(stored) - set(now)) == [], "removed: a decision"
    assert sorted(set(now) - set(stored)) == [], "new: add these lines to tests/house/urls.txt"
    assert stored == sorted(set(stored))


def test_every_act_has_csrf(app: Flask) -> None:
    """Each is sent a form without a token; what stands in the views' place says which of them were reached."""
    for endpoint in app.view_functions:
        app.view_functions[endpoint] = lambda **_arguments: ("reached", 299)
    client = app.test_client()
    acts, reached = set(), set()
    for rule in app.url_map.iter_rules():
        values: dict[str, Any] = dict.fromkeys(rule.arguments, "1") | {"lang": "fr"}
        for method in sorted((rule.methods or set()) & UNSAFE):
            path = app.url_map.bind("127.0.0.1").build(rule.endpoint, values, method=method, append_unknown=False)
            acts.add(rule.endpoint)
            if client.open(path, method=method).status_code == 299:
                reached.add(rule.endpoint)
    assert "rsvp.answer" in acts
    assert reached == WITHOUT_CSRF


def test_no_get_shares_its_endpoint_with_logging_out(app: Flask) -> None:
    methods = {rule.endpoint: rule.methods or set() for rule in app.url_map.iter_rules()}
    acts = {
        "accounts.logout",
        "organise.publish",
        "programme_organise.publish",
        "my.confirm",
        "my.answer",
        "my.withdraw",
        "my.erase",
    }
    assert {endpoint for endpoint in acts & set(methods) if "GET" in methods[endpoint]} == set()
