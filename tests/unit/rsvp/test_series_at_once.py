"""Forms and workers that meet: nobody waits in a circle, nobody is there twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.mail.models import OutboxMessage
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Choice, Participant
from workshop.rsvp.service import Asked, confirm, follow, request_answers
from workshop.rsvp.service.standing import acknowledge

THREADS = 6


def all_at_once(app: Flask, act: Callable[[Session, int], object]) -> None:
    """Do it in several threads, each in a transaction of its own."""
    ready = threading.Barrier(THREADS)

    def run(number: int) -> None:
        with app.app_context():
            ready.wait(10)
            act(db.session(), number)
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, number) for number in range(THREADS)]:
            done.result(60)


def count(session: Session, model: type[Participant | Answer | OutboxMessage]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_the_same_new_address_for_several_sessions_at_once_is_one_person(app: Flask, session: Session) -> None:
    series = build_series(session)
    ids = [build_session(session, series, slug=str(number)).id for number in range(4)]
    session.commit()

    def act(own: Session, number: int) -> None:
        # In another order each time, as forms would send them.
        order = ids[number % 4 :] + ids[: number % 4]
        found = {one.id: one for one in own.scalars(sa.select(WorkshopSession).where(WorkshopSession.id.in_(ids)))}
        participant = request_answers(
            own,
            now=NOW + timedelta(minutes=number),
            workshop_sessions=[found[id_] for id_ in order],
            values=Asked(
                name=f"Une personne {number}",
                address="someone@example.org",
                choice=Choice.ACCEPTED,
                language="fr",
                tzid="Europe/Paris",
                notices=["discussion.1"],
                notice_language="fr",
            ),
        )
        own.commit()
        confirm(own, now=NOW + timedelta(minutes=30), participant=participant, language="fr")

    all_at_once(app, act)
    assert count(session, Participant) == 1
    assert set(session.scalars(sa.select(Answer.state))) == {AnswerState.ACCEPTED}
    assert count(session, Answer) == 4


def test_several_workers_answer_a_later_session_once_and_never_beyond_its_places(app: Flask, session: Session) -> None:
    series = build_series(session)
    old = build_session(session, series, slug="old", published_at=NOW - timedelta(days=9))
    for _ in range(8):
        participant = build_participant(session, series, follows_since=NOW - timedelta(hours=2))
        answer = build_answer(session, old, participant)
        acknowledge(session, answer, current_notice(Level.DISCUSSION), language="fr", now=NOW)
    new = build_session(session, series, slug="new", published_at=NOW - timedelta(hours=1), capacity=5)
    session.commit()
    all_at_once(app, lambda own, _number: follow(own, NOW))
    states = session.scalars(sa.select(Answer.state).where(Answer.workshop_session_id == new.id)).all()
    assert sorted(states) == [AnswerState.ACCEPTED] * 5 + [AnswerState.LAPSED] * 3
    assert count(session, OutboxMessage) == 8
