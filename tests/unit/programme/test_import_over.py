"""Importing over a series that exists: the acts of the forms, consents that stay, what the file lacks left alone."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.unit.programme.test_bad_files import GOOD
from tests.unit.programme.values import LANGUAGES, no_answers, some_answers
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level
from workshop.programme.models import Item, Series, SpeakerConsent
from workshop.programme.queries import find_proposal
from workshop.programme.seriesfile import Entry, Report, SeriesFileError, import_series
from workshop.programme.service import CountAnswers, series_values

TALK = "          - kind: talk\n            title: {fr: Exposé, en: Talk}\n            speakers: [ada]\n"
OTHER = "          - kind: talk\n            title: {fr: Autre, en: Other}\n            speakers: [ada]\n"


def load(
    session: Session, now: datetime, text: str, count: CountAnswers = no_answers, *, is_dry_run: bool = False
) -> Report:
    return import_series(
        session,
        now=now,
        content=text.encode(),
        instance_languages=LANGUAGES,
        count_answers=count,
        is_dry_run=is_dry_run,
    )


@pytest.fixture
def series(session: Session, now: datetime) -> Series:
    return session.get_one(Series, load(session, now, GOOD).series_id)


def items(series: Series) -> list[Item]:
    return [item for section in series.sessions[0].sections for item in section.items]


def withdraw(session: Session, item: Item, now: datetime) -> int:
    slot = item.slots[0]
    session.add(SpeakerConsent(slot_id=slot.id, kind=ConsentKind.ANNOUNCE_NAME, given_at=None, withdrawn_at=now))
    session.add(SpeakerConsent(slot_id=slot.id, kind=ConsentKind.QUOTED, given_at=now, withdrawn_at=None))
    session.flush()
    session.expire_all()
    return slot.id


def test_a_changed_start_is_a_move(session: Session, now: datetime, series: Series) -> None:
    load(session, now, GOOD.replace("T16:00", "T15:00"), some_answers)
    (one,) = series.sessions
    assert one.sequence == 1
    assert "programme.reschedule" in session.scalars(sa.select(LogEntry.action)).all()


def test_a_looser_level_is_asked_by_import_too(session: Session, now: datetime, series: Series) -> None:
    looser = GOOD.replace("rule: discussion", "rule: on_the_record")
    (one,) = series.sessions
    report = load(session, now, looser, some_answers)
    assert Entry("asked", "session", one.slug, ("chatham_house_rule",)) in report.entries
    assert (series.level, one.level) == (Level.ON_THE_RECORD, Level.DISCUSSION)
    proposal = find_proposal(session, one.id)
    assert proposal is not None
    assert proposal.level is Level.ON_THE_RECORD


def test_a_looser_session_by_import_is_named_in_the_report_and_changes_nothing_yet(
    session: Session, now: datetime, series: Series
) -> None:
    looser = GOOD.replace('slug: "1"', 'slug: "1"\n    chatham_house_rule: on_the_record')
    (one,) = series.sessions
    report = load(session, now, looser, some_answers)
    assert Entry("asked", "session", one.slug, ("chatham_house_rule",)) in report.entries
    assert not any(entry.code == "updated" and "chatham_house_rule" in entry.fields for entry in report.entries)
    assert one.level is None
    again = find_proposal(session, one.id)
    load(session, now, looser, some_answers)
    assert find_proposal(session, one.id) is again


def test_a_looser_level_by_import_counts_at_once_where_nobody_has_answered(
    session: Session, now: datetime, series: Series
) -> None:
    load(session, now, GOOD.replace("rule: discussion", "rule: on_the_record"), no_answers)
    assert series_values(series).level is Level.ON_THE_RECORD
    assert find_proposal(session, series.sessions[0].id) is None


def test_what_has_answers_is_not_unpublished(session: Session, now: datetime, series: Series) -> None:
    with pytest.raises(SeriesFileError) as caught:
        load(session, now, GOOD.replace('slug: "1"', 'slug: "1"\n    published: false'), some_answers)
    (fault,) = caught.value.faults
    assert (fault.line, fault.field, fault.code) == (13, "sessions[0].published", "session_has_answers")
    session.refresh(series.sessions[0])
    assert series.sessions[0].is_published


def test_what_the_file_lacks_is_left_alone_and_named(session: Session, now: datetime, series: Series) -> None:
    load(session, now, GOOD.replace('slug: "1"', 'slug: "1"\n    capacity: 5\n    room_link: https://r.example.org/'))
    without = GOOD.replace("  ada: {name: Ada}", "  bob: {name: Bob}").replace('slug: "1"', 'slug: "2"')
    report = load(session, now, without.replace(TALK, OTHER))
    found = {(entry.code, entry.kind, entry.name) for entry in report.entries}
    assert {("left", "session", "1"), ("left", "person", "ada"), ("created", "session", "2")} <= found
    report = load(session, now, GOOD)
    left = next(entry for entry in report.entries if entry.code == "left_fields")
    assert left.fields == ("room_link", "capacity")
    assert series.sessions[0].capacity == 5


def test_an_empty_value_clears(session: Session, now: datetime, series: Series) -> None:
    load(session, now, GOOD.replace('slug: "1"', 'slug: "1"\n    capacity: 5'))
    load(session, now, GOOD.replace('slug: "1"', 'slug: "1"\n    capacity:'))
    session.refresh(series.sessions[0])
    assert series.sessions[0].capacity is None


def test_a_dry_run_stores_nothing(session: Session, now: datetime, series: Series) -> None:
    revision = series.revision
    report = load(session, now, GOOD.replace("T16:00", "T15:00"), is_dry_run=True)
    assert report.is_changed
    session.expire_all()
    assert (series.revision, series.sessions[0].sequence) == (revision, 0)


def test_an_import_restores_no_consent(session: Session, now: datetime, series: Series) -> None:
    slot = withdraw(session, items(series)[0], now)
    load(session, now, GOOD)
    (item,) = items(series)
    assert item.slots[0].id == slot
    assert {consent.kind for consent in item.slots[0].consents if consent.withdrawn_at} == {ConsentKind.ANNOUNCE_NAME}


def test_consents_go_along_with_their_talk(session: Session, now: datetime, series: Series) -> None:
    slot = withdraw(session, items(series)[0], now)
    load(session, now, GOOD.replace(TALK, OTHER + TALK))
    session.expire_all()
    new, old = items(series)
    assert (new.title["en"], old.title["en"]) == ("Other", "Talk")
    assert not new.slots[0].consents
    assert old.slots[0].id == slot
    assert len(old.slots[0].consents) == 2


def test_a_talk_renamed_at_its_place_keeps_only_what_was_withdrawn(
    session: Session, now: datetime, series: Series
) -> None:
    withdraw(session, items(series)[0], now)
    load(session, now, GOOD.replace(TALK, OTHER))
    session.expire_all()
    (item,) = items(series)
    assert item.title["en"] == "Other"
    assert [consent.kind for consent in item.slots[0].consents] == [ConsentKind.ANNOUNCE_NAME]


def test_an_item_that_the_file_lacks_stays_where_it_was(session: Session, now: datetime, series: Series) -> None:
    third = OTHER.replace("Autre", "Trois").replace("Other", "Three")
    load(session, now, GOOD.replace(TALK, TALK + OTHER + third))
    report = load(session, now, GOOD.replace(TALK, TALK + third))
    session.expire_all()
    assert [item.title["en"] for item in items(series)] == ["Talk", "Other", "Three"]
    assert ("left", "item", "Autre") in {(entry.code, entry.kind, entry.name) for entry in report.entries}


def test_a_session_that_names_no_zone_follows_its_series(session: Session, now: datetime, series: Series) -> None:
    load(session, now, GOOD.replace("Europe/Paris", "America/Toronto"))
    session.expire_all()
    assert series.sessions[0].tzid == "America/Toronto"
    assert series.sessions[0].starts_at.hour == 21


QUESTIONS = """\
  questions:
    - {text: {fr: Quoi, en: What}, kind: one_of, reason: X, options: [Un, Deux]}
    - {text: {fr: Pourquoi, en: Why}, kind: short, reason: X, required: true, keep_days: 3}
"""


def asked(series: Series) -> list[tuple[str, str, list[str]]]:
    return [(one.key, one.text["en"], [option["key"] for option in one.options]) for one in series.questions]


def test_questions_keep_their_keys_and_what_the_file_lacks_is_left_alone(
    session: Session, now: datetime, series: Series
) -> None:
    text = GOOD.replace("sessions:", QUESTIONS + "sessions:")
    report = load(session, now, text)
    assert [entry.fields for entry in report.entries if entry.code == "updated"] == [("questions",)]
    what, why = asked(series)
    assert what[2] == ["un", "deux"]
    assert not load(session, now, text).is_changed
    # A corrected text and a corrected option are the same as before; the other way round, each keeps its replies.
    turned = text.replace("en: Why}", "en: Why so}").replace("[Un, Deux]", "[Un, Deux fois, Trois]")
    lines = turned.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "Quoi" in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    assert load(session, now, "".join(lines)).is_changed
    assert asked(series) == [(why[0], "Why so", []), (what[0], "What", ["un", "deux", "trois"])]
    report = load(session, now, text.replace("    - {text: {fr: Pourquoi", "    # {text: {fr: Pourquoi"))
    assert ("left", "question", "Pourquoi") in [(entry.code, entry.kind, entry.name) for entry in report.entries]
    assert [key for key, *_ in asked(series)] == [what[0], why[0]]
    report = load(session, now, GOOD)
    assert ("left_fields", "series", ("questions",)) in [(one.code, one.kind, one.fields) for one in report.entries]
    assert len(series.questions) == 2
