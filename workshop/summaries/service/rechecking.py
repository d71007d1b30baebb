"""Checking again whenever people, programme or level have changed: what may not stand any more leaves the pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.programme.models import WorkshopSession
from workshop.programme.queries import list_sessions
from workshop.programme.service.locking import lock
from workshop.programme.service.standing import touch
from workshop.rsvp.rule import level_of
from workshop.summaries.models import Summary
from workshop.summaries.queries import Due, find_summary, list_due
from workshop.summaries.rule import attributable_marks, blocks, is_approved, may_still_name
from workshop.summaries.service.checking import check_summary, fingerprints

BATCH = 20
"""Summaries checked in one transaction."""


def note_check(session: Session, workshop_session: WorkshopSession, summary: Summary) -> None:
    """Keep for what a summary was checked, so that only a change asks for the next check. Flushes."""
    session.flush()
    session.refresh(workshop_session.series, ["revision"])
    due = Due(
        id=workshop_session.id,
        series_id=workshop_session.series_id,
        revision=workshop_session.series.revision,
        version=summary.version,
        checked_for=summary.checked_for,
        published=summary.published_at is not None,
    )
    summary.checked_for = fingerprints(session, [due])[due.id]
    summary.attributable = attributable_marks(workshop_session)
    session.flush()


def recheck(session: Session, /, *, now: datetime) -> int:
    """Check every summary about which anything has changed since; returns how many. Flushes.

    One that is published and that the check refuses now, or that too few have approved for a level that became
    stricter, leaves the pages; a row of the log and the workspace say so. Reasons for warnings that are none any more
    are forgotten: they would tell of people who are erased.
    """
    dues = list_due(session)
    current = fingerprints(session, dues)
    changed = [due.id for due in dues if current[due.id] != due.checked_for][:BATCH]
    sessions = sorted(list_sessions(session, changed), key=lambda one: one.id) if changed else []
    lock(session, sessions)
    stopped = []
    for workshop_session in sessions:
        summary = find_summary(session, workshop_session.id)
        if summary is not None and (details := _check_again(session, workshop_session, summary, now=now)):
            stopped.append((workshop_session, details))
    # The log's own lock is always the last one.
    for workshop_session, details in stopped:
        object_ = f"session:{workshop_session.id}"
        record(session, now=now, actor="worker", action="summaries.stop", object_=object_, details=details)
    return len(changed)


def _check_again(
    session: Session, workshop_session: WorkshopSession, summary: Summary, *, now: datetime
) -> dict[str, int]:
    """Return what the log keeps of a summary that was taken off the pages; nothing where it was not."""
    found = check_summary(session, workshop_session, summary, knows_list=True)
    kept = {one.key for one in found}
    for reason in [reason for reason in summary.reasons if reason.key not in kept]:
        summary.reasons.remove(reason)
    number, approvals = len(blocks(found)), len(summary.approvals)
    carries = is_approved(level_of(workshop_session), summary.approvals)
    stops = summary.published_at is not None and (number > 0 or not carries)
    if stops:
        summary.published_at = summary.submitted_at = None
        summary.stopped_at = now
        summary.approvals.clear()
        session.flush()
        touch(session, workshop_session.series, now=now)
    elif summary.published_at is not None and not may_still_name(workshop_session, summary.attributable):
        # It was hidden until this check: pages are kept under the revision.
        touch(session, workshop_session.series, now=now)
    note_check(session, workshop_session, summary)
    return {"version": summary.version, "blocks": number, "approvals": approvals} if stops else {}
