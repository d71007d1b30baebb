"""The directory of a series: found, edited with dates, merged, taken out; each with its picture."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_committee_member,
    build_item,
    build_organiser,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.db import db
from workshop.core.links import Purpose, find_token, issue
from workshop.core.localized import Localized
from workshop.people.models import CommitteeMember, Person, Portrait
from workshop.programme.models import Series, SpeakerConsent, SpeakerSlot

pytestmark = pytest.mark.usefixtures("clock")
BASE = "/en/organise/series/mine/people"


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="mine")


@pytest.fixture
def desk(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    sign_in(client, build_organiser(session, series))
    return client


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 400)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind)
    return made.getvalue()


def said(person: Person, **values: str) -> dict[str, str]:
    """Return what the form of somebody's page sends, with other values."""
    found = {
        "name": person.name,
        "role-fr": person.role.get("fr", ""),
        "role-en": person.role.get("en", ""),
        "affiliations-fr": "\n".join(one.get("fr", "") for one in person.affiliations),
        "affiliations-en": "\n".join(one.get("en", "") for one in person.affiliations),
        "biography-fr": person.biography.get("fr", ""),
        "biography-en": person.biography.get("en", ""),
        "links": "\n".join(person.links),
        "when": "corrected",
    }
    return {**found, **values}


def actions(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def test_an_empty_directory_says_what_to_do(desk: FlaskClient) -> None:
    page = desk.get(BASE)
    assert page.status_code == 200
    assert "Nobody is here yet" in page.text


def test_everybody_is_listed_and_found_whatever_the_accents(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    build_person(session, series, name="Élodie Müller", affiliations=(both("École", "School"),))
    build_person(session, series, name="Bob Stone", affiliations=(Localized.neutral("INSERM"),))
    assert desk.get(BASE).text.index("Bob Stone") < desk.get(BASE).text.index("Élodie Müller")
    for query in ("elodie", "MULLER elo", "school", "ecole"):
        page = desk.get(BASE, query_string={"q": query}).text
        assert "Élodie Müller" in page, query
        assert "Bob Stone" not in page, query
    page = desk.get(BASE, query_string={"q": "<nobody>"}).text
    assert "&lt;nobody&gt;" in page
    assert "No entry has these words" in page


def test_a_long_directory_is_paged(desk: FlaskClient, session: Session, series: Series) -> None:
    for number in range(51):
        build_person(session, series, name=f"Person {number:02}")
    first, last = desk.get(BASE).text, desk.get(BASE, query_string={"page": "2"}).text
    assert "Person 49" in first
    assert "Person 50" not in first
    assert "Person 50" in last
    for odd in ("0", "-1", "x", "99999999", "²"):
        assert desk.get(BASE, query_string={"page": odd}).status_code == 200


def test_somebody_is_added_with_a_key_of_their_own(desk: FlaskClient, session: Session, series: Series) -> None:
    build_person(session, series, key="elodie-martin", name="Élodie Martin")
    answer = post(desk, f"{BASE}/new", {"name": "Élodie Martin", "role-fr": "juriste", "role-en": "lawyer"})
    assert answer.status_code == 303
    made = session.scalars(sa.select(Person).order_by(Person.id.desc())).first()
    assert made is not None
    assert (made.name, made.key) == ("Élodie Martin", "elodie-martin-2")
    assert made.role == both("juriste", "lawyer")
    assert actions(session)[-1] == "programme.add_person"
    assert "Martin" not in str([one.details for one in session.scalars(sa.select(LogEntry))])
    bad = post(desk, f"{BASE}/new", {"name": "", "role-en": "kept as typed"})
    assert bad.status_code == 422
    assert "kept as typed" in bad.text


def test_what_was_wrong_is_corrected_everywhere_and_what_changed_from_a_day_on(
    desk: FlaskClient, session: Session, series: Series, client: FlaskClient
) -> None:
    person = build_person(session, series, role=both("chercheuse", "researcher"), affiliations=(both("A", "A-en"),))
    early = build_session(session, series, slug="1", starts_wall=NOW.replace(tzinfo=None, month=11, day=24))
    late = build_session(session, series, slug="2", starts_wall=NOW.replace(tzinfo=None, month=12, day=24))
    build_item(session, early, speakers=[person])
    build_item(session, late, speakers=[person])
    path = f"{BASE}/{person.id}"
    form = said(person) | {"affiliations-fr": "B", "affiliations-en": "B-en", "when": "changed", "since": "2026-12-01"}
    assert post(desk, path, form | {"role-en": "director", "role-fr": "directrice"}).status_code == 303
    pages = [client.get(f"/en/series/mine/{slug}/").text for slug in "12"]
    assert "A-en" in pages[0]
    assert "researcher" in pages[0]
    assert "B-en" not in pages[0]
    assert "B-en" in pages[1]
    assert "director" in pages[1]
    session.expire_all()
    assert person.former[0]["until"] == "2026-12-01"
    # A correction reaches what stands now, and not what was printed.
    assert post(desk, path, said(person) | {"affiliations-en": "C-en"}).status_code == 303
    assert "A-en" in client.get("/en/series/mine/1/").text
    assert "C-en" in client.get("/en/series/mine/2/").text
    # What is forgotten is gone from earlier programmes too.
    session.expire_all()
    assert post(desk, path, said(person, drop="2026-12-01")).status_code == 303
    assert "C-en" in client.get("/en/series/mine/1/").text


def test_a_change_needs_a_day_after_the_last_one(desk: FlaskClient, session: Session, series: Series) -> None:
    former = ({"until": "2026-06-01", "affiliations": ["Old"]},)
    person = build_person(session, series, former=former)
    path = f"{BASE}/{person.id}"
    form = said(person) | {"affiliations-fr": "New", "affiliations-en": "New", "when": "changed"}
    for since, words in (("", "Please say since which day"), ("2026-06-01", "later change"), ("nonsense", "a day")):
        answer = post(desk, path, form | {"since": since})
        assert answer.status_code == 422, since
        assert words in answer.text
        assert "New" in answer.text, "nothing that was typed is lost"
    session.expire_all()
    assert person.former == former


def test_a_translator_corrects_texts_and_nothing_else(client: FlaskClient, session: Session, series: Series) -> None:
    sign_in(client, build_organiser(session, series, role=Role.TRANSLATOR))
    person = build_person(session, series, name="Ada", links=("https://ada.example.org",))
    path = f"{BASE}/{person.id}"
    assert client.get(BASE).status_code == 200
    answer = post(client, path, said(person) | {"name": "Eve", "role-en": "biologist", "when": "changed", "since": ""})
    assert answer.status_code == 303
    session.expire_all()
    assert (person.name, person.role["en"], person.links) == ("Ada", "biologist", ("https://ada.example.org",))
    for below in ("new", "committee", "asked", f"{person.id}/delete", f"{person.id}/merge"):
        assert client.get(f"{BASE}/{below}").status_code == 404, below


def test_a_picture_is_small_without_metadata_and_shown_where_the_affiliation_is(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    person = build_person(session, series)
    one = build_session(session, series, slug="1")
    item = build_item(session, one, speakers=[person])
    path = f"{BASE}/{person.id}"
    answer = post(desk, f"{path}/portrait", {"file": (io.BytesIO(picture()), "me.png")}, page=path)
    assert answer.status_code == 303
    session.expire_all()
    found = session.scalars(sa.select(Portrait)).one()
    (content,) = session.scalars(sa.select(Portrait.content))
    assert (found.media_type, len(content) <= 15_000) == ("image/jpeg", True)
    assert max(Image.open(io.BytesIO(content)).size) == 160
    page = desk.get("/en/series/mine/1/").text
    address = re.search(r'src="([^"]+/portraits/[^"]+)" alt="" loading="lazy"', page)
    assert address is not None
    sent = desk.get(address[1])
    assert (sent.status_code, sent.content_type, sent.data) == (200, "image/jpeg", content)
    session.add(SpeakerConsent(slot_id=item.slots[0].id, kind=ConsentKind.ANNOUNCE_AFFILIATION, withdrawn_at=NOW))
    series.revision += 1
    session.commit()
    assert "/portraits/" not in desk.get("/en/series/mine/1/").text
    assert desk.get(address[1]).status_code == 404
    assert post(desk, f"{path}/portrait", {"act": "remove"}, page=path).status_code == 303
    assert session.scalars(sa.select(Portrait.key)).all() == []
    assert actions(session)[-2:] == ["programme.set_portrait", "programme.remove_portrait"]


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_under_a_stricter_rule_no_biography_and_no_picture_is_on_a_page(
    client: FlaskClient, session: Session, level: Level
) -> None:
    series = build_series(
        session, slug="mine", visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC
    )
    person = build_person(session, series, biography=both("Canari", "Canary life"))
    key = "k" * 20
    session.add(
        Portrait(
            person_id=person.id, key=key, media_type="image/jpeg", content=b"x", uploaded_at=NOW, uploaded_by="speaker"
        )
    )
    build_item(session, build_session(session, series, slug="1", level=level), speakers=[person])
    session.commit()
    page = client.get("/en/series/mine/1/")
    assert "Canary life" not in page.text
    assert key not in page.text
    assert client.get(f"/en/series/mine/1/portraits/{key}").status_code == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 no picture", b"GIF89a", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture_is_refused_with_a_reason(
    desk: FlaskClient, session: Session, series: Series, content: bytes
) -> None:
    person = build_person(session, series)
    path = f"{BASE}/{person.id}"
    answer = post(desk, f"{path}/portrait", {"file": (io.BytesIO(content), "me.png")}, page=path)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert session.scalars(sa.select(Portrait.key)).all() == []


def test_the_committee_is_put_in_order(desk: FlaskClient, session: Session, series: Series) -> None:
    people = [build_person(session, series, name=name) for name in ("Ada", "Bo", "Cy")]
    for person in people[:2]:
        build_committee_member(session, series, person)
    path = f"{BASE}/committee"
    assert desk.get(path).status_code == 200

    def order() -> list[str]:
        session.expire_all()
        found = sa.select(CommitteeMember).order_by(CommitteeMember.position)
        return [one.person.name for one in session.scalars(found)]

    for press, left in (
        ({"act": f"up:{people[1].id}"}, ["Bo", "Ada"]),
        ({"act": "add", "person": str(people[2].id)}, ["Bo", "Ada", "Cy"]),
        ({"act": "add", "person": str(people[2].id)}, ["Bo", "Ada", "Cy"]),
        ({"act": f"down:{people[1].id}"}, ["Ada", "Bo", "Cy"]),
        ({"act": f"remove:{people[1].id}"}, ["Ada", "Cy"]),
        ({"act": "nonsense:²"}, ["Ada", "Cy"]),
    ):
        assert post(desk, path, press).status_code == 303
        assert order() == left


def test_the_committee_shows_the_pictures_that_there_are(desk: FlaskClient, session: Session, series: Series) -> None:
    people = [build_person(session, series, name=name) for name in ("Ada", "Bo")]
    for person in people:
        build_committee_member(session, series, person)
    session.add(Portrait(person_id=people[0].id, media_type="image/jpeg", content=picture("JPEG"), uploaded_at=NOW,
        uploaded_by="speaker"))  # fmt: skip
    session.commit()
    (shown,) = re.findall(r"<img[^>]*>", desk.get(f"{BASE}/committee").text)
    assert 'alt="Picture of Ada"' in shown
    assert 'loading="lazy"' in shown
    source = re.search(r'src="([^"]+)"', shown)
    assert source is not None
    answer = desk.get(source[1])
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")


def test_the_directory_says_who_has_confirmed(desk: FlaskClient, session: Session, series: Series) -> None:
    one, other = build_session(session, series, slug="1"), build_session(session, series, slug="2")
    ada, bo, cy = (build_person(session, series, name=name) for name in ("Ada", "Bo", "Cy"))
    build_slot(session, one, ada).confirmed_at = NOW
    build_slot(session, one, bo)
    slots = [build_slot(session, where, cy) for where in (one, other, other)]
    slots[0].confirmed_at = slots[1].declined_at = NOW
    session.commit()
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", desk.get(BASE).text, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert re.search(r"^Ada .*1 part confirmed \d+ \w+ 20\d\d", words[0]), words[0]
    assert "not confirmed yet" in words[1]
    assert "3 parts 1 of 3 confirmed, 1 declined" in words[2]


def test_who_comes_is_not_for_those_who_only_edit_texts(client: FlaskClient, session: Session, series: Series) -> None:
    person = build_person(session, series, name="Ada")
    build_slot(session, build_session(session, series, slug="1"), person).declined_at = NOW
    sign_in(client, build_organiser(session, series, role=Role.TRANSLATOR))
    for path in (BASE, f"{BASE}/{person.id}"):
        page = client.get(path).text
        assert "Ada" in page
        assert "declined" not in page
        assert "no address" not in page
        assert "Are they coming?" not in page


def test_whoever_stands_in_a_programme_is_not_taken_out(desk: FlaskClient, session: Session, series: Series) -> None:
    speaker, other = build_person(session, series), build_person(session, series)
    build_slot(session, build_session(session, series), speaker)
    issue(session, purpose=Purpose.SPEAKER, subject=other.subject)
    subject, gone = other.subject, other.id
    assert post(desk, f"{BASE}/{speaker.id}/delete", page=f"{BASE}/new").status_code == 409
    assert desk.get(f"{BASE}/{speaker.id}/delete").status_code == 200
    assert post(desk, f"{BASE}/{gone}/delete").status_code == 303
    assert desk.get(f"{BASE}/{gone}").status_code == 404
    session.expire_all()
    assert find_token(session, purpose=Purpose.SPEAKER, subject=subject) is None
    assert session.scalars(sa.select(Person.id)).all() == [speaker.id]


def test_two_entries_become_one_and_what_was_withdrawn_stays_so(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    keeps = build_person(session, series, name="Élodie Martin", biography=Localized(), email="")
    goes = build_person(session, series, name="E. Martin", biography=both("Vie", "Life"), email="e@example.org")
    build_committee_member(session, series, goes)
    first, second = build_session(session, series, slug="1"), build_session(session, series, slug="2")
    twice = build_item(session, first, speakers=[keeps, goes])
    build_item(session, second, speakers=[goes])
    withdrawn = twice.slots[1]
    session.add(
        SpeakerConsent(slot_id=withdrawn.id, kind=ConsentKind.ANNOUNCE_NAME, withdrawn_at=NOW, recorded_by="speaker")
    )
    issue(session, purpose=Purpose.SPEAKER, subject=goes.subject)
    session.commit()
    path, subject, kept_id, gone_id = f"{BASE}/{goes.id}/merge", goes.subject, keeps.id, goes.id
    preview = desk.get(path, query_string={"into": str(kept_id)})
    assert preview.status_code == 200
    for words in ("Life", "2 parts in programmes come along", "1 of them both have", "committee comes along"):
        assert words in preview.text
    session.expire_all()
    assert session.get(Person, gone_id) is not None, "nothing happened yet"
    assert post(desk, path, {"into": ""}, page=f"{BASE}/new").status_code == 422
    assert post(desk, path, {"into": str(kept_id)}, page=f"{BASE}/new").status_code == 303
    session.expire_all()
    assert session.get(Person, gone_id) is None
    stays = session.get_one(Person, kept_id)
    assert (stays.name, stays.biography, stays.email) == ("Élodie Martin", both("Vie", "Life"), "e@example.org")
    slots = session.scalars(sa.select(SpeakerSlot).order_by(SpeakerSlot.id)).all()
    assert [slot.person_id for slot in slots] == [kept_id, kept_id]
    (consent,) = slots[0].consents
    assert (consent.kind, consent.withdrawn_at) == (ConsentKind.ANNOUNCE_NAME, NOW)
    assert session.scalars(sa.select(CommitteeMember.person_id)).all() == [kept_id]
    assert find_token(session, purpose=Purpose.SPEAKER, subject=subject) is None
    page = desk.get("/en/series/mine/1/").text
    assert ">Élodie Martin<" not in page
    assert "E. Martin" not in page
    assert "Élodie Martin" in desk.get("/en/series/mine/2/").text
    assert "programme.merge_people" in actions(session)


def test_nobody_of_another_series_is_in_reach(desk: FlaskClient, session: Session, series: Series) -> None:
    other = build_series(session, slug="theirs")
    stranger, own = build_person(session, other), build_person(session, series)
    for below in ("", "/delete", "/merge", "/portrait"):
        assert desk.get(f"{BASE}/{stranger.id}{below}").status_code == 404
        assert desk.get(f"/en/organise/series/theirs/people/{stranger.id}{below}").status_code == 404
    answer = post(desk, f"{BASE}/{own.id}/merge", {"into": str(stranger.id)}, page=f"{BASE}/new")
    assert answer.status_code == 422
    session.expire_all()
    assert session.get(Person, own.id) is not None


def test_the_directory_of_sixty_takes_few_queries(
    app: Flask, desk: FlaskClient, session: Session, series: Series
) -> None:
    people = [build_person(session, series) for _number in range(60)]
    for number in range(8):
        one = build_session(session, series)
        build_item(session, one, speakers=people[number : number + 5])
    session.commit()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "SELECT" in statement:
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    paths = [BASE, f"{BASE}/{people[0].id}", f"{BASE}/{people[0].id}/merge?into={people[1].id}"]
    sa.event.listen(engine, "before_cursor_execute", note)
    for path in [*paths, f"{BASE}/asked", f"{BASE}/committee"]:
        statements.clear()
        assert desk.get(path).status_code == 200
        assert len(statements) < 20, (path, statements)
    sa.event.remove(engine, "before_cursor_execute", note)


def test_dates_of_affiliations_travel_in_the_series_file(session: Session, series: Series) -> None:
    from workshop.people.rule import post_on
    from workshop.programme.seriesfile.exporting import export_series

    person = build_person(
        session,
        series,
        affiliations=(Localized.neutral("New"),),
        former=({"until": "2026-06-01", "affiliations": ["Old"], "role": {"en": "fellow"}},),
    )
    session.expire_all()
    text = export_series(series)
    assert "former:" in text
    assert post_on(person, date(2026, 5, 31)).affiliations == (Localized.neutral("Old"),)
    assert post_on(person, date(2026, 5, 31)).role == Localized({"en": "fellow"})
    assert post_on(person, date(2026, 6, 1)).affiliations == (Localized.neutral("New"),)
