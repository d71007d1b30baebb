"""The notices are the wording of record, in every language of the interface, and never change under a version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest

from workshop.chatham.notices import (
    LABELS,
    current_notice,
    explanation,
    label,
    level_character,
    level_sign,
    notice,
)
from workshop.chatham.rule import Level
from workshop.core.localized import Localized

# Of the French text, a line feed, the English text. A change of wording is a new version, never a new digest here.
DIGESTS: dict[tuple[Level, int], str] = {
    (Level.ON_THE_RECORD, 1): "41f50e404d9197ae4b35234f1f13a7cc21119ea265a759c6e3b030ce0c808d16",
    (Level.DISCUSSION, 1): "6e21bed21cfa7675a5545c0a1d08a82a27f4abb72c46d3cbb08999c372d355b9",
    (Level.WHOLE_SESSION, 1): "e0ddbb3475b2dd6ef107bc7ffa779353d15dd394d74494685e2165f589f81ef4",
    (Level.CLOSED, 1): "630417aa4cf5467ec41a802bc7fa62c9a6425587b244eae54a0d56a8eb36eb60",
}


def texts() -> Iterator[Localized]:
    for level in Level:
        found = explanation(level)
        yield from (label(level), current_notice(level).text, found.summary, found.may, found.may_not)
        box = current_notice(level).box
        if box is not None:
            yield box


@pytest.mark.parametrize(("key", "digest"), DIGESTS.items())
def test_a_version_keeps_its_wording(key: tuple[Level, int], digest: str) -> None:
    found = notice(*key)
    assert (found.level, found.version) == key
    assert hashlib.sha256(f"{found.text['fr']}\n{found.text['en']}".encode()).hexdigest() == digest


def test_every_current_notice_has_its_wording_fixed() -> None:
    assert {(level, current_notice(level).version) for level in Level} <= set(DIGESTS)


def test_a_version_that_never_was_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="discussion in version 99"):
        notice(Level.DISCUSSION, 99)


def test_the_box_is_asked_for_from_discussion_up() -> None:
    assert [current_notice(level).box is not None for level in Level] == [False, True, True, True]
    box = current_notice(Level.DISCUSSION).box
    assert box is not None
    assert box["fr"] == "J’ai lu cette règle et je la respecterai."
    assert box["en"] == "I have read this and will respect it."


def test_french_names_the_affiliation_of_the_others_too() -> None:
    for level in (Level.DISCUSSION, Level.WHOLE_SESSION):
        text = current_notice(level).text["fr"]
        assert "l’identité ni l’affiliation" in text
        assert "ni celles d’aucune autre personne présente" in text


def test_labels_are_the_words_of_the_product() -> None:
    assert [text["fr"] for text in LABELS.values()] == [
        "Propos attribuables",
        "Discussion sous la règle",
        "Toute la séance sous la règle",
        "Huis clos",
    ]
    assert [label(level)["en"] for level in Level] == [
        "On the record",
        "Discussion under the Rule",
        "Whole session under the Rule",
        "Closed",
    ]


def test_every_text_is_in_both_languages_with_their_punctuation() -> None:
    for text in texts():
        assert set(text) == {"fr", "en"}
        assert not re.search(r" [:;!?»]|« |[^\u00a0]:|[^\u202f][;!?]|'|·", text["fr"]), text["fr"]
        assert not re.search(r"[\u00a0\u202f'\"]", text["en"]), text["en"]
        assert "Rules" not in text["en"]


def test_each_level_has_a_shape_of_its_own() -> None:
    assert [level_sign(level) for level in Level] == ["ring", "half", "disc", "square"]
    assert [level_character(level) for level in Level] == ["○", "◐", "●", "■"]
