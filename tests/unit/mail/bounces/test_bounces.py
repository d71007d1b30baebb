"""What comes back, as relays report it, and what each report does to the message and its address."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from tests.relay import running_relay
from tests.unit.mail.conftest import put, send
from workshop.calendars.service import receive
from workshop.cli import main
from workshop.mail import service, suppression
from workshop.mail.bounces import envelope_from
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.receiving import read_message

FOLDER = Path(__file__).parent
RECIPIENT = "ana.lefevre@example.org"
SETTINGS = {
    "MAIL_DEFAULT_SENDER": "workshop@workshops.example.org",
    "MAIL_BOUNCES": "bounces@workshops.example.org",
}
ROUNDS = 300
"""How many times each recorded message is damaged."""


@dataclass(frozen=True)
class Case:
    """A recorded message, the status that it brings, and whether the address is given up."""

    name: str
    status: str = ""
    """Empty: nothing changes."""
    is_suppressed: bool = False


CASES = [
    Case("postfix-unknown-user", "5.1.1", is_suppressed=True),
    Case("postfix-no-such-domain", "5.4.4"),
    Case("postfix-mailbox-full", "5.2.2"),
    Case("postfix-given-up-after-days", "4.4.1"),
    Case("postfix-delayed"),
    Case("postfix-delivered"),
    Case("exim-unknown-user", "5.1.1", is_suppressed=True),
    Case("exim-refused-without-a-status", "5.0.0"),
    Case("exim-delayed"),
    Case("exim-in-words", "5.1.1", is_suppressed=True),
    Case("exim-delayed-in-words"),
    Case("exchange-unknown-user", "5.1.10", is_suppressed=True),
    Case("exchange-refuses-the-sender", "5.7.1"),
    Case("exchange-bad-sender-address", "5.1.8"),
    Case("google-unknown-user", "5.1.1", is_suppressed=True),
    Case("google-forwarded-account", "5.1.1", is_suppressed=True),
    Case("sendmail-unknown-host", "5.1.2", is_suppressed=True),
    Case("qmail-unknown-user", "5.1.1", is_suppressed=True),
    Case("qmail-given-up-after-days", "5.0.0"),
    Case("internationalised", "5.1.1", is_suppressed=True),
    Case("without-an-action", "5.1.1", is_suppressed=True),
    Case("no-status-at-all", "5.0.0"),
    Case("capitals-in-the-address", "5.1.1", is_suppressed=True),
    # -- one address that stands for several
    Case("list-of-people-one-of-whom-is-gone"),
    Case("several-all-gone", "5.2.1"),
    Case("another-recipient-beside-ours"),
    # -- what is no report, or not about us
    Case("not-reported-by-a-report"),
    Case("nested-in-a-forwarded-message"),
    Case("nested-in-a-report"),
    Case("read-receipt"),
    Case("complaint"),
    Case("vacation"),
    Case("forged-mark"),
    Case("somebody-elses-message"),
    Case("address-corrected-since"),
    Case("to-the-bare-address"),
    Case("huge-number"),
]


@pytest.fixture
def app(configure: Callable[..., Flask]) -> Flask:
    """Give an application that bounces come back to."""
    return configure(**SETTINGS)


def build_sent(session: Session, now: datetime) -> OutboxMessage:
    message = put(session, now, recipient=RECIPIENT, kind="mail_test")
    message.state, message.finished_at, message.attempts = OutboxState.SENT, now, 1
    session.commit()
    return message


def octets_of(name: str, message: OutboxMessage, other: OutboxMessage) -> bytes:
    verp = envelope_from(message.id, RECIPIENT)
    local, _at, domain = verp.partition("@")
    values = {
        "@VERP@": verp,
        "@RECIPIENT@": RECIPIENT,
        "@FORGED@": f"{local[:-1]}{'0' if local[-1] != '0' else '1'}@{domain}",
        "@OTHER@": verp.replace(f"+{message.id}-", f"+{other.id}-"),
        "@BEFORE@": envelope_from(message.id, "before@example.org"),
        "@CAPITALS@": verp.upper(),
    }
    text = (FOLDER / f"{name}.eml").read_text("utf-8")
    for word, value in values.items():
        text = text.replace(word, value)
    return text.encode()


def test_every_recorded_message_is_in_the_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_report_changes(session: Session, now: datetime, case: Case) -> None:
    message, other = build_sent(session, now), build_sent(session, now)
    octets = octets_of(case.name, message, other)
    # A mail server may say it twice.
    for _time in range(2):
        effect = receive(session, octets, now=now)
        assert effect.is_applied is bool(case.status)
        session.commit()
    state = OutboxState.FAILED if case.status else OutboxState.SENT
    reason = f"bounced: {case.status}" if case.status else ""
    assert (message.state, message.reason, other.state) == (state, reason, OutboxState.SENT)
    assert suppression.status_of(session, RECIPIENT) == (case.status if case.is_suppressed else None)


def test_without_the_setting_nothing_comes_back(session: Session, app: Flask, now: datetime) -> None:
    message = build_sent(session, now)
    octets = octets_of("postfix-unknown-user", message, message)
    app.config["MAIL_BOUNCES"] = ""
    assert envelope_from(message.id, RECIPIENT) == SETTINGS["MAIL_DEFAULT_SENDER"]
    assert not receive(session, octets, now=now).is_applied
    assert message.state is OutboxState.SENT


def test_the_address_fits_into_an_envelope_and_tells_nothing(app: Flask) -> None:
    app.config["MAIL_BOUNCES"] = "b" * 31 + "@workshops.example.org"
    with app.app_context():
        address = envelope_from(2**31 - 1, RECIPIENT)
        assert envelope_from(0, RECIPIENT) == SETTINGS["MAIL_DEFAULT_SENDER"]
    assert len(address.partition("@")[0]) <= 64
    assert "ana" not in address


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (OutboxState.UNCERTAIN, OutboxState.FAILED),
        (OutboxState.CLAIMED, OutboxState.FAILED),
        (OutboxState.QUEUED, OutboxState.QUEUED),
        (OutboxState.DISCARDED, OutboxState.DISCARDED),
    ],
)
def test_only_what_may_have_left_can_come_back(
    session: Session, now: datetime, state: OutboxState, after: OutboxState
) -> None:
    message = build_sent(session, now)
    message.state, message.payload_begun_at, message.claimed_by = state, now, "one"
    session.commit()
    receive(session, octets_of("postfix-unknown-user", message, message), now=now)
    assert message.state is after
    # Else the worker that waits for the relay's last word would call it sent.
    assert message.claimed_by == ("" if after is OutboxState.FAILED else "one")


def test_sent_again_it_goes_to_the_address_again(session: Session, now: datetime) -> None:
    message = build_sent(session, now)
    receive(session, octets_of("postfix-unknown-user", message, message), now=now)
    session.commit()
    assert suppression.status_of(session, RECIPIENT) == "5.1.1"
    service.retry(session, message=message.id, now=now)
    assert message.state is OutboxState.QUEUED
    assert suppression.status_of(session, RECIPIENT) is None


def test_an_address_that_was_erased_comes_back_to_nobody(session: Session, now: datetime) -> None:
    from workshop.mail import personal_data

    message = build_sent(session, now)
    octets = octets_of("postfix-unknown-user", message, message)
    personal_data.erase(session, person_ref=message.person_ref, now=now)
    assert not receive(session, octets, now=now).is_applied


@pytest.mark.databases("sqlite")
def test_damaged_reports_break_nothing(session: Session, now: datetime) -> None:
    message, other = build_sent(session, now), build_sent(session, now)
    chance = random.Random(9)
    recorded = [octets_of(case.name, message, other) for case in CASES]
    for _round in range(ROUNDS):
        octets = bytearray(chance.choice(recorded))
        for _change in range(chance.randint(1, 8)):
            place = chance.randrange(len(octets))
            octets[place : place + chance.randint(0, 6)] = chance.randbytes(chance.randint(0, 6))
        receive(session, bytes(octets), now=now)
        session.rollback()


def test_a_report_of_many_is_read_in_bounds() -> None:
    block = b"\nFinal-Recipient: rfc822; one@example.org\nAction: failed\nStatus: 5.1.1\n"
    octets = (
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\n\n--cut\n'
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n" + block * 5000 + b"\n--cut--\n"
    )
    assert len(read_message(octets).reports) in {49, 50}  # the first block speaks of the message as a whole


def test_what_left_by_smtp_comes_back_by_the_pipe(
    app: Flask,
    now: datetime,
    session: Session,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_relay() as relay:
        settings = {**SETTINGS, "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(relay.port)}
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=relay.port)
        message = put(session, now, recipient=RECIPIENT, kind="mail_test")
        send(session, now)
        (arrived,) = relay.received
    assert arrived.sender == envelope_from(message.id, RECIPIENT)
    session.commit()  # else the command waits for this reader
    for name, value in {**environ, **{f"WORKSHOP_{name}": value for name, value in settings.items()}}.items():
        monkeypatch.setenv(name, value)
    octets = (FOLDER / "postfix-unknown-user.eml").read_text().replace("@VERP@", arrived.sender)
    result = CliRunner().invoke(main, ["mail", "receive"], input=octets.replace("@RECIPIENT@", RECIPIENT).encode())
    assert (result.exit_code, result.stdout) == (0, "")
    assert RECIPIENT not in result.output
    session.expire_all()
    assert (message.state, message.reason) == (OutboxState.FAILED, "bounced: 5.1.1")
    glass = {"name": "x", "closes_at": now, "desk_url": "http://127.0.0.1/"}
    another = put(session, now, recipient="Ana.Lefevre@example.org", kind="break_glass_opened", context=glass)
    link = put(session, now, recipient=RECIPIENT)
    app.config["MAIL_SERVER"] = ""
    send(session, now)
    assert (another.state, another.reason) == (OutboxState.DISCARDED, "address refused")
    assert link.kind in suppression.ASKED_FOR
    assert link.state is not OutboxState.DISCARDED
