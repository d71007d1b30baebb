"""One participant's calendar from the first answer to the cancellation: invitation, own feed and replies say the same."""

from __future__ import annotations

import email.policy
import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
import vobject
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from tests.journeys.inbox import Inbox
from workshop import worker
from workshop.cli import main
from workshop.core.clock import now as clock_now
from workshop.core.db import db
from workshop.core.links import Purpose, issue
from workshop.privacy import service as privacy
from workshop.programme.models import WorkshopSession
from workshop.programme.service import cancel, reschedule
from workshop.rsvp.models import Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import notice_of
from workshop.rsvp.service import change_answer

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.databases("sqlite", "postgresql")]


def calendar_of(message: EmailMessage) -> tuple[str, vobject.base.Component] | None:
    """Return METHOD and the event of a mail's calendar part, read by another's parser; None without one."""
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    (part,) = parts
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    (calendar,) = vobject.readComponents(octets.decode())
    assert part.get_param("method") == calendar.method.value
    return str(calendar.method.value), calendar.vevent


def facts(event: vobject.base.Component) -> tuple[str, int, str]:
    """Return UID, SEQUENCE and start."""
    return event.uid.value, int(event.sequence.value), event.dtstart.value.isoformat()


def reply_to(event: vobject.base.Component, partstat: str, *, at: str) -> bytes:
    """Return what a calendar mails back when its owner presses a button."""
    organizer = event.organizer.value
    answer = "\r\n".join(
        (
            "BEGIN:VCALENDAR", "PRODID:-//Another maker//Another calendar//EN", "VERSION:2.0", "METHOD:REPLY",
            "BEGIN:VEVENT", f"UID:{event.uid.value}", f"SEQUENCE:{event.sequence.value}",
            f"DTSTAMP:{at}", f"ORGANIZER:{organizer}", f"ATTENDEE;PARTSTAT={partstat}:{event.attendee.value}",
            "END:VEVENT", "END:VCALENDAR", "",
        )
    )  # fmt: skip
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = event.attendee.value.removeprefix("mailto:")
    message["To"] = organizer.removeprefix("mailto:")
    message["Subject"] = "Accepted"
    message["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    message.set_content("Yes.")
    message.add_alternative(answer.encode(), "text", "calendar", params={"method": "REPLY", "charset": "utf-8"})
    return message.as_bytes()


@pytest.fixture
def inbox(instance_path: Path) -> Inbox:
    return Inbox(instance_path / "mail")


def receive(environ: dict[str, str], message: bytes) -> None:
    """Pipe a message into `workshop mail receive`, as an MTA does."""
    db.session.rollback()
    result = CliRunner().invoke(main, ["mail", "receive"], input=message, env=environ)
    assert result.exit_code == 0, result.output


def deliver(app: Flask, inbox: Inbox) -> list[EmailMessage]:
    db.session.commit()
    db.session.remove()
    assert worker.run_once(app) == 0
    return inbox.new()


def test_invitation_feed_and_replies_agree_from_the_first_answer_to_the_cancellation(  # noqa: PLR0915 (one story)
    app: Flask,
    client: FlaskClient,
    session: Session,
    inbox: Inbox,
    clock: time_machine.Traveller,
    environ: dict[str, str],
) -> None:
    series = build_series(session)
    one = build_session(session, series, capacity=1)
    someone = build_participant(session, series, address="someone@example.org", language="en")
    answer = build_answer(session, one, someone, state=AnswerState.DECLINED)
    token = issue(session, purpose=Purpose.FEED, subject=someone.subject)
    slug, answer_id, session_id = one.slug, answer.id, one.id
    change_answer(
        session,
        now=NOW,
        participant=someone,
        slug=slug,
        choice=Choice.TENTATIVE,
        notice=notice_of(one),
        language="en",
    )
    session.commit()

    def feed() -> vobject.base.Component:
        response = client.get(f"/calendar/{token}.ics")
        assert response.status_code == 200
        (calendar,) = vobject.readComponents(response.get_data(as_text=True))
        return calendar

    # Perhaps: the mail asks, and both calendars say so.
    (mail,) = deliver(app, inbox)
    found = calendar_of(mail)
    assert found
    method, asked = found
    assert method == "REQUEST"
    assert asked.attendee.params["PARTSTAT"] == ["TENTATIVE"]
    assert asked.attendee.value == f"mailto:{mail['To']}"
    assert facts(asked) == facts(feed().vevent)
    assert feed().vevent.status.value == "TENTATIVE"
    assert not hasattr(feed().vevent, "conference")

    # Yes, from the calendar: the seat is taken, the feed has the way in, and the mail that confirms it asks anew.
    clock.shift(timedelta(minutes=5))
    receive(environ, reply_to(asked, "ACCEPTED", at="20261122T090400Z"))
    (mail,) = deliver(app, inbox)
    assert db.session.get_one(Answer, answer_id).state is AnswerState.ACCEPTED
    accepted = calendar_of(mail)
    assert accepted
    assert accepted[0] == "REQUEST"
    assert accepted[1].attendee.params["PARTSTAT"] == ["ACCEPTED"]
    assert facts(accepted[1]) == facts(feed().vevent)
    # Whoever answers has changed nothing for the organiser: no new SEQUENCE (RFC 5546, 2.1.4).
    assert facts(accepted[1])[1] == facts(asked)[1]
    assert "/join/" in feed().vevent.conference.value

    # Moved by a day: the same UID, a higher SEQUENCE, in both.
    clock.shift(timedelta(minutes=5))
    moved = db.session.get_one(WorkshopSession, session_id)
    reschedule(
        db.session(),
        now=clock_now(),
        workshop_session=moved,
        starts_wall=moved.starts_wall + timedelta(days=1),
        ends_wall=moved.ends_wall + timedelta(days=1),
        tzid=moved.tzid,
    )
    (mail,) = deliver(app, inbox)
    told = calendar_of(mail)
    assert told
    assert told[0] == "REQUEST"
    assert facts(told[1]) == facts(feed().vevent)
    assert facts(told[1])[0] == facts(asked)[0]
    assert facts(told[1])[1] > facts(accepted[1])[1]

    # A yes to what is no longer so counts for nothing; a no does, and causes no second cancellation.
    clock.shift(timedelta(minutes=5))
    receive(environ, reply_to(accepted[1], "TENTATIVE", at="20261122T091400Z"))
    assert deliver(app, inbox) == []
    assert db.session.get_one(Answer, answer_id).state is AnswerState.ACCEPTED
    receive(environ, reply_to(accepted[1], "DECLINED", at="20261122T091401Z"))
    (mail,) = deliver(app, inbox)
    assert calendar_of(mail) is None
    assert db.session.get_one(Answer, answer_id).state is AnswerState.DECLINED
    assert not hasattr(feed(), "vevent")
    kept_until = db.session.get_one(Answer, answer_id).seat_kept_until
    assert kept_until == NOW + timedelta(minutes=30)

    # They think better of it within the quarter of an hour, and then the session is cancelled.
    clock.shift(timedelta(minutes=5))
    receive(environ, reply_to(told[1], "ACCEPTED", at="20261122T091900Z"))
    (mail,) = deliver(app, inbox)
    again = calendar_of(mail)
    assert again
    assert again[0] == "REQUEST"
    cancelled = db.session.get_one(WorkshopSession, session_id)
    cancel(db.session(), now=clock_now(), workshop_session=cancelled)
    (mail,) = deliver(app, inbox)
    last = calendar_of(mail)
    assert last
    assert last[0] == "CANCEL"
    assert last[1].status.value == "CANCELLED"
    assert last[1].organizer.value == asked.organizer.value
    assert last[1].uid.value == asked.uid.value
    assert int(last[1].sequence.value) > facts(again[1])[1]
    assert facts(feed().vevent) == facts(last[1])
    assert feed().vevent.status.value == "CANCELLED"
    assert feed().vevent.summary.value.startswith("CANCELLED:")

    # Whoever erases themselves leaves nothing behind, not even an empty calendar.
    owner = db.session.scalars(sa.select(Participant)).one()
    privacy.erase(db.session(), now=NOW + timedelta(minutes=30), participant=owner)
    db.session.commit()
    gone = client.get(f"/calendar/{token}.ics")
    assert (gone.status_code, gone.mimetype) == (404, "text/plain")
    assert gone.data == client.get("/calendar/never-was-one.ics").data
    assert not re.search("someone", gone.get_data(as_text=True))
