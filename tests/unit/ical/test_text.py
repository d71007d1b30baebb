import pytest

from workshop.ical import clean_text
from workshop.ical.text import clean_line, clean_uri, escape, find_language_tag


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("".join(map(chr, range(0x20))), " \n\n"),
        ("a\x7fb\x85c\u2028d\u2029e", "abcde"),
        ("a\ud83db\udc00c", "abc"),
        ("é 👩\u200d🔬 \u202f\u00a0 «»", "é 👩\u200d🔬 \u202f\u00a0 «»"),
    ],
)
def test_clean_text_removes_only_what_icalendar_cannot_carry(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean
    assert clean_text(clean) == clean


def test_clean_line_makes_one_line() -> None:
    assert clean_line("\r\nTwo \r\n\r\n lines\n") == "Two lines"


def test_a_backslash_before_a_capital_n_is_no_line_end() -> None:
    assert escape("C:\\New; a, b\nc") == "C:\\\\New\\; a\\, b\\nc"


def test_clean_uri_is_ascii_on_one_line_and_leaves_a_good_one_alone() -> None:
    good = "https://example.org/a%20b/?q=1,2;3#f"
    assert clean_uri(good) == good
    assert clean_uri("https://example.org/é \r\nX:1\n") == "https://example.org/%C3%A9%20X:1"


@pytest.mark.parametrize("tag", ["fr", "en-GB", "zh-Hant-TW"])
def test_language_tags_are_kept(tag: str) -> None:
    assert find_language_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "fr:x", "fr;X=1", 'fr"', "fr\r\nX:1", "fr\n", "français"])
def test_what_is_no_language_tag_never_becomes_a_parameter(tag: str) -> None:
    assert find_language_tag(tag) is None
