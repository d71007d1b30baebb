"""Who may take a seat, given what is held and what is kept for some. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import both
from workshop.programme.models import WorkshopSession
from workshop.rsvp.rule import Seats, Share, places_kept, shares_of

A, B = Share("a", both("Une part", "A share"), 30), Share("b", both("Autre part", "Another share"), 50)


@pytest.mark.parametrize(
    ("capacity", "held", "kept", "may"),
    [
        (None, {"": 99}, {}, {"": True}),
        (5, {"": 4}, {}, {"": True}),
        (5, {"": 5}, {}, {"": False}),
        (5, {"": 6}, {}, {"": False}),  # the capacity was lowered
        (10, {"": 7}, {"a": 3}, {"": False, "a": True}),
        (10, {"": 6}, {"a": 3}, {"": True, "a": True}),
        (10, {"": 6, "a": 3}, {"a": 3}, {"": True, "a": True}),  # a share may have more than what is kept for it
        (10, {"": 5, "a": 3}, {"a": 3, "b": 2}, {"": False, "a": False, "b": True}),
        (10, {"a": 10}, {"a": 3}, {"": False, "a": False}),
        (4, {"": 3, "a": 0}, {"a": 1, "b": 2}, {"": False, "a": True, "b": True}),  # kept beyond what is left
    ],
)
def test_who_may_take_a_seat(
    capacity: int | None, held: dict[str, int], kept: dict[str, int], may: dict[str, bool]
) -> None:
    seats = Seats(capacity, held, kept)
    assert {share: seats.may_take(share) for share in may} == may


def test_shares_are_of_the_capacity_rounded_down_and_need_one() -> None:
    found = WorkshopSession(
        capacity=5, shares=tuple({"key": one.key, "name": one.name.to_json(), "percent": one.percent} for one in (A, B))
    )
    assert shares_of(found) == (A, B)
    assert places_kept(shares_of(found), 5) == {"a": 1, "b": 2}
    found.capacity = None
    assert shares_of(found) == ()
    assert places_kept((), None) == {}


counts = st.dictionaries(st.sampled_from(["", "a", "b"]), st.integers(0, 12))


@given(
    capacity=st.integers(1, 20),
    percents=st.tuples(st.integers(0, 60), st.integers(0, 40)),
    takers=st.lists(st.sampled_from(["", "a", "b"]), max_size=60),
)
def test_taking_in_any_order_never_oversells_nor_takes_what_is_kept(
    capacity: int, percents: tuple[int, int], takers: list[str]
) -> None:
    kept = places_kept((Share("a", A.name, percents[0]), Share("b", B.name, percents[1])), capacity)
    assert sum(kept.values()) <= capacity
    held = {"": 0, "a": 0, "b": 0}
    seats = Seats(capacity, held, kept)
    for share in takers:
        if seats.may_take(share):
            seats.take(share)
            held[share] += 1
    assert sum(held.values()) <= capacity
    for share, places in kept.items():
        others = sum(count for key, count in held.items() if key != share)
        assert others <= capacity - places
    # Nobody is sent away while there is a place that is kept for nobody else.
    for share in held:
        free = capacity - sum(held.values()) - sum(max(0, kept[key] - held[key]) for key in kept if key != share)
        assert seats.may_take(share) == (free > 0)


@given(capacity=st.integers(1, 20), held=counts, kept=counts, share=st.sampled_from(["", "a", "b"]))
def test_taking_a_seat_never_makes_room_for_anybody(
    capacity: int, held: dict[str, int], kept: dict[str, int], share: str
) -> None:
    # One pass over the list is enough: whoever was passed over stays so while the others are served.
    kept.pop("", None)
    seats = Seats(capacity, held, kept)
    before = {one: seats.may_take(one) for one in ("", "a", "b")}
    if not before[share]:
        return
    seats.take(share)
    assert not [one for one in before if seats.may_take(one) and not before[one]]
