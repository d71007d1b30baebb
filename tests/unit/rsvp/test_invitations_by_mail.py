"""Invitations of the calendar, through a real conversation by SMTP and read by two programs that are not ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
import vobject
from flask import Flask
from icalendar import Calendar
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.relay import FakeRelay, running_relay
from workshop.chatham.rule import Level, Visibility
from workshop.core.links import new_subject, reply_token
from workshop.mail import delivery
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.personal_data import erase
from workshop.mail.queries import may_be_in_calendar
from workshop.mail.service import redirect_queued
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders.service import last_look, notice_changes
from workshop.rsvp import emails, service
from workshop.rsvp.models import Answer, AnswerState, Choice
from workshop.rsvp.rule import notice_of
from workshop.rsvp.service.acting import withdraw_answers
from workshop.rsvp.service.preferences import update_preferences
from workshop.rsvp.service.standing import set_state

S = AnswerState
DAY = timedelta(days=1)
LATER = NOW + timedelta(hours=1)
ADDRESS = "Some.One+x@example.org"


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    """Run a relay."""
    with running_relay() as running:
        yield running


@pytest.fixture
def app(configure: Callable[..., Flask], relay: FakeRelay, request: pytest.FixtureRequest) -> Flask:
    """Give an application that sends there; `request.param` are further settings."""
    settings = getattr(request, "param", {})
    return configure(
        MAIL_SERVER="127.0.0.1", MAIL_PORT=str(relay.port), MAIL_DEFAULT_SENDER="ateliers@example.org", **settings
    )


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session whose series and title name a canary."""
    name = both("Série canari", "Canary series")
    series = build_series(session, slug="canary-series", title=name, sender_name=name)
    return build_session(session, series, number=4, slug="canary", title=both("Titre canari", "Canary title"))


@pytest.fixture
def answer(session: Session, workshop_session: WorkshopSession) -> Answer:
    """Give a seat that is held in it."""
    return _join(session, workshop_session, address=ADDRESS)


def _join(session: Session, one: WorkshopSession, *, state: AnswerState = S.ACCEPTED, **who: object) -> Answer:
    person = build_participant(session, one.series, **{"language": "en", **who})
    return build_answer(session, one, person, state=state, waitlisted_at=NOW if state is S.WAITLISTED else None)


def _leave(session: Session, now: datetime = NOW) -> int:
    """Let leave what is due, after the worker's own last look."""
    session.commit()
    handled = delivery.deliver(worker="one", now_fn=lambda: now, last_look=last_look)
    session.expire_all()
    return handled


def _look_away(_session: Session, _message: OutboxMessage, /, *, now: datetime) -> None:
    """Find nothing that speaks against any message."""


def _record(session: Session, answer: Answer, now: datetime = NOW) -> None:
    emails.answer_recorded(session, now=now, answer=answer)


def _messages(session: Session) -> list[OutboxMessage]:
    statement = sa.select(OutboxMessage).order_by(OutboxMessage.id).execution_options(populate_existing=True)
    return list(session.scalars(statement))


@dataclass
class Entry:
    """What a mailed calendar says, as two programs read it."""

    method: str
    uid: str
    sequence: int
    status: str
    transp: str
    stamped_at: datetime
    starts_at: datetime
    summary: str
    organizer: str
    organizer_name: str
    attendee: str
    partstat: str
    text: str
    """The whole, unfolded."""


def _parts(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if part.get_content_type() in {"text/calendar", "application/ics"}]


def _octets(part: EmailMessage) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def _read(message: EmailMessage) -> Entry:
    """Return what it holds, having seen that both parts are the same and both programs read the same."""
    first, second = _parts(message)
    assert _octets(first) == _octets(second)
    octets = _octets(first)
    assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
    calendar: Any = Calendar.from_ical(octets)
    (event,) = calendar.walk("VEVENT")
    other: Any = vobject.readOne(octets.decode())
    assert other.method.value == calendar["METHOD"] == first.get_param("method")
    assert other.vevent.uid.value == event["UID"]
    assert other.vevent.dtstart.value == event["DTSTART"].dt
    assert other.vevent.organizer.value == event["ORGANIZER"]
    assert [one.value for one in other.vevent.attendee_list] == [event["ATTENDEE"]], "nobody learns of another"
    assert not {"ATTACH", "VALARM"} & {*event}
    return Entry(
        method=str(calendar["METHOD"]),
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        status=str(event["STATUS"]),
        transp=str(event["TRANSP"]),
        stamped_at=event["DTSTAMP"].dt,
        starts_at=event["DTSTART"].dt,
        summary=str(event["SUMMARY"]),
        organizer=str(event["ORGANIZER"]),
        organizer_name=str(event["ORGANIZER"].params["CN"]),
        attendee=str(event["ATTENDEE"]),
        partstat=str(event["ATTENDEE"].params["PARTSTAT"]),
        text=octets.decode().replace("\r\n ", ""),
    )


def test_the_message_is_built_as_clients_expect_it(session: Session, relay: FakeRelay, answer: Answer) -> None:
    answer.workshop_session.revised_at = NOW - timedelta(days=2)
    _record(session, answer)
    assert _leave(session) == 1
    (received,) = relay.received
    message = received.message
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"),
    ]
    part, file = _parts(message)
    assert part["Content-Transfer-Encoding"] == file["Content-Transfer-Encoding"] == "base64"
    assert part["Content-Disposition"] is None
    assert dict(part["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST", "component": "VEVENT"}
    line = b"\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST; component=VEVENT\r\n"
    assert line in received.octets, "on one line and without quotation marks"
    assert file.get_content_disposition() == "attachment"
    assert file.get_filename() == "invite.ics"
    assert message["To"] == ADDRESS
    assert message["From"].addresses[0].addr_spec == "ateliers@example.org"
    assert b"[[" not in b"".join(_octets(one) for one in (part, file)) + received.octets
    entry = _read(message)
    assert entry.attendee == f"mailto:{ADDRESS}"
    assert entry.organizer == f"mailto:ateliers+{reply_token(answer.uid)}@example.org"
    assert (entry.organizer_name, entry.partstat) == ("Canary series", "ACCEPTED")
    assert (entry.method, entry.status, entry.transp) == ("REQUEST", "CONFIRMED", "OPAQUE")
    assert entry.uid == f"{answer.uid}@example.org"
    assert entry.stamped_at == NOW
    assert re.findall(r"\r\n(?:DTSTAMP|LAST-MODIFIED):(\w+)", entry.text) == [f"{NOW:%Y%m%dT%H%M%SZ}"] * 2
    assert "RSVP=TRUE" in entry.text
    assert re.search(r"CONFERENCE;[^\r]*/en/join/[\w-]+\r\n", entry.text)
    assert "rooms.example.org" not in entry.text
    assert "X-WR-CALNAME" not in entry.text


def test_it_is_the_entry_of_the_personal_feed(session: Session, relay: FakeRelay, answer: Answer) -> None:
    _record(session, answer)
    _leave(session)
    entry = _read(relay.received[0].message)
    _view, own = emails.own_entry(answer)
    assert (entry.uid, entry.sequence, entry.summary) == (own.uid, own.sequence, own.summary)


def test_whoever_perhaps_comes_is_asked_too_and_keeps_the_day_free(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession
) -> None:
    _record(session, _join(session, workshop_session, state=S.TENTATIVE))
    _leave(session)
    entry = _read(relay.received[0].message)
    assert (entry.method, entry.status, entry.transp, entry.partstat) == (
        *("REQUEST", "TENTATIVE", "TRANSPARENT", "TENTATIVE"),
    )
    assert "CONFERENCE" not in entry.text


@pytest.mark.parametrize("state", [S.WAITLISTED, S.REQUESTED, S.DECLINED, S.WITHDRAWN])
def test_whoever_has_no_place_gets_none(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, state: AnswerState
) -> None:
    _record(session, _join(session, workshop_session, state=state))
    assert [one.itip_method for one in _messages(session)] == [""]
    workshop_session.status = SessionStatus.CANCELLED
    session.flush()
    notice_changes(session, NOW)
    _leave(session)
    assert all(_parts(one.message) == [] for one in relay.received)


def test_request_update_and_cancellation_are_about_one_entry(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    _record(session, answer)
    _leave(session)
    for name in ("starts_at", "ends_at", "starts_wall", "ends_wall"):
        setattr(workshop_session, name, getattr(workshop_session, name) + DAY)
    workshop_session.sequence += 1
    session.flush()
    notice_changes(session, NOW + DAY)
    _leave(session, NOW + DAY)
    workshop_session.status, workshop_session.sequence = SessionStatus.CANCELLED, workshop_session.sequence + 1
    session.flush()
    notice_changes(session, NOW + 2 * DAY)
    _leave(session, NOW + 2 * DAY)
    request, update, cancel = (_read(one.message) for one in relay.received)
    assert [one.method for one in (request, update, cancel)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({one.uid for one in (request, update, cancel)}) == 1
    assert len({one.organizer for one in (request, update, cancel)}) == 1
    assert [one.sequence - request.sequence for one in (request, update, cancel)] == [0, 1, 2]
    assert [one.stamped_at for one in (request, update, cancel)] == [NOW, NOW + DAY, NOW + 2 * DAY]
    assert update.starts_at == request.starts_at + DAY
    assert (cancel.status, cancel.transp) == ("CANCELLED", "TRANSPARENT")
    assert cancel.summary == "CANCELLED: Session 4 – Canary title"
    assert not re.search(r"CONFERENCE|DESCRIPTION|^URL", cancel.text, re.MULTILINE)


def test_nothing_is_cancelled_that_no_request_has_put_there(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    _record(session, answer)
    workshop_session.status = SessionStatus.CANCELLED
    session.flush()
    notice_changes(session, NOW)
    _leave(session)
    assert {one.kind: one.itip_method for one in _messages(session)} == {"answer_recorded": "", "session_cancelled": ""}
    assert [_parts(one.message) for one in relay.received] == [[], []]


def _withdraw(session: Session, answer: Answer, now: datetime) -> None:
    service.withdraw(session, now=now, participant=answer.participant, slug="canary")


def test_whoever_withdraws_before_anything_left_hears_nothing(
    session: Session, relay: FakeRelay, answer: Answer
) -> None:
    _record(session, answer)
    _withdraw(session, answer, LATER)
    _leave(session, LATER)
    assert relay.received == []
    assert [one.reason for one in _messages(session)] == ["answer changed"]


def test_whoever_withdraws_is_taken_out_of_their_calendar_and_put_back(
    session: Session, relay: FakeRelay, answer: Answer
) -> None:
    _record(session, answer)
    _leave(session)
    _withdraw(session, answer, LATER)
    _leave(session, LATER)
    service.change_answer(
        session,
        now=NOW + DAY,
        participant=answer.participant,
        slug="canary",
        choice=Choice.TENTATIVE,
        notice=notice_of(answer.workshop_session),
        language="en",
    )
    _leave(session, NOW + DAY)
    request, cancel, again = (_read(one.message) for one in relay.received)
    assert [one.method for one in (request, cancel, again)] == ["REQUEST", "CANCEL", "REQUEST"]
    assert request.sequence < cancel.sequence < again.sequence
    assert cancel.summary == "Session 4 – Canary title", "the session itself is not cancelled"
    assert (cancel.status, cancel.partstat) == ("CANCELLED", "DECLINED")
    assert not re.search(r"CONFERENCE|DESCRIPTION|^URL", cancel.text, re.MULTILINE)
    body = relay.received[1].message.get_body(("plain",))
    assert body is not None
    assert "If the session is still in your calendar" in body.get_content()


def test_a_request_that_was_leaving_and_never_left_takes_the_cancellation_back(
    session: Session, relay: FakeRelay, answer: Answer
) -> None:
    _record(session, answer)
    (request,) = _messages(session)
    request.state = OutboxState.CLAIMED
    session.flush()
    _withdraw(session, answer, LATER)
    assert [one.itip_method for one in _messages(session)] == ["REQUEST", "CANCEL"]
    request.state = OutboxState.FAILED
    _leave(session, LATER)
    assert relay.received == []
    assert _messages(session)[1].reason == "nothing to take out"


def test_even_without_a_last_look_no_cancellation_leaves_before_its_request(
    session: Session, relay: FakeRelay, answer: Answer
) -> None:
    _record(session, answer)
    (request,) = _messages(session)
    request.state = OutboxState.CLAIMED
    session.flush()
    _withdraw(session, answer, LATER)
    request.state = OutboxState.FAILED
    session.commit()
    delivery.deliver(worker="one", now_fn=lambda: LATER, last_look=_look_away)
    (received,) = relay.received
    assert _parts(received.message) == []


@pytest.mark.parametrize(
    ("request_state", "is_there"),
    [
        *((state, True) for state in ("sent", "uncertain", "claimed")),
        *((state, False) for state in ("queued", "failed", "superseded", "expired", "discarded")),
    ],
)
def test_what_may_stand_in_a_calendar(
    session: Session,
    answer: Answer,
    request_state: str,
    is_there: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    _record(session, answer)
    (request,) = _messages(session)
    request.state = OutboxState(request_state)
    session.flush()
    assert may_be_in_calendar(session, answer_ref=answer.subject) is is_there
    now_leaving = may_be_in_calendar(session, answer_ref=answer.subject, counts_claimed=False)
    assert now_leaving is (is_there and request_state != "claimed")
    request.uncertain_at = NOW
    session.flush()
    assert may_be_in_calendar(session, answer_ref=answer.subject, counts_claimed=False)
    assert not may_be_in_calendar(session, answer_ref=new_subject())


def test_nothing_is_said_to_a_calendar_once_the_session_is_over(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    _record(session, answer)
    over = workshop_session.ends_at
    assert emails.method_for(session, answer, now=over) is None
    assert emails.method_for(session, answer, now=over - timedelta(seconds=1)) == "REQUEST"
    _leave(session, over)
    (received,) = relay.received
    assert _parts(received.message) == []


def test_a_second_attempt_sends_the_same_octets(session: Session, relay: FakeRelay, answer: Answer) -> None:
    relay.data_replies = ["accept and drop"]
    _record(session, answer)
    _leave(session)
    assert [one.state for one in _messages(session)] == [OutboxState.UNCERTAIN]
    _leave(session, NOW + timedelta(minutes=31))
    first, second = relay.received
    assert first.octets == second.octets


def test_what_waited_while_the_session_moved_tells_the_new_time(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    _record(session, answer)
    workshop_session.starts_at += DAY
    workshop_session.ends_at += DAY
    workshop_session.sequence += 1
    _leave(session)
    entry = _read(relay.received[0].message)
    assert entry.starts_at == workshop_session.starts_at
    assert entry.sequence == 1


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.WHOLE_SESSION, Level.CLOSED])
def test_neutral_and_discreet_ones_name_no_topic(session: Session, relay: FakeRelay, level: Level) -> None:
    name = both("Série canari", "Canary series")
    is_closed = level is Level.CLOSED
    visibility = Visibility.INVITE_ONLY if is_closed else Visibility.PUBLIC
    series = build_series(session, slug="canary", title=name, sender_name=name, level=level, visibility=visibility)
    one = build_session(session, series, number=4, slug="canary", title=name, abstract=name, place=name)
    answer = _join(session, one, is_discreet=level is Level.DISCUSSION)
    _record(session, answer)
    _leave(session)
    set_state(session, answer, S.WITHDRAWN, now=NOW)
    _record(session, answer, NOW + DAY)
    _leave(session, NOW + DAY)
    entries = [_read(received.message) for received in relay.received]
    assert [entry.method for entry in entries] == ["REQUEST", "CANCEL"]
    for entry in entries:
        assert not re.search("canar[iy]", entry.text.casefold())
        assert entry.organizer_name == "Workshop"
        assert entry.summary == "Session 4"
        assert "DESCRIPTION" not in entry.text


def _choose(session: Session, answer: Answer, **values: Any) -> None:
    person = answer.participant
    chosen = {"name": person.name, "affiliation": "", "language": "en", "tzid": "", "wants_reminders": True}
    update_preferences(session, now=NOW, participant=person, **{**chosen, **values})


def test_whoever_asks_for_discretion_has_their_entries_replaced(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    series = workshop_session.series
    others = [
        _join(session, build_session(session, series, number=number, **values), state=state)
        for number, state, values in (
            (5, S.ACCEPTED, {}),  # nothing has left of it
            (6, S.WAITLISTED, {}),
            (7, S.ACCEPTED, {"level": Level.WHOLE_SESSION}),
        )
    ]
    for other in others:
        other.participant = answer.participant
    _record(session, answer, NOW - DAY)
    _record(session, others[2], NOW - DAY)
    _leave(session)
    _choose(session, answer, is_discreet=True)
    _choose(session, answer, is_discreet=True)
    _leave(session, LATER)
    entries = [_read(received.message) for received in relay.received]
    assert [entry.summary for entry in entries] == ["Session 4 – Canary title", "Session 7", "Session 4"]
    named, _, neutral = entries
    assert (neutral.method, neutral.uid, neutral.sequence) == ("REQUEST", named.uid, named.sequence)
    assert neutral.stamped_at >= named.stamped_at
    assert "canary" not in relay.received[2].octets.decode().casefold()
    assert "canary" not in neutral.text.casefold()


def test_whoever_wants_no_calendar_parts_any_more_gets_none_not_even_to_cancel(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    _record(session, answer)
    _leave(session)
    _record(session, answer, NOW + DAY)
    assert _messages(session)[-1].itip_method == "REQUEST"
    _choose(session, answer, wants_calendar=False)
    assert _messages(session)[-1].itip_method == ""
    _leave(session, NOW + DAY)
    workshop_session.status = SessionStatus.CANCELLED
    session.flush()
    notice_changes(session, NOW + DAY)
    _leave(session, NOW + DAY)
    assert [len(_parts(one.message)) for one in relay.received] == [2, 0, 0]


def test_a_withdrawal_without_calendar_parts_is_silent(session: Session, relay: FakeRelay, answer: Answer) -> None:
    _record(session, answer)
    _leave(session)
    _choose(session, answer, wants_calendar=False)
    _withdraw(session, answer, NOW + DAY)
    _leave(session, NOW + DAY)
    assert len(relay.received) == 1


def test_whoever_corrects_their_address_is_invited_under_the_new_one(
    session: Session, relay: FakeRelay, answer: Answer
) -> None:
    _record(session, answer)
    redirect_queued(session, person_ref=answer.participant.subject, recipient="other@exämple.org")
    _leave(session)
    (received,) = relay.received
    assert received.message["To"] == "other@xn--exmple-cua.org"
    assert _read(received.message).attendee == "mailto:other@xn--exmple-cua.org"
    assert "Some.One" not in received.octets.decode()


def test_no_row_holds_an_address_beside_the_recipient(session: Session, answer: Answer) -> None:
    _record(session, answer)
    (message,) = _messages(session)
    assert ADDRESS not in str(message.attachments)


def test_thirty_people_learn_of_a_cancellation_and_of_nobody_else(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession
) -> None:
    answers = [_join(session, workshop_session) for _ in range(30)]
    for answer in answers:
        _record(session, answer)
    while _leave(session):
        pass
    relay.received.clear()
    workshop_session.status, workshop_session.sequence = SessionStatus.CANCELLED, 1
    session.flush()
    while notice_changes(session, NOW + DAY):
        pass
    while _leave(session, NOW + DAY):
        pass
    addresses = {str(answer.participant.address) for answer in answers}
    assert len(relay.received) == len({one.recipients[0] for one in relay.received}) == 30
    for received in relay.received:
        (recipient,) = received.recipients
        entry = _read(received.message)
        assert (entry.method, entry.sequence, entry.attendee) == ("CANCEL", 1, f"mailto:{recipient}")
        whole = entry.text + "".join(
            str(part.get_content()) for part in received.message.walk() if part.get_content_maintype() == "text"
        )
        assert not (addresses - {recipient}) & set(re.findall(r"[\w.+-]+@[\w.-]+\w", whole + str(received.message)))


def test_a_calendar_that_said_no_itself_is_not_told_so(session: Session, relay: FakeRelay, answer: Answer) -> None:
    _record(session, answer)
    _leave(session)
    set_state(session, answer, S.DECLINED, now=NOW)
    emails.answer_recorded(session, now=NOW + DAY, answer=answer, calendar_knows=True)
    _leave(session, NOW + DAY)
    assert _parts(relay.received[1].message) == []
    set_state(session, answer, S.TENTATIVE, now=NOW)
    emails.answer_recorded(session, now=NOW + 2 * DAY, answer=answer, calendar_knows=True)
    _leave(session, NOW + 2 * DAY)
    assert _read(relay.received[2].message).method == "REQUEST"


ANSWERS_COUNT = "You can also change your answer in your calendar."
NOBODY_READS = "An answer given in your calendar does not reach us: to change yours, please use your personal page."


@pytest.mark.parametrize(
    ("app", "organizer", "words", "not_said"),
    [
        ({}, "ateliers", NOBODY_READS, ANSWERS_COUNT),
        ({"MAIL_REPLIES": "reponses@example.org"}, "reponses", ANSWERS_COUNT, NOBODY_READS),
    ],
    indirect=["app"],
)
def test_mail_says_whether_an_answer_in_the_calendar_reaches_anybody(
    session: Session, relay: FakeRelay, answer: Answer, organizer: str, words: str, not_said: str
) -> None:
    _record(session, answer)
    _leave(session)
    (received,) = relay.received
    assert _read(received.message).organizer == f"mailto:{organizer}+{reply_token(answer.uid)}@example.org"
    for kind in ("plain", "html"):
        body = received.message.get_body((kind,))
        assert body is not None
        text = re.sub(r"\s+", " ", body.get_content())
        assert words in text
        assert not_said not in text


def test_a_reply_token_is_one_registrations_and_tells_nothing_of_it() -> None:
    first, second = reply_token("a"), reply_token("b")
    assert first == reply_token("a") != second
    assert re.fullmatch("[0-9a-f]{32}", first)


def test_whose_answer_organisers_withdraw_is_taken_out_of_their_calendar(
    session: Session, relay: FakeRelay, workshop_session: WorkshopSession, answer: Answer
) -> None:
    _record(session, answer)
    _leave(session)
    words = both("Désolées.", "Sorry.")
    withdraw_answers(
        session, now=LATER, workshop_session=workshop_session, answers=[answer], words=words, actor="organiser:1"
    )
    _leave(session, LATER)
    request, cancel = (_read(one.message) for one in relay.received)
    assert (cancel.method, cancel.uid, cancel.organizer) == ("CANCEL", request.uid, request.organizer)
    assert cancel.sequence > request.sequence


def test_an_erased_person_is_sent_nothing_more(session: Session, relay: FakeRelay, answer: Answer) -> None:
    _record(session, answer)
    erase(session, person_ref=answer.participant.subject, now=NOW)
    _leave(session)
    assert relay.received == []
