"""Values that tests of the programme begin with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.values import person_values
from workshop.programme.models import Series
from workshop.programme.service.values import (
    SeriesValues,
    SessionValues,
    question_values,
    section_values,
    series_values,
    session_values,
)

LANGUAGES = ("fr", "en")


def no_answers(_session: Session, session_ids: Collection[int]) -> dict[int, int]:
    return dict.fromkeys(session_ids, 0)


def some_answers(_session: Session, session_ids: Collection[int]) -> dict[int, int]:
    return dict.fromkeys(session_ids, 1)


def wall(written: str) -> datetime:
    return datetime.fromisoformat(written)


def text(fr: str, en: str) -> Localized:
    return Localized({"fr": fr, "en": en})


def a_series(**changes: Any) -> SeriesValues:
    values: dict[str, Any] = {
        "slug": "essai",
        "title": text("Essai", "Trial"),
        "languages": LANGUAGES,
        "tzid": "Europe/Paris",
        "level": Level.DISCUSSION,
        "visibility": Visibility.PUBLIC,
    }
    return SeriesValues(**values | changes)


def a_session(**changes: Any) -> SessionValues:
    values: dict[str, Any] = {
        "number": 1,
        "title": text("Première séance", "First session"),
        "starts_wall": wall("2027-01-14T16:00"),
        "ends_wall": wall("2027-01-14T18:00"),
        "floor_languages": ("fr",),
    }
    return SessionValues(**values | changes)


def snapshot(series: Series) -> dict[str, Any]:
    """Return everything that the file can say of a series, as it is stored."""
    return {
        "series": series_values(series),
        "questions": [question_values(question) for question in series.questions],
        "people": [person_values(person) for person in series.people],
        "sessions": [
            (
                session_values(one),
                one.starts_at,
                one.ends_at,
                [section_values(section) for section in one.sections],
                [question_values(question) for question in one.questions],
            )
            for one in series.sessions
        ],
    }
