"""Where somebody worked before travels in the series' file, and is found fault with at its line."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_person, build_series
from tests.unit.programme.values import LANGUAGES, no_answers
from workshop.core.localized import Localized
from workshop.people.rule import post_on
from workshop.people.values import FormerValues, person_values
from workshop.programme.seriesfile import export_series, import_series
from workshop.programme.seriesfile.nodes import SeriesFileError

FORMER = (
    {"until": "2024-01-01", "affiliations": ["Inserm", {"fr": "École", "en": "School"}]},
    {"until": "2026-06-01", "affiliations": [], "role": {"fr": "juriste", "en": "lawyer"}},
)


def test_it_comes_back_as_it_was(session: Session, now: datetime) -> None:
    series = build_series(session)
    person = build_person(session, series, role=both("juge", "judge"), former=FORMER)
    before = person_values(person)
    text = export_series(series, is_private=True)
    person.former = ()
    session.flush()
    session.expire_all()
    import_series(session, now=now, content=text.encode(), instance_languages=LANGUAGES, count_answers=no_answers)
    session.expire_all()
    assert person_values(person) == before
    assert before.former[0] == FormerValues(
        until=date(2024, 1, 1), affiliations=(Localized.neutral("Inserm"), both("École", "School"))
    )
    assert post_on(person, date(2023, 12, 31)).role == both("juriste", "lawyer")
    assert post_on(person, date(2026, 6, 1)).role == both("juge", "judge")


@pytest.mark.parametrize("until", ["2026-13-01", "yesterday", "20260101"])
def test_what_is_no_day_is_named_with_its_line(session: Session, now: datetime, until: str) -> None:
    series = build_series(session)
    build_person(session, series, former=FORMER[:1])
    text = export_series(series).replace("2024-01-01", until)
    with pytest.raises(SeriesFileError) as caught:
        import_series(session, now=now, content=text.encode(), instance_languages=LANGUAGES, count_answers=no_answers)
    (fault,) = caught.value.faults
    assert (fault.code, fault.value) == ("not_date", until)
    assert until in text.splitlines()[fault.line - 1]
