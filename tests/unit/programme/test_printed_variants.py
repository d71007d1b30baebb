"""The same announcement in other dress reads the same; hostile, empty and huge texts do no harm."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.programme.printed import Draft, Found, FoundPerson, read_announcement
from workshop.programme.printed.repairing import mend
from workshop.programme.printed.runs import lines_of
from workshop.programme.printed.tongues import tongue_of

TITLE = {"en": "Housing first: what cities have learned", "fr": "Un logement d’abord : ce que les villes ont appris"}
OBJECTIVES = [
    {"en": "To learn from those who live with it.", "fr": "Apprendre de celles et ceux qui le vivent."},
    {"en": "To compare the rules of three countries.", "fr": "Comparer les règles de trois pays."},
]
SECTIONS = [
    (
        {"en": "What we know", "fr": "Ce que nous savons"},
        [({"en": "Ten years of practice in the north", "fr": "Dix ans de pratique dans le nord"}, "Alix Martin, University of Examples")],
    ),
    (
        {"en": "What we could do with the law", "fr": "Ce que nous pourrions faire de la loi"},
        [
            ({"en": "Rights and how to claim them", "fr": "Les droits et comment les faire valoir"}, "Camille Dubois, Association d’exemple"),
            ({"en": "The police and the street", "fr": "La police et la rue"}, "Jo van der Berg, Example Institute"),
        ],
    ),
]  # fmt: skip
DATES = [
    "26 avril 2021", "26/04/2021", "26/04/21", "Monday 26 April 2021", "lundi 26 avril 2021", "26.04.2021",
    "Monday, April 26, 2021", "2021-04-26", "Lundi 26 Avril 2021",
]  # fmt: skip
HOURS = [
    "16 h – 18 h",
    "16:00–18:00",
    "4–6 pm",
    "16h-18h",
    "de 16h à 18h",
    "4 p.m. to 6 p.m.",
    "16h00 – 18h00",
    "16.00-18.00",
]
BULLETS = [("•", "o"), ("*", "–"), ("-", "•"), ("1.", "-"), ("®=", "o"), ("=", "o"), ("", ""), ("•", "•")]
JOINTS = ["\n", " — ", " / ", " – "]


def values(texts: dict[str, Found]) -> dict[str, str]:
    return {language: found.value for language, found in texts.items() if found.is_sure}


def announcement(
    *, day: str, hours: str, bullets: tuple[str, str], is_french_first: bool, joint: str, width: int, gap: str
) -> str:
    """Return the announcement in some dress."""

    def pair(texts: dict[str, str], between: str = "\n") -> str:
        found = [texts[code] for code in (("fr", "en") if is_french_first else ("en", "fr"))]
        return between.join(wrap(one, width) if between == "\n" else one for one in found)

    item, speaker = (f"{sign} " if sign else "" for sign in bullets)
    lines = ["Atelier 7 / Workshop 7", pair(TITLE), "", day, f"{hours} (Paris time)", "", "Objectifs / Objectives"]
    lines += [f"{item or '• '}{pair(one)}{gap}" for one in OBJECTIVES]
    lines += ["", "Programme", "Modération / Moderation: Dominique Petit, Exemple & Co", ""]
    for title, items in SECTIONS:
        lines += [pair(title, joint), ""]
        for words, who in items:
            lines += [f"{item}{pair(words)}", f"{speaker}{who}", ""]
    return "\n".join(lines)


def wrap(text: str, width: int) -> str:
    """Return a text broken where a scanner breaks it: before a small letter, so that no line looks like a new one."""
    words, lines = text.split(" "), [""]
    for word in words:
        if len(lines[-1]) > width and word[:1].islower():
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(
    day=st.sampled_from(DATES),
    hours=st.sampled_from(HOURS),
    bullets=st.sampled_from(BULLETS),
    is_french_first=st.booleans(),
    joint=st.sampled_from(JOINTS),
    width=st.integers(15, 90),
    gap=st.sampled_from(["", "\n", "\r\n"]),
)
def test_dress_does_not_matter(
    *, day: str, hours: str, bullets: tuple[str, str], is_french_first: bool, joint: str, width: int, gap: str
) -> None:
    text = announcement(
        day=day, hours=hours, bullets=bullets, is_french_first=is_french_first, joint=joint, width=width, gap=gap
    )
    draft = read_announcement(text)
    assert draft.date is not None
    assert (draft.date.value, draft.date.is_sure) == ("2021-04-26", True)
    assert draft.starts is not None
    assert draft.ends is not None
    assert (draft.starts.value, draft.ends.value) == ("16:00", "18:00")
    assert values(draft.title) == TITLE
    assert values(draft.label) == {"fr": "Atelier 7", "en": "Workshop 7"}
    assert [values(one) for one in draft.objectives] == OBJECTIVES
    assert [one.name.value for one in draft.moderators] == ["Dominique Petit"]
    found = [
        (values(section.title), [(values(item.title), who(item.speakers)) for item in section.items])
        for section in draft.sections
    ]
    assert found == [(title, list(items)) for title, items in SECTIONS]


def who(speakers: list[FoundPerson]) -> str:
    return "; ".join(f"{one.name.value}, {one.affiliation.value}" for one in speakers if one.affiliation)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    draft = read_announcement(
        f"Atelier 3 « {text} »\n{text}\nObjectifs\n{text}\nProgramme\n{text}\nModérateur : {text}"
    )
    assert isinstance(draft, Draft)
    for found in (*draft.title.values(), *draft.abstract.values()):
        assert 0 <= found.start <= found.end


@pytest.mark.parametrize("text", ["", "   ", "\n\n\r\n", "\x00\x07", "—", "https://example.org/", "\u202e\u200b"])
def test_nothing_in_nothing_out(text: str) -> None:
    assert read_announcement(text) == Draft()


@pytest.mark.timed
@pytest.mark.parametrize(
    "piece",
    [
        "a", " ", "«", "Atelier 4 « ", "16h ", "26/04/21 ", "Objectifs : ", "; ", ". A", "\n• Angela Me, UNODC", "é\u0301",
        "De l'aide a la ", "— / – | ", "((((", "Jean ", "['’", "1.1.1.", "a-\n", "\n\n", "Moderator: ", "\u00ad\n", "o O ",
    ],
)  # fmt: skip
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def seconds(characters: int) -> float:
        text = (piece * (characters // len(piece) + 1))[:characters]
        began = time.process_time()
        read_announcement(text)
        return time.process_time() - began

    # Four times the text may take four times as long and more; a square would take sixteen times. The least of some
    # runs, and not the first: another program's work counts in each.
    seconds(25_000)
    few, many = (min(seconds(number) for _ in range(4)) for number in (25_000, 100_000))
    assert many < few * 11


def test_what_stands_behind_the_limit_is_not_read() -> None:
    assert read_announcement("x " * 50_000 + "\nAtelier 4 « Fin »").number is None


@pytest.mark.parametrize(
    ("line", "value", "is_sure"),
    [
        ("26 avril 2021", "2021-04-26", True),
        ("1er mars 2021", "2021-03-01", True),
        ("Tuesday 26 April 2021", "2021-04-26", False),  # it was a Monday
        ("05/04/2021 – 16h", "2021-04-05", True),  # a French text: the day first
    ],
)
def test_a_day(line: str, value: str, is_sure: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    found = read_announcement(f"Atelier 4 « Les villes et la santé »\nUn titre pour cette séance\n{line}").date
    assert found is not None
    assert (found.value, found.is_sure) == (value, is_sure)


@pytest.mark.parametrize("line", ["05/04/2021", "26 April", "31/02/2021", "Register before 20 April 2021"])
def test_a_day_that_could_be_another_is_not_sure(line: str) -> None:
    found = read_announcement(f"Workshop 4 “The city and its health”\nA title for this session\n{line}").date
    assert found is None or not found.is_sure


def test_two_days_are_not_one() -> None:
    text = "Workshop 4 “The city”\nMonday 26 April 2021\nTuesday 27 April 2021\n16:00–18:00"
    found = read_announcement(text).date
    assert found is not None
    assert not found.is_sure
    assert date.fromisoformat(found.value) == date(2021, 4, 26)


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("heure de Paris", "Europe/Paris"),
        ("heure de Genève", "Europe/Zurich"),
        ("(Dakar)", "Africa/Dakar"),
        ("New York time", "America/New_York"),
        ("UTC", "UTC"),
        ("Europe/Brussels", "Europe/Brussels"),
    ],
)
def test_a_zone(words: str, zone: str) -> None:
    found = read_announcement(f"Atelier 4 « La ville »\n26 avril 2021, 16h – 18h {words}").zone
    assert found is not None
    assert (found.value, found.is_sure) == (zone, True)


def test_a_zone_of_three_letters_is_not_sure() -> None:
    found = read_announcement("Atelier 4 « La ville »\n26 avril 2021, 16h – 18h CEST").zone
    assert found is not None
    assert not found.is_sure


@pytest.mark.parametrize(
    ("scanned", "meant"),
    [
        ("la gestion anx frontières", "la gestion aux frontières"),
        ("les politigues des drogues", "les politiques des drogues"),
        ("nivean mondial", "niveau mondial"),
        ("I’adaptation des outils", "l’adaptation des outils"),
        ("un an plus tard", "un an plus tard"),
        ("il a la parole", "il a la parole"),
        ("la ville ou la campagne", "la ville ou la campagne"),
        ("Nations Unies", "Nations Unies"),
        ("Etat des lieux", "Etat des lieux"),
        ("the Series of Experience", "the Series of Experience"),
        ("le premier a parler", "le premier à parler"),
        ("l’atelier a ouvert", "l’atelier a ouvert"),
    ],
)
def test_only_what_can_be_one_thing_is_mended(scanned: str, meant: str) -> None:
    assert mend(lines_of(scanned)[0]).text == meant


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Défi mondial", "fr"),
        ("Revoir nos strategies et ontils", "fr"),
        ("Revising our strategies and tools", "en"),
        ("Angela Me", ""),
        ("UNODC", ""),
        ("", ""),
    ],
)
def test_a_language_is_told_by_its_words(text: str, language: str) -> None:
    assert tongue_of(text) == language


def test_a_word_broken_at_the_end_of_a_line_is_mended_where_it_is_known() -> None:
    text = "Atelier 4 « La ville »\nVers une approche du dévelop\u00ad\npement et de la coopé-\nration dans les villes"
    # `coopération` is a word that is known; `coopé-ration` is none.
    assert values(read_announcement(text).title) == {
        "fr": "Vers une approche du développement et de la coopération dans les villes"
    }


def test_two_programmes_of_one_language_each_become_one() -> None:
    text = (
        "Atelier 4 « La ville »\nProgramme\nCe que nous savons\n• Dix ans de pratique dans le nord\n"
        "o Alix Martin, Exemple & Co\n\nProgramme\nWhat we know\n• Ten years of practice in the north\n"
        "o Alix Martin, Exemple & Co\n"
    )
    draft = read_announcement(text)
    assert [values(one.title) for one in draft.sections] == [{"fr": "Ce que nous savons", "en": "What we know"}]
    assert len(draft.sections[0].items[0].speakers) == 1


SCAN = (Path(__file__).with_name("announcements") / "workshop-4.txt").read_text("utf-8")
_SIGN = re.compile(r"^(?:®?[*=]+|®|=|o) +", re.MULTILINE)


def facts(draft: Draft) -> dict[str, Any]:
    """Return all that a draft is sure of, without the passages."""
    when = (draft.date, draft.starts, draft.ends, draft.zone, draft.number, draft.floor_language, draft.level)
    people = [*draft.moderators, *(one for part in draft.sections for item in part.items for one in item.speakers)]
    return {
        "when": [one.value for one in when if one is not None and one.is_sure],
        "titles": [values(draft.short_title), values(draft.title), *(values(one) for one in draft.objectives)],
        "programme": [(values(one.title), [values(item.title) for item in one.items]) for one in draft.sections],
        "people": [who([one]) for one in people],
        "committee": [one.name.value for one in draft.committee],
    }


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n\n", "\n\f"),
        lambda text: text.replace(" :", "\u00a0:").replace("« ", "«\u00a0"),
        lambda text: _SIGN.sub("", text),
        lambda text: _SIGN.sub("• ", text),
        lambda text: re.sub(r"\n\n+", "\n", text),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: re.sub(r"^", "    ", text, flags=re.MULTILINE),
        lambda text: text.replace(
            "26/04/21\n16h — 18h (Paris time)", "Lundi 26 avril 2021, 16 h – 18 h (heure de Paris)"
        ),
        lambda text: text.replace("Moderator:", "Modération :"),
        lambda text: text.replace("Défi mondial - A global challenge", "A global challenge / Défi mondial"),
        lambda text: text.replace(
            "Reappraising the problems to tackle — Ajuster la problématisation des drogues",
            "Ajuster la problématisation des drogues / Reappraising the problems to tackle",
        ),
    ],
)
def test_the_scan_in_other_dress_says_the_same(dress: Callable[[str], str]) -> None:
    assert dress(SCAN) != SCAN
    assert facts(read_announcement(dress(SCAN))) == facts(read_announcement(SCAN))


def test_an_announcement_in_one_language_after_the_other() -> None:
    text = """
Atelier 5 « La ville et la nuit »
Ce que les villes ont appris de la nuit
Lundi 26 avril 2021, 16 h – 18 h (heure de Paris)

Objectifs
- Apprendre des villes du nord ;
- Comparer les règles de trois pays.

Programme
Modération : Dominique Petit, Exemple & Co
16 h 05 – Ce que nous savons
Alix Martin, Association d’exemple
16 h 30 – Pause
16 h 40 – Discussion

Workshop 5 “The city and the night”
What cities have learned of the night
Monday 26 April 2021, 4–6 pm (Paris time)

Objectives
- To learn from the cities of the north;
- To compare the rules of three countries.

Programme
Moderation: Dominique Petit, Exemple & Co
16:05 – What we know
Alix Martin, Association d’exemple
16:30 – Break
16:40 – Discussion
"""
    draft = read_announcement(text)
    assert values(draft.label) == {"fr": "Atelier 5", "en": "Workshop 5"}
    assert values(draft.short_title) == {"fr": "La ville et la nuit", "en": "The city and the night"}
    assert values(draft.title) == {
        "fr": "Ce que les villes ont appris de la nuit",
        "en": "What cities have learned of the night",
    }
    assert values(draft.objectives[0]) == {
        "fr": "Apprendre des villes du nord",
        "en": "To learn from the cities of the north",
    }
    assert [one.name.value for one in draft.moderators] == ["Dominique Petit"]
    (section,) = draft.sections
    assert [(item.starts, item.kind, values(item.title)) for item in section.items] == [
        ("16:05", "talk", {"fr": "Ce que nous savons", "en": "What we know"}),
        ("16:30", "break", {"fr": "Pause", "en": "Break"}),
        ("16:40", "discussion", {"fr": "Discussion", "en": "Discussion"}),
    ]
    assert [one.name.value for one in section.items[0].speakers] == ["Alix Martin"]
