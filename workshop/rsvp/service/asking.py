"""What the answer forms ask for: kept, and a link mailed. Nothing else changes until the button behind that link."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.dml import ReturningInsert

from workshop.core.addresses import fold_address
from workshop.core.errors import NotFoundError, TooManyRequestsError
from workshop.core.limits import hit
from workshop.core.links import Purpose, issue
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant
from workshop.rsvp.queries import count_seats
from workshop.rsvp.rule import (
    NoticeChangedError,
    SessionFullError,
    needs_box,
    notice_id,
    notice_of,
    shares_of,
    takes_answers,
    tells_places,
)
from workshop.rsvp.schedule import refusal
from workshop.rsvp.service.standing import lock_participant

MAILS_PER_HOUR = 3
"""How many mails that confirm an address one address gets, whoever asks for them."""
DOUBLE_PRESS = timedelta(seconds=60)
"""The same answer twice within this time is one press that came twice."""

_PARTICIPANT, _ANSWER, _REQUEST = (cast("sa.Table", one.__table__) for one in (Participant, Answer, AnswerRequest))
# Straight at the tables, and written once: on SQLite nobody else can write while an answer is taken.
_ANSWERS = (
    sa.select(_ANSWER.c.workshop_session_id, _ANSWER.c.id, *(one for one in _REQUEST.c if one.name != "answer_id"))
    .outerjoin(_REQUEST, _REQUEST.c.answer_id == _ANSWER.c.id)
    .where(
        _ANSWER.c.participant_id == sa.bindparam("participant"),
        _ANSWER.c.workshop_session_id.in_(sa.bindparam("sessions", expanding=True)),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form says, checked."""

    name: str
    address: str
    """Empty: the series asks for none, and the link is shown once instead of mailed."""
    choice: Choice
    language: str
    tzid: str
    affiliation: str = ""
    wants_reminders: bool = True
    notices: Collection[str] = ()
    """The notices that were shown and whose boxes were ticked, such as `discussion.1`."""
    notice_language: str = ""
    is_discreet: bool = False
    wants_calendar: bool = True
    """Whether mail brings calendar entries."""
    keeps_informed: bool = False
    follows: bool = False
    """Also the sessions announced later."""
    interpretation: str = ""
    """Kept for the sessions that are interpreted into it."""
    access_needs: str = ""
    share: str = ""
    """Kept for the sessions that have it."""
    joins_list: bool = False
    """Knowingly: waits for a place if none is left."""
    replies: Mapping[str, Any] = field(default_factory=dict)
    """Question's key → reply, as QuestionReply keeps it."""
    invitation_id: int | None = None
    """The invitation that let these answers in; whoever calls has asked it."""


class Asker(NamedTuple):
    """Who asks: of a participant's row, what the rest of the work needs."""

    id: int
    series_id: int
    subject: str
    address: str | None
    address_folded: str | None


def request_answer(session: Session, *, now: datetime, workshop_session: WorkshopSession, values: Asked) -> Participant:
    """Keep an answer for one session until its address is confirmed: see `request_answers`."""
    return request_answers(session, now=now, workshop_sessions=[workshop_session], values=values)


def request_answers(
    session: Session,
    *,
    now: datetime,
    workshop_sessions: Sequence[WorkshopSession],
    values: Asked,
    mails_link: bool = True,
) -> Participant:
    """Do what `ask_for_answers` does, and return the participant as the database has them now."""
    asker = ask_for_answers(session, now=now, workshop_sessions=workshop_sessions, values=values, mails_link=mails_link)
    return lock_participant(session, asker.id)


def ask_for_answers(
    session: Session,
    *,
    now: datetime,
    workshop_sessions: Sequence[WorkshopSession],
    values: Asked,
    mails_link: bool = True,
) -> Asker:
    """Keep the same answer for sessions of one series until its address is confirmed; one mail for all. Flushes.

    Does the same work for an address that is known and one that is not, so that neither shows. Without an address
    nothing is mailed: the participant's own page, whose link exists from now on, has the button. Nor is anything with
    `mails_link` off: the caller knows the address already, and presses the button at once.

    Raises:
        NotFoundError: a session takes no answers by its address.
        ConflictError: cancelled, begun, closed, not yet open; for an acceptance also full where that may be told and
            nobody asked for the waiting list (a subclass says which; `session` in the context is the slug).
        NoticeChangedError: a notice's box is required, and the notice read is not today's.
    """
    for workshop_session in workshop_sessions:
        _check(workshop_session, values, now)
    mails_link = mails_link and bool(values.address)
    # Before the first statement, with which the others begin to wait.
    text = emails.confirm_address_text(values.language, now=now) if mails_link else None
    _check_places(session, workshop_sessions, values)
    session.flush()
    connection = session.connection()
    asker = _asker(connection, workshop_sessions[0].series_id, values, now)
    is_new = _ask(session, asker, workshop_sessions, values, now)
    if not values.address:
        issue(session, purpose=Purpose.MY, subject=asker.subject)
    if not mails_link:
        return asker
    with connection.begin_nested() as point:
        is_allowed = _may_mail(session, asker, now)
        emails.confirm_address(
            session,
            now=now,
            participant=asker,
            session_ids=[one.id for one in workshop_sessions],
            language=values.language,
            text=text,
        )
        if not (is_allowed and is_new):
            # Written and taken back: a quicker answer would tell that somebody asked for this address before.
            point.rollback()
    return asker


def _check(workshop_session: WorkshopSession, values: Asked, now: datetime) -> None:
    if values.invitation_id is None and not takes_answers(workshop_session):
        raise NotFoundError("no answers by address")
    if found := refusal(workshop_session, now=now):
        found.context["session"] = workshop_session.slug
        raise found
    notice = notice_of(workshop_session)
    if needs_box(notice, values.choice) and notice_id(notice) not in values.notices:
        raise NoticeChangedError(field="acknowledge_rule", session=workshop_session.slug)


def _check_places(session: Session, workshop_sessions: Sequence[WorkshopSession], values: Asked) -> None:
    """Raise SessionFullError for the first session whose places are all taken, where the form may say so.

    Where the Rule lets nobody know of places, only the button says so, to whoever owns the address.
    """
    if values.choice is not Choice.ACCEPTED:
        return
    limited = [
        one
        for one in workshop_sessions
        if one.capacity is not None
        and not one.needs_approval
        and not (values.joins_list and one.has_waiting_list)
        and tells_places(one)
    ]
    held = count_seats(session, [one.id for one in limited])
    for one in limited:
        if held[one.id] >= (one.capacity or 0):
            raise SessionFullError(session=one.slug)


def _asker(connection: sa.Connection, series_id: int, values: Asked, now: datetime) -> Asker:
    """Find or make the participant, and lock them: two first answers at once are one person's.

    Nothing tells two without an address apart but their links.
    """
    new = {
        "series_id": series_id,
        "language": values.language,
        "tzid": values.tzid,
        "created_at": now,
        "address": values.address or None,
        "address_folded": fold_address(values.address) if values.address else None,
    }
    return Asker._make(connection.execute(_new_participant(connection.dialect.name), new).one())


@functools.cache
def _new_participant(dialect: str) -> ReturningInsert[*tuple[Any, ...]]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # Written to themselves, a row that is there is locked and returned.
    statement = insert(_PARTICIPANT).on_conflict_do_update(
        index_elements=["series_id", "address_folded"], set_={"language": _PARTICIPANT.c.language}
    )
    return statement.returning(*(_PARTICIPANT.c[name] for name in Asker._fields))


@functools.cache
def _new_answer(dialect: str) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(_ANSWER).on_conflict_do_nothing(index_elements=["participant_id", "workshop_session_id"])


@functools.cache
def _keep_request(dialect: str) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(_REQUEST)
    others = {name: column for name, column in statement.excluded.items() if name != "answer_id"}
    return statement.on_conflict_do_update(index_elements=["answer_id"], set_=others)


def _answers(
    connection: sa.Connection, asker: Asker, workshop_sessions: Sequence[WorkshopSession], now: datetime
) -> dict[int, sa.RowMapping]:
    """Find or make the answers: session's id → answer's id and what waits, all of it None where nothing does.

    The same statements for a known one and a new one.
    """
    ids = sorted({one.id for one in workshop_sessions})
    new = [
        {
            "participant_id": asker.id,
            "workshop_session_id": id_,
            "state": AnswerState.PENDING,
            "created_at": now,
            "answered_at": now,
        }
        for id_ in ids
    ]
    connection.execute(_new_answer(connection.dialect.name), new)
    rows = connection.execute(_ANSWERS, {"participant": asker.id, "sessions": ids}).mappings()
    return {row["workshop_session_id"]: row for row in rows}


def _ask(
    session: Session,
    asker: Asker,
    workshop_sessions: Sequence[WorkshopSession],
    values: Asked,
    now: datetime,
) -> bool:
    """Replace what waits for the button; False for the same again within a minute."""
    connection = session.connection()
    answers = _answers(connection, asker, workshop_sessions, now)
    said = {one.id: _said(one, values) for one in workshop_sessions}
    is_again = all(
        (was := answers[id_])["created_at"] is not None
        and now - was["created_at"] < DOUBLE_PRESS
        and all(was[key] == value for key, value in one.items())
        for id_, one in said.items()
    )
    rows = [
        {"answer_id": answers[id_]["id"], "created_at": answers[id_]["created_at"] if is_again else now, **one}
        for id_, one in said.items()
    ]
    connection.execute(_keep_request(connection.dialect.name), rows)
    _expire(session, asker, [row["answer_id"] for row in rows])
    return not is_again


def _expire(session: Session, asker: Asker, answer_ids: Sequence[int]) -> None:
    """Let nobody read what the session still held of these answers: the statements above went past it."""
    if participant := session.identity_map.get(identity_key(Participant, asker.id)):
        session.expire(participant, ["answers"])
    for answer_id in answer_ids:
        if request := session.identity_map.get(identity_key(AnswerRequest, answer_id)):
            session.expire(request)
        if answer := session.identity_map.get(identity_key(Answer, answer_id)):
            session.expire(answer, ["request"])


def _said(workshop_session: WorkshopSession, values: Asked) -> dict[str, Any]:
    """Return what is kept of the form for one session."""
    notice = notice_of(workshop_session)
    is_acknowledged = needs_box(notice, values.choice) and notice_id(notice) in values.notices
    targets = {offer["into"] for offer in workshop_session.interpretation}
    shares = {share.key for share in shares_of(workshop_session)}
    return {
        "choice": values.choice,
        "name": values.name,
        "affiliation": values.affiliation,
        "language": values.language,
        "tzid": values.tzid,
        "wants_reminders": values.wants_reminders,
        "notice_level": notice.level if is_acknowledged else None,
        "notice_version": notice.version if is_acknowledged else None,
        "notice_language": values.notice_language if is_acknowledged else "",
        "notice_own_version": notice.own_version if is_acknowledged else 0,
        "is_discreet": values.is_discreet,
        "wants_calendar": values.wants_calendar,
        "keeps_informed": values.keeps_informed,
        "follows": values.follows,
        "interpretation": values.interpretation if values.interpretation in targets else "",
        "access_needs": values.access_needs,
        "share": values.share if values.share in shares else "",
        "joins_list": values.joins_list and workshop_session.has_waiting_list,
        # As JSON gives it back, so that the same again is found to be the same.
        "replies": {
            key: list(value) if isinstance(value, list | tuple) else value for key, value in values.replies.items()
        },
        "invitation_id": values.invitation_id,
    }


def _may_mail(session: Session, asker: Asker, now: datetime) -> bool:
    """Count one more mail to this address; beyond the limit none leaves, and to the outside nothing is different."""
    try:
        hit(
            session,
            scope="confirm_address",
            key=asker.address_folded or "",
            times=MAILS_PER_HOUR,
            window=timedelta(hours=1),
            now=now,
        )
    except TooManyRequestsError:
        return False
    return True
