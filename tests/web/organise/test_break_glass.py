"""An administrator reads a series that is not theirs: for a reason, for an hour, seen by its organisers."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_organiser, build_series, build_session
from tests.web.workspace import post, sign_in
from workshop.accounts.models import BreakGlass, Organiser, Role, RoleInvitation, SeriesRole
from workshop.audit.models import LogEntry
from workshop.mail.models import OutboxMessage
from workshop.programme.models import WorkshopSession

PAGE = "/en/organise/break-glass"
REASON = "The only owner has left and nobody answers <the> mail."
DESK = "/en/organise/series/mine/"


@pytest.fixture
def mine(session: Session) -> WorkshopSession:
    series = build_series(session, slug="mine")
    one = build_session(session, series, slug="1")
    build_answer(session, one)
    return one


@pytest.fixture
def administrator(client: FlaskClient, session: Session, clock: time_machine.Traveller) -> Organiser:
    organiser = build_organiser(session, is_administrator=True, name="Ada Admin")
    sign_in(client, organiser)
    return organiser


def test_before_and_after_there_is_nothing(
    client: FlaskClient, administrator: Organiser, mine: WorkshopSession, clock: time_machine.Traveller
) -> None:
    lists = (DESK, f"{DESK}1/answers", f"{DESK}traces")
    assert {client.get(path).status_code for path in lists} == {404}
    assert post(client, PAGE, {"series": "mine", "reason": REASON}).status_code == 303
    assert {client.get(path).status_code for path in lists} == {200}
    clock.shift(timedelta(hours=1))
    assert {client.get(path).status_code for path in lists} == {404}


def test_it_reads_and_gives_roles_and_does_nothing_else(
    client: FlaskClient, session: Session, administrator: Organiser, mine: WorkshopSession
) -> None:
    post(client, PAGE, {"series": "mine", "reason": REASON})
    before = mine.series.revision
    for path in ("edit", "1/edit", "1/cancel", "1/answers/export", "1/answers/add", "invitations/new", "1/move"):
        page = f"{DESK}{path}"
        assert client.get(page).status_code == 200, path
        assert post(client, page, {"confirm": "yes"}).status_code == 404, path
    reveal = client.get(f"{DESK}1/answers")
    assert reveal.status_code == 200
    assert post(client, f"{DESK}1/answers/reveal", {"reveal": "1"}, page=f"{DESK}1/answers").status_code == 404
    session.expire_all()
    assert mine.series.revision == before
    other = build_organiser(session, mine.series, role=Role.EDITOR)
    page = f"{DESK}people-with-access"
    given = post(client, f"{page}/{other.id}/change", {f"person-{other.id}-role": "owner"}, page=page)
    assert given.status_code == 303
    assert post(client, page, {"email": "new@example.org", "role": "owner", "language": "en"}).status_code == 303
    session.expire_all()
    assert session.get_one(SeriesRole, (other.id, mine.series_id)).role is Role.OWNER
    assert session.scalars(sa.select(RoleInvitation.email)).one() == "new@example.org"


def test_the_organisers_are_told_without_its_name_and_read_why(
    app: Flask, client: FlaskClient, session: Session, administrator: Organiser, mine: WorkshopSession
) -> None:
    owner = build_organiser(session, mine.series, language="en")
    organiser = build_organiser(session, mine.series, role=Role.ORGANISER, language="fr")
    helper = build_organiser(session, mine.series, role=Role.HELPER)
    post(client, PAGE, {"series": "mine", "reason": REASON})
    messages = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [message.recipient for message in messages] == [owner.email, organiser.email]
    text = messages[0].subject + messages[0].body_text + messages[0].body_html + messages[0].sender_name
    for word in ("mine", mine.series.title["en"], "Example series", REASON):
        assert word not in text
    assert "Ada Admin" in text
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "accounts.break_glass")).one()
    assert (entry.actor, entry.object) == (f"organiser:{administrator.id}", f"series:{mine.series_id}")
    assert "owner" not in str(entry.details)
    for somebody, sees in ((owner, True), (organiser, True), (helper, False)):
        browser = app.test_client()
        sign_in(browser, somebody)
        assert ("nobody answers &lt;the&gt; mail" in browser.get(DESK).text) is sees
        assert ("nobody answers &lt;the&gt; mail" in browser.get(f"{DESK}traces").text) is sees


def test_the_page_says_that_it_is_open_and_closes_it(
    client: FlaskClient,
    session: Session,
    administrator: Organiser,
    mine: WorkshopSession,
    clock: time_machine.Traveller,
) -> None:
    post(client, PAGE, {"series": "mine", "reason": REASON})
    assert "You read this series as administrator" in client.get(f"{DESK}1/answers").text
    again = post(client, PAGE, {"series": "mine", "reason": REASON})
    assert (again.status_code, "You have access to this series already" in again.text) == (422, True)
    clock.shift(timedelta(minutes=1))
    assert post(client, PAGE, {"series": "mine", "close": "yes"}).status_code == 303
    assert client.get(DESK).status_code == 404
    assert session.scalars(sa.select(BreakGlass.reason)).one() == REASON


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"series": "mine", "reason": "because"}, "Please say why, in 20 to 500 characters."),
        ({"series": "nothing", "reason": REASON}, "No series has this address."),
        ({"reason": REASON}, "Please write the last part"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_opens_nothing(
    client: FlaskClient,
    session: Session,
    administrator: Organiser,
    mine: WorkshopSession,
    data: dict[str, str],
    sentence: str,
) -> None:
    answer = post(client, PAGE, data)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert session.scalars(sa.select(BreakGlass)).all() == []


def test_for_everybody_else_the_page_does_not_exist(
    client: FlaskClient, session: Session, mine: WorkshopSession
) -> None:
    sign_in(client, build_organiser(session, mine.series))
    assert client.get(PAGE).status_code == 404
    assert post(client, PAGE, {"series": "mine", "reason": REASON}, page=f"{DESK}edit").status_code == 404
    assert session.scalars(sa.select(BreakGlass)).all() == []
