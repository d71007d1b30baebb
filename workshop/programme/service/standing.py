"""How sessions stood before an act, and what follows from how they stand after it: refusals, SEQUENCE, the log.

Every act that may change what was announced takes `remember` first and `settle` last; so SEQUENCE rises once for an
act, whatever it changed, and a looser level is refused by the same lines for a form and for a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import (
    Level,
    check_item_level,
    check_visibility,
    effective_level,
    may_change_level,
    shown_level,
)
from workshop.core.errors import ConflictError
from workshop.core.faults import Fault
from workshop.core.localized import Localized
from workshop.programme.models import Item, ItemKind, Mode, Series, SessionStatus, WorkshopSession
from workshop.programme.service.checks import lacking_languages
from workshop.programme.service.values import session_values

Answers = Mapping[int, int]
"""Session id → number of its answers in any state; an absent session has none."""
CountAnswers = Callable[[Session, list[int]], dict[int, int]]
"""What the features above hand in, because answers lie above the programme."""


class HasAnswersError(ConflictError):
    """A session with answers is cancelled, never unpublished."""

    code = "session_has_answers"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was announced of a session, as far as a change of it must be told."""

    starts_at: datetime
    ends_at: datetime
    tzid: str
    place: Localized
    mode: Mode
    status: SessionStatus
    level: Level
    """The session's effective level."""
    shown: Level
    """The strictest of session and items."""
    is_published: bool
    items: dict[int, Level] = field(default_factory=dict)
    """Item id → its effective level."""


def lock(session: Session, sessions: Iterable[WorkshopSession]) -> None:
    """Lock the rows of sessions, in the order of their ids, until the transaction ends."""
    ids = sorted(one.id for one in sessions if one.id)
    if ids:
        session.execute(
            sa.select(WorkshopSession.id)
            .where(WorkshopSession.id.in_(ids))
            .order_by(WorkshopSession.id)
            .with_for_update()
        ).all()


def remember(series: Series, sessions: Iterable[WorkshopSession]) -> dict[int, Standing]:
    """Return how sessions stand."""
    return {one.id: _standing(series, one) for one in sessions}


def settle(
    session: Session,
    *,
    now: datetime,
    actor: str,
    series: Series,
    before: Mapping[int, Standing],
    answers: Answers,
) -> list[tuple[WorkshopSession, Fault]]:
    """Refuse or complete what an act did to sessions that existed before it; flushes.

    Raises SEQUENCE where the time, zone, place, mode or status changed or the level became stricter, and writes moves,
    cancellations, publishing and levels into the log.

    Args:
        session: the database.
        now: the present instant.
        actor: as the log names who did it.
        series: as it stands now.
        before: from `remember`.
        answers: how many answers each of them has.

    Returns:
        Why the act may not stand, by session; the caller rolls back when there is anything.
    """
    faults: list[tuple[WorkshopSession, Fault]] = []
    acts: list[tuple[str, WorkshopSession, dict[str, Any]]] = []
    for one in series.sessions:
        if one.id not in before:
            continue
        was, stands = before[one.id], _standing(series, one)
        found = _refusals(one, series, was, stands, has_answers=bool(answers.get(one.id)), now=now)
        faults += [(one, fault) for fault in found]
        if found:
            continue
        if _is_to_be_told(was, stands):
            one.sequence += 1
            one.revised_at = now
        acts += [(action, one, details) for action, details in _acts(was, stands)]
    session.flush()
    if not faults:
        for action, one, details in acts:
            record(session, now=now, actor=actor, action=action, object_=f"session:{one.id}", details=details)
    return faults


def all_items(workshop_session: WorkshopSession) -> list[Item]:
    """Return every item of a session's programme in order."""
    return [item for section in workshop_session.sections for item in section.items]


def touch(session: Session, series: Series, *, now: datetime) -> None:
    """Raise a series' revision: what it shows has changed. Flushes."""
    # An expression, so that two writers at once raise it twice.
    series.revision = Series.revision + 1
    series.revised_at = now
    session.flush()


def _standing(series: Series, one: WorkshopSession) -> Standing:
    level, _ = effective_level(session=one.level, series=series.level)
    items = all_items(one)
    return Standing(
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        tzid=one.tzid,
        place=one.place,
        mode=one.mode,
        status=one.status,
        level=level,
        shown=shown_level(session=level, items=[item.level for item in items]),
        is_published=one.is_published,
        items={item.id: item.level or level for item in items},
    )


def _refusals(
    one: WorkshopSession, series: Series, was: Standing, stands: Standing, *, has_answers: bool, now: datetime
) -> list[Fault]:
    faults = []
    has_begun = min(was.starts_at, stands.starts_at) <= now
    pairs = [(was.level, stands.level)]
    pairs += [(was.items.get(item, was.level), level) for item, level in stands.items.items()]
    if not all(may_change_level(old=old, new=new, has_answers=has_answers, has_begun=has_begun) for old, new in pairs):
        faults.append(Fault("level", "looser_after_answers" if has_answers else "looser_after_start", {}))
    if visibility := check_visibility(session=one.visibility, level=stands.level):
        faults.append(Fault("visibility", visibility.value, {}))
    for item in all_items(one):
        is_talk = item.kind is ItemKind.TALK
        if problem := check_item_level(item=item.level, session=stands.level, is_talk=is_talk):
            faults.append(Fault("level", problem.value, {}))
            break
    values = session_values(one)
    if one.monolingual and one.monolingual not in series.languages:
        faults.append(Fault("monolingual", "not_of_series", {"languages": list(series.languages)}))
    elif missing := lacking_languages(values, series.languages):
        faults.append(Fault("title", "lacks_language", {"languages": missing}))
    if was.is_published and not stands.is_published and has_answers:
        faults.append(Fault("is_published", HasAnswersError.code, {}))
    return faults


def _is_to_be_told(was: Standing, stands: Standing) -> bool:
    return (
        stands.shown > was.shown
        or stands.level > was.level
        or any(
            getattr(was, name) != getattr(stands, name)
            for name in ("starts_at", "ends_at", "tzid", "place", "mode", "status")
        )
    )


def _acts(was: Standing, stands: Standing) -> Sequence[tuple[str, dict[str, Any]]]:
    acts: list[tuple[str, dict[str, Any]]] = []
    if (was.starts_at, was.ends_at, was.tzid) != (stands.starts_at, stands.ends_at, stands.tzid):
        times = {"from": was.starts_at.isoformat(), "to": stands.starts_at.isoformat()}
        acts.append(("programme.reschedule", times))
    if was.status is not stands.status:
        is_cancelled = stands.status is SessionStatus.CANCELLED
        status = {"from": was.status.value, "to": stands.status.value}
        acts.append(("programme.cancel" if is_cancelled else "programme.change_status", status))
    if (was.level, was.shown) != (stands.level, stands.shown):
        levels = {"from": was.level.value, "to": stands.level.value}
        levels |= {"shown_from": was.shown.value, "shown_to": stands.shown.value}
        acts.append(("programme.change_level", levels))
    if was.is_published is not stands.is_published:
        acts.append(("programme.publish" if stands.is_published else "programme.unpublish", {}))
    return acts
