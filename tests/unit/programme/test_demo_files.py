"""The demo's files are series files that import."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tests.unit.programme.values import LANGUAGES, no_answers, snapshot
from workshop.chatham.rule import Level
from workshop.demo.content import example_text, real_text
from workshop.programme.models import Mode, Series, SessionStatus
from workshop.programme.seriesfile import export_series, import_series


def test_the_example_has_one_coming_session_of_each_level(session: Session) -> None:
    now = datetime(2027, 3, 20, 9, tzinfo=UTC)
    text = example_text(date(2027, 3, 20))
    report = import_series(
        session, now=now, content=text.encode(), instance_languages=LANGUAGES, count_answers=no_answers
    )
    series = session.get_one(Series, report.series_id)
    assert series.title["fr"].startswith("Exemple")
    assert series.title["en"].startswith("Example")
    assert sorted(one.level for one in series.sessions if one.level) == sorted(Level)
    days = [one.starts_at.astimezone(ZoneInfo(one.tzid)).date() - date(2027, 3, 20) for one in series.sessions]
    assert days == [timedelta(days=number) for number in (6, 13, 20, 27, 34, 41, 48)]
    assert [one.capacity for one in series.sessions] == [5, None, None, None, 3, None, None]
    full, approved, cancelled = series.sessions[4:]
    assert [share["percent"] for share in full.shares] == [34]
    assert full.has_waiting_list
    assert approved.needs_approval
    assert [len(question.options) for question in approved.questions] == [3]
    assert [one for one in series.sessions if one.status is SessionStatus.CANCELLED] == [cancelled]
    assert series.embed_origins == ("https://partner.example.org",)
    hybrid = next(one for one in series.sessions if one.mode is Mode.HYBRID)
    assert hybrid.tzid == "America/Toronto"
    assert any(one.interpretation for one in series.sessions)


def test_every_text_of_the_example_is_in_both_languages(session: Session, now: datetime) -> None:
    content = example_text(now.date()).encode()
    report = import_series(session, now=now, content=content, instance_languages=LANGUAGES, count_answers=no_answers)
    series = session.get_one(Series, report.series_id)
    text = repr(snapshot(series))
    assert text.count("'fr': ") == text.count("'en': ")


def test_the_example_survives_export_and_import(session: Session, now: datetime) -> None:
    content = example_text(now.date()).encode()
    report = import_series(session, now=now, content=content, instance_languages=LANGUAGES, count_answers=no_answers)
    series = session.get_one(Series, report.series_id)
    before, exported = snapshot(series), export_series(series, is_private=True)
    session.delete(series)
    session.flush()
    report = import_series(
        session, now=now, content=exported.encode(), instance_languages=LANGUAGES, count_answers=no_answers
    )
    assert snapshot(session.get_one(Series, report.series_id)) == before


def test_the_real_series_ships_with_the_package() -> None:
    assert "slug: decloisonner" in real_text()
