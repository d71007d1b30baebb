"""The organisers' own calendar, as other people's parsers understand it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_organiser, build_series, build_session
from tests.clients.parsers import Read
from workshop.accounts.models import Role, SeriesRole
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, issue
from workshop.programme.models import SessionStatus

pytestmark = [pytest.mark.databases("sqlite"), pytest.mark.usefixtures("clock")]


def test_drafts_numbers_what_is_off_and_what_is_under_the_rule_in_two_series_and_zones(
    client: FlaskClient, session: Session, read: Callable[[bytes], Read]
) -> None:
    paris, toronto = build_series(session, slug="p"), build_series(session, slug="t", tzid="America/Toronto")
    organiser = build_organiser(session, paris, language="en")
    organiser.roles.append(SeriesRole(series_id=toronto.id, role=Role.ORGANISER, granted_at=NOW))
    days = [NOW + timedelta(days=day) for day in range(1, 5)]
    full = build_session(session, paris, number=1, title=both("Un", "One, two; \\ 🧑‍🏫"), capacity=1, starts_at=days[0])
    build_answer(session, full)
    build_session(session, toronto, number=2, title=both("Deux", "Two"), is_published=False, starts_at=days[1])
    build_session(session, paris, number=3, level=Level.CLOSED, starts_at=days[2])
    off = {"status": SessionStatus.CANCELLED, "cancelled_at": NOW}
    build_session(session, toronto, number=4, title=both("Quatre", "Four"), starts_at=days[3], **off)
    token = issue(session, purpose=Purpose.FEED, subject=organiser.subject)
    found = read(client.get(f"/calendar/{token}.ics").data)
    assert [(one.summary, one.status, one.tzid, one.starts_at) for one in found.entries] == [
        ("Session 1 – One, two; \\ 🧑‍🏫", "CONFIRMED", "Europe/Paris", days[0]),
        ("[Draft] Session 2 – Two", "CONFIRMED", "America/Toronto", days[1]),
        ("Session 3", "CONFIRMED", "Europe/Paris", days[2]),
        ("CANCELLED: Session 4 – Four", "CANCELLED", "America/Toronto", days[3]),
    ]
    assert {one.transparency for one in found.entries} == {"TRANSPARENT"}
    assert found.entries[0].description.split("\n")[0] == "1 of 1 place taken"
    assert found.entries[2].description == ""
    assert found.name == "Workshop: my series"
    assert found.zones == ("America/Toronto", "Europe/Paris")
    assert not {"SOURCE", "METHOD"} & set(found.names)
    assert not {"ORGANIZER", "ATTENDEE", "CONFERENCE"} & {name for one in found.entries for name in one.names}
