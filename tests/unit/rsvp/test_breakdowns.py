"""Who took part, counted once: no sequence of answers, withdrawals and erasures shows what a cell hides."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_item, build_participant, build_session
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.chatham.suppression import suppress
from workshop.core.language import speaking
from workshop.privacy import service as privacy
from workshop.programme.models import Question, QuestionKind, SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Breakdown, QuestionReply
from workshop.rsvp.queries.breakdowns import GRACE, list_breakdowns
from workshop.rsvp.service.breakdowns import count_breakdowns
from workshop.rsvp.view.breakdowns import breakdown_table, breakdown_views

SECOND = timedelta(seconds=1)
Shown = list[tuple[str, tuple[int | None, ...]]]


def build(session: Session, languages: Sequence[str] = (), **values: Any) -> WorkshopSession:
    """Return a session with a place for somebody of each of these languages."""
    one = build_session(session, **values)
    for language in languages:
        build_answer(session, one, build_participant(session, one.series, language=language))
    return one


def shown(session: Session, one: WorkshopSession) -> Shown:
    """Return what an organiser reads: title and cells."""
    with speaking("en"):
        views = breakdown_views(list_breakdowns(session, one.id), "en")
    return [(view.title.pick("en").value, tuple(cell.count for cell in view.cells)) for view in views]


def ask(session: Session, one: WorkshopSession, kind: QuestionKind, **values: Any) -> Question:
    """Return a question of the session with the options a and b."""
    question = Question(
        series_id=one.series_id, workshop_session_id=one.id, position=len(one.questions), kind=kind,
        text=both("Q ?", "Q?"), reason=both("P.", "W."),
        options=({"key": "a", "text": "A"}, {"key": "b", "text": {"fr": "Bé", "en": "Bee"}}), **values,
    )  # fmt: skip
    session.add(question)
    session.flush()
    return question


def test_nothing_is_counted_before_the_session_begins_and_once_after(app: Flask, session: Session) -> None:
    one = build(session, ["fr"] * 12 + ["en"] * 7)
    assert count_breakdowns(session, now=one.starts_at - SECOND) == 0
    assert shown(session, one) == []
    assert count_breakdowns(session, now=one.starts_at) == 1
    assert shown(session, one) == [("Language", (12, 7))]
    assert count_breakdowns(session, now=one.starts_at + SECOND) == 0
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.count_breakdown")).one()
    assert entry.details == {"people": 19}


def test_small_cells_are_hidden_and_never_stored(app: Flask, session: Session) -> None:
    one = build(session, ["fr"] * 12 + ["en"] * 3)
    count_breakdowns(session, now=one.starts_at)
    assert shown(session, one) == [("Language", (None, None))]
    rows = session.scalars(sa.select(Breakdown)).one().rows
    assert [row["count"] for row in rows] == [None, None]


def test_only_places_are_counted(app: Flask, session: Session) -> None:
    one = build(session, ["fr"] * 6 + ["en"] * 6)
    for state in (AnswerState.TENTATIVE, AnswerState.WAITLISTED, AnswerState.WITHDRAWN, AnswerState.PENDING):
        build_answer(session, one, state=state)
    count_breakdowns(session, now=one.starts_at)
    assert session.scalars(sa.select(Breakdown.total)).one() == 12


@pytest.mark.parametrize("level", [Level.ON_THE_RECORD, Level.DISCUSSION, Level.WHOLE_SESSION, Level.CLOSED])
def test_a_closed_session_is_never_counted(app: Flask, session: Session, level: Level) -> None:
    one = build(session, ["fr"] * 9 + ["en"] * 9, level=level)
    assert count_breakdowns(session, now=one.starts_at) == (level is not Level.CLOSED)


def test_the_strictest_item_decides(app: Flask, session: Session) -> None:
    one = build(session, ["fr"] * 9, level=Level.DISCUSSION)
    build_item(session, one, level=Level.CLOSED)
    assert count_breakdowns(session, now=one.starts_at) == 0


def test_drafts_cancelled_and_long_past_ones_are_left_alone(app: Flask, session: Session) -> None:
    now = NOW + timedelta(days=60)
    build(session, ["fr"] * 9, is_published=False, starts_at=now, ends_at=now + timedelta(hours=1))
    build(session, ["fr"] * 9, status=SessionStatus.CANCELLED, starts_at=now, ends_at=now + timedelta(hours=1))
    build(session, ["fr"] * 9, starts_at=now - GRACE - timedelta(hours=1), ends_at=now - GRACE)
    assert count_breakdowns(session, now=now) == 0


def test_interpretation_and_questions(app: Flask, session: Session) -> None:
    one = build_session(session, interpretation=({"from": "fr", "into": "en", "scope": ""},))
    one_of = ask(session, one, QuestionKind.ONE_OF)
    several = ask(session, one, QuestionKind.SEVERAL_OF)
    yes_no = ask(session, one, QuestionKind.YES_NO, is_required=True)
    ask(session, one, QuestionKind.SHORT)
    for number in range(20):
        participant = build_participant(session, one.series, language="fr" if number < 10 else "en")
        build_answer(session, one, participant, interpretation="en" if number < 6 else "")
        replies: list[tuple[Question, Any]] = [(yes_no, number < 9)]
        if number < 14:
            replies.append((one_of, "a" if number < 8 else "b"))
            replies.append((several, ["a", "b"] if number < 8 else ["a"]))
        session.add_all(
            QuestionReply(participant_id=participant.id, question_id=question.id, value=value, replied_at=NOW)
            for question, value in replies
        )
    count_breakdowns(session, now=one.starts_at)
    assert shown(session, one) == [
        ("Language", (10, 10)),
        ("Interpretation needed", (6, 14)),
        ("Q?", (8, 6, 6)),
        ("Q?", (14, 8)),
        ("Q?", (9, 11)),
    ]
    with speaking("en"):
        views = breakdown_views(list_breakdowns(session, one.id), "en")
        table = breakdown_table(views, "en")
    assert [cell.text.pick("en").value for cell in views[2].cells] == ["A", "Bee", "no reply"]
    assert [cell.text.pick("en").value for cell in views[4].cells] == ["yes", "no"]
    assert table.rows[0] == ("Language", "French", "10", "20")


def test_what_the_form_has_no_row_for_hides_the_whole(app: Flask, session: Session) -> None:
    one = build(session, ["fr"] * 9 + ["en"] * 9 + ["de"])
    ask(session, one, QuestionKind.YES_NO, is_required=True)
    count_breakdowns(session, now=one.starts_at)
    assert shown(session, one) == [("Language", (None, None)), ("Q?", (None, None))]


def test_a_question_that_is_changed_or_gone_leaves_what_was_counted(app: Flask, session: Session) -> None:
    one = build(session, ["fr"] * 9 + ["en"] * 9)
    question = ask(session, one, QuestionKind.SEVERAL_OF)
    count_breakdowns(session, now=one.starts_at)
    before = shown(session, one)
    session.delete(question)
    session.flush()
    assert shown(session, one) == before


@pytest.mark.parametrize("seed", range(6))
def test_a_reader_who_looks_after_every_step_sees_one_table_and_no_other(
    app: Flask, session: Session, seed: int
) -> None:
    """Whatever is answered, withdrawn, changed or erased, before and after, the reader learns one suppressed table."""
    dice = random.Random(seed)
    one = build(session, [dice.choice(["fr", "fr", "en"]) for _ in range(dice.randrange(4, 16))])
    seen: list[Shown] = []
    counted: tuple[int, ...] = ()
    for step in range(24):
        now = one.starts_at + timedelta(minutes=step - 12)
        if step == 12:
            held = [answer for answer in _answers(session, one) if answer.state is AnswerState.ACCEPTED]
            by_language = Counter(answer.participant.language for answer in held)
            counted = (by_language["fr"], by_language["en"])
            assert count_breakdowns(session, now=now) == 1
        else:
            _change(session, one, dice, now=now)
            assert count_breakdowns(session, now=now) == (0 if step < 12 or counted else 1)
        seen.append(shown(session, one))
    assert all(look == [] for look in seen[:12])
    assert all(look == [("Language", suppress(counted))] for look in seen[12:])


def _answers(session: Session, one: WorkshopSession) -> Sequence[Answer]:
    session.expire_all()
    return session.scalars(sa.select(Answer).where(Answer.workshop_session_id == one.id).order_by(Answer.id)).all()


def _change(session: Session, one: WorkshopSession, dice: random.Random, *, now: datetime) -> None:
    answers = [answer for answer in _answers(session, one) if answer.state is AnswerState.ACCEPTED]
    act = dice.choice(["answer", "answer", "withdraw", "erase", "language"])
    if act == "answer" or not answers:
        build_answer(session, one, build_participant(session, one.series, language=dice.choice(["fr", "en"])))
        return
    answer = dice.choice(answers)
    if act == "withdraw":
        answer.state = AnswerState.WITHDRAWN
    elif act == "erase":
        privacy.erase(session, now=now, participant=answer.participant)
    else:
        answer.participant.language = dice.choice(["fr", "en"])
    session.flush()
