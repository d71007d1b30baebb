"""The organisers' page of slides and recordings: what is kept, what is refused, and at which field it is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import (
    NOW,
    build_item,
    build_organiser,
    build_person,
    build_recording,
    build_series,
    build_session,
    build_slides,
    build_slot,
)
from tests.files import CANARY, make_jpeg, make_pdf
from tests.web.programme.test_forms import shown
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Role
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.uploads import MAXIMUM
from workshop.programme.models import Item, Recording, Slides, SpeakerConsent, SpeakerSlot, WorkshopSession

PAGE = "/en/organise/series/mine/1/materials"
URL = "https://media.example.org/4.mp4"


@pytest.fixture
def talk(session: Session, listed: WorkshopSession) -> Item:
    listed.series.level = Level.ON_THE_RECORD
    found = build_item(session, listed, speakers=[build_person(session, listed.series, name="Camille Exemple")])
    build_slot(session, listed, build_person(session, listed.series, name="Dominique Exemple"))
    session.commit()
    return found


@pytest.fixture
def slot(talk: Item) -> SpeakerSlot:
    return talk.slots[0]


def multipart(fields: dict[str, str], data: bytes, name: str) -> dict[str, Any]:
    """Return a form with a file as it goes over the wire; werkzeug's own client leaves its temporary file open."""
    lines = [
        f'--boundary\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    head = f'--boundary\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = "".join([*lines, head, "Content-Type: image/svg+xml\r\n\r\n"]).encode() + data + b"\r\n--boundary--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=boundary"}


def send(desk: FlaskClient, slot: SpeakerSlot, data: bytes, name: str = "slides.pdf", **values: str) -> TestResponse:
    """Send a file as the page's form does, with a type that the browser made up."""
    fields = {"csrf_token": token_of(desk.get(PAGE)), "part": str(slot.id), "language": "fr", **values}
    return desk.post(f"{PAGE}/slides", **multipart(fields, data, name))


def kept(session: Session) -> list[Slides]:
    session.expire_all()
    return list(session.scalars(sa.select(Slides).order_by(Slides.id)))


def test_the_page_names_everybody_with_a_part_and_is_not_kept_anywhere(desk: FlaskClient, talk: Item) -> None:
    page = desk.get(PAGE)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "Camille Exemple" in page.text
    assert "moderates the session" in page.text
    assert PAGE in desk.get("/en/organise/series/mine/").text
    assert len(page.data) < 60_000


def test_a_file_is_kept_clean_and_can_be_fetched_and_removed(
    desk: FlaskClient, session: Session, slot: SpeakerSlot, logged: Callable[[str], list[tuple[str, dict[str, Any]]]]
) -> None:
    answer = send(desk, slot, make_pdf(), name=f"{CANARY}.pptx")
    assert (answer.status_code, answer.location) == (303, PAGE)
    (slides,) = kept(session)
    assert slides.uploaded_by.startswith("organiser:")
    page = desk.get(PAGE)
    assert CANARY not in page.text
    assert "there is no consent to pass them on" in page.text
    assert f"{slides.key}" in page.text
    sent = desk.get(f"{PAGE}/slides/{slides.key}")
    assert sent.data.startswith(b"%PDF-")
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert sent.headers["Cache-Control"] == "no-store"
    assert CANARY.encode() not in sent.data
    assert desk.get(f"/en/series/mine/1/slides/{slides.key}").status_code == 404
    assert post(desk, f"{PAGE}/slides/{slides.key}/remove", page=PAGE).status_code == 303
    assert kept(session) == []
    assert len(logged("programme.add_slides")) == len(logged("programme.remove_slides")) == 1


def test_the_page_says_who_gets_them(
    desk: FlaskClient, session: Session, slot: SpeakerSlot, listed: WorkshopSession
) -> None:
    build_slides(session, slot)
    slot.consents.append(SpeakerConsent(kind=ConsentKind.SLIDES, given_at=NOW))
    session.commit()
    assert "Everybody gets these" in desk.get(PAGE).text
    listed.level = Level.WHOLE_SESSION
    session.commit()
    assert "Those whose place is confirmed get these" in desk.get(PAGE).text
    listed.is_published = False
    session.commit()
    assert "the session is a draft" in desk.get(PAGE).text


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "slides.png", "no PDF, PNG or JPEG"),
        (b"<!doctype html><script>alert(1)</script>", "slides.pdf", "no PDF, PNG or JPEG"),
        (b"", "slides.pdf", "This file is empty"),
        (b"%PDF-1.7 broken", "slides.pdf", "damaged or incomplete"),
        (b"%PDF-" + bytes(MAXIMUM), "slides.pdf", "larger than 20 MB"),
    ],
)
def test_a_file_that_is_not_taken_is_said_at_its_field(
    desk: FlaskClient, session: Session, slot: SpeakerSlot, data: bytes, name: str, words: str
) -> None:
    answer = send(desk, slot, data, name=name)
    assert answer.status_code == 422
    found = re.search(r'<p class="error" id="file-error">([^<]+)', answer.text)
    assert found is not None
    assert words in found[1]
    assert 'href="#file"' in answer.text
    assert kept(session) == []


def test_a_missing_file_and_an_unknown_part_are_said(desk: FlaskClient, session: Session, slot: SpeakerSlot) -> None:
    answer = post(desk, f"{PAGE}/slides", {"part": str(slot.id), "language": ""}, page=PAGE)
    assert answer.status_code == 422
    assert "This file is empty" in answer.text
    foreign = build_slot(session, build_session(session), build_person(session, build_series(session)))
    session.commit()
    for values in ({"part": str(foreign.id)}, {"part": "x"}, {"language": "xx"}):
        assert send(desk, slot, make_jpeg(), **values).status_code == 422
    assert kept(session) == []


def test_what_is_larger_than_any_file_is_not_read_at_all(
    desk: FlaskClient, session: Session, slot: SpeakerSlot
) -> None:
    assert send(desk, slot, b"%PDF-" + bytes(MAXIMUM + 300_000)).status_code == 413
    assert kept(session) == []


def test_all_other_forms_stay_small(desk: FlaskClient, talk: Item) -> None:
    token = token_of(desk.get(PAGE))
    big = multipart({"csrf_token": token}, bytes(1_200_000), "x.pdf")
    assert desk.post(f"{PAGE}/recordings", **big).status_code == 413


def test_one_cannot_have_another_sessions_files(
    desk: FlaskClient, session: Session, listed: WorkshopSession, slot: SpeakerSlot
) -> None:
    other = build_session(session, listed.series, slug="2")
    slides = build_slides(session, build_slot(session, other, slot.person))
    foreign = build_session(session, slug="1")
    theirs = build_slides(session, build_slot(session, foreign, build_person(session, foreign.series)))
    recording = build_recording(session, foreign, level=Level.DISCUSSION)
    session.commit()
    for key in (slides.key, theirs.key):
        assert desk.get(f"{PAGE}/slides/{key}").status_code == 404
        assert post(desk, f"{PAGE}/slides/{key}/remove", page=PAGE).status_code == 404
    for verb in ("declare", "publish", "remove"):
        assert (
            post(desk, f"{PAGE}/recordings/{recording.id}/{verb}", {"everybody": "yes"}, page=PAGE).status_code == 404
        )
    assert len(kept(session)) == 2


@pytest.mark.parametrize("role", [Role.HELPER, Role.PARTNER, None])
def test_only_those_who_decide_get_in(
    client: FlaskClient, session: Session, slot: SpeakerSlot, listed: WorkshopSession, role: Role | None
) -> None:
    slides = build_slides(session, slot)
    organiser = build_organiser(session, listed.series if role else None, role=role or Role.OWNER)
    sign_in(client, organiser)
    token = token_of(client.get("/en/account"))
    assert client.get(PAGE).status_code == 404
    assert client.get(f"{PAGE}/slides/{slides.key}").status_code == 404
    file = multipart({"csrf_token": token, "part": str(slot.id)}, make_jpeg(), "x.jpg")
    assert client.post(f"{PAGE}/slides", **file).status_code == 404
    assert client.post(f"{PAGE}/slides/{slides.key}/remove", data={"csrf_token": token}).status_code == 404
    assert client.post(f"{PAGE}/recordings", data={"csrf_token": token, "url": URL, "item": ""}).status_code == 404
    assert len(kept(session)) == 1


# -- recordings --------------------------------------------------------------------------------------------------------


def test_a_recording_is_kept_declared_published_and_taken_back(
    desk: FlaskClient, session: Session, talk: Item, listed: WorkshopSession
) -> None:
    answer = post(desk, f"{PAGE}/recordings", {"item": str(talk.id), "url": URL, "spoken": "fr"}, page=PAGE)
    assert answer.status_code == 303
    recording = session.scalars(sa.select(Recording)).one()
    assert recording.item_id == talk.id
    here = f"{PAGE}/recordings/{recording.id}"
    assert "nobody has declared" in desk.get(PAGE).text
    assert post(desk, f"{here}/publish", page=PAGE).status_code == 409
    assert "Please tick the box" in _followed(desk, post(desk, f"{here}/declare", page=PAGE))
    session.expire_all()
    assert recording.agreed_at is None
    post(desk, f"{here}/declare", {"everybody": "yes"}, page=PAGE)
    assert "has not consented to be recorded" in desk.get(PAGE).text
    refused = post(desk, f"{here}/publish", page=PAGE)
    assert refused.status_code == 409
    assert "has not consented" in refused.text
    talk.slots[0].consents.append(SpeakerConsent(kind=ConsentKind.RECORDED, given_at=NOW))
    session.commit()
    assert URL not in desk.get("/en/series/mine/1/").text
    assert post(desk, f"{here}/publish", page=PAGE).status_code == 303
    assert URL in desk.get("/en/series/mine/1/").text
    assert post(desk, f"{here}/unpublish", page=PAGE).status_code == 303
    assert URL not in desk.get("/en/series/mine/1/").text
    post(desk, f"{here}/publish", page=PAGE)
    post(desk, f"{here}/take-back", page=PAGE)
    assert URL not in desk.get("/en/series/mine/1/").text
    assert post(desk, f"{here}/nothing", page=PAGE).status_code == 404
    assert post(desk, f"{here}/remove", page=PAGE).status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(Recording)).all() == []


def _followed(desk: FlaskClient, answer: TestResponse) -> str:
    assert answer.status_code == 303
    assert answer.location is not None
    return desk.get(answer.location).text


def test_of_a_closed_session_the_page_has_no_form_and_takes_nothing(
    desk: FlaskClient, session: Session, listed: WorkshopSession, talk: Item
) -> None:
    listed.level = Level.CLOSED
    session.commit()
    page = desk.get(PAGE)
    assert "no recording of it may be kept" in page.text
    assert 'name="url"' not in page.text
    assert post(desk, f"{PAGE}/recordings", {"item": "", "url": URL, "spoken": ""}, page=PAGE).status_code == 422
    assert session.scalars(sa.select(Recording)).all() == []


@pytest.mark.parametrize("url", ["", "nothing", "javascript:alert(1)"])
def test_a_bad_address_is_said_at_its_field(desk: FlaskClient, session: Session, talk: Item, url: str) -> None:
    answer = post(desk, f"{PAGE}/recordings", {"item": "", "url": url, "spoken": ""}, page=PAGE)
    assert answer.status_code == 422
    assert 'id="url-error"' in answer.text
    assert session.scalars(sa.select(Recording)).all() == []


# -- links to recordings in what is written elsewhere -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "target"),
    [
        ("title-en", "title"),
        ("abstract-fr", "abstract"),
        ("objectives-en", "objectives"),
        ("place-fr", "place"),
        ("label-fr", "label"),
        ("public_title-en", "public_title"),
        ("short_title-en", "short_title"),
        ("links", "links"),
    ],
)
def test_the_address_of_a_recording_pasted_into_a_session_is_refused_at_its_field(
    desk: FlaskClient, session: Session, listed: WorkshopSession, field: str, target: str
) -> None:
    values: dict[str, str] = {}
    for name, value in shown(desk.get("/en/organise/series/mine/1/edit").text):
        values.setdefault(name, value)
    text = "https://youtu.be/qK6M0G87DOI" if field == "links" else "See https://youtu.be/qK6M0G87DOI again"
    answer = desk.post("/en/organise/series/mine/1/edit", data={**values, field: text})
    assert answer.status_code == 422
    found = re.search(rf'id="{target}-error">([^<]+)', answer.text)
    assert found is not None, answer.text
    assert "address of a recording" in found[1]
    session.expire_all()
    assert "youtu.be" not in f"{listed.title.to_json()} {listed.abstract.to_json()} {listed.links}"


def test_it_is_refused_in_what_organisers_ask_and_write_to_people(desk: FlaskClient, listed: WorkshopSession) -> None:
    question = {
        "text-fr": f"Voir {URL}",
        "text-en": "See",
        "reason-fr": "r",
        "reason-en": "r",
        "kind": "short",
        "keep_days": "1",
    }
    asked = post(desk, "/en/organise/series/mine/1/questions/new", question)
    assert asked.status_code == 422
    assert "address of a recording" in asked.text
    person = {
        "name": "Somebody",
        "address": "somebody@example.org",
        "language": "fr",
        "interpretation": "",
        "reason": f"See {URL}",
    }
    added = post(desk, "/en/organise/series/mine/1/answers/add", person)
    assert added.status_code == 422
    assert "address of a recording" in added.text
