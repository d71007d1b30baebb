"""Messages that nobody would write in good faith: 2,000 of them never fail, never mail, never change what they should not."""

from __future__ import annotations

import base64
import email
import email.policy
import logging
import quopri
import re
import time
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.unit.calendars.replies.recorded import ATTENDEE, CASES, TOKEN, UID, build_invited, message
from tests.unit.calendars.replies.test_replies import everything, mails
from workshop.calendars.service import receive
from workshop.ical import BadReplyError, read_reply
from workshop.mail.receiving import Kind, read_message

RECORDED = sorted({case.octets for case in CASES})
PIECES = [
    b"BEGIN:VCALENDAR\n", b"END:VCALENDAR\n", b"BEGIN:VEVENT\n", b"END:VEVENT\n", b"BEGIN:VALARM\n", b"METHOD:REPLY\n",
    b"METHOD:REQUEST\n", b"METHOD:CANCEL\n", b"METHOD:COUNTER\n", b"PARTSTAT=ACCEPTED", b"PARTSTAT=DECLINED",
    b"PARTSTAT=TENTATIVE", b"SEQUENCE:0\n", b"SEQUENCE:-1\n", b"SEQUENCE:99999999999999999999\n", b"DTSTAMP:00010101T000000Z\n",
    b"DTSTAMP:99991231T235959Z\n", b"DTSTAMP:20261131T250000Z\n", b"RECURRENCE-ID:20261130T150000Z\n", b"\x00", b"\xff\xfe",
    b"\r", b"\n ", b"\r\n\t", b";", b":", b'"', b"\\", b"%00", b"mailto:", b"=\n", b"--m1\n", b"--m1--\n", b"Content-Type:",
    b"Content-Type: multipart/mixed; boundary=m1\n\n", b"Content-Transfer-Encoding: base64\n", b"charset=utf-7", b"charset=rot13",
    b"charset=\xe9", b"filename*=utf-8''%ff.ics", b'boundary=""', b"Auto-Submitted: auto-replied\n", b"Return-Path: <>\n",
    UID.encode(), TOKEN.encode(), ATTENDEE.encode(), "\ud7ff\ufeff\u2028é🙂".encode(),
]  # fmt: skip


def mutated(rng: Random) -> bytes:
    """A recorded message of which something is gone, doubled, moved or added, a few times over."""
    octets = rng.choice(RECORDED)
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randint(0, len(octets)), rng.randint(0, 120)
        cut, rest = octets[at : at + length], octets[:at] + octets[at + length :]
        how = rng.choice(["gone", "doubled", "moved", "piece", "noise", "flip"])
        if how == "gone":
            octets = rest
        elif how == "doubled":
            octets = octets[:at] + cut + octets[at:]
        elif how == "moved":
            to = rng.randint(0, len(rest))
            octets = rest[:to] + cut + rest[to:]
        elif how == "piece":
            octets = octets[:at] + rng.choice(PIECES) + octets[at:]
        elif how == "noise":
            octets = octets[:at] + rng.randbytes(rng.randint(0, 20)) + octets[at:]
        elif at < len(octets):
            octets = octets[:at] + bytes([octets[at] ^ rng.randint(1, 255)]) + octets[at + 1 :]
    return octets


VALUES = {
    "UID": [f"{UID}@workshops.example.org", UID, "@", f"{UID}@workshops.example.org\x00", "x" * 300],
    "DTSTAMP": ["20261122T083000Z", "20261122T083000", "99991231T235959Z", "٢٠٢٦1122T083000Z", ""],
    "SEQUENCE": ["2", "0", "-1", "٢", "1e9", "9" * 40],
    "METHOD": ["REPLY", "reply", "REQUEST", "COUNTER", "REPLY,REQUEST"],
    "ORGANIZER": [f"mailto:replies+{TOKEN}@workshops.example.org", "mailto:replies+0@workshops.example.org", "x:y", ""],
    "RECURRENCE-ID": ["20261130T150000Z"],
    "X-NOISE": ["\\;\\,\\n", "é" * 100, '"'],
}
PARTSTATS = ["ACCEPTED", "TENTATIVE", "DECLINED", "NEEDS-ACTION", "DELEGATED", "X-NO", ""]
ATTENDEES = [
    f"mailto:{ATTENDEE}",
    f"MAILTO:{ATTENDEE.upper()}",
    "mailto:bo@example.org",
    "mailto:",
    "invalid:nomail",
    "a@ü..é",
]


def _mostly(rng: Random, values: list[str]) -> str:
    """Return the first, nine times of ten."""
    return values[0] if rng.random() < 0.9 else rng.choice(values)


def calendar(rng: Random) -> bytes:
    """A calendar that is nearly one: mostly what a reply has, some of it twice, missing or in another place."""
    event = [f"{name}:{_mostly(rng, VALUES[name])}" for name in ("UID", "DTSTAMP", "SEQUENCE") if rng.random() < 0.95]
    event += [
        f"{name}:{rng.choice(VALUES[name])}" for name in rng.choices(sorted(VALUES), k=rng.choice([0, 0, 0, 1, 3]))
    ]
    for _ in range(rng.choice([1] * 8 + [0, 2])):
        name = "".join(
            chr(rng.choice([rng.randint(1, 127), rng.randint(128, 0xD7FF)])) for _ in range(rng.choice([0, 0, 8]))
        )
        event.append(f'ATTENDEE;CN="{name}";PARTSTAT={rng.choice(PARTSTATS)}:{_mostly(rng, ATTENDEES)}')
    rng.shuffle(event)
    lines = ["BEGIN:VEVENT", *event, "END:VEVENT"]
    for _ in range(rng.choice([0] * 6 + [1, 2])):
        kind, at = rng.choice(["VEVENT", "VTIMEZONE", "VALARM", "VCALENDAR", "VTODO"]), rng.randint(0, len(lines))
        lines[at:at] = [f"BEGIN:{kind}", *rng.choices([*event, ""], k=rng.randint(0, 2)), f"END:{kind}"]
    method = f"METHOD:{_mostly(rng, VALUES['METHOD'])}"
    return rng.choice(["\r\n", "\n", "\r"]).join(["BEGIN:VCALENDAR", method, *lines, "END:VCALENDAR", ""]).encode()


def tree(rng: Random, depth: int = 0) -> bytes:
    """A part, or several within a part, that say of themselves what may not be so; without the outer headers."""
    if depth < rng.choice([0, 1, 1, 2, 3, 12]):
        boundary = rng.choice(["a", "b", "c", "=_d", ""]) + str(depth)
        parts = [tree(rng, depth + 1) for _ in range(rng.choice([0, 1, 1, 2]))]
        body = b"".join(f"\n--{boundary}\n".encode() + part for part in parts)
        end = rng.choice([f"\n--{boundary}--\n".encode(), b""])
        kind = rng.choice(["mixed", "alternative", "related", "digest", "report"])
        return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'.encode() + body + end
    octets = calendar(rng) if rng.random() < 0.8 else rng.randbytes(60)
    coding = rng.choice(["", "base64", "quoted-printable", "8bit", "x-uuencode", "7bit"])
    coded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(coding, bytes)(octets)
    kind = _mostly(
        rng, ["text/calendar", "application/ics", "application/x; name=a.ics", "text/plain", "message/rfc822", ""]
    )
    charset = _mostly(rng, ["; charset=utf-8", "", "; charset=utf-16", "; charset=nonsense", '; charset="'])
    return f"Content-Type: {kind}{charset}\nContent-Transfer-Encoding: {coding}\n\n".encode() + coded


def built(rng: Random) -> bytes:
    """A message of such parts."""
    to = _mostly(rng, [f"replies+{TOKEN}@workshops.example.org", "replies+0@workshops.example.org", "", "((((("])
    more = ["", "Auto-Submitted: auto-replied\n", "From: workshop@workshops.example.org\n", "Subject: \xff\n"]
    return f"To: {to}\n{_mostly(rng, more)}MIME-Version: 1.0\n".encode("latin-1") + tree(rng)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("make", [mutated, built])
def test_two_thousand_messages(
    session: Session, make: Callable[[Random], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    answer = build_invited(session, of_session={"capacity": 1})
    before, counts = everything(session), {True: 0, False: 0}
    caplog.set_level(logging.ERROR, "workshop")

    @settings(
        max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
    )
    @given(rng=st.randoms(use_true_random=True))
    def check(rng: Random) -> None:
        octets = make(rng)
        effect = receive(session, octets, now=NOW)
        counts[effect.is_applied] += 1
        if not effect.is_applied:
            assert re.fullmatch(r"[a-z_]{3,20}", effect.code)
            assert everything(session) == before
            session.rollback()
            return
        assert effect.answer is answer
        assert answer.state.value == effect.code
        assert [mail.recipient for mail in mails(session)] == [ATTENDEE]
        assert _says_so(octets, effect.code)
        session.rollback()
        assert everything(session) == before

    check()
    assert min(counts.values()) >= 20, "the messages must be of both kinds to show anything"


def _says_so(octets: bytes, code: str) -> bool:
    """Whether the message holds what it was taken for, as another reader sees it."""
    parsed = email.message_from_bytes(octets, policy=email.policy.compat32)
    texts = [part.get_payload(decode=True) for part in parsed.walk() if not part.is_multipart()]
    for text in texts:
        if not isinstance(text, bytes):
            continue
        joined = re.sub(rb"(\r\n|\r|\n)[ \t]", b"", text.replace(b"\x00", b"")).upper()
        wanted = [
            b"METHOD:REPLY",
            b"BEGIN:VEVENT",
            UID.upper().encode(),
            ATTENDEE.upper().encode(),
            code.upper().encode(),
        ]
        if all(one in joined for one in wanted):
            return True
    return False


@pytest.mark.parametrize(
    "octets",
    [
        b"Content-Type: multipart/mixed; " + b'";' * 400_000 + b"\n\n",
        b"Content-Type: multipart/mixed; boundary=" + b"a" * 900_000 + b"\n\n",
        b"Content-Type: text/calendar; name*0=" + b"; name*1=a" * 90_000 + b"\n\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 150_000,
        b"Content-Type: multipart/mixed; boundary=b\n" + b"X: y\n" * 200_000,
        b"To: " + b"(" * 1_000_000,
        b"To: " + b"a@" * 500_000,
        b"Content-Type: text/calendar\n\n" + b"BEGIN:VEVENT\n" * 70_000,
        b"Content-Type: text/calendar\n\nATTENDEE" + b";X=1" * 60_000 + b":mailto:a@example.org\n",
        b"Content-Type: text/calendar\n\n" + b'ATTENDEE;CN="\\\\":mailto:a@example.org\n' * 6_000,
        b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + b" x" * 400_000,
        b"\n" * 1_000_000, b"\r" * 1_000_000, b"\x00" * 1_000_000, b"a" * 5_000_000,
    ],
    ids=lambda octets: octets[:40].decode("latin-1").encode("unicode_escape").decode(),
)  # fmt: skip
def test_no_message_takes_long(octets: bytes) -> None:
    began = time.process_time()
    found = read_message(octets)
    for calendar in found.calendars:
        with pytest.raises(BadReplyError):
            read_reply(calendar)
    assert time.process_time() - began < 2
    assert found.kind in {Kind.OTHER, Kind.CALENDAR}


def test_no_zone_of_a_stranger_is_kept() -> None:
    """The library would keep for the whole process what a VTIMEZONE says, and walk through its RRULE."""
    from icalendar.timezone import tzp

    hostile = message("apple-accept").replace(b"Europe/Paris", b"Nowhere/Really")
    (calendar,) = read_message(hostile).calendars
    read_reply(calendar)
    assert tzp.timezone("Nowhere/Really") is None
