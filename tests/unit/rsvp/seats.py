"""A full session, who waits for a place in it, and what all of them do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice

NOTICE = current_notice(Level.DISCUSSION)


def share(key: str, percent: int) -> dict[str, Any]:
    """Return a share as a session keeps it."""
    return {"key": key, "name": {"fr": f"Part {key}", "en": f"Share {key}"}, "percent": percent}


def fill(session: Session, workshop_session: WorkshopSession, count: int, **values: Any) -> list[Answer]:
    """Let so many hold a seat."""
    return [build_answer(session, workshop_session, **values) for _ in range(count)]


def wait(
    session: Session, workshop_session: WorkshopSession, count: int = 1, *, tzid: str = "", **values: Any
) -> list[Answer]:
    """Let so many wait for a place, an hour after one another, the first a day ago."""
    found = []
    for number in range(count):
        at = NOW - timedelta(days=1) + timedelta(hours=number)
        participant = build_participant(session, workshop_session.series, tzid=tzid)
        defaults = {"state": AnswerState.WAITLISTED, "waitlisted_at": at, "created_at": at}
        found.append(build_answer(session, workshop_session, participant, **{**defaults, **values}))
    return found


def ask(
    session: Session,
    workshop_session: WorkshopSession,
    answer: Answer | None = None,
    *,
    choice: Choice = Choice.ACCEPTED,
    now: datetime = NOW,
    **said: Any,
) -> Answer:
    """Let an answer wait for its button, by default somebody's first."""
    answer = answer or build_answer(
        session,
        workshop_session,
        build_participant(session, workshop_session.series, confirmed_at=None),
        state=AnswerState.PENDING,
    )
    defaults = {
        "name": "Une personne",
        "language": "fr",
        "wants_reminders": True,
        "notice_level": NOTICE.level,
        "notice_version": NOTICE.version,
        "notice_language": "fr",
        "created_at": now,
    }
    answer.request = AnswerRequest(choice=choice, **{**defaults, **said})
    session.flush()
    return answer


def press(session: Session, answer: Answer, *, now: datetime = NOW) -> service.Outcome:
    """Press the button behind the mailed link."""
    (outcome,) = service.confirm(session, now=now, participant=answer.participant, language="fr")
    return outcome


def change(
    session: Session, answer: Answer, choice: Choice = Choice.ACCEPTED, *, now: datetime = NOW, joins_list: bool = False
) -> Answer:
    """Change an answer on the personal page."""
    return service.change_answer(
        session,
        now=now,
        participant=answer.participant,
        slug=answer.workshop_session.slug,
        choice=choice,
        notice=NOTICE,
        language="fr",
        joins_list=joins_list,
    )


def whose(answer: Answer) -> dict[str, Any]:
    """Return what the verbs of the personal page take to find this answer."""
    return {"participant": answer.participant, "slug": answer.workshop_session.slug}


def states(answers: Iterable[Answer]) -> list[str]:
    """Return where these answers stand, in a word each."""
    return [answer.state.value for answer in answers]


def mails(session: Session, *, kind: str = "") -> list[OutboxMessage]:
    """Return what waits to leave, the oldest first."""
    found = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.state == OutboxState.QUEUED).order_by(OutboxMessage.id)
    )
    return [one for one in found if not kind or one.kind == kind]
