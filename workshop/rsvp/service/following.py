"""“Also those announced later”: each new session is answered by itself, with a mail each time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.core.errors import NotFoundError
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant
from workshop.rsvp.queries import list_later, list_own_acknowledgements
from workshop.rsvp.rule import Read, SessionFullError, is_read, needs_box, notice_of
from workshop.rsvp.schedule import refusal
from workshop.rsvp.service.confirming import log_acknowledgement
from workshop.rsvp.service.seats import take_place, tend
from workshop.rsvp.service.standing import acknowledge, lock_participant, lock_sessions, remember_told, set_state

BATCH = 40
"""How many answers one transaction gives: their participants and sessions stay locked meanwhile."""


def follow(session: Session, now: datetime) -> int:
    """Answer newly announced sessions for those who asked for that; returns how many. Flushes.

    Somebody who acknowledged the session's notice before comes, where a place is left, or asks to where organisers
    decide; anybody else finds it waiting for the button on their personal page. Nobody is put on a waiting list.
    """
    found = list_later(session, now=now, limit=BATCH)
    if not found:
        return 0
    # Participants before sessions, each in the order of their ids, as everywhere.
    people = {}
    for id_ in sorted({one.participant_id for one in found}):
        try:
            people[id_] = lock_participant(session, id_)
        except NotFoundError:  # erased meanwhile
            continue
    sessions = lock_sessions(session, {one.session_id for one in found})
    for workshop_session in sessions.values():
        tend(session, workshop_session, now=now)
    known: dict[int, dict[Read, str]] = {}
    for participant_id, read, language in list_own_acknowledgements(session, people):
        known.setdefault(participant_id, {})[read] = language
    count = 0
    # Once more, now that nobody else can change any of it.
    for one in list_later(session, now=now, limit=BATCH, participant_ids=people):
        later = sessions.get(one.session_id)
        if later is None or refusal(later, now=now):
            continue
        _answer_for(session, people[one.participant_id], later, known.get(one.participant_id, {}), now)
        count += 1
    return count


def _answer_for(
    session: Session,
    participant: Participant,
    workshop_session: WorkshopSession,
    known: Mapping[Read, str],
    now: datetime,
) -> None:
    answer = Answer(
        participant=participant,
        workshop_session=workshop_session,
        state=AnswerState.PENDING,
        created_at=now,
        answered_at=now,
    )
    session.add(answer)
    session.flush()
    notice = notice_of(workshop_session)
    if needs_box(notice, Choice.ACCEPTED, known=known):
        _leave_to_the_button(answer, participant, now)
        session.flush()
    else:
        try:
            take_place(session, answer, workshop_session, joins_list=False, now=now)
        except SessionFullError:
            set_state(session, answer, AnswerState.LAPSED, now=now)
        remember_told(answer)
        language = next((shown_in for read, shown_in in known.items() if is_read(notice, [read])), None)
        if language is not None and acknowledge(session, answer, notice, language=language, now=now):
            log_acknowledgement(session, workshop_session.id, notice, language=language, now=now)
    emails.session_announced(session, now=now, answer=answer)
    session.flush()


def _leave_to_the_button(answer: Answer, participant: Participant, now: datetime) -> None:
    """Ask for what the participant would have asked for by the form, so that one press is all that is left."""
    answer.request = AnswerRequest(
        choice=Choice.ACCEPTED,
        name=participant.name,
        affiliation=participant.affiliation,
        language=participant.language,
        tzid=participant.tzid,
        wants_reminders=participant.wants_reminders,
        is_discreet=participant.is_discreet,
        wants_calendar=participant.wants_calendar,
        created_at=now,
    )
