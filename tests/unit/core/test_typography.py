"""Text as its language is printed: what is set, what is left alone, and that setting it again changes nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.core.typography import typeset

N, T = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Pourquoi?", f"Pourquoi{T}?"),
        ("Pourquoi ?", f"Pourquoi{T}?"),
        (f"Pourquoi{N}?", f"Pourquoi{T}?"),
        ("Quoi?! Non!", f"Quoi{T}?! Non{T}!"),
        ("un; deux", f"un{T}; deux"),
        ("Atelier 4: décloisonner", f"Atelier 4{N}: décloisonner"),
        ("Note :", f"Note{N}:"),
        ("l'usage d'un mot", "l’usage d’un mot"),
        ("dire \"oui\" ou 'non'", f"dire «{N}oui{N}» ou 'non'"),
        ('l\'"usage"', f"l’«{N}usage{N}»"),
        ("«oui»", f"«{N}oui{N}»"),
        ("« oui »", f"«{N}oui{N}»"),
        ("etc...", "etc…"),
        ("de 16h à 18h30", f"de 16{N}h à 18{N}h{N}30"),
        ("16h-18h", f"16{N}h{N}–{N}18{N}h"),
        ("16 h 30 – 18 h", f"16{N}h{N}30{N}–{N}18{N}h"),
        ("50 % et 3€", f"50{N}% et 3{N}€"),
        ("n° 4", f"n°{N}4"),
    ],
)
def test_what_french_sets(typed: str, printed: str) -> None:
    assert typeset(typed, "fr") == printed
    assert typeset(printed, "fr") == printed


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a?b=c;d:e!f",
        "www.example.org/?a",
        "ecrire@example.org",
        '[là](https://example.org "titre")',
        "`a ? b`",
        "&amp;",
        "à 16:00",
        "(?)",
        "a:b",
        'un écran de 15"',
        "",
    ],
)  # fmt: skip
def test_what_is_no_prose_stays(text: str) -> None:
    assert typeset(text, "fr") == text


def test_other_languages_get_apostrophes_only() -> None:
    assert typeset("It's \"so\": isn't it?", "en") == 'It’s "so": isn’t it?'  # fmt: skip
    assert typeset("https://example.org/it's", "en") == "https://example.org/it's"


def test_what_has_no_language_stays() -> None:
    assert typeset("Qui? L'Inserm!", None) == "Qui? L'Inserm!"


@given(st.text(alphabet="ab 19h:;!?«»\"'.-–%°n`@/[]()&\u00a0\u202f\n", max_size=60))
def test_setting_again_changes_nothing(text: str) -> None:
    once = typeset(text, "fr")
    assert typeset(once, "fr") == once


@pytest.mark.parametrize(
    "text", ["`" * 20_000, '"a' * 10_000, "a@" * 10_000, "](" * 10_000, "« " * 10_000, " " * 20_000 + "?", "1" * 20_000]
)
def test_long_texts_take_no_time(text: str) -> None:
    started = time.perf_counter()
    typeset(text, "fr")
    assert time.perf_counter() - started < 2
