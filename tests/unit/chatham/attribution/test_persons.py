"""Names as people write them: particles, order, nicknames, scripts; and aliases of one word."""

from __future__ import annotations

import pytest

from tests.unit.chatham.attribution.programme import found
from workshop.chatham import attribution
from workshop.chatham.attribution import Known, KnownOrganisation, KnownPerson


@pytest.mark.parametrize(
    ("name", "text", "reason", "words"),
    [
        ("Hélène de La Rochebrune", "Mme de La Rochebrune a dit", "honorific_and_name", "Mme de La Rochebrune"),
        ("Hélène de La Rochebrune", "Rochebrune a dit", "surname", "Rochebrune"),
        ("Hélène de La Rochebrune", "Mme Larochebrune", "honorific_and_name", "Mme Larochebrune"),
        ("Hélène de La Rochebrune", "H. de La Rochebrune", "initials_and_surname", "H. de La Rochebrune"),
        ("Jan van den Heuvel", "van den Heuvel", "surname", "van den Heuvel"),
        ("Jan van den Heuvel", "Vandenheuvel", "surname", "Vandenheuvel"),
        ("Karim Ben Ali", "M. Ben Ali", "honorific_and_name", "M. Ben Ali"),
        ("Karim Ben Ali", "chez Ben Ali", "surname", "Ben Ali"),
        ("Karim Ben Ali", "Benali explique", "surname", "Benali"),
        ("El Mahroug Samia", "Samia El Mahroug", "full_name", "Samia El Mahroug"),
        ("El Mahroug Samia", "Mahroug", "surname", "Mahroug"),
        ("Siobhán O’Brien", "O'Brien", "surname", "O'Brien"),
        ("Siobhán O’Brien", "Obrien", "surname", "Obrien"),
        ("Jürgen Müller", "Mueller", "surname", "Mueller"),
        ("Jürgen Müller", "Muller", "surname", "Muller"),
        ("Søren Kjær", "Kjaer", "surname", "Kjaer"),
        ("Łukasz Wójcik", "Wojcik", "surname", "Wojcik"),
        ("DUPRAZ Anne", "Dupraz", "surname", "Dupraz"),
        ("Dupraz, Anne", "Anne Dupraz", "full_name", "Anne Dupraz"),
        ("Dr Anne Dupraz, PhD", "Anne Dupraz", "full_name", "Anne Dupraz"),
        ("Anne “Nanou” Dupraz", "Nanou dit", "surname", "Nanou"),
        ("María José García Lorca", "García Lorca", "surname", "García Lorca"),
        ("María José García Lorca", "Mª J. García", "surname", "García"),
        ("王小明", "说王小明。", "full_name", "王小明"),
        ("Иван Петров", "петров сказал", "surname", "петров"),
        ("Γιώργος Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ", "surname", "ΠΑΠΑΔΟΠΟΥΛΟΣ"),
        ("Papiyon75", "papiyon75 a dit", "surname", "papiyon75"),
        ("Papillon", "Puis Papillon a parlé", "common_surname", "Papillon"),
        ("Petit Prince", "le Petit Prince a dit", "full_name", "Petit Prince"),
        ("Paul Martin", "Paul Martin", "full_name", "Paul Martin"),
        ("Paul Martin", "Puis Martin a parlé", "common_surname", "Martin"),
        ("Paul Petit", "M. Petit", "honorific_and_name", "M. Petit"),
        ("Paul Petit", "le ministre Petit", "honorific_and_name", "ministre Petit"),
    ],
)
def test_a_name_is_found(name: str, text: str, reason: str, words: str) -> None:
    known = attribution.compile(Known((KnownPerson(name),)))
    assert (reason, words) in found(text, "fr", known)


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("Hélène de La Tour", "le haut de la tour, de là, la tour", "fr"),
        ("Paul Petit", "un petit pas. Petit à petit", "fr"),
        ("Rose Marchand", "la rose du marchand", "fr"),
        ("Anne Dupont", "du pont d’avant", "fr"),
        ("Jean Lemaire", "le maire", "fr"),
        ("Paul Rice", "the price of rice", "en"),
        ("Will May", "It will be so, and it may rain.", "en"),
        ("Grace Hope", "with grace and hope", "en"),
        ("Anna Stern", "a stern warning on stem cells", "en"),
        ("Petit Prince", "un petit prince", "fr"),
        ("Une participante", "Une participante a dit", "fr"),
        ("Anonyme", "Un don anonyme. Anonyme, il reste.", "fr"),
        ("A.", "A. et B. sont deux options", "fr"),
        ("Pierre Durand", "la pierre angulaire ; Pierre Curie", "fr"),
        ("", "rien", "fr"),
        ("😀", "rien 😀", "fr"),
    ],
)
def test_an_ordinary_word_is_no_name(name: str, text: str, language: str) -> None:
    assert found(text, language, attribution.compile(Known((KnownPerson(name),)))) == []


def test_a_word_is_ordinary_in_its_own_language_only() -> None:
    known = attribution.compile(Known((KnownPerson("Anna Brown"),)))
    assert found("brown explique", "fr", known) == [("surname", "brown")]
    assert found("it went brown", "en", known) == []
    assert found("it went brown", None, known) == []


def test_aliases_are_names() -> None:
    known = attribution.compile(Known((KnownPerson("Anna Brown", aliases=("Zoubida",)),)))
    assert found("Zoubida a dit", "fr", known) == [("surname", "Zoubida")]


def test_somebodys_own_page_is_known() -> None:
    known = attribution.compile(Known((KnownPerson("Anna Brown", links=("https://www.brown.example/me/",)),)))
    assert ("domain", "http://brown.example/me/cv") in found("voir http://brown.example/me/cv.", "fr", known)
    assert found("voir http://brown.example/other", "fr", known) == [("surname", "brown")]


@pytest.mark.parametrize(
    ("domain", "text", "expected"),
    [
        ("malongo.example", "see malongo.example", [("domain", "malongo.example")]),
        ("malongo.example", "malongo [dot] example", [("domain", "malongo [dot] example")]),
        ("mail.malongo.example", "Malongo said", [("organisation_speaking", "Malongo")]),
        (
            "zorbul.ac.uk",
            "a nurse from Zorbul",
            [("description", "a nurse from Zorbul"), ("organisation_speaking", "Zorbul")],
        ),
        ("gmail.com", "gmail.com and Gmail", []),
        ("orange.fr", "orange.fr, une orange", []),
        ("univ-lyon9.fr", "www.univ-lyon9.fr/page", [("domain", "www.univ-lyon9.fr")]),
    ],
)
def test_domains_of_addresses_give_organisations_away(domain: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, "en", attribution.compile(Known(domains=(domain,)))) == expected


@pytest.mark.parametrize(
    ("names", "acronyms", "text", "expected"),
    [
        (("Zorbul Institute",), (), "Zorbul explained", [("organisation_speaking", "Zorbul")]),
        (("Aides",), (), "Les aides manquent. Des aides.", []),
        (("Aides",), (), "Selon Aides, non", [("organisation_speaking", "Aides")]),
        (("AIDES",), (), "AIDES déclare", [("organisation_speaking", "AIDES")]),
        (("Observatoire Zorbulien",), ("OZ",), "OZ said", [("organisation_speaking", "OZ")]),
        (("Observatoire Zorbulien",), ("OZ",), "oz", []),
        (("WHO",), (), "who said that?", []),
        (("WHO",), (), "l’OMS affirme", [("organisation_speaking", "OMS")]),
        (("WHO",), (), "W.H.O. said", [("organisation_speaking", "W.H.O")]),
        (("Union des usagers de Trifouillis",), (), "UUT", []),
        (("Union des Usagers de Trifouillis",), (), "un texte de l’UUT", [("organisation", "UUT")]),
        (("Hanoi Medical University, Viet Nam",), (), "in Viet Nam", []),
        (("Réseau Santé",), (), "le réseau de santé dit que", [("organisation", "réseau de santé")]),
        (("Réseau Santé",), (), "la santé du réseau dit que", []),
    ],
)
def test_organisations_are_found_by_their_words_in_order(
    names: tuple[str, ...], acronyms: tuple[str, ...], text: str, expected: list[tuple[str, str]]
) -> None:
    known = attribution.compile(Known(organisations=(KnownOrganisation(names, acronyms),)))
    assert found(text, "fr", known) == expected
