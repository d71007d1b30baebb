"""Editing a programme without a script: each press saves all that was typed, and what people read waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    PASSWORD,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_person,
    build_section,
    build_series,
    build_session,
    build_slides,
)
from tests.web.editor import Editor
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role, SignIn
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.programme.models import (
    Item,
    ItemKind,
    Section,
    Series,
    SessionDraft,
    SlotRole,
    SpeakerConsent,
    WorkshopSession,
)

Counted = Callable[[], AbstractContextManager[list[str]]]

pytestmark = pytest.mark.usefixtures("clock")
PATH = "/en/organise/series/mine/4/programme"
STARTS = datetime(2030, 11, 29, 15, tzinfo=UTC)


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series."""
    return build_series(session, slug="mine")


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    """Give a draft of its session 4, in Paris from 16:00 to 18:00, with two sections and three talks."""
    ends = STARTS + timedelta(hours=2)
    found = build_session(session, series, slug="4", number=4, starts_at=STARTS, ends_at=ends, is_published=False)
    first = build_section(session, found, title=both("Un", "One"))
    build_item(session, found, section=first, title=both("Exposé A", "Talk A"), minutes=20)
    build_item(session, found, section=first, title=both("Exposé B", "Talk B"), minutes=30)
    second = build_section(session, found, title=both("Deux", "Two"))
    build_item(session, found, section=second, title=both("Exposé C", "Talk C"), minutes=40)
    return found


@pytest.fixture
def desk(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, series, name="Olga Owner"))
    return client


def outline(session: Session) -> list[tuple[str, list[str]]]:
    """Return the stored programme: English titles of sections and items."""
    session.expire_all()
    sections = session.scalars(sa.select(Section).order_by(Section.position))
    return [(one.title.get("en", ""), [item.title.get("en", "") for item in one.items]) for one in sections]


def test_items_and_sections_move_with_buttons(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH)
    assert "up:s0i0" not in page.buttons
    assert "down:s1i0" not in page.buttons
    assert page.press("up:s0i1").status_code == 303
    assert outline(session) == [("One", ["Talk B", "Talk A"]), ("Two", ["Talk C"])]
    page.press("down:s0i1")
    assert outline(session) == [("One", ["Talk B"]), ("Two", ["Talk A", "Talk C"])]
    page.press("up:s1i0")
    assert outline(session) == [("One", ["Talk B", "Talk A"]), ("Two", ["Talk C"])]
    page.press("up:s1")
    assert outline(session) == [("Two", ["Talk C"]), ("One", ["Talk B", "Talk A"])]


def test_the_place_that_a_script_gave_counts(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH)
    page.write(s0i0_place="1.1", s0i1_place="0.0", s1i0_place="1.0").press("keep")
    assert outline(session) == [("One", ["Talk B"]), ("Two", ["Talk C", "Talk A"])]
    page = Editor(desk, PATH).write(s0i0_place="9.9", s1i0_place="1.1", s1i1_place="1.0")
    page.press("keep")
    assert outline(session) == [("One", ["Talk B"]), ("Two", ["Talk C", "Talk A"])], (
        "a place that is none counts for none"
    )


def test_every_button_saves_what_was_typed(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH).write(
        s0_title_en="First", s0i0_title_en="Talk one", s0i0_minutes="25", s0i0_starts="16:05"
    )
    page.write(s0i0_abstract_fr="Un résumé", s0i0_kind="panel").press("down:s0i0")
    assert outline(session)[0] == ("First", ["Talk B", "Talk one"])
    item = session.scalars(sa.select(Item).where(Item.minutes == 25)).one()
    assert (item.starts, item.kind, item.abstract) == ("16:05", ItemKind.PANEL, Localized({"fr": "Un résumé"}))
    assert item.title == both("Exposé A", "Talk one")


def test_a_programme_grows_from_nothing(desk: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, slug="5", is_published=False)
    page = Editor(desk, "/en/organise/series/mine/5/programme")
    assert "No programme yet" in page.answer.text
    page.press("add-section")
    page.write(s0_title_fr="Ouverture", s0_title_en="Opening", s0i0_title_fr="Bienvenue", s0i0_title_en="Welcome")
    page.press("add-item:s0")
    page.write(s0i1_kind="break", s0i1_minutes="15").press("add-section")
    page.press("add-section")
    assert page.press("keep").status_code == 303
    assert outline(session) == [("Opening", ["Welcome", ""])], "rows in which nothing was written are left out"
    page.press("add-item:s0")
    page.write(s0i2_title_en="Debate", s0i2_kind="discussion").press("up:s0i2")
    assert outline(session) == [("Opening", ["Welcome", "Debate", ""])]


def test_a_person_is_found_by_a_part_of_the_name(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    build_person(session, one.series, key="marie", name="Marie-Élodie Œuvrard")
    build_person(session, one.series, key="jean", name="Jean Dupont")
    page = Editor(desk, PATH).write(s0i0_add_speaker="elo oeuv", s0i1_add_moderator="DUPONT", add_moderator="jean")
    assert page.press("keep").status_code == 303
    session.expire_all()
    items = session.scalars(sa.select(Item).order_by(Item.id)).all()
    assert [slot.person.key for slot in items[0].slots] == ["marie"]
    assert [(slot.person.key, slot.role) for slot in items[1].slots] == [("jean", SlotRole.MODERATOR)]
    assert [slot.person.key for slot in session.get_one(WorkshopSession, one.id).slots] == ["jean"]
    page.press("remove:s0i0.speaker.marie")
    session.expire_all()
    assert session.scalars(sa.select(Item).order_by(Item.id)).all()[0].slots == []


def test_several_of_a_name_are_asked_about_and_nothing_is_lost(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    build_person(session, one.series, key="a", name="Anne Martin")
    build_person(session, one.series, key="b", name="Bernard Martin")
    page = Editor(desk, PATH).write(s0i0_add_speaker="martin", s0i0_title_en="Typed meanwhile")
    assert page.press("up:s1").status_code == 422
    assert "Several people may be meant" in page.answer.text
    assert page.fields["sections-0-items-0-title-en"] == "Typed meanwhile"
    assert outline(session)[0] == ("One", ["Talk A", "Talk B"])
    page.write(s0i0_pick_speaker="b").press("keep")
    session.expire_all()
    item = session.scalars(sa.select(Item).order_by(Item.id)).first()
    assert item is not None
    assert [slot.person.key for slot in item.slots] == ["b"]
    assert item.title["en"] == "Typed meanwhile"


def test_somebody_new_is_made_by_a_press(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    build_person(session, one.series, key="zoe-nouvelle", name="Another")
    page = Editor(desk, PATH).write(s1i0_add_speaker="Zoé Nouvelle")
    assert page.press("keep").status_code == 422
    assert "Nobody in this series has this name" in page.answer.text
    assert page.press("new-person:s1i0.speaker").status_code == 303
    made = session.scalars(sa.select(Person).where(Person.name == "Zoé Nouvelle")).one()
    assert made.key == "zoe-nouvelle-2"
    session.expire_all()
    item = session.scalars(sa.select(Item).order_by(Item.id.desc())).first()
    assert item is not None
    assert [slot.person_id for slot in item.slots] == [made.id]


def test_a_new_person_goes_back_with_what_cannot_be_saved(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    page = Editor(desk, PATH).write(s1i0_add_speaker="Zoé Nouvelle")
    page.press("keep")
    page.write(s0i0_title_fr="", s0i0_title_en="")
    assert page.press("new-person:s1i0.speaker").status_code == 422
    assert session.scalars(sa.select(Person)).all() == []
    assert page.fields["sections-1-items-0-add_speaker"] == "Zoé Nouvelle"
    page.write(s0i0_title_en="Back")
    page.press("keep")
    assert "new-person:s1i0.speaker" in page.buttons


def test_faults_stand_at_their_fields(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH).write(s0i1_title_fr="", s0i1_title_en="", s1i0_minutes="0", s0i0_starts="25:00")
    assert page.press("down:s0").status_code == 422
    for path in ("sections-1-items-1-title", "sections-0-items-0-minutes", "sections-1-items-0-starts"):
        assert f'href="#{path}"' in page.answer.text, "after the press, which moved the section"
        assert f'id="{path}-error"' in page.answer.text
    assert outline(session)[0] == ("One", ["Talk A", "Talk B"])
    assert Editor(desk, PATH).write(s0i0_kind="nonsense", s0i0_minutes="many").press("keep").status_code == 422


def test_removing_what_hangs_on_it_is_asked_first(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    person = build_person(session, one.series, key="marie")
    unattached = one.sections[0].items[0].id
    build_item(session, one, section=one.sections[1], title=both("D", "Talk D"), speakers=[person])
    slot = one.sections[1].items[1].slots[0]
    slot.consents.append(SpeakerConsent(kind=ConsentKind.SLIDES, given_at=NOW, recorded_by="speaker"))
    build_slides(session, slot)
    session.commit()
    page = Editor(desk, PATH)
    assert page.press("remove:s0i0").status_code == 303
    session.expire_all()
    assert session.get(Item, unattached) is None
    page.write(s0_title_en="Written before")
    for act in ("remove:s1i1", "remove:s1", "remove:s1i1.speaker.marie"):
        asked = Editor(desk, PATH)
        assert asked.press(act).status_code == 200
        assert "1 consent that somebody gave or withdrew" in asked.answer.text
        assert "1 file of slides" in asked.answer.text
        assert "Talk D" in outline(session)[1][1]
    page.press("remove:s1i1")
    back = desk.post(PATH, data=page.fields | {"act": "remove:s1i1", "back": "yes"})
    assert back.status_code == 200
    assert "Written before" in back.text
    assert "Talk D" in outline(session)[1][1]
    done = desk.post(PATH, data=page.fields | {"confirm-remove": "remove:s1i1"})
    assert done.status_code == 303
    assert outline(session) == [("Written before", ["Talk B"]), ("Two", ["Talk C"])]


@pytest.fixture
def published(session: Session, one: WorkshopSession) -> WorkshopSession:
    """Give the session, published."""
    one.is_published, one.published_at = True, NOW
    session.commit()
    return one


def test_what_is_published_waits_until_it_is_published_again(
    desk: FlaskClient, session: Session, published: WorkshopSession
) -> None:
    page = Editor(desk, PATH).write(s0i0_title_en="Kept aside")
    page.press("up:s1")
    assert "Kept aside. Nobody else sees it" in page.answer.text
    assert page.fields["sections-1-items-0-title-en"] == "Kept aside", "the editor shows what is kept aside"
    assert outline(session) == [("One", ["Talk A", "Talk B"]), ("Two", ["Talk C"])]
    assert "Kept aside" not in desk.get("/en/series/mine/4/").text
    page.press("add-item:s0")
    page.write(s0i1_title_en="New one", s0i1_title_fr="Nouveau").press("keep")
    page.press("publish")
    assert outline(session) == [("Two", ["Talk C", "New one"]), ("One", ["Kept aside", "Talk B"])]
    assert session.scalars(sa.select(SessionDraft)).all() == []
    assert "Kept aside" in desk.get("/en/series/mine/4/").text


def test_a_post_without_a_button_publishes(desk: FlaskClient, session: Session, published: WorkshopSession) -> None:
    page = Editor(desk, PATH).write(s0i0_title_en="At once")
    assert desk.post(PATH, data=page.fields).status_code == 303
    assert outline(session)[0] == ("One", ["At once", "Talk B"])


def test_two_at_once_lose_nothing(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    other = desk.application.test_client()
    sign_in(other, build_organiser(session, one.series, name="Second Editor", role=Role.EDITOR))
    first, second = Editor(desk, PATH), Editor(other, PATH)
    first.write(s0i0_title_en="Theirs", s0i1_title_en="Only theirs").press("keep")
    second.write(s0i0_title_en="Mine", s1i0_title_en="Only mine")
    assert second.press("keep").status_code == 409
    assert outline(session)[0] == ("One", ["Theirs", "Only theirs"])
    assert "“Theirs”" in second.answer.text
    assert second.fields["sections-0-items-0-title-en"] == "Mine"
    assert second.fields["sections-0-items-1-title-en"] == "Only theirs"
    assert second.press("keep").status_code == 303
    assert outline(session) == [("One", ["Mine", "Only theirs"]), ("Two", ["Only mine"])]


def test_an_item_added_meanwhile_stays(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    late = Editor(desk, PATH)
    early = Editor(desk, PATH)
    early.press("add-item:s1")
    early.write(s1i1_title_en="Added", s1i1_title_fr="Ajouté").press("keep")
    assert late.write(s0i0_title_en="Renamed").press("keep").status_code == 303
    assert outline(session) == [("One", ["Renamed", "Talk B"]), ("Two", ["Talk C", "Added"])]


def test_a_level_that_changes_is_shown_with_its_effects(
    desk: FlaskClient, session: Session, published: WorkshopSession
) -> None:
    build_answer(session, published)
    page = Editor(desk, PATH).write(s0i0_level="whole_session")
    answer = page.press("publish")
    assert answer.status_code == 200
    assert "Change the level?" in answer.text
    seen = page.fields
    assert session.scalars(sa.select(Item.level).where(Item.level.is_not(None))).all() == []
    assert desk.post(PATH, data=seen | {"confirm": "yes"}).status_code == 303
    assert session.scalars(sa.select(Item.level).where(Item.level.is_not(None))).all() == [Level.WHOLE_SESSION]


def test_a_looser_level_asks_for_the_pass_phrase(
    desk: FlaskClient, session: Session, published: WorkshopSession
) -> None:
    session.execute(sa.update(SignIn).values(confirmed_at=NOW - timedelta(hours=1)))
    session.commit()
    page = Editor(desk, PATH).write(s0i0_level="on_the_record", s0i0_title_en="Typed")
    assert Editor(desk, PATH).write(s0i0_level="on_the_record").press("keep").status_code == 303, "not while it waits"
    answer = page.press("publish")
    assert answer.status_code == 403
    assert page.fields["sections-0-items-0-title-en"] == "Typed"
    page.fields["reauthentication"] = PASSWORD
    page.show(desk.post(PATH, data=page.fields))
    assert "Change the level?" in page.answer.text
    assert desk.post(PATH, data=page.fields | {"confirm": "yes"}).status_code == 303
    assert session.scalars(sa.select(Item.level).where(Item.level.is_not(None))).all() == [Level.ON_THE_RECORD]


def test_a_translator_writes_texts_and_nothing_else(
    client: FlaskClient, session: Session, published: WorkshopSession
) -> None:
    build_person(session, published.series, key="marie", name="Marie Canari")
    sign_in(client, build_organiser(session, published.series, role=Role.TRANSLATOR))
    page = Editor(client, PATH)
    assert {act for act in page.buttons if not act.startswith("typeset:")} == {"keep"}
    assert "Marie Canari" not in page.answer.text
    page.write(s0i0_title_en="Translated")
    page.fields |= {
        "sections-0-items-0-minutes": "99", "sections-0-items-0-kind": "break", "moderators": "marie",
        "sections-0-items-0-speakers": "marie", "sections-1-items-0-place": "0.0",
    }  # fmt: skip
    assert client.post(PATH, data=page.fields | {"act": "publish"}).status_code == 303
    assert outline(session)[0] == ("One", ["Talk A", "Talk B"])
    draft = session.scalars(sa.select(SessionDraft)).one()
    assert "moderators" not in draft.content["values"]
    item = draft.content["sections"][0]["items"][0]
    assert (item["title"]["en"], item["minutes"], item["kind"]) == ("Translated", 20, "talk")
    assert item["speakers"] == []


@pytest.mark.parametrize("role", [Role.ANSWERS, Role.PARTNER])
def test_others_find_nothing(client: FlaskClient, session: Session, one: WorkshopSession, role: Role) -> None:
    sign_in(client, build_organiser(session, one.series, role=role))
    assert client.get(PATH).status_code == 404
    assert post(client, PATH, page="/en/account").status_code == 404


@pytest.mark.parametrize(
    "act", ["up:s9", "up:s0i9", "remove:s0i0.speaker.nobody", "up:m", "new-person:s0", "new-person:s0i0.speaker", "nonsense", "up:s" + "9" * 50]
)  # fmt: skip
def test_a_button_that_no_page_has_only_saves(
    desk: FlaskClient, session: Session, one: WorkshopSession, act: str
) -> None:
    page = Editor(desk, PATH).write(s0i0_title_en="Saved")
    assert desk.post(PATH, data=page.fields | {"act": act}).status_code == 303
    assert outline(session) == [("One", ["Saved", "Talk B"]), ("Two", ["Talk C"])]


def test_times_add_up_beside_the_printed_programme(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH).answer.text
    assert "of the session’s 120 minutes" in page
    assert "30 minutes are left" in page
    assert "As it will be printed" in page
    assert page.index("As it will be printed") < page.rindex("Talk C")
    longer = Editor(desk, PATH).write(s1i0_minutes="100", s0i1_starts="16:10")
    longer.press("keep")
    assert "30 minutes too many" in longer.answer.text
    assert "It ends after the session does." in longer.answer.text
    assert "It begins before the previous item ends." in longer.answer.text


def test_the_print_shows_names_only_where_the_public_sees_them(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    person = build_person(session, one.series, name="Withdrawn Canary")
    build_item(session, one, section=one.sections[0], speakers=[person])
    slot = one.sections[0].items[-1].slots[0]
    slot.consents.append(SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, withdrawn_at=NOW, recorded_by="speaker"))
    session.commit()
    text = Editor(desk, PATH).answer.text
    printed = text[text.index("As it will be printed") :]
    assert "Withdrawn Canary" not in printed
    one.level = Level.CLOSED
    session.commit()
    assert "the public does not see the programme" in Editor(desk, PATH).answer.text


def test_texts_that_may_no_longer_hold_are_marked_until_somebody_says_so(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    page = Editor(desk, PATH).write(s0i0_title_en="Talk changed", s1_title_en="Two changed")
    page.press("keep")
    assert page.answer.text.count("The English was changed since the French was checked.") == 2
    page.fields["fine-sections-0-items-0-title-fr"] = "yes"
    assert desk.post(PATH, data=page.fields | {"act": "keep"}).status_code == 303
    page = Editor(desk, PATH)
    assert page.answer.text.count("The English was changed since the French was checked.") == 1
    page.write(s1_title_fr="Deux, relu").press("keep")
    assert "was changed since" not in page.answer.text


def test_correcting_the_typography_saves_nothing(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH).write(s0i0_title_fr="Quoi ? Rien !", s0i1_title_en="Typed")
    assert page.press("typeset:*").status_code == 200
    assert page.fields["sections-0-items-0-title-fr"] == "Quoi\u202f? Rien\u202f!"
    assert page.fields["sections-0-items-1-title-en"] == "Typed"
    assert outline(session)[0] == ("One", ["Talk A", "Talk B"])
    page.press("as-typed:sections-0-items-0-title-fr")
    assert page.fields["sections-0-items-0-title-fr"] == "Quoi ? Rien !"


@pytest.mark.databases("sqlite")
def test_a_long_programme_needs_few_queries(
    desk: FlaskClient, session: Session, one: WorkshopSession, counted: Counted
) -> None:
    for number in range(60):
        person = build_person(session, one.series, name=f"Person {number}")
        build_item(session, one, section=one.sections[number % 2], speakers=[person])
    with counted() as statements:
        assert desk.get(PATH).status_code == 200
    assert len(statements) < 20, statements


def test_a_link_to_a_field_unfolds_its_item(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    text = desk.get(PATH, query_string={"open": "sections-0-items-1"}).text
    assert text.count("<details open>") == 1
    assert text.index('id="s0i1"') < text.index("<details open>") < text.index('id="sections-0-items-1-title-en"')
    assert desk.get(PATH, query_string={"open": "<script>", "new": "s99999999"}).status_code == 200


def test_a_series_of_somebody_else_is_not_there(client: FlaskClient, session: Session, one: WorkshopSession) -> None:
    other = build_series(session, slug="other")
    build_person(session, one.series, key="marie", name="Marie Canari")
    build_session(session, other, slug="4", is_published=False)
    sign_in(client, build_organiser(session, other))
    assert client.get(PATH).status_code == 404
    assert post(client, PATH, page="/en/account").status_code == 404
    page = Editor(client, "/en/organise/series/other/4/programme")
    page.press("add-section")
    page.write(s0_title_en="A", s0i0_title_en="B")
    page.fields.add("sections-0-items-0-speakers", "marie")
    answer = client.post("/en/organise/series/other/4/programme", data=page.fields)
    assert answer.status_code == 422
    assert "Canari" not in answer.text


def test_the_editor_says_who_does_not_come(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    person = build_person(session, one.series, key="marie", name="Marie Canari")
    build_item(session, one, section=one.sections[0], title=both("D", "Talk D"), speakers=[person])
    one.sections[0].items[-1].slots[0].declined_at = NOW
    session.commit()
    page = Editor(desk, PATH)
    assert "is not coming" in page.answer.text
    printed = page.answer.text[page.answer.text.index("As it will be printed") :]
    assert "Marie Canari" not in printed
    page.press("up:s0i2")
    assert "is not coming" in page.answer.text, "they stay who they are when their talk moves"


@pytest.mark.parametrize("base", ["", "nonsense", "programme=;x=y;=;;title.fr=0", "\u0000é" * 50])
def test_any_base_is_taken_as_it_is(desk: FlaskClient, session: Session, one: WorkshopSession, base: str) -> None:
    page = Editor(desk, PATH).write(s0i0_title_en="Saved")
    page.fields["base"] = base
    assert desk.post(PATH, data=page.fields | {"act": "keep"}).status_code in {303, 409}


@pytest.mark.parametrize("is_published", [False, True])
def test_made_up_ids_touch_nothing_of_others(
    desk: FlaskClient, session: Session, one: WorkshopSession, *, is_published: bool
) -> None:
    one.is_published = is_published
    foreign = build_item(session, build_session(session, one.series, slug="5"), title=both("À eux", "Theirs"))
    session.commit()
    for made_up in (str(foreign.id), "9" * 30, "-1", "0", str(one.sections[0].items[0].id)):
        page = Editor(desk, PATH)
        page.fields["sections-0-items-1-row_id"] = made_up
        for act in ("keep", "publish"):
            assert desk.post(PATH, data=page.fields | {"act": act}).status_code in {303, 409, 422}
        session.expire_all()
        assert foreign.title == both("À eux", "Theirs")
        assert foreign.section_id not in {section.id for section in one.sections}


def test_too_many_rows_are_refused_and_not_cut_off(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = Editor(desk, PATH)
    for number in range(2, 130):
        page.fields[f"sections-0-items-{number}-title-en"] = f"Talk {number}"
        page.fields[f"sections-0-items-{number}-kind"] = "talk"
        page.fields[f"sections-0-items-{number}-level"] = ""
    assert desk.post(PATH, data=page.fields | {"act": "keep"}).status_code == 422
    assert outline(session)[0] == ("One", ["Talk A", "Talk B"])


def test_a_form_that_is_sent_twice_adds_nothing_twice(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    page = Editor(desk, PATH)
    page.press("add-section")
    page.write(s2_title_en="Three", s2_title_fr="Trois", s2i0_title_en="Talk D", s2i0_title_fr="Exposé D")
    for _ in range(2):
        assert desk.post(PATH, data=page.fields | {"act": "keep"}).status_code == 303
    assert outline(session)[2:] == [("Three", ["Talk D"])]


def test_a_post_of_nothing_takes_nothing_out(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    before = [section.id for section in one.sections]
    assert before
    assert post(desk, PATH, {"act": "publish"}).status_code == 422
    session.expire_all()
    assert [section.id for section in one.sections] == before
