"""What every test of announcements needs."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_organiser, build_participant, build_series, build_session
from workshop.accounts.models import Organiser
from workshop.announcements import service
from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.queries import KIND, Group, count_recipients
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState


@pytest.fixture
def series(session: Session) -> Series:
    """Give a public series of the level `discussion`."""
    return build_series(session, slug="serie")


@pytest.fixture
def workshop_session(session: Session, series: Series) -> WorkshopSession:
    """Give a session of it."""
    return build_session(session, series)


@pytest.fixture
def organiser(session: Session, series: Series) -> Organiser:
    """Give somebody who owns it."""
    return build_organiser(session, series)


def join(
    session: Session, workshop_session: WorkshopSession, *, state: AnswerState = AnswerState.ACCEPTED, **who: Any
) -> Answer:
    """Add somebody's answer; `who` are the participant's columns, `interpretation` the answer's."""
    answer = {"interpretation": who.pop("interpretation", "")}
    person = build_participant(session, workshop_session.series, **who)
    return build_answer(session, workshop_session, person, state=state, **answer)


def subscribe(session: Session, series: Series, address: str, **values: Any) -> Subscriber:
    """Add somebody who follows a series and has confirmed that."""
    one = Subscriber(
        series=series,
        address=address,
        address_folded=address.casefold(),
        **{"language": "fr", "created_at": NOW, "confirmed_at": NOW, **values},
    )
    session.add(one)
    session.flush()
    return one


def draft(session: Session, series: Series, group: Group | None = None, **values: Any) -> Announcement:
    """Return a draft."""
    texts = {"subject": both("Du nouveau", "News"), "body": both("Bonjour à vous.", "Hello to you."), **values}
    return service.create(session, now=NOW, series=series, group=group or Group(), **texts)


def confirmed(session: Session, series: Series, organiser: Organiser, group: Group | None = None) -> Announcement:
    """Return an announcement that was tried out and confirmed."""
    one = draft(session, series, group)
    service.test(session, one, now=NOW, version=1, organiser=organiser)
    people = count_recipients(session, series, group or Group()).people
    service.confirm(session, one, now=NOW, version=1, expected=people, leaves_at=None, organiser=organiser)
    return one


def work(session: Session) -> None:
    """Let the worker write all that is due."""
    while service.send_announcements(session, NOW):
        pass


def written(session: Session, *, state: OutboxState | None = OutboxState.QUEUED) -> list[OutboxMessage]:
    """Return the messages to others than the writer, the oldest first; `state` None: of whatever state."""
    statement = sa.select(OutboxMessage).where(OutboxMessage.kind == KIND).order_by(OutboxMessage.id)
    found = session.scalars(statement.execution_options(populate_existing=True))
    return [one for one in found if not one.basis.get("is_test") and state in {None, one.state}]
