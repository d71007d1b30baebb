"""Reading announcements, whom they are for and what became of them, in a number of statements that does not grow."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from workshop.announcements.models import Announcement, Subscriber
from workshop.chatham.rule import Audience, Level, Surface, Visibility, effective_level
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series
from workshop.programme.view import session_disclosure
from workshop.rsvp.models import STANDING, Answer, AnswerState, Participant

KIND = "announcement"
ANY = "any"
"""Interpretation into whatever language."""


class Whom(enum.StrEnum):
    """Which people of a series an announcement is for."""

    ANSWERED = "answered"
    """Who answered for a session."""
    INFORMED = "informed"
    """Who asked to be kept informed, on their own page or without ever answering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Whom an announcement is for. Who stopped announcements, was erased or has no address is never among them."""

    whom: Whom = Whom.ANSWERED
    sessions: tuple[int, ...] = ()
    """Ids; empty: any of the series. With what follows but the languages, of those who answered only."""
    states: tuple[AnswerState, ...] = ()
    """Empty: who comes, perhaps comes or waits to."""
    languages: tuple[str, ...] = ()
    """Of their messages; empty: any."""
    interpretation: str = ""
    """Only who needs it into this language, or ANY."""
    has_needs: bool = False
    """Only who told access needs."""

    @property
    def singles_out(self) -> bool:
        """Whether it asks for what the Rule may forbid to count by."""
        return bool(self.languages or self.interpretation or self.has_needs)

    def to_json(self) -> dict[str, Any]:
        """Return what an announcement keeps."""
        return {
            "whom": self.whom.value,
            "sessions": list(self.sessions),
            "states": [state.value for state in self.states],
            "languages": list(self.languages),
            "interpretation": self.interpretation,
            "has_needs": self.has_needs,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Group:
        """Read what `to_json` wrote."""
        return cls(
            whom=Whom(value.get("whom", Whom.ANSWERED)),
            sessions=tuple(value.get("sessions", ())),
            states=tuple(AnswerState(state) for state in value.get("states", ())),
            languages=tuple(value.get("languages", ())),
            interpretation=value.get("interpretation", ""),
            has_needs=bool(value.get("has_needs", False)),
        )


class Recipient(NamedTuple):
    """Somebody whom an announcement goes to."""

    id: int
    subject: str
    address: str
    language: str
    is_neutral: bool
    """Their message names nothing: it only leads to where the announcement is read."""


class Count(NamedTuple):
    """How many people an announcement goes to."""

    participants: int
    subscribers: int
    neutral: int
    """Those of them whose message names nothing."""

    @property
    def people(self) -> int:
        """All of them."""
        return self.participants + self.subscribers


class Planned(NamedTuple):
    """What will leave of an announcement that is not wholly written into the outbox."""

    key: str
    subject: Localized
    leaves_at: datetime
    recipients: int
    """Still to be written to, as things stand."""
    is_paused: bool
    has_begun: bool


def strict_sessions(series: Series) -> tuple[int, ...]:
    """Return the ids of the sessions that mail must not name."""
    found = ((one.id, effective_level(session=one.level, series=series.level)[0]) for one in series.sessions)
    return tuple(id_ for id_, level in found if level >= Level.WHOLE_SESSION)


def uncountable(series: Series) -> set[int]:
    """Return the ids of the sessions that the Rule lets nobody count by language or need."""
    return {
        one.id
        for one in series.sessions
        if not session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.PAGE).breakdowns
    }


def is_strict(series: Series) -> bool:
    """Whether mail must not name the series."""
    return effective_level(session=None, series=series.level)[0] >= Level.WHOLE_SESSION


def is_open(series: Series) -> bool:
    """Whether whoever never answered may follow the series: they may know of it."""
    return series.visibility is not Visibility.INVITE_ONLY


def _neutral(series: Series) -> sa.ColumnElement[bool]:
    """Return whether a participant's message must be neutral; whoever answered for a strict session may tell by any."""
    if is_strict(series):
        return sa.true()
    strict = sa.select(Answer.id).where(
        Answer.participant_id == Participant.id, Answer.workshop_session_id.in_(strict_sessions(series))
    )
    return sa.or_(Participant.is_discreet, strict.exists())


def _informed() -> tuple[sa.ColumnExpressionArgument[bool], ...]:
    return (
        Participant.wants_announcements,
        Participant.informed_since.is_not(None),
        Participant.address.is_not(None),
        Participant.erased_at.is_(None),
        Participant.confirmed_at.is_not(None),
    )


def _participants(series: Series, group: Group) -> list[sa.ColumnExpressionArgument[bool]]:
    wanted: list[sa.ColumnExpressionArgument[bool]] = [
        Participant.series_id == series.id,
        Participant.wants_announcements,
        Participant.address.is_not(None),
        Participant.erased_at.is_(None),
        Participant.confirmed_at.is_not(None),
    ]
    if group.languages:
        wanted.append(Participant.language.in_(group.languages))
    if group.whom is Whom.INFORMED:
        return [*wanted, Participant.informed_since.is_not(None)]
    answered = [Answer.participant_id == Participant.id, Answer.state.in_(group.states or STANDING)]
    if group.sessions:
        answered.append(Answer.workshop_session_id.in_(group.sessions))
    if group.interpretation == ANY:
        answered.append(Answer.interpretation != "")
    elif group.interpretation:
        answered.append(Answer.interpretation == group.interpretation)
    if group.has_needs:
        wanted.append(Participant.access_needs != "")
    if group.singles_out:
        # A level may have become stricter since this was written: nobody is picked out of what may not be counted.
        answered.append(Answer.workshop_session_id.not_in(uncountable(series)))
    return [*wanted, sa.select(Answer.id).where(*answered).exists()]


def _subscribers(series: Series, group: Group) -> list[sa.ColumnElement[bool]]:
    if group.whom is not Whom.INFORMED or not is_open(series):
        return [sa.false()]
    # Whoever is written to as a participant is not written to twice.
    same = sa.select(Participant.id).where(
        Participant.series_id == Subscriber.series_id,
        Participant.address_folded == Subscriber.address_folded,
        *_informed(),
    )
    wanted = [Subscriber.series_id == series.id, Subscriber.confirmed_at.is_not(None), ~same.exists()]
    return [*wanted, Subscriber.language.in_(group.languages)] if group.languages else wanted


def count_recipients(session: Session, series: Series, group: Group) -> Count:
    """Return how many people an announcement would go to now."""
    return _count(session, series, group, after=0, is_at_subscribers=False)


def _count(session: Session, series: Series, group: Group, *, after: int, is_at_subscribers: bool) -> Count:
    participants = neutral = 0
    if not is_at_subscribers:
        numbers = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((_neutral(series), 1), else_=0)), 0))
        row = session.execute(
            numbers.select_from(Participant).where(*_participants(series, group), Participant.id > after)
        ).one()
        participants, neutral = int(row[0]), int(row[1])
    statement = sa.select(sa.func.count()).select_from(Subscriber).where(*_subscribers(series, group))
    if is_at_subscribers:
        statement = statement.where(Subscriber.id > after)
    subscribers = session.scalar(statement) or 0
    return Count(participants, subscribers, neutral + subscribers * is_strict(series))


def list_recipients(session: Session, series: Series, group: Group, *, after: int, limit: int) -> list[Recipient]:
    """Return the participants with an id beyond `after` whom an announcement goes to, in the order of ids."""
    statement = (
        sa.select(Participant.id, Participant.subject, Participant.address, Participant.language, _neutral(series))
        .where(*_participants(series, group), Participant.id > after)
        .order_by(Participant.id)
        .limit(limit)
    )
    return [Recipient(row[0], row[1], row[2] or "", row[3], bool(row[4])) for row in session.execute(statement)]


def list_subscribers(session: Session, series: Series, group: Group, *, after: int, limit: int) -> list[Recipient]:
    """Return the subscribers with an id beyond `after` whom an announcement goes to, in the order of ids."""
    statement = (
        sa.select(Subscriber.id, Subscriber.subject, Subscriber.address, Subscriber.language)
        .where(*_subscribers(series, group), Subscriber.id > after)
        .order_by(Subscriber.id)
        .limit(limit)
    )
    return [Recipient(*row, is_strict(series)) for row in session.execute(statement)]


def find_recipient(session: Session, series: Series, group: Group, subject: str) -> Recipient | None:
    """Return this person as one whom an announcement goes to, None where it does not; read anew."""
    row = session.execute(
        sa.select(
            Participant.id, Participant.subject, Participant.address, Participant.language, _neutral(series)
        ).where(*_participants(series, group), Participant.subject == subject)
    ).first()
    if row is not None:
        return Recipient(row[0], row[1], row[2] or "", row[3], bool(row[4]))
    found = session.execute(
        sa.select(Subscriber.id, Subscriber.subject, Subscriber.address, Subscriber.language).where(
            *_subscribers(series, group), Subscriber.subject == subject
        )
    ).first()
    return Recipient(*found, is_strict(series)) if found is not None else None


# -- announcements -----------------------------------------------------------------------------------------------------


def list_announcements(session: Session, series_id: int) -> Sequence[Announcement]:
    """Return the announcements of a series, the newest first."""
    return session.scalars(
        sa.select(Announcement).where(Announcement.series_id == series_id).order_by(Announcement.id.desc())
    ).all()


def find_announcement(session: Session, series_id: int, key: str) -> Announcement | None:
    """Return an announcement of a series by its random id."""
    return session.scalar(sa.select(Announcement).where(Announcement.series_id == series_id, Announcement.key == key))


def lock_announcement(session: Session, key: str) -> Announcement | None:
    """Return an announcement as it stands now, held until the transaction ends."""
    return session.scalar(
        sa.select(Announcement)
        .where(Announcement.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _unfinished() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Announcement.confirmed_at.is_not(None),
        Announcement.stopped_at.is_(None),
        Announcement.finished_at.is_(None),
    )


def lock_due(session: Session, *, now: datetime) -> Announcement | None:
    """Return an announcement that is to be written into the outbox, held; None where another worker holds them all."""
    return session.scalar(
        sa.select(Announcement)
        .where(*_unfinished(), Announcement.paused_at.is_(None), Announcement.leaves_at <= now)
        .order_by(Announcement.leaves_at, Announcement.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def list_planned(session: Session, *, series_id: int) -> list[Planned]:
    """Return what will leave of a series' confirmed announcements, paused ones included; the earliest first."""
    found = session.scalars(
        sa.select(Announcement)
        .where(Announcement.series_id == series_id, *_unfinished())
        .options(joinedload(Announcement.series))
        .order_by(Announcement.leaves_at, Announcement.id)
    )
    return [_planned(session, one) for one in found]


def _planned(session: Session, announcement: Announcement) -> Planned:
    assert announcement.leaves_at is not None
    left = _count(
        session,
        announcement.series,
        Group.from_json(announcement.audience),
        after=announcement.cursor,
        is_at_subscribers=announcement.is_at_subscribers,
    )
    return Planned(
        key=announcement.key,
        subject=announcement.subject,
        leaves_at=announcement.leaves_at,
        recipients=left.people,
        is_paused=announcement.paused_at is not None,
        has_begun=announcement.cursor > 0 or announcement.is_at_subscribers,
    )


def dedupe_key(announcement_key: str, subject: str) -> str:
    """Return what keeps one announcement from being written to one person twice."""
    return f"{KIND}|{announcement_key}|{subject}"


def messages_of(announcement: Announcement) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions for the messages of an announcement, without tests and what a pause took back."""
    return (
        OutboxMessage.series_id == announcement.series_id,
        OutboxMessage.kind == KIND,
        OutboxMessage.dedupe_key.startswith(dedupe_key(announcement.key, "")),
    )


def count_states(session: Session, announcement: Announcement) -> dict[OutboxState, int]:
    """Return how many messages of an announcement are in each state; absent ones are 0."""
    statement = (
        sa.select(OutboxMessage.state, sa.func.count()).where(*messages_of(announcement)).group_by(OutboxMessage.state)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def list_written_to(session: Session, *, subjects: Collection[str]) -> list[tuple[Announcement, datetime]]:
    """Return the announcements that were written to whoever has these random ids, and when; the newest first."""
    rows = session.execute(
        sa.select(OutboxMessage.dedupe_key, OutboxMessage.created_at)
        .where(
            OutboxMessage.person_ref.in_(list(subjects)),
            OutboxMessage.kind == KIND,
            OutboxMessage.dedupe_key.startswith(f"{KIND}|"),
            OutboxMessage.state.not_in((OutboxState.SUPERSEDED, OutboxState.DISCARDED)),
        )
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
    ).all()
    keys = {row[0].split("|")[1]: row[1] for row in reversed(rows)}
    found = session.scalars(sa.select(Announcement).where(Announcement.key.in_(keys)))
    return sorted(((one, keys[one.key]) for one in found), key=lambda pair: (pair[1], pair[0].id), reverse=True)
