"""Which cells of a count may be shown, so that no other can be worked out. Pure.

The reader is taken to know the total and this very function. Small cells are hidden, zero among them; what is hidden
beside them is chosen by the order of the rows, which the form fixes, and never by size: a choice by size would tell
which of two cells is the larger. A table is to be shown once and never counted anew, or the difference of two counts
would show who came in between; `rsvp.service.breakdowns` keeps to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.chatham.rule import MINIMUM_CELL

if TYPE_CHECKING:
    from collections.abc import Sequence


def suppress(counts: Sequence[int], *, minimum: int = MINIMUM_CELL) -> tuple[int | None, ...]:
    """Return the counts that may be shown, None for each that may not.

    Every person must be in exactly one row; a yes or no has its two rows, and so has each option of a question that
    takes several: chosen and not chosen (`suppress_pair`).

    Args:
        counts: people by row, in the form's order.
        minimum: the smallest number that may be shown.
    """
    hidden = {row for row, count in enumerate(counts) if count < minimum}
    if not hidden:
        return tuple(counts)
    shown = [row for row in range(len(counts)) if row not in hidden]
    # One hidden cell is the total less the others: the last that could be shown goes with it.
    hidden.update(shown[-1:])
    # So little together that the reader could tell what each of them is.
    if sum(counts[row] for row in hidden) <= minimum:
        return (None,) * len(counts)
    return tuple(None if row in hidden else count for row, count in enumerate(counts))


def suppress_pair(count: int, total: int, *, minimum: int = MINIMUM_CELL) -> int | None:
    """Return how many of all chose something, None where they, or those who did not, are too few to be shown."""
    return suppress((count, total - count), minimum=minimum)[0]
