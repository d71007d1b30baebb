"""The join page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant
from tests.web.rsvp.visitor import csrf_of
from workshop.core.links import Purpose, issue
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.models import AnswerState

ROOM = "https://rooms.example.org:8443/canary-4?pwd=canary"


@pytest.fixture
def path(session: Session, clock: time_machine.Traveller, workshop_session: WorkshopSession) -> str:
    """Give the join page of somebody in Toronto who holds a seat."""
    workshop_session.room_link = ROOM
    participant = build_participant(session, workshop_session.series, tzid="America/Toronto")
    answer = build_answer(session, workshop_session, participant)
    token = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    session.commit()
    return f"/en/join/{token}"


def test_before_it_opens_the_page_says_when_on_both_clocks_and_names_no_room(
    client: FlaskClient, path: str, clock: time_machine.Traveller, workshop_session: WorkshopSession
) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "15:45" in page.text
    assert "09:45" in page.text
    assert "Toronto time" in page.text
    assert 'type="submit"' not in page.text
    assert "rooms.example.org" not in page.text + str(page.headers)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def test_a_press_before_it_opens_is_told_so(client: FlaskClient, path: str, workshop_session: WorkshopSession) -> None:
    token = csrf_of(client.get(f"/en/series/{workshop_session.series.slug}/4/rsvp"))
    response = client.post(path, data={"csrf_token": token})
    assert response.status_code == 409
    assert "canary" not in response.text + str(response.headers)


@pytest.mark.parametrize("minutes", [-15, 0, 119, 150])
def test_near_the_start_a_press_leads_into_the_room_without_a_referer(
    client: FlaskClient, path: str, clock: time_machine.Traveller, workshop_session: WorkshopSession, minutes: int
) -> None:
    clock.move_to(workshop_session.starts_at + timedelta(minutes=minutes))
    page = client.get(path)
    assert "rooms.example.org" not in page.text + str(page.headers)
    assert "form-action 'self' https: http:;" in page.headers["Content-Security-Policy"]
    response = client.post(path, data={"csrf_token": csrf_of(page)})
    assert response.status_code == 303
    assert response.headers["Location"] == ROOM
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_after_it_closed_the_page_says_so_and_a_press_is_refused(
    client: FlaskClient, path: str, clock: time_machine.Traveller, workshop_session: WorkshopSession
) -> None:
    clock.move_to(workshop_session.starts_at)
    token = csrf_of(client.get(path))
    clock.move_to(workshop_session.ends_at + timedelta(minutes=31))
    assert "This session is over" in client.get(path).text
    assert client.post(path, data={"csrf_token": token}).status_code == 409


def test_a_room_that_nobody_has_given_is_said_honestly(
    client: FlaskClient, path: str, clock: time_machine.Traveller, session: Session, workshop_session: WorkshopSession
) -> None:
    clock.move_to(workshop_session.starts_at)
    token = csrf_of(client.get(path))
    workshop_session.room_link = ""
    page = client.get(path)
    assert "have not given the address" in page.text
    assert client.post(path, data={"csrf_token": token}).status_code == 409


def test_a_cancelled_session_has_no_room(
    client: FlaskClient, path: str, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.status = SessionStatus.CANCELLED
    assert client.get(path).status_code == 409


@pytest.mark.parametrize("state", [state for state in AnswerState if state is not AnswerState.ACCEPTED])
def test_only_an_accepted_answer_opens_it_all_else_is_the_404_of_a_forged_link(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession, state: AnswerState
) -> None:
    answer = build_answer(session, workshop_session, state=state)
    token = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    own = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
    pages = [client.get(f"/fr/join/{one}") for one in (token, own, "forged", "x" * 27)]
    assert {page.status_code for page in pages} == {404}
    assert (
        len(
            {
                page.data.replace(p.encode(), b"")
                for page, p in zip(pages, (token, own, "forged", "x" * 27), strict=True)
            }
        )
        == 1
    )
