"""No hidden cell can be worked out by whoever knows the total and how cells are hidden: shown by trying every table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.chatham.rule import MINIMUM_CELL
from workshop.chatham.suppression import suppress, suppress_pair

Table = tuple[int, ...]


def tables(rows: int, total: int) -> Iterator[Table]:
    """Give every table of so many rows with so many people in it."""
    if rows == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tables(rows - 1, total - first):
            yield (first, *rest)


def by_output(rows: int, total: int, minimum: int) -> dict[tuple[int | None, ...], list[Table]]:
    """Return what is shown → every table that shows just this: all that the reader can tell."""
    found = defaultdict(list)
    for table in tables(rows, total):
        found[suppress(table, minimum=minimum)].append(table)
    return found


SIZES = [
    *((rows, minimum, 18) for rows in (2, 3, 4) for minimum in (2, 3, 4)),
    (5, 2, 12), (6, 2, 9), (2, 5, 60), (3, 5, 40), (4, 5, 27),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "minimum", "largest"), SIZES)
def test_every_hidden_cell_has_two_values_at_least_in_every_table(rows: int, minimum: int, largest: int) -> None:
    for total in range(1, largest + 1):
        for shown, possible in by_output(rows, total, minimum).items():
            for row, count in enumerate(shown):
                values = {table[row] for table in possible}
                if count is None:
                    assert len(values) >= 2, (shown, possible)
                else:
                    assert values == {count}
                    assert count >= minimum


@pytest.mark.parametrize(("rows", "minimum", "largest"), [(2, 5, 60), (3, 5, 36), (3, 3, 20)])
def test_nobody_can_tell_of_a_hidden_cell_that_somebody_is_in_it(rows: int, minimum: int, largest: int) -> None:
    """Of one person alone, yes; with more, what is hidden could also be nobody, or enough to be shown."""
    for total in range(2 * minimum, largest + 1):
        for shown, possible in by_output(rows, total, minimum).items():
            hidden = [row for row, count in enumerate(shown) if count is None]
            if len(hidden) == rows:
                assert all(min(table[row] for table in possible) == 0 for row in hidden)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12))
def test_what_is_shown_is_right_and_never_small(counts: list[int]) -> None:
    shown = suppress(counts)
    assert len(shown) == len(counts)
    assert all(count is None or count == given for count, given in zip(shown, counts, strict=True))
    assert all(count is None or count >= MINIMUM_CELL for count in shown)
    hidden = [given for count, given in zip(shown, counts, strict=True) if count is None]
    assert len(hidden) != 1
    assert not hidden or len(hidden) == len(counts) or sum(hidden) > MINIMUM_CELL


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12), st.data())
def test_a_table_of_larger_size_leaves_each_hidden_cell_open(counts: list[int], data: st.DataObject) -> None:
    """Beyond what can be tried out whole: another table with the same total shows the same and differs in that cell."""
    shown = suppress(counts)
    hidden = [row for row, count in enumerate(shown) if count is None]
    if not hidden or sum(counts) == 0:
        return
    row = data.draw(st.sampled_from(hidden))
    for other in (one for one in hidden if one != row):
        pair = counts[row] + counts[other]
        for value in range(pair + 1):
            if value == counts[row]:
                continue
            changed = list(counts)
            changed[row], changed[other] = value, pair - value
            if suppress(changed) == shown:
                return
    # Two cells alone leave no choice where one of the others has to give: any two hidden cells may exchange places.
    assert any(_shows_the_same(counts, shown, hidden, row))


def _shows_the_same(counts: list[int], shown: tuple[int | None, ...], hidden: list[int], row: int) -> Iterator[bool]:
    """Give whether tables in which two steps lead from hidden cell to hidden cell show the same."""
    for first in hidden:
        for second in hidden:
            for third in hidden:
                for step in range(1, MINIMUM_CELL + 1):
                    changed = list(counts)
                    changed[first] -= step
                    changed[second] += step - 1
                    changed[third] += 1
                    if min(changed) >= 0 and changed[row] != counts[row]:
                        yield suppress(changed) == shown


def test_a_pair_is_shown_whole_or_not_at_all() -> None:
    total = 30
    shown = [suppress_pair(count, total) for count in range(total + 1)]
    assert [count for count in range(total + 1) if shown[count] is not None] == list(range(5, 26))
    assert all(after is None or before is None or after == before + 1 for before, after in pairwise(shown))


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((30, 12, 9), (30, 12, 9)),
        ((30, 12, 2), (30, None, None)),
        ((30, 2, 12), (30, None, None)),
        ((2, 30, 12), (None, 30, None)),
        ((30, 0), (None, None)),
        ((5, 30, 0), (5, None, None)),
        ((30, 5, 0), (None, None, None)),
        ((4, 4, 4, 4, 4, 9), (None,) * 6),
        ((0, 0), (None, None)),
    ],
)
def test_examples(counts: Table, shown: tuple[int | None, ...]) -> None:
    assert suppress(counts) == shown


def test_hiding_only_what_is_small_would_not_do() -> None:
    """The brute force above finds what is wrong with simpler ways: it is not blind."""

    def only_small(table: Table) -> tuple[int | None, ...]:
        return tuple(None if count < 2 else count for count in table)

    def all_or_nothing_live(table: Table) -> tuple[int | None, ...]:
        return table if min(table) >= 2 else (None,) * len(table)

    shown = defaultdict(set)
    for table in tables(3, 9):
        shown[only_small(table)].add(table)
    assert any(None in output and len(possible) == 1 for output, possible in shown.items())
    # Counted anew after every single answer, even all or nothing tells: hidden, then (2, 7), was (1, 7) before.
    before = {(2 - 1, 7), (2, 7 - 1)}
    assert {table for table in before if None in all_or_nothing_live(table)} == {(1, 7)}
