"""The real series imports as it is, with every fact."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.unit.programme.values import LANGUAGES, no_answers, snapshot
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.programme.models import Format, ItemKind, Mode, Series, SessionStatus
from workshop.programme.seriesfile import export_series, import_series

FILE = Path(__file__).parents[3] / "workshop" / "demo" / "decloisonner.yaml"


@pytest.fixture
def series(session: Session, now: datetime) -> Series:
    report = import_series(
        session, now=now, content=FILE.read_bytes(), instance_languages=LANGUAGES, count_answers=no_answers
    )
    return session.get_one(Series, report.series_id)


def test_the_series(series: Series) -> None:
    assert series.slug == "decloisonner"
    assert series.title == Localized({"fr": "Décloisonner la gestion des drogues", "en": "Breaking the silos on drugs"})
    assert series.subtitle == Localized({"fr": "Vers une approche axée sur le développement"})
    assert series.kind == Localized({"fr": "Série d'ateliers en ligne", "en": "An online workshop series"})
    assert (series.languages, series.tzid) == (("fr", "en"), "Europe/Paris")
    assert (series.level, series.visibility) == (Level.DISCUSSION, Visibility.PUBLIC)
    assert series.links == ("https://www.youtube.com/watch?v=qK6M0G87DOI",)
    assert series.reminders == ("-7d", "-1d", "-1h")
    assert series.retention_days == 30


def test_the_people_around_it(series: Series) -> None:
    committee = [member.person for member in series.committee]
    assert [person.name for person in committee] == ["Déborah Alimi", "Marie Jauffret-Roustide", "Marie Debrus"]
    assert committee[0].affiliations == (
        Localized({"fr": "Centre européen de sociologie et science politique (Université Paris 1 Panthéon-Sorbonne)"}),
        Localized.neutral("Daleth research - Drug policy AnaLysis, Evaluation & THinking"),
    )
    assert committee[1].role == Localized({"fr": "Sociologue, chargée de recherche"})
    assert [person.links for person in committee] == [
        ("https://www.daleth-research.net/",),
        ("https://drogueshs.hypotheses.org/accueil",),
        ("https://www.medecinsdumonde.org/fr",),
    ]
    assert [partner.name for partner in series.partners] == [Localized.neutral("Drugs and Development Hub")]
    assert series.partners[0].role == Localized({"fr": "En coopération avec", "en": "In cooperation with"})
    assert [person.key for person in series.people] == [
        "alimi", "jauffret-roustide", "debrus", "collins", "me", "galland", "nguyen", "kemp", "brombacher",
    ]  # fmt: skip


def test_a_session_in_french_only(series: Series) -> None:
    second = series.sessions[0]
    assert (second.slug, second.number, second.monolingual) == ("2", 2, "fr")
    assert (second.starts_at, second.ends_at) == (
        datetime(2021, 1, 25, 15, tzinfo=UTC),
        datetime(2021, 1, 25, 17, 30, tzinfo=UTC),
    )
    assert second.is_published
    assert second.floor_languages == ("fr",)
    assert len(second.objectives) == 2
    assert [slot.person.name for slot in second.slots] == ["Marie Debrus"]


def test_the_fourth_session(series: Series) -> None:
    fourth = series.sessions[1]
    assert (fourth.slug, fourth.number, fourth.uid != "", fourth.sequence) == ("4", 4, True, 0)
    assert fourth.label == Localized({"fr": "Atelier 4", "en": "Workshop 4"})
    assert fourth.short_title == Localized({"fr": "Défi mondial", "en": "A global challenge"})
    assert (fourth.starts_at, fourth.ends_at) == (
        datetime(2021, 4, 26, 14, tzinfo=UTC),
        datetime(2021, 4, 26, 16, tzinfo=UTC),
    )
    assert (fourth.format, fourth.mode, fourth.status) == (Format.WORKSHOP, Mode.ONLINE, SessionStatus.CONFIRMED)
    assert fourth.interpretation == (
        {
            "from": "en",
            "into": "fr",
            "scope": {"fr": "possible lors de la discussion", "en": "possible during the discussion"},
        },
    )
    assert fourth.abstract["fr"].startswith("La session extraordinaire")
    assert fourth.abstract["en"].endswith("translation during the discussion.")
    assert fourth.abstract["fr"].count("\n\n") == 2
    assert len(fourth.objectives) == 3
    assert all(set(objective) == {"fr", "en"} for objective in fourth.objectives)


def test_its_programme(series: Series) -> None:
    fourth = series.sessions[1]
    assert [section.title["en"] for section in fourth.sections] == [
        "Reappraising the problems to tackle",
        (
            "Exploring solutions: From external support to local resilience, bringing development back to people "
            "affected by drugs"
        ),
        "Revising our strategies and tools",
    ]
    items = list(itertools.chain.from_iterable(section.items for section in fourth.sections))
    assert [item.kind for item in items] == [ItemKind.TALK] * 5 + [ItemKind.DISCUSSION]
    assert [slot.person.name for item in items for slot in item.slots] == [
        "Angela Me", "Jean-Christophe Galland", "Thu Trang Nguyen", "Walter Kemp", "Daniel Brombacher",
    ]  # fmt: skip
    assert items[-1].level is Level.DISCUSSION
    assert [slot.person.name for slot in fourth.slots] == ["John Collins"]


def test_export_then_import_gives_the_same_series(series: Series, session: Session, now: datetime) -> None:
    before = snapshot(series)
    text = export_series(series)
    session.delete(series)
    session.flush()
    report = import_series(
        session, now=now, content=text.encode(), instance_languages=LANGUAGES, count_answers=no_answers
    )
    assert snapshot(session.get_one(Series, report.series_id)) == before


def test_importing_it_again_changes_nothing(series: Series, session: Session, now: datetime) -> None:
    revision = series.revision
    report = import_series(
        session, now=now, content=FILE.read_bytes(), instance_languages=LANGUAGES, count_answers=no_answers
    )
    session.refresh(series)
    assert not report.is_changed
    assert {entry.code for entry in report.entries} == {"unchanged"}
    assert series.revision == revision


def test_the_export_reads_like_the_example(series: Series) -> None:
    text = export_series(series)
    assert text.startswith("workshop: 1\n\npeople:\n  alimi:\n    name: Déborah Alimi\n")
    assert "  languages: [fr, en]\n  timezone: Europe/Paris\n  chatham_house_rule: discussion\n" in text
    assert '  - slug: "4"\n    number: 4\n' in text or "  - slug: '4'\n    number: 4\n" in text
    assert "    starts: 2021-04-26T16:00\n    ends: 2021-04-26T18:00\n" in text
    assert "    abstract:\n      fr: |-\n        La session extraordinaire" in text
