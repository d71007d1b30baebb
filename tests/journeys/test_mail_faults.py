"""A relay that refuses, hangs up, says nothing or shows a wrong certificate: each message is accounted for, and seen.

Real reminders and notices of a move, the real last look, a clock that is moved to whatever comes next.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_organiser, build_participant, build_series, build_session
from tests.conftest import _require
from tests.relay import FakeRelay, certificate, find_port, mute_server, running_relay
from tests.unit.reminders.conftest import move
from tests.web.workspace import sign_in
from workshop import worker
from workshop.core import clock as real_clock
from workshop.core.language import speaking
from workshop.mail import delivery, transport
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.organise.view import STATES
from workshop.programme.models import Series
from workshop.reminders.service import notice_changes, plan

S = OutboxState
SENDER = "ateliers@workshops.example.org"
PEOPLE = ("ana@one.example.org", "ben@two.example.org", "eve@three.example.org")


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with running_relay() as running:
        yield running


@pytest.fixture
def app(configure: Callable[..., Flask], relay: FakeRelay, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Give an application that waits half a second, not half a minute."""
    monkeypatch.setattr(transport, "TIMEOUT", 0.5)
    monkeypatch.setattr(transport, "FINAL_TIMEOUT", 0.5)
    return configure(MAIL_SERVER="127.0.0.1", MAIL_PORT=str(relay.port), MAIL_DEFAULT_SENDER=SENDER)


@dataclass
class Post:
    """Three messages to three people that are due, and what becomes of them."""

    session: Session
    clock: time_machine.Traveller
    app: Flask
    slug: str

    def deliver(self) -> None:
        """Do one round of the worker's."""
        self.session.commit()
        delivery.deliver(worker="one", now_fn=real_clock.now, last_look=worker.last_look)
        self.session.expire_all()

    def settle(self, *, within: timedelta = timedelta(hours=7)) -> None:
        """Deliver, and let the time pass until the next attempt, for as long as there is one."""
        end = real_clock.now() + within
        waits = sa.or_(
            OutboxMessage.state == S.QUEUED,
            sa.and_(OutboxMessage.state == S.UNCERTAIN, OutboxMessage.finished_at.is_(None)),
        )
        for _ in range(12):
            self.deliver()
            following = self.session.scalar(sa.select(sa.func.min(OutboxMessage.next_attempt_at)).where(waits))
            if following is None or following > end:
                return
            self.clock.move_to(max(following, real_clock.now()))

    def rows(self) -> list[OutboxMessage]:
        """Return the messages, in the order of PEOPLE."""
        return sorted(self.session.scalars(sa.select(OutboxMessage)), key=lambda one: one.recipient)

    def states(self) -> list[OutboxState]:
        """Return their states."""
        return [one.state for one in self.rows()]

    def assert_seen(self) -> None:
        """Fail unless an organiser, signed in anew, sees the state of each message and the relay's code."""
        rows = self.rows()
        organiser = build_organiser(self.session, self.session.get_one(Series, rows[0].series_id))
        browser = self.app.test_client()
        sign_in(browser, organiser)
        page = browser.get(f"/en/organise/series/{self.slug}/mail")
        assert page.status_code == 200
        assert not [address for address in PEOPLE if address in page.text]
        with speaking("en"):
            for one in rows:
                (line,) = re.findall(rf"<tr>(?:(?!</tr>).)*{one.recipient[0]}…@.*?</tr>", page.text, re.DOTALL)
                assert str(STATES[one.state]) in line
                assert all(code in line for code in re.findall(r"^\d{3}(?: [45]\.\d\.\d)?", one.reason))
                assert ("hint" in line) is bool(one.reason)


@pytest.fixture
def make(session: Session, clock: time_machine.Traveller, app: Flask) -> Callable[[str], Post]:
    """Give a function that queues a reminder, or the notice of a move, to each of PEOPLE."""

    def queue(kind: str) -> Post:
        series = build_series(session)
        one = build_session(session, series)
        for address in PEOPLE:
            build_answer(session, one, build_participant(session, series, address=address))
        if kind == "reminder":
            clock.move_to(one.starts_at - timedelta(days=1))
            assert plan(session, real_clock.now()) == 3
        else:
            move(session, one, timedelta(days=3))
            assert notice_changes(session, real_clock.now()) == 3
        session.commit()
        return Post(session, clock, app, series.slug)

    return queue


def arrivals(relay: FakeRelay) -> Counter[str]:
    """Return how often each message arrived, by recipient; whatever arrives again is the same message."""
    identities = {(one.recipients[0], str(one.message["Message-ID"])) for one in relay.received}
    assert len(identities) == len({recipient for recipient, _identity in identities})
    return Counter(one.recipients[0] for one in relay.received)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the relay does to the first message, once or more, before it takes it, and how the organiser is told."""

    reason: str
    """How it begins, after the first attempt."""
    rcpt: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    is_final: bool = False

    @property
    def attempts(self) -> int:
        """How often it is tried."""
        return 1 if self.is_final else len(self.rcpt + self.data) + 1


FAULTS = {
    "451 three times at RCPT, then 250": Fault("451 4.3.0", rcpt=("451 4.3.0 no",) * 3),
    "451 three times at the dot, then 250": Fault("451 4.3.0", data=("451 4.3.0 no",) * 3),
    "452 without a status": Fault("452", rcpt=("452 full",)),
    "421 at RCPT": Fault("421 4.3.2", rcpt=("421 4.3.2 closing",) * 2),
    "550 at RCPT": Fault("550 5.1.1", rcpt=("550 5.1.1 <ana@one.example.org> is nobody",), is_final=True),
    "550 at the dot": Fault("550 5.7.1", data=("550 5.7.1 ana@one.example.org",), is_final=True),
    "554 without a status": Fault("554", data=("554 no",), is_final=True),
    "hangs up at RCPT": Fault("", rcpt=("drop",) * 2),
    "hangs up at DATA": Fault("", data=("drop before",) * 2),
    "silent at RCPT": Fault("", rcpt=("silent",) * 2),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_certainly_did_not_leave_is_tried_again_or_given_up(
    make: Callable[[str], Post], relay: FakeRelay, fault: Fault
) -> None:
    relay.rcpt_replies, relay.data_replies = list(fault.rcpt[:1]), list(fault.data[:1])
    post = make("reminder")
    post.deliver()
    first, *others = post.rows()
    assert first.state is (S.FAILED if fault.is_final else S.QUEUED)
    assert first.reason.startswith(fault.reason)
    assert first.reason
    assert "@" not in first.reason
    assert [one.state for one in others] == [S.SENT, S.SENT]
    post.assert_seen()
    relay.rcpt_replies, relay.data_replies = list(fault.rcpt[1:]), list(fault.data[1:])
    post.settle()
    first, *_others = post.rows()
    if fault.is_final:
        assert first.state is S.FAILED
        assert arrivals(relay) == {PEOPLE[1]: 1, PEOPLE[2]: 1}
        return
    assert (first.state, first.attempts) == (S.SENT, fault.attempts)
    assert arrivals(relay) == dict.fromkeys(PEOPLE, 1)


DOUBTS = {
    # What the relay does with the payload, and whether the message arrives all the same.
    "hangs up amid the payload": ("drop within", 0),
    "hangs up after the dot": ("drop", 0),
    "hangs up after the dot and keeps it": ("accept and drop", 1),
    "silent after the dot": ("silent", 0),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_reminder_that_may_have_left_is_never_sent_again(
    make: Callable[[str], Post], relay: FakeRelay, doubt: str
) -> None:
    reply, arrived = DOUBTS[doubt]
    relay.data_replies = [reply]
    post = make("reminder")
    post.settle(within=timedelta(hours=23))
    assert post.states() == [S.UNCERTAIN, S.SENT, S.SENT]
    assert arrivals(relay) == Counter({PEOPLE[0]: arrived, PEOPLE[1]: 1, PEOPLE[2]: 1}) + Counter()
    first, *_others = post.rows()
    assert first.finished_at is not None
    assert first.reason
    post.assert_seen()


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_notice_that_may_have_left_is_sent_once_more_under_the_same_id(
    make: Callable[[str], Post], relay: FakeRelay, doubt: str
) -> None:
    reply, arrived = DOUBTS[doubt]
    relay.data_replies = [reply]
    post = make("session_moved")
    post.deliver()
    assert post.states() == [S.UNCERTAIN, S.SENT, S.SENT]
    post.assert_seen()
    post.settle()
    assert post.states() == [S.SENT, S.SENT, S.SENT]
    assert arrivals(relay) == {PEOPLE[0]: arrived + 1, PEOPLE[1]: 1, PEOPLE[2]: 1}


def test_a_notice_in_doubt_twice_stays_so(make: Callable[[str], Post], relay: FakeRelay) -> None:
    relay.data_replies = ["accept and drop"] * 4
    post = make("session_moved")
    post.settle(within=timedelta(days=2))
    assert set(post.states()) <= {S.UNCERTAIN, S.SENT}
    assert S.UNCERTAIN in post.states()
    assert max(arrivals(relay).values()) == 2
    assert sum(arrivals(relay).values()) <= 6


@pytest.mark.parametrize("reply", ["550 5.7.1 not from you", "451 4.7.1 not now"])
def test_a_domain_that_refuses_holds_up_no_other(make: Callable[[str], Post], relay: FakeRelay, reply: str) -> None:
    relay.refused_domains["two.example.org"] = reply
    post = make("reminder")
    post.settle()
    is_final = reply.startswith("5")
    assert post.states() == [S.SENT, S.FAILED, S.SENT]
    _ana, ben, _eve = post.rows()
    assert ben.reason == reply[:9]
    assert is_final or ben.attempts == 6
    assert arrivals(relay) == {PEOPLE[0]: 1, PEOPLE[2]: 1}
    assert relay.connections <= 6
    post.assert_seen()


def test_a_slow_relay_gets_each_message_once(make: Callable[[str], Post], relay: FakeRelay) -> None:
    relay.delay = 0.3
    post = make("reminder")
    post.settle()
    assert post.states() == [S.SENT] * 3
    assert arrivals(relay) == dict.fromkeys(PEOPLE, 1)
    assert relay.connections == 1


@contextlib.contextmanager
def _closed() -> Iterator[int]:
    yield find_port()


@pytest.mark.parametrize("server", [mute_server, _closed], ids=["never greets", "not there"])
def test_no_word_from_the_relay_loses_nothing_and_it_all_leaves_once_it_speaks(
    make: Callable[[str], Post], app: Flask, relay: FakeRelay, server: Callable[[], Any]
) -> None:
    post = make("reminder")
    with server() as port:
        app.config["MAIL_PORT"] = port
        post.deliver()
        assert post.states() == [S.QUEUED] * 3
        assert all(one.reason and one.payload_begun_at is None for one in post.rows())
        post.assert_seen()
    app.config["MAIL_PORT"] = relay.port
    post.settle()
    assert post.states() == [S.SENT] * 3
    assert arrivals(relay) == dict.fromkeys(PEOPLE, 1)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("setting", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
@pytest.mark.parametrize("wrong", ["name", "signer"])
def test_nothing_leaves_under_a_wrong_certificate_and_all_of_it_under_the_right_one(
    make: Callable[[str], Post],
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    wrong: str,
) -> None:
    if shutil.which("openssl") is None:
        _require("openssl")
    trusted, right = certificate(tmp_path, name="127.0.0.1")
    other, context = certificate(tmp_path, name="elsewhere.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(other if wrong == "name" else trusted))
    app.config[setting] = True
    post = make("reminder")
    with running_relay(tls_context=context, is_tls=setting == "MAIL_USE_SSL") as spoofed:
        app.config["MAIL_PORT"] = spoofed.port
        post.deliver()
        assert post.states() == [S.QUEUED] * 3
        assert all("cert" in one.reason.casefold() and one.payload_begun_at is None for one in post.rows())
        assert spoofed.received == []
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with running_relay(tls_context=right, is_tls=setting == "MAIL_USE_SSL") as honest:
        app.config["MAIL_PORT"] = honest.port
        post.settle()
        assert post.states() == [S.SENT] * 3
        assert arrivals(honest) == dict.fromkeys(PEOPLE, 1)


def test_what_no_attempt_could_send_before_the_start_is_too_late_and_shown_so(
    make: Callable[[str], Post], relay: FakeRelay
) -> None:
    relay.rcpt_replies = ["451 4.3.0 no"] * 99
    post = make("reminder")
    before_start: datetime = real_clock.now() + timedelta(hours=23)
    post.clock.move_to(before_start)
    post.settle(within=timedelta(hours=2))
    assert set(post.states()) <= {S.EXPIRED, S.DISCARDED, S.FAILED}
    assert arrivals(relay) == Counter()
    post.assert_seen()
