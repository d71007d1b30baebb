"""Export, then import, gives the same series: whatever its texts hold."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.unit.programme.values import LANGUAGES, a_series, a_session, no_answers, snapshot, wall
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.checks import Checker
from workshop.people.service import save_person
from workshop.people.values import PartnerValues, PersonValues
from workshop.programme.models import Format, ItemKind, Mode, QuestionKind, Series, SessionStatus
from workshop.programme.seriesfile import export_series, import_series
from workshop.programme.service import create_series, create_session, update_series
from workshop.programme.service.questions import clean_questions, write_questions
from workshop.programme.service.values import (
    InterpretationValues,
    ItemValues,
    QuestionValues,
    SectionValues,
    ShareValues,
)

TRICKY = st.sampled_from([
    "no", "16:15", "1e3", "~", "null", "0x1f", "- a", "a: b", "# c", "'", '"', "{a", "[b]", "a\n\n  b\n c", "&a", "*a", "!x", "%",
    "2021-01-01", "=", "<<", "| ", "é « à » ?", "a #b", "🙂", "\\n", "1_000", ".inf", "a\n\tb", "x:\n  - y", "@", "`",
])  # fmt: skip
TEXT = st.one_of(TRICKY, st.text(min_size=1, max_size=30))
TITLE = TEXT.filter(lambda text: bool(_one_line(text)))
WEB = st.sampled_from(["https://a.example.org/?a=b&c=%20#d", "http://example.org:8080/", "https://[::1]/x"])


def _one_line(text: str) -> str:
    from workshop.ical.text import clean_line

    return clean_line(text)


def both(text: st.SearchStrategy[str]) -> st.SearchStrategy[Localized]:
    return st.one_of(text.map(Localized.neutral), st.builds(lambda fr, en: Localized({"fr": fr, "en": en}), text, text))


def some(text: st.SearchStrategy[str]) -> st.SearchStrategy[Localized]:
    languages = st.dictionaries(st.sampled_from(LANGUAGES), text, max_size=2).map(Localized)
    return st.one_of(text.map(Localized.neutral), languages)


PARTNERS = st.lists(
    st.builds(PartnerValues, name=both(TITLE), role=some(TEXT), url=st.one_of(st.just(""), WEB)), max_size=2
).map(tuple)
OFFSETS = st.lists(st.sampled_from(["-7d", "-1d", "-1h", "+1d", "-30d"]), unique=True, max_size=3).map(tuple)
KEYS = st.lists(st.sampled_from(["ada", "no", "16:15"]), unique=True, max_size=2).map(tuple)
SERIES = st.fixed_dictionaries({
    "title": both(TITLE), "subtitle": some(TEXT), "kind": some(TEXT), "description": some(TEXT), "contact": st.sampled_from(
        ["", "contact@example.org"]), "sender_name": some(TEXT), "controller": some(TEXT),
    "retention_days": st.integers(1, 90), "without_address": st.booleans(), "links": st.lists(WEB, max_size=2).map(tuple),
    "embed_origins": st.sampled_from([(), ("https://a.example.org:8443", "http://localhost")]),
    "colour": st.sampled_from(["", "#1A5276"]), "reminders": OFFSETS, "committee": KEYS, "partners": PARTNERS,
    "visibility": st.sampled_from(Visibility), "tzid": st.sampled_from(["Europe/Paris", "America/Toronto", "UTC"]),
})  # fmt: skip
PEOPLE = st.fixed_dictionaries({
    "name": TITLE, "role": some(TEXT), "affiliations": st.lists(both(TITLE), max_size=3).map(tuple), "biography": some(TEXT),
    "links": st.lists(WEB, max_size=2).map(tuple), "email": st.sampled_from(["", "ada@example.org"]),
})  # fmt: skip
ITEM = st.builds(
    ItemValues, kind=st.sampled_from(ItemKind), title=both(TITLE), abstract=some(TEXT),
    starts=st.sampled_from(["", "16:15", "08:00"]), minutes=st.one_of(st.none(), st.integers(1, 90)),
    level=st.sampled_from([None, Level.WHOLE_SESSION]), speakers=KEYS, moderators=KEYS,
)  # fmt: skip
SECTIONS = st.lists(
    st.builds(
        SectionValues, title=st.one_of(st.just(Localized()), both(TITLE)), items=st.lists(ITEM, max_size=2).map(tuple)
    ),
    max_size=2,
).map(tuple)
START = st.sampled_from([wall("2026-10-25T02:30"), wall("2027-01-14T16:00"), wall("2027-07-01T00:00")])
SESSION = st.fixed_dictionaries({
    "number": st.one_of(st.none(), st.integers(0, 99)), "label": some(TEXT), "short_title": some(TEXT), "title": both(TITLE),
    "public_title": some(TEXT), "abstract": some(TEXT), "objectives": st.lists(both(TITLE), max_size=2).map(tuple),
    "starts_wall": START, "fold": st.sampled_from([0, 1]), "ends_fold": st.just(1),
    "tzid": st.sampled_from(["", "Europe/Paris", "America/Toronto"]), "format": st.sampled_from(Format),
    "mode": st.sampled_from(Mode), "place": some(TEXT), "room_link": st.one_of(st.just(""), WEB),
    "floor_languages": st.sampled_from([("fr",), ("en", "fr"), ("no",)]),
    "interpretation": st.lists(
        st.builds(InterpretationValues, source=st.just("fr"), target=st.sampled_from(["en", "no"]), scope=some(TEXT)), max_size=2
    ).map(tuple),
    "status": st.sampled_from(SessionStatus), "is_published": st.booleans(),
    "visibility": st.sampled_from([None, Visibility.INVITE_ONLY]), "level": st.sampled_from([None, Level.WHOLE_SESSION]),
    "capacity": st.one_of(st.none(), st.integers(1, 500)), "rsvp_opens_wall": st.sampled_from([None, wall("2026-09-01T08:00")]),
    "rsvp_closes_wall": st.sampled_from([None, wall("2026-10-24T18:00")]), "monolingual": st.sampled_from(["", "fr"]),
    "links": st.lists(WEB, max_size=2).map(tuple), "reminders": st.one_of(st.none(), OFFSETS), "moderators": KEYS,
    "partners": PARTNERS, "has_waiting_list": st.booleans(), "needs_approval": st.booleans(),
})  # fmt: skip
SHARES = st.lists(
    st.builds(ShareValues, name=both(TITLE), percent=st.integers(1, 33)), max_size=3, unique_by=lambda one: one.name
).map(tuple)
CHOICE = st.sampled_from([QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF])
QUESTION = st.one_of(
    st.builds(
        QuestionValues, kind=st.sampled_from([QuestionKind.SHORT, QuestionKind.LONG, QuestionKind.YES_NO]), text=both(TITLE),
        reason=both(TITLE), is_required=st.booleans(), keep_days=st.integers(0, 90),
    ),
    st.builds(
        QuestionValues, kind=CHOICE, text=both(TITLE), reason=both(TITLE), keep_days=st.integers(0, 90),
        options=st.permutations(["no", "16:15", "é « à »"]).map(lambda texts: tuple(map(Localized.neutral, texts))),
    ),
)  # fmt: skip
QUESTIONS = st.lists(QUESTION, max_size=3)


def cleaned(questions: list[QuestionValues]) -> tuple[QuestionValues, ...]:
    return clean_questions(questions, Checker(LANGUAGES), languages=LANGUAGES)


@settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
@given(
    series=SERIES, people=st.lists(PEOPLE, min_size=3, max_size=3), one=SESSION, sections=SECTIONS, shares=SHARES,
    questions=st.tuples(QUESTIONS, QUESTIONS),
)  # fmt: skip
def test_whatever_the_texts_hold(
    session: Session,
    now: datetime,
    series: dict[str, Any],
    people: list[dict[str, Any]],
    one: dict[str, Any],
    sections: tuple[SectionValues, ...],
    shares: tuple[ShareValues, ...],
    questions: tuple[list[QuestionValues], list[QuestionValues]],
) -> None:
    # Level of the series and of the items stay within what is allowed whatever else is drawn.
    if one["level"] is None:
        sections = tuple(
            dataclasses.replace(part, items=tuple(dataclasses.replace(item, level=None) for item in part.items))
            for part in sections
        )
    values = a_series(**series)
    made = create_series(session, now=now, values=dataclasses.replace(values, committee=None))
    for key, person in zip(("ada", "no", "16:15"), people, strict=True):
        save_person(session, now=now, series_id=made.id, values=PersonValues(key=key, **person), languages=LANGUAGES)
    update_series(session, now=now, series=made, values=values, answers={})
    said = a_session(**one | {"slug": "a", "ends_wall": one["starts_wall"] + timedelta(hours=1)})
    if said.capacity is not None:
        said = dataclasses.replace(said, shares=shares)
    stored = create_session(session, now=now, series=made, values=said, sections=sections)
    write_questions(session, now=now, owner=made, values=cleaned(questions[0]))
    write_questions(session, now=now, owner=stored, values=cleaned(questions[1]))
    session.refresh(made)
    before, text = snapshot(made), export_series(made, is_private=True)
    session.delete(made)
    session.flush()
    report = import_series(
        session, now=now, content=text.encode(), instance_languages=LANGUAGES, count_answers=no_answers
    )
    again = session.get_one(Series, report.series_id)
    assert snapshot(again) == before
    assert export_series(again, is_private=True) == text
    session.rollback()


@pytest.mark.databases("sqlite")
def test_nothing_private_without_being_asked(session: Session, now: datetime) -> None:
    made = create_series(session, now=now, values=a_series())
    person = PersonValues(key="ada", name="Ada", email="canary-mail@example.org")
    save_person(session, now=now, series_id=made.id, values=person, languages=LANGUAGES)
    link = "https://rooms.example.org/canary-room"
    create_session(session, now=now, series=made, values=a_session(room_link=link))
    session.refresh(made)
    assert export_series(made, is_private=True).count("canary") == 2
    assert "canary" not in export_series(made)
