"""What a request says becomes what is held: at the button, and at once where the address is known already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.rsvp.models import Answer, AnswerRequest, Participant
from workshop.rsvp.service.replies import keep_replies


def take_over(
    session: Session, *, participant: Participant, answer: Answer, request: AnswerRequest, now: datetime
) -> None:
    """Copy everything of a request to the participant, the answer and the replies. Flushes.

    A box left unticked in a later form takes nothing back: discretion, no calendar files, news, later sessions and
    access needs end on the personal page, where they are shown. Nor is anything asked of somebody that cannot be
    written to.
    """
    participant.name = request.name
    participant.affiliation = request.affiliation
    participant.language = request.language
    participant.tzid = request.tzid
    participant.wants_reminders = request.wants_reminders
    participant.is_discreet = participant.is_discreet or request.is_discreet
    participant.wants_calendar = participant.wants_calendar and request.wants_calendar
    participant.access_needs = request.access_needs or participant.access_needs
    if participant.address is not None:
        if request.keeps_informed:
            # Whoever asks to hear of the series again has changed their mind about announcements too.
            participant.wants_announcements |= participant.informed_since is None
            participant.informed_since = participant.informed_since or now
        if request.follows:
            # Since the form was sent: what was published before the button was pressed came later too.
            participant.follows_since = participant.follows_since or request.created_at
    participant.confirmed_at = participant.confirmed_at or now
    answer.interpretation = request.interpretation
    answer.share = request.share
    answer.invitation_id = request.invitation_id or answer.invitation_id
    session.flush()
    keep_replies(
        session, participant=participant, session_ids=[answer.workshop_session_id], said=request.replies, now=now
    )
