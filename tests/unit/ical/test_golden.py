"""Two feeds kept as files: every subscriber would get changed bytes anew, so a change must be meant."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from workshop.ical import Calendar, Event, EventStatus, serialise

GOLDEN = Path(__file__).parents[2] / "golden" / "ical"
PARIS, TORONTO = ZoneInfo("Europe/Paris"), ZoneInfo("America/Toronto")
REVISED_AT = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
TEXTS = {
    "fr": {
        "name": "Décloisonner : la série",
        "place": "En ligne",
        "first": "Atelier 4 : réduire les risques, accompagner ; débattre",
        "abstract": (
            "Règle de Chatham House : ce qui se dit peut être repris, qui l’a dit jamais.\n\n« Résumé » de l’atelier."
        ),
        "second": "ANNULÉ : Séance de Montréal",
        "third": "Séance",
        "category": "Débat ouvert",
    },
    "en": {
        "name": "Breaking down silos: the series",
        "place": "Online",
        "first": "Workshop 4: reducing harm, supporting; debating",
        "abstract": "Chatham House Rule: what is said may be used, who said it never.\n\nThe workshop’s “abstract”.",
        "second": "CANCELLED: Montreal session",
        "third": "Session",
        "category": "Open debate",
    },
}


def _serialise_series(language: str) -> bytes:
    texts = TEXTS[language]
    page = f"https://workshops.example.org/{language}/series/silos/"
    calendar = Calendar(
        name=texts["name"], language=language, url=page, source=f"{page}calendar.ics", colour="rebeccapurple"
    )
    first = Event(
        uid="6f1d0c52@workshops.example.org",
        sequence=2,
        revised_at=REVISED_AT,
        starts_at=datetime(2026, 10, 24, 18, tzinfo=PARIS),
        ends_at=datetime(2026, 10, 24, 20, tzinfo=PARIS),
        tzid="Europe/Paris",
        status=EventStatus.CONFIRMED,
        summary=texts["first"],
        description=f"{texts['abstract']}\n\n{page}4/",
        location=texts["place"],
        url=f"{page}4/",
        language=language,
        categories=(texts["category"],),
    )
    second = Event(
        uid="b7a2e9d0@workshops.example.org",
        sequence=1,
        revised_at=REVISED_AT,
        starts_at=datetime(2026, 11, 2, 18, tzinfo=TORONTO),
        ends_at=datetime(2026, 11, 2, 20, tzinfo=TORONTO),
        tzid="America/Toronto",
        status=EventStatus.CANCELLED,
        summary=texts["second"],
        url=f"{page}5/",
        language=language,
    )
    third = Event(
        uid="0c9e44aa@workshops.example.org",
        sequence=0,
        revised_at=REVISED_AT,
        starts_at=datetime(2026, 10, 26, 18, tzinfo=PARIS),
        ends_at=datetime(2026, 10, 26, 20, tzinfo=PARIS),
        tzid="Europe/Paris",
        status=EventStatus.TENTATIVE,
        summary=texts["third"],
        language=language,
        is_transparent=False,
        conference=f"https://workshops.example.org/{language}/join/token",
    )
    return serialise(calendar, [second, third, first])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_feed_is_the_same_bytes_as_ever(language: str, tmp_path: Path) -> None:
    octets = _serialise_series(language)
    golden = GOLDEN / f"series-{language}.ics"
    if not golden.is_file() or golden.read_bytes() != octets:
        actual = tmp_path / golden.name
        actual.write_bytes(octets)
        pytest.fail(f"{golden.name} changed; if that is meant, copy {actual} over {golden}")
