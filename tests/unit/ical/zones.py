"""Zones of the package tzdata: the machine's own may be of another edition."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from workshop.ical.tzfile import list_zone_names
from workshop.ical.vtimezone import UTC_NAMES


def _file_of(tzid: str) -> bytes:
    return resources.files("tzdata").joinpath("zoneinfo", *tzid.split("/")).read_bytes()


@cache
def distinct_zones() -> list[str]:
    """Name one zone of each content of file, UTC aside."""
    return sorted({_file_of(tzid): tzid for tzid in sorted(list_zone_names() - UTC_NAMES)}.values())


@cache
def zone_of(tzid: str) -> ZoneInfo:
    """Return a zone."""
    with resources.files("tzdata").joinpath("zoneinfo", *tzid.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=tzid)
