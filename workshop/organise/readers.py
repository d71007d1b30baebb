"""Made-up readers, apart from models and views: they let the real pages and mails be shown, and are never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm.attributes import set_committed_value

from workshop.chatham.rule import Level
from workshop.core.db import Base
from workshop.core.links import new_subject
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.programme.models import ItemKind, SlotRole, SpeakerSlot, WorkshopSession
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Invitation, InvitationKind, Participant
from workshop.rsvp.rule import notice_of

ALIAS = "Exemple"
ADDRESS = "exemple@example.org"
NO_ROW = 0
"""Row number of whoever is in no table: what is asked of the database about them finds nothing."""

ThingT = TypeVar("ThingT", bound=Base)


def as_published(workshop_session: WorkshopSession) -> bool:
    """Show a draft as it will be once it is published; returns whether it was one.

    In memory only: a value that is set as if it had been loaded is never written.
    """
    is_draft = not workshop_session.is_published
    set_committed_value(workshop_session, "is_published", True)
    return is_draft


def as_draft(workshop_session: WorkshopSession) -> None:
    """Take `as_published` back."""
    set_committed_value(workshop_session, "is_published", False)


def make_answer(workshop_session: WorkshopSession, *, now: datetime, language: str, is_discreet: bool) -> Answer:
    """Return a seat held by somebody made up, outside any database session.

    Args:
        workshop_session: whole, with its series.
        now: when they answered.
        language: theirs.
        is_discreet: whether they asked for neutral titles in mail and calendar.
    """
    participant = _make(
        Participant,
        id=NO_ROW,
        series_id=workshop_session.series_id,
        series=workshop_session.series,
        address=ADDRESS,
        address_folded=ADDRESS,
        name=ALIAS,
        language=language,
        is_discreet=is_discreet,
        created_at=now,
        confirmed_at=now,
    )
    return _make(
        Answer,
        id=NO_ROW,
        participant_id=NO_ROW,
        participant=participant,
        workshop_session_id=workshop_session.id,
        workshop_session=workshop_session,
        state=AnswerState.ACCEPTED,
        created_at=now,
        answered_at=now,
        accepted_at=now,
        told_starts_at=workshop_session.starts_at,
        told_ends_at=workshop_session.ends_at,
        told_tzid=workshop_session.tzid,
        told_mode=workshop_session.mode,
        told_place=workshop_session.place,
        told_floor_languages=workshop_session.floor_languages,
        told_interpretation=workshop_session.interpretation,
        told_status=workshop_session.status,
        told_postponed=workshop_session.postponed_at is not None,
        told_level=notice_of(workshop_session).level,
        code="EXEMPLE2",
    )


def make_acknowledgements(answer: Answer, *, now: datetime) -> list[Acknowledgement]:
    """Return that the made-up reader has read today's notice; none where its level asks for nothing."""
    notice = notice_of(answer.workshop_session)
    if notice.level is Level.ON_THE_RECORD:
        return []
    return [
        _make(
            Acknowledgement,
            id=NO_ROW,
            answer_id=NO_ROW,
            level=notice.level,
            version=notice.version,
            own_version=notice.own_version,
            language=answer.participant.language,
            acknowledged_at=now,
        )
    ]


def make_invitation(workshop_session: WorkshopSession, *, now: datetime, language: str) -> Invitation:
    """Return an invitation to somebody made up, outside any database session."""
    return _make(
        Invitation,
        id=NO_ROW,
        series_id=workshop_session.series_id,
        series=workshop_session.series,
        kind=InvitationKind.PERSON,
        address=ADDRESS,
        address_folded=ADDRESS,
        name=ALIAS,
        language=language,
        created_at=now,
        sessions=[workshop_session],
    )


def make_person(workshop_session: WorkshopSession, *, language: str) -> Person:
    """Return somebody made up who can speak in a series, outside any database session and any programme."""
    return _make(
        Person,
        id=NO_ROW,
        series_id=workshop_session.series_id,
        key=ALIAS.casefold(),
        name=ALIAS,
        affiliations=(Localized.neutral("Example"),),
        email=ADDRESS,
        language=language,
    )


def make_speaker(workshop_session: WorkshopSession, *, now: datetime, language: str) -> Person:
    """Return somebody made up who speaks in the first talk, or moderates where there is none.

    Their part stands in the session's programme in memory only, as if it had been loaded: it is never written.
    """
    person = make_person(workshop_session, language=language)
    items = [item for section in workshop_session.sections for item in section.items]
    talk = next((item for item in items if item.kind is ItemKind.TALK), None)
    slot = _make(
        SpeakerSlot,
        id=NO_ROW,
        workshop_session_id=workshop_session.id,
        item_id=talk.id if talk else None,
        person_id=NO_ROW,
        person=person,
        role=SlotRole.SPEAKER if talk else SlotRole.MODERATOR,
        position=0,
        created_at=now,
    )
    # Of one that is not stored nothing can be loaded either.
    set_committed_value(slot, "consents", [])
    set_committed_value(slot, "slides", [])
    owner = talk or workshop_session
    set_committed_value(owner, "slots", [*owner.slots, slot])
    return person


def _make(model: type[ThingT], /, **values: Any) -> ThingT:
    """Return a row as it would be after it was stored: the columns' defaults are filled in, and it belongs nowhere."""
    if "subject" in model.__table__.columns:
        values.setdefault("subject", new_subject())
    for column in model.__table__.columns:
        default: Any = column.default
        if default is not None and column.key not in values:
            values[column.key] = default.arg(None) if default.is_callable else default.arg
    return model(**values)
