"""Two edit the same thing at once: what only one touched stands, of the rest the second is told and loses nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import (
    both,
    build_committee_member,
    build_item,
    build_organiser,
    build_partner,
    build_person,
    build_series,
    build_session,
)
from tests.web.editor import Reader
from tests.web.public.speaking import words
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.chatham.rule import Level, Visibility
from workshop.core.links import Purpose, issue
from workshop.core.localized import Localized
from workshop.people.models import Person, SpeakerChange
from workshop.programme.models import GlossaryTerm, Question, QuestionKind, Series
from workshop.programme.view.speakers import part_key

HOME = "/en/organise/series/mine"
TAKEN_IN = "Meanwhile other changes were saved here: they stand beside yours."


@dataclass
class House:
    """A series with one of everything that is edited."""

    series: Series
    person: Person
    question: Question
    paths: dict[str, str]


@dataclass(frozen=True)
class Case:
    """A form: its page, a field that both write, and one that each writes alone."""

    page: str
    contested: str
    theirs: str
    mine: str
    may_take: bool = True


CASES = [
    Case("series", "title-en", "description-fr", "subtitle-en"),
    Case("series", "contact", "retention_days", "kind-fr"),
    Case("series", "partners-0-name-en", "sender_name-en", "controller-en"),
    Case("person", "biography-en", "name", "role-en"),
    Case("person", "affiliations-en", "links", "biography-fr"),
    Case("question", "text-en", "keep_days", "reason-fr"),
    Case("glossary", "terms-0-term-en", "terms-1-note-en", "terms-0-note-fr", may_take=False),
    Case("about", "biography-en", "name", "role-en"),
    Case("talk", "title-en", "abstract-fr", "abstract-en"),
]
VALUES = {
    "contact": ("theirs@example.org", "mine@example.org"),
    "retention_days": ("12", "13"),
    "keep_days": ("12", "13"),
    "links": ("https://theirs.example.org", "https://mine.example.org"),
}
every_form = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.page}-{case.contested}")


def value(name: str, *, is_mine: bool) -> str:
    return VALUES.get(name, ("Words of theirs", "Words of mine"))[is_mine]


@pytest.fixture
def house(session: Session) -> House:
    series = build_series(session, slug="mine", speaker_changes_wait=False)
    person = build_person(session, series, name="Zoé Exemple")
    one = build_session(session, series, slug="1", number=1)
    item = build_item(session, one, title=both("Exposé", "Talk"), speakers=[person])
    build_partner(session, series, name=both("Partenaire", "Partner"))
    question = Question(
        series_id=series.id,
        position=0,
        kind=QuestionKind.SHORT,
        text=both("Quoi ?", "What?"),
        reason=both("Pour", "For"),
    )
    session.add_all(
        [
            question,
            GlossaryTerm(series_id=series.id, position=0, term=both("RdR", "harm reduction"), note=both("toujours", "always")),
            GlossaryTerm(series_id=series.id, position=1, term=both("produit", "drug")),
        ]
    )  # fmt: skip
    speaker = f"/en/speaker/{issue(session, purpose=Purpose.SPEAKER, subject=person.subject)}/"
    session.commit()
    paths = {
        "series": f"{HOME}/edit",
        "person": f"{HOME}/people/{person.id}",
        "question": f"{HOME}/questions/{question.key}/edit",
        "glossary": f"{HOME}/glossary",
        "about": f"{speaker}about",
        "talk": f"{speaker}talk/{part_key(item.slots[0])}",
        "committee": f"{HOME}/people/committee",
    }
    return House(series, person, question, paths)


@pytest.fixture
def desk(client: FlaskClient, session: Session, house: House) -> FlaskClient:
    sign_in(client, build_organiser(session, house.series))
    return client


@pytest.fixture
def other(app: Flask, session: Session, house: House) -> FlaskClient:
    found = app.test_client()
    sign_in(found, build_organiser(session, house.series, role=Role.EDITOR, name="Bo"))
    return found


class Form:
    """A page as somebody has it open."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self.client, self.path = client, path
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        self.fields = Reader(answer.text).fields

    def send(self, *, without: str = "", **changes: str) -> TestResponse:
        """Send the form; what comes again is what is open then. In names, `__` is a hyphen."""
        for name, text in changes.items():
            assert name.replace("__", "-") in {*self.fields, "act", "take", "when", "drop"}, name
            self.fields[name.replace("__", "-")] = text
        data = self.fields.copy()
        if without:
            data.poplist(without)
        data.setdefault("act", "save")
        answer = self.client.post(self.path, data=data)
        self.fields = Reader(answer.text).fields
        return answer

    def write(self, *names: str, is_mine: bool, **more: Any) -> TestResponse:
        return self.send(**{name.replace("-", "__"): value(name, is_mine=is_mine) for name in names}, **more)


def standing(client: FlaskClient, path: str, *names: str) -> list[str]:
    return [Form(client, path).fields[name] for name in names]


@every_form
def test_what_only_one_touched_stands(desk: FlaskClient, other: FlaskClient, house: House, case: Case) -> None:
    path = house.paths[case.page]
    mine = Form(desk, path)
    assert Form(other, path).write(case.theirs, is_mine=False).status_code == 303
    answer = mine.write(case.mine, is_mine=True)
    assert answer.status_code == 303
    assert standing(desk, path, case.theirs, case.mine) == [
        value(case.theirs, is_mine=False),
        value(case.mine, is_mine=True),
    ]


@every_form
def test_the_second_is_told_loses_nothing_and_decides(
    desk: FlaskClient, other: FlaskClient, house: House, case: Case
) -> None:
    path = house.paths[case.page]
    mine = Form(desk, path)
    base = mine.fields["base"]
    assert Form(other, path).write(case.contested, case.theirs, is_mine=False).status_code == 303
    answer = mine.write(case.contested, case.mine, is_mine=True)
    assert answer.status_code == 409
    assert re.search(f"Meanwhile “[^”]*{re.escape(value(case.contested, is_mine=False))}", words(answer))
    kept = [mine.fields[name] for name in (case.contested, case.mine, case.theirs)]
    assert kept == [
        value(case.contested, is_mine=True),
        value(case.mine, is_mine=True),
        value(case.theirs, is_mine=False),
    ]
    assert mine.fields["base"] != base
    assert standing(other, path, case.contested) == [value(case.contested, is_mine=False)], "nothing was stored"
    assert mine.send().status_code == 303
    assert standing(other, path, case.contested, case.mine, case.theirs) == kept


@pytest.mark.parametrize("case", [one for one in CASES if one.may_take], ids=lambda one: f"{one.page}-{one.contested}")
def test_taking_what_the_other_wrote(desk: FlaskClient, other: FlaskClient, house: House, case: Case) -> None:
    path = house.paths[case.page]
    mine = Form(desk, path)
    Form(other, path).write(case.contested, is_mine=False)
    answer = mine.write(case.contested, case.mine, is_mine=True)
    take = re.search(r'name="take" value="([^"]+)"', answer.text)
    assert take is not None
    mine.fields["take"] = take[1]
    assert mine.send().status_code == 303
    assert standing(desk, path, case.contested, case.mine) == [
        value(case.contested, is_mine=False),
        value(case.mine, is_mine=True),
    ]


@every_form
def test_without_what_the_page_showed_it_would_be_lost(
    desk: FlaskClient, other: FlaskClient, house: House, case: Case
) -> None:
    path = house.paths[case.page]
    mine = Form(desk, path)
    Form(other, path).write(case.contested, case.theirs, is_mine=False)
    assert mine.write(case.mine, is_mine=True, without="base").status_code == 303
    lost = standing(desk, path, case.contested, case.theirs)
    assert lost != [value(case.contested, is_mine=False), value(case.theirs, is_mine=False)]


@every_form
def test_whoever_saves_after_nobody_is_told_nothing(desk: FlaskClient, house: House, case: Case) -> None:
    path = house.paths[case.page]
    assert Form(desk, path).write(case.contested, is_mine=True).status_code == 303
    assert TAKEN_IN not in desk.get(f"{HOME}/people").text


def test_what_was_taken_in_is_said(desk: FlaskClient, other: FlaskClient, house: House) -> None:
    for page, name, own in (
        ("series", "title__fr", "title__en"),
        ("person", "role__fr", "role__en"),
        ("question", "text__fr", "text__en"),
        ("glossary", "terms-0-term__fr", "terms-1-term__en"),
        ("about", "role__fr", "role__en"),
        ("talk", "title__fr", "title__en"),
    ):
        mine = Form(desk, house.paths[page])
        Form(other, house.paths[page]).send(**{name: f"Eux {page}"})
        assert mine.send(**{own: f"Us {page}"}).status_code == 303
        assert TAKEN_IN in desk.get(f"{HOME}/people").text, page
        names = [one.replace("__", "-") for one in (name, own)]
        assert standing(desk, house.paths[page], *names) == [f"Eux {page}", f"Us {page}"]


def test_a_level_made_stricter_meanwhile_stays_so(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House
) -> None:
    mine, theirs = Form(desk, house.paths["series"]), Form(other, house.paths["series"])
    answer = theirs.send(level=Level.WHOLE_SESSION.value)
    if answer.status_code == 200:  # asked whether that is meant
        theirs.fields["confirm"] = "yes"
        assert theirs.send().status_code == 303
    assert mine.send(subtitle__en="Mine").status_code == 303
    found = session.get_one(Series, house.series.id, populate_existing=True)
    assert (found.level, found.subtitle["en"]) == (Level.WHOLE_SESSION, "Mine")


def test_after_a_fault_the_form_still_knows_what_it_showed(desk: FlaskClient, other: FlaskClient, house: House) -> None:
    for page, wrong in (("series", {"slug": "Not One"}), ("person", {"name": ""}), ("question", {"keep_days": "x"})):
        mine = Form(desk, house.paths[page])
        base, name = mine.fields["base"], next(iter(wrong))
        good = mine.fields[name]
        assert mine.send(**wrong).status_code == 422
        assert mine.fields["base"] == base
        texts = {"series": "title__en", "person": "biography__en", "question": "text__en"}
        Form(other, house.paths[page]).send(**{texts[page]: "Theirs"})
        assert mine.send(**{name: good, texts[page]: "Mine"}).status_code == 409


@pytest.mark.parametrize(("page", "field"), [("series", "kind__en"), ("person", "biography__en")])
def test_the_second_is_told_by_whom(desk: FlaskClient, other: FlaskClient, house: House, page: str, field: str) -> None:
    mine, stale = Form(desk, house.paths[page]), Form(desk, house.paths[page])
    assert Form(other, house.paths[page]).send(**{field: "Theirs"}).status_code == 303
    assert "While you were writing, Bo saved other words" in words(mine.send(**{field: "Mine"}))
    assert mine.send().status_code == 303
    again = stale.send(**{field: "Mine in another window"})
    assert again.status_code == 409
    assert "While you were writing, other words were saved" in words(again)


def test_a_button_for_the_typography_is_no_decision(desk: FlaskClient, other: FlaskClient, house: House) -> None:
    mine = Form(desk, house.paths["person"])
    Form(other, house.paths["person"]).send(biography__en="Theirs")
    assert mine.send(biography__en="Mine", act="typeset:*").status_code == 200
    assert mine.send(act="save").status_code == 409


def test_no_form_tells_of_fields_that_it_does_not_show(
    app: Flask, desk: FlaskClient, session: Session, house: House
) -> None:
    def told(of: FlaskClient, page: str) -> set[str]:
        base = Form(of, house.paths[page]).fields["base"]
        return {pair.partition("=")[0].partition(".")[0] for pair in base.split(";")}

    assert told(desk, "person") == {"name", "role", "affiliations", "biography", "links"}
    assert told(desk, "about") == {"name", "role", "affiliations", "biography"}
    assert told(desk, "talk") == {"title", "abstract"}
    client = app.test_client()
    sign_in(client, build_organiser(session, house.series, role=Role.TRANSLATOR))
    assert told(client, "person") == {"role", "affiliations", "biography"}
    assert told(client, "series") == {"title", "subtitle", "kind", "description"}


def test_a_translator_changes_nothing_else_of_what_others_wrote(
    app: Flask, desk: FlaskClient, session: Session, house: House
) -> None:
    translator = app.test_client()
    sign_in(translator, build_organiser(session, house.series, role=Role.TRANSLATOR))
    for page in ("series", "person"):
        mine = Form(translator, house.paths[page])
        field = {"series": "contact", "person": "links"}[page]
        text = {"series": "kind__en", "person": "role__en"}[page]
        assert Form(desk, house.paths[page]).write(field, is_mine=False).status_code == 303
        assert mine.send(**{text: "Translated"}).status_code == 303
        found = standing(desk, house.paths[page], field, text.replace("__", "-"))
        assert found == [value(field, is_mine=False), "Translated"]


@pytest.mark.parametrize("base", ["", "nonsense", "title=;x=y;=;;title.en=0", "terms=\u0000é" * 5])
@pytest.mark.parametrize("page", ["series", "person", "question", "glossary", "about", "talk", "committee"])
def test_any_base_is_taken_as_it_is(desk: FlaskClient, house: House, page: str, base: str) -> None:
    form = Form(desk, house.paths[page])
    form.fields["base"] = base
    assert form.send().status_code in {303, 409}


@pytest.mark.parametrize("page", ["series", "person", "question", "glossary", "about", "talk", "committee"])
def test_any_box_takes_only_what_the_form_shows(desk: FlaskClient, session: Session, house: House, page: str) -> None:
    title = house.series.title
    for take in (
        "title.xx",
        "title.",
        ".",
        "affiliations.xx",
        "options.fr",
        "key",
        "former",
        "level.fr",
        "__class__",
        "\0",
    ):
        form = Form(desk, house.paths[page])
        form.fields["take"] = take
        assert form.send().status_code == 303, take
    session.expire_all()
    assert house.person.affiliations
    assert house.series.title == title


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "²", "-1"])
def test_numbers_of_any_length_are_nobodys(desk: FlaskClient, session: Session, house: House, number: str) -> None:
    data = {"act": f"up:{number}"}
    assert post(desk, house.paths["committee"], data).status_code == 303
    form = Form(desk, house.paths["glossary"])
    form.fields["terms-1-key"], form.fields["terms-1-term-en"] = number, "another"
    assert form.send().status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(GlossaryTerm)) == 3, "a row of its own"


def test_dates_stay_as_typed_and_former_posts_of_both_stand(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House
) -> None:
    mine = Form(desk, house.paths["person"])
    Form(other, house.paths["person"]).send(
        when="changed", since="2026-10-01", role__en="jurist", role__fr="juriste", biography__en="Theirs"
    )
    answer = mine.send(when="changed", since="2026-11-01", affiliations__en="Here", biography__en="Mine")
    assert answer.status_code == 409
    assert (mine.fields["when"], mine.fields["since"]) == ("changed", "2026-11-01")
    assert mine.send().status_code == 303
    found = session.get_one(Person, house.person.id, populate_existing=True)
    assert [one["until"] for one in found.former] == ["2026-10-01", "2026-11-01"]
    assert found.role["en"] == "jurist"


def test_what_an_organiser_corrected_is_not_reverted_by_whoever_speaks(
    desk: FlaskClient, session: Session, house: House
) -> None:
    for waits in (False, True):
        session.get_one(Series, house.series.id, populate_existing=True).speaker_changes_wait = waits
        session.commit()
        own = Form(desk, house.paths["about"])
        Form(desk, house.paths["person"]).send(biography__en=f"Corrected {waits}")
        assert own.send(name=f"Zoé {waits}").status_code == 303
        change = session.scalars(sa.select(SpeakerChange).order_by(SpeakerChange.id.desc())).first()
        assert change is not None
        assert set(change.content) == {"name"}
        assert standing(desk, house.paths["person"], "biography-en") == [f"Corrected {waits}"]


def test_what_waits_is_asked_for_again_unless_it_is_touched(desk: FlaskClient, session: Session, house: House) -> None:
    house.series.speaker_changes_wait = True
    session.commit()
    Form(desk, house.paths["about"]).send(biography__en="Wished")
    again = Form(desk, house.paths["about"])
    assert again.fields["biography-en"] == "Wished"
    assert again.send(role__en="also").status_code == 303
    (change,) = session.scalars(sa.select(SpeakerChange))
    assert set(change.content) == {"biography", "role"}
    again = Form(desk, house.paths["about"])
    Form(desk, house.paths["person"]).send(biography__en="Corrected")
    assert again.send().status_code == 409, "what they wish was written over what stands no more"
    assert again.fields["biography-en"] == "Wished"
    assert again.send().status_code == 303


def test_both_add_terms_and_both_stand(desk: FlaskClient, other: FlaskClient, session: Session, house: House) -> None:
    mine = Form(desk, house.paths["glossary"])
    Form(other, house.paths["glossary"]).send(**{"terms-2-term__en": "Theirs"})
    assert mine.send(**{"terms-2-term__en": "Mine"}).status_code == 303
    found = {one.term.get("en") for one in session.scalars(sa.select(GlossaryTerm))}
    assert found == {"harm reduction", "drug", "Theirs", "Mine"}


def test_both_add_the_same_term_and_it_stands_once(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House
) -> None:
    mine, late = Form(desk, house.paths["glossary"]), Form(desk, house.paths["glossary"])
    Form(other, house.paths["glossary"]).send(**{"terms-2-term__en": "Overdose", "terms-2-note__en": "Theirs"})
    assert mine.send(**{"terms-2-term__en": "overdose", "terms-3-term__en": "Mine"}).status_code == 303
    found = [one.term.get("en") for one in session.scalars(sa.select(GlossaryTerm).order_by(GlossaryTerm.id))]
    assert found == ["harm reduction", "drug", "Overdose", "Mine"]
    refused = late.send(**{"terms-2-term__en": "overdose", "terms-2-note__en": "What I say of it"})
    assert refused.status_code == 422
    assert "What I say of it" in refused.text, "nothing typed is lost"


def test_a_term_that_was_taken_out_stays_out_unless_somebody_wrote_in_it(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House
) -> None:
    def terms() -> list[Localized]:
        return list(session.scalars(sa.select(GlossaryTerm.term).order_by(GlossaryTerm.position)))

    gone = {"terms-1-term__fr": "", "terms-1-term__en": ""}
    mine, late = Form(desk, house.paths["glossary"]), Form(desk, house.paths["glossary"])
    Form(other, house.paths["glossary"]).send(**gone)
    assert mine.send(**{"terms-0-note__en": "mostly"}).status_code == 303
    assert terms() == [both("RdR", "harm reduction")]
    answer = late.send(**{"terms-1-note__en": "say substance"})
    assert answer.status_code == 409
    assert "Meanwhile this was taken out." in answer.text
    assert late.fields["terms-1-note-en"] == "say substance"
    assert late.send().status_code == 303
    assert terms() == [both("RdR", "harm reduction"), both("produit", "drug")]


def test_taking_out_a_term_that_somebody_corrected_is_asked_about(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House
) -> None:
    mine = Form(desk, house.paths["glossary"])
    Form(other, house.paths["glossary"]).send(**{"terms-1-term__en": "substance"})
    assert mine.send(**{"terms-1-term__fr": "", "terms-1-term__en": ""}).status_code == 409
    assert session.scalar(sa.select(sa.func.count()).select_from(GlossaryTerm)) == 2
    assert mine.send().status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(GlossaryTerm)) == 1


@pytest.mark.parametrize("act", ["delete", "edit"])
def test_a_question_that_is_no_more_can_be_asked_anew(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House, act: str
) -> None:
    mine = Form(desk, house.paths["question"])
    if act == "delete":
        Form(other, house.paths["question"].replace("/edit", "/delete")).send()
    else:
        Form(other, house.paths["question"]).send(kind="long")
    answer = mine.send(text__en="Which one?")
    assert answer.status_code == 409
    assert mine.fields["text-en"] == "Which one?"
    action = re.search(r'<form method="post" class="form is-wide" action="([^"]+)"', answer.text)
    assert action is not None
    mine.path = action[1]
    assert mine.send().status_code == 303
    texts = [one.text["en"] for one in session.scalars(sa.select(Question).order_by(Question.position))]
    assert texts == (["Which one?"] if act == "delete" else ["What?", "Which one?"])


def test_what_was_typed_for_an_entry_that_is_gone_can_be_added_anew(
    app: Flask, desk: FlaskClient, session: Session, house: House
) -> None:
    gone = build_person(session, house.series)
    path = f"{HOME}/people/{gone.id}"
    translator = app.test_client()
    sign_in(translator, build_organiser(session, house.series, role=Role.TRANSLATOR))
    mine, theirs = Form(desk, path), Form(translator, path)
    assert Form(desk, f"{path}/delete").send().status_code == 303
    answer = mine.send(name="Anew", biography__en="Typed for an hour")
    assert answer.status_code == 409
    assert "Meanwhile somebody took this entry out" in answer.text
    assert 'action="/en/organise/series/mine/people/new"' in answer.text
    mine.path = f"{HOME}/people/new"
    assert mine.send().status_code == 303
    found = session.scalars(sa.select(Person).where(Person.name == "Anew")).one()
    assert found.biography["en"] == "Typed for an hour"
    answer = theirs.send(biography__en="Translated for an hour")
    assert answer.status_code == 409
    assert "Translated for an hour" in answer.text
    assert ">Add</button>" not in answer.text


def test_a_committee_that_somebody_changed_is_shown_before_it_is_changed_again(
    desk: FlaskClient, other: FlaskClient, session: Session, house: House
) -> None:
    one, two, three = (build_committee_member(session, house.series).person_id for _number in range(3))

    def order() -> list[int]:
        session.expire_all()
        return [member.person_id for member in house.series.committee]

    mine = Form(desk, house.paths["committee"])
    assert Form(other, house.paths["committee"]).send(act=f"up:{three}").status_code == 303
    assert order() == [one, three, two]
    answer = mine.send(act=f"remove:{three}")
    assert answer.status_code == 409
    assert "Somebody else has changed the committee meanwhile" in answer.text
    assert order() == [one, three, two]
    assert mine.send(act=f"remove:{three}").status_code == 303
    assert order() == [one, two]
    late = Form(desk, house.paths["committee"])
    Form(other, house.paths["committee"]).send(act=f"down:{one}")
    assert late.send(act="add", person=str(three)).status_code == 409
    assert late.fields["person"] == str(three), "who was chosen stays chosen"
    assert late.send(act="add").status_code == 303
    assert order() == [two, one, three]
    late = Form(desk, house.paths["committee"])
    assert late.send(act=f"up:{three}", without="base").status_code == 303, (
        "a script says what it wants without having looked"
    )


def test_somebody_hidden_and_nobody_are_the_same_to_a_translator(app: Flask, session: Session, house: House) -> None:
    one = build_session(
        session, house.series, slug="2", number=2, level=Level.CLOSED, visibility=Visibility.INVITE_ONLY
    )
    hidden = build_person(session, house.series, name="Hidden")
    build_item(session, one, speakers=[hidden])
    session.commit()
    translator = app.test_client()
    sign_in(translator, build_organiser(session, house.series, role=Role.TRANSLATOR))
    paths = [f"{HOME}/people/{number}" for number in (hidden.id, hidden.id + 1000)]
    assert [translator.get(path).status_code for path in paths] == [404, 404]
    typed = {"base": "role=x", "biography-en": "x"}
    answers = [post(translator, path, typed, page=house.paths["person"]) for path in paths]
    assert [one.status_code for one in answers] == [409, 409]
    assert "Hidden" not in answers[0].text
