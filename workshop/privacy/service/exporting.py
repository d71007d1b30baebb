"""Access: all that is held about somebody, as plain JSON values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.accounts import personal_data as accounts_data
from workshop.announcements import personal_data as announcements_data
from workshop.mail import personal_data as mail_data
from workshop.mail.suppression import status_of
from workshop.people import personal_data as people_data
from workshop.privacy import queries
from workshop.programme import personal_data as programme_data
from workshop.rsvp import personal_data as rsvp_data
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.models import Participant
from workshop.summaries import personal_data as summaries_data


def export(session: Session, *, now: datetime, participant: Participant) -> dict[str, Any]:
    """Return all that is held about a participant as plain JSON values: answers, replies, mail, and until when.

    Secret links are cut out of the messages: a file that is passed on opens nothing.
    """
    return {
        "exported_at": now.isoformat(),
        "series": participant.series.title.to_json(),
        "erased_on": erasure_of(participant).isoformat(),
        "held": rsvp_data.export(session, person_ref=participant.subject),
        "mail_came_back": status_of(session, participant.address or ""),
        "messages": [
            message
            for ref in rsvp_data.list_person_refs(session, participant)
            for message in mail_data.export(session, person_ref=ref)
        ],
    }


def export_address(session: Session, *, now: datetime, email: str) -> dict[str, Any]:
    """Return all that is held under an address, in every series and whatever its owner is there, as plain JSON values.

    Names written into texts by organisers are not found: no program knows whose they are.
    """
    participants = queries.list_participants(session, email=email)
    shown = {ref for one in participants for ref in rsvp_data.list_person_refs(session, one)}
    return {
        "exported_at": now.isoformat(),
        "address": email,
        "mail_came_back": status_of(session, email),
        "participant": [export(session, now=now, participant=one) for one in participants],
        "new_address_of_a_participant": [
            {"series": change.participant.series.title.to_json(), "given_at": change.created_at.isoformat()}
            for change in queries.list_address_changes(session, email=email)
        ],
        "invited": [rsvp_data.export_invitation(one) for one in queries.list_invitations(session, email=email)],
        "announcements_asked_for": announcements_data.export(session, email=email),
        "links_asked_for": [found.created_at.isoformat() for found in queries.list_link_requests(session, email=email)],
        "speaker": people_data.export(session, email=email),
        "speaking": programme_data.export(session, email=email),
        **accounts_data.export(session, email=email),
        "summaries": summaries_data.export(session, email=email),
        "contact_of": [series.slug for series in queries.list_contacts(session, email=email)],
        "messages": [
            message
            for ref in mail_data.list_refs(session, email=email)
            if ref not in shown
            for message in mail_data.export(session, person_ref=ref, email=email)
        ],
    }
