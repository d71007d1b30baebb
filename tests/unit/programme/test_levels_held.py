"""What a level holds through whatever way it is changed: with its items, by its series, and after a move."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_item, build_person, build_series, build_session
from tests.unit.programme.test_bad_files import GOOD
from tests.unit.programme.test_import_over import load
from tests.unit.programme.values import some_answers
from workshop.chatham.rule import Level
from workshop.core.faults import InvalidValuesError
from workshop.programme.models import Item, Series, WorkshopSession
from workshop.programme.queries import find_proposal
from workshop.programme.seriesfile import SeriesFileError
from workshop.programme.service.lifecycle import reschedule
from workshop.programme.service.series import update_series
from workshop.programme.service.sessions import update_session
from workshop.programme.service.values import series_values, session_values

DAY = timedelta(days=1)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a session whose discussions are under the Rule."""
    return build_session(session, build_series(session))


@pytest.fixture
def talk(session: Session, one: WorkshopSession) -> Item:
    """Give its talk, which is on the record."""
    return build_item(session, one, speakers=[build_person(session, one.series)], level=Level.ON_THE_RECORD)


def set_level(session: Session, one: WorkshopSession, level: Level, now: datetime, *, has_answers: bool = True) -> None:
    """Change the session's own level as its form does."""
    values = dataclasses.replace(session_values(one), level=level, moderators=None, partners=None)
    update_session(session, now=now, workshop_session=one, values=values, has_answers=has_answers)


def set_level_of_series(session: Session, one: WorkshopSession, level: Level, now: datetime) -> None:
    """Change the level of its series as that form does."""
    values = dataclasses.replace(series_values(one.series), level=level)
    update_series(session, now=now, series=one.series, values=values, answers={one.id: 1})


def move(session: Session, one: WorkshopSession, now: datetime, by: timedelta) -> None:
    """Move a session."""
    values = session_values(one)
    reschedule(
        session, now=now, workshop_session=one, starts_wall=values.starts_wall + by, ends_wall=values.ends_wall + by,
        tzid=values.tzid,
    )  # fmt: skip


@pytest.mark.parametrize("has_begun", [False, True])
@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("way", ["session", "series"])
def test_a_stricter_level_is_never_kept_waiting_by_a_talk_on_the_record(
    session: Session,
    now: datetime,
    one: WorkshopSession,
    talk: Item,
    way: str,
    level: Level,
    has_begun: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    at = one.starts_at if has_begun else now
    (set_level if way == "session" else set_level_of_series)(session, one, level, at)
    assert (talk.level, one.sequence) == (None, 1)
    # What followed does not come back by itself.
    if not has_begun:
        set_level(session, one, Level.DISCUSSION, at, has_answers=False)
        assert talk.level is None


def test_a_stricter_talk_stays_as_strict_as_it_is(session: Session, now: datetime, one: WorkshopSession) -> None:
    talk = build_item(session, one, level=Level.WHOLE_SESSION)
    one.level = Level.ON_THE_RECORD
    session.flush()
    set_level(session, one, Level.DISCUSSION, now)
    assert talk.level is Level.WHOLE_SESSION


@pytest.mark.parametrize("way", ["session", "series", "hidden"])
def test_what_was_said_is_not_loosened_by_moving_the_session_first(
    session: Session, one: WorkshopSession, way: str
) -> None:
    begun = one.starts_at + timedelta(minutes=5)
    if way == "hidden":
        one.is_published, one.published_at = False, one.starts_at - DAY
        session.flush()
    move(session, one, begun, 9 * DAY)
    if way != "series":
        with pytest.raises(InvalidValuesError) as caught:
            set_level(session, one, Level.ON_THE_RECORD, begun, has_answers=False)
        assert [(fault.field, fault.code) for fault in caught.value.faults] == [("level", "looser_after_start")]
    else:
        set_level_of_series(session, one, Level.ON_THE_RECORD, begun)
        assert one.level is Level.DISCUSSION
    assert find_proposal(session, one.id) is None


def test_what_was_asked_ends_with_the_beginning_also_where_the_session_is_moved(
    session: Session, now: datetime, one: WorkshopSession
) -> None:
    set_level(session, one, Level.ON_THE_RECORD, now)
    assert find_proposal(session, one.id) is not None
    move(session, one, one.starts_at, 9 * DAY)
    assert find_proposal(session, one.id) is None


def test_a_draft_whose_date_was_wrong_may_become_looser(session: Session, one: WorkshopSession) -> None:
    one.is_published, one.published_at = False, None
    session.flush()
    begun = one.starts_at
    move(session, one, begun, 9 * DAY)
    set_level(session, one, Level.ON_THE_RECORD, begun, has_answers=False)
    assert one.level is Level.ON_THE_RECORD


def test_a_session_moved_before_it_begins_may_still_become_looser(
    session: Session, now: datetime, one: WorkshopSession
) -> None:
    move(session, one, now, 9 * DAY)
    set_level(session, one, Level.ON_THE_RECORD, now, has_answers=False)
    assert one.level is Level.ON_THE_RECORD


def test_nobody_is_kept_longer_than_they_were_told(session: Session, now: datetime, one: WorkshopSession) -> None:
    series = one.series
    for days, answers in ((29, {one.id: 1}), (30, {one.id: 0})):
        values = dataclasses.replace(series_values(series), retention_days=days)
        assert update_series(session, now=now, series=series, values=values, answers=answers)
    values = dataclasses.replace(series_values(series), retention_days=31)
    with pytest.raises(InvalidValuesError) as caught:
        update_series(session, now=now, series=series, values=values, answers={one.id: 1})
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [("retention_days", "retention_longer")]


def test_a_file_keeps_nobody_longer_either(session: Session, now: datetime) -> None:
    stored = session.get_one(Series, load(session, now, GOOD).series_id)
    longer = GOOD.replace("  visibility: public\n", "  visibility: public\n  retention_days: 31\n")
    with pytest.raises(SeriesFileError) as refused:
        load(session, now, longer, some_answers)
    assert [fault.code for fault in refused.value.faults] == ["retention_longer"]
    session.refresh(stored)
    assert stored.retention_days == 30
    load(session, now, longer)
    assert stored.retention_days == 31
