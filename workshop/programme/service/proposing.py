"""A looser level is asked of everybody concerned, or is no longer. Apart from `levels`, because `standing` needs it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import Level
from workshop.programme.models import Item, LevelProposal, WorkshopSession


def propose_level(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    level: Level,
    item: Item | None = None,
    actor: str = "command",
) -> LevelProposal:
    """Ask everybody concerned about a looser level, and return the proposal. Flushes; the session's row is locked.

    The same again leaves the one that waits as it is, and who has agreed; another one takes its place.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        level: what would be the session's, or the item's, own.
        item: of its programme; None: the session itself.
        actor: as the log names who did it.
    """
    waiting = session.scalar(
        sa.select(LevelProposal)
        .where(LevelProposal.workshop_session_id == workshop_session.id)
        .execution_options(populate_existing=True)
    )
    item_id = item.id if item is not None else None
    if waiting is not None:
        if (waiting.item_id, waiting.level) == (item_id, level):
            return waiting
        end_proposal(session, now=now, proposal=waiting, actor=actor, reason="replaced")
    proposal = LevelProposal(
        workshop_session_id=workshop_session.id, item_id=item_id, level=level, proposed_at=now, proposed_by=actor
    )
    session.add(proposal)
    session.flush()
    _log(session, now=now, actor=actor, action="programme.propose_level", proposal=proposal)
    return proposal


def end_proposal(session: Session, *, now: datetime, proposal: LevelProposal, actor: str, reason: str) -> None:
    """Ask no longer; the level stays as it is, and who had agreed is forgotten. Flushes."""
    _log(session, now=now, actor=actor, action="programme.withdraw_proposal", proposal=proposal, reason=reason)
    session.delete(proposal)
    session.flush()


def _log(
    session: Session, *, now: datetime, actor: str, action: str, proposal: LevelProposal, reason: str = ""
) -> None:
    details: dict[str, str | int] = {"level": proposal.level.value}
    if proposal.item_id is not None:
        details["item"] = proposal.item_id
    if reason:
        details["reason"] = reason
    object_ = f"session:{proposal.workshop_session_id}"
    record(session, now=now, actor=actor, action=action, object_=object_, details=details)
