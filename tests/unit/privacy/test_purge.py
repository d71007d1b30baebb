"""What is forgotten, and when."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, SecretLink, issue
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.privacy import service
from workshop.programme.models import Question, QuestionKind, Series, WorkshopSession
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.models import (
    Acknowledgement,
    Answer,
    AnswerRequest,
    AnswerState,
    Choice,
    LinkRequest,
    Participant,
    QuestionReply,
)
from workshop.rsvp.queries import count_answers, count_seats
from workshop.rsvp.rule import notice_id
from workshop.rsvp.service import Asked, confirm, request_answer
from workshop.rsvp.view import reply_erases_at

DAY = timedelta(days=1)


def asked(address: str = "someone@example.org") -> Asked:
    return Asked(
        name="Une personne",
        address=address,
        choice=Choice.ACCEPTED,
        language="fr",
        tzid="Europe/Paris",
        notices=[notice_id(current_notice(Level.DISCUSSION))],
        notice_language="fr",
    )


def ask(session: Session, workshop_session: WorkshopSession, **values: str) -> Participant:
    """Ask for a seat as the form does, and return whose it would be."""
    request_answer(session, now=NOW, workshop_session=workshop_session, values=asked(**values))
    return session.scalars(sa.select(Participant).order_by(Participant.id.desc())).first()  # type: ignore[return-value] # just made


def test_an_unconfirmed_answer_goes_after_48_hours_with_its_person_links_and_mail(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    participant = ask(session, workshop_session)
    issue(session, purpose=Purpose.MY, subject=participant.subject)
    assert service.purge(session, now=NOW + 2 * DAY - timedelta(seconds=1)) == 0
    assert service.purge(session, now=NOW + 2 * DAY) == 1
    for model in (Participant, Answer, AnswerRequest, SecretLink):
        assert session.scalars(sa.select(model)).all() == []
    message = session.scalars(sa.select(OutboxMessage)).one()
    assert (message.recipient, message.body_text, message.state) == ("", "", OutboxState.DISCARDED)
    assert service.purge(session, now=NOW + 2 * DAY) == 0


def test_a_confirmed_answer_stays_when_a_later_request_is_forgotten(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    standing = build_answer(session, workshop_session, build_participant(
        session, workshop_session.series, address="someone@example.org", name="Avant"
    ))  # fmt: skip
    request_answer(session, now=NOW, workshop_session=workshop_session, values=asked("Someone@example.org"))
    assert service.purge(session, now=NOW + 2 * DAY) == 1
    assert session.scalars(sa.select(AnswerRequest)).all() == []
    session.refresh(standing)
    assert (standing.state, standing.participant.name) == (AnswerState.ACCEPTED, "Avant")


def test_an_identity_goes_on_its_date_and_leaves_counts_and_a_line_in_the_log(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    participant = ask(session, workshop_session)
    confirm(session, now=NOW, participant=participant, language="fr")
    due = workshop_session.ends_at + 30 * DAY
    service.purge(session, now=due - timedelta(seconds=1))
    session.refresh(participant)
    assert participant.erased_at is None
    assert service.purge(session, now=due) >= 1
    session.refresh(participant)
    assert participant.erased_at == due
    assert (participant.address, participant.address_folded, participant.name, participant.tzid) == (None, None, "", "")
    assert session.scalars(sa.select(Acknowledgement)).all() == []
    assert session.scalars(sa.select(SecretLink)).all() == []
    assert count_answers(session, [workshop_session.id]) == {workshop_session.id: 1}
    assert count_seats(session, [workshop_session.id]) == {workshop_session.id: 1}
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "privacy.erase")).one()
    assert entry.details == {"participants": 1, "reason": "retention"}
    assert find_break(session) is None
    assert service.purge(session, now=due) == 0


def test_a_later_session_of_the_series_keeps_the_identity_and_a_withdrawn_one_does_not(
    app: Flask, session: Session
) -> None:
    series = build_series(session, retention_days=10)
    first = build_session(session, series)
    later = build_session(session, series, starts_at=first.starts_at + 20 * DAY)
    participant = build_participant(session, series)
    build_answer(session, first, participant)
    answer = build_answer(session, later, participant)
    service.purge(session, now=first.ends_at + 11 * DAY)
    session.refresh(participant)
    assert participant.erased_at is None
    answer.state = AnswerState.WITHDRAWN
    service.purge(session, now=first.ends_at + 11 * DAY)
    session.refresh(participant)
    assert participant.erased_at is not None


def test_a_moved_session_takes_the_date_along(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    participant = build_answer(session, workshop_session).participant
    before = workshop_session.ends_at
    workshop_session.starts_at += 5 * DAY
    workshop_session.ends_at += 5 * DAY
    service.purge(session, now=before + 30 * DAY)
    session.refresh(participant)
    assert participant.erased_at is None


def test_a_room_is_forgotten_a_day_after_the_end_and_the_series_revision_rises(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    revision = workshop_session.series.revision
    service.purge(session, now=workshop_session.ends_at + DAY - timedelta(seconds=1))
    assert workshop_session.room_link
    service.purge(session, now=workshop_session.ends_at + DAY)
    session.expire_all()
    assert workshop_session.room_link == ""
    assert workshop_session.series.revision == revision + 1


def test_texts_of_mail_go_after_seven_days(app: Flask, session: Session) -> None:
    ask(session, build_session(session))
    message = session.scalars(sa.select(OutboxMessage)).one()
    message.state, message.finished_at = OutboxState.SENT, NOW
    assert message.body_text
    service.purge(session, now=NOW + 7 * DAY)
    session.refresh(message)
    assert message.body_text == ""


def test_erasing_on_asking_reaches_mail_that_waits(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    participant = ask(session, workshop_session)
    confirm(session, now=NOW, participant=participant, language="fr")
    service.erase(session, now=NOW, participant=participant)
    assert {message.recipient for message in session.scalars(sa.select(OutboxMessage))} == {""}
    assert count_seats(session, [workshop_session.id]) == {workshop_session.id: 0}


def build_question(session: Session, series: Series, *, keep_days: int, of: WorkshopSession | None = None) -> Question:
    """Return a question of the series, or of one session."""
    question = Question(
        series_id=series.id,
        workshop_session_id=of.id if of else None,
        position=0,
        kind=QuestionKind.SHORT,
        text=both("Question ?", "Question?"),
        reason=both("Pourquoi.", "Why."),
        keep_days=keep_days,
    )
    session.add(question)
    session.flush()
    return question


def reply(session: Session, participant: Participant, question: Question) -> None:
    """Keep a reply."""
    session.add(QuestionReply(participant_id=participant.id, question_id=question.id, value="x", replied_at=NOW))
    session.flush()


def kept(session: Session) -> set[int]:
    """Return the questions that replies are kept for."""
    return set(session.scalars(sa.select(QuestionReply.question_id)))


def test_a_reply_goes_on_its_question_s_own_date_before_the_identity(app: Flask, session: Session) -> None:
    series = build_series(session)
    first = build_session(session, series)
    last = build_session(session, series, starts_at=first.starts_at + 10 * DAY)
    participant = build_participant(session, series)
    for one in (first, last):
        build_answer(session, one, participant)
    at_once = build_question(session, series, keep_days=0, of=first)
    later = build_question(session, series, keep_days=5, of=first)
    of_series = build_question(session, series, keep_days=2)
    for question in (at_once, later, of_series):
        reply(session, participant, question)
    second = timedelta(seconds=1)
    for now, expected in (
        (first.ends_at - second, {at_once.id, later.id, of_series.id}),
        (first.ends_at, {later.id, of_series.id}),
        (first.ends_at + 5 * DAY - second, {later.id, of_series.id}),
        (first.ends_at + 5 * DAY, {of_series.id}),
        (last.ends_at + 2 * DAY - second, {of_series.id}),
        (last.ends_at + 2 * DAY, set()),
    ):
        service.purge(session, now=now)
        assert kept(session) == expected, now
    session.refresh(participant)
    assert participant.erased_at is None


def test_the_date_of_a_reply_is_the_one_that_the_page_says(app: Flask, session: Session) -> None:
    series = build_series(session, retention_days=10)
    first = build_session(session, series)
    participant = build_answer(session, first).participant
    identity = erasure_of(participant)
    for keep_days, expected in ((3, first.ends_at + 3 * DAY), (90, first.ends_at + 10 * DAY)):
        question = build_question(session, series, keep_days=keep_days)
        reply(session, participant, question)
        assert reply_erases_at(question, participant.answers, identity=identity) == expected
        service.purge(session, now=expected - timedelta(seconds=1))
        assert question.id in kept(session)
        service.purge(session, now=expected)
        assert question.id not in kept(session)


def test_another_participant_s_later_session_does_not_keep_a_reply(app: Flask, session: Session) -> None:
    series = build_series(session)
    first = build_session(session, series)
    later = build_session(session, series, starts_at=first.starts_at + 10 * DAY)
    question = build_question(session, series, keep_days=0)
    people = [build_answer(session, one).participant for one in (first, later)]
    for participant in people:
        reply(session, participant, question)
    service.purge(session, now=first.ends_at)
    assert session.scalars(sa.select(QuestionReply.participant_id)).all() == [people[1].id]


def test_who_asked_for_a_link_and_got_none_is_forgotten_after_48_hours(app: Flask, session: Session) -> None:
    session.add(LinkRequest(address_folded="someone@example.org", language="fr", created_at=NOW))
    session.flush()
    assert service.purge(session, now=NOW + 2 * DAY - timedelta(seconds=1)) == 0
    assert service.purge(session, now=NOW + 2 * DAY) == 1
    assert session.scalars(sa.select(LinkRequest)).all() == []


def test_erasing_offers_the_place_to_whoever_waits_in_the_same_transaction(app: Flask, session: Session) -> None:
    workshop_session = build_session(session, capacity=1, has_waiting_list=True)
    holder = build_answer(session, workshop_session)
    first, second = (
        build_answer(
            session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW - timedelta(hours=hours)
        )
        for hours in (2, 1)
    )
    service.erase(session, now=NOW, participant=holder.participant)
    assert (first.state, second.state) == (AnswerState.OFFERED, AnswerState.WAITLISTED)
    service.erase(session, now=NOW, participant=first.participant)
    assert second.state is AnswerState.OFFERED
    assert count_seats(session, [workshop_session.id]) == {workshop_session.id: 1}
