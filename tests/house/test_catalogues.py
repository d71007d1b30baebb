"""Every text in both languages, written as their editors would."""

import re

import pytest
from babel.messages.catalog import Catalog, Message

from tests.house import catalogues


def test_catalogues_are_complete_and_well_written() -> None:
    assert catalogues.faults() == []


@pytest.mark.parametrize(
    ("original", "french", "fault"),
    [
        ("Who?", "Qui ?", "U+202F"),
        ("Who?", "Qui\u202f?", None),
        ("Note: this", "Remarque : ceci", "U+00A0 before"),
        ("Note: this", "Remarque\u00a0: ceci", None),
        ("“this”", "« ceci »", "« »"),
        ("“this”", "«\u00a0ceci\u00a0»", None),
        ("the answer", "l'atelier", "apostrophe"),
        ("Dear %(name)s", "Bonjour", "placeholders"),
        ("See https://example.org/?a=b;c", "Voir https://example.org/?a=b;c", None),
        ("<b>x</b>", "x", "markup"),
        ("x", "", "not translated"),
    ],
)
def test_faults_are_seen(original: str, french: str, fault: str | None) -> None:
    found = list(catalogues._faults_of(Message(original, french), "fr"))
    assert (fault is None and found == []) or (fault is not None and fault in found[0])


def test_a_plural_may_say_one_in_words() -> None:
    message = Message(("one place", "%(num)s places"), ("une place", "%(num)s places"))
    assert list(catalogues._faults_of(message, "fr")) == []


def test_a_bare_percent_is_a_fault_in_a_template_alone() -> None:
    in_template = Message("10 per cent", "10\u00a0% environ", locations=[("a.html", 1)])
    in_code = Message("10 per cent", "10\u00a0% environ", locations=[("a.py", 1)])
    assert [len(list(catalogues._faults_of(one, "fr"))) for one in (in_template, in_code)] == [1, 0]


def test_english_is_the_source() -> None:
    catalogue: Catalog = catalogues.read("en")
    assert [message.id for message in catalogues.texts(catalogue) if message.string != message.id] == []


def test_no_text_hides_from_the_catalogues_behind_a_name_of_its_own() -> None:
    """Only `_` and the functions' own names are looked for when texts are taken up."""
    aliases = re.compile(r"gettext as (?!_\b)\w+")
    hidden = [path for path in (catalogues.ROOT / "workshop").rglob("*.py") if aliases.search(path.read_text("utf-8"))]
    assert hidden == []
