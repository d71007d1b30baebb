"""Which message somebody needs who knows a session as it was. Pure."""

from __future__ import annotations

from typing import Literal

from workshop.programme.rule import Facts

Change = Literal["session_moved", "session_cancelled", "session_reinstated", "session_changed"]
__all__ = ["Change", "Facts", "find_change"]


def find_change(before: Facts, after: Facts, *, tells_edits: bool = False) -> Change | None:
    """Return which message somebody who knows `before` needs, or None when there is nothing to say.

    Args:
        before: what they know.
        after: what stands.
        tells_edits: an organiser asked that what is not told by itself be told: place, mode, languages, a looser level.
    """
    if after.is_cancelled:
        is_known = before.is_cancelled and before.is_postponed is after.is_postponed
        return None if is_known else "session_cancelled"
    if before.is_cancelled:
        return "session_reinstated"
    if before.has_new_time(after):
        return "session_moved"
    return "session_changed" if tells_edits and before.has_edits(after) else None
