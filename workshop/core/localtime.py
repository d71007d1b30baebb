"""Wall times, zones, and how a reader of each language sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date, format_skeleton, get_timezone_location

from workshop.core.errors import InvalidError
from workshop.core.language import babel_locale

NBSP = "\u00a0"


class GapError(InvalidError):
    """A wall time that the zone skips when clocks go forward."""

    code = "time_in_gap"


class FoldError(InvalidError):
    """A wall time that occurs twice when clocks go back; the person is asked which."""

    code = "time_in_fold"


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every IANA zone that can be chosen."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def suggested_zones() -> tuple[str, ...]:
    """Return the zones worth suggesting, one or more per country, without the old names that still work; sorted."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    lines = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return tuple(sorted({fields[2] for fields in lines} & zone_names()))


def to_instant(wall: datetime, tzid: str, *, fold: int | None = None) -> datetime:
    """Return the instant (UTC) of a naive wall time in a zone.

    Args:
        wall: naive.
        tzid: IANA zone.
        fold: which of two equal wall times is meant, 0 the first, 1 the second; None to be asked.

    Raises:
        GapError: the zone skips that time.
        FoldError: it occurs twice and `fold` is None.
    """
    zone = ZoneInfo(tzid)
    first, second = (wall.replace(tzinfo=zone, fold=which) for which in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise GapError(tzid=tzid, wall=wall)
    if first.utcoffset() != second.utcoffset() and fold is None:
        raise FoldError(tzid=tzid, wall=wall)
    return (second if fold else first).astimezone(UTC)


def city(tzid: str, language: str) -> str:
    """Return the city that names a zone, such as "Paris"; "UTC" for UTC."""
    if tzid in {"UTC", "Etc/UTC"}:
        return "UTC"
    name = str(get_timezone_location(ZoneInfo(tzid), locale=babel_locale(language), return_city=True))
    # A zone of two slashes has its province before the city.
    return name.rpartition("/")[2]


def zone_phrase(tzid: str, language: str) -> str:
    """Return « heure de Paris » or "Paris time"."""
    name = city(tzid, language)
    if language != "fr":
        return f"{name} time"
    if name == "UTC":
        return "heure UTC"
    if name.startswith("Le "):
        return f"heure du {name[3:]}"
    if name.startswith("Les "):
        return f"heure des {name[4:]}"
    return f"heure d’{name}" if name[0] in "AÀÂEÉÈÊIÎOÔUÙÛYaeiou" else f"heure de {name}"


def offset_phrase(at: datetime, tzid: str) -> str:
    """Return "UTC+2", "UTC−3:30" or "UTC" as it holds at that instant."""
    seconds = int((at.astimezone(ZoneInfo(tzid)).utcoffset() or timedelta()).total_seconds())
    if not seconds:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{'+' if seconds > 0 else '−'}{hours}{f':{minutes:02}' if minutes else ''}"


def clock_time(at: datetime, tzid: str, language: str) -> str:
    """Return « 16 h », « 16 h 30 » or "16:00"."""
    return wall_clock(at.astimezone(ZoneInfo(tzid)), language)


def wall_clock(wall: datetime, language: str) -> str:
    """Return a wall time as the language writes it."""
    if language == "fr":
        return f"{wall.hour}{NBSP}h{f'{NBSP}{wall.minute:02}' if wall.minute else ''}"
    return f"{wall.hour:02}:{wall.minute:02}"


def long_date(day: date, language: str) -> str:
    """Return « lundi 26 avril 2021 », « mardi 1er juin 2021 » or "Monday 26 April 2021"."""
    if language == "en":
        return format_date(day, "EEEE d MMMM y", locale="en_GB")
    text = format_date(day, "EEEE d MMMM y" if language == "fr" else "full", locale=babel_locale(language))
    return text.replace(" 1 ", " 1er ") if language == "fr" else text


def short_date(day: date, language: str) -> str:
    """Return « 26 avril 2021 » or "26 April 2021"."""
    text = format_date(day, "d MMMM y" if language in {"fr", "en"} else "long", locale=babel_locale(language))
    return "1er " + text[2:] if language == "fr" and text.startswith("1 ") else text


def month(day: date, language: str) -> str:
    """Return « avril 2021 » or "April 2021"."""
    return str(format_skeleton("yMMMM", day, locale=babel_locale(language)))


@dataclass(frozen=True, slots=True)
class Moment:
    """A span of time as one clock shows it, ready to print."""

    date: str
    """The day it begins, with weekday and year."""
    hours: str
    """« 16 h – 18 h » or "16:00–18:00"; names the second day when it ends on another."""
    zone: str
    """« heure de Paris » or "Paris time"."""
    offset: str
    """Such as "UTC+2"."""
    tzid: str


def moment(starts_at: datetime, ends_at: datetime, tzid: str, language: str) -> Moment:
    """Return how a span reads on the clocks of `tzid`."""
    zone = ZoneInfo(tzid)
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    first, last = wall_clock(starts, language), wall_clock(ends, language)
    if ends.date() != starts.date():
        last = f"{long_date(ends.date(), language)}, {last}"
    dash = f"{NBSP}–{' ' if ends.date() != starts.date() else NBSP}" if language == "fr" else "–"
    if language != "fr" and ends.date() != starts.date():
        dash = " – "
    return Moment(
        date=long_date(starts.date(), language),
        hours=f"{first}{dash}{last}",
        zone=zone_phrase(tzid, language),
        offset=offset_phrase(starts_at, tzid),
        tzid=tzid,
    )


def same_clock(one: str, other: str, *, at: datetime) -> bool:
    """Whether two zones show the same wall time at an instant."""
    return at.astimezone(ZoneInfo(one)).utcoffset() == at.astimezone(ZoneInfo(other)).utcoffset()


def days_until(at: datetime, tzid: str, *, now: datetime) -> int:
    """Return calendar days from today to `at` in the zone; negative when past."""
    zone = ZoneInfo(tzid)
    return (at.astimezone(zone).date() - now.astimezone(zone).date()).days


def is_quiet(at: datetime, *, tzid: str, quiet: tuple[int, int]) -> bool:
    """Whether an instant falls into the quiet hours (from, until; hours of the day) of a zone."""
    begins, ends = quiet
    hour = at.astimezone(ZoneInfo(tzid)).hour
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def weeks(days: int) -> int:
    """Return whole weeks, rounded to the nearest."""
    return math.floor(days / 7 + 0.5)
