"""The Rule in a table: section 3, as an organiser reads it."""

from __future__ import annotations

import pytest
from flask import Flask

from workshop.chatham.rule import Level, Visibility
from workshop.core.language import speaking
from workshop.organise.seen import table

pytestmark = pytest.mark.databases("sqlite")

READERS = (
    "Public page", "Public calendar", "Invited", "Participant’s page", "Participant’s e-mail", "Participant’s calendar",
    "Speaker’s page", "Translator, helper", "Organiser",
)  # fmt: skip
ALL, NONE = "+++++++++", "---------"
ORGANISER = "--------+"
# A plus for each reader who sees the datum as it is, at each level from the loosest to the strictest.
EXPECTED = {
    "That it takes place, and when": (ALL, ALL, ALL, "--+++++++"),
    "Title": (ALL, ALL, "---+--+++", "---+--+++"),
    "Text, titles of talks, place": (ALL, ALL, "+-++--+++", "---+--+++"),
    "The level and its notice": (ALL, ALL, "+-+++-+++", "--+++-+++"),
    "Names of speakers": (ALL, ALL, "---+--+-+", "---+--+-+"),
    "Their affiliations": (ALL, ALL, "---+--+-+", "---+--+-+"),
    "Link into the room": ("---++++--",) * 4,
    "The room’s own address": (ORGANISER,) * 4,
    "Names of participants": (ORGANISER,) * 4,
    "Their e-mail addresses": (ORGANISER,) * 4,
    "How many take part": ("+-++--+++", "+-++--+++", ORGANISER, ORGANISER),
    "Counts by group": (ORGANISER, ORGANISER, ORGANISER, NONE),
    "Slides": (ALL, ALL, "---+--+--", "---+--+--"),
    "Recording": (ALL, NONE, NONE, NONE),
}


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("datum", EXPECTED)
def test_a_row_says_what_the_rule_says(app: Flask, datum: str, level: Level) -> None:
    with app.test_request_context(), speaking("en"):
        columns, rows = table(level, Visibility.PUBLIC)
    assert tuple(columns) == READERS
    row = next(one for one in rows if one.name == datum)
    assert "".join("+" if cell.is_shown else "-" for cell in row.cells) == EXPECTED[datum][level.strictness]
    assert row.decides


def test_words_say_how_far_where_yes_would_be_too_much(app: Flask) -> None:
    with app.test_request_context(), speaking("en"):
        rows = {
            row.name: [cell.words for cell in row.cells] for row in table(Level.WHOLE_SESSION, Visibility.PUBLIC)[1]
        }
        closed = {row.name: [cell.words for cell in row.cells] for row in table(Level.CLOSED, Visibility.PUBLIC)[1]}
    assert rows["Title"][:2] == ["public title", "label only"]
    assert rows["Their e-mail addresses"][-1] == "masked; each look is logged"
    assert rows["Counts by group"][-1] == "never fewer than five"
    assert closed["Title"][0] == "no"


def test_what_only_those_invited_know_is_no_publics(app: Flask) -> None:
    with app.test_request_context(), speaking("en"):
        rows = table(Level.ON_THE_RECORD, Visibility.INVITE_ONLY)[1]
    assert {cell.is_shown for row in rows for cell in row.cells[:2]} == {False}
