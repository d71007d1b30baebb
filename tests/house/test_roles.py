"""Who may do what: every address of the application and every way of asking for it stand in roles.txt.

A line is a method, an address and who finds something there: roles in the series; `account`, whoever is signed in;
`administrator`; `link`, whoever has the secret link; `anyone`. For all others the address answers like none.
tests/web/organise/test_rights.py asks each of them as each of these.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from workshop.accounts.models import Role
from workshop.accounts.rule import DOOR, LISTERS, MANAGERS, PLANNERS, READERS, WRITERS

STORED = Path(__file__).with_name("roles.txt")
OTHERS = {"anyone", "link", "account", "administrator"}

pytestmark = pytest.mark.databases("sqlite")


def read_roles() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (method, address) → who."""
    table = {}
    for line in STORED.read_text("utf-8").splitlines():
        asked, _, who = line.partition(" | ")
        method, _, address = asked.partition(" ")
        table[method, address] = tuple(who.split())
    return table


def address_of(rule: str) -> str:
    """Return a rule of the map without its converters."""
    return re.sub(r"<(?:[^:>]*:)?(\w+)>", r"<\1>", rule)


def test_every_address_has_its_roles_and_every_line_its_address(app: Flask) -> None:
    now = {
        (method, address_of(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    stored = read_roles()
    assert sorted(now - set(stored)) == [], "new: say in tests/house/roles.txt who may"
    assert sorted(set(stored) - now) == [], "gone: take them out of tests/house/roles.txt"
    lines = STORED.read_text("utf-8").splitlines()
    assert lines == sorted(set(lines), key=lambda line: (line.split(" ")[1], line))


def test_a_line_names_one_kind_of_reader_and_a_set_of_roles_that_the_rule_has() -> None:
    named = (MANAGERS, PLANNERS, WRITERS, LISTERS, DOOR, READERS, (Role.OWNER,), (*LISTERS, Role.PARTNER))
    known = {frozenset(role.value for role in roles) for roles in named}
    for (method, address), who in read_roles().items():
        assert (len(who) == 1 and who[0] in OTHERS) or frozenset(who) in known, (method, address, who)
        is_of_series = address.startswith("/<lang>/organise/series/<series>")
        assert is_of_series is not bool(OTHERS & set(who)), (method, address, who)
        assert list(who) == [one for one in (*Role, *sorted(OTHERS)) if one in who], (method, address)
