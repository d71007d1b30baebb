"""A pasted announcement becomes a draft once somebody has checked it, and nothing before."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.builders import both, build_committee_member, build_organiser, build_person, build_series
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.chatham.rule import Level
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.programme.models import Series, SlotRole, WorkshopSession

FOLDER = Path(__file__).parents[2] / "unit" / "programme" / "announcements"
SCAN = (FOLDER / "workshop-4.txt").read_text("utf-8")
PATH = "/en/organise/series/mine/paste"


@pytest.fixture
def mine(session: Session) -> Series:
    return build_series(
        session,
        slug="mine",
        title=both("Décloisonner la gestion des drogues", "Breaking the silos on drugs"),
        kind=both("Série d’ateliers en ligne", "An online workshop series"),
    )


@pytest.fixture
def desk(client: FlaskClient, session: Session, mine: Series) -> FlaskClient:
    sign_in(client, build_organiser(session, mine))
    return client


def fields_of(page: TestResponse) -> MultiDict[str, str]:
    """Return what a browser would send of the form of a page, unchanged."""
    sent: MultiDict[str, str] = MultiDict()
    inside = page.text[page.text.index('<form method="post" class="form is-wide">') :]
    for tag in re.finditer(r"<(input|textarea|select)\b([^>]*)>(.*?(?=</\1>)|)", inside, re.DOTALL):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag[2]))
        name, kind = attributes.get("name", ""), attributes.get("type", "")
        if not name or (kind in {"checkbox", "radio"} and not re.search(r"\bchecked\b", tag[2])):
            continue
        value = attributes.get("value", "y" if kind == "checkbox" else "")
        if tag[1] == "textarea":
            value = re.search(r"\n?(.*)", inside[tag.end(2) + 1 :].partition("</textarea>")[0], re.DOTALL)[1]  # type: ignore[index]
        elif tag[1] == "select":
            chosen = re.search(r'<option selected value="([^"]*)"', inside[tag.end(2) :].partition("</select>")[0])
            value = chosen[1] if chosen else ""
        sent.add(html.unescape(name), html.unescape(value))
    return sent


def read(desk: FlaskClient, text: str = SCAN) -> TestResponse:
    page = post(desk, PATH, {"text": text})
    assert page.status_code == 200, page.text[:3000]
    return page


def create(desk: FlaskClient, page: TestResponse, **changes: Any) -> TestResponse:
    """Send the review as it stands, but for `changes`, whose names have `__` for a hyphen."""
    sent = fields_of(page)
    for name, value in changes.items():
        sent.setlist(name.replace("__", "-"), [value])
    return desk.post(PATH, data={**sent.to_dict(flat=False), "act": "create"})


def sessions(session: Session) -> list[WorkshopSession]:
    session.expire_all()
    return list(session.scalars(sa.select(WorkshopSession)))


def test_the_real_announcement_becomes_a_draft(desk: FlaskClient, session: Session) -> None:
    page = read(desk)
    assert sessions(session) == []
    assert create(desk, page).status_code == 303
    (made,) = sessions(session)
    assert not made.is_published
    assert (made.slug, made.number) == ("4", 4)
    assert (str(made.starts_at), made.tzid) == ("2021-04-26 14:00:00+00:00", "Europe/Paris")
    assert str(made.ends_at) == "2021-04-26 16:00:00+00:00"
    assert made.short_title == both("Défi mondial", "A global challenge")
    assert made.title["en"].startswith("Towards a more human and development-oriented approach to drugs: International")
    assert made.floor_languages == ("en",)
    assert made.level is None
    assert len(made.objectives) == 3
    assert [section.title["fr"] for section in made.sections][2] == "Revoir nos stratégies et outils"
    names = [[slot.person.name for slot in item.slots] for section in made.sections for item in section.items]
    assert names == [
        ["Angela Me"], ["Jean-Christophe Galland"], ["Thu Trang Nguyen"], ["Walter Kemp"], ["Daniel Brombacher"],
    ]  # fmt: skip
    moderators = [slot.person for slot in made.slots if slot.role is SlotRole.MODERATOR and slot.item_id is None]
    assert [one.name for one in moderators] == ["John Collins"]
    assert moderators[0].affiliations == (Localized.neutral("Global Initiative on Transnational Organized Crime"),)
    committee = [member.person.name for member in made.series.committee]
    assert committee == ["Déborah Alimi", "Marie Jauffret-Roustide", "Marie Debrus"]
    assert [str(partner.name.to_json()) for partner in made.partners] == ["Drug and development Hub"]


def test_each_value_stands_beside_its_passage(desk: FlaskClient) -> None:
    text = html.unescape(read(desk).text)
    assert "<q>26/04/21</q>" in text
    assert "<q>16h — 18h</q>" in text
    assert "De ['aide extérienre a la résilience locale" in text
    assert "Found but not sure:" in text
    assert '<q lang="en">Workshop 4</q>' in text
    assert "New in the directory of the series." in text


def test_whoever_is_in_the_directory_is_found_with_accents_aside(
    desk: FlaskClient, session: Session, mine: Series
) -> None:
    known = build_person(session, mine, name="Thu Trang Nguyên", affiliations=(Localized.neutral("HMU"),))
    member = build_committee_member(session, mine, build_person(session, mine, name="Marie DEBRUS"))
    session.commit()
    page = read(desk)
    assert "Already in the directory, where the affiliation stays as it is: HMU" in html.unescape(page.text)
    assert create(desk, page).status_code == 303
    (made,) = sessions(session)
    assert made.sections[1].items[1].slots[0].person_id == known.id
    assert session.get_one(Person, known.id).affiliations == (Localized.neutral("HMU"),)
    committee = [one.person_id for one in made.series.committee]
    assert committee[0] == member.person_id
    assert len(committee) == len(set(committee)) == 3


def test_two_of_one_name_are_for_somebody_to_choose(desk: FlaskClient, session: Session, mine: Series) -> None:
    for _ in range(2):
        build_person(session, mine, name="Walter Kemp")
    session.commit()
    page = create(desk, read(desk))
    assert page.status_code == 422
    assert "Several people of this name are in the directory." in page.text
    assert sessions(session) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 2


def test_a_fault_loses_nothing(desk: FlaskClient, session: Session) -> None:
    page = create(desk, read(desk), starts_wall="", title__fr="Mon titre à moi", sections__0__items__0__starts="25:99")
    assert page.status_code == 422
    sent = fields_of(page)
    assert sent["title-fr"] == "Mon titre à moi"
    assert sent["sections-2-items-0-speakers-0-name"] == "Daniel Brombacher"
    assert "<q>26/04/21</q>" in html.unescape(page.text)
    assert sessions(session) == []
    again = create(desk, page, starts_wall="2021-04-26T16:00")
    assert again.status_code == 422
    assert "25:99" in again.text
    assert sessions(session) == []
    assert create(desk, again, sections__0__items__0__starts="16:05").status_code == 303
    assert sessions(session)[0].sections[0].items[0].starts == "16:05"


def test_what_is_emptied_is_left_out(desk: FlaskClient, session: Session) -> None:
    page = read(desk)
    emptied = {name: "" for name in fields_of(page) if name.startswith("sections-0-") and not name.endswith("kind")}
    assert create(desk, page, **emptied).status_code == 303
    (made,) = sessions(session)
    assert made.sections[0].title["en"].startswith("Exploring solutions")
    assert len(made.sections) == 2
    assert session.scalar(sa.select(Person).where(Person.name == "Angela Me")) is None


def test_whoever_is_not_ticked_does_not_join_the_committee(desk: FlaskClient, session: Session) -> None:
    page = read(desk)
    sent = fields_of(page)
    sent.poplist("committee-1-is_taken")
    assert desk.post(PATH, data={**sent.to_dict(flat=False), "act": "create"}).status_code == 303
    (made,) = sessions(session)
    assert [member.person.name for member in made.series.committee] == ["Déborah Alimi", "Marie Debrus"]


def test_a_number_that_is_taken_is_said_at_its_field(desk: FlaskClient, session: Session) -> None:
    page = read(desk)
    create(desk, page)
    again = create(desk, read(desk))
    assert again.status_code == 422
    assert "This address is taken." in again.text
    assert len(sessions(session)) == 1


def test_a_text_never_loosens_the_rule(client: FlaskClient, session: Session) -> None:
    strict = build_series(session, slug="mine", level=Level.WHOLE_SESSION)
    sign_in(client, build_organiser(session, strict))
    assert create(client, read(client)).status_code == 303
    (made,) = sessions(session)
    assert made.level is None


def test_a_stricter_rule_than_the_series_is_taken_over(client: FlaskClient, session: Session) -> None:
    sign_in(client, build_organiser(session, build_series(session, slug="mine", level=Level.ON_THE_RECORD)))
    assert create(client, read(client)).status_code == 303
    assert sessions(session)[0].level is Level.DISCUSSION


@pytest.mark.parametrize("text", ["", " \n ", "x" * 100_001])
def test_no_text_and_too_much_are_said(desk: FlaskClient, text: str) -> None:
    page = post(desk, PATH, {"text": text})
    assert page.status_code == 422


def test_a_text_that_says_nothing_leaves_all_fields_empty(desk: FlaskClient, session: Session) -> None:
    page = read(desk, "Bonjour")
    sent = fields_of(page)
    assert sent["starts_wall"] == ""
    assert create(desk, page).status_code == 422
    assert sessions(session) == []


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{ 7*7 }} %s %(x)s", "\u202e\u0000é́"])
def test_hostile_text_is_shown_as_text(desk: FlaskClient, text: str) -> None:
    page = read(desk, f"Atelier 4 « {text} »\n{text}\n26 avril 2021, 16h–18h\nProgramme\n• {text}\no {text}, {text}")
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "piece", ["• Angela Me, UNODC\n", "Un titre de plus\n\n", "Moderator: A B, C\n", "Title\no Alix Martin\n"]
)
def test_a_text_that_goes_on_and_on_is_cut(desk: FlaskClient, piece: str) -> None:
    page = read(desk, ("Programme\n" + piece * 20_000)[:100_000])
    assert len(page.data) < 600_000


def test_the_review_asks_few_questions(
    desk: FlaskClient, session: Session, mine: Series, counted: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    for _ in range(60):
        build_person(session, mine)
    session.commit()
    desk.get(PATH)
    with counted() as statements:
        read(desk)
    assert len(statements) < 2 * 20  # the page with the form, and the review


@pytest.mark.parametrize("role", [Role.ANSWERS, Role.TRANSLATOR])
def test_only_those_who_plan(client: FlaskClient, session: Session, mine: Series, role: Role) -> None:
    sign_in(client, build_organiser(session, mine, role=role))
    assert client.get(PATH).status_code == 404
