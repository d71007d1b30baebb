"""Who takes part or speaks is told that a session is postponed, then its new date, or that it is off for good."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_person, build_slot
from tests.unit.reminders.conftest import join, mark_sent, messages
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.texts import OwnText, save_own
from workshop.programme.models import WorkshopSession
from workshop.programme.service.lifecycle import cancel, postpone, reschedule
from workshop.reminders.service import last_look, notice_changes

POSTPONED = "This session is postponed: a new date will be announced."
CANCELLED = "This session is cancelled: it will not take place."


def set_date(session: Session, one: WorkshopSession, now: datetime, by: timedelta = timedelta(days=14)) -> None:
    reschedule(
        session,
        now=now,
        workshop_session=one,
        starts_wall=one.starts_wall + by,
        ends_wall=one.ends_wall + by,
        tzid=one.tzid,
    )


def last(session: Session) -> OutboxMessage:
    return messages(session)[-1]


def test_postponed_then_its_new_date(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    join(session, workshop_session, language="en")
    postpone(session, now=now, workshop_session=workshop_session)
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    found = last(session)
    assert found.kind == "session_cancelled"
    assert found.subject.startswith("Postponed: ")
    for body in (found.body_text, found.body_html):
        assert POSTPONED in " ".join(body.split())
        assert "cancelled" not in body
    mark_sent(session)
    set_date(session, workshop_session, now)
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    found = last(session)
    assert found.kind == "session_reinstated"
    assert found.subject.startswith("New date: ")
    assert "had been postponed. Here is its new date." in " ".join(found.body_text.split())
    assert "Monday 30 November 2026" in found.body_text
    assert "Monday 14 December 2026" in found.body_text


def test_cancelled_for_good_is_told_too(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    join(session, workshop_session, language="en")
    postpone(session, now=now, workshop_session=workshop_session)
    notice_changes(session, now)
    mark_sent(session)
    cancel(session, now=now, workshop_session=workshop_session)
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    assert CANCELLED in " ".join(last(session).body_text.split())


def test_a_word_of_postponing_that_never_left_is_superseded(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    join(session, workshop_session, language="en")
    postpone(session, now=now, workshop_session=workshop_session)
    notice_changes(session, now)
    cancel(session, now=now, workshop_session=workshop_session)
    waiting = last(session)
    assert last_look(session, waiting, now) is not None
    assert notice_changes(session, now) == 1
    first, second = messages(session)
    assert first.state is OutboxState.SUPERSEDED
    assert CANCELLED in " ".join(second.body_text.split())


def test_those_who_speak_are_told_likewise(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    person = build_person(session, workshop_session.series)
    build_slot(session, workshop_session, person)
    session.expire_all()
    later = now + timedelta(hours=1)
    postpone(session, now=later, workshop_session=workshop_session)
    assert notice_changes(session, later) == 1
    assert notice_changes(session, later) == 0
    assert last(session).kind == "session_cancelled_speaker"
    assert "postponed" in last(session).body_text or "reportée" in last(session).body_text
    mark_sent(session)
    later += timedelta(hours=1)
    cancel(session, now=later, workshop_session=workshop_session)
    assert notice_changes(session, later) == 1
    assert last(session).kind == "session_cancelled_speaker"


@pytest.mark.parametrize("is_postponed", [False, True])
def test_own_words_for_a_cancellation_are_not_used_for_what_is_postponed(
    session: Session,
    workshop_session: WorkshopSession,
    now: datetime,
    is_postponed: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    own = OwnText(subject="Called off", body="It is off.\n\n{when}\n\n{links}\n\n{rule}")
    series_id = workshop_session.series_id
    save_own(session, now=now, series_id=series_id, kind="session_cancelled", language="en", own=own)
    join(session, workshop_session, language="en")
    act = postpone if is_postponed else cancel
    act(session, now=now, workshop_session=workshop_session)
    notice_changes(session, now)
    assert ("It is off." in last(session).body_text) is not is_postponed
