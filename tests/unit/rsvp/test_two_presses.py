"""Two people press at the same instant for one place: the lock decides, and without it both would have it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_series, build_session
from tests.unit.rsvp.seats import ask
from workshop.core.db import db
from workshop.programme.models import WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.service import confirming, seats


def _without_lock(session: Session, ids: Collection[int]) -> dict[int, WorkshopSession]:
    return {id_: session.get_one(WorkshopSession, id_) for id_ in ids}


@pytest.mark.databases("postgresql")  # SQLite has one writer at a time
@pytest.mark.parametrize("is_locked", [True, False])
def test_the_lock_lets_one_decide_after_the_other(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, *, is_locked: bool
) -> None:
    found = build_session(session, build_series(session), capacity=1)
    people = [ask(session, found).participant_id for _ in range(2)]
    session.commit()
    both_counted, original = threading.Barrier(2), seats.has_place

    def count_together(*arguments: Any, **options: Any) -> bool:
        is_free = original(*arguments, **options)
        with contextlib.suppress(threading.BrokenBarrierError):  # the other one waits for the lock
            both_counted.wait(1)
        return is_free

    monkeypatch.setattr(seats, "has_place", count_together)
    if not is_locked:
        monkeypatch.setattr(confirming, "lock_sessions", _without_lock)

    def press(participant_id: int) -> None:
        with app.app_context(), Session(db.engine) as own, own.begin():
            service.confirm(own, now=NOW, participant=own.get_one(Participant, participant_id), language="fr")

    threads = [threading.Thread(target=press, args=(id_,)) for id_ in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    states = list(session.scalars(sa.select(Answer.state)))
    assert states.count(AnswerState.ACCEPTED) == (1 if is_locked else 2)
