"""The real workshop 4: every fact of its announcement, one by one, on its own and its series' page, in both languages."""

from __future__ import annotations

import html
import re
from datetime import UTC
from importlib import resources

import pytest
import vobject
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from workshop.core import clock
from workshop.demo import load_series

PAGES = {
    "fr": {
        "series title": "Décloisonner la gestion des drogues",
        "kind": "Série d’ateliers en ligne",
        "number": "Atelier 4",
        "short title": "Défi mondial",
        "title": "Vers une approche axée sur le développement et les droits humains : Innovations et instruments stratégiques"
        " au niveau international",
        "companion title": "Towards a more human and development-oriented approach to drugs: International innovations and"
        " strategic tools",
        "date": "lundi 26 avril 2021",
        "hours": "16 h – 18 h",
        "zone": "heure de Paris",
        "mode": "En ligne",
        "floor language": "anglais",
        "interpretation": "possible lors de la discussion",
        "abstract, first paragraph": "La session extraordinaire de l’Assemblée générale des Nations Unies sur les drogues de 2016"
        " a ouvert un espace inédit",
        "abstract, second paragraph": "Organisé en coopération avec la plateforme de réflexion Drug and Development Hub",
        "abstract, the commission": "64e session de la Commission des stupéfiants de l’ONU (12-16 avril)",
        "language note": "cette séance est proposée en anglais avec possibilité de traduction lors de la discussion",
        "objective 1": "Apprendre d’études innovantes, de programmes pilotes et de politiques faisant le lien entre drogues,"
        " développement et droits de l’homme.",
        "objective 2": "Faire le point sur les débats politiques en cours au niveau mondial et explorer des pistes pour une"
        " coopération internationale accrue.",
        "objective 3": "Explorer comment l’agenda du développement durable pourrait être un outil pertinent",
        "the Rule": "Les discussions de cette séance se déroulent sous la règle de Chatham House",
        "need not represent": "Rien ne vous oblige à représenter votre organisation ni à donner votre nom",
        "general terms": "n’est attribué à aucune personne ni à aucune institution",
        "section 1": "Ajuster la problématisation des drogues",
        "talk 1": "Comprendre les intersections du « problème mondial des drogues » et du développement durable",
        "section 2": "Explorer des solutions : De l’aide extérieure à la résilience locale",
        "talk 2": "Les cafés Malongo au Myanmar et en Bolivie",
        "talk 3": "Exporter des solutions : Le cas de la politique sur la méthadone au Vietnam",
        "talk 4": "Renforcer la résilience : des pistes pour répondre à l’impact des marchés urbains de la drogue",
        "section 3": "Revoir nos stratégies et outils",
        "talk 5": "Adopter des approches holistiques : comment aligner les politiques des drogues",
        "cooperation": "En coopération avec",
    },
    "en": {
        "series title": "Breaking the silos on drugs",
        "kind": "An online workshop series",
        "number": "Workshop 4",
        "short title": "A global challenge",
        "title": "Towards a more human and development-oriented approach to drugs: International innovations and strategic tools",
        "companion title": "Vers une approche axée sur le développement et les droits humains",
        "date": "Monday 26 April 2021",
        "hours": "16:00–18:00",
        "zone": "Paris time",
        "mode": "Online",
        "floor language": "English",
        "interpretation": "possible during the discussion",
        "abstract, first paragraph": "The UN General Assembly Special Session on Drugs in 2016 opened an unprecedented space",
        "abstract, second paragraph": "Organized in cooperation with the Drug and Development Hub",
        "abstract, the commission": "64th session of the UN Commission on Narcotic Drugs",
        "language note": "this session is proposed in English with the possibility of translation during the discussion",
        "objective 1": "To learn from innovative studies, pilot programs and policies bridging drugs, development and human rights.",
        "objective 2": "To take stock of ongoing policy debates at the global level",
        "objective 3": "To explore how the Sustainable Development framework could be a relevant tool",
        "the Rule": "The discussions of this session are held under the Chatham House Rule",
        "need not represent": "You need not represent your organisation or give your name",
        "general terms": "attributed to no person and no institution",
        "section 1": "Reappraising the problems to tackle",
        "talk 1": "Understanding how the “world drug problem” intersects with sustainable development",
        "section 2": "Exploring solutions: From external support to local resilience",
        "talk 2": "Malongo Coffees in Myanmar and Bolivia",
        "talk 3": "Exporting solutions: The case of methadone policy in Vietnam",
        "talk 4": "Building resilience: avenues to respond to the impact of urban drug markets",
        "section 3": "Revising our strategies and tools",
        "talk 5": "Adopting holistic approaches to drugs: how to align drug policies with development and human rights?",
        "cooperation": "In cooperation with",
    },
}
NAMES = {
    "moderator": "John Collins",
    "moderator’s affiliation": "Global Initiative on Transnational Organized Crime",
    "speaker 1": "Angela Me",
    "affiliation 1": "Research and Trends Analysis Branch, UNODC",
    "speaker 2": "Jean-Christophe Galland",
    "affiliation 2": "Partenariat pays producteurs, Malongo",
    "speaker 3": "Thu Trang Nguyen",
    "affiliation 3": "Centre for Research and Training on Substance Abuse – HIV, Hanoi Medical University, Viet Nam",
    "speaker 4": "Walter Kemp",
    "speaker 5": "Daniel Brombacher",
    "affiliation 5": "Global Partnership on Drug Policies and Development",
    "committee 1": "Déborah Alimi",
    "committee 1, first affiliation": "Centre européen de sociologie et science politique (Université Paris 1 Panthéon-Sorbonne)",
    "committee 1, second affiliation": "Daleth research - Drug policy AnaLysis, Evaluation & THinking",
    "committee 2": "Marie Jauffret-Roustide",
    "committee 2, role": "chargée de recherche",
    "committee 2, first affiliation": "Inserm",
    "committee 2, second affiliation": "Programme de l’EHESS Sciences sociales, drogues & sociétés (D3S)",
    "committee 3": "Marie Debrus",
    "committee 3, affiliation": "Direction Santé et Plaidoyer",
    "committee 3, organisation": "Médecins du Monde",
    "partner": "Drugs and Development Hub",
    "link 1": "https://www.daleth-research.net/",
    "link 2": "https://drogueshs.hypotheses.org/accueil",
    "link 3": "https://www.medecinsdumonde.org/fr",
    "video": "https://www.youtube.com/watch?v=qK6M0G87DOI",
}
FACTS = [(language, name, fact) for language, facts in PAGES.items() for name, fact in (facts | NAMES).items()]


def readable(page: str) -> str:
    """Return a page as its reader sees it, links included, spaces and apostrophes made plain."""
    links = " ".join(re.findall(r'href="([^"]+)"', page))
    text = html.unescape(re.sub(r"<[^>]+>", " ", page) + " " + links)
    return re.sub(r"\s+", " ", text.replace("’", "'")).replace(" ,", ",")


@pytest.fixture
def real(app: Flask, session: Session) -> FlaskClient:
    load_series(
        session, resources.files("workshop.demo").joinpath("decloisonner.yaml").read_text("utf-8"), now=clock.now()
    )
    session.commit()
    return app.test_client()


def test_the_pages_hold_every_fact_of_the_announcement(real: FlaskClient) -> None:
    pages = {
        language: readable(
            real.get(f"/{language}/series/decloisonner/4/").text + real.get(f"/{language}/series/decloisonner/").text
        )
        for language in PAGES
    }
    missing = [
        (language, name)
        for language, name, fact in FACTS
        if re.sub(r"\s+", " ", fact.replace("’", "'")) not in pages[language]
    ]
    assert not missing


def test_the_language_of_the_english_page_and_of_its_french_companion_is_marked(real: FlaskClient) -> None:
    page = real.get("/en/series/decloisonner/4/").text
    assert '<html lang="en"' in page
    assert re.search(r'lang="fr"[^>]*>\s*Vers une approche axée', page)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_download_says_when_in_utc(real: FlaskClient, language: str) -> None:
    octets = real.get(f"/{language}/series/decloisonner/4/session.ics").get_data()
    (event,) = vobject.readOne(octets.decode()).vevent_list
    assert f"{event.dtstart.value.astimezone(UTC):%Y-%m-%dT%H:%MZ}" == "2021-04-26T14:00Z"
    assert f"{event.dtend.value.astimezone(UTC):%Y-%m-%dT%H:%MZ}" == "2021-04-26T16:00Z"


@pytest.mark.parametrize(("language", "sentence"), [("fr", "n’est plus possible"), ("en", "no longer be answered")])
def test_answering_says_that_it_is_too_late(real: FlaskClient, language: str, sentence: str) -> None:
    response = real.get(f"/{language}/series/decloisonner/4/rsvp")
    assert response.status_code == 409
    assert 'name="email"' not in response.text
    assert sentence.replace("’", "'") in readable(response.text)


def test_workshop_2_is_complete_and_honest_in_english(real: FlaskClient) -> None:
    page = real.get("/en/series/decloisonner/2/").text
    text = readable(page)
    for fact in (
        "Workshop 2",
        "Monday 25 January 2021",
        "16:00–18:30",
        "Paris time",
        "Marie Debrus",
        "Médecins du Monde",
        "French",
    ):
        assert fact in text, fact
    assert re.search(r'lang="fr"[^>]*>\s*Faire du développement sans le savoir', page)
    assert re.search(r'lang="fr"[^>]*>[^<]*tout sanitaire', page)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_feed_is_empty_and_its_page_says_so(real: FlaskClient, language: str) -> None:
    feed = vobject.readOne(real.get(f"/{language}/series/decloisonner/calendar.ics").get_data().decode())
    assert "vevent" not in feed.contents
    page = readable(real.get(f"/{language}/series/decloisonner/subscribe").text)
    assert {"fr": "vide", "en": "empty"}[language] in page
