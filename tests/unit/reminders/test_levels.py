"""A stricter level is told by comparing what each was last told with the level shown today."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_item, build_person, build_slot
from tests.unit.reminders.conftest import join, mark_sent, messages
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxState
from workshop.people.models import Person
from workshop.programme.models import SpeakerSlot, WorkshopSession
from workshop.programme.service.sessions import update_session
from workshop.programme.service.values import session_values
from workshop.reminders.service import last_look, notice_levels
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.rule import STANDS


def raise_to(session: Session, workshop_session: WorkshopSession, level: Level) -> None:
    """Make a session stricter, as the form does."""
    values = dataclasses.replace(session_values(workshop_session), level=level, moderators=None, partners=None)
    update_session(session, now=NOW, workshop_session=workshop_session, values=values, has_answers=True)


def test_everybody_who_stands_is_told_once_and_nobody_else(session: Session, workshop_session: WorkshopSession) -> None:
    for state in AnswerState:
        join(session, workshop_session, state=state)
    join(session, workshop_session, address=None)
    raise_to(session, workshop_session, Level.WHOLE_SESSION)
    assert notice_levels(session, NOW) == len(STANDS)
    assert notice_levels(session, NOW) == 0
    told = {message.answer_ref for message in messages(session, kind="level_raised")}
    states = {answer.state for answer in session.scalars(sa.select(Answer).where(Answer.subject.in_(told)))}
    assert states == set(STANDS)
    mark_sent(session)
    raise_to(session, workshop_session, Level.CLOSED)
    assert notice_levels(session, NOW) == len(STANDS)


def test_whoever_answered_before_levels_were_kept_counts_as_told(session: Session, answer: Answer) -> None:
    answer.told_level = None
    session.flush()
    assert notice_levels(session, NOW) == 1
    assert messages(session, kind="level_raised") == []
    assert session.scalars(sa.select(Answer.told_level)).all() == [Level.DISCUSSION]
    raise_to(session, answer.workshop_session, Level.WHOLE_SESSION)
    notice_levels(session, NOW)
    assert len(messages(session, kind="level_raised")) == 1


def test_whoever_asks_for_discretion_meanwhile_is_told_without_the_topic(session: Session, answer: Answer) -> None:
    answer.workshop_session.series.level = answer.told_level = Level.ON_THE_RECORD
    session.flush()
    raise_to(session, answer.workshop_session, Level.DISCUSSION)
    notice_levels(session, NOW)
    (message,) = messages(session, kind="level_raised")
    answer.participant.is_discreet = True
    session.flush()
    assert last_look(session, message, NOW) == "discretion asked"
    message.state = OutboxState.DISCARDED
    assert notice_levels(session, NOW) == 1
    message = messages(session, kind="level_raised")[-1]
    assert "Titre" not in message.subject + message.body_text
    assert last_look(session, message, NOW) is None


def test_whoever_withdrew_meanwhile_is_not_told(session: Session, answer: Answer) -> None:
    raise_to(session, answer.workshop_session, Level.WHOLE_SESSION)
    notice_levels(session, NOW)
    answer.state = AnswerState.WITHDRAWN
    session.flush()
    assert last_look(session, messages(session, kind="level_raised")[0], NOW) == "answer withdrawn"


def test_somebody_with_several_parts_is_told_once_and_a_stricter_one_overtakes_what_waits(
    session: Session, workshop_session: WorkshopSession
) -> None:
    person = build_person(session, workshop_session.series)
    build_item(session, workshop_session, speakers=[person])
    build_slot(session, workshop_session, person)
    raise_to(session, workshop_session, Level.WHOLE_SESSION)
    assert notice_levels(session, NOW) == 2
    (message,) = messages(session, kind="level_raised_speaker")
    assert last_look(session, message, NOW) is None
    raise_to(session, workshop_session, Level.CLOSED)
    assert last_look(session, message, NOW) == "level changed"
    levels = session.scalars(sa.select(SpeakerSlot.told_level)).all()
    assert set(levels) == {Level.DISCUSSION}
    notice_levels(session, NOW)
    assert [one.basis["now"] for one in messages(session, kind="level_raised_speaker")] == ["whole_session", "closed"]
    session.execute(sa.delete(Person))
    assert last_look(session, messages(session, kind="level_raised_speaker")[1], NOW) == "erased"


def test_a_draft_tells_nobody(session: Session, workshop_session: WorkshopSession) -> None:
    workshop_session.is_published = False
    build_slot(session, workshop_session, build_person(session, workshop_session.series))
    build_answer(session, workshop_session, state=AnswerState.PENDING)
    raise_to(session, workshop_session, Level.WHOLE_SESSION)
    assert notice_levels(session, NOW) == 0
