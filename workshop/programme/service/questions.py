"""Writing what is asked of those who answer: replies stay with their question and their option while these stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.core.faults import Fault, InvalidValuesError
from workshop.people.checks import Checker
from workshop.programme.models import Question, Series, WorkshopSession
from workshop.programme.service.checks import MAXIMUM_QUESTIONS, clean_question, wanted_languages
from workshop.programme.service.keys import keys_of, pair
from workshop.programme.service.locking import hold, lock
from workshop.programme.service.standing import touch
from workshop.programme.service.values import QuestionValues, question_values


def create_question(
    session: Session,
    *,
    now: datetime,
    owner: Series | WorkshopSession,
    values: QuestionValues,
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> Question:
    """Ask something more, behind what is asked already. Flushes.

    Args:
        session: the database.
        now: the present instant.
        owner: the series, to ask it once for all its sessions, or one of its sessions.
        values: everything said of it.
        actor: as the log names who did it.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault, or when there are too many already.
    """
    values = _clean(owner, values, instance_languages)
    if len(owner.questions) >= MAXIMUM_QUESTIONS:
        raise InvalidValuesError([Fault("text", "too_many", {"limit": MAXIMUM_QUESTIONS})])
    question = _add(session, owner, values, position=len(owner.questions))
    _note(session, now, actor, owner, "programme.create_question", question)
    return question


def update_question(
    session: Session,
    *,
    now: datetime,
    owner: Series | WorkshopSession,
    question: Question,
    values: QuestionValues,
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> Question:
    """Bring a question up to date and return it. Flushes.

    Of another kind it is another question: the old one goes, and every reply to it. What becomes of replies that chose
    an option which `removed_options` names is the caller's to say.

    Args:
        session: the database.
        now: the present instant.
        owner: whose question it is.
        question: as it stands.
        values: everything said of it.
        actor: as the log names who did it.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault.
    """
    values = _clean(owner, values, instance_languages)
    if question_values(question) == values:
        return question
    if values.kind is not question.kind:
        position = question.position
        _remove(session, question)
        question = _add(session, owner, values, position=position)
    else:
        _write(question, values)
    _note(session, now, actor, owner, "programme.change_question", question)
    return question


def delete_question(
    session: Session, *, now: datetime, owner: Series | WorkshopSession, question: Question, actor: str = "command"
) -> None:
    """Ask something no more; every reply to it goes with it. Flushes."""
    question_id = question.id
    _remove(session, question)
    session.expire(owner, ["questions"])
    _number(owner.questions)
    _note(session, now, actor, owner, "programme.delete_question", None, question_id=question_id)


def move_question(
    session: Session, *, now: datetime, owner: Series | WorkshopSession, question: Question, by: int
) -> bool:
    """Ask something earlier (`by` -1) or later (1); returns whether that was possible. Flushes."""
    if isinstance(owner, WorkshopSession):
        lock(session, [owner])
    hold(session, owner, "questions")
    order = list(owner.questions)
    if question not in order:
        return False
    at = order.index(question)
    if not 0 <= at + by < len(order):
        return False
    order.insert(at + by, order.pop(at))
    _number(order)
    session.flush()
    session.expire(owner, ["questions"])
    touch(session, _series(owner), now=now)
    return True


def write_questions(
    session: Session,
    *,
    now: datetime,
    owner: Series | WorkshopSession,
    values: Sequence[QuestionValues],
    actor: str = "command",
) -> bool:
    """Write checked questions as a series file says them; returns whether that changed anything. Flushes.

    Each is matched as `match_questions` does; what `values` lacks stays, behind the others.
    """
    stored = list(owner.questions)
    matched = match_questions(stored, values)
    order, is_changed = [], False
    for said, found in zip(values, matched, strict=True):
        if found is None:
            order.append(_add(session, owner, said, position=len(stored)))
            is_changed = True
        else:
            is_changed |= question_values(found) != said
            _write(found, said)
            order.append(found)
    order += [one for one in stored if one not in order]
    is_changed |= order[: len(stored)] != stored
    _number(order)
    if is_changed:
        _note(session, now, actor, owner, "programme.write_questions", None, questions=len(order))
    return is_changed


def match_questions(stored: Sequence[Question], said: Sequence[QuestionValues]) -> list[Question | None]:
    """Return for each question that was said the stored one that it means; None for a new one.

    They match by position where the text is the same, then by text, then by position; never across kinds, whose replies
    say something else.
    """
    found: list[Question | None] = [None] * len(said)
    for kind in {one.kind for one in said}:
        own = [one for one in stored if one.kind is kind]
        spoken = [index for index, one in enumerate(said) if one.kind is kind]
        matched = pair([one.text for one in own], [said[index].text for index in spoken])
        for index, at in zip(spoken, matched, strict=True):
            found[index] = None if at is None else own[at]
    return found


def removed_options(question: Question, values: QuestionValues) -> frozenset[str]:
    """Return the keys of the options that a question would no longer offer."""
    kept = keys_of(question.options, values.options, "text")
    return frozenset(str(option["key"]) for option in question.options) - set(kept)


def clean_questions(
    questions: Sequence[QuestionValues], checker: Checker, *, languages: Sequence[str]
) -> tuple[QuestionValues, ...]:
    """Return questions cleaned; fields are `questions.0.text`.

    Args:
        questions: as entered.
        checker: notes what is wrong.
        languages: in all of which they must be asked.
    """
    if len(questions) > MAXIMUM_QUESTIONS:
        checker.add("questions", "too_many", limit=MAXIMUM_QUESTIONS)
    return tuple(
        clean_question(one, checker, languages=languages, prefix=f"questions.{index}.")
        for index, one in enumerate(questions)
    )


def _clean(
    owner: Series | WorkshopSession, values: QuestionValues, instance_languages: Sequence[str] | None
) -> QuestionValues:
    series = _series(owner)
    monolingual = owner.monolingual if isinstance(owner, WorkshopSession) else ""
    checker = Checker(instance_languages or series.languages)
    values = clean_question(values, checker, languages=wanted_languages(monolingual, series.languages))
    checker.raise_any()
    return values


def _series(owner: Series | WorkshopSession) -> Series:
    return owner.series if isinstance(owner, WorkshopSession) else owner


def _add(session: Session, owner: Series | WorkshopSession, values: QuestionValues, *, position: int) -> Question:
    question = Question(series_id=_series(owner).id, position=position, options=())
    if isinstance(owner, WorkshopSession):
        question.workshop_session_id = owner.id
    _write(question, values)
    session.add(question)
    session.flush()
    session.expire(owner, ["questions"])
    return question


def _remove(session: Session, question: Question) -> None:
    session.delete(question)
    session.flush()


def _write(question: Question, values: QuestionValues) -> None:
    options: tuple[dict[str, Any], ...] = tuple(
        {"key": key, "text": text.to_json()}
        for key, text in zip(keys_of(question.options, values.options, "text"), values.options, strict=True)
    )
    written: dict[str, Any] = {
        "kind": values.kind,
        "text": values.text,
        "reason": values.reason,
        "options": options,
        "is_required": values.is_required,
        "keep_days": values.keep_days,
    }
    for name, value in written.items():
        if getattr(question, name) != value:
            setattr(question, name, value)


def _number(questions: Sequence[Question]) -> None:
    for position, question in enumerate(questions):
        if question.position != position:
            question.position = position


def _note(
    session: Session,
    now: datetime,
    actor: str,
    owner: Series | WorkshopSession,
    action: str,
    question: Question | None,
    **details: Any,
) -> None:
    session.flush()
    session.expire(owner, ["questions"])
    touch(session, _series(owner), now=now)
    kind = "session" if isinstance(owner, WorkshopSession) else "series"
    if question is not None:
        details["question_id"] = question.id
    record(session, now=now, actor=actor, action=action, object_=f"{kind}:{owner.id}", details=details)
