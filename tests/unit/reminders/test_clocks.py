"""Reminders over changes of clocks, for readers elsewhere, and for sessions that are cancelled and come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.unit.reminders.conftest import join, mark_sent, messages
from workshop.mail.models import OutboxState
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders.service import last_look, notice_changes, plan
from workshop.rsvp.models import Answer

Before = Callable[..., datetime]


@pytest.mark.parametrize(
    ("wall", "day_before", "hour_before"),
    [
        (datetime(2026, 10, 25, 10), datetime(2026, 10, 24, 8, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),  # noqa: DTZ001 (wall time)
        (datetime(2027, 3, 28, 10), datetime(2027, 3, 27, 9, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)),  # noqa: DTZ001 (wall time)
    ],
    ids=["2026-10-25", "2027-03-28"],
)
def test_in_paris_days_follow_the_wall_and_hours_elapse(
    session: Session, wall: datetime, day_before: datetime, hour_before: datetime
) -> None:
    series = build_series(session, reminders=("-1d", "-1h"))
    workshop_session = build_session(session, series, starts_wall=wall)
    who = build_participant(session, series)
    build_answer(session, workshop_session, who, answered_at=workshop_session.starts_at - timedelta(days=9))
    for at, offset in ((day_before, "-1d"), (hour_before, "-1h")):
        assert plan(session, at - timedelta(seconds=1)) == 0
        assert plan(session, at) == 1
        assert messages(session)[-1].basis["offset"] == offset
        mark_sent(session)


@pytest.mark.parametrize(
    ("wall", "there"),
    [
        # Between both changes of clocks Montreal is five hours behind, not six.
        (datetime(2026, 10, 26, 16), "11:00–13:00, Toronto time (UTC−4)"),  # noqa: DTZ001 (wall time)
        (datetime(2026, 11, 2, 16), "10:00–12:00, Toronto time (UTC−5)"),  # noqa: DTZ001 (wall time)
        (datetime(2027, 3, 27, 16), "11:00–13:00, Toronto time (UTC−4)"),  # noqa: DTZ001 (wall time)
        (datetime(2027, 3, 28, 16), "10:00–12:00, Toronto time (UTC−4)"),  # noqa: DTZ001 (wall time)
    ],
)
def test_a_participant_in_montreal_reads_both_clocks(session: Session, wall: datetime, there: str) -> None:
    series = build_series(session, reminders=("-1d",))
    workshop_session = build_session(session, series, starts_wall=wall)
    who = build_participant(session, series, language="en", tzid="America/Montreal")
    build_answer(session, workshop_session, who, answered_at=workshop_session.starts_at - timedelta(days=9))
    assert plan(session, workshop_session.starts_at - timedelta(days=1)) == 1
    (message,) = messages(session)
    for body in (message.body_text, message.body_html):
        assert "16:00–18:00, Paris time" in body
        assert there.replace("Toronto", "Montreal") in body or there in body


def test_cancelled_while_it_waits_it_does_not_leave_and_reinstated_the_later_ones_do(
    session: Session, workshop_session: WorkshopSession, answer: Answer, before: Before
) -> None:
    assert plan(session, before(days=1)) == 1
    (queued,) = messages(session)
    workshop_session.status = SessionStatus.CANCELLED
    session.flush()
    assert last_look(session, queued, before(hours=23)) == "session cancelled"
    queued.state = OutboxState.DISCARDED
    assert notice_changes(session, before(hours=23)) == 1
    assert plan(session, before(hours=23)) == 0
    mark_sent(session)
    workshop_session.status = SessionStatus.CONFIRMED
    session.flush()
    assert notice_changes(session, before(hours=20)) == 1
    # The message that it takes place after all has said what the reminder of a day before would.
    assert plan(session, before(hours=19)) == 0
    assert plan(session, before(hours=1)) == 1
    assert [one.kind for one in messages(session)] == [
        "reminder",
        "session_cancelled",
        "session_reinstated",
        "reminder",
    ]


def test_an_answer_of_twelve_hours_ago_gets_the_last_reminder_only(
    session: Session, workshop_session: WorkshopSession, before: Before
) -> None:
    answer = join(session, workshop_session)
    answer.answered_at = before(hours=30)
    session.flush()
    assert plan(session, before(days=1)) == 0
    assert plan(session, before(hours=1)) == 1
