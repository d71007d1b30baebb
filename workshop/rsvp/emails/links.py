"""Messages that bring a link and name nothing: the personal page's again, and one that confirms a new address."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.service import enqueue
from workshop.rsvp.models import AddressChange, Participant
from workshop.rsvp.schedule import REQUEST_LIFETIME

PRIORITY = 30


def link_resent(session: Session, *, now: datetime, participant: Participant, is_new: bool = False) -> None:
    """Mail the personal page's link; `is_new`: the ones before it are dead. Without an address nothing is sent."""
    if participant.address is None:
        return
    language = participant.language
    enqueue(
        session,
        now=now,
        kind="link_resent",
        priority=PRIORITY,
        series_id=participant.series_id,
        workshop_session_id=None,
        person_ref=participant.subject,
        answer_ref="",
        basis={},
        dedupe_key=f"link_resent:{participant.subject}:{now.isoformat()}",
        recipient=participant.address,
        language=language,
        sender_name="",
        context={"my_url": _page_url(participant.subject, language), "is_new": is_new},
    )


def confirm_new_address(session: Session, *, now: datetime, change: AddressChange, language: str) -> None:
    """Mail to a new address the link that confirms it. Repeats nothing typed: anybody may have typed the address."""
    expires_at = now + REQUEST_LIFETIME
    enqueue(
        session,
        now=now,
        kind="confirm_new_address",
        priority=PRIORITY,
        series_id=change.participant.series_id,
        workshop_session_id=None,
        # Not the participant's: once another address is given, this one is forgotten and the rest is not.
        person_ref=change.subject,
        answer_ref="",
        basis={},
        dedupe_key=f"confirm_new_address:{change.subject}:{now.isoformat()}",
        recipient=change.address,
        language=language,
        sender_name="",
        context={
            "confirm_url": _page_url(change.subject, language),
            "expires_at": expires_at,
            "tzid": current_app.config["TIMEZONE"],
        },
        expires_at=expires_at,
    )


def _page_url(subject: str, language: str) -> str:
    return external_url("my.page", lang=language, token=mark(Purpose.MY, subject))
