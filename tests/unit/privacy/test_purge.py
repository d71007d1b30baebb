"""What is forgotten, and when."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, SecretLink, issue
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.privacy import service
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Acknowledgement, Answer, AnswerRequest, AnswerState, Choice, Participant
from workshop.rsvp.queries import count_answers, count_seats
from workshop.rsvp.service import Asked, confirm, request_answer

DAY = timedelta(days=1)


def asked(address: str = "someone@example.org") -> Asked:
    return Asked(
        name="Une personne",
        address=address,
        choice=Choice.ACCEPTED,
        language="fr",
        tzid="Europe/Paris",
        notice=current_notice(Level.DISCUSSION),
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
