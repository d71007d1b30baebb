"""Reads the zones of the tzdata package: RFC 8536 files, their transitions and the rule in their footer.

The package and not the machine's own files, so that every machine writes the same bytes and the wall times of an event
and the VTIMEZONE beside it come from one edition.
"""

from __future__ import annotations

import calendar
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from io import BytesIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HEADER = struct.Struct(">4sc15x6I")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86400
_NAME = r"(<[^>]+>|[A-Za-z]+)"
_OFFSET = r"([+-]?\d+(?::\d+){0,2})"
_FOOTER = re.compile(rf"{_NAME}{_OFFSET}{_NAME}{_OFFSET}?,([^,]+),([^,]+)")
_ONSET = re.compile(r"M(\d+)\.(\d)\.(\d)(?:/([+-]?\d+(?::\d+){0,2}))?")


@dataclass(frozen=True, slots=True)
class Onset:
    """The moment at which another offset begins to hold."""

    instant: datetime
    """UTC."""
    offset_from: timedelta
    offset_to: timedelta
    name: str
    is_daylight: bool

    @property
    def wall(self) -> datetime:
        """The naive wall time by the offset that ends: DTSTART of an observance (RFC 5545 3.6.5)."""
        return (self.instant + self.offset_from).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class YearlyRule:
    """One half of a footer's rule: `M<month>.<week>.<weekday>/<time>` (POSIX TZ, RFC 8536 3.3.1)."""

    month: int
    week: int
    """1 to 4; 5 is the last."""
    weekday: int
    """0 is Sunday; the day from which `shift` counts."""
    shift: int
    """Days to add: the time may be before 0:00 or after 24:00."""
    seconds: int
    """Wall time on the shifted day."""
    offset_from: timedelta
    offset_to: timedelta
    name: str
    is_daylight: bool

    @property
    def month_length(self) -> int:
        """Days of the month, the same every year: no zone changes in February, and the parser refuses it."""
        return calendar.monthrange(1970, self.month)[1]

    @property
    def first_day(self) -> int:
        """The first of the seven days of the month on which the unshifted onset can fall."""
        if self.week < 5:  # noqa: PLR2004 (POSIX: week 5 is the last)
            return 7 * self.week - 6
        return self.month_length - 6

    def onset(self, year: int) -> Onset:
        """Return the onset of that year."""
        first = datetime(year, self.month, self.first_day, tzinfo=UTC)
        days = (self.weekday - first.isoweekday()) % 7 + self.shift
        instant = first + timedelta(days=days, seconds=self.seconds) - self.offset_from
        return Onset(instant, self.offset_from, self.offset_to, self.name, self.is_daylight)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as tzdata has it."""

    info: ZoneInfo
    transitions: tuple[Onset, ...]
    """In order of time; after the last one the rules hold, or nothing changes any more."""
    rules: tuple[YearlyRule, ...]
    """Two, or none."""


@lru_cache(maxsize=1)
def list_zone_names() -> frozenset[str]:
    """Return every name the tzdata package knows, links included."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=128)
def get_zone(tzid: str) -> Zone:
    """Return a zone by its IANA name.

    Raises:
        ZoneInfoNotFoundError: tzdata has no such zone.
    """
    if tzid not in list_zone_names():
        raise ZoneInfoNotFoundError(f"no time zone {tzid!r} in tzdata")
    octets = resources.files("tzdata").joinpath("zoneinfo", *tzid.split("/")).read_bytes()
    transitions, footer = _read(octets)
    return Zone(ZoneInfo.from_file(BytesIO(octets), key=tzid), transitions, _parse_footer(footer))


def _read(octets: bytes) -> tuple[tuple[Onset, ...], str]:
    """Return transitions and footer of an RFC 8536 file of version 2 or later."""
    sizes = _HEADER.unpack_from(octets)[2:]
    isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt = sizes
    # The first block repeats the second in 32 bits.
    start = _HEADER.size + timecnt * 5 + typecnt * 6 + charcnt + leapcnt * 8 + isstdcnt + isutcnt
    magic, version, isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt = _HEADER.unpack_from(octets, start)
    if magic != b"TZif" or version < b"2":
        raise ValueError("not a TZif file of version 2 or later")
    at = start + _HEADER.size
    times = struct.unpack_from(f">{timecnt}q", octets, at)
    at += timecnt * 8
    indices = octets[at : at + timecnt]
    at += timecnt
    types = [struct.unpack_from(">i?B", octets, at + 6 * number) for number in range(typecnt)]
    at += typecnt * 6
    names = octets[at : at + charcnt]
    at += charcnt + leapcnt * 12 + isstdcnt + isutcnt
    footer = octets[at:].strip(b"\n").decode("ascii")

    onsets = []
    before = types[0][0]
    for time, index in zip(times, indices, strict=True):
        after, is_dst, name_at = types[index]
        name = names[name_at : names.index(b"\0", name_at)].decode("ascii")
        # Dublin's winter and Casablanca's Ramadan are "daylight saving" that goes back: STANDARD for calendars.
        is_daylight = is_dst and after > before
        onsets.append(
            Onset(
                _EPOCH + timedelta(seconds=time), timedelta(seconds=before), timedelta(seconds=after), name, is_daylight
            )
        )
        before = after
    return tuple(onsets), footer


def _parse_footer(footer: str) -> tuple[YearlyRule, ...]:
    """Return the two yearly rules of a POSIX TZ string; none if it has one offset all year.

    Raises:
        ValueError: a form of rule that no zone of tzdata has (`J79`, February).
    """
    if "," not in footer:
        return ()
    match = _FOOTER.fullmatch(footer)
    if match is None:
        raise ValueError(f"unknown form of POSIX TZ string: {footer!r}")
    name, offset, saving_name, saving_offset, start, end = match.groups()
    # POSIX counts westward.
    usual = timedelta(seconds=-_seconds(offset))
    saving = timedelta(seconds=-_seconds(saving_offset)) if saving_offset else usual + timedelta(hours=1)
    return (
        _parse_rule(start, usual, saving, saving_name.strip("<>")),
        _parse_rule(end, saving, usual, name.strip("<>")),
    )


def _parse_rule(text: str, offset_from: timedelta, offset_to: timedelta, name: str) -> YearlyRule:
    match = _ONSET.fullmatch(text)
    if match is None or match[1] == "2":
        raise ValueError(f"unknown form of yearly rule: {text!r}")
    shift, seconds = divmod(_seconds(match[4] or "2"), _DAY)
    month, week, weekday = int(match[1]), int(match[2]), int(match[3])
    return YearlyRule(month, week, weekday, shift, seconds, offset_from, offset_to, name, offset_to > offset_from)


def _seconds(text: str) -> int:
    """Return the seconds of `[+-]h[:m[:s]]`."""
    hours, minutes, seconds = ([int(part) for part in text.lstrip("+-").split(":")] + [0, 0])[:3]
    return (hours * 3600 + minutes * 60 + seconds) * (-1 if text.startswith("-") else 1)
