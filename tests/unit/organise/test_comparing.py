"""What is kept aside against what is published: which words went, which came, and what became of each part."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask

from tests.unit.programme.values import a_session, text
from workshop.core.localized import Localized
from workshop.organise.comparing import Segment, compare_programme, compare_values, diff, value_words
from workshop.programme.models import ItemKind, Mode
from workshop.programme.service.values import InterpretationValues, ItemValues, SectionValues


@pytest.fixture(autouse=True)
def _spoken(app: Flask) -> object:
    with app.test_request_context("/en/"):
        yield


def item(number: int | None, title: str, minutes: int = 20) -> ItemValues:
    return ItemValues(id=number, kind=ItemKind.TALK, title=text(f"{title} fr", title), minutes=minutes)


def test_words_that_went_and_came() -> None:
    assert diff("A short talk about care", "A long talk about care") == (
        Segment("same", "A "), Segment("out", "short"), Segment("in", "long"), Segment("same", " talk about care"),
    )  # fmt: skip
    assert diff("", "New") == (Segment("in", "New"),)
    assert diff("Old", "") == (Segment("out", "Old"),)


def test_another_text_is_shown_whole() -> None:
    assert diff("What the figures say", "My own title") == (
        Segment("out", "What the figures say"),
        Segment("in", "My own title"),
    )


@pytest.mark.parametrize("text", ["a " * 20_000, "<b>" * 5000, "\u202e" * 100])
def test_long_and_odd_texts(text: str) -> None:
    found = diff(text, f"{text} end")
    assert "".join(one.text for one in found if one.kind != "out") == f"{text} end"


def test_fields_by_language() -> None:
    before = a_session(title=text("Un titre", "A title"), label=Localized.neutral("X"), capacity=3)
    after = dataclasses.replace(
        before, title=text("Un titre", "A new title"), objectives=(text("Un", "One"), Localized.neutral("Y")),
        label=Localized(), capacity=None, mode=Mode.HYBRID, level=None, has_waiting_list=False,
        interpretation=(InterpretationValues(source="fr", target="en", scope=text("Tout", "All")),),
        moderators=("ada",),
    )  # fmt: skip
    found = {one.field: one for one in compare_values(before, after, names={"ada": "Ada Example"})}
    assert [one.language for one in found["title"].texts] == ["en"]
    assert found["capacity"].texts[0].segments == (Segment("out", "3"), Segment("in", "No limit"))
    assert found["interpretation"].texts[0].segments == (Segment("in", "fr → en (Tout / All)"),)
    assert found["moderators"].texts[0].segments == (Segment("in", "Ada Example"),)
    assert found["has_waiting_list"].texts[0].segments == (Segment("out", "yes"), Segment("in", "no"))
    assert set(found) == {
        "title", "label", "objectives", "mode", "interpretation", "capacity", "has_waiting_list", "moderators",
    }  # fmt: skip


def test_parts_of_a_programme() -> None:
    before = (SectionValues(id=1, title=text("P", "P"), items=(item(1, "A"), item(2, "B"), item(3, "C"))),)
    after = (
        SectionValues(id=1, title=text("P", "Part"), items=(item(3, "C"), item(1, "A", 30))),
        SectionValues(id=-5, title=text("N", "New"), items=(item(-6, "D"),)),
    )
    found = [
        (one.kind, one.title["en"], [field.field for field in one.fields]) for one in compare_programme(before, after)
    ]
    assert ("changed", "Part", ["title"]) in found
    assert ("changed", "A", ["minutes"]) in found
    assert ("added", "New", []) in found
    assert ("added", "D", []) in found
    assert found[-1] == ("removed", "B", [])
    assert len([one for one in found if one[0] == "moved"]) == 1


def test_values_in_words() -> None:
    assert value_words("visibility", None) == "As the series"
    assert value_words("links", ("https://a.example.org/", "https://b.example.org/")).count("\n") == 1
