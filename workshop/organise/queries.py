"""Reading what the workspace shows across features."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from workshop.accounts.models import Role, SeriesRole
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.suppression import SUPPRESSED
from workshop.people.models import ChangeState, Person, SpeakerChange, StaleText
from workshop.programme.models import Series, SessionDraft, WorkshopSession
from workshop.programme.queries import series_parts, session_parts
from workshop.reminders.queries import TOLD
from workshop.rsvp.emails.levels import ASKING
from workshop.rsvp.models import Answer, AnswerState, Invitation, Participant, QuestionReply


class Fate(enum.StrEnum):
    """What became of a message, in as many words as an organiser needs."""

    WAITING = "waiting"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    DROPPED = "dropped"
    """Not sent because it was no longer right."""


FATES = {
    OutboxState.QUEUED: Fate.WAITING,
    OutboxState.CLAIMED: Fate.WAITING,
    OutboxState.SENT: Fate.SENT,
    OutboxState.UNCERTAIN: Fate.UNCERTAIN,
    OutboxState.FAILED: Fate.FAILED,
    OutboxState.SUPERSEDED: Fate.DROPPED,
    OutboxState.EXPIRED: Fate.DROPPED,
    OutboxState.DISCARDED: Fate.DROPPED,
}
_IS_REFUSED = sa.and_(OutboxMessage.state == OutboxState.DISCARDED, OutboxMessage.reason == SUPPRESSED)
_fate: sa.ColumnElement[str] = sa.case(
    (_IS_REFUSED, Fate.FAILED.value),
    *((OutboxMessage.state == state, fate.value) for state, fate in FATES.items()),
    else_=Fate.DROPPED.value,
)
# Given up, and still there to be sent again: once its text is erased, nobody can do anything about it.
_NEEDS_SOMEBODY = sa.and_(
    OutboxMessage.body_erased_at.is_(None),
    OutboxMessage.finished_at.is_not(None),
    sa.or_(OutboxMessage.state.in_((OutboxState.FAILED, OutboxState.UNCERTAIN)), _IS_REFUSED),
)
# One that asks about a looser level and was kept back, or never written, is to somebody who has agreed: organisers see
# how many have, never who.
_IS_SHOWN = sa.or_(
    OutboxMessage.kind.not_in(ASKING), OutboxMessage.state.in_((OutboxState.FAILED, OutboxState.UNCERTAIN))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFilter:
    """Which messages an organiser looks at; the defaults are all of the series."""

    series_id: int
    session_id: int | None = None
    kind: str = ""
    fate: Fate | None = None


class NotArrived(NamedTuple):
    """How many messages did not arrive, or may not have."""

    failed: int
    came_back: int
    """Of `failed`: the address does not exist."""
    uncertain: int


class AnswerCounts(NamedTuple):
    """How the answers to a session stand, for its organisers."""

    coming: int
    offered: int
    """Places held for somebody who may still say no."""
    waiting: int
    to_approve: int
    capacity: int | None


def list_series(session: Session, series_ids: Collection[int]) -> Sequence[Series]:
    """Return these series, whole, the latest made first."""
    statement = sa.select(Series).where(Series.id.in_(list(series_ids))).order_by(Series.id.desc())
    return session.scalars(statement.options(*series_parts())).all()


def fate_of(message: OutboxMessage) -> Fate:
    """Return what became of a message."""
    is_refused = message.state is OutboxState.DISCARDED and message.reason == SUPPRESSED
    return Fate.FAILED if is_refused else FATES[message.state]


def _of_filter(found: MailFilter) -> list[sa.ColumnElement[bool]]:
    wanted = [OutboxMessage.series_id == found.series_id, _IS_SHOWN]
    if found.session_id is not None:
        wanted.append(OutboxMessage.workshop_session_id == found.session_id)
    if found.kind:
        wanted.append(OutboxMessage.kind == found.kind)
    if found.fate is not None:
        wanted.append(_fate == found.fate.value)
    return wanted


def list_mail(session: Session, found: MailFilter, *, offset: int = 0, limit: int) -> Sequence[OutboxMessage]:
    """Return the messages that match, the newest first."""
    statement = sa.select(OutboxMessage).where(*_of_filter(found)).order_by(OutboxMessage.id.desc())
    return session.scalars(statement.offset(offset).limit(limit)).all()


def count_mail(session: Session, found: MailFilter) -> dict[tuple[str, Fate], int]:
    """Return kind and fate → how many messages match; absent means none."""
    statement = sa.select(OutboxMessage.kind, _fate, sa.func.count()).where(*_of_filter(found))
    # By the second column's place: on PostgreSQL an expression with parameters is not the same as itself.
    rows = session.execute(statement.group_by(OutboxMessage.kind, sa.literal_column("2")))
    return {(row[0], Fate(row[1])): row[2] for row in rows}


def find_message(session: Session, series_id: int, number: int) -> OutboxMessage | None:
    """Return a message of a series that its organisers may see; None for any other."""
    statement = sa.select(OutboxMessage).where(*_of_filter(MailFilter(series_id=series_id)), OutboxMessage.id == number)
    return session.scalar(statement)


def count_not_arrived(
    session: Session, series_ids: Collection[int], *, since: datetime | None = None
) -> dict[int, NotArrived]:
    """Return series' id → what did not arrive and can still be sent again; absent means nothing.

    With `since`, only what was given up later than that.
    """
    if not series_ids:
        return {}
    came_back = sa.or_(_IS_REFUSED, OutboxMessage.reason.like("bounced%"))
    statement = (
        sa.select(
            OutboxMessage.series_id,
            sa.func.sum(sa.case((_fate == Fate.FAILED.value, 1), else_=0)),
            sa.func.sum(sa.case((came_back, 1), else_=0)),
            sa.func.sum(sa.case((_fate == Fate.UNCERTAIN.value, 1), else_=0)),
        )
        .where(OutboxMessage.series_id.in_(list(series_ids)), _NEEDS_SOMEBODY)
        .group_by(OutboxMessage.series_id)
    )
    if since is not None:
        statement = statement.where(OutboxMessage.finished_at > since)
    return {row[0]: NotArrived(int(row[1]), int(row[2]), int(row[3])) for row in session.execute(statement)}


def find_addressee(session: Session, message: OutboxMessage) -> Participant | Invitation | Person | None:
    """Return whom a message is for: who takes part, is invited or speaks in its series, and has an address; or None."""
    ref, series_id = message.person_ref, message.series_id
    return (
        session.scalar(
            sa.select(Participant).where(
                Participant.subject == ref,
                Participant.series_id == series_id,
                Participant.address.is_not(None),
                Participant.erased_at.is_(None),
            )
        )
        or session.scalar(
            sa.select(Invitation).where(
                Invitation.subject == ref, Invitation.series_id == series_id, Invitation.address.is_not(None)
            )
        )
        or session.scalar(
            sa.select(Person).where(Person.subject == ref, Person.series_id == series_id, Person.email != "")
        )
    )


def count_told(session: Session, session_id: int, *, ends_after: datetime | None = None) -> int:
    """Return how many participants would be told of a move or a cancellation, as the worker will find them.

    With `ends_after`, none when the session is over by then: of what is past nobody is told.
    """
    statement = (
        sa.select(sa.func.count())
        .select_from(Answer)
        .join(Answer.participant)
        .join(Answer.workshop_session)
        .where(
            Answer.workshop_session_id == session_id,
            Answer.state.in_(TOLD),
            Answer.told_starts_at.is_not(None),
            WorkshopSession.is_published,
            Participant.address.is_not(None),
            Participant.erased_at.is_(None),
        )
    )
    if ends_after is not None:
        statement = statement.where(WorkshopSession.ends_at > ends_after)
    return session.scalar(statement) or 0


def list_titles(session: Session, series_ids: Collection[int]) -> list[tuple[str, Localized]]:
    """Return slug and title of these series: all that a partner sees of them."""
    statement = sa.select(Series.slug, Series.title).where(Series.id.in_(list(series_ids)))
    return [(row[0], row[1]) for row in session.execute(statement.order_by(Series.id.desc()))] if series_ids else []


def count_standing(session: Session, sessions: Iterable[WorkshopSession]) -> dict[tuple[str, str], AnswerCounts]:
    """Return (series' slug, session's slug) → how its answers stand; one statement for all of them."""
    own = {one.id: one for one in sessions}
    found: dict[int, dict[AnswerState, int]] = {session_id: {} for session_id in own}
    if own:
        rows = session.execute(
            sa.select(Answer.workshop_session_id, Answer.state, sa.func.count())
            .where(Answer.workshop_session_id.in_(list(own)))
            .group_by(Answer.workshop_session_id, Answer.state)
        )
        for session_id, state, number in rows:
            found[session_id][state] = number
    return {
        (own[session_id].series.slug, own[session_id].slug): AnswerCounts(
            coming=states.get(AnswerState.ACCEPTED, 0),
            offered=states.get(AnswerState.OFFERED, 0),
            waiting=states.get(AnswerState.WAITLISTED, 0),
            to_approve=states.get(AnswerState.REQUESTED, 0),
            capacity=own[session_id].capacity,
        )
        for session_id, states in found.items()
    }


def count_replies(session: Session, question_ids: Collection[int]) -> dict[int, int]:
    """Return question's id → how many replied to it, 0 included."""
    counts = dict.fromkeys(question_ids, 0)
    if counts:
        rows = session.execute(
            sa.select(QuestionReply.question_id, sa.func.count())
            .where(QuestionReply.question_id.in_(list(counts)))
            .group_by(QuestionReply.question_id)
        )
        counts.update((row[0], row[1]) for row in rows)
    return counts


def list_replies(session: Session, question_id: int) -> Sequence[QuestionReply]:
    """Return the replies to a question."""
    statement = sa.select(QuestionReply).where(QuestionReply.question_id == question_id)
    return session.scalars(statement.order_by(QuestionReply.id)).all()


def list_newest_mail(session: Session, kind: str, person_refs: Collection[str]) -> dict[str, OutboxMessage]:
    """Return random id → the newest message of a kind to that person, of those who ever had one."""
    if not person_refs:
        return {}
    newest = (
        sa.select(sa.func.max(OutboxMessage.id))
        .where(OutboxMessage.kind == kind, OutboxMessage.person_ref.in_(list(person_refs)))
        .group_by(OutboxMessage.person_ref)
    )
    found = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.id.in_(newest)))
    return {message.person_ref: message for message in found}


def find_last_mail_at(session: Session, kind: str, *, person_ref: str) -> datetime | None:
    """Return when a message of a kind was last written to somebody; None for never."""
    statement = sa.select(sa.func.max(OutboxMessage.created_at))
    return session.scalar(statement.where(OutboxMessage.kind == kind, OutboxMessage.person_ref == person_ref))


def list_titled(session: Session, series_ids: Collection[int]) -> Sequence[Series]:
    """Return these series with their own columns only."""
    return session.scalars(sa.select(Series).where(Series.id.in_(list(series_ids)))).all()


def list_coming(session: Session, series_ids: Collection[int], *, now: datetime) -> Sequence[WorkshopSession]:
    """Return the sessions of these series that are not over, whole, the earliest first."""
    return session.scalars(
        sa.select(WorkshopSession)
        .where(WorkshopSession.series_id.in_(list(series_ids)), WorkshopSession.ends_at > now)
        .options(joinedload(WorkshopSession.series, innerjoin=True), *session_parts())
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    ).all()


def list_doors(session: Session, organiser_id: int, *, now: datetime) -> Sequence[WorkshopSession]:
    """Return the sessions at whose doors somebody helps now, with their series, the earliest first."""
    return session.scalars(
        sa.select(WorkshopSession)
        .join(SeriesRole, SeriesRole.workshop_session_id == WorkshopSession.id)
        .where(SeriesRole.organiser_id == organiser_id, SeriesRole.role == Role.HELPER)
        .where(sa.or_(SeriesRole.expires_at.is_(None), SeriesRole.expires_at > now), WorkshopSession.is_published)
        .options(joinedload(WorkshopSession.series, innerjoin=True), *session_parts())
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    ).all()


def count_changes_waiting(session: Session, series_ids: Collection[int]) -> dict[int, int]:
    """Return series' id → changes that those who speak asked for and nobody has decided on; absent means none."""
    rows = session.execute(
        sa.select(SpeakerChange.series_id, sa.func.count())
        .where(SpeakerChange.series_id.in_(list(series_ids)), SpeakerChange.state == ChangeState.WAITING)
        .group_by(SpeakerChange.series_id)
    )
    return {row[0]: row[1] for row in rows}


def count_stale(session: Session, series_ids: Collection[int]) -> dict[str, int]:
    """Return owner, such as `session:4`, → its texts whose other language was changed since; absent means none."""
    rows = session.execute(
        sa.select(StaleText.owner, sa.func.count())
        .where(StaleText.series_id.in_(list(series_ids)))
        .group_by(StaleText.owner)
    )
    return {row[0]: row[1] for row in rows}


def list_kept_aside(session: Session, session_ids: Collection[int]) -> set[int]:
    """Return which of these sessions have edits that are kept aside."""
    statement = sa.select(SessionDraft.workshop_session_id)
    return set(session.scalars(statement.where(SessionDraft.workshop_session_id.in_(list(session_ids)))))
