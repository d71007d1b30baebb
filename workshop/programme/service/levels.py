"""A looser level: asked, agreed to by those who speak, taken back, and in the end in force.

What participants agree to lies above (`rsvp.service.agreeing`), and so does the last press, after which it counts.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import Level, effective_level
from workshop.core.errors import ConflictError, NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.people.models import Person
from workshop.programme.models import Item, LevelProposal, SpeakerAgreement, WorkshopSession
from workshop.programme.queries import is_asked_to_speak
from workshop.programme.service.locking import lock, read_rule_again
from workshop.programme.service.proposing import end_proposal, propose_level
from workshop.programme.service.standing import all_items, remember, settle, touch
from workshop.programme.view.consents import BY_SPEAKER

__all__ = [
    "agree_as_speaker",
    "apply_proposal",
    "end_proposal",
    "propose_level",
    "set_item_level",
    "take_back_as_speaker",
    "withdraw_proposal",
]


class ProposalOverError(ConflictError):
    """Nothing is asked any more: taken back, in force already, or the session began."""

    code = "proposal_over"


def lock_proposal(session: Session, proposal: LevelProposal) -> LevelProposal:
    """Return a proposal as the database has it now, its session's row locked.

    Raises:
        ProposalOverError: it is there no more.
    """
    proposal_id, session_id = proposal.id, proposal.workshop_session_id
    session.execute(
        sa.select(WorkshopSession.id).where(WorkshopSession.id == session_id).with_for_update(key_share=True)
    ).all()
    found = session.scalar(
        sa.select(LevelProposal).where(LevelProposal.id == proposal_id).execution_options(populate_existing=True)
    )
    if found is None:
        raise ProposalOverError
    return found


def withdraw_proposal(session: Session, *, now: datetime, proposal: LevelProposal, actor: str) -> None:
    """Take a proposal back: nothing changes, and who had agreed is forgotten. Flushes.

    Raises:
        ProposalOverError: it is there no more.
    """
    end_proposal(session, now=now, proposal=lock_proposal(session, proposal), actor=actor, reason="taken_back")


def agree_as_speaker(
    session: Session, *, now: datetime, proposal: LevelProposal, person: Person, recorded_by: str
) -> bool:
    """Keep that somebody who speaks or moderates agrees; False when that was known. Flushes.

    It takes effect by `rsvp.service.agreeing.settle_proposals`, which the worker calls.

    Args:
        session: the database.
        now: the present instant.
        proposal: what is asked.
        person: who agrees.
        recorded_by: `speaker`, by their own link, or the organiser whom they told, as the log names them.

    Raises:
        ProposalOverError: nothing is asked any more.
        NotFoundError: it is not asked of this person.
    """
    found, one = _lock_asked(session, proposal, person, now=now)
    if session.get(SpeakerAgreement, (found.id, person.id)) is not None:
        return False
    session.add(SpeakerAgreement(proposal_id=found.id, person_id=person.id, agreed_at=now, recorded_by=recorded_by))
    session.flush()
    record(
        session,
        now=now,
        actor=recorded_by,
        action="programme.agree_level",
        object_=f"session:{one.id}",
        details={"level": found.level.value, "person": person.id},
    )
    return True


def take_back_as_speaker(session: Session, *, now: datetime, proposal: LevelProposal, person: Person) -> bool:
    """Forget that somebody who speaks or moderates agreed, whoever noted it; False where they had not. Flushes.

    Raises:
        ProposalOverError: nothing is asked any more, or it holds already.
        NotFoundError: it is not asked of this person.
    """
    found, one = _lock_asked(session, proposal, person, now=now)
    agreed = session.get(SpeakerAgreement, (found.id, person.id), populate_existing=True)
    if agreed is None:
        return False
    session.delete(agreed)
    session.flush()
    record(
        session,
        now=now,
        actor=BY_SPEAKER,
        action="programme.take_back_agreement",
        object_=f"session:{one.id}",
        details={"level": found.level.value},
    )
    return True


def _lock_asked(
    session: Session, proposal: LevelProposal, person: Person, *, now: datetime
) -> tuple[LevelProposal, WorkshopSession]:
    """Return what is asked of somebody who speaks and of which session, whose row is locked."""
    found = lock_proposal(session, proposal)
    one = session.get_one(WorkshopSession, found.workshop_session_id)
    if one.starts_at <= now:
        raise ProposalOverError
    if not is_asked_to_speak(session, found, person.id):
        raise NotFoundError("not asked")
    return found, one


def set_item_level(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    item: Item,
    level: Level | None,
    has_answers: bool,
    actor: str = "command",
) -> bool:
    """Give an item of the programme its own level, None for the session's; returns whether that changed anything.

    Looser where somebody has answered: everybody concerned is asked instead. Flushes.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session, whole.
        item: of its programme.
        level: the item's own.
        has_answers: whether anyone has answered, counted under `lock`.
        actor: as the log names who did it.

    Raises:
        InvalidValuesError: with every fault; the caller rolls back.
    """
    series = workshop_session.series
    lock(session, [workshop_session])
    if item.level is level:
        return False
    before = remember(series, [workshop_session])
    item.level = level
    workshop_session.revised_at = now
    touch(session, series, now=now)
    answers = {workshop_session.id: int(has_answers)}
    settled = settle(session, now=now, actor=actor, series=series, before=before, answers=answers)
    if settled.faults:
        raise InvalidValuesError(fault for _, fault in settled.faults)
    return True


def apply_proposal(session: Session, *, now: datetime, proposal: LevelProposal) -> bool:
    """Let a looser level take effect; False where it fits no more, and is then no longer asked. Flushes.

    Args:
        session: the transaction that holds the lock of the session's row.
        now: the present instant, before the session's start.
        proposal: to which each of those asked has agreed.
    """
    one = session.get_one(WorkshopSession, proposal.workshop_session_id)
    series = one.series
    items = {item.id: item for item in all_items(one)}
    read_rule_again(session, [one])
    before = remember(series, [one])
    changed = items.get(proposal.item_id) if proposal.item_id is not None else None
    kept = one.level if changed is None else changed.level
    # What would be said again of the one above is not said: a stricter one there then holds here too.
    above, _ = effective_level(session=one.level, series=series.level) if changed else (series.level, "")
    level = proposal.level
    session.delete(proposal)
    _set_level(one, changed, None if level is above else level)
    touch(session, series, now=now)
    one.revised_at = now
    settled = settle(session, now=now, actor="agreement", series=series, before=before, answers={})
    if settled.faults:
        _set_level(one, changed, kept)
        session.flush()
        record(
            session,
            now=now,
            actor="agreement",
            action="programme.withdraw_proposal",
            object_=f"session:{one.id}",
            details={"level": level.value, "reason": "fits_no_more"},
        )
    return not settled.faults


def _set_level(one: WorkshopSession, item: Item | None, level: Level | None) -> None:
    if item is None:
        one.level = level
    else:
        item.level = level
