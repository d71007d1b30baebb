"""What the answer form asks for: kept, and a link mailed. Nothing else changes until the button behind that link."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.chatham.notices import Notice
from workshop.core.addresses import fold_address
from workshop.core.errors import NotFoundError, TooManyRequestsError
from workshop.core.limits import hit
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant
from workshop.rsvp.rule import (
    NoticeChangedError,
    SessionFullError,
    needs_box,
    notice_id,
    notice_of,
    takes_answers,
    tells_places,
)
from workshop.rsvp.schedule import refusal
from workshop.rsvp.service.standing import is_full, lock_participant

MAILS_PER_HOUR = 3
"""How many mails that confirm an address one address gets, whoever asks for them."""
DOUBLE_PRESS = timedelta(seconds=60)
"""The same answer twice within this time is one press that came twice."""

_ANSWER = sa.select(Answer).where(
    Answer.participant_id == sa.bindparam("participant"), Answer.workshop_session_id == sa.bindparam("session")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form says, checked."""

    name: str
    address: str
    choice: Choice
    language: str
    tzid: str
    affiliation: str = ""
    wants_reminders: bool = True
    notice: Notice | None = None
    """The notice that was shown and its box ticked; None when it was not."""
    notice_language: str = ""


def request_answer(session: Session, *, now: datetime, workshop_session: WorkshopSession, values: Asked) -> None:
    """Keep an answer until its address is confirmed, and mail the link for that. Flushes.

    Does the same work for an address that is known and one that is not, so that neither shows.

    Raises:
        NotFoundError: the session takes no answers by its address.
        ConflictError: cancelled, begun, closed, not yet open; for an acceptance also full where that may be told (a
            subclass says which).
        NoticeChangedError: the notice's box is required, and the notice read is not today's.
    """
    if not takes_answers(workshop_session):
        raise NotFoundError("no answers by address")
    if found := refusal(workshop_session, now=now):
        raise found
    notice = notice_of(workshop_session)
    if needs_box(notice, values.choice) and (values.notice is None or notice_id(values.notice) != notice_id(notice)):
        raise NoticeChangedError(field="acknowledge_rule")
    # Where the Rule lets nobody know of places, only the button says so, to whoever owns the address.
    if values.choice is Choice.ACCEPTED and tells_places(workshop_session) and is_full(session, workshop_session):
        raise SessionFullError
    participant = _participant(session, workshop_session.series_id, values, now)
    answer = _answer(session, participant, workshop_session, now)
    if not _ask(session, answer, values, now):
        return
    is_allowed = _may_mail(session, participant, now)
    with session.begin_nested() as point:
        emails.confirm_address(session, now=now, answer=answer, language=values.language)
        if not is_allowed:
            # Written and taken back: a quicker answer would tell that somebody asked for this address before.
            point.rollback()


def _participant(session: Session, series_id: int, values: Asked, now: datetime) -> Participant:
    """Find or make the participant, and lock them: two first answers at once are one person's."""
    folded = fold_address(values.address)
    new = {
        "series_id": series_id,
        "address": values.address,
        "address_folded": folded,
        "language": values.language,
        "tzid": values.tzid,
        "created_at": now,
    }
    session.execute(_new_participant(session.get_bind().dialect.name), [new])
    return lock_participant(session, (series_id, folded))


@functools.cache
def _new_participant(dialect: str) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(Participant).on_conflict_do_nothing(index_elements=["series_id", "address_folded"])


def _answer(session: Session, participant: Participant, workshop_session: WorkshopSession, now: datetime) -> Answer:
    answer = session.scalar(_ANSWER, {"participant": participant.id, "session": workshop_session.id})
    if answer is None:
        answer = Answer(
            participant=participant,
            workshop_session=workshop_session,
            state=AnswerState.PENDING,
            created_at=now,
            answered_at=now,
        )
        session.add(answer)
        session.flush()
    return answer


def _ask(session: Session, answer: Answer, values: Asked, now: datetime) -> bool:
    """Replace what waits for the button; False for the same again within a minute."""
    is_acknowledged = values.notice is not None and needs_box(values.notice, values.choice)
    said = {
        "choice": values.choice,
        "name": values.name,
        "affiliation": values.affiliation,
        "language": values.language,
        "tzid": values.tzid,
        "wants_reminders": values.wants_reminders,
        "notice_level": values.notice.level if values.notice and is_acknowledged else None,
        "notice_version": values.notice.version if values.notice and is_acknowledged else None,
        "notice_language": values.notice_language if is_acknowledged else "",
    }
    waiting = session.get(AnswerRequest, answer.id, populate_existing=True)
    if waiting is None:
        session.add(AnswerRequest(answer_id=answer.id, created_at=now, **said))
    elif now - waiting.created_at < DOUBLE_PRESS and all(getattr(waiting, key) == said[key] for key in said):
        return False
    else:
        for key, value in said.items():
            setattr(waiting, key, value)
        waiting.created_at = now
    session.flush()
    return True


def _may_mail(session: Session, participant: Participant, now: datetime) -> bool:
    """Count one more mail to this address; beyond the limit none leaves, and to the outside nothing is different."""
    try:
        hit(
            session,
            scope="confirm_address",
            key=participant.address_folded or "",
            times=MAILS_PER_HOUR,
            window=timedelta(hours=1),
            now=now,
        )
    except TooManyRequestsError:
        return False
    return True
