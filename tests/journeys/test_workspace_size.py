"""Each page of the workspace on a series of some years: how many statements it takes, and what it weighs."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_organiser
from tests.journeys.big_series import build_big_series
from tests.web.examples import statements
from tests.web.organise.test_walls import WORKSPACE
from tests.web.workspace import sign_in
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.programme.models import Series, SpeakerSlot

STATEMENTS = 20
"""Each page takes fewer, whatever the series holds."""
NOT_HERE = {
    # Behind a link that came by mail, or of things that this series has none of; their lists are here.
    "accounts.login", "accounts.new_address", "accounts.reset", "announcements_organise.edit",
    "announcements_organise.page", "organise.delete_question", "organise.edit_question", "organise.slides",
    "organise.transfer_access",
}  # fmt: skip

ELSEWISE = {"organise.delete_session", "programme_organise.portrait"}
"""They say that this session has answers, and that this person has no picture."""


def pages(app: Flask, session: Session, series: Series) -> dict[str, str]:
    """Return endpoint → address of every page of the workspace that is read, about the series and its 16th session."""
    one = series.sessions[15]
    person = session.scalars(sa.select(Person).where(Person.series_id == series.id)).first()
    slot = session.scalars(sa.select(SpeakerSlot).where(SpeakerSlot.workshop_session_id == one.id)).first()
    message = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.series_id == series.id)).first()
    assert person is not None
    assert slot is not None
    assert message is not None
    known: dict[str, Any] = {
        "lang": "fr", "series": series.slug, "session": one.slug, "person": person.id, "part": slot.id,
        "message": message.id, "reader": "public", "kind": "reminder", "language": "fr",
    }  # fmt: skip
    found = {}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] not in {*WORKSPACE, "accounts"} or "GET" not in (rule.methods or ()):
                continue
            if rule.endpoint in NOT_HERE:
                continue
            missing = rule.arguments - set(known)
            assert not missing, f"{rule.endpoint}: say in `known` or NOT_HERE what {missing} is"
            found[rule.endpoint] = url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
    return found


@pytest.fixture
def series(session: Session) -> Series:
    return build_big_series(session)


def test_each_page_takes_few_statements_however_much_there_is(
    app: Flask, client: FlaskClient, session: Session, series: Series
) -> None:
    sign_in(client, build_organiser(session, series, is_administrator=True))
    addresses = pages(app, session, series)
    too_many, wrong = {}, {}
    for endpoint, address in addresses.items():
        with statements(app) as sent:
            answer = client.get(address)
        if answer.status_code not in {200, 303, 302} and endpoint not in ELSEWISE:
            wrong[endpoint] = answer.status_code
        if len(sent) >= STATEMENTS:
            too_many[endpoint] = len(sent)
    assert wrong == {}
    assert too_many == {}
    assert len(addresses) > 40
