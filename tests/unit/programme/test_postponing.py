"""Putting a session off without a new date, giving it one, cancelling it for good, and deleting a draft."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from tests.builders import NOW, build_section, build_series, build_session
from tests.unit.programme.values import no_answers
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Audience, Surface
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.seriesfile import SeriesFileError, export_series, import_series
from workshop.programme.service.copying import NoDraftError, delete_draft
from workshop.programme.service.lifecycle import CancelledError, PastError, cancel, postpone, reinstate, reschedule
from workshop.programme.view import session_event, session_view
from workshop.public.view import event_data

DAY = timedelta(days=1)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    return build_session(session, build_series(session), starts_at=NOW + 8 * DAY, ends_at=NOW + 8 * DAY + DAY / 12)


def actions(session: Session) -> list[str]:
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def to(day: timedelta, one: WorkshopSession) -> dict[str, Any]:
    wall = (NOW + day).astimezone(ZoneInfo(one.tzid)).replace(tzinfo=None)
    return {"starts_wall": wall, "ends_wall": wall + DAY / 12, "tzid": one.tzid}


def test_postponed_it_is_cancelled_in_other_words(session: Session, one: WorkshopSession, now: datetime) -> None:
    assert postpone(session, now=now, workshop_session=one)
    assert not postpone(session, now=now, workshop_session=one)
    assert (one.status, one.postponed_at, one.cancelled_at, one.sequence) == (SessionStatus.CANCELLED, now, now, 1)
    view = session_view(one, audience=Audience.PUBLIC, surface=Surface.PAGE)
    assert view is not None
    assert view.is_cancelled
    assert view.is_postponed
    assert actions(session) == ["programme.postpone"]


def test_its_new_date_puts_it_on_again_in_one_act(session: Session, one: WorkshopSession, now: datetime) -> None:
    postpone(session, now=now, workshop_session=one)
    assert reschedule(session, now=now, workshop_session=one, **to(20 * DAY, one))
    assert (one.status, one.postponed_at, one.cancelled_at) == (SessionStatus.CONFIRMED, None, None)
    assert one.sequence == 2
    assert actions(session)[1:] == ["programme.reschedule", "programme.change_status"]


def test_the_same_date_again_is_a_new_date_too(session: Session, one: WorkshopSession, now: datetime) -> None:
    postpone(session, now=now, workshop_session=one)
    assert reschedule(session, now=now, workshop_session=one, **to(8 * DAY, one))
    assert one.status is SessionStatus.CONFIRMED


def test_what_was_off_on_its_old_date_has_not_begun(session: Session, one: WorkshopSession, now: datetime) -> None:
    postpone(session, now=now, workshop_session=one)
    reschedule(session, now=now + 10 * DAY, workshop_session=one, **to(20 * DAY, one))
    assert one.began_at is None


def test_cancelled_for_good_it_is_not_moved(session: Session, one: WorkshopSession, now: datetime) -> None:
    postpone(session, now=now, workshop_session=one)
    assert cancel(session, now=now, workshop_session=one)
    assert not cancel(session, now=now, workshop_session=one)
    assert (one.status, one.postponed_at, one.sequence) == (SessionStatus.CANCELLED, None, 2)
    assert actions(session) == ["programme.postpone", "programme.cancel"]
    with pytest.raises(CancelledError):
        reschedule(session, now=now, workshop_session=one, **to(20 * DAY, one))
    with pytest.raises(CancelledError):
        postpone(session, now=now, workshop_session=one)


def test_reinstated_only_while_its_date_is_to_come(session: Session, one: WorkshopSession, now: datetime) -> None:
    assert not reinstate(session, now=now, workshop_session=one)
    cancel(session, now=now, workshop_session=one)
    with pytest.raises(PastError):
        reinstate(session, now=one.starts_at, workshop_session=one)
    assert reinstate(session, now=now, workshop_session=one)
    assert (one.status, one.cancelled_at, one.sequence) == (SessionStatus.CONFIRMED, None, 2)


def test_the_file_says_so_beside_the_status(session: Session, one: WorkshopSession, now: datetime) -> None:
    postpone(session, now=now, workshop_session=one)
    text = export_series(one.series)
    assert "status: cancelled\n    postponed: true" in text
    other = text.replace(f"slug: {one.series.slug}", "slug: andere", 1)
    import_series(session, content=other.encode(), now=now, instance_languages=("fr", "en"), count_answers=no_answers)
    made = session.scalars(sa.select(WorkshopSession).where(WorkshopSession.id != one.id)).one()
    assert made.postponed_at == now
    back = other.replace("    postponed: true\n", "").replace("status: cancelled", "status: confirmed")
    import_series(session, content=back.encode(), now=now, instance_languages=("fr", "en"), count_answers=no_answers)
    session.expire_all()
    again = session.scalars(sa.select(WorkshopSession).where(WorkshopSession.id != one.id)).one()
    assert (again.status, again.postponed_at) == (SessionStatus.CONFIRMED, None)


@pytest.mark.parametrize("status", ["confirmed", "tentative"])
def test_a_file_that_postpones_what_is_on_is_refused(
    session: Session, one: WorkshopSession, now: datetime, status: str
) -> None:
    postpone(session, now=now, workshop_session=one)
    bad = export_series(one.series).replace("status: cancelled", f"status: {status}")
    with pytest.raises(SeriesFileError) as raised:
        import_series(session, content=bad.encode(), now=now, instance_languages=("fr", "en"), count_answers=no_answers)
    assert [fault.code for fault in raised.value.faults] == ["postponed_not_cancelled"]


def test_calendars_and_search_engines_are_told(
    app: Flask, session: Session, one: WorkshopSession, now: datetime
) -> None:
    postpone(session, now=now, workshop_session=one)
    with app.test_request_context("/en/"), force_locale("en"):
        view = session_view(one, audience=Audience.PUBLIC, surface=Surface.JSON)
        assert view is not None
        assert event_data(view, language="en")["eventStatus"] == "https://schema.org/EventPostponed"
        entry = session_view(one, audience=Audience.PUBLIC, surface=Surface.CALENDAR)
        assert entry is not None
        event = session_event(entry, language="en", url="https://example.org/", domain="example.org")
    assert event.summary.startswith("POSTPONED: ")
    assert event.status.value == "CANCELLED"


def test_only_what_was_never_published_is_deleted(session: Session, now: datetime) -> None:
    draft = build_session(session, is_published=False, published_at=None)
    build_section(session, draft)
    series, number = draft.series, draft.id
    with pytest.raises(NoDraftError):
        delete_draft(session, now=now, workshop_session=draft, has_answers=True)
    revision = series.revision
    delete_draft(session, now=now, workshop_session=draft, has_answers=False)
    session.expire_all()
    assert session.get(WorkshopSession, number) is None
    assert series.sessions == []
    assert series.revision == revision + 1
    assert actions(session) == ["programme.delete_session"]
    former = build_session(session, is_published=False)
    with pytest.raises(NoDraftError):
        delete_draft(session, now=now, workshop_session=former, has_answers=False)
