"""Content lines: folded where RFC 5545 lets them be, and put together again to the octet."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Event

from workshop.ical.content import add_raw, fold, to_octets
from workshop.ical.text import escape

TEXTS = st.lists(st.sampled_from(["\\", ";", ",", "\n", "x", "é", "€", "👩", "\u200d", "a" * 30]), max_size=120)


@settings(database=None, deadline=None, max_examples=500)
@given(parts=TEXTS)
@example(parts=["\\"] * 120)
@example(parts=["x", *["\\"] * 120])
@example(parts=["👩"] * 120)
def test_a_long_line_is_cut_between_signs_and_never_within_an_escape(parts: list[str]) -> None:
    line = f"SUMMARY:{escape(''.join(parts))}"
    folded = fold(line)
    assert folded.endswith(b"\r\n")
    pieces = folded.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    texts = [piece.removeprefix(b" ").decode() for piece in pieces]
    assert "".join(texts) == line
    for text in texts:
        assert (len(text) - len(text.rstrip("\\"))) % 2 == 0


@pytest.mark.parametrize(
    ("value", "written"),
    [("Paris", "Paris"), ("Europe/Paris", "Europe/Paris"), ("A, B", '"A, B"'), ("a:b", '"a:b"'), ("a;b", '"a;b"')],
)
def test_a_parameter_is_quoted_where_it_must_be(value: str, written: str) -> None:
    component = Event()
    add_raw(component, "N", "v", {"P": value})
    assert to_octets(component) == f"BEGIN:VEVENT\r\nN;P={written}:v\r\nEND:VEVENT\r\n".encode()
