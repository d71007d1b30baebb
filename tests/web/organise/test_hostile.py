"""Ways round the workspace: past the pass phrase to a looser level, past what people said, into another's log."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import both, build_item, build_organiser, build_person, build_series, build_session, build_slot
from tests.web.editor import Editor
from tests.web.organise.test_keeping_aside import shown
from tests.web.public.speaking import press, speaker_path
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Role, SeriesRole, SignIn
from workshop.chatham.rule import Level
from workshop.people.models import Person
from workshop.programme.models import Item, SessionDraft, WorkshopSession
from workshop.programme.seriesfile import export_series
from workshop.programme.view.speakers import part_key

BASE = "/en/organise/series/mine"
ASKS = 'name="reauthentication"'


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a published session of the series `mine`."""
    series = build_series(session, slug="mine")
    return build_session(session, series, slug="1", number=1, title=both("Titre", "Title"), level=Level.DISCUSSION)


@pytest.fixture
def speaker(session: Session, one: WorkshopSession) -> Person:
    """Give who gives its only talk."""
    return build_person(session, one.series, name="Zoé Canari", email="zoe@example.org")


@pytest.fixture
def talk(session: Session, one: WorkshopSession, speaker: Person) -> Item:
    found = build_item(session, one, title=both("Exposé", "Talk"), speakers=[speaker])
    session.commit()
    return found


@pytest.fixture
def owner(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, one.series, name="Anna"))
    return client


@pytest.fixture
def thief(owner: FlaskClient, session: Session) -> FlaskClient:
    """Give it to somebody who found it open, and does not know the pass phrase."""
    session.execute(sa.update(SignIn).values(confirmed_at=sa.null()))
    session.commit()
    return owner


def test_a_level_kept_aside_is_not_published_by_a_form_that_left_it_alone(
    thief: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    before = shown(thief)
    edit = f"{BASE}/1/edit"
    assert thief.post(edit, data={**before, "level": "on_the_record", "act": "keep"}).status_code == 303
    # "I did not touch the level" takes the one that is kept aside.
    answer = thief.post(edit, data={**before, "title-en": "Another", "act": "publish"})
    assert (answer.status_code, ASKS in answer.text) == (403, True)
    session.expire_all()
    assert one.level is Level.DISCUSSION


@pytest.mark.usefixtures("talk")
def test_nor_is_that_of_a_talk(thief: FlaskClient, session: Session) -> None:
    before = Editor(thief, f"{BASE}/1/programme")
    fields = before.fields.copy()
    level = "sections-0-items-0-level"
    kept = {**fields.to_dict(flat=False), level: ["on_the_record"], "act": ["keep"]}
    assert thief.post(before.path, data=kept).status_code == 303
    said = {**fields.to_dict(flat=False), "sections-0-title-en": ["Another"], "act": ["publish"]}
    answer = thief.post(before.path, data=said)
    assert (answer.status_code, ASKS in answer.text) == (403, True)
    session.expire_all()
    assert session.scalars(sa.select(Item.level)).one() is None


def test_a_looser_level_of_the_series_asks_for_the_pass_phrase(
    thief: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    page = f"{BASE}/edit"
    fields = Editor(thief, page).fields.to_dict(flat=False)
    answer = thief.post(page, data={**fields, "level": ["on_the_record"]})
    assert (answer.status_code, ASKS in answer.text) == (403, True)
    assert thief.post(page, data={**fields, "level": ["closed"]}).status_code != 403
    session.expire_all()
    assert one.series.level is not Level.ON_THE_RECORD


def test_so_does_that_of_a_talk_in_a_series_file(
    thief: FlaskClient, session: Session, one: WorkshopSession, talk: Item
) -> None:
    text = export_series(one.series)
    loosened = text.replace(
        "            title: {fr: Exposé",
        "            chatham_house_rule: on_the_record\n            title: {fr: Exposé",
    )
    assert loosened != text
    path = "/en/organise/series/import"
    data = {"csrf_token": token_of(thief.get(path)), "content": loosened, "act": "import"}
    answer = thief.post(path, data=data)
    assert (answer.status_code, ASKS in answer.text) == (403, True)
    session.expire_all()
    assert talk.level is None


def test_an_owner_found_signed_in_puts_no_other_owner_out(
    thief: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    other = build_organiser(session, one.series, email="other@example.org")
    path = f"{BASE}/people-with-access"
    answer = post(thief, f"{path}/{other.id}/revoke", page=path)
    assert (answer.status_code, ASKS in answer.text) == (403, True)
    assert session.get(SeriesRole, (other.id, one.series_id)) is not None


def test_no_speaker_gets_another_address_by_a_merger(
    thief: FlaskClient, session: Session, one: WorkshopSession, speaker: Person, talk: Item
) -> None:
    other = build_person(session, one.series, name="Zoé Canari", email="thief@example.org")
    session.commit()
    for goes, keeps in ((speaker, other), (other, speaker)):
        path = f"{BASE}/people/{goes.id}/merge"
        answer = post(thief, path, {"into": str(keeps.id)}, page=f"{path}?into={keeps.id}")
        assert (answer.status_code, ASKS in answer.text) == (403, True)
    session.expire_all()
    assert [slot.person.email for slot in talk.slots] == ["zoe@example.org"]


@pytest.mark.parametrize("is_published", [True, False])
def test_a_translator_of_the_programme_changes_nobody_in_it(
    client: FlaskClient,
    session: Session,
    one: WorkshopSession,
    speaker: Person,
    talk: Item,
    is_published: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    build_slot(session, one, build_person(session, one.series, name="Max Moderator"))
    one.is_published = is_published
    session.commit()
    sign_in(client, build_organiser(session, one.series, role=Role.TRANSLATOR))
    editor = Editor(client, f"{BASE}/1/programme")
    said = {"sections-0-title-en": "Translated", "moderators": "nobody", "sections-0-items-0-speakers": "nobody"}
    fields = {**editor.fields.to_dict(flat=False), **said, "sections-0-items-0-level": "on_the_record"}
    assert client.post(editor.path, data={**fields, "act": "publish"}).status_code == 303
    session.expire_all()
    assert [slot.person.name for slot in one.slots] == ["Max Moderator"]
    assert ([slot.person.name for slot in talk.slots], talk.level) == (["Zoé Canari"], None)
    if is_published:
        assert session.scalars(sa.select(SessionDraft)).one().content["values"] == {}


def test_undoing_does_not_bring_back_who_declined(
    owner: FlaskClient, session: Session, speaker: Person, talk: Item
) -> None:
    press(owner, speaker_path(session, speaker), "decline", part=part_key(talk.slots[0]))
    session.expire_all()
    declined_at = talk.slots[0].declined_at
    editor = Editor(owner, f"{BASE}/1/programme")
    fields = editor.fields.to_dict(flat=False)
    del fields["sections-0-items-0-speakers"]
    assert owner.post(editor.path, data={**fields, "act": "publish"}).status_code == 303
    session.expire_all()
    assert talk.slots == []
    assert post(owner, f"{BASE}/1/versions").status_code == 303
    session.expire_all()
    assert [slot.declined_at for slot in talk.slots] == [declined_at]
    assert "Zoé Canari" not in owner.get("/en/series/mine/1/").text


def test_who_declined_does_not_come_along_to_a_copy(
    owner: FlaskClient, session: Session, one: WorkshopSession, speaker: Person, talk: Item
) -> None:
    press(owner, speaker_path(session, speaker), "decline", part=part_key(talk.slots[0]))
    path = f"{BASE}/1/duplicate"
    assert owner.post(path, data=Editor(owner, path).fields).status_code == 303
    made = session.scalars(sa.select(WorkshopSession).where(WorkshopSession.id != one.id)).one()
    items = [item for section in made.sections for item in section.items]
    assert [(item.title["en"], item.slots) for item in items] == [("Talk", [])]


@pytest.mark.parametrize("waits", [True, False])
def test_what_a_speaker_writes_leaves_what_organisers_kept_aside(
    owner: FlaskClient,
    session: Session,
    one: WorkshopSession,
    speaker: Person,
    talk: Item,
    waits: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one.series.speaker_changes_wait = waits
    session.commit()
    editor = Editor(owner, f"{BASE}/1/programme")
    assert editor.write(s0_title_en="Kept aside").press("keep").status_code == 303
    path = f"{speaker_path(session, speaker)}talk/{part_key(talk.slots[0])}"
    fields = Editor(owner, path).fields.to_dict()
    assert owner.post(path, data={**fields, "title-en": "My own title"}).status_code == 303
    if waits:
        changes = f"{BASE}/people/asked"
        page = Editor(owner, changes)
        assert page.buttons
        found = owner.get(changes).text.partition(f'action="{changes}/')[2].partition('"')[0]
        answer = owner.post(f"{changes}/{found}", data={**page.fields.to_dict(), "act": page.buttons[0]})
        assert answer.status_code == 303
    session.expire_all()
    assert talk.title["en"] == "My own title"
    section = session.scalars(sa.select(SessionDraft)).one().content["sections"][0]
    assert (section["title"]["en"], section["items"][0]["title"]["en"]) == ("Kept aside", "My own title")


def test_undoing_leaves_what_is_kept_aside(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    edit = f"{BASE}/1/edit"
    assert owner.post(edit, data={**shown(owner), "title-en": "Another", "act": "publish"}).status_code == 303
    assert owner.post(edit, data={**shown(owner), "capacity": "12", "act": "keep"}).status_code == 303
    assert post(owner, f"{BASE}/1/versions").status_code == 303
    session.expire_all()
    assert (one.title["en"], one.capacity) == ("Title", None)
    assert shown(owner)["capacity"] == "12"
    assert shown(owner)["title-en"] == "Title"


def test_the_log_names_no_organiser_of_another_series_whose_number_came_again(
    owner: FlaskClient, session: Session
) -> None:
    """SQLite gives the number of a person who was deleted to the next one."""
    theirs = build_series(session, slug="theirs")
    other = owner.application.test_client()
    sign_in(other, build_organiser(session, theirs, name="Boris Secret", role=Role.EDITOR, email="boris@example.org"))
    people = "/en/organise/series/theirs/people"
    made = post(other, f"{people}/new", {"name": "Zoé"}).location
    assert post(other, f"{made}/delete").status_code == 303
    assert post(owner, f"{BASE}/people/new", {"name": "Max"}).status_code == 303
    page = owner.get(f"{BASE}/activity").text
    assert "Boris Secret" not in page
    assert page.count("Somebody was added to the directory.") == 1
