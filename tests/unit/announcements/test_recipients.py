"""Whom an announcement is for."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.builders import NOW, build_participant, build_session
from tests.unit.announcements.conftest import confirmed, join, subscribe, work, written
from workshop.accounts.models import Organiser
from workshop.announcements.queries import (
    ANY,
    Group,
    Whom,
    count_recipients,
    count_states,
    list_recipients,
    list_subscribers,
)
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxState
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.models import AnswerState


def addresses(session: Session, series: Series, group: Group) -> set[str]:
    found = list_recipients(session, series, group, after=0, limit=100)
    followers = list_subscribers(session, series, group, after=0, limit=100)
    assert count_recipients(session, series, group).people == len(found) + len(followers)
    return {one.address.partition("@")[0] for one in (*found, *followers)}


@pytest.fixture
def people(session: Session, workshop_session: WorkshopSession) -> WorkshopSession:
    """Give one of each kind; returns another session of the series, which `other` comes to."""
    other = build_session(session, workshop_session.series)
    join(session, workshop_session, address="coming@example.org", access_needs="Captions", interpretation="en")
    join(session, workshop_session, address="perhaps@example.org", state=AnswerState.TENTATIVE, language="en")
    join(session, workshop_session, address="waiting@example.org", state=AnswerState.WAITLISTED)
    join(session, workshop_session, address="declined@example.org", state=AnswerState.DECLINED, informed_since=NOW)
    join(session, workshop_session, address="withdrawn@example.org", state=AnswerState.WITHDRAWN)
    join(session, workshop_session, address="stopped@example.org", wants_announcements=False, informed_since=NOW)
    join(session, workshop_session, address=None)
    join(session, workshop_session, address="unconfirmed@example.org", state=AnswerState.PENDING, confirmed_at=None)
    join(session, workshop_session, address="erased@example.org", erased_at=NOW)
    join(session, other, address="other@example.org", interpretation="fr")
    join(session, build_session(session), address="elsewhere@example.org")
    return other


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({}, {"coming", "perhaps", "waiting", "other"}),
        ({"states": (AnswerState.TENTATIVE, AnswerState.DECLINED)}, {"perhaps", "declined"}),
        ({"languages": ("en",)}, {"perhaps"}),
        ({"interpretation": "en"}, {"coming"}),
        ({"interpretation": ANY}, {"coming", "other"}),
        ({"has_needs": True}, {"coming"}),
        ({"has_needs": True, "languages": ("en",)}, set()),
        ({"whom": Whom.INFORMED}, {"declined"}),
    ],
)
def test_a_group_is_filtered(
    session: Session, series: Series, people: WorkshopSession, group: dict[str, Any], expected: set[str]
) -> None:
    assert people.series_id == series.id
    assert addresses(session, series, Group(**group)) == expected
    assert Group.from_json(Group(**group).to_json()) == Group(**group)


def test_a_group_is_of_sessions(session: Session, series: Series, people: WorkshopSession) -> None:
    assert addresses(session, series, Group(sessions=(people.id,))) == {"other"}


def test_followers_get_it_once_even_where_they_answered_too(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    join(session, workshop_session, address="both@example.org", informed_since=NOW)
    subscribe(session, series, "Both@example.org")
    subscribe(session, series, "follower@example.org", language="en")
    subscribe(session, series, "unconfirmed@example.org", confirmed_at=None)
    informed = Group(whom=Whom.INFORMED)
    assert addresses(session, series, informed) == {"both", "follower"}
    assert addresses(session, series, Group(whom=Whom.INFORMED, languages=("en",))) == {"follower"}
    assert addresses(session, series, Group()) == {"both"}
    series.visibility = Visibility.INVITE_ONLY
    session.flush()
    assert addresses(session, series, informed) == {"both"}


def test_who_answered_for_a_strict_session_or_asked_for_discretion_gets_a_neutral_message(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    strict = build_session(session, series, level=Level.WHOLE_SESSION)
    join(session, workshop_session, address="open@example.org")
    join(session, workshop_session, address="discreet@example.org", is_discreet=True)
    join(session, strict, address="strict@example.org")
    person = build_participant(session, series, address="both@example.org")
    for one in (workshop_session, strict):
        join_again(session, one, person)
    found = list_recipients(session, series, Group(), after=0, limit=10)
    neutral = {one.address.partition("@")[0] for one in found if one.is_neutral}
    assert neutral == {"discreet", "strict", "both"}
    assert count_recipients(session, series, Group()).neutral == 3
    series.level = Level.CLOSED
    session.flush()
    assert all(one.is_neutral for one in list_recipients(session, series, Group(), after=0, limit=10))


def join_again(session: Session, workshop_session: WorkshopSession, person: Any) -> None:
    from tests.builders import build_answer

    build_answer(session, workshop_session, person)


@pytest.mark.parametrize(
    "group",
    [Group(has_needs=True), Group(languages=("en",)), Group(interpretation=ANY), Group(interpretation="en")],
    ids=["needs", "language", "any interpretation", "interpretation"],
)
def test_nobody_is_picked_out_of_a_session_that_was_closed_since(
    session: Session, series: Series, workshop_session: WorkshopSession, organiser: Organiser, group: Group
) -> None:
    other = build_session(session, series, slug="2")
    for one in (workshop_session, other):
        join(session, one, language="en", access_needs="A ramp.", interpretation="en")
    planned = confirmed(session, series, organiser, group)
    workshop_session.level = Level.CLOSED
    session.flush()
    assert count_recipients(session, series, group).people == 1
    work(session)
    assert len(written(session)) == 1
    assert count_states(session, planned) == {OutboxState.QUEUED: 1}
    # Who is not picked out is written to as before.
    assert count_recipients(session, series, Group()).people == 2
