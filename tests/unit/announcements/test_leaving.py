"""Announcements leave once to each, in batches, with a last look; they can be held, ended and taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_session
from tests.unit.announcements.conftest import confirmed, draft, join, subscribe, work, written
from workshop.accounts.models import Organiser
from workshop.announcements import service
from workshop.announcements.queries import Group, Whom, count_states, list_planned, list_written_to
from workshop.announcements.rule import (
    AnnouncementChangedError,
    AnnouncementNotTestedError,
    AnnouncementStandsError,
    RecipientsChangedError,
)
from workshop.announcements.service import leaving
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series, WorkshopSession
from workshop.reminders.service import last_look
from workshop.rsvp.models import AnswerState


def test_nothing_leaves_before_it_is_tried_out_and_the_number_confirmed(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    join(session, workshop_session)
    one = draft(session, series)
    work(session)
    assert written(session) == []

    def confirm(version: int, expected: int) -> None:
        service.confirm(session, one, now=NOW, version=version, expected=expected, leaves_at=None, organiser=organiser)

    with pytest.raises(AnnouncementNotTestedError):
        confirm(1, 1)
    service.test(session, one, now=NOW, version=1, organiser=organiser)
    service.save(session, one, version=1, subject=both("Autre", "Other"), body=one.body, group=Group())
    with pytest.raises(AnnouncementNotTestedError):
        confirm(2, 1)
    service.test(session, one, now=NOW, version=2, organiser=organiser)
    with pytest.raises(AnnouncementChangedError):
        confirm(1, 1)
    join(session, workshop_session)
    with pytest.raises(RecipientsChangedError) as caught:
        confirm(2, 1)
    assert caught.value.context["number"] == 2
    confirm(2, 2)
    with pytest.raises(AnnouncementStandsError):
        confirm(2, 2)
    work(session)
    assert len(written(session)) == 2
    work(session)
    assert len(written(session)) == 2
    log = session.scalars(sa.select(LogEntry).where(LogEntry.action == "announcements.confirm")).one()
    assert log.details == {"announcement": one.id, "people": 2}


def test_a_test_goes_to_its_writer_in_every_language_with_dead_links(
    session: Session, series: Series, organiser: Organiser
) -> None:
    service.test(session, draft(session, series), now=NOW, version=1, organiser=organiser)
    found = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [(one.recipient, one.language) for one in found] == [(organiser.email, "fr"), (organiser.email, "en")]
    assert found[1].subject == "[Test] News"
    for one in found:
        assert "[[link:" not in one.body_text + one.body_html
        assert "/my/example/messages" in one.body_text
        assert "List-Unsubscribe" not in one.headers
        assert last_look(session, one, NOW) is None


def test_each_gets_a_message_of_their_own(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    one = join(session, workshop_session, address="one@example.org", name="Alpha").participant
    two = join(session, workshop_session, address="two@example.org", name="Beta", language="en").participant
    confirmed(session, series, organiser)
    work(session)
    for person, message in zip((one, two), written(session), strict=True):
        assert (message.recipient, message.priority) == (person.address, 50)
        whole = f"{message.subject}{message.body_text}{message.body_html}{message.headers}"
        assert set(re.findall(r"link:\w+:([0-9a-f]{32})", whole)) == {person.subject}
        assert set(message.headers) == {"Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"}
        assert f"/{person.language}/unsubscribe/[[link:unsubscribe:{person.subject}]]/announcements" in str(
            message.headers["List-Unsubscribe"]
        )
        assert not re.search("Alpha|Beta|one@|two@", whole)
        assert last_look(session, message, NOW) is None
    assert "Hello to you." in written(session)[1].body_text
    assert [pair[0].subject["fr"] for pair in list_written_to(session, subjects=[one.subject])] == ["Du nouveau"]


def test_a_neutral_message_names_nothing(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    join(session, workshop_session, is_discreet=True, language="en")
    confirmed(session, series, organiser)
    work(session)
    (message,) = written(session)
    assert message.subject == "The organisers have written to you"
    assert message.basis["is_neutral"] is True
    assert "Reply-To" not in message.headers
    assert "The workshops" not in message.sender_name
    for hidden in ("Hello to you", "News", series.slug, "Example series", "The workshops", "contact@"):
        assert hidden not in message.body_text + message.body_html + str(message.headers)
    assert "/messages" in message.body_text


def test_it_is_written_in_batches_to_participants_and_then_to_followers(
    session: Session,
    series: Series,
    workshop_session: WorkshopSession,
    organiser: Organiser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaving, "BATCH", 2)
    for number in range(3):
        join(session, workshop_session, informed_since=NOW, address=f"p{number}@example.org")
        subscribe(session, series, f"s{number}@example.org")
    one = confirmed(session, series, organiser, Group(whom=Whom.INFORMED))
    assert [planned.recipients for planned in list_planned(session, series_id=series.id)] == [6]
    left = []
    while service.send_announcements(session, NOW):
        left.append([planned.recipients for planned in list_planned(session, series_id=series.id)])
    assert left == [[4], [3], [1], []]
    assert [message.recipient[:2] for message in written(session)] == ["p0", "p1", "p2", "s0", "s1", "s2"]
    assert "/follow/[[link:my:" in written(session)[-1].body_text
    assert one.finished_at == NOW


def test_it_may_be_planned_and_taken_back_until_it_begins(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    join(session, workshop_session)
    one = draft(session, series)
    service.test(session, one, now=NOW, version=1, organiser=organiser)
    later = NOW + timedelta(hours=3)
    service.confirm(session, one, now=NOW, version=1, expected=1, leaves_at=later, organiser=organiser)
    (planned,) = list_planned(session, series_id=series.id)
    assert (planned.key, planned.leaves_at, planned.recipients, planned.has_begun) == (one.key, later, 1, False)
    assert service.send_announcements(session, NOW) == 0
    service.take_back(session, one, now=NOW, organiser=organiser)
    assert (one.confirmed_at, list_planned(session, series_id=series.id)) == (None, [])
    service.confirm(session, one, now=NOW, version=1, expected=1, leaves_at=later, organiser=organiser)
    assert service.send_announcements(session, later) == 1
    with pytest.raises(AnnouncementStandsError):
        service.take_back(session, one, now=NOW, organiser=organiser)


def test_what_is_paused_goes_on_without_anybody_getting_it_twice(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    for _ in range(3):
        join(session, workshop_session)
    one = confirmed(session, series, organiser)
    work(session)
    sent, leaving_now, _ = written(session)
    sent.state, leaving_now.state = OutboxState.SENT, OutboxState.CLAIMED
    session.flush()
    service.pause(session, one, now=NOW, organiser=organiser)
    assert written(session) == []
    # The worker had it in its hands.
    assert last_look(session, leaving_now, NOW) == "announcement paused"
    leaving_now.state, leaving_now.finished_at = OutboxState.DISCARDED, NOW
    session.flush()
    work(session)
    assert written(session) == []
    service.resume(session, one, now=NOW, organiser=organiser)
    work(session)
    assert len(written(session)) == 2
    assert sent.recipient not in {message.recipient for message in written(session)}
    assert count_states(session, one) == {OutboxState.SENT: 1, OutboxState.QUEUED: 2}
    session.execute(sa.update(OutboxMessage).values(state=OutboxState.SENT))
    with pytest.raises(AnnouncementStandsError):
        service.pause(session, one, now=NOW, organiser=organiser)


def test_what_is_ended_never_goes_on(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    for _ in range(2):
        join(session, workshop_session)
    one = confirmed(session, series, organiser)
    work(session)
    first, second = written(session)
    first.state = OutboxState.CLAIMED
    session.flush()
    service.stop_announcement(session, one, now=NOW, organiser=organiser)
    assert (second.state, second.reason) == (OutboxState.DISCARDED, "announcement stopped")
    assert last_look(session, first, NOW) == "announcement stopped"
    with pytest.raises(AnnouncementStandsError):
        service.resume(session, one, now=NOW, organiser=organiser)
    work(session)
    assert written(session) == []


def test_the_last_look_keeps_back_what_is_no_longer_right(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    answers = [join(session, workshop_session) for _ in range(4)]
    confirmed(session, series, organiser)
    work(session)
    answers[0].state = AnswerState.WITHDRAWN
    answers[1].participant.wants_announcements = False
    answers[2].participant.is_discreet = True
    session.flush()
    reasons = [last_look(session, message, NOW) for message in written(session)]
    assert reasons == ["no longer concerned", "announcements stopped", "level changed", None]
    work(session)
    anew = written(session)[-1]
    assert (anew.person_ref, anew.basis["is_neutral"]) == (answers[2].participant.subject, True)


def test_what_the_rule_overtakes_is_written_anew_and_names_nothing(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser
) -> None:
    join(session, workshop_session)
    confirmed(session, series, organiser)
    work(session)
    (message,) = written(session)
    build_session(session, series)
    workshop_session.level = Level.CLOSED
    session.flush()
    assert last_look(session, message, NOW) == "level changed"
    message.state = OutboxState.DISCARDED
    session.flush()
    work(session)
    assert [one.basis["is_neutral"] for one in written(session)] == [True]


def test_followers_of_a_series_that_is_hidden_get_nothing_more(
    session: Session, series: Series, organiser: Organiser
) -> None:
    follower = subscribe(session, series, "follower@example.org")
    confirmed(session, series, organiser, Group(whom=Whom.INFORMED))
    work(session)
    (message,) = written(session)
    assert last_look(session, message, NOW) is None
    series.visibility = Visibility.INVITE_ONLY
    session.flush()
    assert last_look(session, message, NOW) == "no longer public"
    series.visibility = Visibility.PUBLIC
    service.stop(session, follower, now=NOW)
    assert written(session) == []
