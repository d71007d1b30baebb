"""A text whose other language was changed is stale until it is edited or said to hold; what changes no words is not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_series
from workshop.core.localized import Localized
from workshop.people.models import StaleText
from workshop.people.service import save_person
from workshop.people.staleness import find_stale, follow, forget, list_stale, mark_fine
from workshop.people.values import PersonValues

LANGUAGES = ("fr", "en")


@pytest.mark.parametrize(
    ("before", "after", "known", "stale"),
    [
        pytest.param(both("un", "one"), both("deux", "one"), (), {"en": "fr"}, id="one language changed"),
        pytest.param(both("un", "one"), both("deux", "two"), (), {}, id="both changed"),
        pytest.param(Localized({"fr": "un"}), both("un", "one"), (), {}, id="a first translation"),
        pytest.param(both("un", "one"), Localized({"en": "one"}), (), {}, id="taken away"),
        pytest.param(both("Quoi ?", "What?"), both("Quoi\u202f?", "What?"), (), {}, id="typography alone"),
        pytest.param(both("un", "one"), both("un", "two"), {"en"}, {}, id="catching up"),
        pytest.param(both("un", "one"), both("deux", "one"), {"en"}, {"en": "fr"}, id="changed again"),
        pytest.param(both("un", "one"), both("un", "one"), {"en"}, {"en": None}, id="still stale"),
        pytest.param(both("un", "one"), Localized.neutral("uno"), {"en"}, {}, id="the same in every language"),
        pytest.param(
            Localized.neutral("Inserm"), both("L’Inserm", "Inserm"), (), {"en": "fr"}, id="no longer the same"
        ),
        pytest.param(
            Localized({"fr": "un", "en": "one", "de": "eins"}),
            Localized({"fr": "un", "en": "two", "de": "eins"}),
            {"en", "de"},
            {"de": None},
            id="one of two catches up",
        ),
    ],
)
def test_what_is_stale(
    before: Localized, after: Localized, known: Collection[str], stale: dict[str, str | None]
) -> None:
    assert find_stale(before, after, known) == stale


def _write(
    session: Session, now: datetime, series_id: int, before: Localized, after: Localized, *fine: tuple[str, str]
) -> list[tuple[str, str, str, str, datetime]]:
    follow(
        session, now=now, actor="organiser:1", series_id=series_id, owner="item:7", before={"title": before},
        after={"title": after}, fine=fine,
    )  # fmt: skip
    session.expire_all()
    rows = list_stale(session, series_id).get("item:7", [])
    return [(row.field, row.language, row.changed_language, row.changed_by, row.changed_at) for row in rows]


def test_it_is_kept_until_somebody_edits_it_or_says_that_it_holds(session: Session, now: datetime) -> None:
    series, later = build_series(session), now + timedelta(hours=1)
    one, two, three = both("un", "one"), both("deux", "one"), both("trois", "one")
    assert _write(session, now, series.id, one, two) == [("title", "en", "fr", "organiser:1", now)]
    assert _write(session, later, series.id, two, three) == [("title", "en", "fr", "organiser:1", later)]
    assert _write(session, later, series.id, three, both("trois", "three")) == []
    _write(session, now, series.id, one, two)
    assert mark_fine(session, owner="item:7", fine={("title", "fr")}) == 0
    assert mark_fine(session, owner="item:7", fine={("title", "en")}) == 1
    assert list_stale(session, series.id) == {}


def test_what_is_said_to_hold_while_it_is_written_does(session: Session, now: datetime) -> None:
    series = build_series(session)
    assert _write(session, now, series.id, both("un", "one"), both("deux", "one"), ("title", "en")) == []
    _write(session, now, series.id, both("un", "one"), both("deux", "one"))
    assert _write(session, now, series.id, both("deux", "one"), both("deux", "one"), ("title", "en")) == []


def test_nothing_is_left_of_what_had_the_number_before(session: Session, now: datetime) -> None:
    series = build_series(session)
    _write(session, now, series.id, both("un", "one"), both("deux", "one"))
    follow(
        session, now=now, actor="organiser:1", series_id=series.id, owner="item:7", before={},
        after={"title": both("neuf", "new")},
    )  # fmt: skip
    assert list_stale(session, series.id) == {}
    _write(session, now, series.id, both("un", "one"), both("deux", "one"))
    forget(session, ["item:7"])
    session.expire_all()
    assert session.query(StaleText).count() == 0


def test_what_is_said_of_a_person(session: Session, now: datetime) -> None:
    series = build_series(session)

    def save(*, role: Localized) -> list[tuple[str, str]]:
        university = both("L’université", "The university")
        values = PersonValues(key="ada", name="Ada", affiliations=(university,), role=role)
        person = save_person(
            session, now=now, series_id=series.id, values=values, languages=LANGUAGES, actor="organiser:1"
        )
        rows = list_stale(session, series.id).get(f"person:{person.id}", [])
        return [(row.field, row.language) for row in rows]

    assert save(role=both("sociologue", "sociologist")) == []
    assert save(role=both("juriste", "sociologist")) == [("role", "en")]
    assert save(role=both("juriste", "lawyer")) == []
