"""What a participant answers in their calendar (RFC 5546, 3.2.3; RFC 6047), applied as the page would apply it.

Whatever is not exactly an answer of the person concerned about an invitation of ours changes nothing, and nothing that
is ignored causes mail: a sender's address can be forged, and a reply to an automaton begins a conversation of automata.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.calendars.queries import find_answer, is_withdrawn_by_organisers
from workshop.core.addresses import fold_address
from workshop.core.errors import ConflictError, NotFoundError, TooManyRequestsError
from workshop.core.limits import hit
from workshop.core.links import reply_token
from workshop.ical import BadReplyError, PartStat, Reply, read_reply
from workshop.mail.bounces import receive_bounce
from workshop.mail.octets import ascii_domain
from workshop.mail.receiving import Kind, read_message
from workshop.rsvp.models import Answer, Choice
from workshop.rsvp.rule import BY_CALENDAR, NoticeChangedError, own_sequence, state_of
from workshop.rsvp.schedule import Phase, phase
from workshop.rsvp.service import answer_by_calendar, lock_participant, lock_sessions

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHOICES = {
    PartStat.ACCEPTED: Choice.ACCEPTED,
    PartStat.TENTATIVE: Choice.TENTATIVE,
    PartStat.DECLINED: Choice.DECLINED,
}
_OWN = ("MAIL_DEFAULT_SENDER", "MAIL_REPLIES")
_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)
REPLIES_PER_HOUR = 5
"""How often within an hour an answer becomes “coming” or “perhaps” by calendar; not coming is always believed."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of a message: `code` is the answer's new state, or why nothing changed."""

    code: str
    answer: Answer | None = None
    """The one that was changed."""
    is_bounce: bool = False
    """Whether a message of ours is known to have come back; `code` is its status."""

    @property
    def is_applied(self) -> bool:
        """Whether anything was changed; if not, the caller rolls back."""
        return self.is_bounce or self.answer is not None


def receive(session: Session, octets: bytes, *, now: datetime) -> Effect:
    """Do what a message that arrived says: a reply from a calendar, or a report that a message did not arrive. Flushes.

    Of anything else only a code is logged.

    Commit where the effect is applied, else roll back. Last before that, because of the log.

    Args:
        session: the database session, fresh.
        octets: the message as it arrived (RFC 5322).
        now: the present.
    """
    effect = _receive(session, octets, now=now)
    if effect.is_bounce:
        logger.info("a message has come back: %s", effect.code)
        return effect
    if effect.answer is None:
        logger.info("a message was ignored: %s", effect.code)
        return effect
    object_ = f"session:{effect.answer.workshop_session_id}"
    audit.record(
        session, now=now, actor="participant", action="rsvp.reply", object_=object_, details={"code": effect.code}
    )
    return effect


def _receive(session: Session, octets: bytes, *, now: datetime) -> Effect:
    message = read_message(octets, own=[current_app.config[name] for name in _OWN])
    if message.kind is Kind.BOUNCE:
        status = receive_bounce(session, message, now=now)
        return Effect(status, is_bounce=True) if status else Effect(message.kind.value)
    if message.kind is not Kind.CALENDAR:
        return Effect(message.reason or message.kind.value)
    # The same octets are often there twice: as what programs act upon, and as a file for people.
    replies: dict[Reply, None] = {}
    faults: list[str] = []
    for calendar in message.calendars:
        try:
            replies[read_reply(calendar)] = None
        except BadReplyError as fault:
            faults.append(fault.code)
    if not replies:
        return Effect(faults[0])
    if len(replies) > 1:
        return Effect("ambiguous")
    return apply_reply(session, next(iter(replies)), now=now, recipients=message.recipients)


def apply_reply(session: Session, reply: Reply, *, now: datetime, recipients: Collection[str] = ()) -> Effect:
    """Let one reply become the answer, or say why it does not. Flushes; roll back what is not applied.

    The UID, which nobody can guess, is the credential; a token in the address, where there is one, must be its own.

    Args:
        session: the database session.
        reply: what the calendar says.
        now: the present.
        recipients: addresses that the message went to.
    """
    answer = _find(session, reply.uid)
    if answer is None:
        return Effect("unknown")
    if not _is_addressed_right(answer.uid, [*recipients, reply.organizer]):
        return Effect("token")
    if reason := _reason_against(session, answer, reply, now):
        return Effect(reason)
    before, choice = answer.answered_at, _CHOICES[reply.partstat]
    try:
        if choice is not Choice.DECLINED:
            # Each is answered by a mail: a calendar that others write in must not be a way to send any number of them.
            hit(session, scope="reply", key=answer.subject, times=REPLIES_PER_HOUR, window=_HOUR, now=now)
        answer = answer_by_calendar(session, now=now, answer=answer, choice=choice)
    except NoticeChangedError:
        return Effect("unacknowledged")
    except (ConflictError, NotFoundError, TooManyRequestsError) as fault:
        return Effect(fault.code)
    # A clock that runs ahead must not make every later reply come too late.
    answer.reply_stamped_at = stamped_at = min(reply.stamped_at, now)
    if before < stamped_at:
        # When they answered, not when the mail came: what they answered a minute later may be on its way already.
        answer.answered_at = stamped_at
    session.flush()
    return Effect(answer.state.value, answer)


def _find(session: Session, uid: str) -> Answer | None:
    """Return the answer of a UID as it is now, the rows locked that decide on it; None where there is none of ours."""
    local, _at, domain = uid.lower().rpartition("@")
    if domain != str(current_app.config["DOMAIN"]).lower() or not _UID.fullmatch(local):
        return None
    answer = find_answer(session, local)
    if answer is None:
        return None
    try:
        lock_participant(session, answer.participant_id)
    except NotFoundError:
        return None  # erased meanwhile
    lock_sessions(session, [answer.workshop_session_id])
    session.refresh(answer)
    return answer


def _is_addressed_right(uid: str, addresses: Collection[str]) -> bool:
    """Whether every token among the addresses is this entry's; programs that send none are believed by the UID."""
    ours = current_app.config["MAIL_REPLIES"] or current_app.config["MAIL_DEFAULT_SENDER"]
    own_local, _at, own_domain = fold_address(ascii_domain(ours)).rpartition("@")
    token = reply_token(uid)
    for address in addresses:
        local, _at, domain = _fold(address).rpartition("@")
        name, plus, tag = local.partition("+")
        if plus and (name, domain) == (own_local, own_domain) and tag != token:
            return False
    return True


def _fold(address: str) -> str:
    """Return what is compared of an address that anybody may have written."""
    try:
        return fold_address(ascii_domain(address))
    except ValueError:
        return ""


def _reason_against(session: Session, answer: Answer, reply: Reply, now: datetime) -> str:
    """Return why the reply changes nothing, or an empty text; the rows are locked."""
    choice = _CHOICES[reply.partstat]
    if _fold(reply.attendee) != _fold(answer.participant.address or ""):
        return "attendee"
    where = phase(answer.workshop_session, now=now)
    if where in {Phase.CANCELLED, Phase.BEGUN, Phase.ENDED}:
        return where.value
    if answer.state is state_of(choice) and answer.refused_at is None:
        return "same"
    return _reason_of_time(answer, reply, choice) or _reason_of_state(session, answer, choice, now)


def _reason_of_time(answer: Answer, reply: Reply, choice: Choice) -> str:
    """Return `older` or `stale` where something newer is known; not coming is believed even of an earlier version."""
    if answer.reply_stamped_at is not None and reply.stamped_at < answer.reply_stamped_at:
        return "older"
    # DTSTAMP knows whole seconds only.
    is_overtaken = reply.stamped_at + _SECOND <= answer.answered_at
    if choice is Choice.DECLINED:
        # A copy of one that was honoured before, as a mailbox may give it twice, takes away no seat taken since.
        return "older" if is_overtaken and reply.stamped_at == answer.reply_stamped_at else ""
    if is_overtaken:
        return "older"
    return "stale" if reply.sequence < own_sequence(answer) else ""


def _reason_of_state(session: Session, answer: Answer, choice: Choice, now: datetime) -> str:
    is_theirs = answer.refused_at is None and not is_withdrawn_by_organisers(session, answer)
    if answer.state not in BY_CALENDAR[choice] or not is_theirs:
        return "state"
    keeps_seat = answer.seat_kept_until is not None and now < answer.seat_kept_until
    asks = choice is Choice.ACCEPTED and answer.workshop_session.needs_approval and not keeps_seat
    return "approval" if asks else ""
