"""Every address of the workspace, asked as everybody: it answers those whom roles.txt names, and is none to others."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from tests.builders import build_organiser
from tests.house.test_roles import address_of, read_roles
from tests.web.organise.everything import Everything, build_everything
from tests.web.workspace import sign_in, token_of
from workshop.accounts.models import Organiser, Role
from workshop.audit.models import LogEntry

DONE = {200, 302, 303, 409, 422}
LAST = (
    "/edit", "/move", "/remove", "/take-back", "/revoke", "/transfer", "/programme", "/merge", "/delete", "/cancel",
)  # fmt: skip
"""Acts after which other addresses name nothing any more come after these."""
_LINK = re.compile(r'<(a|form|button)\b[^>]*?\s(?:href|action|formaction)="([^"]*)"[^>]*>')

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def mine(session: Session, clock: time_machine.Traveller) -> Everything:
    assert clock
    return build_everything(session)


def _asked(app: Flask) -> list[tuple[str, Rule]]:
    """Return (method, rule) of everything behind the sign-in: reading first, what ends something last."""
    found = []
    for rule in app.url_map.iter_rules():
        address = address_of(rule.rule)
        if address.startswith(("/<lang>/organise/", "/<lang>/account")):
            found += [(method, rule) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]

    def order(one: tuple[str, Rule]) -> tuple[object, ...]:
        ends = next((number for number, end in enumerate(LAST) if one[1].rule.endswith(end)), -1)
        return (one[0] != "GET", ends, one[1].rule, one[0])

    return sorted(found, key=order)


def _ask(client: FlaskClient, method: str, path: str, token: str, mine: Everything) -> int:
    data = {"csrf_token": token, **mine.fine} if method == "POST" else None
    return client.open(path, method=method, data=data).status_code


def _token(client: FlaskClient) -> str:
    return token_of(client.get("/en/organise/series/new"))


def _links(page: str) -> Iterator[tuple[str, str]]:
    """Return (method, path) of what a page offers in the workspace."""
    for found in _LINK.finditer(page):
        path = html.unescape(found[2]).partition("#")[0].partition("?")[0]
        is_read = found[1] == "a" or 'method="get"' in found[0]
        if re.match(r"/en/(?:organise|account)", path):
            yield ("GET" if is_read else "POST"), path


def _enter(session: Session, client: FlaskClient, mine: Everything, role: Role) -> None:
    who = build_organiser(session, mine.series, role=role, door=mine.session)
    who.roles[0].organisation = "Réseau"
    session.commit()
    sign_in(client, who)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_finds_what_is_its_own_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, mine: Everything, role: Role
) -> None:
    _enter(session, client, mine, role)
    token, roles = _token(client), read_roles()
    asked = [(method, rule) for method, rule in _asked(app) if "series" in rule.arguments]
    allowed = [one for one in asked if role.value in roles[one[0], address_of(one[1].rule)]]
    found = {(method, rule.rule): _ask(client, method, mine.address(rule), token, mine) for method, rule in allowed}
    wrong = {one: code for one, code in found.items() if code not in DONE}
    assert wrong == {}


@pytest.mark.parametrize("role", list(Role))
def test_what_is_not_a_roles_own_answers_like_nothing_and_changes_nothing(
    app: Flask, client: FlaskClient, session: Session, mine: Everything, role: Role
) -> None:
    _enter(session, client, mine, role)
    token, roles = _token(client), read_roles()
    before = session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    asked = [(method, rule) for method, rule in _asked(app) if "series" in rule.arguments]
    refused = [one for one in asked if role.value not in roles[one[0], address_of(one[1].rule)]]
    assert bool(refused) is (role is not Role.OWNER)
    found = {(method, rule.rule): _ask(client, method, mine.address(rule), token, mine) for method, rule in refused}
    assert {one: code for one, code in found.items() if code != 404} == {}
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == before


@pytest.mark.parametrize("role", list(Role))
def test_no_page_offers_what_its_reader_may_not(
    app: Flask, client: FlaskClient, session: Session, mine: Everything, role: Role
) -> None:
    _enter(session, client, mine, role)
    roles, adapter = read_roles(), app.url_map.bind("127.0.0.1")
    pages = [rule for method, rule in _asked(app) if method == "GET"]
    offered = set()
    for rule in pages:
        who = roles["GET", address_of(rule.rule)]
        if role.value in who or "account" in who:
            offered |= {(rule.rule, *link) for link in _links(client.get(mine.address(rule)).text)}
    assert len(offered) > 5
    wrong = []
    for page, method, path in sorted(offered):
        try:
            found, _arguments = adapter.match(path, method=method, return_rule=True)
        except HTTPException:
            wrong.append((page, method, path))
            continue
        who = roles[method, address_of(found.rule)]
        if role.value not in who and "account" not in who:
            wrong.append((page, method, path))
    assert wrong == []


# -- walls -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(session: Session, client: FlaskClient, mine: Everything) -> Everything:
    """Somebody who owns another series with one of everything is signed in."""
    assert mine
    theirs = build_everything(session, "theirs")
    sign_in(client, theirs.owner)
    return theirs


def test_for_whoever_owns_another_series_every_object_of_this_one_is_none(
    app: Flask, client: FlaskClient, session: Session, mine: Everything, stranger: Everything
) -> None:
    token = _token(client)
    before = session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    of_series = [(method, rule) for method, rule in _asked(app) if "series" in rule.arguments]
    assert len(of_series) > 100
    found = {(method, rule.rule): _ask(client, method, mine.address(rule), token, mine) for method, rule in of_series}
    assert {one: code for one, code in found.items() if code != 404} == {}
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == before
    assert stranger.series.slug == "theirs"


def test_an_object_of_another_series_is_none_under_ones_own_address(
    app: Flask, client: FlaskClient, mine: Everything, stranger: Everything
) -> None:
    token = _token(client)
    shared = {"lang", "series", "session", "kind", "language", "reader", "verb"}
    nested = [(method, rule) for method, rule in _asked(app) if "series" in rule.arguments and rule.arguments - shared]
    assert len(nested) > 20
    own = {"series": stranger.series.slug, "session": stranger.session.slug}
    found = {
        (method, rule.rule): _ask(client, method, mine.address(rule, **own), token, mine) for method, rule in nested
    }
    assert {one: code for one, code in found.items() if code != 404} == {}


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_without_a_sign_in_everything_leads_to_the_sign_in(app: Flask, client: FlaskClient, mine: Everything) -> None:
    token = token_of(client.get("/en/login"))
    for method, rule in _asked(app):
        if rule.arguments <= set(mine.names) | {"lang", "series", "session", "verb", "sign_in"}:
            path = mine.address(rule, sign_in="1")
            answer = client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
            assert (answer.status_code, "/en/login" in (answer.location or "")) == (303, True), (method, rule.rule)


@pytest.mark.parametrize("is_administrator", [False, True])
def test_what_is_for_administrators_is_none_to_others_and_shows_them_no_series(
    app: Flask,
    client: FlaskClient,
    session: Session,
    mine: Everything,
    is_administrator: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    own: Organiser = build_organiser(session, is_administrator=is_administrator)
    session.commit()
    sign_in(client, own)
    token, roles = _token(client), read_roles()
    seen = 0
    for method, rule in _asked(app):
        who = roles[method, address_of(rule.rule)]
        if "series" in rule.arguments:
            assert _ask(client, method, mine.address(rule), token, mine) == 404, (method, rule.rule)
        elif who == ("administrator",):
            code = _ask(client, method, mine.address(rule), token, mine)
            seen += 1
            # The invitation is one to a series: no administrator's.
            assert (code in DONE) is (is_administrator and "invitation" not in rule.arguments), (method, rule.rule)
    assert seen > 3
    for page in ("/en/organise/", "/en/organise/search?q=session", "/en/organise/accounts"):
        assert mine.series.title["en"] not in client.get(page).text
