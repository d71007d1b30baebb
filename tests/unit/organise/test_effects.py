"""What the page before a change of level says of it is what readers then see."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.unit.summaries.writers import build_desk, publish
from workshop.chatham.rule import Level
from workshop.organise.effects import look


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_a_summary_that_too_few_have_approved_is_said_to_leave(session: Session, level: Level) -> None:
    desk = build_desk(session)
    publish(session, desk)
    assert look(session, [desk.one])[desk.one.id].has_summary
    desk.one.level = level
    session.flush()
    assert not look(session, [desk.one])[desk.one.id].has_summary
