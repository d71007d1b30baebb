"""Thirty take part and the session is cancelled: thirty messages, none with a trace of anybody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.relay import FakeRelay, running_relay
from workshop import worker
from workshop.chatham.rule import Level
from workshop.core import clock as real_clock
from workshop.mail import delivery
from workshop.programme.models import SessionStatus
from workshop.reminders.service import notice_changes
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState

SENDER = "ateliers@workshops.example.org"


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with running_relay() as running:
        yield running


@pytest.fixture
def app(configure: Callable[..., Flask], relay: FakeRelay) -> Flask:
    return configure(
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=str(relay.port),
        MAIL_DEFAULT_SENDER=SENDER,
        MAIL_REPLIES="answers@workshops.example.org",
        BASE_URL="https://workshops.example.org",
    )


def join(session: Session, level: Level) -> list[Answer]:
    """Return the answers of thirty people, whose names, addresses and words belong to nobody else."""
    series = build_series(session, level=level, title=both("Série", "Series"))
    one = build_session(session, series)
    states = (AnswerState.ACCEPTED, AnswerState.ACCEPTED, AnswerState.TENTATIVE)
    return [
        build_answer(
            session,
            one,
            build_participant(
                session,
                series,
                address=f"person{number:02}@host{number:02}.example.org",
                name=f"Alias{number:02}",
                affiliation=f"Organisation{number:02}",
                language="fr" if number % 2 else "en",
                tzid="America/Toronto" if number % 3 else "",
                access_needs=f"Besoin{number:02}",
                is_discreet=number % 5 == 0,
            ),
            state=states[number % 3],
        )
        for number in range(30)
    ]


def read(message: EmailMessage) -> str:
    """Return all of a message, decoded: headers, texts, files."""
    parts = [f"{name}: {value}" for part in message.walk() for name, value in part.items()]
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            parts.append(re.sub(r"\r\n[ \t]", "", content.decode()))
    return "\n".join(parts)


def leave(session: Session, relay: FakeRelay) -> dict[str, str]:
    """Send what is due; returns what each got, by address."""
    session.commit()
    before = len(relay.received)
    while delivery.deliver(worker="one", now_fn=real_clock.now, last_look=worker.last_look):
        pass
    session.expire_all()
    received = relay.received[before:]
    assert all(len(one.recipients) == 1 for one in received)
    assert all(one.message["To"] == one.recipients[0] for one in received)
    found = {one.recipients[0]: read(one.message) for one in received}
    assert len(found) == len(received)
    return found


def assert_no_trace(answers: list[Answer], letters: dict[str, str]) -> None:
    """Fail where a message holds anything of somebody whom it is not for."""
    assert letters.keys() == {answer.participant.address for answer in answers}
    for number, answer in enumerate(answers):
        own = letters[str(answer.participant.address)]
        for other, of_other in enumerate(answers):
            person = of_other.participant
            words = (f"person{other:02}", f"host{other:02}", person.name, person.affiliation, person.access_needs)
            secrets = (person.subject, of_other.subject, of_other.uid)
            assert number == other or not [word for word in (*words, *secrets) if word in own]
    # Whatever is long and in some of them is in one of them: tokens, ids, addresses for answers.
    for language in ("fr", "en"):
        group = [letters[str(one.participant.address)] for one in answers if one.participant.language == language]
        found = [set(re.findall(r"[\w-]{22,}", letter)) for letter in group]
        shared = set.intersection(*found)
        own_ones = [one - shared for one in found]
        assert all(own_ones)
        assert sum(map(len, own_ones)) == len(set().union(*own_ones))


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.WHOLE_SESSION], ids=lambda level: level.value)
def test_each_gets_one_message_without_a_trace_of_the_others(
    session: Session, relay: FakeRelay, clock: time_machine.Traveller, level: Level
) -> None:
    answers = join(session, level)
    for answer in answers:
        emails.answer_recorded(session, now=NOW, answer=answer)
    invited = leave(session, relay)
    assert_no_trace(answers, invited)
    one = answers[0].workshop_session
    one.status, one.sequence = SessionStatus.CANCELLED, one.sequence + 1
    clock.shift(60)
    assert notice_changes(session, real_clock.now()) == 30
    cancelled = leave(session, relay)
    assert_no_trace(answers, cancelled)
    # It is taken out of each calendar that it was put into.
    assert all("METHOD:REQUEST" in letter for letter in invited.values())
    assert all("METHOD:CANCEL" in letter for letter in cancelled.values())
