"""Personal data in the programme: parts of those who speak, what they agreed to, their slides; access and erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import ConsentKind
from workshop.people.models import Person
from workshop.people.personal_data import list_people
from workshop.people.service import raise_revision, revise_sessions_of
from workshop.programme.models import LevelProposal, SpeakerAgreement, SpeakerSlot, WorkshopSession
from workshop.programme.service.consents import set_consent
from workshop.programme.service.history import replace_key
from workshop.programme.view.consents import BY_SPEAKER, consents_of

TABLES = ("speaker_slot", "speaker_consent", "slides", "speaker_agreement")
"""Tables whose personal data this file answers for; each row belongs to a person and leaves with them."""


def export(session: Session, *, email: str) -> list[dict[str, Any]]:
    """Return what the programme holds of the people with an address, as plain JSON values; one object for each."""
    return [describe(session, person) for person in list_people(session, email=email)]


def describe(session: Session, person: Person) -> dict[str, Any]:
    """Return what the programme holds of one person, as plain JSON values; of slides the facts, not the file."""
    slots = session.scalars(
        sa.select(SpeakerSlot).where(SpeakerSlot.person_id == person.id).order_by(SpeakerSlot.id)
    ).all()
    agreements = session.execute(
        sa.select(SpeakerAgreement, LevelProposal)
        .join(LevelProposal, LevelProposal.id == SpeakerAgreement.proposal_id)
        .where(SpeakerAgreement.person_id == person.id)
        .order_by(SpeakerAgreement.proposal_id)
    )
    return {
        "parts": [_part(session, slot) for slot in slots],
        "levels_agreed_to": [
            {
                "session": session.get_one(WorkshopSession, proposal.workshop_session_id).slug,
                "level": proposal.level.value,
                "agreed_at": agreement.agreed_at.isoformat(),
                "recorded_by": agreement.recorded_by,
            }
            for agreement, proposal in agreements
        ],
    }


def erase(session: Session, *, now: datetime, email: str) -> int:
    """Erase the parts of the people with an address: consents, slides, agreements; returns how many. Flushes.

    A recording in which they were heard leaves the pages: whoever is erased agrees to nothing.
    """
    count = 0
    for person in list_people(session, email=email):
        slots = session.scalars(sa.select(SpeakerSlot).where(SpeakerSlot.person_id == person.id)).all()
        revise_sessions_of(session, now=now, person_id=person.id)
        for slot in slots:
            if consents_of(slot).recorded:
                kind = ConsentKind.RECORDED
                set_consent(session, now=now, slot=slot, kind=kind, given=False, recorded_by=BY_SPEAKER)
            session.delete(slot)
        count += len(slots)
        session.execute(sa.delete(SpeakerAgreement).where(SpeakerAgreement.person_id == person.id))
        # A key is made of a name.
        replace_key(session, series_id=person.series_id, old=person.key, new=None)
        raise_revision(session, now=now, series_id=person.series_id)
    session.flush()
    return count


def _part(session: Session, slot: SpeakerSlot) -> dict[str, Any]:
    return {
        "session": session.get_one(WorkshopSession, slot.workshop_session_id).slug,
        "role": slot.role.value,
        "entered_at": slot.created_at.isoformat(),
        "confirmed_at": slot.confirmed_at.isoformat() if slot.confirmed_at else None,
        "declined_at": slot.declined_at.isoformat() if slot.declined_at else None,
        "consents": [
            {
                "kind": consent.kind.value,
                "given_at": consent.given_at.isoformat() if consent.given_at else None,
                "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
                "recorded_by": consent.recorded_by,
            }
            for consent in sorted(slot.consents, key=lambda one: one.kind.value)
        ],
        "slides": [
            {
                "file": one.key,
                "media_type": one.media_type,
                "octets": one.size,
                "uploaded_at": one.uploaded_at.isoformat(),
                "uploaded_by": one.uploaded_by,
            }
            for one in slot.slides
        ],
    }
