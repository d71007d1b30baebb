"""The plain values that callers hand over: a calendar and its events."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class EventStatus(StrEnum):
    """STATUS of a VEVENT (RFC 5545 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class PartStat(StrEnum):
    """PARTSTAT of an attendee (RFC 5545 3.2.12), as far as an event has it."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"


class Method(StrEnum):
    """METHOD of a calendar that is mailed (RFC 5546 1.4); feeds and downloads have none."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    REPLY = "REPLY"
    COUNTER = "COUNTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who asks whom, in an event that is mailed (RFC 5546 3.2.2); addresses without `mailto:`."""

    organizer: str
    """A role address with the registration's token."""
    organizer_name: str
    attendee: str
    """Exactly as in the message's To."""
    partstat: PartStat


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One VEVENT.

    Instants are aware, in any zone; they are kept in UTC and shown as wall time of `tzid` (an IANA name). Texts may
    hold anything: what iCalendar cannot carry is removed on output; empty ones are omitted.

    Raises:
        ValueError: an instant is naive, the end is not after the start, the UID is empty, the SEQUENCE negative or the
            status none of RFC 5545's.
    """

    uid: str
    sequence: int
    revised_at: datetime
    """LAST-MODIFIED, and DTSTAMP where nothing else is said."""
    stamped_at: datetime | None = None
    """DTSTAMP of an event that is mailed: the message's time (RFC 5545 3.8.7.2)."""
    starts_at: datetime
    ends_at: datetime
    """Exclusive."""
    tzid: str
    status: EventStatus
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    language: str = ""
    """BCP 47; LANGUAGE of summary, description and location."""
    is_transparent: bool = True
    categories: tuple[str, ...] = ()
    conference: str = ""
    """The join link (RFC 7986 5.11); in personal calendars only."""
    invitation: Invitation | None = None
    """In mail only."""

    def __post_init__(self) -> None:
        """Check, and bring the instants to UTC.

        Not only for tidiness: within one zone Python compares and hashes wall times, so the two passes through an hour
        that comes twice would be one key of the cache.
        """
        for name in ("revised_at", "stamped_at", "starts_at", "ends_at"):
            instant: datetime | None = getattr(self, name)
            if instant is None:
                continue
            if instant.utcoffset() is None:
                raise ValueError(f"{name} is naive")
            object.__setattr__(self, name, instant.astimezone(UTC))
        # The library would write any string, "CANCELED" included.
        object.__setattr__(self, "status", EventStatus(self.status))
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at")
        if self.sequence < 0:
            raise ValueError("sequence is negative")
        if not self.uid.strip():
            raise ValueError("uid is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a VCALENDAR says of itself; empty values are omitted."""

    name: str
    """NAME (RFC 7986 5.1) and X-WR-CALNAME."""
    language: str = ""
    """BCP 47; LANGUAGE of the name."""
    url: str = ""
    """The page that shows the same."""
    source: str = ""
    """The feed's own address (RFC 7986 5.8); on public feeds only."""
    colour: str = ""
    """A CSS colour name, or #rrggbb: COLOR then says the nearest name, X-APPLE-CALENDAR-COLOR the colour itself."""
    is_feed: bool = True
    """A feed says how often to look again; a download does not."""
    method: Method | None = None
    """What a mailed calendar asks for; it says nothing of the calendar as a whole."""
