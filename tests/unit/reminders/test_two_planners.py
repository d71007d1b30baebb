"""Any number of workers plan at once; nobody is reminded or told twice."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_session, build_slot
from tests.unit.reminders.conftest import join, messages, move
from workshop.core.db import db
from workshop.programme.models import Mode, SpeakerSlot
from workshop.programme.service import session_values, update_session
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.service import notice_changes, plan, tell

WORKERS = 4
PEOPLE = 40


@pytest.mark.parametrize("act", [plan, notice_changes])
def test_four_at_once_write_each_message_once(
    app: Flask, session: Session, act: Callable[[Session, datetime], int]
) -> None:
    workshop_session = build_session(session)
    for _ in range(PEOPLE):
        join(session, workshop_session)
    if act is notice_changes:
        move(session, workshop_session, timedelta(days=1))
    at = workshop_session.starts_at - timedelta(days=1)
    session.commit()
    start = Barrier(WORKERS)

    def work(_number: int) -> int:
        with app.app_context():
            start.wait(30)
            count = 0
            for _ in range(3):
                count += act(db.session(), at)
                db.session.commit()
            return count

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(work, range(WORKERS))) == PEOPLE
    found = messages(session)
    assert len(found) == len({one.answer_ref for one in found}) == PEOPLE
    if act is plan:
        assert session.query(ReminderDelivery).count() == PEOPLE
        assert session.query(ReminderDelivery).filter_by(outbox_message_id=None).count() == 0


def test_four_at_once_tell_of_an_edit_once_each_and_none_calls_it_done_before(app: Flask, session: Session) -> None:
    one = build_session(session, mode=Mode.ON_SITE, place=both("Salle 1", "Room 1"))
    for _ in range(PEOPLE):
        join(session, one)
    for _ in range(3):
        person = build_person(session, one.series)
        build_item(session, one, speakers=[person])
        build_slot(session, one, person)
    session.execute(sa.update(SpeakerSlot).values(created_at=NOW - timedelta(days=1)))
    values = dataclasses.replace(session_values(one), place=both("Salle 2", "Room 2"))
    update_session(session, now=NOW, workshop_session=one, values=values, has_answers=True)
    tell(session, now=NOW, workshop_session=one, actor="organiser:1", number=PEOPLE + 3)
    session.commit()
    start = Barrier(WORKERS)

    def work(_number: int) -> int:
        with app.app_context():
            start.wait(30)
            count = 0
            for _ in range(4):
                count += notice_changes(db.session(), NOW)
                db.session.commit()
            return count

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(work, range(WORKERS))) == PEOPLE + 3
    found = messages(session)
    assert len(found) == len({one.person_ref for one in found}) == PEOPLE + 3
    session.refresh(one)
    assert one.tell_at is None


def test_what_is_rolled_back_is_planned_again(session: Session) -> None:
    workshop_session = build_session(session)
    join(session, workshop_session)
    session.commit()
    at = workshop_session.starts_at - timedelta(days=1)
    assert plan(session, at) == 1
    session.rollback()
    assert messages(session) == []
    assert plan(session, at) == 1
