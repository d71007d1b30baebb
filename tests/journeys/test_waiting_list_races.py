"""The waiting list under pressure: real processes, real transactions, both databases."""

from __future__ import annotations

import multiprocessing
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.journeys.test_capacity import PRESSES, PROCESSES, ROUNDS, SEATS, build_request, press_at_once
from tests.unit.rsvp.seats import NOTICE, ask
from workshop import config
from workshop.app import create_app
from workshop.core.db import db, reading
from workshop.core.errors import WorkshopError
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.privacy.service import erase
from workshop.programme.models import WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import HOLDS_SEAT, Answer, AnswerState, Choice, Participant
from workshop.rsvp.queries import count_seats

MANY = 50
STEPS = 120
pytestmark = pytest.mark.long


def _build(session: Session, *, capacity: int) -> WorkshopSession:
    starts_at = datetime.now(UTC) + timedelta(days=8)
    return build_session(session, build_series(session), slug="4", capacity=capacity, starts_at=starts_at)


def _page(session: Session, participant: Participant) -> str:
    return f"/fr/my/{issue(session, purpose=Purpose.MY, subject=participant.subject)}/"


def _states(session: Session) -> Counter[AnswerState]:
    session.expire_all()
    return Counter(session.scalars(sa.select(Answer.state)))


def _arrivals(session: Session, found: WorkshopSession, count: int) -> list[tuple[str, str]]:
    paths = []
    for _ in range(count):
        participant = build_participant(session, found.series, confirmed_at=None)
        build_request(session, found, participant)
        (answer,) = participant.answers
        assert answer.request is not None
        answer.request.joins_list = True
        page = _page(session, participant)
        paths.append((page, page + "confirm"))
    return paths


@pytest.mark.parametrize("number", range(ROUNDS))
def test_sixty_answers_at_once_for_five_places_give_five_seats_and_a_list_without_gaps(
    app: Flask, environ: dict[str, str], session: Session, number: int
) -> None:
    found = _build(session, capacity=SEATS)
    paths = _arrivals(session, found, PRESSES)
    session.commit()
    assert press_at_once(environ, paths) == {303: PRESSES}
    assert _states(session) == {AnswerState.ACCEPTED: SEATS, AnswerState.WAITLISTED: PRESSES - SEATS}
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == PRESSES
    waiting = sa.select(Answer).where(Answer.state == AnswerState.WAITLISTED)
    in_order = session.scalars(waiting.order_by(Answer.waitlisted_at, Answer.id)).all()
    assert len({answer.waitlisted_at for answer in in_order}) == len(in_order)
    # What each was told in the mail is where they still stand.
    for position, answer in enumerate(in_order, start=1):
        mail = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.answer_ref == answer.subject)).one()
        assert re.search(rf"\bposition\s{position}\b", mail.body_text)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_fifty_withdrawals_against_fifty_arrivals_lose_no_seat_and_sell_none_twice(
    app: Flask, environ: dict[str, str], session: Session, number: int
) -> None:
    found = _build(session, capacity=MANY)
    leaving = [_page(session, build_answer(session, found).participant) for _ in range(MANY)]
    paths = [(page, page + "withdraw") for page in leaving] + _arrivals(session, found, MANY)
    random.Random(number).shuffle(paths)
    session.commit()
    assert press_at_once(environ, paths) == {303: 2 * MANY}
    held = count_seats(session, [found.id])[found.id]
    assert held <= MANY
    service.tend_lists(session, datetime.now(UTC) + timedelta(minutes=11))
    states = _states(session)
    assert states.pop(AnswerState.WITHDRAWN) == MANY
    assert set(states) <= set(HOLDS_SEAT)
    assert states.total() == MANY


# -- anything, at once -------------------------------------------------------------------------------------------------


def _step(session: Session, choose: random.Random, session_ids: list[int]) -> None:
    """Do one thing that anybody may do to the places of these sessions."""
    now = datetime.now(UTC)
    ids = list(session.scalars(sa.select(Answer.id).join(Answer.participant).where(Participant.erased_at.is_(None))))
    what = choose.choice(["arrive", "arrive", "come", "leave", "withdraw", "undo", "pass on", "tend", "raise", "erase"])
    if what == "arrive" or not ids:
        _arrive(session, choose, session_ids, now)
        return
    answer = session.get_one(Answer, choose.choice(ids))
    whose: dict[str, Any] = {"now": now, "participant": answer.participant, "slug": answer.workshop_session.slug}
    if what in {"come", "leave"}:
        choice = Choice.ACCEPTED if what == "come" else choose.choice([Choice.TENTATIVE, Choice.DECLINED])
        service.change_answer(session, **whose, choice=choice, notice=NOTICE, language="fr", joins_list=True)
    elif what == "withdraw":
        service.withdraw(session, **whose)
    elif what == "undo" and answer.seat_kept_until is not None:
        service.undo(session, **whose)
    elif what == "pass on":
        service.pass_on(session, **whose)
    elif what == "erase" and choose.random() < 0.4:
        erase(session, now=now, participant=answer.participant)
    elif what == "raise" and choose.random() < 0.2:
        locked = service.lock_sessions(session, [answer.workshop_session_id])[answer.workshop_session_id]
        locked.capacity = (locked.capacity or 0) + 1
        service.tend(session, locked, now=now)
    else:
        service.tend_lists(session, now)


def _arrive(session: Session, choose: random.Random, session_ids: list[int], now: datetime) -> None:
    """Let somebody answer for one session, or for all in one press."""
    sessions = [session.get_one(WorkshopSession, id_) for id_ in session_ids]
    address = f"{choose.getrandbits(64)}@example.org"
    participant = build_participant(session, sessions[0].series, address=address, confirmed_at=None)
    for found in choose.sample(sessions, choose.randint(1, len(sessions))):
        answer = build_answer(session, found, participant, state=AnswerState.PENDING)
        ask(session, found, answer, joins_list=True, now=now)
    service.confirm(session, now=now, participant=participant, language="fr")


def _live(environ: dict[str, str], at_once: Any, session_ids: list[int], seed: int, faults: Any) -> None:
    """One process with an application of its own: one thing after another, each in a transaction."""
    app = create_app(config.load(environ))
    choose = random.Random(seed)
    at_once.wait(60)
    found = ""
    try:
        with app.app_context():
            for _ in range(STEPS):
                with Session(db.engine) as session:
                    try:
                        _step(session, choose, session_ids)
                        session.commit()
                    except WorkshopError:
                        session.rollback()
            db.engine.dispose()
    except Exception as fault:  # noqa: BLE001 (told to the test)
        found = f"{type(fault).__name__}: {fault}"
    faults.put(found)


def _look_on(processes: list[Any], session_ids: list[int]) -> int:
    """Look again and again while they live, each time at one moment; returns how often."""
    held = sa.or_(Answer.state.in_(HOLDS_SEAT), Answer.seat_kept_until.is_not(None))
    taken = sa.select(sa.func.count()).where(Answer.workshop_session_id == WorkshopSession.id, held)
    look = sa.select(WorkshopSession.capacity, taken.correlate(WorkshopSession).scalar_subquery())
    looks = 0
    while any(process.is_alive() for process in processes):
        with reading(), db.engine.connect() as connection:
            rows = connection.execute(look.where(WorkshopSession.id.in_(session_ids))).all()
        assert all(count <= capacity for capacity, count in rows), "oversold"
        looks += 1
        processes[looks % len(processes)].join(0.05)
    return looks


@pytest.mark.parametrize("number", range(ROUNDS))
def test_anything_from_several_processes_at_once_oversells_nothing_loses_no_seat_and_keeps_the_order(
    app: Flask, environ: dict[str, str], session: Session, number: int
) -> None:
    series = build_series(session)
    starts_at = datetime.now(UTC) + timedelta(days=8)
    sessions = [build_session(session, series, capacity=3, starts_at=starts_at) for _ in range(2)]
    session_ids = [found.id for found in sessions]
    session.commit()
    context = multiprocessing.get_context("spawn")
    faults, at_once = context.Queue(), context.Barrier(PROCESSES + 1)
    processes = [
        context.Process(target=_live, args=(environ, at_once, session_ids, 10 * number + seed, faults))
        for seed in range(PROCESSES + 1)
    ]
    for process in processes:
        process.start()
    assert _look_on(processes, session_ids) > 1
    assert [faults.get(timeout=10) for _ in processes] == [""] * len(processes)
    later = datetime.now(UTC) + timedelta(minutes=11)
    service.tend_lists(session, later)
    session.expire_all()
    for found in sessions:
        answers = session.scalars(sa.select(Answer).where(Answer.workshop_session_id == found.id)).all()
        waiting = [answer for answer in answers if answer.state is AnswerState.WAITLISTED]
        offered = [answer for answer in answers if answer.state is AnswerState.OFFERED]
        free = (found.capacity or 0) - count_seats(session, [found.id])[found.id]
        assert free == 0 or not waiting, "a seat was lost"
        # An offer keeps since when it was waited for: nobody still waits who waited longer.
        since = [(answer.waitlisted_at or later, answer.id) for answer in offered]
        assert not since or not waiting or max(since) < min((one.waitlisted_at or later, one.id) for one in waiting)
        assert len(answers) > STEPS / 6
