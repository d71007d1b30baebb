"""Approving a summary, which publishes it once enough have, and taking it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.programme.models import WorkshopSession
from workshop.programme.service.standing import touch
from workshop.rsvp.rule import level_of
from workshop.summaries.models import SummaryApproval
from workshop.summaries.rule import (
    OwnSummaryError,
    SummaryChangedError,
    SummaryPublishedError,
    is_approved,
    may_approve,
)
from workshop.summaries.service.rechecking import note_check
from workshop.summaries.service.writing import lock_summary, refuse_unready


def approve(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, version: int, organiser: Organiser
) -> bool:
    """Approve the text that was shown; returns whether it is published now. Flushes.

    The check runs once more, with all that is known today. Only for those who may see the list of participants.

    Raises:
        SummaryChangedError: another text stands there by now, or it waits for nobody.
        SummaryPublishedError: it is published.
        OwnSummaryError: whoever wrote in it does not approve it, and nobody does twice.
        SummaryClosedError, SummaryTooEarlyError, InvalidValuesError, SummaryBlockedError: as `refuse_unready` says.
    """
    summary = lock_summary(session, workshop_session, version=version)
    if summary is None or summary.submitted_at is None:
        raise SummaryChangedError
    if summary.published_at is not None:
        raise SummaryPublishedError
    refuse_unready(session, workshop_session, summary, now=now, knows_list=True)
    level = level_of(workshop_session)
    authors = {author.organiser_id for author in summary.authors}
    approvers = {approval.organiser_id for approval in summary.approvals}
    if not may_approve(level, organiser.id, authors=authors, approvers=approvers):
        raise OwnSummaryError
    is_own = organiser.id in authors
    summary.approvals.append(SummaryApproval(organiser_id=organiser.id, is_own=is_own, approved_at=now))
    is_published = is_approved(level, summary.approvals)
    if is_published:
        summary.published_at, summary.stopped_at = now, None
        summary.authors.clear()
    session.flush()
    if is_published:
        touch(session, workshop_session.series, now=now)
    note_check(session, workshop_session, summary)
    details = {"version": summary.version, "approvals": len(summary.approvals)}
    for verb in ("approve", "publish")[: 1 + is_published]:
        record(
            session,
            now=now,
            actor=actor_of(organiser),
            action=f"summaries.{verb}",
            object_=f"session:{workshop_session.id}",
            details=details,
        )
    return is_published


def take_back(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, version: int, organiser: Organiser
) -> None:
    """Make a draft again of what is published or waits for approval. Flushes.

    Raises:
        SummaryChangedError: another text stands there by now, or it is a draft already.
    """
    summary = lock_summary(session, workshop_session, version=version)
    if summary is None or summary.submitted_at is None:
        raise SummaryChangedError
    was_published = summary.published_at is not None
    summary.submitted_at = summary.published_at = None
    summary.approvals.clear()
    session.flush()
    if was_published:
        touch(session, workshop_session.series, now=now)
    note_check(session, workshop_session, summary)
    record(
        session,
        now=now,
        actor=actor_of(organiser),
        action="summaries.take_back",
        object_=f"session:{workshop_session.id}",
        details={"version": summary.version, "was_published": was_published},
    )
