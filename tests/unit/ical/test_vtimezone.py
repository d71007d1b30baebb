from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from dateutil.rrule import rrulestr

from tests.unit.ical.zones import distinct_zones, zone_of
from workshop.ical import vtimezone_for
from workshop.ical.tzfile import _parse_footer

HOUR = timedelta(hours=1)


def _offset(text: str) -> timedelta:
    digits = text[1:].ljust(6, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
    return -offset if text[0] == "-" else offset


def _interpret(vtimezone: bytes, last_year: int) -> tuple[list[datetime], list[timedelta]]:
    """Return the onsets in wall time and the offsets that begin there, as RFC 5545 3.6.5 reads them."""
    onsets: list[tuple[datetime, timedelta]] = []
    observance: dict[str, str] = {}
    for line in vtimezone.decode().replace("\r\n ", "").splitlines():
        name, _, value = line.partition(":")
        observance[name] = value
        if name == "BEGIN":
            observance = {}
        elif line in ("END:STANDARD", "END:DAYLIGHT"):
            start = datetime.fromisoformat(observance["DTSTART"])
            instances = [start]
            if "RRULE" in observance:
                rule = rrulestr(observance["RRULE"], dtstart=start)
                instances = rule.between(start, datetime.fromisoformat(f"{last_year + 2}0101"), inc=True)
                assert instances[0] == start, "DTSTART is an instance of its own rule"
            onsets += [(instance, _offset(observance["TZOFFSETTO"])) for instance in instances]
    onsets.sort()
    return [wall for wall, _ in onsets], [offset for _, offset in onsets]


def _sample(zone: ZoneInfo, first_year: int, last_year: int) -> list[datetime]:
    """Return walls, aware: the middle of each month, and hourly for two days around each change of offset."""
    samples = [
        datetime(year, month, 15, 12, tzinfo=UTC) for year in range(first_year, last_year + 1) for month in range(1, 13)
    ]
    day, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    before = day.astimezone(zone).utcoffset()
    while day < end:
        day += 24 * HOUR
        after = day.astimezone(zone).utcoffset()
        if after != before:
            samples += [day + hours * HOUR / 2 for hours in range(-72, 24)]
        before = after
    # A wall time with TZID is the first pass; the second is written in UTC.
    return [wall for sample in samples if not (wall := sample.astimezone(zone)).fold]


def _assert_agrees(tzid: str, first_year: int, last_year: int, samples: list[datetime]) -> None:
    onsets, offsets = _interpret(vtimezone_for(tzid, first_year, last_year), last_year)
    for wall in samples:
        place = bisect_right(onsets, wall.replace(tzinfo=None)) - 1
        assert place >= 0, (tzid, wall)
        assert offsets[place] == wall.utcoffset(), (tzid, wall)


@pytest.mark.parametrize("part", range(4))
def test_every_zone_of_tzdata_agrees_with_zoneinfo(part: int) -> None:
    zones = distinct_zones()
    assert len(zones) > 300
    for tzid in zones[part::4]:
        samples = _sample(zone_of(tzid), 2020, 2037)
        _assert_agrees(tzid, 2020, 2037, samples)
        for year in (2021, 2026, 2030):
            _assert_agrees(tzid, year, year, [wall for wall in samples if wall.astimezone(UTC).year == year])


@pytest.mark.parametrize(
    ("tzid", "first_year", "last_year"),
    [
        ("America/Toronto", 2005, 2008),
        ("America/Mexico_City", 2021, 2024),
        ("Africa/Casablanca", 2016, 2026),
        ("Europe/Paris", 1975, 1997),
        ("Europe/Dublin", 1971, 1997),
        ("America/Nuuk", 2021, 2050),
        ("Africa/Cairo", 2010, 2060),
        ("Asia/Gaza", 2080, 2095),
        ("Asia/Tokyo", 1948, 1952),
        ("Australia/Lord_Howe", 2026, 2060),
        ("Africa/Monrovia", 1971, 1973),
    ],
)
def test_years_in_which_a_zone_changed_its_rules_agree_with_zoneinfo(
    tzid: str, first_year: int, last_year: int
) -> None:
    _assert_agrees(tzid, first_year, last_year, _sample(zone_of(tzid), first_year, last_year))


def test_the_check_would_find_a_zone_that_is_an_hour_off() -> None:
    right = vtimezone_for("Europe/Paris", 2026, 2026)
    onsets, offsets = _interpret(right.replace(b"19810329T020000", b"19810329T040000"), 2026)
    wall = datetime(2026, 3, 29, 3, 30)  # noqa: DTZ001 - a wall time
    assert offsets[bisect_right(onsets, wall) - 1] != 2 * HOUR


def test_paris_is_two_yearly_rules_whatever_the_year() -> None:
    lines = [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:DAYLIGHT",
        "DTSTART:19810329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]
    assert vtimezone_for("Europe/Paris", 2021, 2021) == "\r\n".join(lines).encode()
    assert vtimezone_for("Europe/Paris", 2026, 2031) == vtimezone_for("Europe/Paris", 2021, 2021)


def test_a_zone_without_changes_is_one_standard() -> None:
    text = vtimezone_for("Asia/Tokyo", 2026, 2027).decode()
    assert text.count("BEGIN:") == 2
    assert "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\n" in text


def test_dublin_has_its_summer_as_daylight_saving() -> None:
    text = vtimezone_for("Europe/Dublin", 2026, 2026).decode()
    assert "BEGIN:DAYLIGHT\r\nDTSTART:19810329T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n" in text
    assert "BEGIN:STANDARD\r\nDTSTART:19961027T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\n" in text


@pytest.mark.parametrize("tzid", ["Mars/Olympus", "", "../../etc/passwd", "europe/paris", "Europe/Paris\r\nX:1"])
def test_an_unknown_zone_is_refused(tzid: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        vtimezone_for(tzid, 2026, 2026)


def test_utc_has_no_vtimezone() -> None:
    with pytest.raises(ValueError, match="UTC"):
        vtimezone_for("Etc/UTC", 2026, 2026)


@pytest.mark.parametrize("footer", ["A1B,J79/24,J263/24", "A1B,M2.5.0,M10.5.0", "A1B,M3.5.0"])
def test_a_form_of_rule_that_tzdata_does_not_have_is_an_error_not_a_wrong_zone(footer: str) -> None:
    with pytest.raises(ValueError, match="unknown form"):
        _parse_footer(footer)
