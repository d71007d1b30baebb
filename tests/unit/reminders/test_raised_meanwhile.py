"""Messages that wait while a level becomes stricter: none leaves that names what may no longer be named."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.unit.reminders.conftest import messages
from tests.unit.reminders.test_discretion import CANARY, MAILS, NAMES_NOTHING, _whole, _write
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.programme.models import Item, Series, WorkshopSession
from workshop.programme.service.levels import set_item_level
from workshop.programme.service.series import update_series
from workshop.programme.service.values import series_values
from workshop.reminders.service import last_look

WITH_NAMES = ("answer_recorded", "session_announced", "session_moved", "session_reinstated", "level_raised")


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("kind", sorted(MAILS.keys() - NAMES_NOTHING))
def test_nothing_that_names_a_session_leaves_once_it_is_wholly_under_the_rule(
    session: Session, kind: str, level: Level
) -> None:
    message = _write(session, kind)
    at = message.created_at
    assert CANARY.search(_whole(message))
    series = session.scalars(sa.select(Series)).one()
    values = dataclasses.replace(series_values(series), level=level)
    answers = {one.id: 1 for one in series.sessions}
    update_series(session, now=NOW, series=series, values=values, answers=answers)
    assert last_look(session, message, at) is not None


@pytest.mark.parametrize("kind", WITH_NAMES)
def test_no_name_of_a_talk_leaves_once_that_talk_is_under_the_rule(session: Session, kind: str) -> None:
    message = _write(session, kind)
    at = message.created_at
    person, item = session.scalars(sa.select(Person)).one(), session.scalars(sa.select(Item)).one()
    named = (person.name, "Canary talk")
    assert all(name in _whole(message) for name in named)
    one = session.scalars(sa.select(WorkshopSession)).one()
    set_item_level(session, now=NOW, workshop_session=one, item=item, level=Level.WHOLE_SESSION, has_answers=True)
    session.expire_all()
    (message, *_) = messages(session, kind=kind)
    leaves: OutboxMessage | None = message if last_look(session, message, at) is None else None
    assert leaves is None or not any(name in _whole(leaves) for name in named)
