"""My link again: alike for known and unknown addresses, in words, in work and in time; the truth is in the mail."""

from __future__ import annotations

import re
import statistics
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, build_answer, build_participant, build_series
from tests.web.examples import statements
from tests.web.rsvp.visitor import Visitor, csrf_of, list_mail
from workshop.core.links import fill
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import LinkRequest, Participant
from workshop.rsvp.service import answer_link_requests, request_link

pytestmark = pytest.mark.usefixtures("clock")
KNOWN, UNKNOWN = "Known.Person@example.org", "nobody@example.org"


@pytest.fixture
def participant(session: Session, workshop_session: WorkshopSession) -> Participant:
    """Give somebody who answered in French."""
    found = build_participant(session, workshop_session.series, address="known.person@example.org")
    build_answer(session, workshop_session, found)
    session.commit()
    return found


def ask(client: FlaskClient, address: str, *, language: str = "en", **fields: str) -> TestResponse:
    """Open the form and send it."""
    page = client.get(f"/{language}/link")
    values = {"csrf_token": csrf_of(page), "email": address, "website": "", **fields}
    return client.post(f"/{language}/link", data=values)


def waiting(session: Session) -> list[str]:
    """Return for which addresses a link was asked."""
    session.expire_all()
    return list(session.scalars(sa.select(LinkRequest.address_folded).order_by(LinkRequest.id)))


def test_the_link_comes_to_a_known_address_in_its_language_and_names_nothing(
    client: FlaskClient, session: Session, participant: Participant
) -> None:
    response = ask(client, KNOWN)
    assert (response.status_code, response.headers["Location"]) == (303, "/en/link/sent")
    assert client.get("/en/link/sent").status_code == 200
    assert waiting(session) == ["known.person@example.org"]
    assert list_mail(session) == []
    assert answer_link_requests(session, NOW) == 1
    message = list_mail(session)[0]
    assert (message.kind, message.recipient, message.language) == ("link_resent", "known.person@example.org", "fr")
    assert f"[[link:my:{participant.subject}]]" in message.body_text
    for text in (message.subject, message.body_text, message.body_html, message.sender_name):
        for canary in ("serie", "Série", "Séance", "Titre", "ateliers", participant.name):
            assert canary not in text
    address = re.search(r"http://\S+(/fr/my/[\w-]+/)", fill(session, message.body_text))
    assert address
    session.commit()
    assert client.get(address[1]).status_code == 200
    assert waiting(session) == []
    assert answer_link_requests(session, NOW) == 0


def test_each_series_has_a_message_of_its_own(client: FlaskClient, session: Session, participant: Participant) -> None:
    other = build_participant(session, build_series(session), address="known.person@example.org", language="en")
    ask(client, KNOWN)
    answer_link_requests(session, NOW)
    messages = list_mail(session)
    assert [(found.person_ref, found.language) for found in messages] == [
        (participant.subject, "fr"),
        (other.subject, "en"),
    ]


def test_to_an_unknown_erased_or_forgotten_address_nothing_is_sent(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    build_participant(session, workshop_session.series, address="typed@example.org", confirmed_at=None)
    for address in (UNKNOWN, "typed@example.org"):
        assert ask(client, address).status_code == 303
    assert answer_link_requests(session, NOW) == 2
    assert list_mail(session) == []
    assert waiting(session) == []


def test_whoever_has_not_pressed_the_button_yet_gets_their_link_while_it_works(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(email="late@example.org")
    for at, kinds in ((NOW + timedelta(hours=48), []), (NOW + timedelta(hours=47), ["link_resent"])):
        ask(visitor.client, "late@example.org")
        answer_link_requests(session, at)
        assert [message.kind for message in list_mail(session)[1:]] == kinds


@pytest.mark.rate_limits
def test_an_address_gets_three_messages_an_hour_whoever_asks(session: Session, participant: Participant) -> None:
    for minutes in range(5):
        request_link(session, now=NOW, address=KNOWN, language="en")
        assert answer_link_requests(session, NOW + timedelta(minutes=minutes)) == 1
    assert len(list_mail(session)) == 3
    assert waiting(session) == []
    request_link(session, now=NOW, address=KNOWN, language="en")
    answer_link_requests(session, NOW + timedelta(hours=1))
    assert len(list_mail(session)) == 4


@pytest.mark.rate_limits
def test_a_robot_gets_nothing_stored_and_a_flood_is_told_when_to_come_back(
    client: FlaskClient, session: Session, participant: Participant, clock: time_machine.Traveller
) -> None:
    assert ask(client, KNOWN, website="https://spam.example.org").status_code == 303
    quick = ask(client, KNOWN)
    assert quick.status_code == 422
    assert "very quick" in quick.text
    assert waiting(session) == []
    codes = [client.post("/en/link", data={}).status_code for _ in range(40)]
    assert codes[-1] == 429
    refused = client.post("/en/link", data={})
    assert 0 < int(refused.headers["Retry-After"]) <= 601
    clock.shift(timedelta(minutes=11))
    page = client.get("/en/link")
    clock.shift(timedelta(seconds=3))
    assert client.post("/en/link", data={"csrf_token": csrf_of(page), "email": KNOWN}).status_code == 303


@pytest.mark.parametrize(
    "address", ["", "nonsense", "a@b@example.org", "a@example.org\r\nBcc: x@example.org", "x" * 400]
)
def test_what_is_no_address_is_told_at_its_field(client: FlaskClient, session: Session, address: str) -> None:
    response = ask(client, address)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert waiting(session) == []


def _without_chance(response: TestResponse) -> tuple[int, list[tuple[str, str]], str]:
    headers = [(name, value) for name, value in response.headers if name not in {"Date", "Set-Cookie"}]
    return response.status_code, headers, re.sub(r'(name="csrf_token"[^>]*value=")[^"]+', r"\1", response.text)


def test_known_and_unknown_get_the_same_bytes_for_the_same_statements(
    app: Flask, client: FlaskClient, session: Session, participant: Participant
) -> None:
    found = []
    for address in (KNOWN, UNKNOWN, KNOWN):
        with statements(app) as sent:
            answers = [_without_chance(ask(client, address)), _without_chance(client.get("/en/link/sent"))]
        found.append((answers, list(sent)))
    assert found[0] == found[1] == found[2]
    assert any("link_request" in statement for statement in found[0][1])


def test_looking_changes_nothing_and_the_way_there_is_on_every_page_that_may_need_it(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    for _ in range(3):
        visitor.client.get("/en/link")
        visitor.client.head("/en/link")
    assert waiting(session) == []
    assert visitor.client.get("/en/link").headers["Cache-Control"] == "no-store"
    lost = visitor.client.get("/en/my/forged/")
    assert lost.status_code == 404
    assert lost.text.count('href="/en/link"') == 2
    assert 'href="/en/link"' in visitor.client.get("/en/series/serie/4/rsvp/sent").text


@pytest.mark.long
def test_known_and_unknown_take_the_same_time(client: FlaskClient, session: Session, participant: Participant) -> None:
    """Two hundred tries in turn; the machine's own moods are as likely to hit the one as the other."""
    token = csrf_of(client.get("/en/link"))

    def spent(address: str) -> float:
        began = time.perf_counter_ns()
        response = client.post("/en/link", data={"csrf_token": token, "email": address})
        assert response.status_code == 303
        return time.perf_counter_ns() - began

    for _ in range(20):
        spent(KNOWN)
    seen = []
    for _ in range(4):
        times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
        for number in range(200):
            for address in (KNOWN, UNKNOWN) if number % 2 else (UNKNOWN, KNOWN):
                times[address].append(spent(address))
        known, unknown = (statistics.median(times[address]) for address in (KNOWN, UNKNOWN))
        seen.append(known / unknown)
        if abs(known - unknown) <= 0.05 * max(known, unknown):
            return
    pytest.fail(f"known to unknown: {seen}")
