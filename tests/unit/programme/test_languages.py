"""Both languages of a series: what is measured, what is missing, what keeps a session from being published."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.builders import both, build_item, build_person, build_section, build_series, build_session
from tests.unit.programme.values import a_session
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.people.staleness import list_stale
from workshop.programme.models import ItemKind, WorkshopSession
from workshop.programme.service import (
    ItemValues,
    SectionValues,
    create_session,
    publish,
    series_values,
    session_values,
    update_series,
    update_session,
)
from workshop.programme.service.values import section_values
from workshop.programme.texts import (
    Meter,
    add_up,
    lacking_texts,
    measure,
    person_texts,
    series_texts,
    session_texts,
)
from workshop.programme.view.languages import lines_of

FRENCH = Localized({"fr": "seulement"})
NONE = Localized()
LANGUAGES = ("fr", "en")


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a draft with a section and a talk."""
    made = build_session(session, is_published=False, published_at=None)
    build_item(session, made, section=build_section(session, made))
    return made


def _lacks(caught: pytest.ExceptionInfo[InvalidValuesError]) -> list[tuple[str, str, list[str]]]:
    return [(fault.field, fault.code, fault.context["languages"]) for fault in caught.value.faults]


def test_a_text_in_no_language_is_wanted_in_none(one: WorkshopSession) -> None:
    one.label, one.abstract, one.short_title, one.place = NONE, FRENCH, Localized.neutral("X"), NONE
    one.objectives = (both("apprendre", "to learn"), FRENCH)
    meters = measure(session_texts(one), LANGUAGES, {})
    # Title, short title, abstract, objectives, the section's title and the talk's.
    assert meters == (Meter("fr", 6, 6), Meter("en", 6, 4))
    assert [(meter.missing, meter.is_full) for meter in meters] == [(0, True), (2, False)]
    lines = lines_of(session_texts(one), LANGUAGES, {})
    assert [(line.owner, line.field, line.language) for line in lines] == [
        (f"session:{one.id}", "abstract", "en"),
        (f"session:{one.id}", "objectives", "en"),
    ]
    assert add_up([meters, meters], LANGUAGES) == (Meter("fr", 12, 12), Meter("en", 12, 8))


def test_a_title_is_wanted_even_where_there_is_none(one: WorkshopSession) -> None:
    one.title = NONE
    assert lacking_texts(one, [], LANGUAGES) == {"title": ["fr", "en"]}
    assert [line.field for line in lines_of(session_texts(one), ["en"], {})] == ["title"]


def test_what_a_series_and_its_people_are_called_counts(session: Session) -> None:
    series = build_series(session, subtitle=FRENCH)
    person = build_person(session, series, biography=FRENCH)
    assert measure(series_texts(series), ("en",), {}) == (Meter("en", 5, 4),)
    lines = lines_of(person_texts(person), LANGUAGES, {})
    assert [(line.field, line.language, line.name) for line in lines] == [
        ("biography", "en", Localized.neutral(person.name))
    ]


def test_edits_of_one_language_are_followed(session: Session, now: datetime, one: WorkshopSession) -> None:
    (section,) = (section_values(part) for part in one.sections)
    values = dataclasses.replace(
        session_values(one), abstract=both("Autre chose.", "What it is about."), label=both("Séance", "Session")
    )
    talk = dataclasses.replace(section.items[0], title=both("Un exposé", "Quite another talk"))
    sections = [dataclasses.replace(section, title=both("Une autre partie", "First part"), items=(talk,))]
    update_session(
        session, now=now, workshop_session=one, values=values, sections=sections, is_whole=True, has_answers=False,
        actor="organiser:1",
    )  # fmt: skip
    stale = list_stale(session, one.series_id)
    (part,) = one.sections
    found = {owner: [(row.field, row.language, row.changed_by) for row in rows] for owner, rows in stale.items()}
    assert found == {
        f"session:{one.id}": [("abstract", "en", "organiser:1")],
        f"section:{part.id}": [("title", "en", "organiser:1")],
        f"item:{part.items[0].id}": [("title", "fr", "organiser:1")],
    }
    assert [meter.stale for meter in measure(session_texts(one), LANGUAGES, stale)] == [1, 2]
    lines = [line for line in lines_of(session_texts(one), LANGUAGES, stale) if line.is_stale]
    assert [(line.field, line.language, line.changed_language) for line in lines] == [
        ("abstract", "en", "fr"),
        ("title", "en", "fr"),
        ("title", "fr", "en"),
    ]
    update_session(
        session, now=now, workshop_session=one, values=session_values(one), sections=[], is_whole=True,
        has_answers=False,
    )  # fmt: skip
    assert set(list_stale(session, one.series_id)) == {f"session:{one.id}"}


def test_edits_of_a_series_are_followed(session: Session, now: datetime) -> None:
    series = build_series(session)
    values = dataclasses.replace(series_values(series), title=both("Autre titre", series.title["en"]))
    update_series(session, now=now, series=series, values=values, answers={}, actor="organiser:1")
    (row,) = list_stale(session, series.id)[f"series:{series.id}"]
    assert (row.field, row.language, row.changed_language) == ("title", "en", "fr")


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"objectives": (both("a", "b"), FRENCH)}, [("objectives", "lacks_language", ["en"])]),
        ({"title": FRENCH}, [("title", "lacks_language", ["en"])]),
        ({"section": FRENCH}, [("programme.0.title", "lacks_language", ["en"])]),
        ({"objectives": (FRENCH,), "monolingual": "en"}, [("objectives", "lacks_language", ["en"])]),
        ({"objectives": (FRENCH,), "section": FRENCH, "title": FRENCH, "monolingual": "fr"}, []),
        ({"objectives": (), "section": NONE}, []),
        ({"abstract": FRENCH, "place": FRENCH}, []),
    ],
)
def test_what_keeps_a_session_from_being_published(
    session: Session, now: datetime, one: WorkshopSession, change: dict[str, object], lacks: list[object]
) -> None:
    for name, value in change.items():
        setattr(*((one.sections[0], "title", value) if name == "section" else (one, name, value)))
    session.flush()
    if not lacks:
        assert publish(session, now=now, workshop_session=one)
        return
    with pytest.raises(InvalidValuesError) as caught, session.begin_nested():
        publish(session, now=now, workshop_session=one)
    assert _lacks(caught) == lacks


def test_what_was_missing_while_it_was_published_holds_up_no_other_edit(session: Session, now: datetime) -> None:
    one = build_session(session, objectives=(FRENCH,))
    values = dataclasses.replace(session_values(one), capacity=12)
    assert update_session(session, now=now, workshop_session=one, values=values, has_answers=False)
    worse = [SectionValues(title=FRENCH, items=(ItemValues(kind=ItemKind.BREAK),))]
    with pytest.raises(InvalidValuesError) as caught, session.begin_nested():
        update_session(session, now=now, workshop_session=one, values=values, sections=worse, has_answers=False)
    assert _lacks(caught) == [("programme.0.title", "lacks_language", ["en"])]


def test_none_is_made_published_without_its_texts(session: Session, now: datetime) -> None:
    values = a_session(objectives=(FRENCH,), is_published=True)
    with pytest.raises(InvalidValuesError) as caught:
        create_session(session, now=now, series=build_series(session), values=values)
    assert _lacks(caught) == [("objectives", "lacks_language", ["en"])]


def test_a_series_gets_no_language_that_its_published_sessions_lack(session: Session, now: datetime) -> None:
    series = build_series(session, languages=("fr",))
    one = build_session(session, series, objectives=(FRENCH,))
    values = dataclasses.replace(series_values(series), languages=LANGUAGES)
    with pytest.raises(InvalidValuesError) as caught:
        update_series(session, now=now, series=series, values=values, answers={one.id: 0}, instance_languages=LANGUAGES)
    assert ("languages", "lacks_language", ["en"]) in _lacks(caught)
