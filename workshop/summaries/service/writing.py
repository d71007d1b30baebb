"""Writing a summary: saving, giving reasons for warnings, submitting, deleting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.chatham.attribution import Severity
from workshop.chatham.rule import Level
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.programme.service.locking import lock
from workshop.programme.service.standing import touch
from workshop.rsvp.rule import level_of
from workshop.summaries.models import Quotation, Summary, SummaryAuthor, SummaryReason
from workshop.summaries.queries import count_confirmed, find_summary
from workshop.summaries.rule import (
    REASON_LENGTH,
    SummaryBlockedError,
    SummaryChangedError,
    SummaryClosedError,
    SummaryPublishedError,
    SummaryTooEarlyError,
    blocks,
    lacking,
    languages_of,
    open_warnings,
)
from workshop.summaries.service.checking import check_summary
from workshop.summaries.service.rechecking import note_check
from workshop.summaries.service.values import (
    QuotationValues,
    SummaryValues,
    quotation_faults,
    recording_faults,
    summary_values,
)


def lock_summary(session: Session, workshop_session: WorkshopSession, *, version: int) -> Summary | None:
    """Return the summary as it stands, nobody else writing it until the transaction ends; None: there is none yet.

    Raises:
        SummaryChangedError: it is not the version that was shown; 0 stands for none.
    """
    lock(session, [workshop_session])
    summary = find_summary(session, workshop_session.id)
    if (summary.version if summary else 0) != version:
        raise SummaryChangedError
    return summary


def save(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    values: SummaryValues,
    version: int,
    organiser: Organiser,
) -> Summary:
    """Keep the text; whoever changed it is one of its authors. Flushes.

    What waited for approval is a draft again, and nobody's approval counts any more. The same text again changes
    nothing, so that somebody who only gives reasons does not become an author.

    Raises:
        SummaryChangedError: somebody was quicker.
        SummaryClosedError: nothing of a closed session is reported.
        SummaryPublishedError: what is published is taken back first.
        InvalidValuesError: there is no text, it links to a recording, or too few share a quotation's role, or more
            than there are.
    """
    summary = lock_summary(session, workshop_session, version=version)
    if level_of(workshop_session) is Level.CLOSED:
        raise SummaryClosedError
    if summary is not None and summary.published_at is not None:
        raise SummaryPublishedError
    if not values.text:
        raise InvalidValuesError([Fault("text", "required")])
    if faults := [
        *recording_faults(values),
        *quotation_faults(values, confirmed=count_confirmed(session, workshop_session.id)),
    ]:
        raise InvalidValuesError(faults)
    before = summary_values(summary)
    if summary is not None and values.text == before.text and values.quotations in (None, before.quotations):
        return summary
    if summary is None:
        summary = Summary(workshop_session_id=workshop_session.id, version=0, saved_at=now)
        session.add(summary)
    summary.version += 1
    summary.text, summary.saved_at, summary.submitted_at = values.text, now, None
    summary.approvals.clear()
    declared = values.quotations is not None and values.quotations != before.quotations
    if declared:
        _replace_quotations(session, summary, values.quotations or ())
    _add_author(summary, organiser)
    session.flush()
    note_check(session, workshop_session, summary)
    details = {"version": summary.version}
    if declared:
        details |= {f"shared_by_{one.position}_{one.role.value}": one.shared_by for one in summary.quotations}
    _log(session, now, organiser, "save", workshop_session, details)
    return summary


def give_reasons(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    summary: Summary,
    reasons: Mapping[str, str],
    organiser: Organiser,
    knows_list: bool,
) -> int:
    """Keep why warnings are passed over; an empty reason takes one back. Flushes; returns how many changed.

    Args:
        session: the database.
        now: the present.
        workshop_session: whose summary it is.
        summary: as it stands.
        reasons: warning's key → the reason, for those that the page showed; what is no warning of this text is ignored.
        organiser: who gives them.
        knows_list: as for `check_summary`: nobody gives a reason for what they may not see.
    """
    found = check_summary(session, workshop_session, summary, knows_list=knows_list)
    asked = {one.key for one in found if one.severity is Severity.WARN}
    stored = {reason.key: reason for reason in summary.reasons}
    changed = 0
    for key, given in reasons.items():
        reason, words = stored.get(key), given[:REASON_LENGTH]
        if key not in asked or words == (reason.reason if reason else ""):
            continue
        if reason is not None:
            summary.reasons.remove(reason)
            session.flush()
        if words:
            summary.reasons.append(SummaryReason(key=key, reason=words, given_by=organiser.id, given_at=now))
        changed += 1
    session.flush()
    if changed:
        # Not which: a warning's key tells a name to whoever guesses it, and the log is never erased.
        _log(session, now, organiser, "give_reasons", workshop_session, {"version": summary.version, "number": changed})
    return changed


def submit(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    version: int,
    organiser: Organiser,
    knows_list: bool,
) -> Summary:
    """Hand the text to whoever approves it; whoever submits it is one of its authors. Flushes.

    A helper's text is not refused for what only the list of participants tells: that is found when it is approved.

    Raises:
        SummaryChangedError: it is not the text that was shown, or there is none.
        SummaryPublishedError: it is published.
        SummaryBlockedError: the check refuses it, or a warning has no reason.
        SummaryClosedError, SummaryTooEarlyError, InvalidValuesError: as `refuse_unready` says.
    """
    summary = lock_summary(session, workshop_session, version=version)
    if summary is None:
        raise SummaryChangedError
    if summary.published_at is not None:
        raise SummaryPublishedError
    refuse_unready(session, workshop_session, summary, now=now, knows_list=knows_list)
    if summary.submitted_at is None:
        summary.submitted_at, summary.stopped_at = now, None
        _add_author(summary, organiser)
        session.flush()
        _log(session, now, organiser, "submit", workshop_session, {"version": summary.version})
    return summary


def refuse_unready(
    session: Session, workshop_session: WorkshopSession, summary: Summary, *, now: datetime, knows_list: bool
) -> None:
    """Raise why a text cannot be published as it stands, if there is a reason.

    Raises:
        SummaryClosedError: nothing of a closed session is reported.
        SummaryTooEarlyError: the session has not begun: nothing was said, and people may still answer.
        InvalidValuesError: a text is missing in a language; a role is shared by more than there are by now.
        SummaryBlockedError: the check refuses it, or a warning has no reason.
    """
    if level_of(workshop_session) is Level.CLOSED:
        raise SummaryClosedError
    if workshop_session.starts_at > now:
        raise SummaryTooEarlyError
    values = summary_values(summary)
    faults = _missing(workshop_session, values)
    if knows_list:
        # Whoever may not see the list is not told by a refusal how many are on it.
        faults += quotation_faults(values, confirmed=count_confirmed(session, workshop_session.id))
    if faults:
        raise InvalidValuesError(faults)
    found = check_summary(session, workshop_session, summary, knows_list=knows_list)
    if blocks(found) or open_warnings(found, {reason.key for reason in summary.reasons}):
        raise SummaryBlockedError


def delete(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, version: int, organiser: Organiser
) -> None:
    """Delete the text with its quotations, reasons and authors; what was published leaves the pages. Flushes.

    The row stays, empty: its version goes on rising, so that a form opened before never fits what is written after.

    Raises:
        SummaryChangedError: it is not the text that was shown, or there is none.
    """
    summary = lock_summary(session, workshop_session, version=version)
    if summary is None:
        raise SummaryChangedError
    was_published = summary.published_at is not None
    summary.text, summary.saved_at, summary.version = Localized(), now, version + 1
    summary.submitted_at = summary.published_at = summary.stopped_at = None
    summary.authors.clear()
    summary.approvals.clear()
    summary.reasons.clear()
    summary.quotations.clear()
    session.flush()
    if was_published:
        touch(session, workshop_session.series, now=now)
    note_check(session, workshop_session, summary)
    _log(session, now, organiser, "delete", workshop_session, {"version": version})


def _missing(workshop_session: WorkshopSession, values: SummaryValues) -> list[Fault]:
    languages = languages_of(workshop_session)
    faults = []
    if missing := lacking(values.text, languages):
        faults.append(Fault("text", "lacks_text", {"languages": missing}))
    for number, one in enumerate(values.quotations or ()):
        if missing := lacking(one.text, languages):
            faults.append(Fault(f"quotations.{number}.text", "lacks_text", {"languages": missing}))
    return faults


def _replace_quotations(session: Session, summary: Summary, values: Iterable[QuotationValues]) -> None:
    summary.quotations.clear()
    session.flush()
    summary.quotations.extend(
        Quotation(position=position, role=one.role, shared_by=one.shared_by, text=one.text)
        for position, one in enumerate(values)
    )


def _add_author(summary: Summary, organiser: Organiser) -> None:
    if organiser.id not in {author.organiser_id for author in summary.authors}:
        summary.authors.append(SummaryAuthor(organiser_id=organiser.id))


def _log(
    session: Session,
    now: datetime,
    organiser: Organiser,
    verb: str,
    workshop_session: WorkshopSession,
    details: Mapping[str, int],
) -> None:
    record(
        session,
        now=now,
        actor=actor_of(organiser),
        action=f"summaries.{verb}",
        object_=f"session:{workshop_session.id}",
        details=dict(details),
    )
