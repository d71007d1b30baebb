"""A participant's own calendar, from an answer to what every program reads."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_person, build_series, build_session
from tests.web.calendars.own import own_feed, read, read_one
from workshop.calendars.routes import personal
from workshop.calendars.service import make_feed, renew_feed, revoke_feed
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import Base, db
from workshop.core.links import Purpose, issue, renew
from workshop.privacy.service import erase as erase_participant
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.emails import own_entry
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.service import set_state

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def answer(session: Session) -> Answer:
    """Give a seat in session 4, of somebody who reads English."""
    series = build_series(session, slug="s", title=both("La série", "The series"))
    one = build_session(session, series, slug="4", number=4, label=both("Atelier 4", "Workshop 4"), sequence=3)
    participant = build_participant(session, series, language="en")
    found = build_answer(session, one, participant)
    for purpose, subject in ((Purpose.MY, participant.subject), (Purpose.JOIN, found.subject)):
        issue(session, purpose=purpose, subject=subject)
    session.commit()
    return found


@pytest.mark.parametrize(
    ("state", "status", "transparency", "begins"),
    [
        (AnswerState.ACCEPTED, "CONFIRMED", "OPAQUE", "Workshop 4 – "),
        (AnswerState.TENTATIVE, "TENTATIVE", "TRANSPARENT", "Workshop 4 – "),
        (AnswerState.WAITLISTED, "TENTATIVE", "TRANSPARENT", "[Waiting list] Workshop 4 – "),
        (AnswerState.OFFERED, "TENTATIVE", "TRANSPARENT", "[Place offered] Workshop 4 – "),
        (AnswerState.REQUESTED, "TENTATIVE", "TRANSPARENT", "[Request pending] Workshop 4 – "),
    ],
)
def test_an_entry_says_how_the_answer_stands(
    client: FlaskClient,
    session: Session,
    answer: Answer,
    state: AnswerState,
    status: str,
    transparency: str,
    begins: str,
) -> None:
    answer.state = state
    event = read_one(client, own_feed(session, answer.participant.subject))
    assert (event.status.value, event.transp.value) == (status, transparency)
    assert event.summary.value.startswith(begins)
    has_link = hasattr(event, "conference")
    assert has_link is (state is AnswerState.ACCEPTED)
    assert b"[[link" not in client.get(own_feed(session, answer.participant.subject)).data


@pytest.mark.parametrize(
    "state", [AnswerState.PENDING, AnswerState.DECLINED, AnswerState.WITHDRAWN, AnswerState.LAPSED]
)
def test_what_does_not_stand_is_not_in_it(
    client: FlaskClient, session: Session, answer: Answer, state: AnswerState
) -> None:
    answer.state = state
    assert read(client, own_feed(session, answer.participant.subject)) == []


def test_the_uid_and_the_sequence_are_those_of_the_mail(client: FlaskClient, session: Session, answer: Answer) -> None:
    answer.sequence_offset = 2
    event = read_one(client, own_feed(session, answer.participant.subject))
    _view, mailed = own_entry(answer)
    assert event.uid.value == mailed.uid
    assert answer.workshop_session.uid not in event.uid.value
    assert int(event.sequence.value) == mailed.sequence == 5


def test_the_join_link_opens_and_a_missing_one_is_left_out(
    client: FlaskClient, session: Session, answer: Answer
) -> None:
    address = own_feed(session, answer.participant.subject)
    link = read_one(client, address).conference.value
    assert client.get(link.removeprefix("http://127.0.0.1:5000")).status_code == 200
    renew(session, purposes=[Purpose.JOIN], subject=answer.subject)
    session.commit()
    assert read_one(client, address).conference.value not in {"", link}
    session.execute(sa.text("DELETE FROM secret_link WHERE purpose = 'join'"))
    session.commit()
    assert not hasattr(read_one(client, address), "conference")


def test_what_http_says_of_it(client: FlaskClient, session: Session, answer: Answer) -> None:
    answer.answered_at = NOW - timedelta(hours=3)
    answer.workshop_session.revised_at = NOW - timedelta(days=2)
    address = own_feed(session, answer.participant.subject)
    first = client.get(address, headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "noindex" in first.headers["X-Robots-Tag"]
    assert first.headers["Last-Modified"] == "Sun, 22 Nov 2026 06:00:00 GMT"
    for name in ("Set-Cookie", "Vary", "Content-Disposition", "Location"):
        assert name not in first.headers
    assert client.get(address).data == first.data
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert client.head(address).headers["ETag"] == first.headers["ETag"]
    assert b"DTSTAMP:20261122T060000Z" in first.data


def test_asking_whether_it_changed_makes_nothing(
    client: FlaskClient, session: Session, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = own_feed(session, answer.participant.subject)
    etag = client.get(address).headers["ETag"]
    made = []
    monkeypatch.setattr(personal, "participant_calendar", lambda *_all, **_named: made.append(1))
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *found: statements.append(found[2]))
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert (made, statements) == ([], [])


def test_unknown_revoked_foreign_and_malformed_addresses_are_one_and_the_same(
    client: FlaskClient, session: Session, answer: Answer
) -> None:
    subject = answer.participant.subject
    good = own_feed(session, subject)
    my = issue(session, purpose=Purpose.MY, subject=subject)
    revoke_feed(session, subject=subject)
    session.commit()
    addresses = (good, f"/calendar/{my}.ics", "/calendar/AAAA.ics", "/calendar/é.ics", f"/calendar/{'x' * 3000}.ics")
    found = [client.get(address) for address in addresses]
    assert {one.status_code for one in found} == {404}
    assert {one.headers["Content-Type"] for one in found} == {"text/plain; charset=utf-8"}
    assert len({one.data for one in found}) == 1


def test_a_new_address_kills_the_old_one_and_one_made_after_the_end_is_another(
    client: FlaskClient, session: Session, answer: Answer
) -> None:
    subject = answer.participant.subject
    addresses = [own_feed(session, subject)]
    make_feed(session, subject=subject)
    assert own_feed(session, subject) == addresses[0]
    for act in (renew_feed, revoke_feed, revoke_feed):
        act(session, subject=subject)
        session.commit()
        assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
        if act is renew_feed:
            addresses.append(own_feed(session, subject))
            assert client.get(addresses[-1]).status_code == 200
    renew_feed(session, subject=subject)  # there is none
    session.commit()
    addresses.append(own_feed(session, subject))
    assert len(set(addresses)) == 3
    assert [client.get(address).status_code for address in addresses] == [404, 404, 200]


def test_erased_at_once(client: FlaskClient, session: Session, answer: Answer) -> None:
    address = own_feed(session, answer.participant.subject)
    assert client.get(address).status_code == 200
    erase_participant(session, now=NOW, participant=answer.participant)
    session.commit()
    assert client.get(address).status_code == 404


def test_withdrawn_at_once_and_back_with_a_higher_sequence(
    client: FlaskClient, session: Session, answer: Answer
) -> None:
    address = own_feed(session, answer.participant.subject)
    before = int(read_one(client, address).sequence.value)
    set_state(session, answer, AnswerState.WITHDRAWN, now=NOW)
    session.commit()
    assert read(client, address) == []
    set_state(session, answer, AnswerState.ACCEPTED, now=NOW)
    session.commit()
    assert int(read_one(client, address).sequence.value) == before + 2


def test_every_choice_of_the_participant_counts_with_the_next_fetch(
    client: FlaskClient, session: Session, answer: Answer
) -> None:
    participant = answer.participant
    address = own_feed(session, participant.subject)
    assert "Title of session 4" in client.get(address).text
    participant.language = "fr"
    session.commit()
    assert "Titre de la séance 4" in client.get(address).text
    participant.is_discreet = True
    session.commit()
    assert "Titre" not in client.get(address).text


@pytest.mark.parametrize("why", ["discreet", "level"])
def test_a_neutral_entry_names_neither_series_nor_topic(
    client: FlaskClient, session: Session, answer: Answer, why: str
) -> None:
    one = answer.workshop_session
    one.slug, one.place = "canary-slug", both("canary-lieu", "canary-place")
    one.title, one.abstract = both("canary-titre", "canary-title"), both("canary", "canary")
    one.series.title, one.series.slug, one.series.colour = both("canary-série", "canary-series"), "canary", "teal"
    one.series.own_sentence = both("canary", "canary")
    if why == "level":
        one.level = Level.WHOLE_SESSION
    else:
        answer.participant.is_discreet = True
    found = client.get(own_feed(session, answer.participant.subject))
    text = found.text.replace("\r\n ", "")
    assert "canary" not in text
    assert "teal" not in text
    assert "SUMMARY;LANGUAGE=en:Workshop 4\r\n" in text
    assert "DESCRIPTION" not in text
    # Nor the way to their own page: a calendar is shared, and kept by others, and that link withdraws and erases.
    assert "/my/" not in text
    assert "NAME;LANGUAGE=en:My sessions\r\n" in text


def test_a_session_by_invitation_only_names_no_page_since_the_public_one_does_not_open(
    client: FlaskClient, session: Session, answer: Answer
) -> None:
    answer.workshop_session.series.visibility = Visibility.INVITE_ONLY
    text = client.get(own_feed(session, answer.participant.subject)).text.replace("\r\n ", "")
    assert "/my/" not in text
    assert "/en/series/" not in text


def test_only_ones_own_sessions_and_nobody_else(client: FlaskClient, session: Session, answer: Answer) -> None:
    series = answer.workshop_session.series
    other = build_session(session, series, slug="5", number=5, title=both("Autre", "Another"))
    build_answer(session, other, build_participant(session, series, name="Canary Person"))
    build_answer(session, answer.workshop_session, build_participant(session, series, name="Canary Other"))
    found = client.get(own_feed(session, answer.participant.subject)).text
    assert found.count("BEGIN:VEVENT") == 1
    assert "Canary" not in found
    assert "rooms.example.org" not in found


def test_a_cancelled_session_stays_two_weeks_or_until_its_end(
    client: FlaskClient, session: Session, answer: Answer, clock: time_machine.Traveller
) -> None:
    one = answer.workshop_session
    one.status, one.cancelled_at = SessionStatus.CANCELLED, NOW
    address = own_feed(session, answer.participant.subject)
    event = read_one(client, address)
    assert (event.status.value, event.transp.value) == ("CANCELLED", "TRANSPARENT")
    assert event.summary.value.startswith("CANCELLED: ")
    assert not hasattr(event, "conference")
    clock.move_to(NOW + timedelta(days=13))
    assert len(read(client, address)) == 1
    clock.move_to(max(one.ends_at, NOW + timedelta(days=14)) + timedelta(days=2))
    assert read(client, address) == []


def test_past_sessions_leave_after_ninety_days_and_what_is_taken_back_at_once(
    client: FlaskClient, session: Session, answer: Answer, clock: time_machine.Traveller
) -> None:
    one = answer.workshop_session
    address = own_feed(session, answer.participant.subject)
    clock.move_to(one.ends_at + timedelta(days=89))
    assert len(read(client, address)) == 1
    clock.move_to(one.ends_at + timedelta(days=92))
    assert read(client, address) == []
    clock.move_to(NOW)
    one.is_published = False
    _raise(session, one)
    assert read(client, address) == []


def _raise(session: Session, one: WorkshopSession) -> None:
    one.series.revision += 1
    session.commit()


def test_nobody_who_has_not_confirmed_has_one(client: FlaskClient, session: Session, answer: Answer) -> None:
    answer.participant.confirmed_at = None
    assert client.get(own_feed(session, answer.participant.subject)).status_code == 404


def test_fetching_writes_nothing(client: FlaskClient, session: Session, answer: Answer) -> None:
    address = own_feed(session, answer.participant.subject)

    def rows() -> dict[str, list[tuple[object, ...]]]:
        session.rollback()
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
        }

    before = rows()
    for _ in range(3):
        client.get(address)
    assert rows() == before


@pytest.mark.databases("sqlite")
def test_while_the_database_is_away_it_says_so(app: Flask, session: Session, answer: Answer) -> None:
    address = own_feed(session, answer.participant.subject)
    session.execute(sa.text("ALTER TABLE secret_link RENAME TO elsewhere"))
    session.commit()
    found = app.test_client().get(address)
    assert (found.status_code, found.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    session.execute(sa.text("ALTER TABLE elsewhere RENAME TO secret_link"))
    session.commit()


def test_a_participant_and_a_speaker_each_have_their_own(client: FlaskClient, session: Session, answer: Answer) -> None:
    series = answer.workshop_session.series
    person = build_person(session, series, language="en")
    assert read(client, own_feed(session, person.subject)) == []
    assert len(read(client, own_feed(session, answer.participant.subject))) == 1
    assert session.get(Participant, answer.participant_id) is not None
