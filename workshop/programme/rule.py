"""What people are told of a session, and what differs between two tellings. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from workshop.chatham.rule import Level, effective_level, is_looser, shown_level
from workshop.core.localized import Localized
from workshop.programme.models import Mode, SessionStatus, WorkshopSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What somebody is told of a session; instants are aware. None: not known, so that nothing differs from it."""

    starts_at: datetime
    ends_at: datetime
    tzid: str
    mode: Mode
    place: Localized
    status: SessionStatus
    floor_languages: tuple[str, ...] | None = None
    interpretation: tuple[dict[str, Any], ...] | None = None
    """Objects as the session keeps them."""
    level: Level | None = None
    """The one shown."""
    is_postponed: bool = False
    """Whether it is cancelled only until there is a new date."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it says that the session will not take place."""
        return self.status is SessionStatus.CANCELLED

    def has_new_time(self, other: Facts) -> bool:
        """Whether start, end or zone differ."""
        return (self.starts_at, self.ends_at, self.tzid) != (other.starts_at, other.ends_at, other.tzid)

    def has_new_place(self, other: Facts) -> bool:
        """Whether place or mode differ."""
        return (self.mode, self.place) != (other.mode, other.place)

    def has_new_languages(self, other: Facts) -> bool:
        """Whether the floor languages or the interpretation differ."""
        return _differ(self.floor_languages, other.floor_languages) or _differ(
            self.interpretation, other.interpretation
        )

    def has_looser_level(self, other: Facts) -> bool:
        """Whether the other one's level is looser; a stricter one is told by messages of its own."""
        return self.level is not None and other.level is not None and is_looser(self.level, other.level)

    def has_moved_to(self, other: Facts) -> bool:
        """Whether time, zone, place or mode differ."""
        return self.has_new_time(other) or self.has_new_place(other)

    def has_edits(self, other: Facts) -> bool:
        """Whether anything differs that is told only when an organiser asks for it."""
        return self.has_new_place(other) or self.has_new_languages(other) or self.has_looser_level(other)

    def differs_from(self, other: Facts) -> bool:
        """Whether anything differs that is ever told, but for whether the session takes place."""
        return self.has_new_time(other) or self.has_edits(other)

    def written_as(self, other: Facts) -> Facts:
        """Return these facts, written as `other` writes those that are equal, or that are not known here.

        Two texts may be equal and yet be written in another order of languages, which a database tells apart.
        """
        same = {
            one.name: getattr(other, one.name)
            for one in fields(self)
            if not _differ(getattr(self, one.name), getattr(other, one.name))
        }
        return replace(self, **same)

    def to_json(self) -> dict[str, Any]:
        """Return what a message's basis, and a speaker's part, keep."""
        return {
            "starts_at": self.starts_at.astimezone(UTC).isoformat(),
            "ends_at": self.ends_at.astimezone(UTC).isoformat(),
            "tzid": self.tzid,
            "mode": self.mode.value,
            "place": self.place.to_json(),
            "status": self.status.value,
            "floor_languages": None if self.floor_languages is None else list(self.floor_languages),
            "interpretation": None if self.interpretation is None else list(self.interpretation),
            "level": None if self.level is None else self.level.value,
            "is_postponed": self.is_postponed,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Facts:
        """Read what `to_json` wrote, also before it knew of languages, levels and postponing."""
        floor, interpretation, level = (value.get(name) for name in ("floor_languages", "interpretation", "level"))
        return cls(
            starts_at=datetime.fromisoformat(value["starts_at"]),
            ends_at=datetime.fromisoformat(value["ends_at"]),
            tzid=value["tzid"],
            mode=Mode(value["mode"]),
            place=Localized.from_json(value["place"]),
            status=SessionStatus(value["status"]),
            floor_languages=None if floor is None else tuple(floor),
            interpretation=None if interpretation is None else tuple(interpretation),
            level=None if level is None else Level.parse(level),
            is_postponed=bool(value.get("is_postponed")),
        )


def facts_of(workshop_session: WorkshopSession, *, items: Iterable[Level | None] | None = None) -> Facts:
    """Return what would be told of a session as it stands.

    Args:
        workshop_session: with its series.
        items: the levels that items of its programme have; None: those of the programme, which is loaded.
    """
    own, _source = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    if items is None:
        items = (item.level for section in workshop_session.sections for item in section.items)
    return Facts(
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        mode=workshop_session.mode,
        place=workshop_session.place,
        status=workshop_session.status,
        floor_languages=tuple(workshop_session.floor_languages),
        interpretation=tuple(workshop_session.interpretation),
        level=shown_level(session=own, items=items),
        is_postponed=workshop_session.postponed_at is not None,
    )


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
