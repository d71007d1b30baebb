"""Days, hours and zones as announcements write them (named for what it reads)."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import NamedTuple

from workshop.core.folding import fold
from workshop.core.localtime import zone_names
from workshop.programme.printed.draft import Found
from workshop.programme.printed.runs import Run

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier january jan janv",
            "fevrier february feb fevr fev", "mars march mar", "avril april apr avr",
            "mai may",
            "juin june jun", "juillet july jul juil", "aout august aug", "septembre september sept sep",
            "octobre october oct", "novembre november nov", "decembre december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "lundi monday mon lun", "mardi tuesday tue mar", "mercredi wednesday wed mer", "jeudi thursday thu jeu",
            "vendredi friday fri ven", "samedi saturday sat sam", "dimanche sunday sun dim",
        )
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = (
    r"(?:(?P<weekday>lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"mon|tue|wed|thu|fri|sat|sun)\.?,? (?:the |le )?)?"
)
_MONTH = (
    r"(?P<month>janvier|janv|january|jan|f[ée]vrier|f[ée]vr?|february|feb|mars|march|avril|avr|april|apr|mai|may|juin|"
    r"june|jun|juillet|juil|july|jul|ao[uû]t|august|aug|septembre|september|sept|sep|octobre|october|oct|novembre|"
    r"november|nov|d[ée]cembre|december|dec)\b\.?"
)
_YEAR = r"(?:,? ?(?P<year>(?:19|20)\d\d))?"
_DATES = (
    re.compile(rf"\b{_WEEKDAY}(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)? (?:of )?{_MONTH}{_YEAR}(?!\w)", re.IGNORECASE),
    re.compile(rf"\b{_WEEKDAY}{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}(?!\w)", re.IGNORECASE),
    re.compile(
        rf"\b{_WEEKDAY}(?P<day>\d{{1,2}}) ?[/.\-] ?(?P<month>\d{{1,2}}) ?[/.\-] ?(?P<year>(?:19|20)?\d\d)(?![\d/])",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<weekday>)(?P<year>(?:19|20)\d\d)-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)"),
)  # fmt: skip
_MERIDIEM = r"(?: ?(?P<{0}m>[ap])\.? ?m\b\.?)"
_HOUR = (
    r"(?P<{0}h>\d{{1,2}})(?:(?P<{0}mark> ?[hH](?:eures?|rs?)?\b| ?[hH](?=\d)|[:.](?=\d\d)) ?(?P<{0}min>\d\d)?(?!\d))?"
)
_TIMES = re.compile(
    rf"(?<![\d/:.,-]){_HOUR.format('a')}{_MERIDIEM.format('a')}?"
    rf" ?(?:[-–—→]+|à|a|to|until|till|and|et|/) ?"
    rf"{_HOUR.format('b')}{_MERIDIEM.format('b')}?(?![\d/])",
    re.IGNORECASE,
)
_ONE_TIME = re.compile(rf"(?<![\d/:.,-]){_HOUR.format('a')}{_MERIDIEM.format('a')}?(?![\d/])", re.IGNORECASE)
_IANA = re.compile(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b")
_CITY = re.compile(
    r"\b(?:heure (?:locale )?(?:de |d['’]))(?P<fr>[A-ZÉ][\w-]+(?: [A-Z][\w-]+)?)"
    r"|\((?P<bare>[A-ZÉ][\w-]+)\)"
    r"|\b(?P<en>[A-Z][\w-]+(?: [A-Z][\w-]+)?) time\b"
)
_ABBREVIATION = re.compile(r"\b(?:CES?T|HNEC|HAEC|BST|E[SD]T|P[SD]T)\b|\bheure d['’](?:été|hiver)")
_ZERO = re.compile(r"\b(?:UTC|GMT)\b(?! ?[+\-−]\d)")
_CITIES = {"geneve": "Europe/Zurich", "geneva": "Europe/Zurich", "vienne": "Europe/Vienna", "londres": "Europe/London",
           "bruxelles": "Europe/Brussels", "montreal": "America/Toronto", "ottawa": "America/Toronto",
           "new york": "America/New_York", "the hague": "Europe/Amsterdam", "la haye": "Europe/Amsterdam",
           "lisbonne": "Europe/Lisbon", "rome": "Europe/Rome", "berne": "Europe/Zurich", "bern": "Europe/Zurich",
           "beyrouth": "Asia/Beirut", "tunis": "Africa/Tunis", "alger": "Africa/Algiers"}  # fmt: skip
_NOT_WHEN = re.compile(
    r"avant le|before|until|jusqu|deadline|limite|by the|au plus tard|rsvp|inscri|regist", re.IGNORECASE
)
_LONGEST = 300
"""Characters of a line that can say when something is."""
_PROSE = 45
"""Characters beside a date and a time that make a line prose."""


class When(NamedTuple):
    """What one line says of when; `rest` is what it says beside."""

    date: Found | None
    starts: Found | None
    ends: Found | None
    zone: Found | None
    rest: str


def read_when(run: Run, *, is_french: bool) -> When:
    """Return the day, the hours and the zone that a line names.

    Args:
        run: the line.
        is_french: whether the announcement is at least partly French: then a day stands before its month.
    """
    if len(run.text) > _LONGEST or not any(char.isdigit() for char in run.text):
        return When(None, None, None, _zone(run)[0] if len(run.text) < _PROSE else None, run.text)
    day, date_span = _date(run, is_french=is_french)
    starts, ends, times_span = _hours(run, date_span)
    zone, zone_span = _zone(run)
    text = list(run.text)
    for start, end in (date_span, times_span, zone_span):
        text[start:end] = " " * (end - start)
    rest = re.sub(r"\s+", " ", "".join(text)).strip(" ,;.–—-()/|·")
    if len(rest) > _PROSE or _NOT_WHEN.search(rest):
        day, starts, ends = (_unsure(one) for one in (day, starts, ends))
    return When(day, starts, ends, zone, rest)


def _unsure(found: Found | None) -> Found | None:
    if found is None:
        return None
    return Found(value=found.value, start=found.start, end=found.end, is_sure=False)


def _date(run: Run, *, is_french: bool) -> tuple[Found | None, tuple[int, int]]:
    for pattern in _DATES:
        match = pattern.search(run.text)
        if match is None:
            continue
        found, is_sure = _day(match, is_french=is_french)
        if found is None:
            continue
        place = run.cut(*match.span())
        value = found.isoformat()
        return Found(value=value, start=place.start, end=place.end, is_sure=is_sure), match.span()
    return None, (0, 0)


def _day(match: re.Match[str], *, is_french: bool) -> tuple[date | None, bool]:
    said, year = match["month"].rstrip("."), match["year"]
    day = int(match["day"])
    month = int(said) if said.isdigit() else _MONTHS[fold(said)]
    is_sure = True
    if said.isdigit() and len(match["year"]) < 4:  # noqa: PLR2004 (digits of a year)
        year = f"20{year}"
    # 04/05 may be either where all is English; 26/04 is one thing only, and in French the day comes first.
    is_turnable = said.isdigit() and max(day, month) <= 12 and day != month and not match[0][:4].isdigit()  # noqa: PLR2004 (months)
    if year is None:
        return None, False
    try:
        found = date(int(year), month, day)
    except ValueError:
        return None, False
    weekday = match["weekday"]
    if weekday:
        is_right = _WEEKDAYS.get(fold(weekday), _WEEKDAYS.get(fold(weekday)[:3])) == found.weekday()
        return found, is_right
    if is_turnable and not is_french:
        is_sure = False
    return found, is_sure


def _hours(run: Run, without: tuple[int, int]) -> tuple[Found | None, Found | None, tuple[int, int]]:
    """Return the start and the end, looked for beside the date."""
    masked = run.text[: without[0]] + "\x00" * (without[1] - without[0]) + run.text[without[1] :]
    for match in _TIMES.finditer(masked):
        hours = _range(match)
        if hours is not None:
            place = run.cut(*match.span())
            starts, ends = (Found(value=value, start=place.start, end=place.end) for value in hours)
            return starts, ends, match.span()
    for match in _ONE_TIME.finditer(masked):
        if match["amark"] or match["am"]:
            value = _clock(int(match["ah"]), match["amin"], match["am"])
            if value:
                place = run.cut(*match.span())
                return Found(value=value, start=place.start, end=place.end), None, match.span()
    return None, None, (0, 0)


def _range(match: re.Match[str]) -> tuple[str, str] | None:
    if not (match["amark"] or match["bmark"] or match["am"] or match["bm"]):
        return None
    if not (match["bmark"] or match["bm"]):
        return None
    ends = _clock(int(match["bh"]), match["bmin"], match["bm"])
    halves = [match["am"]] if match["am"] or not match["bm"] else [match["bm"], "a" if match["bm"] in "pP" else "p"]
    for half in halves:
        starts = _clock(int(match["ah"]), match["amin"], half)
        if starts and ends and starts < ends:
            return starts, ends
    return None


def _clock(hour: int, minutes: str | None, half: str | None) -> str:
    """Return HH:MM, or nothing for what no clock shows."""
    minute = int(minutes or 0)
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 (hours of half a day)
            return ""
        hour = hour % 12 + (12 if half in "pP" else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""  # noqa: PLR2004 (a day, an hour)


@cache
def _cities() -> dict[str, str]:
    """Return city → zone, where one zone only has the name of that city."""
    found: dict[str, set[str]] = {}
    for name in zone_names():
        if "/" in name and not name.startswith(("Etc/", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/")):
            found.setdefault(fold(name.rsplit("/", 1)[1].replace("_", " ")), set()).add(name)
    return {city: next(iter(names)) for city, names in found.items() if len(names) == 1} | _CITIES


def _zone(run: Run) -> tuple[Found | None, tuple[int, int]]:
    for match in _IANA.finditer(run.text):
        if match[0] in zone_names():
            return _found_zone(run, match, match[0])
    for match in _CITY.finditer(run.text):
        city = fold(match["fr"] or match["bare"] or match["en"])
        zone = _cities().get(city) or _cities().get(city.rsplit(" ", 1)[-1])
        if zone:
            return _found_zone(run, match, zone)
    if zero := _ZERO.search(run.text):
        return _found_zone(run, zero, "UTC")
    if short := _ABBREVIATION.search(run.text):
        place = run.cut(*short.span())
        return Found(value="", start=place.start, end=place.end, is_sure=False), short.span()
    return None, (0, 0)


def _found_zone(run: Run, match: re.Match[str], zone: str) -> tuple[Found, tuple[int, int]]:
    place = run.cut(*match.span())
    return Found(value=zone, start=place.start, end=place.end), match.span()
