"""Editing a published session: kept aside or published, by two at once, compared, thrown away, undone."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import (
    NOW,
    PASSWORD,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_person,
    build_series,
    build_session,
)
from tests.databases import wait_until_held_up
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role, SignIn
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.programme.models import SessionDraft, WorkshopSession
from workshop.programme.service.locking import lock
from workshop.programme.service.values import session_values
from workshop.programme.service.versions import Act, save

EDIT = "/en/organise/series/mine/1/edit"
CHANGES = "/en/organise/series/mine/1/changes"
VERSIONS = "/en/organise/series/mine/1/versions"


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a published session at /en/organise/series/mine/1/edit."""
    series = build_series(session, slug="mine")
    return build_session(session, series, slug="1", number=1, title=both("Titre", "Title"), capacity=30)


@pytest.fixture
def desk(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, one.series, name="Anna"))
    return client


def shown(client: FlaskClient) -> dict[str, Any]:
    """Return what the form would send back untouched."""
    page = client.get(EDIT).text
    form = page[page.index('class="form is-wide"') :]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]+>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_off = re.search(r'type="(radio|checkbox)"', tag) and "checked" not in tag
        if name and not is_off:
            found[name[1]] = value[1] if value else ""
    found |= dict(re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def reload(session: Session, one: WorkshopSession) -> WorkshopSession:
    session.expire_all()
    return one


def test_two_buttons_for_what_people_read(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    page = desk.get(EDIT).text
    assert page.index("Keep aside</button>") < page.index("Publish the changes</button>")
    one.is_published = False
    session.commit()
    page = desk.get(EDIT).text
    assert "Keep aside" not in page
    assert ">Save</button>" in page


def test_kept_aside_nobody_else_reads_it(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    answer = desk.post(EDIT, data={**shown(desk), "title-en": "Another", "capacity": "12", "act": "keep"})
    assert answer.status_code == 303
    assert "Kept aside" in desk.get(EDIT).text
    assert (reload(session, one).title["en"], one.capacity) == ("Title", 30)
    assert 'value="Another"' in desk.get(EDIT).text
    assert "They are about: Title, Places." in desk.get(EDIT).text
    public = desk.get("/en/series/mine/1/").text
    assert "Another" not in public


def test_published_all_read_it(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    desk.post(EDIT, data={**shown(desk), "title-en": "Aside", "act": "keep"})
    answer = desk.post(EDIT, data={**shown(desk), "capacity": "12", "act": "publish"})
    assert answer.status_code == 303
    assert (reload(session, one).title["en"], one.capacity) == ("Aside", 12)
    assert session.get(SessionDraft, one.id) is None


def test_without_a_word_it_is_published(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    data = {**shown(desk), "title-en": "Scripted"}
    data.pop("base")
    assert desk.post(EDIT, data=data).status_code == 303
    assert reload(session, one).title["en"] == "Scripted"


def test_a_translator_keeps_aside_and_no_more(client: FlaskClient, session: Session, one: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, one.series, role=Role.TRANSLATOR))
    page = client.get(EDIT).text
    assert "Publish the changes" not in page
    data = {**shown(client), "title-en": "Translated", "act": "publish"}
    assert client.post(EDIT, data=data).status_code == 303
    assert reload(session, one).title["en"] == "Title"
    assert session.get_one(SessionDraft, one.id).content["values"] == {"title": {"fr": "Titre", "en": "Translated"}}
    assert client.get(CHANGES).status_code == 200
    assert post(client, CHANGES, {"act": "publish"}, page=EDIT).status_code == 404


def test_what_is_wrong_is_said_and_nothing_is_lost(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    data = {**shown(desk), "title-fr": "Corrigé", "capacity": "0", "act": "keep"}
    answer = desk.post(EDIT, data=data)
    assert answer.status_code == 422
    assert 'value="Corrigé"' in answer.text
    assert session.get(SessionDraft, one.id) is None


def test_two_at_once_each_field_as_it_was_last_written(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    opened = shown(desk)
    desk.post(EDIT, data={**shown(desk), "capacity": "12", "act": "publish"})
    desk.post(EDIT, data={**shown(desk), "title-fr": "Aside", "act": "keep"})
    answer = desk.post(EDIT, data={**opened, "title-en": "Mine", "act": "publish"})
    assert answer.status_code == 303
    assert (reload(session, one).capacity, one.title) == (12, both("Aside", "Mine"))


def test_the_second_is_told_and_loses_nothing(
    app: Flask, desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    opened = shown(desk)
    other = app.test_client()
    sign_in(other, build_organiser(session, one.series, role=Role.EDITOR, name="Bo"))
    other.post(EDIT, data={**shown(other), "title-en": "Theirs", "capacity": "12", "act": "publish"})
    answer = desk.post(EDIT, data={**opened, "title-en": "Mine", "short_title-en": "Also mine", "act": "publish"})
    assert answer.status_code == 409
    assert "While you were writing, Bo saved other words" in answer.text
    assert "Theirs" in answer.text
    assert reload(session, one).title["en"] == "Theirs"
    again = answered(answer.text)
    assert (again["title-en"], again["short_title-en"], again["capacity"]) == ("Mine", "Also mine", "12")
    assert again["base"] != opened["base"]
    assert desk.post(EDIT, data={**again, "act": "publish"}).status_code == 303
    assert (reload(session, one).title["en"], one.short_title["en"], one.capacity) == ("Mine", "Also mine", 12)


def test_taking_what_the_other_wrote(app: Flask, desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    opened = shown(desk)
    other = app.test_client()
    sign_in(other, build_organiser(session, one.series))
    other.post(EDIT, data={**shown(other), "title-en": "Theirs", "act": "publish"})
    answer = desk.post(EDIT, data={**opened, "title-en": "Mine", "short_title-en": "Also mine", "act": "keep"})
    again = answered(answer.text)
    desk.post(EDIT, data={**again, "take": "title.en", "act": "publish"})
    assert (reload(session, one).title["en"], one.short_title["en"]) == ("Theirs", "Also mine")


def answered(page: str) -> dict[str, Any]:
    """Return the form's values of a page that was answered."""

    class Client:
        def get(self, _path: str) -> Any:
            return type("Page", (), {"text": page})

    return shown(Client())  # type: ignore[arg-type] # it has what is asked of it


def test_compared_and_published(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    assert "Nothing is kept aside" in desk.get(CHANGES).text
    data = {**shown(desk), "title-en": "Title of another", "capacity": "12", "room_link": "https://room.example.org/x"}
    desk.post(EDIT, data={**data, "act": "keep"})
    page = desk.get(CHANGES).text
    assert "<ins> of another</ins>" in page
    assert "<del>30</del>" in page
    assert post(desk, CHANGES, {"act": "publish"}).status_code == 303
    assert (reload(session, one).title["en"], one.capacity) == ("Title of another", 12)
    assert "Nothing is kept aside" in desk.get(CHANGES).text


def test_a_translator_sees_texts_only(client: FlaskClient, session: Session, one: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, one.series, role=Role.TRANSLATOR))
    content = {"values": {"room_link": "https://room.example.org/secret", "title": {"fr": "Neuf", "en": "Title"}}}
    session.add(SessionDraft(workshop_session_id=one.id, content=content, saved_at=NOW, saved_by="organiser:1"))
    session.commit()
    page = client.get(CHANGES).text
    assert "Neuf" in page
    assert "secret" not in page


def test_thrown_away(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    desk.post(EDIT, data={**shown(desk), "title-en": "Another", "act": "keep"})
    assert post(desk, CHANGES, {"act": "discard"}).status_code == 303
    assert session.get(SessionDraft, one.id) is None
    assert "Another" not in desk.get(EDIT).text


def test_what_cannot_be_published_leads_to_its_field(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    desk.post(EDIT, data={**shown(desk), "title-en": "", "act": "keep"})
    answer = post(desk, CHANGES, {"act": "publish"})
    assert answer.status_code == 422
    assert "/1/edit#title" in answer.text
    assert reload(session, one).title["en"] == "Title"


def test_undone(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    assert "Nothing has been published" in desk.get(VERSIONS).text
    desk.post(EDIT, data={**shown(desk), "title-en": "Another", "act": "publish"})
    page = desk.get(VERSIONS).text
    assert "Anna" in page
    assert "Another" in page
    assert post(desk, VERSIONS).status_code == 303
    assert reload(session, one).title["en"] == "Title"
    assert page.count("<article") + 1 == desk.get(VERSIONS).text.count("<article")


def test_the_first_publication_is_undone_only_while_nobody_has_answered(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.is_published = False
    session.commit()
    post(desk, "/en/organise/series/mine/1/publish", page=EDIT)
    answer = build_answer(session, one)
    session.commit()
    assert post(desk, VERSIONS, page=EDIT).status_code == 409
    session.delete(answer)
    session.commit()
    assert post(desk, VERSIONS).status_code == 303
    assert not reload(session, one).is_published


def test_a_looser_level_asks_who_is_there(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    session.execute(sa.update(SignIn).values(confirmed_at=NOW - timedelta(minutes=60)))
    session.commit()
    data = {**shown(desk), "level": Level.ON_THE_RECORD.value}
    assert desk.post(EDIT, data={**data, "act": "publish"}).status_code == 403
    assert desk.post(EDIT, data={**data, "act": "keep"}).status_code == 303
    assert post(desk, CHANGES, {"act": "publish"}).status_code == 403
    assert reload(session, one).level is None


def test_a_looser_level_of_a_draft_asks_who_is_there_and_a_stricter_one_does_not(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.is_published = False
    session.execute(sa.update(SignIn).values(confirmed_at=NOW - timedelta(minutes=60)))
    session.commit()
    data = {**shown(desk), "level": Level.ON_THE_RECORD.value}
    assert desk.post(EDIT, data=data).status_code == 403
    assert reload(session, one).level is None
    assert desk.post(EDIT, data={**data, "level": Level.CLOSED.value}).status_code == 303
    assert desk.post(EDIT, data={**data, "base": "", "reauthentication": PASSWORD}).status_code == 303
    assert reload(session, one).level is Level.ON_THE_RECORD


@pytest.mark.databases("postgresql")
def test_a_looser_level_that_another_keeps_aside_in_the_same_moment_asks_too(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    session.execute(sa.update(SignIn).values(confirmed_at=NOW - timedelta(minutes=60)))
    session.commit()
    data = {**shown(desk), "title-en": "Another title", "act": "publish"}
    found: list[TestResponse] = []
    pressing = threading.Thread(target=lambda: found.append(desk.post(EDIT, data=data)))
    with Session(db.engine) as other:
        theirs = other.get_one(WorkshopSession, one.id)
        lock(other, [theirs])
        pressing.start()
        wait_until_held_up(pressing, db.engine)
        values = dataclasses.replace(session_values(theirs), level=Level.ON_THE_RECORD)
        save(
            other, now=NOW, workshop_session=theirs, values=values, sections=None, act=Act.KEEP,
            has_answers=False, actor="organiser:2", fields=["level"],
        )  # fmt: skip
        other.commit()
    pressing.join(30)
    assert (found[0].status_code, "reauthentication" in found[0].text) == (403, True)
    assert (reload(session, one).level, one.title["en"]) == (None, "Title")


def test_a_change_of_level_is_shown_before_it_is_published(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    desk.post(EDIT, data={**shown(desk), "level": Level.WHOLE_SESSION.value, "act": "keep"})
    answer = post(desk, CHANGES, {"act": "publish"})
    assert answer.status_code == 200
    assert 'name="seen"' in answer.text
    seen = re.search(r'name="seen" value="([^"]+)"', answer.text)
    assert seen is not None
    assert post(desk, CHANGES, {"act": "publish", "confirm": "yes", "seen": seen[1]}).status_code == 303
    assert reload(session, one).level is Level.WHOLE_SESSION


def test_the_programme_is_compared_by_its_parts(
    desk: FlaskClient, session: Session, one: WorkshopSession, counted: Callable[[], Any]
) -> None:
    person = build_person(session, one.series, key="ada", name="Ada Example")
    item = build_item(session, one, title=both("Un exposé", "A talk"), speakers=[person])
    content = {
        "values": {},
        "sections": [
            {
                "id": item.section_id,
                "title": {"fr": "Première", "en": "First"},
                "items": [
                    {
                        "id": item.id, "kind": "talk", "title": {"fr": "Un exposé", "en": "A long talk"}, "abstract": {},
                        "starts": "", "minutes": 25, "level": None, "speakers": [], "moderators": ["ada"],
                    },
                    {
                        "id": -4, "kind": "break", "title": {"fr": "Pause", "en": "Break"}, "abstract": {},
                        "starts": "", "minutes": 10, "level": None, "speakers": [], "moderators": [],
                    },
                ],
            }
        ],
    }  # fmt: skip
    session.add(SessionDraft(workshop_session_id=one.id, content=content, saved_at=NOW, saved_by="organiser:1"))
    session.commit()
    with counted() as statements:
        page = desk.get(CHANGES).text
    assert "<ins>long </ins>" in page
    assert "Ada Example" in page
    assert "Added" in page
    assert len(statements) < 20
