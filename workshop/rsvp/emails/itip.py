"""What mail puts into a participant's own calendar and takes out again (RFC 5546 over RFC 6047)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from workshop.core.links import reply_token
from workshop.ical import Calendar, EventStatus, Invitation, Method, PartStat, serialise
from workshop.mail.octets import ascii_domain
from workshop.mail.queries import may_be_in_calendar
from workshop.mail.service import RECIPIENT, itip_method_of, sender_of
from workshop.programme.models import SessionStatus
from workshop.rsvp.emails.calendar import own_entry
from workshop.rsvp.emails.sender import sender_name
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.rule import own_sequence

_PARTSTAT = {AnswerState.ACCEPTED: PartStat.ACCEPTED, AnswerState.TENTATIVE: PartStat.TENTATIVE}
"""Of the answers that stand in calendars: whoever waits for a place is asked nothing there."""


def calendar_files(session: Session, answer: Answer, *, now: datetime) -> tuple[dict[str, str], ...]:
    """Return what a message about this answer does in its participant's calendar, to be attached; mostly nothing.

    The answer's state, and what is taken back of the messages before, must be flushed.
    """
    method = method_for(session, answer, now=now)
    return (invitation_file(answer, method, now=now),) if method else ()


def method_for(session: Session, answer: Answer, *, now: datetime, is_leaving: bool = False) -> Method | None:
    """Return whether the entry is to be there, to go, or not to be spoken of.

    Args:
        session: asked what has left, where the entry is to go.
        answer: as it stands.
        now: the present: nothing is said once the session is over.
        is_leaving: the message leaves now, and what is being sent at this moment has not left.
    """
    stands = answer.workshop_session
    if not answer.participant.wants_calendar or not stands.is_published or stands.ends_at <= now:
        return None
    if brings_request(answer):
        return Method.REQUEST
    is_there = may_be_in_calendar(session, answer_ref=answer.subject, counts_claimed=not is_leaving)
    return Method.CANCEL if is_there else None


def brings_request(answer: Answer) -> bool:
    """Whether mail about this answer puts it into a calendar, if it comes before the session's end."""
    is_on = answer.workshop_session.status is not SessionStatus.CANCELLED
    return answer.participant.wants_calendar and is_on and answer.state in _PARTSTAT


def invitation_file(answer: Answer, method: Method, *, now: datetime) -> dict[str, str]:
    """Return the attachment `invite.ics`: the entry of the participant's own feed, with who asks whom.

    Its lines are unfolded, because a fold would cut a mark in two; whoever puts the links in folds them again.
    """
    language = answer.participant.language
    view, entry = own_entry(answer)
    name = sender_name(answer.workshop_session.series, view, language)
    invitation = Invitation(
        organizer=_organizer(answer),
        organizer_name=sender_of(name),
        attendee=RECIPIENT,
        partstat=_PARTSTAT.get(answer.state, PartStat.DECLINED),
    )
    event = replace(entry, revised_at=now, stamped_at=now, invitation=invitation)
    if method is Method.CANCEL:
        # What goes needs no more words than it takes to know it by.
        event = replace(event, description="", location="", url="", conference="")
        event = replace(event, status=EventStatus.CANCELLED, is_transparent=True)
    content = serialise(Calendar(name="", language=language, is_feed=False, method=method), [event])
    return {
        "filename": "invite.ics",
        "content_type": f"text/calendar; charset=utf-8; method={method.value}; component=VEVENT",
        "content": content.decode().replace("\r\n ", ""),
    }


def calendar_words(files: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return what templates say of these files, and of answers given in a calendar."""
    return {"itip": itip_method_of(files), "takes_replies": bool(current_app.config["MAIL_REPLIES"])}


def calendar_basis(files: Sequence[Mapping[str, str]], answer: Answer) -> dict[str, int]:
    """Return what is compared before these files leave: SEQUENCE of the participant's own entry."""
    return {"own_sequence": own_sequence(answer)} if files else {}


def _organizer(answer: Answer) -> str:
    """Return a role address that tells which answer a reply is about, the same as long as there is the answer."""
    address = ascii_domain(str(current_app.config["MAIL_REPLIES"] or current_app.config["MAIL_DEFAULT_SENDER"]))
    local, _, domain = address.rpartition("@")
    return f"{local}+{reply_token(answer.uid)}@{domain}"
