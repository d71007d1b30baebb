"""A series as it is after some years: 30 sessions, 60 people, 500 who take part, 5,000 answers, 2,000 messages."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_participant,
    build_person,
    build_section,
    build_series,
    build_session,
    build_slot,
)
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Item, ItemKind, Series
from workshop.rsvp.models import Answer, AnswerState, Participant

SESSIONS, PEOPLE, PARTICIPANTS, ANSWERS_EACH, MESSAGES = 30, 60, 500, 10, 2000


def build_big_series(session: Session, *, slug: str = "big", now: datetime = NOW) -> Series:
    """Return it: sessions two weeks apart around `now`, three sections of three items each."""
    series = build_series(session, slug=slug, title=both("Grande série", "Big series"))
    people = [build_person(session, series, name=f"Personne Élodie {number}") for number in range(PEOPLE)]
    speakers = itertools.cycle(people)
    levels = itertools.cycle([None, None, None, Level.WHOLE_SESSION, Level.CLOSED])
    for number in range(SESSIONS):
        at = now + timedelta(weeks=2 * (number - SESSIONS // 2), hours=3)
        one = build_session(
            session, series, slug=str(number + 1), number=number + 1, starts_at=at, ends_at=at + timedelta(hours=2),
            level=next(levels), capacity=200, is_published=number != SESSIONS - 1,
            objectives=tuple(both(f"Objectif {part}", f"Objective {part}") for part in range(3)),
        )  # fmt: skip
        for part in range(3):
            section = build_section(session, one, position=part, title=both(f"Partie {part}", f"Part {part}"))
            for position in range(3):
                item = Item(
                    section_id=section.id, position=position, kind=ItemKind.TALK, minutes=15,
                    title=both(f"Exposé {part}.{position}", f"Talk {part}.{position}"),
                )  # fmt: skip
                session.add(item)
                session.flush()
                build_slot(session, one, next(speakers), item=item)
        build_slot(session, one, next(speakers))
    session.flush()
    _answer(session, series)
    _write(session, series)
    session.commit()
    return series


def _row(thing: Any) -> dict[str, Any]:
    """Return a stored thing's columns but its number, to be inserted again and again."""
    table = type(thing).__table__
    return {column.name: getattr(thing, column.key) for column in table.columns if column.name != "id"}


def _answer(session: Session, series: Series) -> None:
    sample = build_participant(session, series)
    model = _row(sample)
    rows = [
        model
        | {
            "subject": f"{number:032x}",
            "address": f"p{number}@example.org",
            "address_folded": f"p{number}@example.org",
            "name": f"Participante Zoé {number}",
        }
        for number in range(1, PARTICIPANTS)
    ]
    session.execute(sa.insert(Participant), rows)
    ids = session.scalars(sa.select(Participant.id).where(Participant.series_id == series.id)).all()
    states = itertools.cycle([AnswerState.ACCEPTED] * 6 + [AnswerState.DECLINED, AnswerState.TENTATIVE])
    own = {one.id: _row(build_answer(session, one, sample)) for one in series.sessions}
    session.execute(sa.delete(Answer).where(Answer.participant_id == sample.id))
    numbers = itertools.cycle(own)
    answers: list[dict[str, Any]] = []
    for participant_id in ids:
        for _turn in range(ANSWERS_EACH):
            values = own[next(numbers)] | {"participant_id": participant_id, "state": next(states)}
            answers.append(values | {"subject": f"{len(answers) + 1:032x}"} | _new_uid(values, len(answers)))
    session.execute(sa.insert(Answer), answers)


def _new_uid(values: dict[str, Any], number: int) -> dict[str, Any]:
    return {"uid": f"{number:08d}-0000-4000-8000-000000000000"} if "uid" in values else {}


def _write(session: Session, series: Series) -> None:
    one = series.sessions[0]
    rows = [
        {
            "dedupe_key": f"big{number}", "kind": "reminder", "priority": 40, "series_id": series.id,
            "workshop_session_id": one.id, "person_ref": f"{number % PARTICIPANTS:032x}", "language": "fr",
            "recipient": f"p{number % PARTICIPANTS}@example.org", "subject": "Rappel", "body_text": "Bonjour.",
            "body_html": "<p>Bonjour.</p>", "message_id": f"<{number}@example.org>", "created_at": NOW,
            "next_attempt_at": NOW, "finished_at": NOW,
            "state": OutboxState.FAILED if number % 100 == 0 else OutboxState.SENT,
        }
        for number in range(MESSAGES)
    ]  # fmt: skip
    session.execute(sa.insert(OutboxMessage), rows)
