"""Announcements that were really sent, scanning errors and all: what is read of them, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop.programme.printed import Draft, Found, FoundPerson, read_announcement

FOLDER = Path(__file__).with_name("announcements")
SCAN = (FOLDER / "workshop-4.txt").read_text("utf-8")
FRENCH = (FOLDER / "workshop-2.txt").read_text("utf-8")
KNOWN = (
    "Décloisonner la gestion des drogues", "Breaking the silos on drugs", "Série d'ateliers en ligne",
    "An online workshop series",
)  # fmt: skip


@pytest.fixture(scope="module")
def scan() -> Draft:
    return read_announcement(SCAN, known=KNOWN)


@pytest.fixture(scope="module")
def french() -> Draft:
    return read_announcement(FRENCH, known=KNOWN)


def sure(found: Found | None) -> str:
    """Return a value; fails where it is not sure."""
    assert found is not None
    assert found.is_sure
    return found.value


def sures(texts: dict[str, Found]) -> dict[str, str]:
    return {language: found.value for language, found in texts.items() if found.is_sure}


def people(found: list[FoundPerson]) -> list[tuple[str, str]]:
    return [(sure(one.name), sure(one.affiliation)) for one in found]


def test_the_scan_says_when(scan: Draft) -> None:
    assert (sure(scan.date), sure(scan.starts), sure(scan.ends)) == ("2021-04-26", "16:00", "18:00")
    assert sure(scan.zone) == "Europe/Paris"


def test_the_scan_names_the_session(scan: Draft) -> None:
    assert sure(scan.number) == "4"
    assert sures(scan.label) == {"fr": "Atelier 4"}
    assert sures(scan.short_title) == {"fr": "Défi mondial", "en": "A global challenge"}
    assert sures(scan.title) == {
        "en": "Towards a more human and development-oriented approach to drugs: "
        "International innovations and strategic tools",
        "fr": "Vers une approche axée sur le développement et les droits humains : "
        "Innovations et instruments stratégiques au niveau international",
    }


def test_what_the_scan_does_not_say_is_offered_and_not_filled_in(scan: Draft) -> None:
    assert not scan.label["en"].is_sure
    assert scan.label["en"].value == "Workshop 4"
    assert scan.interpretation
    assert not any(found.is_sure for found in scan.interpretation.values())
    assert scan.monolingual is None


def test_the_sections_of_the_scan_in_both_languages(scan: Draft) -> None:
    assert [sures(section.title) for section in scan.sections] == [
        {"en": "Reappraising the problems to tackle", "fr": "Ajuster la problématisation des drogues"},
        {
            "en": "Exploring solutions: From external support to local resilience, bringing development back to people "
            "affected by drugs",
            "fr": "Explorer des solutions : De l'aide extérieure à la résilience locale, ramener le développement au plus "
            "près des personnes concernées par les drogues",
        },
        {"en": "Revising our strategies and tools", "fr": "Revoir nos stratégies et outils"},
    ]


def test_the_people_of_the_scan_with_where_they_work(scan: Draft) -> None:
    assert people(scan.moderators) == [("John Collins", "Global Initiative on Transnational Organized Crime")]
    speakers = [people(item.speakers) for section in scan.sections for item in section.items]
    assert speakers == [
        [("Angela Me", "Research and Trends Analysis Branch, UNODC")],
        [("Jean-Christophe Galland", "Partenariat pays producteurs, Malongo")],
        [
            (
                "Thu Trang Nguyen",
                "Centre for Research and Training on Substance Abuse — HIV, Hanoi Medical University, Viet Nam",
            )
        ],
        [("Walter Kemp", "Global Initiative on Transnational Organized Crime")],
        [("Daniel Brombacher", "Global Partnership on Drug Policies and Development")],
    ]
    assert [name for name, _ in people(scan.committee)] == [
        "Déborah Alimi", "Marie Jauffret-Roustide", "Marie Debrus",
    ]  # fmt: skip
    assert people(scan.committee)[2] == ("Marie Debrus", "Direction Santé et Plaidoyer, Médecins du Monde")
    assert [(one.role.value, one.name.value) for one in scan.partners] == [
        ("In cooperation with", "Drug and development Hub")
    ]


def test_the_talks_of_the_scan_in_both_languages(scan: Draft) -> None:
    titles = [sures(item.title) for section in scan.sections for item in section.items]
    assert len(titles) == 5
    assert titles[1] == {
        "en": "Supporting economic opportunities: Exiting the illicit economy through innovative private investments: "
        "Malongo Coffees in Myanmar and Bolivia",
        "fr": "Soutenir les opportunités économiques : Sortir de l'économie illicite grâce à des investissements privés "
        "innovants : Les cafés Malongo au Myanmar et en Bolivie",
    }
    assert (
        titles[3]["fr"]
        == "Renforcer la résilience : des pistes pour répondre à l'impact des marchés urbains de la drogue"
    )
    assert all(set(title) == {"fr", "en"} for title in titles)


def test_the_objectives_of_the_scan_in_pairs(scan: Draft) -> None:
    assert [set(sures(one)) for one in scan.objectives] == [{"fr", "en"}] * 3
    assert sures(scan.objectives[1]) == {
        "en": "To take stock of ongoing policy debates at the global level and explore avenues for increased "
        "international cooperation.",
        "fr": "Faire le point sur les débats politiques en cours au niveau mondial et explorer des pistes pour une "
        "coopération internationale accrue.",
    }


def test_the_abstracts_of_the_scan_without_footnotes_and_addresses(scan: Draft) -> None:
    french, english = sures(scan.abstract)["fr"], sures(scan.abstract)["en"]
    assert english.startswith("The UN General Assembly Special Session on Drugs in 2016 opened")
    assert english.endswith("with the possibility of translation during the discussion.")
    assert french.startswith("La session extraordinaire de")
    assert french.endswith(
        "cette séance est proposée en anglais avec possibilités de traduction lors de la discussion."
    )
    assert french.count("\n\n") == 2
    assert english.count("\n\n") == 1
    assert not {"Les participants seront libres", "https://"} & {part for part in (french, english) if "http" in part}
    assert "seront libres" not in french
    assert scan.abstract["fr"].is_rough


def test_language_and_rule_as_the_scan_says_them(scan: Draft) -> None:
    assert sure(scan.floor_language) == "en"
    assert sure(scan.level) == "discussion"


def test_every_value_of_the_scan_stands_in_its_passage(scan: Draft) -> None:
    title = scan.sections[1].title["fr"]
    passage = " ".join(SCAN[title.start : title.end].split())
    assert passage.startswith("Explorer des solutions : De ['aide extérienre a la résilience locale")
    assert passage.endswith("concernées par les drogues")
    assert scan.date is not None
    assert SCAN[scan.date.start : scan.date.end] == "26/04/21"
    assert scan.starts is not None
    assert SCAN[scan.starts.start : scan.starts.end] == "16h — 18h"
    name = scan.moderators[0].name
    assert SCAN[name.start : name.end] == "John Collins"


def test_what_only_might_be_an_error_stays_as_scanned(scan: Draft) -> None:
    assert "Sotbonne" in people(scan.committee)[0][1]
    assert "la manicre" in scan.abstract["fr"].value


def test_the_french_text_all_of_it(french: Draft) -> None:
    assert sure(french.number) == "2"
    assert (sure(french.date), sure(french.starts), sure(french.ends)) == ("2021-01-25", "16:00", "18:30")
    assert sure(french.zone) == "Europe/Paris"
    assert sures(french.short_title) == {"fr": "Interstices nationaux"}
    assert sures(french.title) == {
        "fr": "Faire du développement sans le savoir : Tour d'horizon et mises en perspective des expériences françaises"
    }
    assert people(french.moderators) == [("Marie Debrus", "direction Santé et Plaidoyer, Médecins du Monde")]
    assert [sures(one) for one in french.objectives] == [
        {
            "fr": "Explorer les approches médianes entre le « tout sanitaire » et le « tout sécuritaire » à travers une "
            "meilleure compréhension des enjeux de cohésion sociale et de présence publique"
        },
        {"fr": "Favoriser les échanges de « bonnes pratiques » et idées innovantes"},
    ]
    assert french.sections == []


def test_that_a_text_exists_in_one_language_only_is_for_people_to_say(french: Draft) -> None:
    assert french.monolingual is not None
    assert french.monolingual.value == "fr"
    assert not french.monolingual.is_sure
    assert french.floor_language is None
