"""The calendars of participants and speakers, for whoever has their secret addresses."""

from __future__ import annotations

from datetime import datetime

from workshop.calendars.queries import find_participant_mark, find_speaker_mark
from workshop.calendars.view import OwnCalendar, participant_calendar, speaker_calendar, window_start
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import KeptAnswer, keep, make_answer
from workshop.core.links import Purpose, find_tokens
from workshop.people.models import Person
from workshop.programme.models import Series
from workshop.programme.queries import list_sessions_of_person
from workshop.rsvp.models import Participant
from workshop.rsvp.queries import list_own_answers


def participant_answer(subject: str, *, now: datetime) -> KeptAnswer | None:
    """Return the calendar of the participant of that random id; None where there is none, or they are erased."""
    mark = find_participant_mark(db.engine, subject)
    if mark is None:
        return None

    def make() -> KeptAnswer:
        session = db.session()
        participant = session.get(Participant, mark.participant_id)
        if participant is None or participant.erased_at is not None:
            raise NotFoundError  # since the mark was read
        answers = list_own_answers(session, participant.id)
        tokens = find_tokens(session, purpose=Purpose.JOIN, subjects=[answer.subject for answer in answers])
        return _answer(participant_calendar(participant, answers, tokens=tokens, now=now))

    return keep(("calendars.participant", subject, mark, window_start(now)), make)


def speaker_answer(subject: str, *, now: datetime) -> KeptAnswer | None:
    """Return the calendar of the speaker of that random id; None where there is none."""
    mark = find_speaker_mark(db.engine, subject)
    if mark is None:
        return None

    def make() -> KeptAnswer:
        session = db.session()
        person, series = session.get(Person, mark.person_id), session.get(Series, mark.series_id)
        if person is None or series is None:
            raise NotFoundError  # since the mark was read
        sessions = list_sessions_of_person(session, person.id)
        return _answer(speaker_calendar(person, sessions, series=series, now=now))

    return keep(("calendars.speaker", subject, mark, window_start(now)), make)


def _answer(found: OwnCalendar) -> KeptAnswer:
    return make_answer(found.body, last_modified=found.revised_at, X_Robots_Tag="noindex")
