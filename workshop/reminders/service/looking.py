"""A last look before a message leaves: may it still be said?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.queries import find_role, may_still_arrive, wants_digest
from workshop.announcements.emails import CONFIRM_KIND as SUBSCRIPTION
from workshop.announcements.queries import KIND as ANNOUNCEMENT
from workshop.announcements.service import refusal_of_announcement, refusal_of_confirmation
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.mail.service import drop_files
from workshop.programme.emails import CHANGE as SPEAKER_CHANGE
from workshop.programme.emails import DECIDED as SPEAKER_CHANGE_DECIDED
from workshop.programme.emails import LINK as SPEAKER_LINK
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.queries import find_proposal
from workshop.programme.rule import facts_of
from workshop.programme.service.speakers import refusal_of_change, refusal_of_link
from workshop.reminders import emails
from workshop.reminders.models import ReminderDelivery
from workshop.reminders.queries import (
    NOTICES,
    SPEAKER_NOTICES,
    STANDING,
    TOLD,
    find_answer,
    find_participant,
    find_person,
    find_workshop_session,
    has_answer_agreed,
    has_person_agreed,
    list_item_levels,
    list_slots,
    waits_for_button,
)
from workshop.reminders.rule import Facts
from workshop.reminders.schedule import DAY_MARGIN, parse_offset
from workshop.reminders.service.changes import remember
from workshop.reminders.service.pausing import BY_RULES, PAUSED, is_paused, unplan
from workshop.rsvp.emails import ABOUT_ANSWERS, calendar_basis, calendar_files, method_for
from workshop.rsvp.emails.levels import (
    ABOUT_LEVELS,
    ABOUT_LEVELS_TO_SPEAKERS,
)
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.queries import is_new_address
from workshop.rsvp.queries.invitations import INVITATION_MAILS
from workshop.rsvp.service.inviting import refusal_of_mail

SUPERSEDED = "superseded"
_MAY_BE_DUE_AGAIN = frozenset({"level changed", "session cancelled", "session moved", "session not confirmed"})
"""Why a reminder is taken back that is planned again where that is undone in time, or in other words."""
_TO_PARTICIPANTS = {
    *BY_RULES, *NOTICES, *ABOUT_LEVELS, *ABOUT_ANSWERS, "confirm_address", "link_resent", "session_announced",
}  # fmt: skip


def last_look(session: Session, message: OutboxMessage, now: datetime) -> str | None:
    """Return why a message must not leave any more, or None; the reason names nobody.

    Speaks for every message to a participant. May put back what the participant was last told, so that a message
    that the Rule overtook is written anew, and brings what goes into a calendar up to date; the caller commits.
    """
    if (look_at_other := _OTHERS.get(message.kind)) is not None:
        return look_at_other(session, message, now=now)
    answer = find_answer(session, message.answer_ref) if message.answer_ref else None
    participant = answer.participant if answer else find_participant(session, message.person_ref)
    if found := _refusal_to_participant(session, answer, participant, message):
        return found
    look = _LOOKS.get(message.kind)
    if answer is not None and look is not None and (found := look(session, answer, message, now=now)):
        return found
    return _look_at_calendar(session, answer, message, now=now) if answer is not None and message.itip_method else None


def _look_at_calendar(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    """Let go along only what is still to be done in the participant's calendar, as it stands."""
    method = method_for(session, answer, now=now, is_leaving=True)
    if method != message.itip_method:
        drop_files(message)
        is_for_calendar = message.basis.get("state") == AnswerState.WITHDRAWN and message.kind == "answer_recorded"
        # Whoever withdraws by themselves is only written to for their calendar's sake.
        return "nothing to take out" if is_for_calendar else None
    basis = {**message.basis, **calendar_basis(message.attachments, answer)}
    if message.uncertain_at is None and message.basis != basis:
        message.attachments, message.basis = calendar_files(session, answer, now=now), basis
    return None


def _look_at_recorded(_session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    del now
    said = (message.basis or {}).get("state", answer.state.value)
    return "answer changed" if answer.state.value != said else None


def _refusal_to_participant(
    session: Session, answer: Answer | None, participant: Participant | None, message: OutboxMessage
) -> str | None:
    """Return why nothing, or nothing of this kind, may be said to this participant, or None."""
    if message.kind in _TO_PARTICIPANTS and (
        participant is None or participant.erased_at is not None or participant.address is None
    ):
        return "erased"
    if answer is not None and message.kind in ABOUT_ANSWERS and _names_too_much(answer, message):
        return "level changed"
    if participant is not None and participant.is_discreet and message.basis.get("is_neutral") is False:
        return _leave_unsaid(session, answer, message)
    if message.kind == "confirm_address":
        return None if participant is not None and waits_for_button(session, participant.id) else "nothing to confirm"
    if message.kind == "session_announced" and (answer is None or not answer.workshop_session.is_published):
        return "session no longer announced"
    return None


def _names_too_much(answer: Answer, message: OutboxMessage) -> bool:
    """Whether the Rule became so strict since that the message may not name what it names; another one tells of it."""
    own, _shown_level = emails.levels_of(answer.workshop_session, ())
    return (message.basis or {}).get("is_neutral") is False and Level.parse(own) >= Level.WHOLE_SESSION


def _leave_unsaid(session: Session, answer: Answer | None, message: OutboxMessage) -> str:
    """Keep back what names the session to somebody who asked for discretion since; what is due is written anew."""
    if message.kind in NOTICES and answer is not None:
        return _take_back(answer, message, "discretion asked")
    if message.kind == "level_raised" and answer is not None:
        answer.told_level = Level.parse(message.basis["told"])
        return "discretion asked"
    session.execute(sa.delete(ReminderDelivery).where(ReminderDelivery.outbox_message_id == message.id))
    return "discretion asked"


def _look_at_reminder(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    stands, basis = answer.workshop_session, message.basis
    is_after = str(basis["offset"]).startswith("+")
    found = (
        (answer.state not in STANDING, "answer withdrawn"),
        (not answer.participant.wants_reminders, "reminders stopped"),
        (stands.status is SessionStatus.CANCELLED, "session cancelled"),
        (stands.status is not SessionStatus.CONFIRMED or not stands.is_published, "session not confirmed"),
        (stands.starts_at != datetime.fromisoformat(basis["starts_at"]), "session moved"),
        (not is_after and stands.starts_at <= now, "session begun"),
        # The relay, too, may have been away; an hour before, the reminder of an hour says the same.
        (parse_offset(basis["offset"]).days < 0 and now > stands.starts_at - DAY_MARGIN, "too late"),
        (is_after and stands.ends_at > now, "session not over"),
        (answer.state.value != basis["state"], "answer changed"),
        (basis["offset"] in answer.participant.declined_reminders, "reminder declined"),
        (_is_stricter(session, stands, basis), "level changed"),
    )
    if is_paused(stands):
        unplan(session, message)
        return PAUSED
    reason = next((reason for applies, reason in found if applies), None)
    if reason in _MAY_BE_DUE_AGAIN:
        unplan(session, message)
    return reason


def _look_at_notice(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    stands, basis = answer.workshop_session, message.basis
    now_said = Facts.from_json(basis["now"])
    as_it_stands = facts_of(stands, items=list_item_levels(session, stands.id))
    if answer.state not in TOLD:
        return "answer withdrawn"
    if stands.ends_at <= now:
        return "session over"
    if message.kind == "session_cancelled":
        if not (as_it_stands.is_cancelled and now_said.is_postponed is as_it_stands.is_postponed):
            reason = SUPERSEDED if as_it_stands.is_cancelled else "session reinstated"
            return _take_back(answer, message, reason)
    elif as_it_stands.is_cancelled:
        return _take_back(answer, message, "session cancelled")
    elif now_said.differs_from(as_it_stands):
        return _take_back(answer, message, SUPERSEDED)
    return _take_back(answer, message, "level changed") if _is_stricter(session, stands, basis) else None


def _look_at_place(_session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    """Look at a message about a place: it says what to do, so it must still be so."""
    stands, basis = answer.workshop_session, message.basis
    if message.kind != "answer_refused" and stands.status is SessionStatus.CANCELLED:
        return "session cancelled"
    if message.kind != "answer_refused" and stands.starts_at <= now:
        return "session begun"
    expires_at = answer.offer_expires_at.isoformat() if answer.offer_expires_at else ""
    refused_at = answer.refused_at.isoformat() if answer.refused_at else ""
    is_other = {
        "place_offered": expires_at != basis.get("expires_at"),
        "place_free": answer.state is not AnswerState.WAITLISTED,
        "added_by_hand": answer.state.value != basis.get("state"),
        "answer_refused": refused_at != basis.get("refused_at"),
    }
    return "answer changed" if is_other[message.kind] else None


def _look_at_level(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    """Look at a notice of a stricter level: it must be the one that stands."""
    del now
    if answer.state not in TOLD:
        return "answer withdrawn"
    said, stands = Level.parse(message.basis["now"]), _shown(session, answer.workshop_session)
    if said is stands:
        return None
    # What never left has told nobody anything: where it is stricter still, the next message says all of it.
    answer.told_level = Level.parse(message.basis["told"]) if stands > said else stands
    return "level changed"


def _look_at_asked(session: Session, answer: Answer, message: OutboxMessage, *, now: datetime) -> str | None:
    """Look at a question about a looser level: it must still be asked, of this participant."""
    if answer.state not in TOLD:
        return "answer withdrawn"
    has_agreed = has_answer_agreed(session, answer.id)
    return _question_over(session, answer.workshop_session, message, has_agreed=has_agreed, now=now)


def _look_at_speaker(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    person = find_person(session, message.person_ref)
    workshop_session = find_workshop_session(session, message.workshop_session_id)
    if person is None or workshop_session is None or not person.email:
        return "erased"
    if message.kind == "level_asked_speaker":
        has_agreed = has_person_agreed(session, workshop_session.id, person.id)
        return _question_over(session, workshop_session, message, has_agreed=has_agreed, now=now)
    said, stands = Level.parse(message.basis["now"]), _shown(session, workshop_session)
    if said is stands:
        return None
    for slot in list_slots(session, workshop_session.id, person.id):
        slot.told_level = Level.parse(message.basis["told"]) if stands > said else stands
    return "level changed"


def _look_at_speaker_notice(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    """Look at what somebody who speaks is told of a change: it must be what stands, and may be said."""
    person = find_person(session, message.person_ref)
    stands = find_workshop_session(session, message.workshop_session_id)
    if person is None or stands is None or not person.email:
        return "erased"
    slots, basis = list_slots(session, stands.id, person.id), message.basis
    if not slots:
        return "no longer speaks"
    if stands.ends_at <= now:
        return "session over"
    said = Facts.from_json(basis["now"])
    as_it_stands = facts_of(stands, items=list_item_levels(session, stands.id))
    view = emails.view_of_speaker(person, stands)
    found = (
        (person.email != message.recipient, "another address"),
        (view is None, "session no longer announced"),
        (said.is_cancelled and not as_it_stands.is_cancelled, "session reinstated"),
        (not said.is_cancelled and as_it_stands.is_cancelled, "session cancelled"),
        (not said.is_cancelled and said.differs_from(as_it_stands), SUPERSEDED),
        (said.is_cancelled and said.is_postponed is not as_it_stands.is_postponed, SUPERSEDED),
        (_is_stricter(session, stands, basis), "level changed"),
        (view is not None and view.is_neutral and not basis["is_neutral"], "discretion asked"),
    )
    reason = next((reason for applies, reason in found if applies), None)
    if reason is not None:
        # What never left has told nobody anything.
        for slot in slots:
            slot.told = basis["told"]
        _ask_again(stands, message, reason)
    return reason


def _look_at_speaker_link(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    del now
    return refusal_of_link(session, message)


def _look_at_new_address(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    del now
    return None if is_new_address(session, message.person_ref) else "nothing to confirm"


def _look_at_digest(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    del now
    return None if wants_digest(session, message.basis["organiser"]) else "no longer wanted"


def _look_at_role(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    """Refuse what another act has overtaken, and what would name a series that became strict since."""
    said, number = message.basis, message.basis["organiser"]
    series = session.get(Series, message.series_id) if message.series_id is not None else None
    if series is None or (not said["is_neutral"] and series.level >= Level.WHOLE_SESSION):
        return "level changed"
    role = find_role(session, organiser_id=number, series_id=series.id, now=now)
    return None if (role.value if role else "") == said["role"] else "no longer wanted"


def _look_at_account(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    is_open = may_still_arrive(session, kind=message.kind, subject=message.basis["subject"], now=now)
    return None if is_open else "no longer wanted"


def _question_over(
    session: Session, workshop_session: WorkshopSession, message: OutboxMessage, *, has_agreed: bool, now: datetime
) -> str | None:
    proposal = find_proposal(session, workshop_session.id)
    if proposal is None or proposal.proposed_at != datetime.fromisoformat(message.basis["proposed_at"]):
        return "no longer asked"
    if workshop_session.status is SessionStatus.CANCELLED:
        return "session cancelled"
    if workshop_session.starts_at <= now:
        return "session begun"
    return "has agreed" if has_agreed else None


def _shown(session: Session, workshop_session: WorkshopSession) -> Level:
    """Return the level shown, as the database has it now."""
    _own, shown = emails.levels_of(workshop_session, list_item_levels(session, workshop_session.id))
    return Level.parse(shown)


def _take_back(answer: Answer, message: OutboxMessage, reason: str) -> str:
    """Put back what the participant knew; what never left has told nobody anything."""
    told = Facts.from_json(message.basis["told"])
    remember(answer, told, stands=told)
    _ask_again(answer.workshop_session, message, reason)
    return reason


def _ask_again(workshop_session: WorkshopSession, message: OutboxMessage, reason: str) -> None:
    """Let an edit that somebody asked to be told be told in other words; one edited once more is asked for anew."""
    if message.kind in {"session_changed", "session_changed_speaker"} and reason != SUPERSEDED:
        workshop_session.tell_at = workshop_session.tell_at or message.created_at


def _is_stricter(session: Session, workshop_session: WorkshopSession, basis: dict[str, Any]) -> bool:
    """Whether the Rule shows less of the session now than when the message was written."""
    items = list_item_levels(session, workshop_session.id)
    return any(
        Level.parse(now) > Level.parse(then)
        for now, then in zip(emails.levels_of(workshop_session, items), basis["levels"], strict=True)
    )


_LOOKS: dict[str, Callable[..., str | None]] = {
    **dict.fromkeys(BY_RULES, _look_at_reminder),
    **dict.fromkeys(NOTICES, _look_at_notice),
    "answer_recorded": _look_at_recorded,
    "level_raised": _look_at_level,
    "level_asked": _look_at_asked,
    **dict.fromkeys(("place_offered", "place_free", "added_by_hand", "answer_refused"), _look_at_place),
}
"""What is looked at, by kind, beyond that the person is still there."""
_OTHERS: dict[str, Callable[..., str | None]] = {
    **dict.fromkeys(INVITATION_MAILS, refusal_of_mail),
    **dict.fromkeys(SPEAKER_NOTICES, _look_at_speaker_notice),
    **dict.fromkeys((SPEAKER_LINK, SPEAKER_CHANGE_DECIDED), _look_at_speaker_link),
    SPEAKER_CHANGE: refusal_of_change,
    **dict.fromkeys(ABOUT_LEVELS_TO_SPEAKERS, _look_at_speaker),
    "confirm_new_address": _look_at_new_address,
    ANNOUNCEMENT: refusal_of_announcement,
    SUBSCRIPTION: refusal_of_confirmation,
    "digest": _look_at_digest,
    "role_changed": _look_at_role,
    **dict.fromkeys(("role_invitation", "pass_phrase_reset", "address_change"), _look_at_account),
}
"""The same for messages that no participant gets."""
