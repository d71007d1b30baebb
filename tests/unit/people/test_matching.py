"""Whom a typed name may mean."""

from __future__ import annotations

import pytest

from workshop.people.matching import find_by_name, new_key
from workshop.people.models import Person

NAMES = ("Élodie Martin", "Elodie Martinet", "Jean-Œuvre Martin", "Anne O’Neill", "Łukasz Żak")
PEOPLE = [Person(key=str(number), name=name) for number, name in enumerate(NAMES)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("elodie martin", [NAMES[0]]),
        ("ÉLODIE", list(NAMES[:2])),
        ("martin elo", list(NAMES[:2])),
        ("oeuvre", [NAMES[2]]),
        ("neill", [NAMES[3]]),
        ("o'n", [NAMES[3]]),
        ("lukasz", [NAMES[4]]),
        ("zak", [NAMES[4]]),
        ("rtine", [NAMES[1]]),
        ("nobody", []),
        ("", []),
        ("’ -", []),
    ],
)
def test_people_are_found_with_accents_aside(typed: str, names: list[str]) -> None:
    assert [person.name for person in find_by_name(PEOPLE, typed)] == names


def test_a_key_is_the_folded_name_and_never_taken() -> None:
    assert new_key("Élodie Œuvrard", ()) == "elodie-oeuvrard"
    assert new_key("Élodie Œuvrard", {"elodie-oeuvrard", "elodie-oeuvrard-2"}) == "elodie-oeuvrard-3"
    assert new_key("李明", ()) == "person"
    assert new_key("a" * 200, ()) == "a" * 60
