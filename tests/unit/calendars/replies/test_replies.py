"""What a participant answers in their calendar: each recorded message, and what it does."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant
from tests.unit.calendars.replies.recorded import (
    ATTENDEE,
    CASES,
    FOLDER,
    STAMP,
    TOKEN,
    UID,
    Case,
    build_invited,
    message,
)  # fmt: skip
from workshop.audit.models import LogEntry
from workshop.calendars import cli
from workshop.calendars.service import Effect, receive
from workshop.calendars.service.replying import REPLIES_PER_HOUR
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.core.errors import ConflictError
from workshop.core.links import reply_token
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.privacy import service as privacy
from workshop.programme.models import SessionStatus
from workshop.reminders.service import last_look
from workshop.rsvp import personal_data as rsvp_data
from workshop.rsvp import service as rsvp
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Choice, Participant

COMES, PERHAPS, NOT = AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.DECLINED
Said = list[tuple[Any, ...]]


def take(session: Session, octets: bytes, now: datetime = NOW) -> Effect:
    """Do what the command does with a message."""
    session.commit()
    effect = receive(session, octets, now=now)
    if effect.is_applied:
        session.commit()
    else:
        session.rollback()
    session.expire_all()
    return effect


_ANSWERS = sa.select(*sa.inspect(Answer).columns).order_by(Answer.id)
_MESSAGES = sa.select(OutboxMessage.id, OutboxMessage.state, OutboxMessage.attachments).order_by(OutboxMessage.id)
_ENTRIES = sa.select(LogEntry.id, LogEntry.hash).order_by(LogEntry.id)


def everything(session: Session) -> list[Said]:
    """Return all that a reply could change: answers, messages, the log."""
    return [[tuple(row) for row in session.execute(found)] for found in (_ANSWERS, _MESSAGES, _ENTRIES)]


def mails(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def test_there_are_as_many_cases_as_messages() -> None:
    assert sorted(case.name for case in CASES) == sorted(path.stem for path in FOLDER.glob("*.eml"))
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.databases("sqlite")
def test_each_recorded_message_does_what_it_should(
    session: Session, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    answer = build_invited(session, state=case.before)
    before = everything(session)
    with caplog.at_level(logging.INFO, "workshop"):
        effect = take(session, case.octets)
    assert (effect.code, answer.state) == (case.code, case.after)
    assert ATTENDEE not in caplog.text
    assert "Ana" not in caplog.text
    assert UID not in caplog.text
    if not case.is_applied:
        assert everything(session) == before
        assert caplog.messages == [f"a message was ignored: {case.code}"]
        return
    assert caplog.messages == []
    assert [mail.kind for mail in mails(session)] == ["answer_recorded"]
    entry = session.scalars(sa.select(LogEntry).order_by(LogEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.actor, entry.details) == ("rsvp.reply", "participant", {"code": case.code})
    assert entry.object == f"session:{answer.workshop_session_id}"


@pytest.mark.parametrize("case", [case for case in CASES if case.is_applied], ids=lambda case: case.name)
@pytest.mark.databases("sqlite")
def test_line_ends_of_the_wire_make_no_difference(session: Session, case: Case) -> None:
    answer = build_invited(session, state=case.before)
    take(session, re.sub(rb"\r?\n", b"\r\n", case.octets))
    assert answer.state is case.after


@pytest.mark.parametrize("name", ["google-accept", "google-tentative", "google-decline"])
def test_on_both_databases_the_second_copy_changes_nothing(session: Session, name: str) -> None:
    build_invited(session, state=PERHAPS if name == "google-accept" else COMES)
    first = take(session, message(name))
    after = everything(session)
    # Of an acceptance and a perhaps the calendar has a newer version by then.
    assert (first.is_applied, take(session, message(name)).code) == (True, "same")
    assert everything(session) == after


# -- what a decline does -----------------------------------------------------------------------------------------------


def test_a_decline_keeps_the_seat_for_a_quarter_of_an_hour_also_where_nobody_waits(session: Session) -> None:
    answer = build_invited(session, of_session={"capacity": 1})
    take(session, message("google-decline"))
    assert answer.seat_kept_until == NOW + timedelta(minutes=15)
    later, stands = NOW + timedelta(minutes=15), answer.workshop_session
    assert not rsvp.has_place(session, stands, now=NOW)
    rsvp.tend_lists(session, later)
    assert rsvp.has_place(session, stands, now=later)


def test_a_decline_lets_the_next_in_only_after_a_quarter_of_an_hour(session: Session) -> None:
    answer = build_invited(session, of_session={"capacity": 1, "has_waiting_list": True})
    waiting = build_answer(session, answer.workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    take(session, message("google-decline"))
    for minutes, state in ((14, AnswerState.WAITLISTED), (15, AnswerState.OFFERED)):
        rsvp.tend_lists(session, NOW + timedelta(minutes=minutes))
        session.commit()
        session.expire_all()
        assert waiting.state is state


def test_a_slip_of_the_finger_can_be_undone_in_the_calendar_and_on_the_page(session: Session) -> None:
    """The calendar still has the version from before the decline, since nothing was sent to it."""
    answer = build_invited(session, of_session={"capacity": 1})
    take(session, message("google-decline"))
    effect = take(session, _restamped(message("google-accept"), "20261122T090400Z"), NOW + timedelta(minutes=5))
    assert (effect.code, answer.state) == ("accepted", COMES)
    take(session, _restamped(message("google-decline"), "20261122T090600Z"), NOW + timedelta(minutes=7))
    assert answer.state is NOT
    person, slug = answer.participant, answer.workshop_session.slug
    assert rsvp.undo(session, now=NOW + timedelta(minutes=8), participant=person, slug=slug).state is COMES


def test_what_was_answered_a_minute_later_counts_also_where_both_arrive_together(session: Session) -> None:
    answer = build_invited(session)
    take(session, message("google-decline"))
    effect = take(session, _restamped(message("google-accept"), "20261122T083100Z"))
    assert (effect.code, answer.state) == ("accepted", COMES)
    assert take(session, message("google-decline")).code == "older"


def _restamped(octets: bytes, stamp: str = "20261122T090400Z") -> bytes:
    """Return Google's message as if it was answered at another instant; only its quoted-printable part is kept."""
    head, _, rest = octets.partition(b"--0000000000003f1a4c06415b2e7d\nContent-Type: application/ics")
    assert rest
    text = re.sub(rb"DTSTAMP:\d{8}T\d{6}Z", f"DTSTAMP:{stamp}".encode(), head)
    return text + b"--0000000000003f1a4c06415b2e7d--\n"


def test_a_decline_is_answered_without_a_cancellation_and_the_rest_with_a_request(session: Session) -> None:
    answer = build_invited(session)
    _sent_request(session, answer)
    take(session, message("google-decline"))
    last = mails(session)[-1]
    assert (last.kind, last.itip_method, last.attachments) == ("answer_recorded", "", ())
    kept = "Your place is kept until Sunday 22 November 2026, 10:15 (Paris time)"
    assert kept in last.body_text.replace("\n", " ")
    assert kept in last.body_html
    assert last_look(session, last, now=NOW) is None, "the mail leaves"
    effect = take(session, _restamped(message("google-accept")), NOW + timedelta(minutes=5))
    assert effect.code == "accepted"
    assert mails(session)[-1].itip_method == "REQUEST"
    effect = take(session, _restamped(message("google-tentative"), "20261122T090600Z"), NOW + timedelta(minutes=7))
    assert effect.code == "tentative"
    last = mails(session)[-1]
    assert (last.itip_method, answer.sequence_offset) == ("REQUEST", 0), "who answers changes nothing for the organiser"


def _sent_request(session: Session, answer: Answer) -> None:
    """Let an invitation have left."""
    from workshop.rsvp import emails

    emails.answer_recorded(session, now=NOW - timedelta(days=1), answer=answer)
    (mail,) = mails(session)
    assert mail.itip_method == "REQUEST"
    mail.state = OutboxState.SENT
    session.commit()


# -- what an acceptance never does -------------------------------------------------------------------------------------


def test_nobody_comes_beyond_the_capacity_or_by_the_waiting_list(session: Session) -> None:
    answer = build_invited(session, state=PERHAPS, of_session={"capacity": 1, "has_waiting_list": True})
    build_answer(session, answer.workshop_session)
    before = everything(session)
    assert take(session, message("google-accept")).code == "session_full"
    assert everything(session) == before


def test_nobody_overtakes_who_waits(session: Session) -> None:
    answer = build_invited(session, state=PERHAPS, of_session={"capacity": 1, "has_waiting_list": True})
    build_answer(session, answer.workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    before = everything(session)
    assert take(session, message("google-accept")).code == "session_full"
    assert everything(session) == before


@pytest.mark.parametrize(
    "state",
    [
        AnswerState.PENDING, AnswerState.REQUESTED, AnswerState.WAITLISTED, AnswerState.OFFERED, AnswerState.LAPSED,
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["google-accept", "google-tentative", "google-decline"])
@pytest.mark.databases("sqlite")
def test_who_has_no_invitation_changes_nothing_by_calendar(session: Session, state: AnswerState, name: str) -> None:
    later = NOW + timedelta(hours=5) if state is AnswerState.OFFERED else None
    waits = NOW if state in {AnswerState.WAITLISTED, AnswerState.OFFERED} else None
    answer = build_invited(session, state=state, offer_expires_at=later, waitlisted_at=waits)
    before = everything(session)
    assert take(session, message(name)).code == "state"
    assert everything(session) == before
    assert answer.state is state


@pytest.mark.parametrize(
    ("values", "of_session", "now", "code"),
    [
        ({"refused_at": NOW - timedelta(hours=1), "state": NOT}, {}, NOW, "state"),
        ({"state": PERHAPS}, {"needs_approval": True}, NOW, "approval"),
        ({"state": PERHAPS}, {"status": SessionStatus.CANCELLED}, NOW, "cancelled"),
        ({"state": PERHAPS}, {}, NOW + timedelta(days=8, hours=6, minutes=1), "begun"),
        ({"state": PERHAPS}, {}, NOW + timedelta(days=9), "ended"),
        ({"state": PERHAPS}, {"rsvp_closes_at": NOW - timedelta(hours=1)}, NOW, "answers_closed"),
        ({"state": PERHAPS}, {"is_published": False}, NOW, "answers_closed"),
        ({"state": PERHAPS, "has_read": False}, {}, NOW, "unacknowledged"),
        ({"state": PERHAPS}, {"level": Level.CLOSED}, NOW, "accepted"),
        ({"state": NOT}, {"level": Level.CLOSED}, NOW, "answers_closed"),
        ({"state": PERHAPS, "reply_stamped_at": STAMP + timedelta(seconds=1)}, {}, NOW, "older"),
        ({"state": PERHAPS, "reply_stamped_at": STAMP}, {}, NOW, "accepted"),
        ({"state": PERHAPS, "sequence_offset": 1}, {}, NOW, "stale"),
        ({"state": NOT}, {}, NOW, "accepted"),
        ({"state": AnswerState.WITHDRAWN}, {}, NOW, "accepted"),
    ],
)
@pytest.mark.databases("sqlite")
def test_an_acceptance_is_the_page_s_or_none(
    session: Session, values: dict[str, Any], of_session: dict[str, Any], now: datetime, code: str
) -> None:
    answer = build_invited(session, of_session=of_session, **values)
    before = everything(session)
    assert take(session, message("google-accept"), now).code == code
    if code == "accepted":
        assert answer.state is COMES
        assert answer.reply_stamped_at == STAMP
    else:
        assert everything(session) == before


def test_a_stricter_notice_must_be_read_on_the_page_first(session: Session) -> None:
    answer = build_invited(session, state=PERHAPS)
    answer.workshop_session.level = Level.WHOLE_SESSION
    before = everything(session)
    assert take(session, message("google-accept")).code == "unacknowledged"
    assert everything(session) == before


def test_what_organisers_withdrew_is_not_the_participant_s_to_bring_back(session: Session) -> None:
    from workshop.rsvp.service import acting

    answer = build_invited(session)
    withdraw = acting.withdraw_answers
    stands = answer.workshop_session
    withdraw(session, now=NOW, workshop_session=stands, answers=[answer], words=Localized(), actor="organiser:1")
    before = everything(session)
    later = _restamped(message("google-accept").replace(b"SEQUENCE:2", b"SEQUENCE:3"))
    assert take(session, later, NOW + timedelta(minutes=5)).code == "state"
    assert everything(session) == before


def test_a_clock_that_runs_ahead_does_not_make_later_replies_come_too_late(session: Session) -> None:
    answer = build_invited(session)
    take(session, _restamped(message("google-decline"), "20991231T235959Z"))
    assert answer.reply_stamped_at == NOW
    effect = take(session, _restamped(message("google-accept")), NOW + timedelta(minutes=5))
    assert effect.code == "accepted"


def test_a_copy_of_a_decline_takes_no_seat_away_that_was_taken_on_the_page_since(session: Session) -> None:
    """A mailbox that could not be emptied gives a message again."""
    answer = build_invited(session)
    take(session, message("google-decline"))
    at, person, slug = NOW + timedelta(minutes=5), answer.participant, answer.workshop_session.slug
    rsvp.change_answer(
        session, now=at, participant=person, slug=slug, choice=Choice.ACCEPTED, notice=None, language="en"
    )
    session.commit()
    before = everything(session)
    assert take(session, message("google-decline"), NOW + timedelta(minutes=6)).code == "older"
    assert everything(session) == before
    assert take(session, _restamped(message("google-decline"), "20261122T090400Z"), at).code == "declined", (
        "another one"
    )


@pytest.mark.rate_limits
def test_nobody_floods_a_participant_by_their_calendar(session: Session) -> None:
    answer = build_invited(session)
    names = ("google-tentative", "google-accept")
    codes = [
        take(
            session, _restamped(message(names[minute % 2]), f"20261122T09{minute:02}00Z"), NOW.replace(minute=minute)
        ).code
        for minute in range(8)
    ]
    assert codes == ["tentative", "accepted"] * 2 + ["tentative"] + ["too_many_requests", "same", "too_many_requests"]
    assert len(mails(session)) == REPLIES_PER_HOUR
    late = _restamped(message("google-decline"), "20261122T091000Z")
    assert take(session, late, NOW.replace(minute=10)).code == "declined"
    again = _restamped(message("google-accept"), "20261122T100500Z")
    assert take(session, again, NOW.replace(minute=5) + timedelta(hours=1)).code == "accepted"
    assert answer.state is COMES


def test_after_erasure_nobody_is_known(session: Session) -> None:
    answer = build_invited(session)
    rsvp_data.erase(session, participant=answer.participant, now=NOW)
    session.commit()
    before = everything(session)
    assert take(session, message("google-decline")).code == "unknown"
    assert everything(session) == before
    assert answer.uid != UID, "nor does the row tell any more whose calendar entry it was"


def test_of_two_who_accept_at_once_one_gets_the_last_place(app: Flask, session: Session) -> None:
    first = build_invited(session, state=PERHAPS, of_session={"capacity": 1})
    other_uid = "7" + UID[1:]
    other = build_answer(
        session,
        first.workshop_session,
        build_participant(session, first.workshop_session.series, address="bo@example.org"),
        state=PERHAPS,
        uid=other_uid,
    )
    (read,) = session.scalars(sa.select(Acknowledgement))
    said = {"level": read.level, "version": read.version, "own_version": 0, "acknowledged_at": NOW}
    session.add(Acknowledgement(answer_id=other.id, language="en", **said))
    session.commit()
    messages = [_plain(UID, ATTENDEE), _plain(other_uid, "bo@example.org")]
    barrier, codes = threading.Barrier(2), []

    def press(octets: bytes) -> None:
        with app.app_context():
            barrier.wait(10)
            codes.append(cli.take(octets).code)

    running = [threading.Thread(target=press, args=(octets,)) for octets in messages]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    session.expire_all()
    assert sorted(codes) == ["accepted", "session_full"]
    assert sorted([first.state, other.state]) == [COMES, PERHAPS]


def _takes(own: Session, _mine: Participant, other: Participant, slug: str) -> None:
    values: dict[str, Any] = {"choice": Choice.ACCEPTED, "notice": None, "language": "en"}
    rsvp.change_answer(own, now=NOW, participant=other, slug=slug, **values)


def _withdraws(own: Session, mine: Participant, _other: Participant, slug: str) -> None:
    rsvp.withdraw(own, now=NOW, participant=mine, slug=slug)


def _erases(own: Session, mine: Participant, _other: Participant, _slug: str) -> None:
    privacy.erase(own, now=NOW, participant=mine)


@pytest.mark.parametrize(
    ("act", "after"),
    [
        (_takes, {("accepted", COMES, PERHAPS, "session_full"), ("session_full", PERHAPS, COMES, "")}),
        # A reply was given before this instant: what is withdrawn now is not undone by it.
        (
            _withdraws,
            {("accepted", AnswerState.WITHDRAWN, PERHAPS, ""), ("older", AnswerState.WITHDRAWN, PERHAPS, "")},
        ),
        (_erases, {("accepted", AnswerState.WITHDRAWN, PERHAPS, ""), ("unknown", AnswerState.WITHDRAWN, PERHAPS, "")}),
    ],
)
def test_a_reply_and_the_page_at_once(
    app: Flask, session: Session, act: Callable[..., None], after: set[tuple[str, AnswerState, AnswerState, str]]
) -> None:
    """Whichever comes first: no place is given twice, nothing comes back from erasure, nobody waits for ever."""
    answer = build_invited(session, state=PERHAPS, of_session={"capacity": 1})
    person = build_participant(session, answer.workshop_session.series, address="bo@example.org")
    other = build_answer(session, answer.workshop_session, person, state=PERHAPS)
    (read,) = session.scalars(sa.select(Acknowledgement))
    said = {"level": read.level, "version": read.version, "own_version": 0, "acknowledged_at": NOW}
    session.add(Acknowledgement(answer_id=other.id, language="en", **said))
    slug, ids = answer.workshop_session.slug, (answer.participant_id, other.participant_id)
    session.commit()
    barrier, codes, faults = threading.Barrier(2), list[str](), list[str]()

    def reply() -> None:
        with app.app_context():
            barrier.wait(10)
            codes.append(cli.take(_plain(UID, ATTENDEE)).code)

    def press() -> None:
        with app.app_context(), Session(db.engine) as own:
            barrier.wait(10)
            try:
                act(own, *(own.get_one(Participant, id_) for id_ in ids), slug)
                own.commit()
            except ConflictError as fault:
                faults.append(fault.code)

    running = [threading.Thread(target=one, daemon=True) for one in (reply, press)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(20)
    session.expire_all()
    assert ("".join(codes), answer.state, other.state, "".join(faults)) in after


def _plain(uid: str, address: str) -> bytes:
    text = (FOLDER / "to-the-bare-address.eml").read_text("utf-8")
    return text.replace(UID, uid).replace(ATTENDEE, address).replace("DECLINED", "ACCEPTED").encode()


def test_the_token_of_the_recorded_messages_is_their_uid_s_whatever_the_key() -> None:
    assert reply_token(UID) == TOKEN
