"""Anything that may happen to the places of a session, in any order, and what must hold after each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_participant, build_series, build_session
from tests.unit.rsvp.seats import NOTICE, ask, change, press, share, whose
from workshop.core.errors import WorkshopError
from workshop.core.localized import Localized
from workshop.privacy.service import erase
from workshop.programme.models import WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import HOLDS_SEAT, Answer, AnswerState, Choice
from workshop.rsvp.schedule import GIVES_UP, keeps_shares, offer_ends_at

Step = tuple[str, int, int]
"""What happens, to whom, and how; the numbers are taken modulo what there is."""
SHARES = ("", "a", "b")
QUIET = (21, 8)


class Row(NamedTuple):
    """An answer as it stood."""

    id: int
    state: AnswerState
    share: str
    since: datetime | None
    is_held: bool
    is_undone: bool
    """Gave up a place in the list and took it back: others may have been offered one meanwhile."""


@dataclass
class World:
    """One session and everybody who ever answered for it."""

    session: Session
    workshop_session: WorkshopSession
    now: datetime = NOW
    undone: set[int] = field(default_factory=set)

    @property
    def answers(self) -> Sequence[Answer]:
        """Everybody, the first first."""
        return self.session.scalars(sa.select(Answer).order_by(Answer.id)).all()

    def rows(self) -> dict[int, Row]:
        """Return where everybody stands."""
        self.session.flush()
        self.session.expire_all()
        return {
            one.id: Row(
                one.id,
                one.state,
                one.share if self.workshop_session.shares else "",
                one.waitlisted_at,
                one.state in HOLDS_SEAT or one.seat_kept_until is not None,
                one.id in self.undone,
            )
            for one in self.answers
        }


def build_world(session: Session, *, capacity: int, has_shares: bool, needs_approval: bool) -> World:
    """Return an empty session eight days ahead."""
    shares = (share("a", 40), share("b", 20)) if has_shares else ()
    found = build_session(
        session, build_series(session), capacity=capacity, shares=shares, needs_approval=needs_approval
    )
    return World(session, found)


# -- what may happen ---------------------------------------------------------------------------------------------------


def _arrive(world: World, who: int, how: int) -> None:
    of_share = SHARES[who % 3] if world.workshop_session.shares else ""
    answer = ask(world.session, world.workshop_session, share=of_share, joins_list=how % 4 != 0, now=world.now)
    press(world.session, answer, now=world.now)


def _come_again(world: World, answer: Answer, how: int) -> None:
    ask(
        world.session,
        world.workshop_session,
        answer,
        choice=list(Choice)[how % 3],
        share=answer.share,
        joins_list=True,
        now=world.now,
    )
    press(world.session, answer, now=world.now)


def _change(world: World, answer: Answer, how: int) -> None:
    change(world.session, answer, list(Choice)[how % 3], now=world.now, joins_list=how % 2 == 0)


def _withdraw(world: World, answer: Answer, _how: int) -> None:
    service.withdraw(world.session, now=world.now, **whose(answer))


def _undo(world: World, answer: Answer, _how: int) -> None:
    before = answer.state
    service.undo(world.session, now=world.now, **whose(answer))
    if before in GIVES_UP:
        world.undone.add(answer.id)


def _pass_on(world: World, answer: Answer, _how: int) -> None:
    service.pass_on(world.session, now=world.now, **whose(answer))


def _accept(world: World, answer: Answer, _how: int) -> None:
    service.accept_offer(world.session, now=world.now, **whose(answer), notice=NOTICE, language="fr")


def _erase(world: World, answer: Answer, _how: int) -> None:
    erase(world.session, now=world.now, participant=answer.participant)


def _resize(world: World, who: int, how: int) -> None:
    """Raise or lower the capacity; the list is tended at once by the form, and later by the worker."""
    found = service.lock_sessions(world.session, [world.workshop_session.id])[world.workshop_session.id]
    found.capacity = max(1, (found.capacity or 1) + (-1, 1, 2, -2)[who % 4])
    if how % 2:
        service.tend(world.session, found, now=world.now)


def _decide(world: World, who: int, how: int) -> None:
    service.decide(
        world.session,
        now=world.now,
        workshop_session=world.workshop_session,
        answer_ids=[one.id for one in world.answers][who % 3 :: 2],
        decision=list(service.Decision)[how % 3],
        text=Localized({"fr": "Non.", "en": "No."}),
        actor="organiser:1",
    )


def _add(world: World, _who: int, _how: int) -> None:
    somebody = build_participant(world.session, world.workshop_session.series)
    service.add_by_hand(
        world.session,
        now=world.now,
        workshop_session=world.workshop_session,
        values=service.Added(name="", address=somebody.address or "", language="fr", reason="Invitée."),
        actor="organiser:1",
    )


def _pass_time(world: World, who: int, how: int) -> None:
    spans = (timedelta(minutes=1), timedelta(minutes=6), timedelta(minutes=11), timedelta(hours=3), timedelta(hours=17))
    world.now += spans[(who + how) % 5]


def _tend(world: World, _who: int, _how: int) -> None:
    check_nothing_lost(world)


_TO_SOMEBODY: dict[str, Callable[[World, Answer, int], None]] = {
    "come again": _come_again,
    "change": _change,
    "withdraw": _withdraw,
    "undo": _undo,
    "pass on": _pass_on,
    "accept": _accept,
    "erase": _erase,
}
_TO_ALL: dict[str, Callable[[World, int, int], None]] = {
    "arrive": _arrive,
    "resize": _resize,
    "decide": _decide,
    "add": _add,
    "time": _pass_time,
    "tend": _tend,
}
HAPPENINGS = (*_TO_SOMEBODY, *_TO_ALL)


def do(world: World, step: Step) -> None:
    """Let one thing happen; what is refused changes nothing, since whoever is refused rolls back."""
    what, who, how = step
    with world.session.begin_nested() as point:
        try:
            if what in _TO_ALL:
                _TO_ALL[what](world, who, how)
            elif there := [one for one in world.answers if one.participant.erased_at is None]:
                _TO_SOMEBODY[what](world, there[who % len(there)], how)
        except WorkshopError:
            point.rollback()


# -- what must hold ----------------------------------------------------------------------------------------------------


def may_take(world: World, rows: dict[int, Row], of_share: str) -> bool:
    """Whether somebody of this share may take a seat, worked out once more and in another way."""
    capacity = world.workshop_session.capacity or 0
    held = Counter(row.share for row in rows.values() if row.is_held)
    free = capacity - held.total()
    if keeps_shares(world.workshop_session.starts_at, now=world.now):
        for one in world.workshop_session.shares:
            if one["key"] != of_share:
                free -= max(0, capacity * one["percent"] // 100 - held[one["key"]])
            elif held[of_share] < capacity * one["percent"] // 100:
                return capacity > held.total()
    return free > 0


def offers(world: World) -> bool:
    """Whether places are offered at this time of the day and so long before the start."""
    found = world.workshop_session
    return offer_ends_at(world.now, starts_at=found.starts_at, tzid=found.tzid, quiet=QUIET) is not None


def check(world: World, before: dict[int, Row], after: dict[int, Row]) -> None:
    """Assert that nobody was wronged between two moments."""
    held_before = sum(row.is_held for row in before.values())
    held = sum(row.is_held for row in after.values())
    assert held <= max(world.workshop_session.capacity or 0, held_before), "oversold"
    for answer in world.answers:
        assert (answer.offer_expires_at is not None) == (answer.state is AnswerState.OFFERED)
        assert (answer.accepted_at is not None) == (answer.state in HOLDS_SEAT)
        assert answer.seat_kept_until is None or answer.state in GIVES_UP
        assert answer.waitlisted_at is not None or answer.state not in {AnswerState.WAITLISTED, AnswerState.OFFERED}
    if not offers(world):
        return
    waited = [
        row for id_, row in before.items() if row.state is after[id_].state is AnswerState.WAITLISTED
    ]  # and still do
    for row in after.values():
        was = before.get(row.id)
        if not row.is_held or (was is not None and (was.is_held or was.state is AnswerState.REQUESTED)):
            continue
        for other in waited:
            if other.share == row.share and not other.is_undone and other.since == after[other.id].since:
                came_later = was is None or was.state is not AnswerState.WAITLISTED or row.is_undone
                assert not came_later or row.is_undone, "a newcomer overtook whoever waits"
                assert row.is_undone or _key(other) > _key(row), "the order was broken"


def _key(row: Row) -> tuple[datetime, int]:
    return row.since or NOW, row.id


def check_nothing_lost(world: World) -> None:
    """Assert that a tended list leaves no seat free that somebody who waits may take."""
    service.tend_lists(world.session, world.now)
    rows = world.rows()
    if offers(world):
        for row in rows.values():
            assert row.state is not AnswerState.WAITLISTED or not may_take(world, rows, row.share), "a seat was lost"


def run(world: World, steps: Sequence[Step]) -> None:
    """Let everything happen, and look after each step."""
    for step in steps:
        before = world.rows()
        do(world, step)
        check(world, before, world.rows())
    check_nothing_lost(world)
