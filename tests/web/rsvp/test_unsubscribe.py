"""Stopping reminders."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import build_answer
from tests.web.rsvp.visitor import csrf_of
from workshop.core.links import Purpose, issue
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerState

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def answer(session: Session, workshop_session: WorkshopSession) -> Answer:
    """Give an accepted answer."""
    return build_answer(session, workshop_session)


@pytest.fixture
def path(session: Session, answer: Answer) -> str:
    """Give the address that a reminder carries."""
    return f"/fr/unsubscribe/{issue(session, purpose=Purpose.UNSUBSCRIBE, subject=answer.participant.subject)}"


def test_looking_stops_nothing(client: FlaskClient, session: Session, path: str, answer: Answer) -> None:
    for _ in range(5):
        assert client.get(path).status_code == 200
    session.expire_all()
    assert answer.participant.wants_reminders


def test_one_click_without_cookies_stops_reminders_and_never_withdraws(
    client: FlaskClient, session: Session, path: str, answer: Answer
) -> None:
    response = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    session.expire_all()
    assert not answer.participant.wants_reminders
    assert answer.state is AnswerState.ACCEPTED


def test_the_button_of_the_page_does_the_same(client: FlaskClient, session: Session, path: str, answer: Answer) -> None:
    assert client.post(path, data={"csrf_token": csrf_of(client.get(path))}).status_code == 200
    session.expire_all()
    assert not answer.participant.wants_reminders


def test_a_link_of_another_kind_stops_nothing(client: FlaskClient, session: Session, answer: Answer) -> None:
    token = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
    assert client.post(f"/fr/unsubscribe/{token}").status_code == 404
    assert client.post("/fr/unsubscribe/forged").status_code == 404
    session.expire_all()
    assert answer.participant.wants_reminders


def choose(client: FlaskClient, path: str, **values: Any) -> TestResponse:
    data = {"csrf_token": csrf_of(client.get(path)), "language": "fr", **values}
    return client.post(f"{path}/reminders", data=data)


def test_some_are_chosen_and_others_not(client: FlaskClient, session: Session, path: str, answer: Answer) -> None:
    page = client.get(path).text
    assert f'href="{path}/announcements"' in page
    assert all(f'value="{rule}"' in page for rule in ("-7d", "-1d", "-1h"))
    assert choose(client, path, rules=["-1d", "-1h"]).status_code == 303
    session.expire_all()
    person = answer.participant
    assert person.wants_reminders
    assert list(person.declined_reminders) == ["-7d"]
    assert answer.state is AnswerState.ACCEPTED
    boxes = re.findall(r'<input([^>]*)value="(-\d+[dh])"', client.get(path).text)
    assert {rule: "checked" in attributes for attributes, rule in boxes} == {"-7d": False, "-1d": True, "-1h": True}


def test_no_box_is_none_and_all_boxes_are_all(client: FlaskClient, session: Session, path: str, answer: Answer) -> None:
    person = answer.participant
    for rules, wants in (([], False), (["-1h"], True), (["-7d", "-1d", "-1h"], True)):
        choose(client, path, rules=rules)
        session.expire_all()
        assert person.wants_reminders is wants
    assert not person.declined_reminders


def test_rules_of_a_session_of_its_own_are_offered(
    client: FlaskClient, session: Session, path: str, answer: Answer
) -> None:
    answer.workshop_session.reminders = ("-3d", "+1d")
    answer.participant.declined_reminders = ("-5h",)  # another session's, which is over
    session.commit()
    page = client.get(path).text
    assert re.findall(r'value="([+-]\d+[dh])"', page) == ["-7d", "-3d", "-1d", "-1h", "+1d"]
    choose(client, path, rules=["-7d", "-1d", "-1h", "+1d"])
    session.expire_all()
    assert list(answer.participant.declined_reminders) == ["-5h", "-3d"]


def test_the_language_is_chosen_there_too(client: FlaskClient, session: Session, path: str, answer: Answer) -> None:
    response = choose(client, path, language="en", rules=["-1h"])
    assert response.location.startswith("/en/unsubscribe/")
    session.expire_all()
    assert answer.participant.language == "en"
    assert "Vos choix sont enregistrés." in client.get(response.location).text


@pytest.mark.parametrize("values", [{"language": "xx"}, {"language": ""}, {"rules": ["-9d"]}])
def test_what_was_not_offered_is_refused(
    client: FlaskClient, session: Session, path: str, answer: Answer, values: dict[str, Any]
) -> None:
    assert choose(client, path, **values).status_code == 422
    session.expire_all()
    assert (answer.participant.language, answer.participant.declined_reminders) == ("fr", ())


def test_choosing_needs_the_page(client: FlaskClient, path: str) -> None:
    """Only the one button of RFC 8058 works without it."""
    assert client.post(f"{path}/reminders", data={"language": "fr"}).status_code == 403


def test_it_is_reached_from_the_own_page(client: FlaskClient, session: Session, answer: Answer) -> None:
    person = answer.participant
    page = f"/en/my/{issue(session, purpose=Purpose.MY, subject=person.subject)}/"
    session.commit()
    assert f'href="{page}reminders"' in client.get(page).text
    token = csrf_of(client.get(f"{page}reminders"))
    chosen = client.post(f"{page}reminders", data={"csrf_token": token, "language": "fr", "rules": ["-1d"]})
    assert chosen.location == f"{page}reminders"
    session.expire_all()
    assert list(person.declined_reminders) == ["-7d", "-1h"]
    stopped = client.post(f"{page}reminders/stop", data={"csrf_token": csrf_of(client.get(f"{page}reminders"))})
    assert stopped.status_code == 303
    session.expire_all()
    assert not person.wants_reminders
    assert "No more reminders" in client.get(stopped.location).text
    person.address = None
    session.commit()
    assert client.get(f"{page}reminders").status_code == 404
    assert f'href="{page}reminders"' not in client.get(page).text
