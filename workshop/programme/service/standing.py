"""How sessions stood before an act, and what follows from how they stand after it: refusals, SEQUENCE, the log.

Every act that may change what was announced takes `remember` first and `settle` last; so SEQUENCE rises once for an
act, whatever it changed, and a looser level is held back by the same lines for a form and for a file: where somebody
has answered it is asked of everybody concerned (`proposing`), and the level stays as it was until each has agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import (
    Level,
    LevelFault,
    check_item_level,
    check_visibility,
    effective_level,
    is_in_series_list,
    is_looser,
    shown_level,
)
from workshop.core.errors import ConflictError
from workshop.core.faults import Fault
from workshop.core.localized import Localized
from workshop.programme.models import (
    Item,
    ItemKind,
    LevelProposal,
    Mode,
    Series,
    SessionStatus,
    SpeakerSlot,
    WorkshopSession,
)
from workshop.programme.rule import Facts, facts_of
from workshop.programme.service.checks import lacking_languages, lacking_sentence
from workshop.programme.service.materials import follow_level
from workshop.programme.service.proposing import end_proposal, propose_level
from workshop.programme.service.values import session_values
from workshop.programme.service.waiting import take_programme_out_of_waiting_mail
from workshop.programme.texts import lacks_of, newly_lacking

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
    is_postponed: bool = False
    is_listed: bool = False
    """Whether the public calendar of its series, or of all series, may have held it."""
    items: dict[int, Level] = field(default_factory=dict)
    """Item id → its effective level."""
    own: Level | None = None
    """The session's own level; None: the series'."""
    own_items: dict[int, Level | None] = field(default_factory=dict)
    """Item id → its own level."""
    facts: Facts | None = None
    """What those who speak or take part are told of."""
    lacks: frozenset[tuple[str, str]] = frozenset()
    """What it was published without, as `programme.texts` has it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an act."""

    faults: list[tuple[WorkshopSession, Fault]] = field(default_factory=list)
    """Why it may not stand, by session; the caller rolls back when there is anything."""
    asked: list[LevelProposal] = field(default_factory=list)
    """The looser levels that people are asked about instead."""


@dataclass(frozen=True, slots=True)
class _Loosening:
    """A level that an act made looser; `item` None: the session's."""

    item: Item | None
    level: Level


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
) -> Settled:
    """Refuse, hold back or complete what an act did to sessions that existed before it; flushes.

    Raises SEQUENCE where the time, zone, place, mode or status changed or the level became stricter, takes items along
    that were looser than a stricter session lets them be, unpublishes recordings that no longer qualify, and writes
    moves, cancellations, publishing and levels into the log. A level made looser where somebody has answered is put
    back and asked about.

    Args:
        session: the database.
        now: the present instant.
        actor: as the log names who did it.
        series: as it stands now.
        before: from `remember`.
        answers: how many answers each of them has.
    """
    faults: list[tuple[WorkshopSession, Fault]] = []
    ends: list[tuple[WorkshopSession, Standing, Standing, _Loosening | None]] = []
    for one in series.sessions:
        if one.id not in before:
            continue
        was = before[one.id]
        _take_items_along(one, series, was)
        _date_beginning(one, was, now)
        found, loosening = _hold_back(one, series, was, has_answers=bool(answers.get(one.id)), now=now)
        stands = _standing(series, one)
        found += _refusals(one, series, was, stands, has_answers=bool(answers.get(one.id)))
        faults += [(one, fault) for fault in found]
        if not found and (_is_to_be_told(was, stands) or _comes_or_goes(one, was, stands, now)):
            one.sequence += 1
            one.revised_at = now
        _date_end(one, was, stands, now)
        ends.append((one, was, stands, loosening))
    session.flush()
    if faults:
        return Settled(faults)
    asked = []
    for one, was, stands, loosening in ends:
        _follow(session, now, actor, one, was, stands)
        if loosening is not None:
            proposal = propose_level(
                session, now=now, workshop_session=one, item=loosening.item, level=loosening.level, actor=actor
            )
            asked.append(proposal)
    for one, was, stands, _loosening in ends:
        for action, details in _acts(was, stands):
            record(session, now=now, actor=actor, action=action, object_=f"session:{one.id}", details=details)
    return Settled([], asked)


def _comes_or_goes(one: WorkshopSession, was: Standing, stands: Standing, now: datetime) -> bool:
    """Whether calendars that had it see it vanish or come again; what was a draft until now is no news to them."""
    if was.is_published is stands.is_published:
        return False
    return was.is_published or one.unpublished_at is not None or (one.published_at or now) < now


def _date_beginning(one: WorkshopSession, was: Standing, now: datetime) -> None:
    """Keep when it began before it was moved."""
    # Also where it was hidden since; a draft that nobody ever saw had a wrong date.
    took_place = one.cancelled_at is None or one.cancelled_at > was.starts_at
    if took_place and (was.is_published or one.published_at is not None) and was.starts_at <= now < one.starts_at:
        one.began_at = one.began_at or was.starts_at
    if was.starts_at != one.starts_at:
        # The date of a draft was no date: nobody is told that it has changed.
        one.moved_from = was.starts_at if was.is_published and one.is_published else None


def _date_end(one: WorkshopSession, was: Standing, stands: Standing, now: datetime) -> None:
    """Keep when it was cancelled or taken back, and what calendars go on saying of it then, or that it is on again."""
    if stands.status is not SessionStatus.CANCELLED:
        one.cancelled_at = one.postponed_at = None
    elif was.status is not SessionStatus.CANCELLED:
        one.cancelled_at = now
    if stands.is_published:
        one.unpublished_at = one.tombstone = None
    elif was.is_published:
        one.unpublished_at = now
        one.tombstone = _tombstone(was, one.sequence) if was.is_listed else None


def _tombstone(was: Standing, sequence: int) -> dict[str, Any]:
    return {
        "starts_at": was.starts_at.astimezone(UTC).isoformat(),
        "ends_at": was.ends_at.astimezone(UTC).isoformat(),
        "tzid": was.tzid,
        "sequence": sequence,
    }


def _follow(session: Session, now: datetime, actor: str, one: WorkshopSession, was: Standing, stands: Standing) -> None:
    """Let what hangs on the level follow it: recordings, what speakers were told, and a looser level asked about."""
    follow_level(session, workshop_session=one, now=now, actor=actor)
    if one.began_at is not None and (asked := _pending(session, one)) is not None:
        end_proposal(session, now=now, proposal=asked, actor=actor, reason="begun")
    if any(Level.WHOLE_SESSION <= level > was.items.get(item, level) for item, level in stands.items.items()):
        take_programme_out_of_waiting_mail(session, one.id)
    of_session = sa.update(SpeakerSlot).where(SpeakerSlot.workshop_session_id == one.id)
    if was.facts is not None and was.facts != stands.facts and was.is_published and stands.is_published:
        # Until they are told, what stood until now is what they know; whoever is entered by this very act knows it all.
        unaware = of_session.where(
            SpeakerSlot.told.is_(None), SpeakerSlot.created_at < now, SpeakerSlot.declined_at.is_(None)
        )
        session.execute(unaware.values(told=was.facts.to_json()))
    if (was.level, was.shown, was.items) == (stands.level, stands.shown, stands.items):
        return
    if is_looser(was.shown, stands.shown):
        # Whoever agreed knows it; a stricter level after this one is news again.
        stricter = [level for level in Level if level > stands.shown]
        session.execute(of_session.where(SpeakerSlot.told_level.in_(stricter)).values(told_level=stands.shown))
    elif stands.shown > was.shown and one.is_published:
        # Never told by mail: what stood until now is what they know.
        session.execute(of_session.where(SpeakerSlot.told_level.is_(None)).values(told_level=was.shown))
    pending = _pending(session, one)
    if pending is None:
        return
    levels = (was.level, stands.level) if pending.item_id is None else _of_item(was, stands, pending.item_id)
    if stands.level > was.level or levels[1] > levels[0] or levels[1] <= pending.level:
        end_proposal(session, now=now, proposal=pending, actor=actor, reason="level_changed")


def _pending(session: Session, one: WorkshopSession) -> LevelProposal | None:
    return session.scalar(sa.select(LevelProposal).where(LevelProposal.workshop_session_id == one.id))


def _of_item(was: Standing, stands: Standing, item_id: int) -> tuple[Level, Level]:
    return was.items.get(item_id, was.level), stands.items.get(item_id, stands.level)


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
        is_postponed=one.postponed_at is not None,
        is_listed=one.is_published and is_in_series_list(series=series.visibility, session=one.visibility, level=level),
        items={item.id: item.level or level for item in items},
        own=one.level,
        own_items={item.id: item.level for item in items},
        facts=facts_of(one),
        lacks=lacks_of(one, series.languages) if one.is_published else frozenset(),
    )


def _take_items_along(one: WorkshopSession, series: Series, was: Standing) -> None:
    """Let items follow a session that became stricter than they may be: the Rule never waits for a second form."""
    level, _ = effective_level(session=one.level, series=series.level)
    if level <= was.level:
        return
    for item in all_items(one):
        is_as_it_was = item.id in was.own_items and item.level is was.own_items[item.id]
        fault = check_item_level(item=item.level, session=level, is_talk=item.kind is ItemKind.TALK)
        if is_as_it_was and fault is LevelFault.ITEM_LOOSER_THAN_SESSION:
            item.level = None


def _hold_back(
    one: WorkshopSession, series: Series, was: Standing, *, has_answers: bool, now: datetime
) -> tuple[list[Fault], _Loosening | None]:
    """Put back a level that may not become looser at once; returns what may not be at all, or what is to be asked."""
    stands = _standing(series, one)
    found = _loosenings(one, was, stands)
    if not found:
        return [], None
    if min(was.starts_at, stands.starts_at) <= now or one.began_at is not None:
        if was.own is None and one.level is None and len(found) == 1 and found[0].item is None:
            # The series became looser: what was said already stays under the level that it was said under.
            one.level = was.level
            return [], None
        return [Fault("level", "looser_after_start", {})], None
    if not has_answers:
        return [], None
    problem = "looser_several" if len(found) > 1 else _problem_of(found[0].item, stands)
    if problem:
        return [Fault("level", problem, {})], None
    _put_back(one, series, was, found[0].item)
    return [], found[0]


def _problem_of(item: Item | None, stands: Standing) -> str:
    """Return why an item's own level cannot stand beside its session's, so that nobody is asked about it; or empty."""
    if item is None:
        return ""
    found = check_item_level(item=item.level, session=stands.level, is_talk=item.kind is ItemKind.TALK)
    return found.value if found else ""


def _put_back(one: WorkshopSession, series: Series, was: Standing, item: Item | None) -> None:
    """Give the session, or an item of it, the level back that it had, even where its series has another one now."""
    if item is not None:
        item.level = was.own_items.get(item.id)
    elif was.own is not None or series.level is was.level:
        one.level = was.own
    else:
        one.level = was.level


def _loosenings(one: WorkshopSession, was: Standing, stands: Standing) -> list[_Loosening]:
    found = [_Loosening(None, stands.level)] if is_looser(was.level, stands.level) else []
    for item in all_items(one):
        follows = item.level is None and was.own_items.get(item.id) is None
        if not follows and is_looser(was.items.get(item.id, was.level), stands.items[item.id]):
            found.append(_Loosening(item, stands.items[item.id]))
    return found


def _refusals(
    one: WorkshopSession, series: Series, was: Standing, stands: Standing, *, has_answers: bool
) -> list[Fault]:
    faults = []
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
    if one.is_published:
        lacking = newly_lacking(one, series.languages, was.lacks)
        faults += [Fault(name, "lacks_language", {"languages": missing}) for name, missing in lacking.items()]
    if missing := lacking_sentence(series.own_sentence, values, series.languages):
        faults.append(Fault("own_sentence", "lacks_own_sentence", {"languages": missing}))
    if was.is_published and not stands.is_published and has_answers:
        faults.append(Fault("is_published", HasAnswersError.code, {}))
    return faults


def _is_to_be_told(was: Standing, stands: Standing) -> bool:
    return (
        stands.shown > was.shown
        or stands.level > was.level
        or any(level > was.items.get(item, level) for item, level in stands.items.items())
        or any(
            getattr(was, name) != getattr(stands, name)
            for name in ("starts_at", "ends_at", "tzid", "place", "mode", "status", "is_postponed")
        )
    )


def _acts(was: Standing, stands: Standing) -> Sequence[tuple[str, dict[str, Any]]]:
    acts: list[tuple[str, dict[str, Any]]] = []
    if (was.starts_at, was.ends_at, was.tzid) != (stands.starts_at, stands.ends_at, stands.tzid):
        times = {"from": was.starts_at.isoformat(), "to": stands.starts_at.isoformat()}
        acts.append(("programme.reschedule", times))
    if (was.status, was.is_postponed) != (stands.status, stands.is_postponed):
        status = {"from": was.status.value, "to": stands.status.value}
        is_cancelled = stands.status is SessionStatus.CANCELLED
        action = "programme.cancel" if is_cancelled else "programme.change_status"
        acts.append(("programme.postpone" if stands.is_postponed else action, status))
    items = {
        str(item): stands.items[item].value
        for item, level in stands.own_items.items()
        if was.own_items.get(item) is not level
    }
    if items or (was.level, was.shown) != (stands.level, stands.shown):
        levels: dict[str, Any] = {"from": was.level.value, "to": stands.level.value}
        levels |= {"shown_from": was.shown.value, "shown_to": stands.shown.value}
        levels |= {"items": items} if items else {}
        acts.append(("programme.change_level", levels))
    if was.is_published is not stands.is_published:
        acts.append(("programme.publish" if stands.is_published else "programme.unpublish", {}))
    return acts
