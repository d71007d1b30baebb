"""A feed's bytes come from the database alone: a restart between two fetches changes none of them."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
import vobject

from tests.serving import served

SERIES = """
workshop: 1
people: {}
series: {slug: zones, title: {fr: Fuseaux, en: Zones}, languages: [fr, en], timezone: Europe/Paris,
  chatham_house_rule: on_the_record, visibility: public}
sessions:
  - {slug: summer, title: {fr: Été, en: Summer}, starts: 2026-10-24T18:00, ends: 2026-10-24T19:00, floor_languages: [fr]}
  - {slug: winter, title: {fr: Hiver, en: Winter}, starts: 2026-10-26T18:00, ends: 2026-10-26T19:00, floor_languages: [fr]}
  - {slug: toronto, title: {fr: Toronto, en: Toronto}, starts: 2027-07-01T10:00, ends: 2027-07-01T11:00,
     timezone: America/Toronto, floor_languages: [en]}
"""
PATHS = ("/fr/series/zones/calendar.ics", "/en/calendar.ics", "/fr/series/zones/summer/session.ics")


@pytest.fixture
def environment(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    environment = {
        **os.environ,
        **environ,
        "WORKSHOP_DOMAIN": "example.org",
        "WORKSHOP_BASE_URL": "http://127.0.0.1:5000",
    }
    (tmp_path / "series.yaml").write_text(SERIES, "utf-8")
    subprocess.run(
        [sys.executable, "-m", "workshop", "series", "import", str(tmp_path / "series.yaml")],
        env=environment,
        check=True,
    )
    return environment


def test_a_restart_changes_no_octet_and_other_parsers_read_the_right_hours(environment: dict[str, str]) -> None:
    fetched = []
    for _ in range(2):
        with served(environment) as address:
            fetched.append([urllib.request.urlopen(address + path, timeout=30).read() for path in PATHS])
    assert fetched[0] == fetched[1]
    feed = fetched[0][0].decode()
    begins = {event.summary.value: event.dtstart.value.astimezone(UTC) for event in vobject.readOne(feed).vevent_list}
    assert begins == {
        "Été": datetime(2026, 10, 24, 16, tzinfo=UTC),
        "Hiver": datetime(2026, 10, 26, 17, tzinfo=UTC),
        "Toronto": datetime(2027, 7, 1, 14, tzinfo=UTC),
    }
