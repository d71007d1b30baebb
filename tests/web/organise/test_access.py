"""Who has access to a series: for its owners only, alike for known and unknown accounts, never without an owner."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_organiser, build_series
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.audit.models import LogEntry
from workshop.programme.models import Series

PATH = "/en/organise/series/mine/people-with-access"
SAME = "If there is an account with this address, it has access now."


@pytest.fixture
def mine(session: Session) -> Series:
    return build_series(session, slug="mine")


@pytest.fixture
def own(session: Session, mine: Series) -> Organiser:
    return build_organiser(session, mine, email="owner@example.org")


@pytest.fixture
def owner(client: FlaskClient, own: Organiser) -> FlaskClient:
    sign_in(client, own)
    return client


def _roles(session: Session) -> dict[int, tuple[str, str]]:
    session.expire_all()
    return {row.organiser_id: (row.role.value, row.organisation) for row in session.scalars(sa.select(SeriesRole))}


def test_the_answer_is_the_same_for_known_and_unknown_accounts(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    known = build_organiser(session, email="known@example.org")
    disabled = build_organiser(session, email="disabled@example.org", is_enabled=False)
    session.commit()
    answers = []
    for address in ("KNOWN@example.org", "nobody@example.org", disabled.email):
        answer = post(owner, PATH, {"email": address, "role": "helper"})
        answers.append((answer.status_code, answer.location, SAME in owner.get(PATH).text))
    assert set(answers) == {(303, PATH, True)}
    assert _roles(session) == {own.id: ("owner", ""), known.id: ("helper", "")}
    page = owner.get(PATH).text
    assert "known@example.org" in page
    assert "nobody@example.org" not in page
    for data, words in (
        ({"email": "nobody@example.org", "role": "partner"}, "Please name the organisation"),
        ({"email": "nobody@example.org", "role": "helper", "organisation": "R"}, "leave this empty"),
        ({"email": "known@example.org", "role": "partner", "organisation": " "}, "Please name the organisation"),
        ({"email": "not an address", "role": "helper"}, "Please write an e-mail address"),
        ({"email": "known@example.org", "role": "boss"}, "valid choice"),
        ({"email": "owner@example.org", "role": "helper"}, "no owner any more"),
    ):
        refused = post(owner, PATH, data)
        assert (refused.status_code, words in refused.text) == (422, True), data
    assert _roles(session) == {own.id: ("owner", ""), known.id: ("helper", "")}


def test_roles_are_changed_and_taken_away_and_it_is_in_the_log(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    other = build_organiser(session, mine, role=Role.HELPER)
    session.commit()
    prefix = f"person-{other.id}"
    change, revoke = f"{PATH}/{other.id}/change", f"{PATH}/{other.id}/revoke"
    missing = post(owner, change, {f"{prefix}-role": "partner", f"{prefix}-organisation": ""}, page=PATH)
    assert (missing.status_code, "Please name the organisation" in missing.text) == (422, True)
    partner = {f"{prefix}-role": "partner", f"{prefix}-organisation": "Réseau"}
    assert post(owner, change, partner, page=PATH).status_code == 303
    assert _roles(session)[other.id] == ("partner", "Réseau")
    assert "(Réseau)" in owner.get(PATH).text
    back = {f"{prefix}-role": "organiser", f"{prefix}-organisation": "Réseau"}
    assert post(owner, change, back, page=PATH).status_code == 303
    assert _roles(session)[other.id] == ("organiser", "")
    assert post(owner, revoke, page=PATH).status_code == 303
    assert _roles(session) == {own.id: ("owner", "")}
    assert post(owner, revoke, page=PATH).status_code == 404
    session.expire_all()
    entries = session.scalars(sa.select(LogEntry).where(LogEntry.object == f"series:{mine.id}").order_by(LogEntry.id))
    assert [entry.action for entry in entries] == ["accounts.grant", "accounts.grant", "accounts.revoke"]


def test_the_last_owner_stays_and_any_other_may_go(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    prefix = f"person-{own.id}"
    refused = post(owner, f"{PATH}/{own.id}/revoke", page=PATH)
    assert (refused.status_code, "A series needs an owner" in refused.text) == (409, True)
    assert post(owner, f"{PATH}/{own.id}/change", {f"{prefix}-role": "helper"}, page=PATH).status_code == 409
    second = build_organiser(session, mine)
    session.commit()
    left = post(owner, f"{PATH}/{own.id}/revoke", page=PATH)
    assert (left.status_code, left.location) == (303, "/en/organise/")
    assert _roles(session) == {second.id: ("owner", "")}
    assert owner.get(PATH).status_code == 404


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.HELPER, Role.PARTNER])
def test_for_all_others_the_page_does_not_exist(
    client: FlaskClient, session: Session, mine: Series, own: Organiser, role: Role
) -> None:
    other = build_organiser(session, mine, role=role)
    sign_in(client, other)
    token = token_of(client.get("/en/organise/series/new"))
    data = {"csrf_token": token, "email": other.email, "role": "owner", f"person-{other.id}-role": "owner"}
    assert client.get(PATH).status_code == 404
    for path in (PATH, f"{PATH}/{other.id}/change", f"{PATH}/{own.id}/revoke"):
        assert client.post(path, data=data).status_code == 404
    assert _roles(session)[other.id] == (role.value, "")
    assert "people-with-access" not in client.get("/en/organise/series/mine/").text
