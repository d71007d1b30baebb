"""A series' own texts of mail in its file: read, refused with their line, written and read back the same."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.unit.programme.test_bad_files import GOOD, faults_of
from tests.unit.programme.values import LANGUAGES, no_answers
from workshop.mail.texts import OwnText, list_own, save_own
from workshop.programme.models import Series
from workshop.programme.seriesfile import export_series, import_series
from workshop.programme.seriesfile.report import Report

TEXTS = """\
  visibility: public
  texts:
    place_free:
      en:
        subject: "Free: {title}"
        body: |
          Hello {name},

          {session}
          {when}

          {links}
"""
FILE = GOOD.replace("  visibility: public\n", TEXTS)
OWN = OwnText("Free: {title}", "Hello {name},\n\n{session}\n{when}\n\n{links}")


def _import(session: Session, now: datetime, content: str) -> Report:
    return import_series(
        session, now=now, content=content.encode(), instance_languages=LANGUAGES, count_answers=no_answers
    )


def _texts(session: Session, report: Report) -> dict[tuple[str, str], OwnText]:
    return list_own(session, series_id=report.series_id)


def test_there_and_back(session: Session, now: datetime) -> None:
    report = _import(session, now, FILE)
    assert _texts(session, report) == {("place_free", "en"): OWN}
    series = session.get_one(Series, report.series_id)
    tricky = OwnText("no", "# x: - y\n  two\n\n{when}\n%s\t| é « à » ?\n\n{links}")
    save_own(session, now=now, series_id=series.id, kind="place_free", language="fr", own=tricky)
    text = export_series(series)
    before = _texts(session, report)
    assert not _import(session, now, text).is_changed
    other = _import(session, now, text.replace("slug: essai", "slug: autre"))
    assert _texts(session, other) == before
    assert len(before) == 2


def test_what_the_file_lacks_is_left_alone_and_named(session: Session, now: datetime) -> None:
    _import(session, now, FILE)
    report = _import(session, now, GOOD)
    assert _texts(session, report) == {("place_free", "en"): OWN}
    assert ("left_fields", ("texts",)) in [(entry.code, entry.fields) for entry in report.entries]
    changed = _import(session, now, FILE.replace("Free:", "Now free:"))
    assert ("updated", ("texts",)) in [(entry.code, entry.fields) for entry in changed.entries]
    assert _texts(session, changed)["place_free", "en"].subject == "Now free: {title}"


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Hello {name},", "{{7*7}}", (16, "series.texts.place_free.en.body", "placeholder_brace")),
        ("          {links}\n", "          {links}\n\n          {secret}\n", (22, "series.texts.place_free.en.body", "placeholder_unknown")),
        ("          {when}\n", "", (15, "series.texts.place_free.en.body", "placeholder_missing")),
        ("Free: {title}", "Free: {when}", (15, "series.texts.place_free.en.subject", "placeholder_in_subject")),
        ("    place_free:", "    confirm_address:", (13, "series.texts.confirm_address", "unknown_key")),
        ("      en:\n", "      de:\n", (14, "series.texts.place_free.de", "not_of_series")),
        ('        subject: "Free: {title}"\n', "", (14, "series.texts.place_free.en.subject", "required")),
        ('subject: "Free: {title}"', "subject: [a]", (14, "series.texts.place_free.en.subject", "not_text")),
        ('subject: "Free: {title}"', 'sujet: "x"', (14, "series.texts.place_free.en.sujet", "unknown_key")),
        ("      en:\n", "      en: text\n      fr:\n", (13, "series.texts.place_free.en", "not_mapping")),
    ],
)  # fmt: skip
def test_a_bad_text_is_refused_with_its_line(
    session: Session, old: str, new: str, expected: tuple[int, str, str]
) -> None:
    faults = [(fault.line, fault.field, fault.code) for fault in faults_of(session, FILE.replace(old, new).encode())]
    assert expected[1:] in [fault[1:] for fault in faults]
