"""The check as a whole: positions, keys, what is private, how its time grows, and that nothing typed breaks it."""

from __future__ import annotations

import re
import time
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.chatham.attribution.programme import dictionary, found, programme
from workshop.chatham import attribution
from workshop.chatham.attribution import Dictionary, Known, KnownOrganisation, KnownPerson, Reason, Severity, check
from workshop.chatham.attribution.reading import fold, read
from workshop.chatham.attribution.vocabulary import FIRST_NAMES, SECTIONS

HOSTILE = st.text(
    st.sampled_from(
        [
            *"aeGlandMme.-'’*_`~[]()<>\\&#;@:/%\"«»“”\n \t0137",
            "\u00ad",
            "\u200b",
            "\u2011",
            "\u202e",
            "\u202c",
            "\u0301",
            "а",
            "α",
            "İ",
            "ß",
            "Ǆ",
            "ﷺ",
            "😀",
            "王",
            "한",
        ]
    ),
    max_size=120,
)
PIECES = st.lists(
    st.sampled_from(
        [
            "Galland",
            "Angela",
            "Me",
            "Mme",
            "M.",
            "J.-C.",
            "Médecins du Monde",
            "explique",
            "said",
            "@",
            "(at)",
            "example.org",
            "« ",
            " »",
            "\n\n",
            "## Sources\n",
            "2020",
            "**",
            "[a](https://x.example/Kemp)",
            "the mayor of Lyon",
            "\u202e",
            "&shy;",
            "<b>",
            "Gal",
            "land",
            "Papillon",
            "Corvin",
            "Malongo",
        ]
    ),
    max_size=30,
).map(" ".join)


def _people(count: int) -> Known:
    """That many participants with made-up names, and an organisation and a domain for every other one."""
    syllables = ["ba", "ko", "lin", "mar", "dep", "tou", "rin", "gal", "vel", "sou", "zim", "ter", "pon", "ard", "ett"]
    firsts = sorted(FIRST_NAMES)

    def word(number: int) -> str:
        return (syllables[number % 15] + syllables[number // 15 % 15] + syllables[number // 225 % 15]).title()

    people = tuple(
        KnownPerson(f"{firsts[number].title()} {word(number)}", is_private=number > 9) for number in range(count)
    )
    bodies = tuple(
        KnownOrganisation((f"Institut {word(number * 7)}",), is_private=True) for number in range(count // 2)
    )
    return Known(people, bodies, tuple(f"{word(number * 11).lower()}.example" for number in range(count // 2)))


@given(HOSTILE | PIECES)
@example("İ" * 10 + "Galland")
@example("\u202eGalland")
@settings(max_examples=80, deadline=None)
def test_positions_are_those_of_what_was_typed(text: str) -> None:
    for finding in check(text, "fr", dictionary()):
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.words == text[finding.start : finding.end]
        assert re.fullmatch("[0-9a-f]{64}", finding.key)


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_full_name_is_found_between_any_two_paragraphs(before: str, after: str) -> None:
    text = f"{before}\n\nJean-Christophe Galland\n\n{after}"
    blocked = [finding for finding in check(text, "fr", dictionary()) if finding.severity is Severity.BLOCK]
    start = len(before) + 2
    assert any(finding.start < start + 23 and start < finding.end for finding in blocked) or "\u202e" in before


LOOKALIKES = {
    "g": "ɡց",
    "a": "аαɑ",
    "l": "ӏ1",
    "n": "ո",
    "d": "ԁ",
    "b": "Ь",
    "r": "ɾ",
    "o": "оοօ0",
    "m": "ᴍ",
    "c": "сϲ",
    "h": "һհ",
    "e": "еє",
}
UNSEEN = [
    "\u00ad",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u034f",
    "\ufe0f",
    "\u0301",
    "\u0336",
    "&shy;",
    "&#8203;",
    "&zwnj;",
]
TIGHT = ["-", "\u2011", ".", "·", "•", "/", "|"]


@given(st.sampled_from(["galland", "brombacher"]), st.data())
@settings(max_examples=200, deadline=None)
def test_no_disguise_hides_a_surname(name: str, data: st.DataObject) -> None:
    """Each letter as itself, a capital, a look-alike or an entity, with something unseen or one kind of mark between."""
    typed = ""
    between = data.draw(st.sampled_from([[""], ["", *UNSEEN], ["", "**"], ["", "`"], ["", "</b>"], TIGHT[:1], TIGHT]))
    for position, letter in enumerate(name):
        ways = [letter, letter.upper(), *LOOKALIKES[letter], f"&#{ord(letter)};", f"&#x{ord(letter):x};"]
        typed += data.draw(st.sampled_from(ways))
        typed += data.draw(st.sampled_from(between)) if position < len(name) - 1 else ""
    severities = [finding.severity for finding in check(f"Puis {typed} explique", "fr", dictionary())]
    assert Severity.BLOCK in severities


@given(HOSTILE)
@settings(max_examples=80, deadline=None)
def test_each_letter_knows_where_it_stands(text: str) -> None:
    for split in (False, True):
        reading = read(text, split=split)
        assert len(reading.cased) == len(reading.folded)
        for offset in range(len(reading.folded)):
            start, end = reading.typed(offset, offset + 1)
            assert 0 <= start < end <= len(text)


@given(PIECES)
@settings(max_examples=80, deadline=None)
def test_nobody_without_the_list_can_tell_who_is_on_it(text: str) -> None:
    """What is not private is found alike with nobody, somebody, or another on the list."""
    shown = [[finding for finding in check(text, "fr", known) if not finding.is_private] for known in _lists()]
    assert shown[0] == shown[1] == shown[2]


@cache
def _lists() -> list[Dictionary]:
    series = programme()
    somebody = KnownPerson("Papillon", is_private=True)
    others = (KnownPerson("Corvin Galland", is_private=True), KnownPerson("Jean Me", ("Angela",), is_private=True))
    body = KnownOrganisation(("Lyon",), is_private=True)
    return [
        attribution.compile(known)
        for known in (
            series,
            Known((*series.people, somebody), series.organisations, ("example.org",)),
            Known((*series.people, *others), (*series.organisations, body)),
        )
    ]


def test_what_needs_the_list_says_so() -> None:
    known = attribution.compile(
        Known((KnownPerson("Angela Me"), KnownPerson("Ada Corvin", is_private=True)), (), ("corvinium.example",))
    )
    findings = check("Angela Me, Ada Corvin and www.corvinium.example", "en", known)
    assert [(finding.words, finding.is_private) for finding in findings] == [
        ("Angela Me", False),
        ("Ada Corvin", True),
        ("www.corvinium.example", True),
    ]


def test_the_key_is_the_same_for_the_same_words_and_for_nothing_else() -> None:
    first, second, third = check("Angela. Puis ANGÉLA, et déborah.", "fr", dictionary())
    assert first.key == second.key == sha256(b"first_name\nangela").hexdigest()
    assert third.key != first.key


def test_a_longer_finding_takes_the_place_of_the_shorter_ones_in_it() -> None:
    assert found("Mme Marie Jauffret-Roustide", "fr") == [("full_name", "Mme Marie Jauffret-Roustide")]


def test_every_reason_has_one_severity() -> None:
    assert {reason.severity for reason in Reason} == set(Severity)


def test_a_text_of_nothing_gives_nobody_away() -> None:
    assert check("", None, dictionary()) == check(" \n*", "fr", dictionary()) == ()
    assert check("Jean-Christophe Galland", "fr", attribution.compile(Known())) == ()


PROSE = (
    "Les personnes présentes ont décrit un marché qui a changé depuis 2019 ; à Paris ou à Londres, la qualité monte. Selon plusieurs, "
    "la « confiance » reste la pierre angulaire. Un chercheur a rappelé que la loi n’a pas bougé.\n\n"
)


@pytest.fixture(scope="module")
def many() -> Dictionary:
    return attribution.compile(_people(500))


def _seconds(text: str, known: Dictionary) -> float:
    """The least processor time of three runs: other work on the machine does not count."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        check(text, "fr", known)
        taken.append(time.process_time() - start)
    return min(taken)


def _filled(pattern: str, length: int) -> str:
    return (pattern * (length // len(pattern) + 1))[:length]


def test_dots_take_no_longer_than_prose(many: Dictionary) -> None:
    assert _seconds(_filled("a.a.a.", 100_000), many) < 1.2 * _seconds(_filled(PROSE, 100_000), many)


def test_twenty_kilobytes_against_five_hundred_people_feel_immediate(many: Dictionary) -> None:
    assert _seconds(_filled(PROSE, 20_000), many) < 0.3


@pytest.mark.parametrize(
    "pattern",
    [
        PROSE, "a.a.a.", "a-a-", "ab.", "Jean-Marie ", "Marie Koba ", "a@", "a@a.", "(at)", "x at y dot ", "« ", "'a ", "> a\n", "directeur de ", "délégué de Paris ",
        "\u200ba", "e\u0301\u0327", "\u202ea", "*a*_b_", "[a](b) ", "[a](", "[", "](", "&#71;", "/%41", "\\", "<a ", "0 1 2 ", "+33 ", "x#1234", "a", "g a l ", "王小明",
        "de la ", "https://a.example/", "Institut ", "## Sources\n- 2020 a b\n", "İ", "<!--",
    ],
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(pattern: str, many: Dictionary) -> None:
    """Four times the text takes about four times as long: a square would be sixteen."""
    assert _seconds(_filled(pattern, 24_000), many) < 9 * _seconds(_filled(pattern, 6_000), many) + 0.01


def test_the_number_of_people_hardly_matters(many: Dictionary) -> None:
    few = attribution.compile(_people(20))
    text = _filled(PROSE, 20_000)
    assert _seconds(text, many) < 4 * _seconds(text, few) + 0.01


@pytest.mark.parametrize("name", SECTIONS)
def test_word_lists_are_folded(name: str) -> None:
    assert SECTIONS[name]
    assert {word for word in SECTIONS[name] if fold(word) != word or not word.isalpha()} == set()
