"""Text without a sign of Markdown is not parsed: what comes out is what the parser would have made of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.core import markup

SIGNS = st.sampled_from(
    [*"aéΩ7 «»'-=+~#|*<&[`", "\n", "\n\n", "  \n", " :", " !", "1.", "1)", "~~~", "\u00a0", "\t", "\r", "\\"]
)
RARE = st.sampled_from(["https://example.org", "\u2028", "\x1c", "\x85"])
TEXTS = st.lists(st.one_of(SIGNS, RARE, st.characters()), max_size=12).map("".join)


@settings(database=None, deadline=None, max_examples=3000)
@given(text=TEXTS, language=st.sampled_from(["fr", "en", None]))
def test_a_text_is_set_alike_whether_or_not_it_is_parsed(text: str, language: str | None) -> None:
    found = markup.plain(text, language)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markup, "_UNMARKED", re.compile("(?!)"))
        assert markup.plain(text, language) == found


def test_most_texts_need_no_parser() -> None:
    text = "Une séance sur l'accueil : qui vient ?\n\nDeux lignes,\ndites « ainsi »."
    assert markup._UNMARKED.fullmatch(text)
    assert markup.plain(text, "fr") == (
        "Une séance sur l’accueil\u00a0: qui vient\u202f?\n\nDeux lignes,\ndites «\u00a0ainsi\u00a0»."
    )
