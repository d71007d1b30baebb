"""The organisers' own sentence in services and in the series file: whole in every language before anybody reads it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_series, build_session
from tests.unit.programme.test_bad_files import GOOD, faults_of
from tests.unit.programme.values import LANGUAGES, a_series, a_session, no_answers
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import OwnSentence, Series
from workshop.programme.seriesfile import export_series, import_series
from workshop.programme.service import create_series, create_session, update_series
from workshop.programme.service.lifecycle import publish
from workshop.programme.service.values import series_values

SENTENCE = both("Merci de ne pas filmer l’entrée.", "Please do not film the entrance.")
FRENCH = Localized({"fr": "Merci de ne pas filmer l’entrée."})


def faults(error: pytest.ExceptionInfo[InvalidValuesError]) -> list[tuple[str, str]]:
    """Return field and code of each fault."""
    return [(one.field, one.code) for one in error.value.faults]


def say(session: Session, series: Series, sentence: Localized) -> None:
    """Give a series another sentence."""
    values = dataclasses.replace(series_values(series), own_sentence=sentence)
    update_series(session, now=NOW, series=series, values=values, answers={})


def test_a_draft_may_lack_a_language_and_publishing_may_not(session: Session) -> None:
    series = create_series(session, now=NOW, values=a_series(own_sentence=FRENCH))
    one = create_session(session, now=NOW, series=series, values=a_session(is_published=False))
    with pytest.raises(InvalidValuesError) as error:
        publish(session, now=NOW, workshop_session=one)
    assert faults(error) == [("own_sentence", "lacks_own_sentence")]
    session.refresh(one)
    one.is_published = False
    session.flush()
    say(session, series, SENTENCE)
    assert publish(session, now=NOW, workshop_session=one)


def test_a_session_is_not_created_published_while_it_lacks(session: Session) -> None:
    series = create_series(session, now=NOW, values=a_series(own_sentence=FRENCH))
    with pytest.raises(InvalidValuesError) as error:
        create_session(session, now=NOW, series=series, values=a_session(is_published=True))
    assert faults(error) == [("own_sentence", "lacks_own_sentence")]


def test_what_is_published_keeps_its_sentence_whole(session: Session) -> None:
    series = build_series(session, own_sentence=SENTENCE, own_sentence_version=1)
    build_session(session, series)
    build_session(session, series)
    with pytest.raises(InvalidValuesError) as error:
        say(session, series, FRENCH)
    assert set(faults(error)) == {("own_sentence", "lacks_own_sentence")}


def test_a_session_in_one_language_needs_that_one_alone(session: Session) -> None:
    series = create_series(session, now=NOW, values=a_series(own_sentence=FRENCH))
    assert create_session(session, now=NOW, series=series, values=a_session(is_published=True, monolingual="fr"))


def test_it_takes_one_line_of_some_length(session: Session) -> None:
    series = create_series(session, now=NOW, values=a_series(own_sentence=both(" Deux\n lignes ", "x" * 500)))
    assert series.own_sentence == both("Deux lignes", "x" * 500)
    with pytest.raises(InvalidValuesError) as error:
        say(session, series, both("x" * 501, "x"))
    assert faults(error) == [("own_sentence.fr", "too_long")]


def test_export_and_import_give_the_same_sentence_in_the_same_version(session: Session) -> None:
    series = create_series(session, now=NOW, values=a_series(own_sentence=SENTENCE))
    content = export_series(series).encode()
    assert "own_sentence:" in content.decode()
    import_series(session, now=NOW, content=content, instance_languages=LANGUAGES, count_answers=no_answers)
    session.refresh(series)
    assert (series.own_sentence, series.own_sentence_version) == (SENTENCE, 1)
    changed = content.replace(b"Please do not film", b"Do not film")
    later = NOW + timedelta(days=1)
    import_series(session, now=later, content=changed, instance_languages=LANGUAGES, count_answers=no_answers)
    assert session.scalars(sa.select(OwnSentence.version).order_by(OwnSentence.version)).all() == [1, 2]


def test_a_file_that_does_not_name_it_leaves_it_alone(session: Session) -> None:
    series = create_series(session, now=NOW, values=a_series(own_sentence=SENTENCE))
    lines = export_series(series).splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "own_sentence:" in line)
    content = "".join(lines[:at] + lines[at + 3 :]).encode()
    assert b"own_sentence" not in content
    import_series(session, now=NOW, content=content, instance_languages=LANGUAGES, count_answers=no_answers)
    session.refresh(series)
    assert (series.own_sentence, series.own_sentence_version) == (SENTENCE, 1)


@pytest.mark.databases("sqlite")
def test_a_file_that_would_publish_half_of_it_is_refused_at_its_line(session: Session) -> None:
    bad = GOOD.replace("  visibility: public\n", "  visibility: public\n  own_sentence: {fr: Une phrase}\n")
    (fault,) = faults_of(session, bad.encode())
    assert (fault.line, fault.field, fault.code) == (11, "series.own_sentence", "lacks_own_sentence")


@pytest.mark.databases("sqlite")
def test_a_file_without_a_level_is_refused(session: Session) -> None:
    bad = GOOD.replace("  chatham_house_rule: discussion\n", "")
    (fault,) = faults_of(session, bad.encode())
    assert (fault.field, fault.code) == ("series.chatham_house_rule", "required")


@pytest.mark.parametrize("table", ["series", "workshop_session", "item"])
def test_the_database_itself_refuses_a_level_that_nobody_knows(session: Session, table: str) -> None:
    build_item(session, build_session(session))
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.text(f"UPDATE {table} SET level = 'whatever'"))
    session.rollback()
