"""Stopping reminders."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

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
