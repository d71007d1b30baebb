"""Any text at all, as parsers understand it: the same words, no other property."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from tests.clients.parsers import Read
from workshop.ical import Calendar, Event, EventStatus, clean_text, serialise
from workshop.ical.text import clean_line

HOUR = timedelta(hours=1)
# What means something in a calendar, beside anything else.
PIECES = st.sampled_from(
    ["\r\n", "\n", "\\", "\\n", "\\N", "\\,", ";", ",", ":", '"', "^n", "^'", "END:VEVENT", "BEGIN:VALARM", " ", "\t", "\ufeff",
     "\u0085", "\u2028", "\u200d", "é", "\U0001f468\u200d\U0001f469", "%s", 'X-A;B="c":d', "\x00", "\ud800"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=40)), max_size=12).map("".join)


def make(number: int, text: str) -> Event:
    return Event(
        uid=f"{number}@example.org",
        sequence=number,
        revised_at=NOW,
        starts_at=NOW + number * HOUR,
        ends_at=NOW + (number + 1) * HOUR,
        tzid="Europe/Paris",
        status=EventStatus.CONFIRMED,
        summary=text,
        description=text,
        location=text,
        language="en",
    )


def shown(text: str) -> str:
    """Return a text as people see it: libical leaves out blanks at its ends."""
    return text.strip(" \t")


@settings(
    max_examples=8,  # of many texts each: two of the parsers are started for each
    phases=[Phase.generate],  # a failure among many short texts is plain enough
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(texts=st.lists(TEXTS, min_size=20, max_size=40), name=TEXTS)
def test_any_text_comes_through(read: Callable[[bytes], Read], texts: list[str], name: str) -> None:
    found = read(serialise(Calendar(name=name), [make(number, text) for number, text in enumerate(texts)]))
    lines = [clean_line(text) for text in texts]
    paragraphs = [clean_text(text).strip("\n") for text in texts]
    assert [shown(entry.summary) for entry in found.entries] == [shown(line) for line in lines]
    assert [shown(entry.location) for entry in found.entries] == [shown(line) for line in lines]
    assert [shown(entry.description) for entry in found.entries] == [shown(text) for text in paragraphs]
    always = {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "STATUS", "TRANSP", "DTSTART", "DTEND"}
    for entry, line, text in zip(found.entries, lines, paragraphs, strict=True):
        texts_there = {"SUMMARY", "LOCATION"} if line else set()
        described = {"DESCRIPTION"} if text.strip() else set()
        assert entry.names == tuple(sorted(always | texts_there | described))
    # Not its text: icalendar and ical.js do not unescape a NAME.
    assert found.names.count("NAME") == bool(clean_line(name))
