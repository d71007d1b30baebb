"""Following a series by e-mail: alike for known and unknown, confirmed by a button, ended by one press."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, build_answer, build_organiser, build_participant, build_series, build_session
from tests.unit.announcements.conftest import confirmed, subscribe, work
from tests.web.rsvp.visitor import csrf_of
from workshop.announcements.models import Subscriber
from workshop.chatham.rule import Visibility
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series
from workshop.rsvp.models import Participant

pytestmark = pytest.mark.usefixtures("clock")
FORM = "/en/series/serie/follow"
ADDRESS = "someone@example.org"


@pytest.fixture
def series(session: Session) -> Series:
    """Give a public series with a session."""
    found = build_series(session, slug="serie")
    build_session(session, found)
    session.commit()
    return found


def ask(client: FlaskClient, address: str, *, path: str = FORM, **fields: str) -> TestResponse:
    page = client.get(path)
    values = {"csrf_token": csrf_of(page), "email": address, "language": "en", "website": "", **fields}
    return client.post(path, data=values)


def followers(session: Session) -> list[Subscriber]:
    session.expire_all()
    return list(session.scalars(sa.select(Subscriber).order_by(Subscriber.id)))


def token_of(session: Session, one: Subscriber | Participant, purpose: Purpose = Purpose.MY) -> str:
    token = issue(session, purpose=purpose, subject=one.subject)
    session.commit()
    return token


def test_the_series_page_leads_there(client: FlaskClient, series: Series) -> None:
    assert f'href="/en/series/{series.slug}/follow"' in client.get("/en/series/serie/").text


def test_known_and_unknown_addresses_are_answered_alike(client: FlaskClient, session: Session, series: Series) -> None:
    build_participant(session, series, address="known@example.org", informed_since=NOW)
    subscribe(session, series, "follower@example.org")
    session.commit()
    found = [ask(client, address) for address in ("known@example.org", "follower@example.org", ADDRESS)]
    assert {(one.status_code, one.headers["Location"], one.text) for one in found} == {
        (303, f"{FORM}/sent", found[0].text)
    }
    assert client.get(f"{FORM}/sent").status_code == 200
    kinds = session.scalars(sa.select(OutboxMessage.kind)).all()
    assert kinds == ["subscription_confirm"] * 3
    assert len(followers(session)) == 3


@pytest.mark.parametrize("address", ["", "no address", "a@example.org\r\nBcc: b@example.org", "élise@example.org"])
def test_what_is_no_address_is_said_at_its_field(
    client: FlaskClient, session: Session, series: Series, address: str
) -> None:
    assert series.slug == "serie"
    response = ask(client, address)
    assert response.status_code == 422
    assert 'id="email-error"' in response.text
    assert followers(session) == []


def test_a_robot_is_thanked_and_nothing_happens(client: FlaskClient, session: Session, series: Series) -> None:
    assert series.slug == "serie"
    assert ask(client, ADDRESS, website="https://spam.example.org").status_code == 303
    assert followers(session) == []


@pytest.mark.parametrize("visibility", [Visibility.INVITE_ONLY, None])
def test_what_is_hidden_is_as_unknown(client: FlaskClient, session: Session, visibility: Visibility | None) -> None:
    if visibility is not None:
        build_series(session, slug="serie", visibility=visibility)
        session.commit()
    for path in (FORM, f"{FORM}/sent"):
        assert client.get(path).status_code == 404
    token = csrf_of(client.get("/en/link"))
    assert client.post(FORM, data={"csrf_token": token, "email": ADDRESS}).status_code == 404
    assert followers(session) == []


def test_an_old_address_leads_to_the_new_one(client: FlaskClient, session: Session, series: Series) -> None:
    from workshop.programme.models import OldSlug

    session.add(OldSlug(series_id=series.id, slug="ancienne"))
    session.commit()
    response = client.get("/en/series/ancienne/follow")
    assert (response.status_code, response.headers["Location"]) == (301, FORM)


def test_only_the_button_confirms_and_it_may_be_pressed_twice(
    client: FlaskClient, session: Session, series: Series
) -> None:
    ask(client, ADDRESS)
    (one,) = followers(session)
    path = f"/en/follow/{token_of(session, one)}/"
    for _ in range(3):
        page = client.get(path)
        assert (page.status_code, "Example series" in page.text) == (200, True)
    assert followers(session)[0].confirmed_at is None
    for language in ("fr", "en"):
        response = client.post(path, data={"csrf_token": csrf_of(page), "language": language})
        assert (response.status_code, response.headers["Location"]) == (303, path.replace("/en/", f"/{language}/"))
        (one,) = followers(session)
        assert (one.confirmed_at, one.language) == (NOW, language)
    assert client.post(path, data={"csrf_token": csrf_of(page), "language": "xx"}).status_code == 422
    series.visibility = Visibility.INVITE_ONLY
    session.commit()
    shown = client.get(path)
    assert (shown.status_code, "Example series" in shown.text) == (200, False)


def test_who_never_confirmed_finds_nothing_where_the_series_is_hidden(
    client: FlaskClient, session: Session, series: Series
) -> None:
    token = token_of(session, subscribe(session, series, ADDRESS, confirmed_at=None))
    series.visibility = Visibility.INVITE_ONLY
    session.commit()
    assert client.get(f"/en/follow/{token}/").status_code == 404


def test_stopping_forgets_a_follower(client: FlaskClient, session: Session, series: Series) -> None:
    path = f"/en/follow/{token_of(session, subscribe(session, series, ADDRESS))}/"
    page = client.get(path)
    response = client.post(path, data={"csrf_token": csrf_of(page), "act": "stop"})
    assert (response.status_code, "No more announcements" in response.text) == (200, True)
    assert followers(session) == []
    assert client.get(path).status_code == 404


def test_one_click_without_cookies_stops_announcements_and_nothing_else(
    client: FlaskClient, session: Session, series: Series
) -> None:
    person = build_participant(session, series, informed_since=NOW)
    answer = build_answer(session, series.sessions[0], person)
    subscriber = subscribe(session, series, ADDRESS)
    for one in (person, subscriber):
        path = f"/en/unsubscribe/{token_of(session, one, Purpose.UNSUBSCRIBE)}/announcements"
        assert client.get(path).status_code == 200
        robot = client.application.test_client(use_cookies=False)
        response = robot.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (response.status_code, "No more announcements" in response.text) == (200, True)
    assert followers(session) == []
    session.refresh(person)
    assert (person.wants_announcements, person.informed_since, person.wants_reminders) == (False, None, True)
    assert answer.state.value == "accepted"


def test_a_participant_may_have_them_again(client: FlaskClient, session: Session, series: Series) -> None:
    person = build_participant(session, series, wants_announcements=False)
    path = f"/en/unsubscribe/{token_of(session, person, Purpose.UNSUBSCRIBE)}/announcements"
    page = client.get(path)
    assert "No more announcements" in page.text
    # Only stopping needs no page: nobody else turns them on.
    assert client.post(f"{path}/again").status_code == 403
    assert f'action="{path}/again"' in page.text
    assert client.post(f"{path}/again", data={"csrf_token": csrf_of(page)}).status_code == 303
    session.refresh(person)
    assert person.wants_announcements
    assert "Stop announcements?" in client.get(path).text


@pytest.mark.parametrize("path", ["/en/follow/nothing/", "/en/unsubscribe/nothing/announcements"])
def test_a_forged_link_opens_nothing(client: FlaskClient, series: Series, path: str) -> None:
    assert series.slug == "serie"
    assert client.get(path).status_code == 404


def test_what_was_written_is_read_on_ones_own_page(client: FlaskClient, session: Session, series: Series) -> None:
    person = build_participant(session, series, is_discreet=True)
    build_answer(session, series.sessions[0], person)
    other = build_participant(session, series)
    confirmed(session, series, build_organiser(session, series))
    work(session)
    token = token_of(session, person)
    page = client.get(f"/en/my/{token}/messages")
    assert ("News" in page.text, "Hello to you." in page.text) == (True, True)
    assert "Du nouveau" in client.get(f"/fr/my/{token}/messages").text
    assert f'href="/en/my/{token}/messages"' in client.get(f"/en/my/{token}/").text
    assert "Hello to you." not in client.get(f"/en/my/{token_of(session, other)}/messages").text
    assert client.get("/en/my/nothing/messages").status_code == 404
