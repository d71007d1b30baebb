"""Everybody learns of a change once, from what they were last told to what stands."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_session
from tests.unit.reminders.conftest import join, mark_sent, messages, move
from workshop.mail.models import OutboxState
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders.service import last_look, notice_changes
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.rule import STANDS

Before = Callable[..., datetime]
DAY = timedelta(days=1)


def cancel(
    session: Session, workshop_session: WorkshopSession, status: SessionStatus = SessionStatus.CANCELLED
) -> None:
    workshop_session.status = status
    workshop_session.sequence += 1
    session.flush()


def test_nothing_changed_nothing_said(session: Session, answer: Answer, now: datetime) -> None:
    assert notice_changes(session, now) == 0


def test_a_move_is_told_once_with_before_and_after(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    answer = join(session, workshop_session, language="en", tzid="America/Toronto")
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    (message,) = messages(session)
    assert message.priority == 20
    assert message.dedupe_key.startswith(f"session_moved|{answer.subject}|1|")
    assert "List-Unsubscribe" not in message.headers
    for clock in (
        "Monday 30 November 2026, 16:00–18:00, Paris time (UTC+1)",
        "Monday 30 November 2026, 10:00–12:00, Toronto time (UTC−5)",
        "Tuesday 1 December 2026, 16:00–18:00, Paris time (UTC+1)",
        "Tuesday 1 December 2026, 10:00–12:00, Toronto time (UTC−5)",
    ):
        assert clock in message.body_text
        assert clock in message.body_html
    assert answer.told_starts_at == workshop_session.starts_at


def test_the_new_day_of_erasure_is_said_when_the_move_takes_it_along(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    answer = join(session, workshop_session, language="en")
    other = join(session, workshop_session, language="en")
    later = build_session(session, workshop_session.series, starts_at=workshop_session.starts_at + 10 * DAY)
    build_answer(session, later, other.participant)
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 2
    bodies = {one.answer_ref: one.body_text for one in messages(session)}
    assert "it is now Thursday 31 December 2026" in bodies[answer.subject]
    assert "erased" not in bodies[other.subject]


def test_the_updated_calendar_entry_goes_to_those_who_come_or_perhaps_come(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    tentative = join(session, workshop_session, state=AnswerState.TENTATIVE)
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 2
    files = {one.answer_ref: one.attachments for one in messages(session)}
    (perhaps,) = files[tentative.subject]
    assert "STATUS:TENTATIVE\r\n" in perhaps["content"]
    assert "CONFERENCE" not in perhaps["content"]
    (file,) = files[answer.subject]
    assert f"UID:{answer.uid}@" in file["content"]
    assert "SEQUENCE:1\r\n" in file["content"]
    assert "DTSTART;TZID=Europe/Paris:20261201T160000" in file["content"]


def test_another_zone_counts_as_a_move(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    workshop_session.tzid = "Europe/Brussels"
    workshop_session.sequence += 1
    assert notice_changes(session, now) == 1
    assert messages(session)[0].kind == "session_moved"
    assert notice_changes(session, now) == 0


@pytest.mark.parametrize("state", sorted(STANDS))
def test_whoever_waits_for_a_place_is_told_too_and_where_they_stand(
    session: Session, workshop_session: WorkshopSession, now: datetime, state: AnswerState
) -> None:
    join(session, workshop_session, state=state, language="en")
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 1
    words = {
        AnswerState.ACCEPTED: "Your place is kept",
        AnswerState.TENTATIVE: "“perhaps” still stands",
        AnswerState.WAITLISTED: "still on the waiting list",
        AnswerState.OFFERED: "accept it on your personal page",
        AnswerState.REQUESTED: "have not decided about your request",
    }
    (message,) = messages(session)
    for body in (message.body_text, message.body_html):
        assert [found for found, word in words.items() if word in body] == [state]
    assert last_look(session, message, now) is None


def test_a_discreet_reader_is_told_without_the_topic(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    join(session, workshop_session, is_discreet=True)
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 1
    (message,) = messages(session)
    whole = message.subject + message.body_text + message.body_html + str(message.attachments)
    assert "Titre de la séance" not in whole
    assert message.sender_name == "Workshop"
    assert not message.headers


@pytest.mark.parametrize("state", sorted(set(AnswerState) - STANDS))
def test_nobody_else_is_told(
    session: Session, workshop_session: WorkshopSession, now: datetime, state: AnswerState
) -> None:
    join(session, workshop_session, state=state)
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 0


def test_nothing_is_told_after_the_end(session: Session, workshop_session: WorkshopSession, answer: Answer) -> None:
    cancel(session, workshop_session)
    assert notice_changes(session, workshop_session.ends_at) == 0
    assert notice_changes(session, workshop_session.ends_at - timedelta(seconds=1)) == 1


def test_thirty_participants_and_a_cancellation(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    answers = [join(session, workshop_session, wants_reminders=False) for _ in range(30)]
    cancel(session, workshop_session)
    assert notice_changes(session, now) == 30
    found = messages(session, kind="session_cancelled")
    assert {one.recipient for one in found} == {answer.participant.address for answer in answers}
    for one in found:
        whole = one.subject + one.body_text + one.body_html + str(one.headers)
        for answer in answers:
            assert answer.participant.name not in whole
            assert answer.participant.address is not None
            assert answer.participant.address not in whole
            assert (answer.participant.subject in whole) == (answer.subject == one.answer_ref)
        assert one.priority == 10


def test_cancelled_and_reinstated(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    cancel(session, workshop_session)
    assert notice_changes(session, now) == 1
    mark_sent(session)
    cancel(session, workshop_session, SessionStatus.CONFIRMED)
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    assert [one.kind for one in messages(session)] == ["session_cancelled", "session_reinstated"]


def test_reinstated_at_another_time_says_both(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    join(session, workshop_session, language="en")
    cancel(session, workshop_session)
    notice_changes(session, now)
    mark_sent(session)
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 0
    cancel(session, workshop_session, SessionStatus.CONFIRMED)
    assert notice_changes(session, now) == 1
    body = messages(session)[-1].body_text
    assert "Monday 30 November 2026" in body
    assert "Tuesday 1 December 2026" in body


def test_a_second_move_supersedes_a_first_that_has_not_left(
    session: Session, workshop_session: WorkshopSession, now: datetime
) -> None:
    join(session, workshop_session, language="en")
    move(session, workshop_session, DAY)
    notice_changes(session, now)
    move(session, workshop_session, DAY)
    assert notice_changes(session, now) == 1
    first, second = messages(session)
    assert first.state is OutboxState.SUPERSEDED
    assert "Monday 30 November 2026" in second.body_text  # what the participant really knows
    assert "Tuesday 1 December 2026" not in second.body_text
    assert "Wednesday 2 December 2026" in second.body_text


def test_moved_and_moved_back_before_anything_left_says_nothing(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    move(session, workshop_session, DAY)
    notice_changes(session, now)
    move(session, workshop_session, -DAY)
    assert notice_changes(session, now) == 0
    assert [one.state for one in messages(session)] == [OutboxState.SUPERSEDED]
    assert notice_changes(session, now) == 0


def test_moved_and_moved_back_after_it_left_is_told_again(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    move(session, workshop_session, DAY)
    notice_changes(session, now)
    mark_sent(session)
    move(session, workshop_session, -DAY)
    assert notice_changes(session, now) == 1


def test_a_notice_that_a_newer_change_overtook_is_written_anew(
    session: Session, workshop_session: WorkshopSession, answer: Answer, now: datetime
) -> None:
    move(session, workshop_session, DAY)
    notice_changes(session, now)
    (first,) = messages(session)
    first.state = OutboxState.CLAIMED
    move(session, workshop_session, DAY)
    assert last_look(session, first, now) == "superseded"
    first.state = OutboxState.DISCARDED
    assert notice_changes(session, now) == 1
    told = messages(session)[-1].basis["told"]
    assert told["starts_at"] == (workshop_session.starts_at - 2 * DAY).isoformat()
