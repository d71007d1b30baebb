"""Shares, and what is asked of those who answer: keys that outlive the words, faults, order, revision."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import build_participant
from tests.unit.programme.values import LANGUAGES, a_series, a_session, text
from workshop.audit.models import LogEntry
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import Question, QuestionKind, Series, WorkshopSession
from workshop.programme.queries import list_questions
from workshop.programme.service import (
    QuestionValues,
    ShareValues,
    create_question,
    create_series,
    create_session,
    delete_question,
    move_question,
    question_values,
    removed_options,
    session_values,
    update_question,
    update_session,
)
from workshop.programme.service.checks import MAXIMUM_QUESTIONS
from workshop.programme.service.keys import LENGTH, keys_of
from workshop.rsvp.models import QuestionReply


@pytest.fixture
def series(session: Session, now: datetime) -> Series:
    return create_series(session, now=now, values=a_series(), instance_languages=LANGUAGES)


@pytest.fixture
def one(session: Session, now: datetime, series: Series) -> WorkshopSession:
    return create_session(session, now=now, series=series, values=a_session(capacity=10))


def a_question(**changes: Any) -> QuestionValues:
    values: dict[str, Any] = {
        "kind": QuestionKind.ONE_OF,
        "text": text("Quoi ?", "What?"),
        "reason": text("Pour préparer", "To prepare"),
        "options": (text("Écrire", "Writing"), text("Relire", "Reading")),
    }
    return QuestionValues(**values | changes)


def codes(error: pytest.ExceptionInfo[InvalidValuesError]) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in error.value.faults]


def test_a_share_keeps_its_key_while_it_stays(session: Session, now: datetime, one: WorkshopSession) -> None:
    def write(*shares: tuple[Localized, int]) -> list[str]:
        values = tuple(ShareValues(name=name, percent=percent) for name, percent in shares)
        update_session(
            session,
            now=now,
            workshop_session=one,
            values=dataclasses.replace(session_values(one), shares=values),
            has_answers=True,
        )
        return [share["key"] for share in one.shares]

    first, second = text("Associations", "Societies"), Localized.neutral("Élus")
    assert write((first, 30), (second, 20)) == ["associations", "elus"]
    assert write((second, 20), (first, 35)) == ["elus", "associations"]
    assert write((second, 20), (text("Réseaux", "Networks"), 35)) == ["elus", "associations"]
    assert write((Localized.neutral("élus"), 20)) == ["elus"]
    assert write((second, 20), (first, 20)) == ["elus", "associations"]
    assert one.sequence == 0
    assert session_values(one).shares == (
        ShareValues(name=second, percent=20),
        ShareValues(name=first, percent=20),
    )


def test_keys_fit_their_column_and_never_meet() -> None:
    names = [
        Localized.neutral("É" * 60),
        Localized.neutral("e" * 61),
        Localized.neutral("日本"),
        Localized.neutral("…"),
    ]
    keys = keys_of((), names, "name")
    assert len(set(keys)) == len(names)
    assert all(0 < len(key) <= LENGTH for key in keys)
    stored = [{"key": "deux", "text": "Autre"}]
    assert keys_of(stored, [Localized.neutral("Autre"), Localized.neutral("Deux")], "text") == ["deux", "deux-2"]


def test_shares_are_of_a_number_and_within_it(session: Session, now: datetime, one: WorkshopSession) -> None:
    two = (ShareValues(name=text("A", "B"), percent=60), ShareValues(name=text("C", "D"), percent=41))
    for changes, found in (
        ({"shares": two}, [("shares", "shares_beyond_all")]),
        ({"shares": two[:1], "capacity": None}, [("shares", "shares_without_capacity")]),
        ({"shares": (ShareValues(name=text("A", ""), percent=0),)},
         [("shares.0.name", "lacks_text"), ("shares.0.percent", "out_of_range")]),
        ({"shares": (two[0], dataclasses.replace(two[0], percent=5))}, [("shares.1", "named_twice")]),
    ):  # fmt: skip
        values = dataclasses.replace(session_values(one), **changes)
        with pytest.raises(InvalidValuesError) as caught:
            update_session(session, now=now, workshop_session=one, values=values, has_answers=False)
        assert codes(caught) == found
    values = dataclasses.replace(
        session_values(one), monolingual="fr", shares=(ShareValues(name=Localized({"fr": "A"}), percent=100),)
    )
    assert update_session(session, now=now, workshop_session=one, values=values, has_answers=False)


def test_questions_are_kept_in_order_and_raise_the_revision(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    revision = series.revision
    first = create_question(session, now=now, owner=series, values=a_question())
    second = create_question(session, now=now, owner=series, values=a_question(text=text("Et ?", "And?")))
    own = create_question(session, now=now, owner=one, values=a_question(kind=QuestionKind.YES_NO, options=()))
    session.refresh(series)
    assert series.revision == revision + 3
    assert list(list_questions(session, series.id, [one.id])) == [first, second, own]
    assert (own.series_id, own.workshop_session_id) == (series.id, one.id)
    assert move_question(session, now=now, owner=series, question=second, by=-1)
    assert not move_question(session, now=now, owner=series, question=second, by=-1)
    assert list(series.questions) == [second, first]
    session.refresh(series)
    assert series.revision == revision + 4
    delete_question(session, now=now, owner=series, question=second)
    assert [one.position for one in series.questions] == [0]
    actions = session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)).all()
    assert actions[-4:] == [*["programme.create_question"] * 3, "programme.delete_question"]
    session.delete(series)
    session.flush()
    assert session.scalars(sa.select(Question)).all() == []


def test_a_corrected_question_stays_itself_and_one_of_another_kind_does_not(
    session: Session, now: datetime, series: Series
) -> None:
    question = create_question(session, now=now, owner=series, values=a_question())
    person = build_participant(session, series)
    session.add(QuestionReply(participant_id=person.id, question_id=question.id, value="relire", replied_at=now))
    session.flush()
    key = question.key
    changed = a_question(
        text=text("Qui ?", "Who?"), options=(text("Relire", "Proofreading"), text("Écrire", "To write"))
    )
    assert removed_options(question, changed) == frozenset()
    assert update_question(session, now=now, owner=series, question=question, values=changed) is question
    assert [option["key"] for option in question.options] == ["relire", "ecrire"]
    assert removed_options(question, a_question(options=changed.options[:1])) == {"ecrire"}
    revision = series.revision
    assert (
        update_question(session, now=now, owner=series, question=question, values=question_values(question)) is question
    )
    assert series.revision == revision
    other = update_question(
        session, now=now, owner=series, question=question, values=a_question(kind=QuestionKind.LONG, options=())
    )
    assert other.key != key
    assert session.scalars(sa.select(QuestionReply)).all() == []
    assert list(series.questions) == [other]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"text": Localized()}, [("text", "required")]),
        ({"text": Localized({"fr": "Quoi"})}, [("text", "lacks_text")]),
        ({"reason": Localized()}, [("reason", "required")]),
        ({"reason": text("x" * 501, "y")}, [("reason.fr", "too_long")]),
        ({"options": (text("A", "B"),)}, [("options", "options_too_few")]),
        ({"options": (text("A", "B"), Localized({"fr": "C"}))}, [("options.1", "lacks_text")]),
        ({"options": (text("A", "B"), text("C", "b"))}, [("options.1", "named_twice")]),
        ({"kind": QuestionKind.SHORT}, [("options", "options_without_choice")]),
        ({"keep_days": 91}, [("keep_days", "out_of_range")]),
        ({"text": Localized({"fr": "A", "en": "B", "es": "C"})}, [("text.es", "unknown_language")]),
    ],
)
def test_a_bad_question_is_refused_with_every_reason(
    session: Session, now: datetime, series: Series, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidValuesError) as caught:
        create_question(session, now=now, owner=series, values=a_question(**changes))
    assert codes(caught) == found


def test_a_monolingual_session_asks_in_its_language(session: Session, now: datetime, series: Series) -> None:
    values = a_session(number=2, monolingual="fr", title=Localized({"fr": "Seule"}))
    one = create_session(session, now=now, series=series, values=values)
    only = {
        "text": Localized({"fr": "Quoi"}),
        "reason": Localized({"fr": "X"}),
        "kind": QuestionKind.SHORT,
        "options": (),
    }
    assert create_question(session, now=now, owner=one, values=a_question(**only)).text["fr"] == "Quoi"


def test_there_are_only_so_many(session: Session, now: datetime, series: Series) -> None:
    for number in range(MAXIMUM_QUESTIONS):
        create_question(session, now=now, owner=series, values=a_question(text=Localized.neutral(f"Q{number}")))
    with pytest.raises(InvalidValuesError) as caught:
        create_question(session, now=now, owner=series, values=a_question())
    assert codes(caught) == [("text", "too_many")]
