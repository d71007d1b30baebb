"""What has changed between what a participant was last told and the session as it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from workshop.core.localized import Localized
from workshop.programme.models import Mode, SessionStatus

Change = Literal["session_moved", "session_cancelled", "session_reinstated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a participant is told of a session; instants are aware."""

    starts_at: datetime
    ends_at: datetime
    tzid: str
    mode: Mode
    place: Localized
    status: SessionStatus

    @property
    def is_cancelled(self) -> bool:
        """Whether it says that the session will not take place."""
        return self.status is SessionStatus.CANCELLED

    def has_moved_to(self, other: Facts) -> bool:
        """Whether time, zone, place or mode differ."""
        return (self.starts_at, self.ends_at, self.tzid, self.mode, self.place) != (
            other.starts_at,
            other.ends_at,
            other.tzid,
            other.mode,
            other.place,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what a message's basis keeps."""
        return {
            "starts_at": self.starts_at.astimezone(UTC).isoformat(),
            "ends_at": self.ends_at.astimezone(UTC).isoformat(),
            "tzid": self.tzid,
            "mode": self.mode.value,
            "place": self.place.to_json(),
            "status": self.status.value,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Facts:
        """Read what `to_json` wrote."""
        return cls(
            starts_at=datetime.fromisoformat(value["starts_at"]),
            ends_at=datetime.fromisoformat(value["ends_at"]),
            tzid=value["tzid"],
            mode=Mode(value["mode"]),
            place=Localized.from_json(value["place"]),
            status=SessionStatus(value["status"]),
        )


def find_change(before: Facts, after: Facts) -> Change | None:
    """Return which message a participant who knows `before` needs, or None when there is nothing to say."""
    if after.is_cancelled:
        return None if before.is_cancelled else "session_cancelled"
    if before.is_cancelled:
        return "session_reinstated"
    return "session_moved" if before.has_moved_to(after) else None
