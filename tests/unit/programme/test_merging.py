"""Two who edit at once: what one did not touch is as the other left it; what both changed is told, and nothing lost."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.unit.programme.values import a_session, text
from workshop.core.localized import Localized
from workshop.people.values import PartnerValues, PersonValues
from workshop.programme.models import ItemKind
from workshop.programme.service.languages import TermValues
from workshop.programme.service.merging import (
    Conflict,
    Content,
    digests,
    is_overtaken,
    merge,
    merge_rows,
    merge_values,
    row_digests,
    take,
)
from workshop.programme.service.values import ItemValues, SectionValues, SessionValues

SHOWN = a_session(abstract=text("Le résumé", "The abstract"), objectives=(text("Un", "One"), text("Deux", "Two")))


def change(values: SessionValues = SHOWN, **changes: Any) -> SessionValues:
    return dataclasses.replace(values, **changes)


def item(number: int | None, title: str, **changes: Any) -> ItemValues:
    return ItemValues(**{"id": number, "kind": ItemKind.TALK, "title": text(f"{title} fr", title), **changes})


def section(number: int | None, title: str, *items: ItemValues) -> SectionValues:
    return SectionValues(id=number, title=text(f"{title} fr", title), items=items)


PROGRAMME = (
    section(1, "First", item(1, "A"), item(2, "B")),
    section(2, "Second", item(3, "C")),
)


def ids(sections: tuple[SectionValues, ...] | None) -> list[tuple[str, list[str]]]:
    return [(one.title["en"], [part.title["en"] for part in one.items]) for one in sections or ()]


def merged(posted: SessionValues, stands: SessionValues) -> tuple[SessionValues | None, tuple[Conflict, ...]]:
    found = merge(digests(SHOWN, None), Content(posted), Content(stands))
    return found.values, found.conflicts


def arranged(
    posted: tuple[SectionValues, ...], stands: tuple[SectionValues, ...]
) -> tuple[list[tuple[str, list[str]]], list[str]]:
    found = merge(digests(None, PROGRAMME), Content(None, posted), Content(None, stands))
    return ids(found.sections), [one.field for one in found.conflicts]


def test_digests_are_short_ascii_and_hold_no_text() -> None:
    found = digests(SHOWN, PROGRAMME)
    assert found.isascii()
    assert "abstract" in found
    assert "The abstract" not in found
    assert len(found) < 3000


def test_what_i_did_not_touch_is_as_the_other_left_it() -> None:
    mine, theirs = change(capacity=20), change(abstract=text("Autre", "Other"), links=("https://example.org/",))
    assert merged(mine, theirs) == (change(theirs, capacity=20), ())


def test_each_language_of_a_text_is_its_own() -> None:
    mine, theirs = change(title=text("Le mien", "First session")), change(title=text("Première séance", "Theirs"))
    assert merged(mine, theirs) == (change(title=text("Le mien", "Theirs")), ())


def test_a_language_that_was_empty_is_merged_too() -> None:
    shown = change(title=Localized({"fr": "Titre"}))
    posted, stands = change(shown, title=text("Mon titre", "")), change(shown, title=text("Titre", "Title"))
    found = merge(digests(shown, None), Content(posted), Content(stands))
    assert (found.values, found.conflicts) == (change(shown, title=text("Mon titre", "Title")), ())
    both = change(shown, title=text("Titre", "My title"))
    found = merge(digests(shown, None), Content(both), Content(stands))
    assert found.conflicts == (Conflict("title", "en", "My title", "Title"),)


def test_what_both_changed_is_told_and_holds_what_was_posted() -> None:
    mine, theirs = change(title=text("Le mien", "Mine")), change(title=text("Le leur", "Theirs"), capacity=5)
    values, conflicts = merged(mine, theirs)
    assert values == change(mine, capacity=5)
    assert conflicts == (
        Conflict("title", "fr", "Le mien", "Le leur"),
        Conflict("title", "en", "Mine", "Theirs"),
    )


def test_both_changed_it_to_the_same() -> None:
    same = change(title=text("Pareil", "Same"), capacity=8)
    assert merged(same, same) == (same, ())


def test_objectives_are_merged_by_language() -> None:
    mine = change(objectives=(text("Un", "One"), text("Deux bis", "Two")))
    theirs = change(objectives=(text("Un", "One"), text("Deux", "Two"), Localized({"en": "Three"})))
    values, conflicts = merged(mine, theirs)
    assert values is not None
    assert values.objectives == (text("Un", "One"), text("Deux bis", "Two"), Localized({"en": "Three"}))
    assert not conflicts


def test_text_that_all_languages_share() -> None:
    shown = change(label=Localized.neutral("Atelier"))
    base = digests(shown, None)
    spelt_out = change(shown, label=text("Atelier", "Atelier"))
    other = change(shown, label=text("Atelier 1", "Workshop 1"))
    assert merge(base, Content(spelt_out), Content(other)).values == other
    assert merge(base, Content(other), Content(shown)).values == other
    third = change(shown, label=Localized.neutral("Autre"))
    assert merge(base, Content(other), Content(third)).conflicts == (Conflict("label", "", other.label, third.label),)


def test_white_space_alone_is_no_touch() -> None:
    shown = change(abstract=text("Un\r\nrésumé", "An abstract"))
    posted = change(shown, abstract=text("Un\nrésumé ", "An abstract"))
    stands = change(shown, abstract=text("Changé", "An abstract"))
    found = merge(digests(shown, None), Content(posted), Content(stands))
    assert (found.values, found.conflicts) == (stands, ())


def test_none_and_nothing_are_different() -> None:
    mine, theirs = change(reminders=()), change(title=text("a", "b"))
    assert merged(mine, theirs) == (change(theirs, reminders=()), ())


def test_moderators_left_as_they_are() -> None:
    shown = change(moderators=("ada",))
    posted, stands = change(shown, moderators=None), change(shown, moderators=("bo",))
    found = merge(digests(shown, None), Content(posted), Content(stands))
    assert found.values == posted
    assert not found.conflicts


@pytest.mark.parametrize("base", ["", "nonsense", "title", "=;=;"])
def test_without_what_was_shown_all_is_as_posted(base: str) -> None:
    found = merge(base, Content(SHOWN, PROGRAMME), Content(change(capacity=1), ()))
    assert (found.values, found.sections, found.conflicts) == (SHOWN, PROGRAMME, ())


def test_parts_are_told_by_their_ids() -> None:
    mine = (section(1, "First", item(1, "A changed"), item(2, "B")), PROGRAMME[1])
    theirs = (PROGRAMME[0], section(2, "Second", item(3, "C", minutes=20)))
    found = merge(digests(None, PROGRAMME), Content(None, mine), Content(None, theirs))
    assert ids(found.sections) == [("First", ["A changed", "B"]), ("Second", ["C"])]
    assert found.sections is not None
    assert found.sections[1].items[0].minutes == 20
    assert not found.conflicts


def test_a_conflict_names_the_place_of_the_part() -> None:
    mine = (PROGRAMME[0], section(2, "Second", item(3, "Mine")))
    theirs = (section(9, "New", item(9, "N")), PROGRAMME[0], section(2, "Second", item(3, "Theirs")))
    order, fields = arranged(mine, theirs)
    assert order == [("New", ["N"]), ("First", ["A", "B"]), ("Second", ["Mine"])]
    assert fields == ["programme.2.items.0.title"] * 2


def test_both_added() -> None:
    mine = (section(1, "First", item(1, "A"), item(None, "Mine"), item(2, "B")), PROGRAMME[1])
    theirs = (PROGRAMME[0], section(2, "Second", item(3, "C"), item(4, "Theirs")), section(5, "Third"))
    assert arranged(mine, theirs) == (
        [("First", ["A", "Mine", "B"]), ("Second", ["C", "Theirs"]), ("Third", [])],
        [],
    )


def test_one_moved_and_one_wrote() -> None:
    mine = (PROGRAMME[1], PROGRAMME[0])
    theirs = (section(1, "First", item(1, "A"), item(2, "B changed")), PROGRAMME[1])
    expected: tuple[list[tuple[str, list[str]]], list[str]] = ([("Second", ["C"]), ("First", ["A", "B changed"])], [])
    assert arranged(mine, theirs) == expected
    assert arranged(theirs, mine) == expected


def test_an_item_that_moved_to_another_section() -> None:
    mine = (section(1, "First", item(2, "B")), section(2, "Second", item(3, "C"), item(1, "A")))
    theirs = (section(1, "First", item(1, "A changed"), item(2, "B")), PROGRAMME[1])
    assert arranged(mine, theirs) == ([("First", ["B"]), ("Second", ["C", "A changed"])], [])
    new = (section(1, "First", item(2, "B")), PROGRAMME[1], section(None, "New", item(1, "A")))
    assert arranged(new, theirs) == ([("First", ["B"]), ("Second", ["C"]), ("New", ["A changed"])], [])


def test_both_moved() -> None:
    mine = (section(1, "First", item(2, "B"), item(1, "A")), PROGRAMME[1])
    theirs = (PROGRAMME[1], PROGRAMME[0])
    assert arranged(mine, theirs) == ([("First", ["B", "A"]), ("Second", ["C"])], ["programme"])
    assert arranged(mine, mine) == ([("First", ["B", "A"]), ("Second", ["C"])], [])


def test_taken_out_by_one_and_untouched_by_the_other() -> None:
    less = (section(1, "First", item(1, "A")), PROGRAMME[1])
    assert arranged(less, PROGRAMME) == ([("First", ["A"]), ("Second", ["C"])], [])
    assert arranged(PROGRAMME, less) == ([("First", ["A"]), ("Second", ["C"])], [])


def test_taken_out_by_one_and_changed_by_the_other() -> None:
    less = (section(1, "First", item(1, "A")), PROGRAMME[1])
    changed = (section(1, "First", item(1, "A"), item(2, "B changed")), PROGRAMME[1])
    found = merge(digests(None, PROGRAMME), Content(None, less), Content(None, changed))
    assert ids(found.sections) == [("First", ["A"]), ("Second", ["C"])]
    assert found.conflicts == (Conflict("programme.0.items.1", "", None, changed[0].items[1]),)
    found = merge(digests(None, PROGRAMME), Content(None, changed), Content(None, less))
    assert ids(found.sections) == [("First", ["A", "B changed"]), ("Second", ["C"])]
    assert [one.stands for one in found.conflicts] == [None]
    assert found.sections is not None
    assert found.sections[0].items[1].id is None


def test_a_section_taken_out_into_which_the_other_wrote() -> None:
    less = (PROGRAMME[0],)
    more = (PROGRAMME[0], section(2, "Second", item(3, "C"), item(4, "New")))
    assert arranged(less, more) == ([("First", ["A", "B"]), ("Second", ["New"])], [])


def test_what_stands_may_be_preferred() -> None:
    posted, stands = change(title=text("x", "x2")), change(title=text("y", "y2"), capacity=3)
    found = merge(digests(SHOWN, None), Content(posted), Content(stands), prefers_standing=True)
    assert found.values == stands
    assert len(found.conflicts) == 2


PERSON = PersonValues(
    key="zoe",
    name="Zoé",
    role=text("juriste", "jurist"),
    affiliations=(Localized.neutral("Inserm"), text("Université", "University")),
    email="zoe@example.org",
)
OF_PERSON = ("name", "role", "affiliations", "biography", "links")


def of_person(mine: dict[str, Any], theirs: dict[str, Any]) -> tuple[PersonValues, list[tuple[str, str]]]:
    base = digests(PERSON, None, fields=OF_PERSON)
    posted, stands = dataclasses.replace(PERSON, **mine), dataclasses.replace(PERSON, **theirs)
    found, conflicts = merge_values(base, posted, stands, OF_PERSON)
    return found, [(one.field, one.language) for one in conflicts]


def test_any_dataclass_is_brought_together_field_by_field() -> None:
    mine: dict[str, Any] = {"name": "Zoë", "links": ("https://example.org/",)}
    theirs: dict[str, Any] = {"biography": text("Née", "Born")}
    assert of_person(mine, theirs) == (dataclasses.replace(PERSON, **mine, **theirs), [])
    assert of_person({"name": "A"}, {"name": "B"}) == (dataclasses.replace(PERSON, name="A"), [("name", "")])
    assert of_person({"name": "A"}, {"name": "A"})[1] == []


def test_each_language_of_any_text_is_its_own() -> None:
    found, conflicts = of_person({"role": text("avocate", "jurist")}, {"role": text("juriste", "lawyer")})
    assert (found.role, conflicts) == (text("avocate", "lawyer"), [])
    found, conflicts = of_person({"role": text("avocate", "mine")}, {"role": text("juriste", "lawyer")})
    assert (found.role, conflicts) == (text("avocate", "mine"), [("role", "en")])


def test_lines_whose_languages_belong_together_are_one_value() -> None:
    mine, theirs = (text("Université", "College"),), (text("Faculté", "University"),)
    assert of_person({"affiliations": mine}, {})[0].affiliations == mine
    assert of_person({}, {"affiliations": theirs})[0].affiliations == theirs
    found, conflicts = of_person({"affiliations": mine}, {"affiliations": theirs})
    assert (found.affiliations, conflicts) == (mine, [("affiliations", "")])


def test_how_a_text_that_languages_share_is_written_is_no_change() -> None:
    spelled = (text("Inserm", "Inserm"), text("Université", "University"))
    assert of_person({"affiliations": spelled}, {"affiliations": ()}) == (
        dataclasses.replace(PERSON, affiliations=()),
        [],
    )
    of_series = dataclasses.replace(SHOWN, partners=(PartnerValues(name=text("Un", "Un")),))
    neutral = dataclasses.replace(SHOWN, partners=(PartnerValues(name=Localized.neutral("Un")),))
    assert not is_overtaken(digests(of_series, None), digests(neutral, None))


def test_a_digest_is_of_what_a_form_shows_only() -> None:
    found = digests(PERSON, None, fields=("role",))
    assert {pair.partition("=")[0].partition(".")[0] for pair in found.split(";")} == {"role"}
    hidden = dataclasses.replace(PERSON, email="other@example.org", name="Other")
    assert not is_overtaken(found, digests(hidden, None, fields=("role",)))
    assert merge_values(found, PERSON, hidden, ("role",))[1] == ()


def test_without_a_base_all_is_as_posted() -> None:
    posted, stands = dataclasses.replace(PERSON, name="A"), dataclasses.replace(PERSON, name="B")
    assert merge_values("", posted, stands, OF_PERSON) == (posted, ())


def test_what_stands_can_be_taken_in_any_dataclass() -> None:
    posted, stands = dataclasses.replace(PERSON, name="A", email="a@example.org"), PERSON
    found = take(posted, stands, ["name", "email", "nothing", "role.en"], fields=OF_PERSON)
    assert (found.name, found.email, found.role) == ("Zoé", "a@example.org", PERSON.role)


TERMS = {1: TermValues(text("RdR", "harm reduction")), 2: TermValues(text("produit", "drug"))}
TERM = ("term", "note")


def rows(
    posted: list[tuple[int | None, TermValues]], stands: dict[int, TermValues]
) -> tuple[list[tuple[int | None, TermValues]], list[str]]:
    found, conflicts = merge_rows(row_digests(TERMS, TERM), posted, stands, TERM)
    return found, [f"{one.field} {one.language}".strip() for one in conflicts]


def test_rows_are_brought_together_by_their_ids() -> None:
    mine = TermValues(TERMS[1].term, text("oui", "yes"))
    theirs = TermValues(text("produit", "substance"))
    new: tuple[int | None, TermValues] = (None, TermValues(text("neuf", "new")))
    stands = {**TERMS, 2: theirs, 3: TermValues(text("leur", "theirs"))}
    assert rows([new, (2, TERMS[2]), (1, mine)], stands) == ([new, (2, theirs), (1, mine)], [])


def test_a_row_that_both_changed_is_told_by_its_place() -> None:
    mine, theirs = TermValues(text("produit", "mine")), TermValues(text("produit", "theirs"))
    assert rows([(1, TERMS[1]), (2, mine)], {1: TERMS[1], 2: theirs}) == ([(1, TERMS[1]), (2, mine)], ["1.term en"])


def test_a_row_that_the_other_took_out() -> None:
    stands = {1: TERMS[1]}
    assert rows([(1, TERMS[1]), (2, TERMS[2])], stands) == ([(1, TERMS[1])], []), "left as it was: it is out"
    assert rows([(1, TERMS[1]), (2, TermValues(Localized()))], stands) == ([(1, TERMS[1])], []), "out for both"
    mine = TermValues(text("produit", "mine"))
    assert rows([(2, mine), (1, TERMS[1])], stands) == ([(None, mine), (1, TERMS[1])], ["0.term"])


def test_a_row_that_i_took_out_and_the_other_changed_is_told() -> None:
    theirs = TermValues(text("produit", "theirs"))
    gone = TermValues(Localized())
    found, conflicts = rows([(2, gone)], {**TERMS, 2: theirs})
    assert (found[0][1].term.get("en"), conflicts) == (None, ["0.term en"])
