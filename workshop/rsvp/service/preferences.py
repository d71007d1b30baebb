"""How participants want to be called and written to, and what else they told; all of it theirs to change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import Audience, Surface
from workshop.mail.queries import may_be_in_calendar
from workshop.mail.service import drop_attachments
from workshop.programme.models import Question, WorkshopSession
from workshop.programme.view import session_disclosure
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState, Participant, QuestionReply
from workshop.rsvp.service.replies import keep_replies
from workshop.rsvp.service.standing import lock_participant


def update_preferences(  # noqa: PLR0913 (a person's choices are that many, all of them named at the call)
    session: Session,
    *,
    now: datetime,
    participant: Participant,
    name: str,
    affiliation: str,
    language: str,
    tzid: str,
    wants_reminders: bool,
    is_discreet: bool = False,
    wants_calendar: bool = True,
    keeps_informed: bool = False,
    follows: bool = False,
    access_needs: str | None = None,
    interpretation: Mapping[str, str] | None = None,
    replies: Mapping[str, Any] | None = None,
) -> None:
    """Keep a participant's choices. A consent keeps the date on which it was given. Flushes.

    Args:
        session: the database session.
        now: the present.
        participant: whose choices they are.
        name: a name or an alias.
        affiliation: or empty.
        language: of the messages.
        tzid: IANA zone; empty for the session's.
        wants_reminders: whether to remind.
        is_discreet: whether mail and calendar name nothing; what mail has put into calendars is then replaced.
        wants_calendar: whether mail brings calendar entries.
        keeps_informed: whether later sessions may be announced to them.
        follows: whether later sessions are answered by themselves.
        access_needs: None leaves what was said.
        interpretation: session's slug → language, empty for none; other sessions are left as they are.
        replies: question's key → reply, None to take it back; other questions are left as they are.

    Raises:
        NotFoundError: erased meanwhile.
    """
    participant = lock_participant(session, participant.id)
    participant.name = name
    participant.affiliation = affiliation
    participant.language = language
    participant.tzid = tzid
    participant.wants_reminders = wants_reminders
    becomes_discreet = is_discreet and not participant.is_discreet
    participant.is_discreet = is_discreet
    if participant.wants_calendar and not wants_calendar:
        drop_attachments(session, person_ref=participant.subject)
    participant.wants_calendar = wants_calendar
    if keeps_informed and participant.informed_since is None:
        # Whoever asks to hear of the series again has changed their mind about announcements too.
        participant.wants_announcements = True
    participant.informed_since = (participant.informed_since or now) if keeps_informed else None
    participant.follows_since = (participant.follows_since or now) if follows else None
    if access_needs is not None:
        participant.access_needs = access_needs
    session.flush()
    if becomes_discreet:
        _replace_entries(session, participant, now)
    _change_interpretation(session, participant, interpretation or {})
    _change_replies(session, participant, replies or {}, now=now)


def _replace_entries(session: Session, participant: Participant, now: datetime) -> None:
    """Mail neutral entries in the place of those that name what they are about, wherever they may stand by now."""
    answers = session.scalars(
        sa.select(Answer)
        .join(Answer.workshop_session)
        .where(
            Answer.participant_id == participant.id,
            Answer.state.in_((AnswerState.ACCEPTED, AnswerState.TENTATIVE)),
            WorkshopSession.ends_at > now,
        )
        .order_by(WorkshopSession.starts_at, Answer.id)
    )
    for answer in answers.all():
        shown = session_disclosure(answer.workshop_session, audience=Audience.INVITED, surface=Surface.CALENDAR)
        is_there = may_be_in_calendar(session, answer_ref=answer.subject)
        if is_there and not shown.is_neutral and emails.method_for(session, answer, now=now) is not None:
            emails.answer_recorded(session, now=now, answer=answer)


def _change_interpretation(session: Session, participant: Participant, wanted: Mapping[str, str]) -> None:
    if not wanted:
        return
    answers = session.scalars(
        sa.select(Answer)
        .join(Answer.workshop_session)
        .where(
            Answer.participant_id == participant.id,
            Answer.state != AnswerState.PENDING,
            WorkshopSession.slug.in_(list(wanted)),
        )
    )
    for answer in answers:
        language = wanted[answer.workshop_session.slug]
        if not language or language in {offer["into"] for offer in answer.workshop_session.interpretation}:
            answer.interpretation = language
    session.flush()


def _change_replies(session: Session, participant: Participant, said: Mapping[str, Any], *, now: datetime) -> None:
    if not said:
        return
    taken_back = [key for key, value in said.items() if value is None]
    session.execute(
        sa.delete(QuestionReply)
        .where(
            QuestionReply.participant_id == participant.id,
            QuestionReply.question_id.in_(
                sa.select(Question.id).where(Question.series_id == participant.series_id, Question.key.in_(taken_back))
            ),
        )
        .execution_options(synchronize_session="fetch")
    )
    kept = {key: value for key, value in said.items() if value is not None}
    sessions = sa.select(Answer.workshop_session_id).where(
        Answer.participant_id == participant.id, Answer.state != AnswerState.PENDING
    )
    keep_replies(session, participant=participant, session_ids=session.scalars(sessions).all(), said=kept, now=now)


def stop_reminders(session: Session, participant: Participant) -> None:
    """Send this participant no more reminders; the answers stand. Flushes."""
    lock_participant(session, participant.id).wants_reminders = False
    session.flush()


def choose_reminders(
    session: Session, participant: Participant, *, rules: Collection[str], declined: Collection[str], language: str
) -> None:
    """Keep which reminders a participant wants, and in which language everything is written. Flushes.

    Args:
        session: the database session.
        participant: whose choice it is.
        rules: rules such as `-7d` that were offered; others stay as they were.
        declined: those of them that are not wanted; all of them: none is, whatever rules there will be.
        language: of the messages.

    Raises:
        NotFoundError: erased meanwhile.
    """
    participant = lock_participant(session, participant.id)
    if rules:
        kept = [rule for rule in participant.declined_reminders if rule not in rules]
        participant.wants_reminders = not set(rules) <= set(declined)
        # Whoever ticks all of them again wants all of them, those of other sessions included.
        participant.declined_reminders = (*kept, *declined) if declined and participant.wants_reminders else ()
    participant.language = language
    session.flush()
