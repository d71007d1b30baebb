"""Levels: their order, which one counts, which may stand beside which, and which change is allowed."""

from __future__ import annotations

from itertools import product

import pytest

from workshop.chatham.rule import (
    ConsentKind,
    Consents,
    Level,
    LevelFault,
    Visibility,
    check_item_level,
    effective_level,
    effective_visibility,
    is_in_series_list,
    is_looser,
    may_store_recording,
    shown_level,
    strictest,
)

RECORD, DISCUSSION, WHOLE, CLOSED = Level
PUBLIC, UNLISTED, INVITE_ONLY = Visibility


def test_levels_are_ordered_by_strictness_not_by_alphabet() -> None:
    assert sorted([CLOSED, WHOLE, RECORD, DISCUSSION]) == list(Level)
    assert CLOSED > WHOLE >= DISCUSSION > RECORD
    assert RECORD < DISCUSSION <= WHOLE < CLOSED
    assert not RECORD >= DISCUSSION
    assert [level.value for level in Level] == ["on_the_record", "discussion", "whole_session", "closed"]


def test_comparing_a_level_with_a_plain_string_is_an_error_from_either_side() -> None:
    with pytest.raises(TypeError, match="Level"):
        _ = CLOSED > "discussion"
    with pytest.raises(TypeError, match="Level"):
        max(["discussion", CLOSED])
    with pytest.raises(TypeError, match="Level"):
        _ = CLOSED >= PUBLIC


@pytest.mark.parametrize("value", [None, "", "Closed", "chatham", "on the record", "closed"])
def test_an_unknown_or_missing_level_counts_as_closed(value: str | None) -> None:
    assert Level.parse(value) is CLOSED
    assert Visibility.parse(value) is INVITE_ONLY


def test_a_known_value_parses_to_itself() -> None:
    assert [Level.parse(level.value) for level in Level] == list(Level)


def test_the_strictest_of_none_is_closed() -> None:
    assert strictest([RECORD, WHOLE, DISCUSSION]) is WHOLE
    assert strictest([]) is CLOSED


def test_the_nearest_of_item_session_and_series_decides() -> None:
    assert effective_level(item=RECORD, session=DISCUSSION, series=WHOLE) == (RECORD, "item")
    assert effective_level(session=DISCUSSION, series=WHOLE) == (DISCUSSION, "session")
    assert effective_level(item=None, session=None, series=WHOLE) == (WHOLE, "series")
    assert effective_level(session=None, series=None) == (CLOSED, "series")


def test_the_level_shown_is_the_strictest_of_session_and_items() -> None:
    assert shown_level(session=DISCUSSION, items=[None, RECORD]) is DISCUSSION
    assert shown_level(session=DISCUSSION, items=[RECORD, WHOLE, None]) is WHOLE
    assert shown_level(session=RECORD) is RECORD


def test_a_session_is_never_more_visible_than_its_series_and_closed_means_invitation_only() -> None:
    for series, session, level in product(Visibility, [None, *Visibility], Level):
        found = effective_visibility(series=series, session=session, level=level)
        assert found >= series
        assert session is None or found >= session
        if level is CLOSED:
            assert found is INVITE_ONLY
    assert effective_visibility(series=PUBLIC, session=None, level=WHOLE) is PUBLIC


@pytest.mark.parametrize(
    ("series", "session", "level", "expected"),
    [
        (PUBLIC, None, DISCUSSION, True),
        (PUBLIC, UNLISTED, DISCUSSION, False),
        (PUBLIC, INVITE_ONLY, DISCUSSION, False),
        (PUBLIC, None, CLOSED, False),
        (UNLISTED, None, WHOLE, True),
        (UNLISTED, PUBLIC, WHOLE, True),
        (UNLISTED, UNLISTED, WHOLE, False),
        (INVITE_ONLY, None, RECORD, False),
    ],
)
def test_which_sessions_stand_in_the_list_and_feed_of_their_series(
    series: Visibility, session: Visibility | None, level: Level, *, expected: bool
) -> None:
    assert is_in_series_list(series=series, session=session, level=level) is expected


@pytest.mark.parametrize(
    ("item", "session", "is_talk", "expected"),
    [
        (None, CLOSED, True, None),
        (RECORD, DISCUSSION, True, None),
        (RECORD, DISCUSSION, False, LevelFault.ITEM_LOOSER_THAN_SESSION),
        (RECORD, WHOLE, True, LevelFault.ITEM_LOOSER_THAN_SESSION),
        (DISCUSSION, WHOLE, True, LevelFault.ITEM_LOOSER_THAN_SESSION),
        (WHOLE, CLOSED, True, LevelFault.ITEM_LOOSER_THAN_SESSION),
        (WHOLE, DISCUSSION, False, None),
        (DISCUSSION, DISCUSSION, False, None),
        (CLOSED, RECORD, True, LevelFault.CLOSED_ITEM),
        (CLOSED, CLOSED, True, LevelFault.CLOSED_ITEM),
    ],
)
def test_only_a_talk_in_a_discussion_may_be_looser_and_no_item_is_closed(
    item: Level | None, session: Level, expected: LevelFault | None, *, is_talk: bool
) -> None:
    assert check_item_level(item=item, session=session, is_talk=is_talk) is expected


def test_looser_lets_more_be_used_or_seen() -> None:
    assert is_looser(WHOLE, DISCUSSION)
    assert not is_looser(WHOLE, WHOLE)
    assert not is_looser(DISCUSSION, WHOLE)


def test_only_a_closed_session_keeps_no_recording() -> None:
    assert [may_store_recording(level) for level in Level] == [True, True, True, False]


def test_consents_have_one_attribute_for_each_kind() -> None:
    assert [kind.value for kind in ConsentKind] == list(Consents.__slots__)
