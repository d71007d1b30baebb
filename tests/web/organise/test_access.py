"""Who has access to a series: for its owners only, alike for known and unknown accounts, never without an owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, PASSWORD, build_organiser, build_series, build_session
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts import service
from workshop.accounts.models import Organiser, Role, RoleInvitation, SeriesRole
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.privacy.service import purge
from workshop.programme.models import Series
from workshop.reminders.service import last_look

PATH = "/en/organise/series/mine/people-with-access"
SAME = "The invitation is on its way."


@pytest.fixture
def mine(session: Session) -> Series:
    return build_series(session, slug="mine")


@pytest.fixture
def own(session: Session, mine: Series) -> Organiser:
    return build_organiser(session, mine, email="owner@example.org", name="Olga Owner")


@pytest.fixture
def owner(client: FlaskClient, own: Organiser, clock: time_machine.Traveller) -> FlaskClient:
    assert clock
    sign_in(client, own)
    return client


def _roles(session: Session) -> dict[int, tuple[str, str]]:
    session.expire_all()
    return {row.organiser_id: (row.role.value, row.organisation) for row in session.scalars(sa.select(SeriesRole))}


def _change(client: FlaskClient, organiser: Organiser, **values: str) -> TestResponse:
    data = {f"person-{organiser.id}-{name}": value for name, value in values.items()}
    return post(client, f"{PATH}/{organiser.id}/change", data, page=PATH)


def _invite(client: FlaskClient, email: str, role: str, **values: str) -> TestResponse:
    return post(client, PATH, {"email": email, "role": role, "language": "en", **values})


def _mails(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


# -- inviting ----------------------------------------------------------------------------------------------------------


def test_the_answer_is_the_same_for_known_and_unknown_accounts(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    known = build_organiser(session, email="known@example.org")
    disabled = build_organiser(session, email="disabled@example.org", is_enabled=False)
    session.commit()
    pages = []
    for address in (known.email, "nobody@example.org", disabled.email):
        answer = _invite(owner, address, "translator")
        assert (answer.status_code, answer.location) == (303, PATH)
        page = owner.get(PATH).text
        assert SAME in page
        assert address in page
        post(owner, f"{PATH}/invitations/{session.scalars(sa.select(RoleInvitation.id)).one()}/take-back", page=PATH)
        pages.append(page.replace(address, "…"))
        session.expire_all()
    assert {len(page) for page in pages} == {len(pages[0])}
    assert _roles(session) == {own.id: ("owner", "")}
    assert [mail.kind for mail in _mails(session)] == ["role_invitation"] * 3


def test_what_is_wrong_is_said_at_its_field_and_nobody_is_invited(
    owner: FlaskClient, session: Session, mine: Series
) -> None:
    build_session(session, mine, slug="4")
    held = build_organiser(session, mine, role=Role.EDITOR)
    session.commit()
    for data, words in (
        ({"email": "n@example.org", "role": "partner"}, "Please name the organisation"),
        ({"email": "n@example.org", "role": "partner", "organisation": " "}, "Please name the organisation"),
        ({"email": "n@example.org", "role": "helper"}, "Please choose the session"),
        ({"email": "n@example.org", "role": "helper", "session": "5"}, "valid choice"),
        ({"email": "n@example.org", "role": "editor", "session": "4"}, "Only a helper"),
        ({"email": "n@example.org", "role": "owner", "until": "2031-01-01T10:00"}, "does not end by itself"),
        ({"email": "n@example.org", "role": "editor", "until": "2020-01-01T10:00"}, "over already"),
        ({"email": "n@example.org", "role": "editor", "until": "soon"}, "such as 2026-10-26T18:00"),
        ({"email": "not an address", "role": "editor"}, "Please write an e-mail address"),
        ({"email": "n@example.org", "role": "boss"}, "valid choice"),
        ({"email": "n@example.org", "role": "editor", "language": "tlh"}, "valid choice"),
        ({"email": held.email.upper(), "role": "owner"}, "has access already"),
        ({"email": "owner@example.org", "role": "editor"}, "has access already"),
    ):
        refused = post(owner, PATH, {"language": "en", **data})
        assert (refused.status_code, words in refused.text) == (422, True), data
        assert data["email"].casefold() in refused.text.casefold()
    assert session.scalars(sa.select(RoleInvitation)).all() == []
    assert _mails(session) == []


def test_a_helper_is_invited_to_one_door_for_a_while(owner: FlaskClient, session: Session, mine: Series) -> None:
    one = build_session(session, mine, slug="4")
    session.commit()
    assert _invite(owner, "door@example.org", "helper", session="4", organisation="Gaïa").status_code == 303
    found = session.scalars(sa.select(RoleInvitation)).one()
    assert (found.role, found.workshop_session_id, found.organisation) == (Role.HELPER, one.id, "Gaïa")
    assert found.role_expires_at == one.ends_at + timedelta(days=1)
    page = owner.get(PATH).text
    assert "door@example.org" in page
    assert "at the door of" in page
    assert _invite(owner, "door@example.org", "helper", session="4", until="2030-11-12T20:00").status_code == 303
    session.expire_all()
    again = session.scalars(sa.select(RoleInvitation)).one()
    assert again.role_expires_at == datetime(2030, 11, 12, 19, tzinfo=UTC)


def test_an_invitation_is_taken_back(owner: FlaskClient, session: Session, mine: Series) -> None:
    _invite(owner, "n@example.org", "editor")
    found = session.scalars(sa.select(RoleInvitation)).one()
    path = f"{PATH}/invitations/{found.id}/take-back"
    assert post(owner, path, page=PATH).status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(RoleInvitation)).all() == []
    assert "n@example.org" not in owner.get(PATH).text
    assert post(owner, path, page=PATH).status_code == 404


def test_another_series_invitations_are_not_there(owner: FlaskClient, session: Session, app: Flask) -> None:
    other = build_series(session, slug="theirs")
    client = app.test_client()
    sign_in(client, build_organiser(session, other))
    post(client, PATH.replace("mine", "theirs"), {"email": "n@example.org", "role": "editor", "language": "en"})
    found = session.scalars(sa.select(RoleInvitation)).one()
    assert "n@example.org" not in owner.get(PATH).text
    assert post(owner, f"{PATH}/invitations/{found.id}/take-back", page=PATH).status_code == 404


# -- changing and taking away ------------------------------------------------------------------------------------------


def test_roles_are_changed_and_taken_away_told_and_in_the_log(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    other = build_organiser(session, mine, role=Role.TRANSLATOR, language="en")
    session.commit()
    missing = _change(owner, other, role="partner", organisation="")
    assert (missing.status_code, "Please name the organisation" in missing.text) == (422, True)
    assert _change(owner, other, role="partner", organisation="Réseau").status_code == 303
    assert _roles(session)[other.id] == ("partner", "Réseau")
    assert "(Réseau)" in owner.get(PATH).text
    assert _change(owner, other, role="organiser", organisation="Réseau").status_code == 303
    assert _roles(session)[other.id] == ("organiser", "Réseau")
    assert _change(owner, other, role="organiser", organisation="Autre").status_code == 303
    revoke = f"{PATH}/{other.id}/revoke"
    assert post(owner, revoke, page=PATH).status_code == 303
    assert _roles(session) == {own.id: ("owner", "")}
    assert post(owner, revoke, page=PATH).status_code == 404
    session.expire_all()
    entries = session.scalars(sa.select(LogEntry).where(LogEntry.object == f"series:{mine.id}").order_by(LogEntry.id))
    assert [entry.action for entry in entries] == [*["accounts.grant"] * 3, "accounts.revoke"]
    told = [(mail.recipient, mail.body_text) for mail in _mails(session)]
    # Another institution alone is nothing to be told.
    assert [recipient for recipient, _text in told] == [other.email] * 3
    for (_recipient, text), words in zip(
        told, ("it is: Partner", "it is: Organiser", "ended your access"), strict=True
    ):
        assert words in text
        assert "Olga Owner" in text
        assert mine.title["en"] in text


def test_an_end_that_is_set_is_an_end(
    owner: FlaskClient, app: Flask, session: Session, mine: Series, clock: time_machine.Traveller
) -> None:
    other = build_organiser(session, mine, role=Role.EDITOR)
    session.commit()
    assert _change(owner, other, role="editor", until="2030-11-01T23:00").status_code == 303
    browser = app.test_client()
    sign_in(browser, other)
    desk = "/en/organise/series/mine/"
    assert browser.get(desk).status_code == 200
    clock.move_to(datetime(2030, 11, 1, 22, 30, tzinfo=UTC))
    sign_in(browser, other)
    assert browser.get(desk).status_code == 404
    assert "mine" not in browser.get("/en/organise/").text
    sign_in(owner, "owner@example.org")
    assert "ended on" in owner.get(PATH).text
    clock.shift(timedelta(days=31))
    purge(session, now=datetime(2030, 12, 2, 23, tzinfo=UTC))
    assert other.id not in _roles(session)


def test_a_strict_series_is_not_named_and_what_was_overtaken_is_not_told(
    owner: FlaskClient, session: Session, mine: Series, now: datetime
) -> None:
    mine.level = Level.WHOLE_SESSION
    other = build_organiser(session, mine, role=Role.TRANSLATOR, language="en")
    session.commit()
    _change(owner, other, role="editor")
    _change(owner, other, role="answers")
    first, second = _mails(session)
    for mail in (first, second):
        assert mine.title["en"] not in mail.subject + mail.body_text + mail.body_html
    assert (last_look(session, first, now), last_look(session, second, now)) == ("no longer wanted", None)


def test_the_last_owner_stays_and_any_other_may_go(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    refused = post(owner, f"{PATH}/{own.id}/revoke", page=PATH)
    assert (refused.status_code, "A series needs an owner" in refused.text) == (409, True)
    assert _change(owner, own, role="translator").status_code == 409
    second = build_organiser(session, mine)
    session.commit()
    left = post(owner, f"{PATH}/{own.id}/revoke", page=PATH)
    assert (left.status_code, left.location) == (303, "/en/organise/")
    assert _roles(session) == {second.id: ("owner", "")}
    assert owner.get(PATH).status_code == 404
    assert _mails(session) == []


# -- handing over ------------------------------------------------------------------------------------------------------


def test_a_series_is_handed_over_in_one_act_and_both_are_told(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    other = build_organiser(session, mine, role=Role.EDITOR, name="Nora New", language="en")
    session.get_one(SeriesRole, (other.id, mine.id)).organisation = "Gaïa"
    session.commit()
    path = f"{PATH}/{other.id}/transfer"
    assert path in owner.get(PATH).text
    assert "Hand the series over to Nora New?" in owner.get(path).text
    assert _roles(session)[own.id] == ("owner", "")
    done = post(owner, path)
    assert (done.status_code, done.location) == (303, "/en/organise/series/mine/")
    assert _roles(session) == {own.id: ("organiser", ""), other.id: ("owner", "Gaïa")}
    assert {mail.recipient for mail in _mails(session)} == {own.email, other.email}
    assert owner.get(PATH).status_code == 404
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "accounts.transfer")).one()
    assert (entry.actor, entry.details) == (f"organiser:{own.id}", {"organiser": other.id})


def test_it_is_not_handed_to_oneself_to_the_disabled_to_the_gone_or_to_strangers(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser
) -> None:
    disabled = build_organiser(session, mine, role=Role.EDITOR, is_enabled=False)
    gone = build_organiser(session, mine, role=Role.EDITOR)
    session.get_one(SeriesRole, (gone.id, mine.id)).expires_at = NOW - timedelta(days=1)
    stranger = build_organiser(session)
    session.commit()
    token = token_of(owner.get(PATH))
    for somebody in (own, disabled, gone, stranger):
        path = f"{PATH}/{somebody.id}/transfer"
        assert owner.get(path).status_code == 404
        assert owner.post(path, data={"csrf_token": token}).status_code == 404
        assert f"/{somebody.id}/transfer" not in owner.get(PATH).text
    assert _roles(session)[own.id] == ("owner", "")


# -- who may ----------------------------------------------------------------------------------------------------------


def test_roles_are_given_with_the_pass_phrase_fresh(
    owner: FlaskClient, session: Session, mine: Series, own: Organiser, clock: time_machine.Traveller
) -> None:
    other = build_organiser(session, mine, role=Role.EDITOR)
    session.commit()
    clock.shift(timedelta(minutes=16))
    asked = [_change(owner, other, role="answers"), _invite(owner, "n@example.org", "editor")]
    asked.append(post(owner, f"{PATH}/{other.id}/transfer"))
    assert [(page.status_code, 'name="reauthentication"' in page.text) for page in asked] == [(403, True)] * 3
    assert _roles(session)[other.id] == ("editor", "")
    assert session.scalars(sa.select(RoleInvitation)).all() == []
    # A wrong form is said to be wrong before anybody is asked; taking away asks nothing.
    assert _invite(owner, "", "editor").status_code == 422
    token = token_of(asked[0])
    answer = owner.post(
        f"{PATH}/{other.id}/change",
        data={"csrf_token": token, f"person-{other.id}-role": "answers", "reauthentication": PASSWORD},
    )
    assert answer.status_code == 303
    assert _roles(session)[other.id] == ("answers", "")


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.OWNER])
def test_for_all_others_the_page_does_not_exist(
    client: FlaskClient, session: Session, mine: Series, own: Organiser, role: Role
) -> None:
    one = build_session(session, mine)
    other = build_organiser(session, mine, role=role, door=one)
    sign_in(client, other)
    token = token_of(client.get("/en/organise/series/new"))
    data = {"csrf_token": token, "email": other.email, "role": "owner", f"person-{other.id}-role": "owner"}
    assert client.get(PATH).status_code == 404
    for path in (PATH, f"{PATH}/{other.id}/change", f"{PATH}/{own.id}/revoke", f"{PATH}/{own.id}/transfer"):
        assert client.post(path, data=data).status_code == 404
    assert _roles(session)[other.id] == (role.value, "")
    assert "people-with-access" not in client.get("/en/organise/series/mine/").text


def test_an_administrator_behind_the_glass_gives_roles_and_hands_over_nothing(
    client: FlaskClient, session: Session, mine: Series, own: Organiser, clock: time_machine.Traveller
) -> None:
    assert clock
    other = build_organiser(session, mine, role=Role.EDITOR)
    administrator = build_organiser(session, is_administrator=True)
    service.break_glass(session, now=NOW, organiser=administrator, series_id=mine.id, reason="R" * 30)
    sign_in(client, administrator)
    page = client.get(PATH).text
    assert "/transfer" not in page
    assert _invite(client, "n@example.org", "owner").status_code == 303
    assert _change(client, other, role="owner").status_code == 303
    path = f"{PATH}/{other.id}/transfer"
    assert client.get(path).status_code == 404
    assert client.post(path, data={"csrf_token": token_of(client.get(PATH))}).status_code == 404
    assert _roles(session)[own.id] == ("owner", "")
