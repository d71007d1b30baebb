"""The daily digest: to whom, when, about what, and in which words; kept in tests/golden/mail/digest.*.txt.

After a change of its words that is meant, write it anew with `GOLDEN=write pytest tests/unit/organise/test_digest.py`.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_organiser,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from workshop.accounts.models import Organiser, Role
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, mark, subjects_in
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.suppression import SUPPRESSED
from workshop.organise.digest import send_digests
from workshop.programme.models import Mode, Series, SessionStatus, WorkshopSession
from workshop.reminders.service import last_look
from workshop.rsvp.models import AnswerState

GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""08:00 in Paris, a week before the sessions that tests build."""


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="canary", title=both("Série ouverte", "Open series"))


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    return build_session(session, series, number=4, slug="four", title=both("Sous quatre yeux", "Face to face"))


@pytest.fixture
def owner(session: Session, series: Series) -> Organiser:
    return build_organiser(session, series, email="owner@example.org", language="en")


def fail(session: Session, series: Series, **values: Any) -> None:
    number = len(list(session.scalars(sa.select(OutboxMessage.id)))) + 1
    defaults = {
        "dedupe_key": f"x{number}", "kind": "reminder", "priority": 40, "series_id": series.id,
        "person_ref": "ab" * 16, "language": "fr", "recipient": "secret@hidden.example.org", "subject": "Rappel",
        "body_text": "x", "body_html": "", "message_id": f"<{number}@example.org>", "created_at": NOW,
        "next_attempt_at": NOW, "state": OutboxState.FAILED, "finished_at": MORNING - timedelta(hours=2),
    }  # fmt: skip
    session.add(OutboxMessage(**{**defaults, **values}))
    session.flush()


def digests(session: Session) -> list[OutboxMessage]:
    found = sa.select(OutboxMessage).where(OutboxMessage.kind == "digest").order_by(OutboxMessage.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def test_nothing_is_mailed_where_nothing_needs_anybody(
    session: Session, owner: Organiser, one: WorkshopSession
) -> None:
    build_answer(session, one)
    assert send_digests(session, MORNING) == 0
    assert digests(session) == []
    assert owner.wants_digest


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (datetime(2026, 11, 23, 6, 59, tzinfo=UTC), False),
        (MORNING, True),
        (datetime(2026, 11, 23, 18, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 19, 0, tzinfo=UTC), False),
    ],
)
def test_it_leaves_at_eight_or_after_an_outage_later_in_the_day(
    session: Session,
    owner: Organiser,
    series: Series,
    at: datetime,
    leaves: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    fail(session, series)
    assert send_digests(session, at) == int(leaves)
    assert owner.email


def test_it_leaves_once_a_day_whatever_turns_up_later(session: Session, owner: Organiser, series: Series) -> None:
    assert send_digests(session, MORNING) == 0
    fail(session, series)
    assert send_digests(session, MORNING + timedelta(hours=1)) == 0, "it waits until tomorrow"
    assert send_digests(session, MORNING + timedelta(days=1)) == 1
    assert send_digests(session, MORNING + timedelta(days=1, minutes=5)) == 0
    (message,) = digests(session)
    assert (message.recipient, message.language) == (owner.email, "en")


def test_what_did_not_arrive_is_told_once(session: Session, owner: Organiser, series: Series) -> None:
    fail(session, series)
    assert send_digests(session, MORNING) == 1
    assert send_digests(session, MORNING + timedelta(days=1)) == 0
    fail(session, series, finished_at=MORNING + timedelta(hours=3))
    assert send_digests(session, MORNING + timedelta(days=2)) == 1
    assert "1 message did not arrive." in digests(session)[-1].body_text
    assert owner.email


def test_it_goes_to_those_who_see_the_answers_and_want_it(session: Session, series: Series) -> None:
    fail(session, series)
    for role in (Role.OWNER, Role.ORGANISER, Role.HELPER, Role.PARTNER):
        build_organiser(session, series, role=role, email=f"{role.value}@example.org")
    build_organiser(session, series, email="no-digest@example.org", wants_digest=False)
    build_organiser(session, series, email="gone@example.org", is_enabled=False)
    build_organiser(session, series, email="new@example.org", created_at=MORNING + timedelta(minutes=1))
    build_organiser(session, build_series(session), email="other@example.org")
    assert send_digests(session, MORNING + timedelta(minutes=5)) == 2
    assert {one.recipient for one in digests(session)} == {"owner@example.org", "organiser@example.org"}


def test_whoever_turns_it_off_gets_none_that_waits(session: Session, owner: Organiser, series: Series) -> None:
    fail(session, series)
    send_digests(session, MORNING)
    (message,) = digests(session)
    assert last_look(session, message, MORNING) is None
    owner.wants_digest = False
    session.flush()
    assert last_look(session, message, MORNING) == "no longer wanted"


def test_it_says_all_that_needs_somebody(session: Session, owner: Organiser, one: WorkshopSession) -> None:
    fail(session, one.series, state=OutboxState.DISCARDED, reason=SUPPRESSED)
    fail(session, one.series, state=OutboxState.UNCERTAIN)
    build_answer(session, one, state=AnswerState.REQUESTED)
    one.room_link, one.is_published, one.reminders_paused_at = "", False, NOW
    session.flush()
    assert send_digests(session, MORNING) == 1
    text = " ".join(digests(session)[0].body_text.split())
    for words in (
        "Open series",
        "1 message did not arrive. 1 came back, because its address does not exist.",
        "It is not known whether 1 message arrived.",
        "Face to face, Monday 30 November 2026, 16:00 – 1 answer is waiting for approval.",
        "It is still a draft that nobody sees.",
        "The address of the online room is missing.",
        "Reminders have been paused since 22 November 2026.",
        "/en/organise/series/canary/four/answers",
        "/en/account#digest",
    ):
        assert words in text
    assert "secret" not in text
    assert owner.email


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ({"room_link": ""}, True),
        ({"room_link": "", "mode": Mode.ON_SITE}, False),
        ({"room_link": "", "status": SessionStatus.CANCELLED}, False),
        ({"room_link": "", "starts_at": MORNING + timedelta(days=8), "ends_at": MORNING + timedelta(days=9)}, False),
        ({"room_link": "", "starts_at": MORNING - timedelta(hours=4), "ends_at": MORNING - timedelta(hours=2)}, False),
        ({"is_published": False}, True),
    ],
)
def test_what_a_session_lacks_counts_in_the_week_before(
    session: Session,
    owner: Organiser,
    one: WorkshopSession,
    values: dict[str, Any],
    is_told: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    for name, value in values.items():
        setattr(one, name, value)
    session.flush()
    assert send_digests(session, MORNING) == int(is_told)
    assert owner.email


def test_who_confirmed_is_told_once_to_those_who_plan(session: Session, series: Series, one: WorkshopSession) -> None:
    for role in (Role.EDITOR, Role.ANSWERS):
        build_organiser(session, series, email=f"{role}@example.org", language="en", role=role)
    yesterday = MORNING - timedelta(days=1)
    slots = [build_slot(session, one, build_person(session, series)) for _number in range(4)]
    slots[0].confirmed_at = slots[1].confirmed_at = slots[2].declined_at = yesterday
    session.flush()
    assert send_digests(session, MORNING) == 1
    (told,) = digests(session)
    assert "Newly confirmed: 2 people who speak or moderate." in told.body_text
    assert "/organise/series/canary/speakers" in told.body_text
    assert send_digests(session, MORNING + timedelta(days=1)) == 0


def test_edits_that_nobody_was_told_of_are_named(session: Session, owner: Organiser, one: WorkshopSession) -> None:
    build_answer(session, one, told_place=both("Ailleurs", "Elsewhere"))
    assert send_digests(session, MORNING) == 1
    assert "those concerned have not been told" in digests(session)[0].body_text
    assert owner.email


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("of_series", [False, True])
def test_a_strict_session_stands_in_it_by_its_label_only(
    session: Session,
    owner: Organiser,
    series: Series,
    one: WorkshopSession,
    level: Level,
    of_series: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    series.level, one.level = (level, None) if of_series else (series.level, level)
    one.room_link = ""
    fail(session, series)
    send_digests(session, MORNING)
    (message,) = digests(session)
    whole = f"{message.subject}{message.sender_name}{message.body_text}{message.body_html}"
    assert "Face to face" not in whole
    assert "/four" not in whole
    assert "Session 4, Monday 30 November 2026" in whole
    assert ("Open series" in whole, "canary" in whole) == (not of_series, not of_series)
    assert owner.email


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_reads_as_it_was_approved(session: Session, owner: Organiser, one: WorkshopSession, language: str) -> None:
    owner.language = language
    strict = build_session(session, one.series, number=5, slug="five", level=Level.CLOSED)
    for found in (one, strict):
        build_answer(session, found, state=AnswerState.REQUESTED)
        found.room_link = ""
    for values in ({}, {"reason": "bounced: 5.1.1"}, {"state": OutboxState.UNCERTAIN}):
        fail(session, one.series, **values)
    one.reminders_paused_at = NOW
    hidden = build_series(session, slug="hidden", title=both("Secrète", "Secret"), level=Level.CLOSED)
    owner.roles.append(type(owner.roles[0])(series_id=hidden.id, role=Role.OWNER, granted_at=NOW))
    fail(session, hidden)
    session.flush()
    send_digests(session, MORNING)
    (message,) = digests(session)
    text = re.sub(r"http://[^/]+", "http://HOST", message.body_text).strip()
    found_text = f"From: {message.sender_name}\nSubject: {message.subject}\n\n{text}\n"
    path = GOLDEN / f"digest.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(found_text, "utf-8")
    assert found_text == path.read_text("utf-8")


def test_no_title_in_it_becomes_anybodys_secret_link(
    session: Session, owner: Organiser, series: Series, one: WorkshopSession
) -> None:
    marked = mark(Purpose.MY, build_answer(session, one).participant.subject)
    series.title = one.title = both(marked, f"[{marked}")
    fail(session, series)
    one.is_published = False
    session.flush()
    assert owner.wants_digest
    assert send_digests(session, MORNING) == 1
    (found,) = digests(session)
    assert "link:my:" in found.body_text
    assert subjects_in(found.subject + found.body_text + found.body_html) == set()
