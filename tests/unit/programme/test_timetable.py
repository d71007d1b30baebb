"""A programme against the clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workshop.programme.timetable import Span, timetable


def test_each_part_begins_when_the_one_before_it_ends() -> None:
    found = timetable("16:00", 120, [("", 20), ("", 30), ("17:00", 15), ("", 45)])
    assert [(one.starts, one.ends) for one in found.spans] == [
        ("16:00", "16:20"),
        ("16:20", "16:50"),
        ("17:00", "17:15"),
        ("17:15", "18:00"),
    ]
    assert (found.total, found.left, found.unsaid) == (110, 10, 0)
    assert not any(one.is_early or one.is_late for one in found.spans)


def test_nothing_is_guessed_behind_a_part_of_unknown_length() -> None:
    found = timetable("16:00", 60, [("", None), ("", 20), ("16:40", 20)])
    assert [(one.starts, one.ends) for one in found.spans] == [("16:00", ""), ("", ""), ("16:40", "17:00")]
    assert (found.total, found.left, found.unsaid) == (40, 20, 1)


def test_what_overlaps_or_runs_over_is_said() -> None:
    found = timetable("16:00", 60, [("", 30), ("16:20", 30), ("", 20), ("17:30", None)])
    assert [one.is_early for one in found.spans] == [False, True, False, False]
    assert [one.is_late for one in found.spans] == [False, False, True, True]


def test_a_session_may_run_past_midnight() -> None:
    found = timetable("23:00", 120, [("", 45), ("00:15", 45)])
    assert found.spans[1] == Span("00:15", "01:00", is_said=True, is_early=False, is_late=False)


def test_an_empty_programme_leaves_all_of_it() -> None:
    assert timetable("16:00", 120, []).left == 120


@given(
    parts=st.lists(st.tuples(st.sampled_from(["", "16:00", "09:30", "nonsense", "24:00"]), st.none() | st.integers(1, 1440)))
)  # fmt: skip
def test_any_programme_has_a_span_for_each_part(parts: list[tuple[str, int | None]]) -> None:
    found = timetable("16:00", 120, parts)
    assert len(found.spans) == len(parts)
    assert found.total == sum(minutes or 0 for _starts, minutes in parts)
