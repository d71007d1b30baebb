"""Seats under pressure: real processes, real transactions, both databases."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.web.rsvp.visitor import csrf_of
from workshop import config
from workshop.app import create_app
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant

PRESSES, SEATS, PROCESSES = 60, 5, 2
ROUNDS = int(os.environ.get("WORKSHOP_TEST_ROUNDS", "1"))


def _serve(
    environ: dict[str, str], at_once: Any, paths: list[tuple[str, str]], fields: dict[str, str], codes: Any
) -> None:
    """One process with an application of its own: open every path, then press all buttons at once."""
    app = create_app(config.load(environ))
    ready = threading.Barrier(len(paths))

    def press(page: str, button: str) -> None:
        client = app.test_client()
        opened = client.get(page)
        data = {"csrf_token": csrf_of(opened), **fields}
        if ready.wait(60) == 0:
            at_once.wait(60)
        ready.wait(60)
        codes.put(client.post(button, data=data).status_code)

    threads = [threading.Thread(target=press, args=(page, button)) for page, button in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with app.app_context():
        db.engine.dispose()


def press_at_once(
    environ: dict[str, str], paths: list[tuple[str, str]], fields: dict[str, str] | None = None
) -> Counter[int]:
    """Press the buttons of (page, action) from two processes at once; return how often each status came."""
    context = multiprocessing.get_context("spawn")
    codes, at_once = context.Queue(), context.Barrier(PROCESSES)
    shares = [paths[number::PROCESSES] for number in range(PROCESSES)]
    processes = [
        context.Process(target=_serve, args=(environ, at_once, share, fields or {}, codes)) for share in shares
    ]
    for process in processes:
        process.start()
    found = Counter(codes.get(timeout=120) for _ in paths)
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    codes.close()
    return found


def build_request(session: Session, workshop_session: WorkshopSession, participant: Participant) -> None:
    """Let an acceptance wait for its button."""
    answer = build_answer(
        session, workshop_session, participant, state=AnswerState.PENDING, created_at=datetime.now(UTC)
    )
    answer.request = AnswerRequest(
        choice=Choice.ACCEPTED,
        name="Une personne",
        language="fr",
        wants_reminders=True,
        notice_level=Level.DISCUSSION,
        notice_version=1,
        notice_language="fr",
        created_at=datetime.now(UTC),
    )
    session.flush()


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session with five seats, whenever the test really runs."""
    return build_session(
        session, build_series(session), capacity=SEATS, starts_at=datetime.now(UTC) + timedelta(days=8)
    )


@pytest.mark.long
@pytest.mark.parametrize("number", range(ROUNDS))
def test_sixty_presses_at_once_in_two_processes_for_five_places_give_exactly_five(
    app: Flask, environ: dict[str, str], session: Session, workshop_session: WorkshopSession, number: int
) -> None:
    paths = []
    for _ in range(PRESSES):
        participant = build_participant(session, workshop_session.series, confirmed_at=None)
        build_request(session, workshop_session, participant)
        page = f"/fr/my/{issue(session, purpose=Purpose.MY, subject=participant.subject)}/"
        paths.append((page, page + "confirm"))
    session.commit()
    assert press_at_once(environ, paths) == {303: SEATS, 409: PRESSES - SEATS}
    states = Counter(session.scalars(sa.select(Answer.state)))
    assert states == {AnswerState.ACCEPTED: SEATS, AnswerState.LAPSED: PRESSES - SEATS}
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == SEATS


@pytest.mark.long
def test_one_person_pressing_twelve_times_at_once_takes_one_seat_and_gets_one_mail(
    app: Flask, environ: dict[str, str], session: Session, workshop_session: WorkshopSession
) -> None:
    participant = build_participant(session, workshop_session.series, confirmed_at=None)
    build_request(session, workshop_session, participant)
    page = f"/fr/my/{issue(session, purpose=Purpose.MY, subject=participant.subject)}/"
    session.commit()
    assert press_at_once(environ, [(page, page + "confirm")] * 12) == {303: 12}
    assert session.scalars(sa.select(Answer.state)).all() == [AnswerState.ACCEPTED]
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 1


@pytest.mark.long
def test_the_same_new_address_answering_from_two_processes_at_once_is_one_participant(
    app: Flask, environ: dict[str, str], session: Session, workshop_session: WorkshopSession
) -> None:
    page = f"/fr/series/{workshop_session.series.slug}/{workshop_session.slug}/rsvp"
    session.commit()
    fields = {
        "name": "Une personne",
        "email": "someone@example.org",
        "answer": "accepted",
        "language": "fr",
        "timezone": "Europe/Paris",
        "acknowledge_rule": "y",
    }
    assert press_at_once(environ, [(page, page)] * 12, fields) == {303: 12}
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 1
    assert session.scalars(sa.select(Answer.state)).all() == [AnswerState.PENDING]
