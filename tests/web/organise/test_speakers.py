"""Those who speak, as their organisers see them: consents with dates, what was told them, and the link nobody sees."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_item, build_organiser, build_person, build_session
from tests.web.public.speaking import NAME, build_speaker, session_of, speaker_path, words
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Organiser, Role
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.links import Purpose, find_token
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.programme.models import SpeakerSlot

pytestmark = pytest.mark.usefixtures("clock")
LIST = "/en/organise/series/serie/speakers"


@pytest.fixture
def speaker(client: FlaskClient, session: Session) -> tuple[Person, SpeakerSlot, Organiser]:
    """Give somebody who speaks, and an organiser who is signed in."""
    person, slot = build_speaker(session)
    organiser = build_organiser(session, session_of(session, slot).series, role=Role.ORGANISER)
    sign_in(client, organiser)
    return person, slot, organiser


Speaker = tuple[Person, SpeakerSlot, Organiser]


def _mail(session: Session) -> list[OutboxMessage]:
    session.expire_all()
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def test_the_list_says_how_each_consent_stands(client: FlaskClient, session: Session, speaker: Speaker) -> None:
    page = client.get(LIST)
    assert page.status_code == 200
    said = words(page)
    assert NAME in said
    assert said.count("yes, as entered") == 4, "name and affiliation, of two people"
    assert said.count("not given") == 6
    assert "zoe@example.org" not in page.text
    assert "/speaker/" not in page.text


def test_the_link_leaves_by_mail_and_no_organiser_sees_it(
    client: FlaskClient, session: Session, speaker: Speaker
) -> None:
    person, _slot, organiser = speaker
    answer = post(client, f"{LIST}/people/{person.id}/link", page=LIST)
    assert (answer.status_code, answer.location) == (303, LIST)
    (message,) = _mail(session)
    assert (message.kind, message.recipient, message.language) == ("speaker_link", "zoe@example.org", "fr")
    token = speaker_path(session, person).split("/")[3]
    for address in (LIST, f"{LIST}/people/{person.id}", "/en/organise/series/serie/mail"):
        page = client.get(address).text
        assert token not in page
        assert "zoe@example.org" not in page
    assert "waits to leave" in client.get(LIST).text
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "programme.send_speaker_link")).one()
    assert (entry.actor, entry.object) == (f"organiser:{organiser.id}", f"person:{person.id}")
    post(client, f"{LIST}/people/{person.id}/link", page=LIST)


def test_everybody_who_can_be_written_to_gets_it_once(client: FlaskClient, session: Session, speaker: Speaker) -> None:
    _person, slot, _organiser = speaker
    series = session_of(session, slot).series
    draft = build_session(session, series, slug="5", is_published=False)
    build_item(session, draft, speakers=[build_person(session, series, name="Of a draft")])
    build_item(session, session_of(session, slot), speakers=[build_person(session, series, email="")])
    assert post(client, f"{LIST}/links", page=LIST).status_code == 303
    assert len(_mail(session)) == 2
    post(client, f"{LIST}/links", page=LIST)
    assert len(_mail(session)) == 2
    said = words(client.get(LIST))
    assert "Add one" in said
    assert "once a session of theirs is published" in said


@pytest.mark.parametrize("reason", ["without an address", "of a draft"])
def test_what_cannot_be_sent_is_refused(client: FlaskClient, session: Session, speaker: Speaker, reason: str) -> None:
    person, slot, _organiser = speaker
    if reason == "without an address":
        person.email = ""
    else:
        session_of(session, slot).is_published = False
    assert post(client, f"{LIST}/people/{person.id}/link", page="/en/organise/series/new").status_code == 409
    assert _mail(session) == []


def test_what_they_said_is_noted_with_how_and_by_whom(client: FlaskClient, session: Session, speaker: Speaker) -> None:
    person, slot, organiser = speaker
    path = f"{LIST}/parts/{slot.id}"
    answer = post(client, path, {"kind": "announce_name", "given": "no", "way": "telephone"})
    assert (answer.status_code, answer.location) == (303, path)
    session.expire_all()
    (said,) = slot.consents
    assert (said.kind, said.recorded_by) == (ConsentKind.ANNOUNCE_NAME, f"organiser:{organiser.id}")
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "programme.withdraw_consent")).one()
    assert entry.details == {"slot": slot.id, "kind": "announce_name", "way": "telephone"}
    assert NAME not in client.get("/en/series/serie/4/").text
    assert NAME in client.get(LIST).text
    assert "noted by an organiser" in words(client.get(path))
    assert "as the organisers noted on" in words(client.get(speaker_path(session, person)))


def test_how_they_said_it_is_required(client: FlaskClient, session: Session, speaker: Speaker) -> None:
    _person, slot, _organiser = speaker
    for wrong in ({"kind": "quoted", "given": "yes"}, {"kind": "all", "given": "yes", "way": "mail"}, {"way": "mail"}):
        answer = post(client, f"{LIST}/parts/{slot.id}", wrong)
        assert answer.status_code == 422
        assert 'id="errors"' in answer.text
    session.expire_all()
    assert slot.consents == []


def test_an_address_is_given_changed_and_forgotten_and_never_shown(
    client: FlaskClient, session: Session, speaker: Speaker
) -> None:
    person, _slot, _organiser = speaker
    path = f"{LIST}/people/{person.id}"
    old = speaker_path(session, person)
    assert post(client, path, {"email": "nobody", "language": "en"}).status_code == 422
    assert post(client, path, {"email": "", "language": "en"}).status_code == 303
    session.expire_all()
    assert (person.email, person.language) == ("zoe@example.org", "en")
    assert client.get(old).status_code == 200
    assert post(client, path, {"email": "Zoe.New@example.org", "language": "en"}).status_code == 303
    session.expire_all()
    assert person.email == "Zoe.New@example.org"
    assert client.get(old).status_code == 404, "it went to the other mailbox"
    assert "example.org" not in client.get(path).text.replace("name@example.org", "")
    assert post(client, path, {"email": "", "language": "en", "forget": "y"}).status_code == 303
    session.expire_all()
    assert person.email == ""


def test_what_waits_for_them_goes_to_the_new_address(client: FlaskClient, session: Session, speaker: Speaker) -> None:
    person, _slot, _organiser = speaker
    post(client, f"{LIST}/people/{person.id}/link", page=LIST)
    post(client, f"{LIST}/people/{person.id}", {"email": "new@example.org", "language": "fr"})
    (message,) = _mail(session)
    assert message.recipient == "new@example.org"


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_the_mail_is_neutral_where_the_session_is_not_to_be_named(
    client: FlaskClient, session: Session, level: Level
) -> None:
    person, slot = build_speaker(session, level)
    sign_in(client, build_organiser(session, session_of(session, slot).series))
    post(client, f"{LIST}/people/{person.id}/link", page=LIST)
    (message,) = _mail(session)
    series = session_of(session, slot).series
    everything = f"{message.subject}\n{message.sender_name}\n{message.body_text}\n{message.body_html}"
    for telling in (*series.title.values(), *series.sender_name.values(), NAME, "My talk", "Mon exposé", "serie/"):
        assert telling not in everything
    assert message.headers == {}
    assert message.sender_name == "Workshop"


def test_helpers_and_partners_see_none_of_it(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    sign_in(client, build_organiser(session, session_of(session, slot).series, role=Role.HELPER))
    for address in (LIST, f"{LIST}/parts/{slot.id}", f"{LIST}/people/{person.id}"):
        assert client.get(address).status_code == 404


def test_those_of_another_series_are_like_none(client: FlaskClient, session: Session, speaker: Speaker) -> None:
    other = build_session(session)
    stranger = build_person(session, other.series)
    slot = build_item(session, other, speakers=[stranger]).slots[0]
    for address in (f"{LIST}/parts/{slot.id}", f"{LIST}/people/{stranger.id}"):
        assert client.get(address).status_code == 404
    assert post(client, f"{LIST}/people/{stranger.id}/link", page=LIST).status_code == 404
    assert find_token(session, purpose=Purpose.SPEAKER, subject=stranger.subject) is None
