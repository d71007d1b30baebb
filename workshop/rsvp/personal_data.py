"""What rsvp holds about a participant, and how it forgets them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import Level
from workshop.core.erasures import remember
from workshop.core.links import Purpose, has_link, new_subject, revoke
from workshop.core.localized import Localized
from workshop.programme.models import LevelProposal, Question, QuestionKind
from workshop.rsvp.models import (
    Acknowledgement,
    AddressChange,
    Answer,
    AnswerRequest,
    AnswerState,
    Invitation,
    LevelAgreement,
    LinkRequest,
    Participant,
    QuestionReply,
    new_code,
)
from workshop.rsvp.queries import (
    has_address,
    is_used_by,
    list_acknowledgements,
    list_exports_of,
    list_invitations_of,
    list_own_answers,
    list_replies,
)


def export(session: Session, *, person_ref: str) -> dict[str, Any] | None:
    """Return all that is stored about a participant as plain JSON values; None for nobody."""
    participant = session.scalar(sa.select(Participant).where(Participant.subject == person_ref))
    if participant is None:
        return None
    answers = list_own_answers(session, participant.id)
    change = session.get(AddressChange, participant.id)
    return {
        "address": participant.address,
        "new_address": {"address": change.address, "given_at": change.created_at.isoformat()} if change else None,
        "name": participant.name,
        "affiliation": participant.affiliation,
        "language": participant.language,
        "timezone": participant.tzid,
        "reminders": participant.wants_reminders,
        "reminders_not_wanted": list(participant.declined_reminders),
        "announcements": participant.wants_announcements,
        "discreet": participant.is_discreet,
        "calendar_files": participant.wants_calendar,
        "has_calendar_address": has_link(session, purpose=Purpose.FEED, subject=participant.subject),
        "access_needs": participant.access_needs,
        "keep_informed_since": _at(participant.informed_since),
        "answers_later_sessions_since": _at(participant.follows_since),
        "created_at": _at(participant.created_at),
        "confirmed_at": _at(participant.confirmed_at),
        "answers": [_answer(answer) for answer in answers],
        "acknowledgements": [
            {
                "level": found.level.value,
                "version": found.version,
                "own_version": found.own_version,
                "language": found.language,
                "acknowledged_at": _at(found.acknowledged_at),
            }
            for found in list_acknowledgements(session, [answer.id for answer in answers])
        ],
        "agreed_to_looser_levels": [
            {
                "level": level.value,
                "version": found.version,
                "own_version": found.own_version,
                "language": found.language,
                "agreed_at": _at(found.agreed_at),
            }
            for found, level in _agreements(session, [answer.id for answer in answers])
        ],
        "replies": [
            {"question": question.text.to_json(), "reply": _said(question, reply.value), "at": _at(reply.replied_at)}
            for question, reply in list_replies(session, participant.id)
        ],
        "invitations": [export_invitation(found) for found in list_invitations_of(session, participant)],
        "list_exports": [
            {"purpose": found.purpose, "exported_at": _at(found.exported_at)}
            for found in list_exports_of(session, participant, since=participant.confirmed_at or participant.created_at)
        ],
    }


def _agreements(session: Session, answer_ids: list[int]) -> list[tuple[LevelAgreement, Level]]:
    statement = (
        sa.select(LevelAgreement, LevelProposal.level)
        .join(LevelProposal, LevelProposal.id == LevelAgreement.proposal_id)
        .where(LevelAgreement.answer_id.in_(answer_ids))
        .order_by(LevelAgreement.agreed_at, LevelAgreement.proposal_id)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _said(question: Question, value: Any) -> Any:
    """Return a reply with the words of its options beside their keys."""
    texts = {option["key"]: option["text"] for option in question.options}
    if question.kind is QuestionKind.SEVERAL_OF:
        return [texts.get(key, key) for key in value]
    return texts.get(value, value) if question.kind is QuestionKind.ONE_OF else value


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "session": answer.workshop_session.slug,
        "state": answer.state.value,
        "created_at": _at(answer.created_at),
        "answered_at": _at(answer.answered_at),
        "accepted_at": _at(answer.accepted_at),
        "interpretation": answer.interpretation,
        "counted_to_share": answer.share,
        "waiting_since": _at(answer.waitlisted_at),
        "offered_until": _at(answer.offer_expires_at),
        "declined_by_organisers_at": _at(answer.refused_at),
        "declined_by_organisers_saying": answer.refusal_text.to_json(),
        "added_by_organisers_because": answer.added_reason,
        "seen_to_come_at": _at(answer.attended_at),
        "gave_feedback": answer.gave_feedback,
        "code": answer.code,
        "answered_in_a_calendar_at": _at(answer.reply_stamped_at),
    }
    if answer.request:
        found["waiting"] = _request(answer.request)
    return found


def _request(request: AnswerRequest) -> dict[str, Any]:
    return {
        "answer": request.choice.value,
        "name": request.name,
        "affiliation": request.affiliation,
        "language": request.language,
        "timezone": request.tzid,
        "reminders": request.wants_reminders,
        "discreet": request.is_discreet,
        "calendar_files": request.wants_calendar,
        "keep_informed": request.keeps_informed,
        "answers_later_sessions": request.follows,
        "interpretation": request.interpretation,
        "access_needs": request.access_needs,
        "counted_to_share": request.share,
        "waiting_list": request.joins_list,
        "replies": request.replies,
        "created_at": _at(request.created_at),
    }


def export_invitation(found: Invitation) -> dict[str, Any]:
    """Return what is stored of an invitation as plain JSON values."""
    return {
        "kind": found.kind.value,
        "address": found.address,
        "name": found.name,
        "language": found.language,
        "organisation": found.organisation,
        "sessions": [one.slug for one in found.sessions],
        "created_at": _at(found.created_at),
        "sent_at": _at(found.sent_at),
        "reminded_at": _at(found.reminded_at),
        "declined_at": _at(found.declined_at),
        "withdrawn_at": _at(found.withdrawn_at),
    }


def list_person_refs(session: Session, participant: Participant) -> list[str]:
    """Return the random ids under which mail to this person stands: their own, a new address's, their invitations'."""
    changes = sa.select(AddressChange.subject).where(AddressChange.participant_id == participant.id)
    invited = [found.subject for found in list_invitations_of(session, participant)]
    return [participant.subject, *session.scalars(changes), *invited]


def list_refs_to_erase(session: Session, participant: Participant) -> list[str]:
    """Return the same with an invitation that another one passed on: it is used up, and goes with this person."""
    used = sa.select(Invitation.subject).where(is_used_by(participant))
    return list(dict.fromkeys([*list_person_refs(session, participant), *session.scalars(used)]))


def erase(session: Session, *, participant: Participant, now: datetime) -> None:
    """Take everything that tells who this was; what remains are rows to be counted. Ends all links. Flushes.

    A seat in a session that is not over is free again.
    """
    answers = session.scalars(
        sa.select(Answer).where(Answer.participant_id == participant.id).execution_options(populate_existing=True)
    ).all()
    answer_ids = [answer.id for answer in answers]
    subjects = [participant.subject, *(answer.subject for answer in answers)]
    session.execute(sa.delete(AnswerRequest).where(AnswerRequest.answer_id.in_(answer_ids)))
    session.execute(sa.delete(Acknowledgement).where(Acknowledgement.answer_id.in_(answer_ids)))
    session.execute(sa.delete(LevelAgreement).where(LevelAgreement.answer_id.in_(answer_ids)))
    session.execute(sa.delete(Answer).where(Answer.id.in_(answer_ids), Answer.state == AnswerState.PENDING))
    session.execute(sa.delete(QuestionReply).where(QuestionReply.participant_id == participant.id))
    changes = sa.delete(AddressChange).where(AddressChange.participant_id == participant.id)
    subjects += session.scalars(changes.returning(AddressChange.subject).execution_options(synchronize_session=False))
    invited = _forget_address(session, participant, now)
    subjects += invited
    remember(session, now=now, subjects=[participant.subject, *invited])
    for answer in answers:
        if answer.state is not AnswerState.PENDING:
            _make_countable(answer, now)
    revoke(session, subjects=subjects)
    # Another random id: what was kept elsewhere under the old one leads nowhere.
    participant.subject = new_subject()
    participant.address = participant.address_folded = None
    participant.name = participant.affiliation = participant.tzid = ""
    participant.language = participant.series.languages[0]
    participant.wants_reminders = participant.wants_announcements = participant.is_discreet = False
    participant.declined_reminders = ()
    participant.wants_calendar = True
    participant.access_needs = ""
    participant.informed_since = participant.follows_since = None
    participant.erased_at = now
    session.flush()
    session.expire_all()


def _forget_address(session: Session, participant: Participant, now: datetime) -> list[str]:
    """Forget the address where it stands apart from the participant; returns the random ids of its invitations.

    A person's invitation that somebody passed on goes too: it is used up, and would say where this answer came from.
    """
    folded = participant.address_folded
    if folded is not None:
        session.execute(sa.delete(LinkRequest).where(LinkRequest.address_folded == folded))
    invited = (
        sa.update(Invitation)
        .where(
            Invitation.series_id == participant.series_id,
            sa.or_(has_address(folded), is_used_by(participant)),
        )
        .values(address=None, address_folded=None, name="", withdrawn_at=sa.func.coalesce(Invitation.withdrawn_at, now))
        .returning(Invitation.subject)
    )
    return list(session.scalars(invited.execution_options(synchronize_session=False)))


def _make_countable(answer: Answer, now: datetime) -> None:
    if answer.workshop_session.ends_at > now:
        answer.state = AnswerState.WITHDRAWN
        answer.accepted_at = None
    answer.waitlisted_at = answer.offer_expires_at = answer.seat_kept_until = None
    answer.interpretation = answer.share = answer.added_reason = ""
    answer.refusal_text = Localized()
    answer.invitation_id = None
    answer.subject, answer.code = new_subject(), new_code()
    # Whoever keeps somebody's calendar knows the UID.
    answer.uid, answer.reply_stamped_at = str(uuid.uuid4()), None
    answer.told_starts_at = answer.told_ends_at = answer.told_mode = answer.told_status = answer.told_level = None
    answer.told_floor_languages = answer.told_interpretation = None
    answer.told_tzid, answer.told_place, answer.agreed_from, answer.told_postponed = "", Localized(), "", False
