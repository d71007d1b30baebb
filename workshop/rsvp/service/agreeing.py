"""What becomes of a changed level where somebody has answered: read anew if stricter; if looser, agreed to by each.

Who agrees holds the lock of the session's row, and so does whoever counts and lets the looser level take effect: of two
last presses one finds that it is done.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.chatham.notices import Notice
from workshop.chatham.rule import Level
from workshop.core.errors import NotFoundError
from workshop.programme.models import LevelProposal, SessionStatus, WorkshopSession
from workshop.programme.queries import list_sessions
from workshop.programme.service.levels import ProposalOverError, apply_proposal, end_proposal
from workshop.rsvp.emails.levels import asked_key, level_asked, level_asked_speaker
from workshop.rsvp.models import Acknowledgement, Answer, LevelAgreement, Participant
from workshop.rsvp.queries.levels import (
    count_agreed,
    list_agreements,
    list_all_proposals,
    list_unasked,
    list_unasked_people,
)
from workshop.rsvp.rule import STANDS, NoticeChangedError, level_of, notice_asked, notice_of
from workshop.rsvp.service.confirming import log_acknowledgement
from workshop.rsvp.service.standing import acknowledge, lock_participant, lock_sessions

BATCH = 200
"""How many messages one transaction writes: SQLite lets nobody else write meanwhile."""


def acknowledge_today(
    session: Session, *, now: datetime, participant: Participant, slug: str, notice: Notice | None, language: str
) -> bool:
    """Keep that a participant read the notice that holds today; False when that was known. Flushes.

    Args:
        session: the database session.
        now: the present.
        participant: whose answer it is.
        slug: of the session, within the participant's series.
        notice: the one shown, its box ticked; None when it was not.
        language: in which it was shown.

    Raises:
        NotFoundError: there is no such answer, or it does not stand.
        NoticeChangedError: another notice holds today, or the box was left unticked.
    """
    answer, workshop_session = _own_answer(session, participant, slug)
    today = notice_of(workshop_session)
    if notice is None or notice.id != today.id:
        raise NoticeChangedError(field="acknowledge_rule")
    is_new = acknowledge(session, answer, today, language=language, now=now)
    if is_new:
        log_acknowledgement(session, workshop_session.id, today, language=language, now=now)
    return is_new


def agree(
    session: Session, *, now: datetime, participant: Participant, slug: str, notice: Notice | None, language: str
) -> bool:
    """Keep that a participant agrees to the looser level asked about; the last one lets it take effect. Flushes.

    Pressed twice it changes nothing. Returns whether the looser level holds now.

    Args:
        session: the database session.
        now: the present.
        participant: who agrees.
        slug: of the session, within the participant's series.
        notice: the looser level's, as it was shown, its box ticked where it has one; None when it was not.
        language: in which it was shown.

    Raises:
        NotFoundError: there is no such answer, or it does not stand.
        ProposalOverError: nothing is asked any more.
        NoticeChangedError: something else is asked than what was shown, or the box was left unticked.
    """
    answer, workshop_session = _own_answer(session, participant, slug)
    proposal = _find(session, workshop_session.id)
    if proposal is None or workshop_session.starts_at <= now:
        raise ProposalOverError
    asked = notice_asked(proposal, workshop_session)
    if notice is None or notice.id != asked.id:
        raise NoticeChangedError(field="acknowledge_rule")
    is_new = session.get(LevelAgreement, (proposal.id, answer.id)) is None
    if is_new:
        session.add(
            LevelAgreement(
                proposal_id=proposal.id,
                answer_id=answer.id,
                version=asked.version,
                own_version=asked.own_version,
                language=asked.text.pick(language).language or language,
                agreed_at=now,
            )
        )
        session.flush()
    details = {"level": asked.level.value, "version": asked.version, "language": language}
    is_applied = _apply_if_complete(session, proposal, workshop_session, now=now)
    if is_new:
        object_ = f"session:{workshop_session.id}"
        audit.record(session, now=now, actor="participant", action="rsvp.agree_level", object_=object_, details=details)
    return is_applied


def take_back(session: Session, *, now: datetime, participant: Participant, slug: str) -> bool:
    """Forget that a participant agreed, for as long as it waits for others; False where they had not. Flushes.

    Raises:
        NotFoundError: there is no such answer, or it does not stand.
        ProposalOverError: nothing is asked any more, or it holds already.
    """
    answer, workshop_session = _own_answer(session, participant, slug)
    proposal = _find(session, workshop_session.id)
    if proposal is None or workshop_session.starts_at <= now:
        raise ProposalOverError
    agreed = session.get(LevelAgreement, (proposal.id, answer.id), populate_existing=True)
    if agreed is None:
        return False
    session.delete(agreed)
    session.flush()
    object_, details = f"session:{workshop_session.id}", {"level": proposal.level.value}
    action = "rsvp.take_back_agreement"
    audit.record(session, now=now, actor="participant", action=action, object_=object_, details=details)
    return True


def settle_proposals(session: Session, now: datetime) -> int:
    """End what is asked of sessions that began, let take effect what each has agreed to, ask who was not asked yet.

    In the caller's transaction; returns how much was done. Any number of workers may do this at once, and nothing is
    locked where there is nothing to do. Flushes.
    """
    done = 0
    for proposal, starts_at, status, _uid in list_all_proposals(session):
        if done >= BATCH:
            break
        has_begun = starts_at <= now
        counted = count_agreed(session, proposal)
        if has_begun or counted.agreed == counted.asked:
            done += _settle_locked(session, proposal.workshop_session_id, now=now)
        elif status is not SessionStatus.CANCELLED:
            done += _ask(session, proposal, now=now)
    session.flush()
    return done


def _settle_locked(session: Session, workshop_session_id: int, *, now: datetime) -> int:
    """End or apply what is asked of a session, as it stands under the lock of its row."""
    workshop_session = lock_sessions(session, [workshop_session_id])[workshop_session_id]
    proposal = _find(session, workshop_session_id)
    if proposal is None:
        return 0
    if workshop_session.starts_at <= now:
        end_proposal(session, now=now, proposal=proposal, actor="worker", reason="begun")
        return 1
    return int(_apply_if_complete(session, proposal, workshop_session, now=now))


def _apply_if_complete(
    session: Session, proposal: LevelProposal, workshop_session: WorkshopSession, *, now: datetime
) -> bool:
    """Let a looser level take effect once each has agreed; returns whether it did. The session's row is locked."""
    counted = count_agreed(session, proposal)
    if counted.agreed < counted.asked:
        return False
    agreements, level = list_agreements(session, proposal.id), proposal.level
    for agreed in agreements:
        _acknowledge(session, agreed, level)
    session.flush()
    is_applied = apply_proposal(session, now=now, proposal=proposal)
    if is_applied:
        shown = level_of(workshop_session)
        agreed_from = sa.case(
            (Answer.agreed_from == "", sa.type_coerce(Answer.told_level, sa.Text)), else_=Answer.agreed_from
        )
        # Who has agreed knows it; who withdrew before goes on knowing the stricter one, and is asked should they come.
        session.execute(
            sa.update(Answer)
            .where(
                Answer.workshop_session_id == workshop_session.id,
                Answer.state.in_(sorted(STANDS)),
                Answer.told_level.in_([one for one in Level if one > shown]),
            )
            .values(told_level=shown, agreed_from=agreed_from)
        )
    return is_applied


def _acknowledge(session: Session, agreed: LevelAgreement, level: Level) -> None:
    known = sa.select(Acknowledgement.id).where(
        Acknowledgement.answer_id == agreed.answer_id,
        Acknowledgement.level == level,
        Acknowledgement.version == agreed.version,
        Acknowledgement.own_version == agreed.own_version,
    )
    if session.scalar(known) is None:
        session.add(
            Acknowledgement(
                answer_id=agreed.answer_id,
                level=level,
                version=agreed.version,
                own_version=agreed.own_version,
                language=agreed.language,
                acknowledged_at=agreed.agreed_at,
            )
        )


def _ask(session: Session, proposal: LevelProposal, *, now: datetime) -> int:
    """Write to those who were not asked yet: also those who came since."""
    (workshop_session,) = list_sessions(session, [proposal.workshop_session_id])
    key = asked_key("level_asked", proposal, workshop_session)
    answers = list_unasked(session, proposal, key=key, limit=BATCH)
    done = sum(level_asked(session, now=now, answer=answer, proposal=proposal) is not None for answer in answers)
    key = asked_key("level_asked_speaker", proposal, workshop_session)
    for person in list_unasked_people(session, proposal, key=key):
        message = level_asked_speaker(
            session, now=now, person=person, workshop_session=workshop_session, proposal=proposal
        )
        done += message is not None
    return done


def _own_answer(session: Session, participant: Participant, slug: str) -> tuple[Answer, WorkshopSession]:
    """Return a participant's answer that stands and its session, both as they are now, the session's row locked."""
    participant = lock_participant(session, participant.id)
    found = sa.select(Answer).join(Answer.workshop_session)
    found = found.where(
        Answer.participant_id == participant.id,
        WorkshopSession.slug == slug,
        WorkshopSession.series_id == participant.series_id,
    )
    answer = session.scalar(found.execution_options(populate_existing=True))
    if participant.confirmed_at is None or answer is None:
        raise NotFoundError("no such answer")
    workshop_session = lock_sessions(session, [answer.workshop_session_id])[answer.workshop_session_id]
    session.refresh(answer)
    if answer.state not in STANDS:
        raise NotFoundError("no such answer")
    return answer, workshop_session


def _find(session: Session, workshop_session_id: int) -> LevelProposal | None:
    """Return what is asked of a session as the database has it now."""
    return session.scalar(
        sa.select(LevelProposal)
        .where(LevelProposal.workshop_session_id == workshop_session_id)
        .execution_options(populate_existing=True)
    )
