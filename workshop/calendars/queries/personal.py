"""A participant's own answers and a speaker's own sessions: what decides on the bytes of their calendars."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from workshop.core.links import Purpose, SecretLink
from workshop.core.probe import Probe, literal
from workshop.people.models import Person
from workshop.programme.models import Series
from workshop.rsvp.models import Answer, AnswerState, Participant


class _Row(NamedTuple):
    participant_id: int
    language: str
    tzid: str
    is_discreet: bool
    revision: int
    answer_id: int | None
    """None: no answer at all."""
    state: AnswerState | None
    sequence_offset: int | None
    answered_at: datetime | None
    join_link: int | None


class ParticipantMark(NamedTuple):
    """All that decides on a participant's calendar, but the day; of the series and its sessions, the revision."""

    participant_id: int
    answers: tuple[_Row, ...]


class SpeakerMark(NamedTuple):
    """All that decides on a speaker's calendar, but the day."""

    person_id: int
    language: str
    series_id: int
    revision: int


def _link(purpose: Purpose, subject: sa.ColumnElement[str]) -> sa.ScalarSelect[int | None]:
    """Return a number that is another one as soon as the link of that purpose is; None without a link."""
    generation = sa.func.max(SecretLink.generation) * sa.literal_column("1000") + sa.func.count()
    return (
        sa.select(generation)
        .where(SecretLink.subject == subject, SecretLink.purpose == literal(purpose))
        .scalar_subquery()
    )


_OF_PARTICIPANT = Probe(
    sa.select(
        Participant.id,
        Participant.language,
        Participant.tzid,
        Participant.is_discreet,
        Series.revision,
        Answer.id,
        Answer.state,
        Answer.sequence_offset,
        Answer.answered_at,
        _link(Purpose.JOIN, Answer.subject.expression),
    )
    .join(Series, Series.id == Participant.series_id)
    .outerjoin(Answer, sa.and_(Answer.participant_id == Participant.id, Answer.state != literal(AnswerState.PENDING)))
    .where(
        Participant.subject == sa.bindparam("subject"),
        Participant.erased_at.is_(None),
        Participant.confirmed_at.is_not(None),
    )
    .order_by(Answer.id),
    _Row,
)
_OF_SPEAKER = Probe(
    sa.select(Person.id, Person.language, Person.series_id, Series.revision)
    .join(Series, Series.id == Person.series_id)
    .where(Person.subject == sa.bindparam("subject")),
    SpeakerMark,
)


def find_participant_mark(engine: Engine, subject: str) -> ParticipantMark | None:
    """Return the mark of a participant's calendar; None where nobody has confirmed under this random id, or is erased.

    Raises OperationalError when the database is away.
    """
    rows = _OF_PARTICIPANT(engine, subject=subject)
    return ParticipantMark(rows[0].participant_id, tuple(rows)) if rows else None


def find_speaker_mark(engine: Engine, subject: str) -> SpeakerMark | None:
    """Return the mark of a speaker's calendar; None where nobody has this random id. Raises OperationalError."""
    return next(iter(_OF_SPEAKER(engine, subject=subject)), None)
