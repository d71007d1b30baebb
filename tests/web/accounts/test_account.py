"""One's own account: the daily digest."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_organiser
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Organiser
from workshop.accounts.personal_data import export


def test_the_digest_is_turned_off_and_on_by_a_box(client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session, email="o@example.org"))
    assert 'id="digest"' in client.get("/en/account").text
    for data, wanted in (({}, False), ({"wants_digest": "y"}, True)):
        answer = post(client, "/en/account/digest", data, page="/en/account")
        assert (answer.status_code, answer.location) == (303, "/en/account#digest")
        session.expire_all()
        assert session.scalars(sa.select(Organiser.wants_digest)).one() is wanted
        assert ("checked" in client.get("/en/account").text) is wanted
        assert export(session, email="o@example.org")["organiser"]["wants_digest"] is wanted


def test_nobody_else_turns_it_off(client: FlaskClient, session: Session) -> None:
    build_organiser(session, email="o@example.org")
    assert client.post("/en/account/digest").status_code == 403
    session.expire_all()
    assert session.scalars(sa.select(Organiser.wants_digest)).one()
