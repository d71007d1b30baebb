"""“Also those announced later”: each new session is answered by itself, with one mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage
from workshop.privacy import service as privacy
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.reminders.service import last_look
from workshop.rsvp.models import Acknowledgement, Answer, AnswerRequest, AnswerState, Participant
from workshop.rsvp.schedule import REQUEST_LIFETIME
from workshop.rsvp.service import confirm, follow, withdraw
from workshop.rsvp.service.standing import acknowledge

SINCE = NOW - timedelta(hours=2)
ANNOUNCED = NOW - timedelta(hours=1)


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series with one session, published before anybody asked for later ones."""
    found = build_series(session)
    build_session(session, found, slug="1", published_at=NOW - timedelta(days=9))
    return found


@pytest.fixture
def participant(session: Session, series: Series) -> Participant:
    """Give somebody who comes, has read the notice of `discussion` and asked for the later ones."""
    found = build_participant(session, series, follows_since=SINCE)
    answer = build_answer(session, series.sessions[0], found)
    acknowledge(session, answer, current_notice(Level.DISCUSSION), language="fr", now=SINCE)
    return found


def announce(session: Session, series: Series, **values: Any) -> WorkshopSession:
    return build_session(session, series, **{"published_at": ANNOUNCED, "slug": "new", **values})


def answers_for(session: Session, workshop_session: WorkshopSession) -> list[AnswerState]:
    found = sa.select(Answer.state).where(Answer.workshop_session_id == workshop_session.id).order_by(Answer.id)
    return list(session.scalars(found))


def list_mail(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def test_a_new_session_is_accepted_with_a_mail_and_only_once(
    session: Session, series: Series, participant: Participant
) -> None:
    new = announce(session, series)
    assert follow(session, NOW) == 1
    assert follow(session, NOW) == 0
    assert answers_for(session, new) == [AnswerState.ACCEPTED]
    mail = list_mail(session)
    assert [(one.kind, one.language, one.recipient) for one in mail] == [
        ("session_announced", "fr", participant.address)
    ]
    assert "[[link:join:" in mail[0].body_text
    assert mail[0].attachments[0]["filename"] == "invite.ics"
    known = session.scalars(sa.select(Acknowledgement).join(Answer).where(Answer.workshop_session_id == new.id)).one()
    assert (known.level, known.version, known.language) == (Level.DISCUSSION, 1, "fr")
    assert last_look(session, mail[0], NOW) is None
    new.is_published = False
    session.flush()
    assert last_look(session, mail[0], NOW) == "session no longer announced"


def test_a_notice_not_read_yet_leaves_it_to_the_button(
    session: Session, series: Series, participant: Participant
) -> None:
    new = announce(session, series, level=Level.WHOLE_SESSION)
    assert follow(session, NOW) == 1
    assert answers_for(session, new) == [AnswerState.PENDING]
    mail = list_mail(session)[0]
    assert mail.kind == "session_announced"
    assert "[[link:join:" not in mail.body_text
    outcomes = confirm(session, now=NOW, participant=participant, acknowledged=["whole_session.1"], language="fr")
    assert [one.state for one in outcomes] == [AnswerState.ACCEPTED]


def test_what_was_left_to_the_button_is_not_announced_again_when_it_is_forgotten(
    session: Session, series: Series, participant: Participant
) -> None:
    new = announce(session, series, level=Level.WHOLE_SESSION)
    follow(session, NOW)
    later = NOW + REQUEST_LIFETIME + timedelta(minutes=1)
    privacy.purge(session, now=later)
    assert answers_for(session, new) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(AnswerRequest)) == 0
    assert follow(session, later) == 0
    assert len(list_mail(session)) == 1


def test_a_full_session_puts_nobody_on_a_list_unasked(
    session: Session, series: Series, participant: Participant
) -> None:
    participant.language = "en"
    new = announce(session, series, capacity=1)
    build_answer(session, new)
    assert follow(session, NOW) == 1
    assert sorted(answers_for(session, new)) == [AnswerState.ACCEPTED, AnswerState.LAPSED]
    assert "every place in it is taken already" in list_mail(session)[0].body_text
    assert follow(session, NOW) == 0


def test_where_organisers_decide_it_is_asked_for(session: Session, series: Series, participant: Participant) -> None:
    new = announce(session, series, needs_approval=True)
    assert follow(session, NOW) == 1
    assert answers_for(session, new) == [AnswerState.REQUESTED]


@pytest.mark.parametrize(
    "columns",
    [
        {"published_at": SINCE - timedelta(minutes=1)},
        {"is_published": False},
        {"visibility": Visibility.UNLISTED},
        {"visibility": Visibility.INVITE_ONLY},
        {"level": Level.CLOSED},
        {"status": SessionStatus.CANCELLED},
        {"rsvp_opens_at": NOW + timedelta(hours=1)},
        {"rsvp_closes_at": NOW},
        {"starts_at": NOW},
    ],
    ids=str,
)
def test_what_is_not_announced_to_everybody_or_not_open_is_left_alone(
    session: Session, series: Series, participant: Participant, columns: dict[str, Any]
) -> None:
    new = announce(session, series, **columns)
    assert follow(session, NOW) == 0
    assert answers_for(session, new) == []
    assert list_mail(session) == []


@pytest.mark.parametrize(
    "values",
    [
        {"follows_since": None},
        {"confirmed_at": None},
        {"erased_at": NOW},
        {"address": None, "address_folded": None},
        {"follows_since": NOW},
    ],
    ids=str,
)
def test_nobody_else_is_answered_for(session: Session, series: Series, values: dict[str, Any]) -> None:
    build_participant(session, series, **{"follows_since": SINCE, **values})
    new = announce(session, series)
    assert follow(session, NOW) == 0
    assert answers_for(session, new) == []


def test_leaving_one_leaves_the_others(session: Session, series: Series, participant: Participant) -> None:
    first = announce(session, series)
    follow(session, NOW)
    withdraw(session, now=NOW, participant=participant, slug="new")
    second = announce(session, series, slug="newer")
    assert follow(session, NOW) == 1
    assert answers_for(session, first) == [AnswerState.WITHDRAWN]
    assert answers_for(session, second) == [AnswerState.ACCEPTED]


def test_another_series_and_an_answer_of_one_s_own_are_left_alone(
    session: Session, series: Series, participant: Participant
) -> None:
    build_session(session, slug="elsewhere", published_at=ANNOUNCED)
    own = announce(session, series)
    build_answer(session, own, participant, state=AnswerState.DECLINED)
    assert follow(session, NOW) == 0
    assert answers_for(session, own) == [AnswerState.DECLINED]


def test_a_discreet_participant_reads_no_title(session: Session, series: Series, participant: Participant) -> None:
    participant.is_discreet = True
    announce(session, series, number=77)
    follow(session, NOW)
    mail = list_mail(session)[0]
    everything = f"{mail.subject}{mail.body_text}{mail.body_html}{mail.sender_name}{mail.headers}"
    assert "Titre de la séance" not in everything
    assert "contact@example.org" not in everything


def test_statements_do_not_grow_with_those_who_asked_for_nothing(
    session: Session, series: Series, participant: Participant, now: datetime
) -> None:
    for _ in range(5):
        build_participant(session, series)
    new = announce(session, series)
    assert follow(session, now) == 1
    assert answers_for(session, new) == [AnswerState.ACCEPTED]
