"""An invitation as it leaves, answered as a calendar would: address, UID, token and SEQUENCE are those of the message."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.unit.calendars.replies.recorded import build_invited
from tests.unit.calendars.replies.test_replies import take
from workshop.core.addresses import fold_address
from workshop.ical import PartStat
from workshop.mail import delivery
from workshop.mail.models import OutboxMessage
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState


def leave(session: Session, answer: Answer) -> tuple[EmailMessage, str]:
    """Return the newest message about an answer as it leaves, and its calendar part unfolded."""
    session.commit()
    found = max(session.query(OutboxMessage).filter_by(answer_ref=answer.subject), key=lambda one: one.id)
    octets = delivery.make_draft(session, found).octets
    message = email.message_from_bytes(octets, policy=email.policy.default)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return message, re.sub(r"\r\n[ \t]", "", part.get_content())


def answered(message: EmailMessage, calendar: str, partstat: PartStat, *, stamp: str) -> bytes:
    """Return the reply that RFC 5546 (3.2.3) asks for."""
    event = {
        name: re.search(rf"^{name}[;:].*$", calendar, re.MULTILINE)
        for name in ("UID", "SEQUENCE", "ORGANIZER", "ATTENDEE")
    }
    lines = {name: found[0].strip() for name, found in event.items() if found}
    organizer = re.split("mailto:", lines["ORGANIZER"], flags=re.IGNORECASE)[1]
    attendee = re.split("mailto:", lines["ATTENDEE"], flags=re.IGNORECASE)[1]
    text = [
        f"From: {message['To']}", f"To: {organizer}", "MIME-Version: 1.0",
        "Content-Type: text/calendar; charset=utf-8; method=REPLY", "Content-Transfer-Encoding: 8bit", "",
        "BEGIN:VCALENDAR", "PRODID:-//Example//Calendar//EN", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT", lines["UID"],
        lines["SEQUENCE"], lines["ORGANIZER"], f"ATTENDEE;PARTSTAT={partstat.value}:mailto:{attendee}", f"DTSTAMP:{stamp}",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(text).encode()


@pytest.mark.parametrize(
    "address", ["ana.lefevre@example.org", "Ana+Ateliers@Example.org", "ana@exämple.org", "o'ana%x@example.org"]
)
@pytest.mark.databases("sqlite")
def test_each_choice_in_turn(session: Session, address: str) -> None:
    answer = build_invited(session)
    answer.participant.address, answer.participant.address_folded = address, fold_address(address)
    emails.answer_recorded(session, now=NOW, answer=answer)
    message, calendar = leave(session, answer)
    turns = [
        (PartStat.TENTATIVE, AnswerState.TENTATIVE),
        (PartStat.ACCEPTED, AnswerState.ACCEPTED),
        (PartStat.DECLINED, AnswerState.DECLINED),
        (PartStat.ACCEPTED, AnswerState.ACCEPTED),
    ]
    for minute, (partstat, state) in enumerate(turns):
        stamp = f"20261122T09{minute:02}00Z"
        effect = take(session, answered(message, calendar, partstat, stamp=stamp), NOW.replace(minute=minute))
        assert (effect.code, answer.state) == (state.value, state)
