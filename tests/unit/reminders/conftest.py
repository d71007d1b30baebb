"""What every test of reminders needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerState


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session on 30 November 2026, 16:00 in Paris, with the default rules."""
    return build_session(session, build_series(session))


@pytest.fixture
def answer(session: Session, workshop_session: WorkshopSession) -> Answer:
    """Give a seat that is held in it."""
    return build_answer(session, workshop_session)


def join(
    session: Session, workshop_session: WorkshopSession, *, state: AnswerState = AnswerState.ACCEPTED, **who: object
) -> Answer:
    """Add somebody's answer; `who` are the participant's columns."""
    return build_answer(
        session, workshop_session, build_participant(session, workshop_session.series, **who), state=state
    )


def messages(session: Session, *, kind: str = "") -> list[OutboxMessage]:
    """Return the outbox, oldest first."""
    statement = sa.select(OutboxMessage).order_by(OutboxMessage.id).execution_options(populate_existing=True)
    return [one for one in session.scalars(statement) if not kind or one.kind == kind]


def mark_sent(session: Session) -> None:
    """Let everything that waits have left."""
    session.execute(
        sa.update(OutboxMessage).where(OutboxMessage.state == OutboxState.QUEUED).values(state=OutboxState.SENT)
    )


def move(session: Session, workshop_session: WorkshopSession, by: timedelta) -> None:
    """Move a session, as rescheduling does."""
    workshop_session.starts_at += by
    workshop_session.ends_at += by
    workshop_session.starts_wall += by
    workshop_session.ends_wall += by
    workshop_session.sequence += 1
    session.flush()


@pytest.fixture
def before(workshop_session: WorkshopSession) -> Callable[..., datetime]:
    """Give a function for an instant before the session's first start: `before(days=1)`."""
    start = workshop_session.starts_at.astimezone(UTC)

    def find(**span: float) -> datetime:
        return start - timedelta(**span)

    return find


@pytest.fixture
def count_reads(session: Session) -> Iterator[Callable[[], int]]:
    """Give a function that tells how many SELECTs were sent since it was asked last, those of the outbox's rows apart."""
    with counting(session) as found:

        def ask() -> int:
            count = len(found)
            found.clear()
            return count

        yield ask


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    """Collect the statements that read, but for what `mail` does for each message."""
    found: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and "FROM outbox_message" not in statement:
            found.append(statement)

    engine = session.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", keep)
