"""A participant's own calendar and the invitations in their mail, as other people's parsers understand them."""

from __future__ import annotations

import email.policy
from collections.abc import Callable, Iterable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.clients.parsers import PARSERS, Entry, Read, read_all
from tests.journeys.inbox import Inbox
from tests.web.calendars.own import own_feed
from workshop import worker
from workshop.chatham.rule import Level
from workshop.programme.models import WorkshopSession
from workshop.programme.service import cancel, reschedule
from workshop.rsvp.emails import answer_recorded
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.service import withdraw

pytestmark = pytest.mark.databases("sqlite")
ReadFunction = Callable[[bytes], Read]
HOUR = timedelta(hours=1)
FEED_ONLY = {"X-PUBLISHED-TTL", "REFRESH-INTERVAL"}


def by_title(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.summary: entry for entry in entries}


# -- the feed ----------------------------------------------------------------------------------------------------------

SHOWN = {
    AnswerState.ACCEPTED: ("", "CONFIRMED", "OPAQUE"),
    AnswerState.TENTATIVE: ("", "TENTATIVE", "TRANSPARENT"),
    AnswerState.WAITLISTED: ("[Waiting list] ", "TENTATIVE", "TRANSPARENT"),
    AnswerState.OFFERED: ("[Place offered] ", "TENTATIVE", "TRANSPARENT"),
    AnswerState.REQUESTED: ("[Request pending] ", "TENTATIVE", "TRANSPARENT"),
}
"""State → what the title begins with, STATUS, TRANSP. Of every other state there is no entry."""


@pytest.mark.usefixtures("clock")
def test_each_answer_as_far_as_it_stands(client: FlaskClient, session: Session, read: ReadFunction) -> None:
    series = build_series(session, slug="s")
    participant = build_participant(session, series, language="en")
    answers = {}
    for state in AnswerState:
        one = build_session(session, series, number=None, slug=state, title=both(f"Titre {state}", f"Title {state}"))
        since = NOW if state in {AnswerState.WAITLISTED, AnswerState.OFFERED} else None
        answers[state] = build_answer(session, one, participant, state=state, waitlisted_at=since)
    found = read(client.get(own_feed(session, participant.subject)).data)
    assert {summary: (entry.status, entry.transparency) for summary, entry in by_title(found.entries).items()} == {
        f"{prefix}Title {state}": (status, transparency) for state, (prefix, status, transparency) in SHOWN.items()
    }
    assert {entry.uid for entry in found.entries} == {f"{answers[state].uid}@localhost" for state in SHOWN}
    assert not {"SOURCE", "METHOD"} & set(found.names)
    assert not {"ORGANIZER", "ATTENDEE"} & {name for entry in found.entries for name in entry.names}


@pytest.mark.usefixtures("clock")
def test_answered_it_is_there_and_withdrawn_it_is_gone(
    client: FlaskClient, session: Session, read: ReadFunction
) -> None:
    series = build_series(session, slug="s")
    participant = build_participant(session, series, language="en")
    first, second = (build_session(session, series, starts_at=NOW + days * 24 * HOUR) for days in (3, 4))
    build_answer(session, first, participant)
    address = own_feed(session, participant.subject)
    assert [entry.starts_at for entry in read(client.get(address).data).entries] == [first.starts_at]
    build_answer(session, second, participant)
    assert [entry.starts_at for entry in read(client.get(address).data).entries] == [first.starts_at, second.starts_at]
    withdraw(session, now=NOW, participant=participant, slug=first.slug)
    assert [entry.starts_at for entry in read(client.get(address).data).entries] == [second.starts_at]
    withdraw(session, now=NOW, participant=participant, slug=second.slug)
    assert read(client.get(address).data).entries == ()


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("level", [Level.CLOSED, Level.DISCUSSION])
def test_a_neutral_entry_says_when_and_nothing_of_what(
    client: FlaskClient, session: Session, read: ReadFunction, level: Level
) -> None:
    """Of a level that hides it, or for somebody who asked for discretion."""
    series = build_series(session, slug="canary", title=both("Canari", "Canary"), level=level)
    one = build_session(
        session,
        series,
        slug="canary",
        title=both("Canari", "Canary"),
        short_title=both("", ""),
        place=both("Canari", "Canary"),
    )
    participant = build_participant(session, series, language="en", is_discreet=level is Level.DISCUSSION)
    build_answer(session, one, participant)
    found = read(client.get(own_feed(session, participant.subject)).data)
    [entry] = found.entries
    assert (entry.starts_at, entry.ends_at, entry.description) == (one.starts_at, one.ends_at, "")
    assert entry.status == "CONFIRMED"
    assert "canar" not in f"{entry} {found.name}".casefold()


# -- in mail -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox(instance_path: Path) -> Inbox:
    return Inbox(instance_path / "mail")


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    series = build_series(session, slug="s")
    return build_session(session, series, number=None, slug="one", title=both("Titre", "Title"))


def join(session: Session, one: WorkshopSession, number: int = 0) -> Answer:
    """Give somebody a seat; the mail that says so is an invitation."""
    participant = build_participant(session, one.series, language="en", address=f"someone-{number}@example.org")
    answer = build_answer(session, one, participant)
    answer_recorded(session, now=NOW, answer=answer)
    return answer


def send(app: Flask, session: Session, inbox: Inbox) -> list[EmailMessage]:
    session.commit()
    worker.run_once(app)
    return inbox.new()


def invitation_in(message: EmailMessage, method: str) -> bytes:
    """Return the calendar part, which is the alternative to the text, last, and the same octets as the attached file."""
    mixed = list(message.iter_parts())
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mixed] == ["multipart/alternative", "application/ics"]
    alternatives = [part.get_content_type() for part in mixed[0].iter_parts()]
    assert alternatives == ["text/plain", "text/html", "text/calendar"]
    part = list(mixed[0].iter_parts())[-1]
    parameters = dict(part["Content-Type"].params)
    assert parameters == {"charset": "utf-8", "method": method, "component": "VEVENT"}
    assert part["Content-Transfer-Encoding"] == "base64"
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    assert mixed[1].get_payload(decode=True) == octets
    return octets


def move(session: Session, one: WorkshopSession) -> None:
    starts = one.starts_wall + HOUR
    reschedule(session, now=NOW, workshop_session=one, starts_wall=starts, ends_wall=starts + HOUR, tzid=one.tzid)


def test_request_update_and_cancellation_are_of_one_entry(
    app: Flask,
    client: FlaskClient,
    session: Session,
    clock: time_machine.Traveller,
    read: ReadFunction,
    inbox: Inbox,
    one: WorkshopSession,
) -> None:
    answer = join(session, one)
    build_answer(session, build_session(session, one.series), answer.participant)  # so that the feed is never empty
    feed = own_feed(session, answer.participant.subject)
    told = []
    for method, act in (("REQUEST", None), ("REQUEST", move), ("CANCEL", cancel_it)):
        if act is not None:
            clock.shift(HOUR)
            act(session, one)
        [message] = send(app, session, inbox)
        found = read(invitation_in(message, method))
        [entry] = found.entries
        assert found.method == method
        assert not FEED_ONLY & set(found.names)
        assert entry.attendees == ((f"mailto:{message['To']}", "ACCEPTED"),)
        assert (entry.starts_at, entry.ends_at) == (one.starts_at, one.ends_at)
        in_feed = next(other for other in read(client.get(feed).data).entries if other.uid == entry.uid)
        assert (in_feed.sequence, in_feed.status) == (entry.sequence, entry.status)
        told.append(entry)
    assert len({(entry.uid, entry.organizer) for entry in told}) == 1
    assert [entry.sequence for entry in told] == [0, 1, 2]
    assert [entry.status for entry in told] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [entry.stamped_at for entry in told] == [NOW, NOW + HOUR, NOW + 2 * HOUR]


def cancel_it(session: Session, one: WorkshopSession) -> None:
    cancel(session, now=NOW + 2 * HOUR, workshop_session=one)


def test_thirty_people_and_a_cancellation(
    app: Flask, session: Session, clock: time_machine.Traveller, inbox: Inbox, one: WorkshopSession
) -> None:
    """Thirty mails, none of which names another person, to any of the parsers."""
    addresses = [f"someone-{number}@example.org" for number in range(30)]
    for number in range(30):
        join(session, one, number)
    assert len(send(app, session, inbox)) == 30
    clock.shift(HOUR)
    cancel_it(session, one)
    told = send(app, session, inbox)
    assert sorted(str(message["To"]) for message in told) == sorted(addresses)
    calendars = [invitation_in(message, "CANCEL") for message in told]
    assert len({octets.split(b"UID:")[1].split()[0] for octets in calendars}) == 30
    for message, octets in zip(told, calendars, strict=True):
        whole = message.as_bytes(policy=email.policy.SMTP) + octets.replace(b"\r\n ", b"")
        assert [address for address in addresses if address.encode() in whole] == [message["To"]]
    for parser in PARSERS:
        for message, found in zip(told, read_all(parser, calendars), strict=True):
            assert found.method == "CANCEL"
            assert [(entry.status, [address for address, _ in entry.attendees]) for entry in found.entries] == [
                ("CANCELLED", [f"mailto:{message['To']}"])
            ]
