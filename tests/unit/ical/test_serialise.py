import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.ical import Calendar, Event, EventStatus, serialise, serialise_event

MakeEvent = Callable[..., Event]
CALENDAR = Calendar(name="Décloisonner", language="fr")
ZWJ_EMOJI = "👩\u200d🔬"


def _read(octets: bytes) -> list[Any]:
    """Return vobject's events, which must get their offsets from our VTIMEZONE: it does not know the zones' names."""
    for name in re.findall(rb"TZID:(.+)\r\n", octets):
        octets = octets.replace(name, b"Test/" + name.replace(b"/", b"-"))
    return list(vobject.readOne(octets.decode()).contents.get("vevent", []))


def _assert_valid(octets: bytes) -> list[str]:
    """Check the octets and return the unfolded lines."""
    text = octets.decode()
    assert text.endswith("\r\n")
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufeff]", text)
    assert not re.search("\r(?!\n)|(?<!\r)\n", text)
    assert all(0 < len(line) <= 75 for line in octets.removesuffix(b"\r\n").split(b"\r\n"))
    lines = text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    assert all(re.match(r"[A-Z-]+[;:]", line) for line in lines)
    return lines


def _names(lines: Iterable[str]) -> list[str]:
    return [re.split("[;:]", line, maxsplit=1)[0] for line in lines]


@pytest.mark.parametrize(
    ("start", "end", "tzid", "starts_at", "hours"),
    [
        ("2026-10-24T18:00", "2026-10-24T20:00", "Europe/Paris", "2026-10-24T16:00Z", 2),
        ("2026-10-26T18:00", "2026-10-26T20:00", "Europe/Paris", "2026-10-26T17:00Z", 2),
        ("2026-10-25T01:30", "2026-10-25T03:30", "Europe/Paris", "2026-10-24T23:30Z", 3),
        ("2026-07-01T18:00", "2026-07-01T20:00", "Europe/Paris", "2026-07-01T16:00Z", 2),
        ("2026-10-24T23:00", "2026-10-25T01:00", "Europe/Paris", "2026-10-24T21:00Z", 2),
        ("2021-06-17T16:00", "2021-06-17T18:00", "America/Toronto", "2021-06-17T20:00Z", 2),
        ("2026-11-02T18:00", "2026-11-02T20:00", "America/Toronto", "2026-11-02T23:00Z", 2),
        ("2026-12-31T23:00", "2027-01-01T01:00", "America/Toronto", "2027-01-01T04:00Z", 2),
        ("2026-08-01T12:00", "2026-08-01T13:00", "Asia/Tokyo", "2026-08-01T03:00Z", 1),
    ],
)
def test_a_second_parser_reads_the_same_instants(
    make_event: MakeEvent, start: str, end: str, tzid: str, starts_at: str, hours: int
) -> None:
    octets = serialise(CALENDAR, [make_event(start, end, tzid=tzid)])
    _assert_valid(octets)
    assert f"DTSTART;TZID={tzid}:{start.translate(str.maketrans('', '', '-:'))}00\r\n".encode() in octets
    (vevent,) = _read(octets)
    assert vevent.dtstart.value.astimezone(UTC) == datetime.fromisoformat(starts_at)
    assert vevent.dtend.value.astimezone(UTC) == datetime.fromisoformat(starts_at) + timedelta(hours=hours)


@pytest.mark.parametrize(("fold", "starts_at"), [(0, b"20261025T003000Z"), (1, b"20261025T013000Z")])
def test_an_hour_that_comes_twice_is_written_in_utc(make_event: MakeEvent, fold: int, starts_at: bytes) -> None:
    """Parsers do not agree on which pass a wall time means."""
    start = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=ZoneInfo("Europe/Paris"))
    octets = serialise(CALENDAR, [make_event(starts_at=start, ends_at=start + timedelta(hours=2))])
    assert b"DTSTART:" + starts_at + b"\r\n" in octets
    assert b"VTIMEZONE" not in octets


@pytest.mark.parametrize("tzid", ["UTC", "Etc/UTC"])
def test_utc_needs_no_zone(make_event: MakeEvent, tzid: str) -> None:
    octets = serialise(CALENDAR, [make_event(tzid=tzid)])
    assert b"DTSTART:20261024T180000Z\r\nDTEND:20261024T200000Z\r\n" in octets
    assert b"TZID" not in octets


def test_each_zone_in_use_once_before_the_events_and_events_by_start_then_uid(make_event: MakeEvent) -> None:
    events = [
        make_event("2026-10-24T18:00", "2026-10-24T20:00", uid="c"),
        make_event("2026-10-24T12:00", "2026-10-24T14:00", uid="b", tzid="America/Toronto"),
        make_event("2026-10-24T18:00", "2026-10-24T20:00", uid="a"),
        make_event("2027-01-24T18:00", "2027-01-24T20:00", uid="0"),
        make_event("2026-10-24T15:00", "2026-10-24T20:00", uid="z", tzid="UTC"),
    ]
    octets = serialise(CALENDAR, events)
    lines = _assert_valid(octets)
    assert [line for line in lines if line.startswith(("TZID:", "UID:"))] == [
        "TZID:America/Toronto",
        "TZID:Europe/Paris",
        *(f"UID:{uid}" for uid in "zabc0"),
    ]
    assert serialise(CALENDAR, reversed(events)) == octets
    assert [vevent.dtstart.value.astimezone(UTC).hour for vevent in _read(octets)] == [15, 16, 16, 16, 17]


def test_no_session_is_a_valid_feed_of_the_calendars_own_lines() -> None:
    lines = _assert_valid(serialise(CALENDAR, []))
    assert lines == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//workshop//workshop//EN",
        "CALSCALE:GREGORIAN",
        "NAME;LANGUAGE=fr:Décloisonner",
        "X-WR-CALNAME:Décloisonner",
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        "X-PUBLISHED-TTL:PT4H",
        "END:VCALENDAR",
    ]


def test_a_download_does_not_say_how_often_to_look(make_event: MakeEvent) -> None:
    octets = serialise(Calendar(name="", is_feed=False), [make_event()])
    assert b"REFRESH" not in octets
    assert b"TTL" not in octets
    assert b"NAME:\r\n" not in octets


@pytest.mark.parametrize(
    ("colour", "line"),
    [("rebeccapurple", b"COLOR:rebeccapurple"), ("#0a5c4f", b"X-APPLE-CALENDAR-COLOR:#0a5c4f"), ("red;x", None)],
)
def test_a_colour_is_a_name_or_hexadecimal_or_left_out(colour: str, line: bytes | None) -> None:
    octets = serialise(Calendar(name="x", colour=colour), [])
    assert (line + b"\r\n" in octets) if line else b"COLOR" not in octets


@pytest.mark.parametrize(
    ("colour", "name"),
    [("#1f5a4c", "darkslategray"), ("#FF0000", "red"), ("#fefefe", "white"), ("#0b5d5b", "darkslategray")],
)
def test_a_colour_that_has_no_name_comes_with_the_nearest_name(colour: str, name: str) -> None:
    octets = serialise(Calendar(name="x", colour=colour), [])
    assert f"\r\nCOLOR:{name}\r\nX-APPLE-CALENDAR-COLOR:{colour}\r\n".encode() in octets


def test_every_line_of_a_full_event_in_a_fixed_order(make_event: MakeEvent) -> None:
    event = make_event(
        sequence=3,
        status=EventStatus.TENTATIVE,
        is_transparent=False,
        language="en-GB",
        description="One\nTwo",
        location="Online",
        url="https://example.org/s",
        categories=("Open debate", "a,b"),
        conference="https://example.org/join",
    )
    assert _assert_valid(serialise_event(event)) == [
        "BEGIN:VEVENT",
        "UID:a1@workshops.example.org",
        "DTSTAMP:20260901T120000Z",
        "LAST-MODIFIED:20260901T120000Z",
        "SEQUENCE:3",
        "STATUS:TENTATIVE",
        "TRANSP:OPAQUE",
        "DTSTART;TZID=Europe/Paris:20261024T180000",
        "DTEND;TZID=Europe/Paris:20261024T200000",
        "SUMMARY;LANGUAGE=en-GB:Séance",
        "DESCRIPTION;LANGUAGE=en-GB:One\\nTwo",
        "LOCATION;LANGUAGE=en-GB:Online",
        "URL:https://example.org/s",
        "CATEGORIES:Open debate,a\\,b",
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://example.org/join",
        "END:VEVENT",
    ]


@pytest.mark.parametrize(
    "text",
    ["C:\\New\\node \\; \\,", 'commas, semicolons; "quotes": \\ \\\\', "é" * 120, "\\" * 90, ZWJ_EMOJI * 40, ",;" * 60],
)
@pytest.mark.parametrize("padding", range(4))
def test_texts_come_back_from_a_second_parser_as_they_went_in(make_event: MakeEvent, text: str, padding: int) -> None:
    text = "x" * padding + text
    event = make_event(summary=text, description=f"{text}\n\n{text}", location=text, categories=(text, "b"))
    octets = serialise(CALENDAR, [event])
    _assert_valid(octets)
    (vevent,) = _read(octets)
    assert vevent.summary.value == text
    assert vevent.description.value == f"{text}\n\n{text}"
    assert vevent.location.value == text
    assert vevent.categories.value == [text, "b"]


@pytest.mark.parametrize("octet", range(60, 80))
def test_an_emoji_at_the_fold_stays_whole(make_event: MakeEvent, octet: int) -> None:
    summary = "x" * (octet - len("SUMMARY:")) + ZWJ_EMOJI + "y"
    octets = serialise(CALENDAR, [make_event(summary=summary)])
    assert f"SUMMARY:{summary}" in _assert_valid(octets)
    # Every single line is UTF-8: no code point is split.
    for line in octets.split(b"\r\n"):
        line.decode()


def test_summary_and_location_are_one_line(make_event: MakeEvent) -> None:
    lines = _assert_valid(serialise_event(make_event(summary="Two\r\nlines\n", location="En\nligne")))
    assert "SUMMARY:Two lines" in lines
    assert "LOCATION:En ligne" in lines


HOSTILE = (
    "x\r\nATTACH:https://example.org/\nEND:VEVENT\rBEGIN:VALARM\u2028A:1\x85B:2\x00\x0b\x0c\x1b\x7f\ud800;C=1:\"'\\"
)
NAMES_IN_ORDER = [
    *("BEGIN", "VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "URL", "SOURCE", "COLOR"),
    *("X-APPLE-CALENDAR-COLOR", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "BEGIN", "UID", "DTSTAMP", "LAST-MODIFIED"),
    *("SEQUENCE", "STATUS", "TRANSP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CATEGORIES"),
    *("CONFERENCE", "END", "END"),
]
EVENT_TEXTS = ("uid", "summary", "description", "location", "url", "language", "conference")
CALENDAR_TEXTS = ("name", "language", "url", "source", "colour")


def _assert_hostile_text_is_inert(event: Event, calendar: Calendar) -> None:
    lines = _assert_valid(serialise(calendar, [event]))
    names = _names(lines[: lines.index("BEGIN:VTIMEZONE")] + lines[lines.index("BEGIN:VEVENT") :])
    remaining = iter(NAMES_IN_ORDER)
    # In order, each at most once.
    assert all(name in remaining for name in names), names
    assert [line for line in lines if line.startswith("BEGIN:V")] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VTIMEZONE",
        "BEGIN:VEVENT",
    ]


def test_hostile_text_in_every_field_starts_no_property(make_event: MakeEvent) -> None:
    event = make_event(categories=(HOSTILE, HOSTILE), **dict.fromkeys(EVENT_TEXTS, HOSTILE))
    calendar = Calendar(name=HOSTILE, language=HOSTILE, url=HOSTILE, source=HOSTILE, colour=HOSTILE)
    _assert_hostile_text_is_inert(event, calendar)
    (vevent,) = _read(serialise(calendar, [event]))
    assert not hasattr(vevent, "attach")


@settings(database=None, deadline=None, max_examples=150)
@given(data=st.data())
def test_any_text_in_every_field_starts_no_property(data: st.DataObject) -> None:
    texts = st.text(st.one_of(st.characters(), st.sampled_from('\r\n\x85\u2028\ud800\udc00\\;:,"^N é👩\u200d')))
    values: dict[str, Any] = {name: data.draw(texts) for name in EVENT_TEXTS}
    event = Event(
        sequence=0,
        revised_at=datetime(2026, 1, 1, tzinfo=UTC),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2026, 1, 2, tzinfo=UTC),
        tzid="Europe/Paris",
        status=EventStatus.CONFIRMED,
        categories=tuple(data.draw(st.lists(texts, max_size=3))),
        **{**values, "uid": f"u{values['uid']}"},
    )
    calendar_values: dict[str, Any] = {name: data.draw(texts) for name in CALENDAR_TEXTS}
    _assert_hostile_text_is_inert(event, Calendar(**calendar_values))


def test_a_zone_that_does_not_exist_is_an_error(make_event: MakeEvent) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        serialise(CALENDAR, [make_event(tzid="UTC", uid="a"), _with_zone(make_event(), "Europe/Paris\r\nX:1")])


def _with_zone(event: Event, tzid: str) -> Event:
    values = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    return Event(**{**values, "tzid": tzid})


def test_a_thousand_sessions_are_valid_and_joined_from_the_cache_in_no_time(make_event: MakeEvent) -> None:
    start = datetime(2026, 1, 1, 17, tzinfo=UTC)
    events = [
        make_event(
            uid=f"u{number}",
            starts_at=start + timedelta(days=number),
            ends_at=start + timedelta(days=number, hours=2),
            description="Résumé, «\u00a0long\u00a0» ; " * 40,
        )
        for number in range(1000)
    ]
    began = perf_counter()
    octets = serialise(CALENDAR, events)
    cold = perf_counter() - began
    rounds = []
    for _ in range(5):
        began = perf_counter()
        assert serialise(CALENDAR, events) == octets
        rounds.append(perf_counter() - began)
    # Some thousandths on an idle machine; the best of five, because tests share it.
    assert min(rounds) < cold / 10
    assert _assert_valid(octets).count("BEGIN:VEVENT") == 1000
    assert len(_read(octets)) == 1000
