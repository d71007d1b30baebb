"""Reading a message, and the calendar in it, apart from what is done with them."""

from __future__ import annotations

import base64

import pytest

from tests.unit.calendars.replies.recorded import ATTENDEE, STAMP, TOKEN, UID, message
from workshop.ical import BadReplyError, PartStat, Reply, read_reply
from workshop.mail.receiving import Kind, read_message

CALENDAR = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:1@example.org\nDTSTAMP:20261122T083000Z\n"
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.org\nEND:VEVENT\nEND:VCALENDAR\n"
)


def read(text: str) -> Reply:
    return read_reply(text.encode())


def test_what_a_reply_says() -> None:
    calendar, _file = read_message(message("google-accept")).calendars
    assert read_reply(calendar) == Reply(
        method=read(CALENDAR).method,
        uid=f"{UID}@workshops.example.org",
        sequence=2,
        stamped_at=STAMP,
        attendee=ATTENDEE,
        partstat=PartStat.ACCEPTED,
        organizer=f"replies+{TOKEN}@workshops.example.org",
    )


def test_outlook_s_says_the_same_without_an_organizer() -> None:
    (calendar,) = read_message(message("outlook-decline")).calendars
    found = read_reply(calendar)
    assert (found.organizer, found.attendee, found.partstat) == ("", ATTENDEE, PartStat.DECLINED)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("METHOD:REPLY\n", "", "method"),
        ("METHOD:REPLY\n", "METHOD:REPLY\nMETHOD:REPLY\n", "method"),
        ("METHOD:REPLY", "METHOD:PUBLISH", "method"),
        ("VEVENT", "VFREEBUSY", "malformed"),
        ("END:VEVENT\n", "END:VEVENT\nBEGIN:VEVENT\nUID:1@example.org\nEND:VEVENT\n", "malformed"),
        ("END:VEVENT\nEND:VCALENDAR", "END:VCALENDAR\nEND:VEVENT", "malformed"),
        ("END:VEVENT\n", "", "malformed"),
        ("UID:1@example.org\n", "", "malformed"),
        ("UID:1@example.org", "UID:1@example.org\nUID:2@example.org", "malformed"),
        ("DTSTAMP:20261122T083000Z", "DTSTAMP:20261122T083000", "malformed"),
        ("DTSTAMP:20261122T083000Z", "DTSTAMP:20261322T083000Z", "malformed"),
        ("DTSTAMP", "SEQUENCE:-1\nDTSTAMP", "malformed"),
        ("DTSTAMP", "SEQUENCE:١\nDTSTAMP", "malformed"),
        ("DTSTAMP", "RRULE:FREQ=DAILY\nDTSTAMP", "recurrence"),
        ("PARTSTAT=ACCEPTED", "PARTSTAT=COMPLETED", "partstat"),
        (";PARTSTAT=ACCEPTED", "", "partstat"),
        ("PARTSTAT=", 'DELEGATED-TO="mailto:b@example.org";PARTSTAT=', "delegated"),
        ("mailto:ana@example.org", "mailto:" + "a" * 3000 + "@example.org", "too_large"),
        ("VERSION:2.0", "X:" + "a" * 300_000, "too_large"),
        ("VERSION:2.0\n", "X:1\n" * 6000, "too_large"),
    ],
)
def test_what_is_no_reply_is_named_and_never_quoted(old: str, new: str, code: str) -> None:
    assert old in CALENDAR
    with pytest.raises(BadReplyError) as refused:
        read(CALENDAR.replace(old, new))
    assert (refused.value.code, str(refused.value), refused.value.__cause__) == (code, code, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PARTSTAT=ACCEPTED", "partstat=accepted"),
        ("ATTENDEE;", 'ATTENDEE;CN="A; B: C, D";'),
        ("ATTENDEE;", "ATTENDEE;\n CN=Ana;\n\tROLE=CHAIR;"),
        ("mailto:ana@", "MAILTO:ana@"),
        ("mailto:ana@", "mailto:%61na@"),
        ("BEGIN:VCALENDAR", "\ufeffBEGIN:VCALENDAR"),
        ("END:VEVENT", "BEGIN:VALARM\nUID:2@example.org\nDTSTAMP:no\nATTENDEE:mailto:b@example.org\nEND:VALARM\nEND:VEVENT"),
        ("BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:Romance Standard Time\nBEGIN:STANDARD\nRRULE:x\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT"),
        ("UID:1", "DESCRIPTION:" + "BEGIN:VEVENT\\n" * 1000 + "\nUID:1"),
        ("\n", "\r\n"),
        ("\n", "\r"),
    ],
)  # fmt: skip
def test_shapes_of_the_same_reply(old: str, new: str) -> None:
    assert old in CALENDAR
    assert read(CALENDAR.replace(old, new)) == read(CALENDAR)


def test_a_calendar_in_another_encoding_arrives_in_utf_8() -> None:
    text = CALENDAR.replace("ATTENDEE;", "ATTENDEE;CN=Zoé;")
    for charset in ("utf-8", "utf-16", "iso-8859-1", "windows-1252"):
        coded = base64.encodebytes(text.encode(charset))
        head = f"Content-Type: text/calendar; charset={charset}\nContent-Transfer-Encoding: base64\n\n"
        assert read_message(head.encode() + coded).calendars == (text.encode(),), charset


def test_the_same_calendar_twice_counts_once() -> None:
    found = read_message(message("thunderbird-accept"))
    assert (found.kind, len(found.calendars)) == (Kind.CALENDAR, 1)


def test_recipients_are_all_whom_it_went_to_and_no_names() -> None:
    octets = (
        b'To: "replies+1@example.org" <a@example.org>, B <B@Example.org>\nDelivered-To: replies+2@example.org\n'
        b"X-Original-To: replies+3@example.org\nCc: =?utf-8?q?x?= <c@example.org>\nContent-Type: text/plain\n\n"
    )
    found = read_message(octets).recipients
    assert {"a@example.org", "b@example.org", "c@example.org", "replies+2@example.org", "replies+3@example.org"} <= set(
        found
    )
