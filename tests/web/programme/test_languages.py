"""Both languages in the workspace: what is missing, what is to be checked, the glossary, typography in the field."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import (
    both,
    build_item,
    build_organiser,
    build_person,
    build_section,
    build_series,
    build_session,
)
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.core.localized import Localized
from workshop.people.models import StaleText
from workshop.people.staleness import follow, list_stale
from workshop.programme.models import GlossaryTerm, Series, WorkshopSession

AT = "/en/organise/series/mine"
LANGUAGES = f"{AT}/languages"
GLOSSARY = f"{AT}/glossary"
EDIT = f"{AT}/1/edit"
FRENCH = Localized({"fr": "Seulement"})


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="mine", own_sentence=Localized())


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    made = build_session(session, series, slug="1", number=1, is_published=False, published_at=None)
    build_item(session, made, section=build_section(session, made, title=FRENCH), abstract=FRENCH)
    return made


def _as(client: FlaskClient, session: Session, series: Series, role: Role = Role.EDITOR) -> FlaskClient:
    sign_in(client, build_organiser(session, series, role=role))
    return client


def _make_stale(session: Session, now: datetime, one: WorkshopSession, field: str = "title") -> None:
    follow(
        session, now=now, actor="organiser:1", series_id=one.series_id, owner=f"session:{one.id}",
        before={field: both("avant", "before")}, after={field: both("après", "before")},
    )  # fmt: skip


def _texts(page: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def _field(page: TestResponse, name: str) -> str:
    found = re.search(
        rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"|<input[^>]*value="([^"]*)"[^>]*name="{name}"', page.text
    )
    assert found is not None, name
    return html.unescape(found[1] or found[2] or "")


def test_each_line_leads_to_its_field(
    client: FlaskClient, session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    person = build_person(session, series, biography=FRENCH)
    series.subtitle = one.label = FRENCH
    _make_stale(session, now, one)
    page = _as(client, session, series).get(LANGUAGES)
    assert page.status_code == 200
    lists = "".join(re.findall(r'<ul class="checklist">.*?</ul>', page.text, re.DOTALL))
    links = re.findall(r'<a href="([^"]+)">(.*?)</a>', lists, re.DOTALL)
    found = {html.unescape(at): re.sub(r"<[^>]+>", "", words).rpartition(" – ")[2] for at, words in links}
    assert found == {
        f"{AT}/edit#subtitle-en": "Subtitle: missing in English",
        f"{EDIT}#title-en": "Title: the French was changed since the English was checked",
        f"{EDIT}#label-en": "Label: missing in English",
        f"{AT}/1/programme?open=s0#sections-0-title-en": "Title: missing in English",
        f"{AT}/1/programme?open=s0i0#sections-0-items-0-abstract-en": "Abstract: missing in English",
        f"{AT}/people/{person.id}#biography-en": "Biography: missing in English",
    }
    for address in found:
        name = address.partition("#")[2]
        assert f'id="{name}"' in client.get(address).text, address


def test_somebody_says_that_a_text_holds(
    client: FlaskClient, session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    _make_stale(session, now, one)
    _as(client, session, series, Role.TRANSLATOR)
    said = {"owner": f"session:{one.id}", "field": "title", "language": "en"}
    assert post(client, f"{LANGUAGES}/fine", said | {"field": "label"}, page=LANGUAGES).status_code == 303
    assert session.query(StaleText).count() == 1
    assert post(client, f"{LANGUAGES}/fine", said, page=LANGUAGES).status_code == 303
    session.expire_all()
    assert session.query(StaleText).count() == 0
    (entry,) = session.scalars(sa.select(LogEntry).where(LogEntry.action == "programme.check_text"))
    assert (entry.object, entry.details) == (f"session:{one.id}", {"texts": 1})


def test_a_long_list_is_paged_and_a_session_has_one_of_its_own(
    client: FlaskClient, session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    for number in range(2, 41):
        build_session(session, series, slug=f"s{number}", label=FRENCH, place=FRENCH, abstract=both("a", "b"))
    _make_stale(session, now, one)
    _as(client, session, series)
    pages = [client.get(f"{LANGUAGES}?page={number}").text for number in (1, 2, 9)]
    lines = [re.findall(r"missing in English|the French was changed", page) for page in pages]
    assert [len(found) for found in lines] == [50, 31, 31]
    assert (f'href="{LANGUAGES}?page=2" rel="next"' in pages[0], "In order" in pages[0]) == (True, False)
    assert (f'href="{LANGUAGES}?page=1" rel="prev"' in pages[1], "In order" in pages[1]) == (True, True)
    alone = client.get(f"{LANGUAGES}?session=1").text
    assert len(re.findall(r"missing in English|the French was changed", alone)) == 3
    assert f"{LANGUAGES}?session=1" in client.get(f"{AT}/").text
    at = re.search(r'action="([^"]*/fine[^"]*)"', alone)
    assert at is not None
    said = {"owner": f"session:{one.id}", "field": "title", "language": "en"}
    assert post(client, html.unescape(at[1]), said, page=LANGUAGES).location == f"{LANGUAGES}?session=1"


def test_a_translator_writes_the_texts_of_the_series_and_nothing_else_of_it(
    client: FlaskClient, session: Session, series: Series
) -> None:
    series.subtitle, series.own_sentence = FRENCH, FRENCH
    partners, before = len(series.partners), series.revision
    _as(client, session, series, Role.TRANSLATOR)
    page = client.get(LANGUAGES).text
    (address,) = set(re.findall(rf'href="({AT}/edit#[^"]+)"', page))
    assert address == f"{AT}/edit#subtitle-en"
    assert "A sentence of your own: missing in English" in page  # said, and no link of theirs
    assert f'href="{AT}/edit"' in client.get(f"{AT}/").text
    shown = client.get(f"{AT}/edit").text
    assert "once you save, everybody reads it" in shown
    names = {name.partition("-")[0] for name in re.findall(r'name="([a-z_]+-(?:fr|en))"', shown)}
    assert names == {"title", "subtitle", "kind", "description"}
    said = {"title-fr": "Titre", "title-en": "Title", "subtitle-fr": "Seulement", "subtitle-en": "Only", "act": "save"}
    others = {"slug": "stolen", "level": "none", "own_sentence-fr": "Rien", "retention_days": "90", "languages": "fr"}
    stood = (series.slug, series.level, series.own_sentence, series.retention_days, series.languages)
    assert post(client, f"{AT}/edit", said | others).status_code == 303
    session.expire_all()
    assert (series.title, series.subtitle) == (both("Titre", "Title"), both("Seulement", "Only"))
    assert (series.slug, series.level, series.own_sentence, series.retention_days, series.languages) == stood
    assert (len(series.partners), series.revision > before) == (partners, True)
    (entry,) = session.scalars(sa.select(LogEntry).where(LogEntry.action == "programme.edit_series"))
    assert set(entry.details["fields"]) >= {"title", "subtitle"}
    refused = post(client, f"{AT}/edit", said | {"title-fr": "", "title-en": ""})
    assert (refused.status_code, "Seulement" in refused.text) == (422, True)


def test_texts_of_another_series_are_not_there(
    client: FlaskClient, session: Session, now: datetime, series: Series
) -> None:
    theirs = build_session(session, slug="1")
    _make_stale(session, now, theirs)
    _as(client, session, series)
    for owner in (f"session:{theirs.id}", f"series:{theirs.series_id}", "item:1", "person:9", "x", ""):
        said = {"owner": owner, "field": "title", "language": "en"}
        assert post(client, f"{LANGUAGES}/fine", said, page=GLOSSARY).status_code == 404
    session.expire_all()
    assert session.query(StaleText).count() == 1


@pytest.mark.parametrize("role", [Role.ANSWERS, Role.PARTNER, Role.HELPER])
@pytest.mark.databases("sqlite")
def test_whoever_writes_no_texts_finds_nothing(
    client: FlaskClient, session: Session, series: Series, role: Role
) -> None:
    _as(client, session, series, role)
    assert [client.get(path).status_code for path in (LANGUAGES, GLOSSARY)] == [404, 404]


def test_a_mark_stands_at_its_field_until_its_box_is_ticked(
    client: FlaskClient, session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    _make_stale(session, now, one)
    page = _as(client, session, series).get(EDIT)
    assert "The French was changed since the English was checked. The English is still right" in _texts(page)
    assert 'name="fine-title-en"' in page.text
    data: dict[str, Any] = dict(re.findall(r'<input[^>]*name="([\w-]+-(?:fr|en))" (?:[^>]*)value="([^"]*)"', page.text))
    data |= {"title-fr": one.title["fr"], "title-en": one.title["en"], "floor_languages": "fr, en", "slug": "1"}
    data |= {"format": "workshop", "mode": "online", "status": "confirmed", "level": "series", "visibility": "series"}
    data |= {"number": "1", "fine-title-en": "yes"}
    answer = post(client, EDIT, data)
    assert answer.status_code == 303, _texts(answer)
    session.expire_all()
    assert f"session:{one.id}" not in list_stale(session, series.id)


@pytest.mark.databases("sqlite")
def test_typography_is_corrected_in_the_field_and_taken_back(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession
) -> None:
    _as(client, session, series)
    typed = "L'usage: pourquoi?"
    shown = post(client, EDIT, {"title-fr": typed, "title-en": "Why?", "act": "typeset:title-fr"}, page=EDIT)
    assert shown.status_code == 200
    assert _field(shown, "title-fr") == "L’usage\u00a0: pourquoi\u202f?"
    assert _field(shown, "typed-title-fr") == typed
    assert 'value="as-typed:title-fr"' in shown.text
    back = post(
        client,
        EDIT,
        {"title-fr": _field(shown, "title-fr"), "typed-title-fr": typed, "act": "as-typed:title-fr"},
        page=EDIT,
    )
    assert (back.status_code, _field(back, "title-fr")) == (200, typed)
    assert 'value="typeset:title-fr"' in back.text
    all_ = post(client, EDIT, {"title-fr": typed, "place-fr": "Où?", "act": "typeset:*"}, page=EDIT)
    assert [_field(all_, f"{name}-fr") for name in ("title", "place")] == [
        "L’usage\u00a0: pourquoi\u202f?",
        "Où\u202f?",
    ]
    session.expire_all()
    assert "usage" not in one.title["fr"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("path", ["/en/organise/series/new", f"{AT}/sessions/new", f"{AT}/edit", GLOSSARY])
def test_no_form_is_sent_by_the_button(client: FlaskClient, session: Session, series: Series, path: str) -> None:
    _as(client, session, series)
    before = session.query(Series).count(), session.query(WorkshopSession).count(), session.query(GlossaryTerm).count()
    page = post(client, path, {"title-fr": "Quoi?", "terms-0-term-fr": "Quoi?", "act": "typeset:*"})
    assert page.status_code == 200
    assert "Quoi\u202f?" in html.unescape(page.text)
    after = session.query(Series).count(), session.query(WorkshopSession).count(), session.query(GlossaryTerm).count()
    assert after == before


def test_terms_are_written_and_stand_beside_the_fields(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession
) -> None:
    one.abstract = both("La réduction des risques", "On harm reduction")
    one.sections[0].items[0].title = both("Réduction des risques en prison", "Prisons")
    _as(client, session, series, Role.TRANSLATOR)
    data = {"terms-0-key": "", "terms-0-term-fr": "pair-aidance", "terms-0-term-en": "peer support"}
    data |= {"terms-1-key": "", "terms-1-term-fr": "réduction des risques", "terms-1-term-en": "harm reduction"}
    assert post(client, GLOSSARY, data | {"act": "save"}).status_code == 303
    session.expire_all()
    first, second = session.scalars(sa.select(GlossaryTerm).order_by(GlossaryTerm.position))
    assert second.term == both("réduction des risques", "harm reduction")
    for path in (EDIT, f"{AT}/1/programme"):
        words = _texts(client.get(path))
        assert words.index("harm reduction réduction des risques Occurs here.") < words.index("peer support"), path
    changed = {
        "terms-0-key": str(first.id),
        "terms-0-term-fr": "",
        "terms-1-key": str(second.id),
        "terms-1-note-en": "?",
    }
    changed |= {"terms-1-term-fr": "RdR", "terms-1-term-en": "", "terms-2-note-fr": "sans terme"}
    refused = post(client, GLOSSARY, changed)
    assert refused.status_code == 422
    assert "sans terme" in refused.text
    assert "Something is to be corrected" in refused.text
    changed["terms-2-note-fr"] = ""
    assert post(client, GLOSSARY, changed).status_code == 303
    session.expire_all()
    assert [one.term for one in session.scalars(sa.select(GlossaryTerm))] == [Localized({"fr": "RdR"})]


@pytest.mark.databases("sqlite")
def test_what_keeps_a_session_from_being_published_is_said(
    client: FlaskClient, session: Session, series: Series, one: WorkshopSession
) -> None:
    _as(client, session, series)
    answer = post(client, f"{AT}/1/publish", {})
    assert answer.status_code == 422
    assert "The title of a section is missing in a language in which the session is to exist." in _texts(answer)


def test_what_is_said_of_a_person_is_marked_too(
    client: FlaskClient, session: Session, now: datetime, series: Series
) -> None:
    person = build_person(session, series, name="Camille", role=both("juriste", "lawyer"))
    follow(
        session, now=now, actor="organiser:1", series_id=series.id, owner=f"person:{person.id}",
        before={"role": both("avant", "lawyer")}, after={"role": both("juriste", "lawyer")},
    )  # fmt: skip
    at = f"{AT}/people/{person.id}"
    _as(client, session, series, Role.TRANSLATOR)
    assert 'name="fine-role-en"' in client.get(at).text
    said = {"role-fr": "juriste", "role-en": "lawyer", "biography-fr": "Quoi?", "biography-en": "What?"}
    assert post(client, at, said | {"act": "typeset:*"}).status_code == 200
    assert post(client, at, said | {"fine-role-en": "yes", "act": "save"}).status_code == 303
    session.expire_all()
    # The biography was written anew in both languages.
    assert list_stale(session, series.id) == {}
