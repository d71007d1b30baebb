"""What participants and those who speak are told of a stricter level, and asked about a looser one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.chatham.notices import label as level_label
from workshop.chatham.notices import level_character
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.service import enqueue, supersede
from workshop.people.models import Person
from workshop.programme.models import LevelProposal, WorkshopSession
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.emails.answers import view_for
from workshop.rsvp.emails.calendar import my_url
from workshop.rsvp.emails.itip import calendar_basis, calendar_files, calendar_words
from workshop.rsvp.emails.sender import reply_to, sender_name
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.view.levels import asked_view

PRIORITY = 20
"""As a move's: it changes what people may do."""
ABOUT_LEVELS = ("level_raised", "level_asked")
"""To participants."""
ABOUT_LEVELS_TO_SPEAKERS = ("level_raised_speaker", "level_asked_speaker")
ASKING = ("level_asked", "level_asked_speaker")
"""Of both, those that ask whether somebody agrees."""


def level_raised(session: Session, *, now: datetime, answer: Answer, before: Level, after: Level) -> int | None:
    """Mail that the level shown has become stricter, with its notice; None where nothing can be sent, or it was.

    Args:
        session: the transaction that also writes down what was told.
        now: the present.
        answer: one that stands, its session whole.
        before: what the participant knows.
        after: what stands.
    """
    view = view_for(answer)
    if view is None:
        return None
    participant = answer.participant
    files = calendar_files(session, answer, now=now)
    return _send(
        session,
        now=now,
        workshop_session=answer.workshop_session,
        view=view,
        kind="level_raised",
        language=participant.language,
        person_ref=participant.subject,
        answer_ref=answer.subject,
        recipient=participant.address or "",
        basis={
            "told": before.value,
            "now": after.value,
            "is_neutral": view.is_neutral,
            **calendar_basis(files, answer),
        },
        # Written anew, without the topic, to whoever asks for discretion before it left.
        dedupe_key=f"level_raised|{answer.subject}|{after.value}|{view.sequence}|{int(view.is_neutral)}",
        context={
            "reader_name": participant.name,
            "own_tzid": participant.tzid,
            "page_url": my_url(participant, participant.language),
            "state": answer.state.value,
            **calendar_words(files),
            "needs_box": view.notice is not None and view.notice.box is not None,
            "is_over": view.ends_at <= now,
        },
        attachments=files,
    )


def level_raised_speaker(
    session: Session, *, now: datetime, person: Person, workshop_session: WorkshopSession, before: Level, after: Level
) -> int | None:
    """Mail the same to somebody who speaks or moderates there and can be written to."""
    view = speaker_view(workshop_session)
    if view is None or not person.email:
        return None
    language = language_of(person, workshop_session)
    return _send(
        session,
        now=now,
        workshop_session=workshop_session,
        view=view,
        kind="level_raised_speaker",
        language=language,
        person_ref=person.subject,
        answer_ref="",
        recipient=person.email,
        basis={"told": before.value, "now": after.value, "is_neutral": view.is_neutral},
        dedupe_key=f"level_raised_speaker|{person.subject}|{workshop_session.uid}|{after.value}|{view.sequence}",
        context={
            "reader_name": person.name,
            "own_tzid": "",
            "page_url": speaker_url(person, language),
            "is_over": view.ends_at <= now,
        },
    )


def asked_key(kind: str, proposal: LevelProposal, workshop_session: WorkshopSession) -> str:
    """Return what the dedupe keys of a proposal's messages begin with; a person's random id follows."""
    return f"{kind}|{workshop_session.uid}|{proposal.proposed_at:%Y%m%d%H%M%S%f}|"


def level_asked(session: Session, *, now: datetime, answer: Answer, proposal: LevelProposal) -> int | None:
    """Ask a participant by mail whether they agree to a looser level; None where nothing can be sent, or it was."""
    view, workshop_session = view_for(answer), answer.workshop_session
    if view is None:
        return None
    participant = answer.participant
    audience = Audience.PARTICIPANT if answer.state is AnswerState.ACCEPTED else Audience.INVITED
    asked = asked_view(
        proposal, workshop_session, audience=audience, surface=Surface.MAIL, is_discreet=participant.is_discreet
    )
    return _send(
        session,
        now=now,
        workshop_session=workshop_session,
        view=view,
        kind="level_asked",
        language=participant.language,
        person_ref=participant.subject,
        answer_ref=answer.subject,
        recipient=participant.address or "",
        basis={"proposed_at": proposal.proposed_at.isoformat(), "is_neutral": view.is_neutral},
        dedupe_key=asked_key("level_asked", proposal, workshop_session) + answer.subject,
        context={
            "reader_name": participant.name,
            "own_tzid": participant.tzid,
            "page_url": my_url(participant, participant.language),
            "asked": asked,
            "asked_label": level_label(asked.notice.level),
            "asked_character": level_character(asked.notice.level),
        },
        expires_at=view.starts_at,
    )


def level_asked_speaker(
    session: Session, *, now: datetime, person: Person, workshop_session: WorkshopSession, proposal: LevelProposal
) -> int | None:
    """Ask the same of somebody who speaks or moderates there and can be written to."""
    view = speaker_view(workshop_session)
    if view is None or not person.email:
        return None
    language = language_of(person, workshop_session)
    asked = asked_view(proposal, workshop_session, audience=Audience.SPEAKER, surface=Surface.MAIL)
    return _send(
        session,
        now=now,
        workshop_session=workshop_session,
        view=view,
        kind="level_asked_speaker",
        language=language,
        person_ref=person.subject,
        answer_ref="",
        recipient=person.email,
        basis={"proposed_at": proposal.proposed_at.isoformat(), "is_neutral": view.is_neutral},
        dedupe_key=asked_key("level_asked_speaker", proposal, workshop_session) + person.subject,
        context={
            "reader_name": person.name,
            "own_tzid": "",
            "page_url": speaker_url(person, language),
            "asked": asked,
            "asked_label": level_label(asked.notice.level),
            "asked_character": level_character(asked.notice.level),
        },
        expires_at=view.starts_at,
    )


def speaker_view(workshop_session: WorkshopSession) -> SessionView | None:
    """Return a session as a mail to whoever speaks there may show it."""
    return session_view(workshop_session, audience=Audience.SPEAKER, surface=Surface.MAIL)


def language_of(person: Person, workshop_session: WorkshopSession) -> str:
    """Return in which language somebody who speaks is written to: their own, else the series' first."""
    return person.language or workshop_session.series.languages[0]


def speaker_url(person: Person, language: str) -> str:
    """Return the address of a speaker's own page, its secret as a mark."""
    return external_url("speaker.page", lang=language, token=mark(Purpose.SPEAKER, person.subject))


def _send(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    view: SessionView,
    kind: str,
    context: dict[str, Any],
    **message: Any,
) -> int | None:
    """Queue one of these messages, in place of an earlier one of its kind that has not left."""
    if message["answer_ref"]:
        supersede(session, now=now, answer_ref=message["answer_ref"], kinds=(kind,), reason="a newer change")
    return enqueue(
        session,
        now=now,
        kind=kind,
        priority=PRIORITY,
        series_id=workshop_session.series_id,
        workshop_session_id=workshop_session.id,
        sender_name=sender_name(workshop_session.series, view, message["language"]),
        headers=reply_to(workshop_session.series, view),
        context={
            "view": view,
            "level_label": level_label(view.level),
            "level_character": level_character(view.level),
            **context,
        },
        **message,
    )
