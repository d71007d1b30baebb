"""The page of one's own calendar, for those who take part and those who speak."""

from __future__ import annotations

import html
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_person, build_series, build_session
from tests.web.workspace import token_of
from workshop.core.links import Purpose, SecretLink, find_token, issue
from workshop.people.models import Person
from workshop.rsvp.models import Participant

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def participant(session: Session) -> Participant:
    series = build_series(session, slug="s")
    found = build_participant(session, series, language="en")
    build_answer(session, build_session(session, series, slug="4"), found)
    return found


@pytest.fixture
def person(session: Session, participant: Participant) -> Person:
    return build_person(session, participant.series, language="en")


@pytest.fixture(params=["participant", "speaker"])
def owner(request: pytest.FixtureRequest, participant: Participant, person: Person) -> Participant | Person:
    return participant if request.param == "participant" else person


def path_of(session: Session, owner: Participant | Person, verb: str = "feed") -> str:
    is_participant = isinstance(owner, Participant)
    token = issue(session, purpose=Purpose.MY if is_participant else Purpose.SPEAKER, subject=owner.subject)
    session.commit()
    return f"/en/{'my' if is_participant else 'speaker'}/{token}/{verb}"


def press(client: FlaskClient, path: str, action: str, *, follow: bool = True) -> tuple[int, str]:
    """Press a button of the page; return the status and the page that follows."""
    data = {"csrf_token": token_of(client.get(path)), "action": action}
    found = client.post(path, data=data, follow_redirects=follow)
    return found.status_code, html.unescape(found.text)


def address_in(page: str) -> str:
    """Return the path of the calendar that a page shows; empty for none."""
    found = re.search(r'value="http://127\.0\.0\.1:5000(/calendar/[\w-]+\.ics)"', page)
    return found[1] if found else ""


def test_one_press_makes_it_another_replaces_it_and_a_third_ends_it(
    client: FlaskClient, session: Session, owner: Participant | Person
) -> None:
    path = path_of(session, owner)
    assert address_in(client.get(path).text) == ""
    status, page = press(client, path, "make")
    first = address_in(page)
    assert status == 200
    assert client.get(first).status_code == 200
    assert address_in(press(client, path, "make")[1]) == first
    second = address_in(press(client, path, "renew")[1])
    assert second not in {"", first}
    assert [client.get(one).status_code for one in (first, second)] == [404, 200]
    status, page = press(client, path, "revoke")
    assert (status, address_in(page)) == (200, "")
    assert "The address no longer works." in page
    third = address_in(press(client, path, "make")[1])
    assert third not in {"", first, second}
    assert [client.get(one).status_code for one in (first, second, third)] == [404, 404, 200]


def test_the_page_offers_every_way_to_subscribe_and_is_kept_nowhere(
    client: FlaskClient, session: Session, owner: Participant | Person
) -> None:
    path = path_of(session, owner)
    _status, page = press(client, path, "make")
    address = address_in(page)
    assert f'href="webcal://127.0.0.1:5000{address}"' in page
    assert "https://calendar.google.com/calendar/render?cid=webcal%3A%2F%2F127.0.0.1" in page
    assert '<svg class="qr"' in page
    found = client.get(path)
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in found.headers["X-Robots-Tag"]
    assert len(found.data) < 60_000


def test_looking_makes_nothing(client: FlaskClient, session: Session, owner: Participant | Person) -> None:
    client.get(path_of(session, owner))
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).where(SecretLink.purpose == Purpose.FEED)) == 0


@pytest.mark.parametrize("action", ["", "Make", "erase", "\ud800"])
def test_anything_else_changes_nothing_and_says_so(
    client: FlaskClient, session: Session, owner: Participant | Person, action: str
) -> None:
    path = path_of(session, owner)
    status, page = press(client, path, action.encode("utf-8", "surrogatepass").decode("latin-1"))
    assert status == 422
    assert "Please press one of the buttons" in page
    assert find_token(session, purpose=Purpose.FEED, subject=owner.subject) is None


def test_the_own_page_leads_to_it(client: FlaskClient, session: Session, owner: Participant | Person) -> None:
    path = path_of(session, owner)
    assert f'href="{path}"' in client.get(path_of(session, owner, "")).text


def test_whoever_has_not_confirmed_and_any_other_link_open_nothing(
    client: FlaskClient, session: Session, participant: Participant, person: Person
) -> None:
    mine, theirs = path_of(session, participant), path_of(session, person)
    crossed = [mine.replace("/my/", "/speaker/"), theirs.replace("/speaker/", "/my/"), "/en/my/AAAA/feed"]
    token = token_of(client.get(mine))
    participant.confirmed_at = None
    session.commit()
    for path in (mine, *crossed):
        assert client.get(path).status_code == 404
        assert client.post(path, data={"csrf_token": token, "action": "make"}).status_code == 404
    assert find_token(session, purpose=Purpose.FEED, subject=participant.subject) is None


def test_a_new_link_to_the_page_leaves_the_calendar_and_says_so(
    client: FlaskClient, session: Session, owner: Participant | Person
) -> None:
    path = path_of(session, owner)
    address = address_in(press(client, path, "make")[1])
    token = token_of(client.get(path))
    after = client.post(path_of(session, owner, "link"), data={"csrf_token": token}, follow_redirects=True)
    assert "The address of your calendar is still the same." in html.unescape(after.text)
    assert client.get(path).status_code == 404
    assert client.get(address).status_code == 200


def test_an_address_from_before_a_new_key_can_be_ended_though_not_shown(
    client: FlaskClient, session: Session, owner: Participant | Person
) -> None:
    path = path_of(session, owner)
    before = SecretLink(token_hash="a" * 64, purpose=Purpose.FEED, subject=owner.subject, generation=1)
    session.add(before)
    session.commit()
    assert "it can no longer be shown" in client.get(path).text
    press(client, path, "revoke")
    session.expire_all()
    hashes = session.scalars(sa.select(SecretLink.token_hash).where(SecretLink.purpose == Purpose.FEED)).all()
    assert "a" * 64 not in hashes
    assert "it can no longer be shown" not in client.get(path).text


def test_the_file_of_all_that_is_held_names_it(
    client: FlaskClient, session: Session, owner: Participant | Person
) -> None:
    path = path_of(session, owner)
    token = token_of(client.get(path))
    export = path_of(session, owner, "export")
    assert '"has_calendar_address": false' in client.post(export, data={"csrf_token": token}).text
    press(client, path, "make")
    assert '"has_calendar_address": true' in client.post(export, data={"csrf_token": token}).text


def test_neutral_titles_are_announced_and_mail_only_where_there_is_an_address(
    client: FlaskClient, session: Session, participant: Participant
) -> None:
    path = path_of(session, participant)
    page = press(client, path, "make")[1]
    assert "So late changes come to you by e-mail as well." in page
    assert "tick “Send me no calendar files” under “Your choices”" in page
    assert "As you wished" not in page
    participant.wants_calendar = False
    session.commit()
    assert "tick “Send me no calendar files”" not in html.unescape(client.get(path).text)
    participant.is_discreet, participant.address, participant.address_folded = True, None, None
    session.commit()
    page = html.unescape(client.get(path).text)
    assert "by e-mail as well" not in page
    assert "As you wished, the titles are neutral" in page
