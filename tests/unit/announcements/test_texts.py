"""What organisers write is text: only whole https addresses become links, and nothing becomes anything else."""

from __future__ import annotations

import pytest

from workshop.announcements.rule import Piece, paragraphs


def links(text: str) -> list[str]:
    return [piece.text for part in paragraphs(text) for line in part for piece in line if piece.is_link]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Voir https://example.org/a.", ["https://example.org/a"]),
        ("(https://example.org/a)", ["https://example.org/a"]),
        ("https://example.org/a_(b)", ["https://example.org/a_(b)"]),
        (
            "« https://example.org/ », https://b.example.org?x=1&y=2!",
            ["https://example.org/", "https://b.example.org?x=1&y=2"],
        ),
        ("http://example.org www.example.org a@example.org javascript:alert(1)", []),
        ("https://", []),
        ('<a href="https://example.org/x">x</a>', ["https://example.org/x"]),
        ("{{7*7}} %(x)s {0.__class__}", []),
    ],
)
def test_only_whole_https_addresses_are_links(text: str, expected: list[str]) -> None:
    assert links(text) == expected
    assert "".join(piece.text for part in paragraphs(text) for line in part for piece in line) == text


def test_an_empty_line_begins_a_paragraph() -> None:
    assert paragraphs("a\nb\n\n \n\nc") == [((Piece("a"),), (Piece("b"),)), ((Piece("c"),),)]
    assert paragraphs("") == []


def test_the_mark_of_a_secret_link_stays_no_mark() -> None:
    mark = f"[[link:my:{'0' * 32}]]"
    assert "[[" not in paragraphs(mark)[0][0][0].text
