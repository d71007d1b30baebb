"""The page on which a summary is written: who sees and does what, and what two people at once meet."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import both, build_answer, build_participant
from tests.conftest import NOW
from tests.unit.summaries.writers import HARMLESS, OTHER, Desk, build_desk, publish, quoted
from tests.web.workspace import sign_in, token_of
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, issue
from workshop.summaries.models import Summary
from workshop.summaries.service import recheck

PATH = "/en/organise/series/mine/1/summary"
TEXTS = {"text-fr": HARMLESS["fr"], "text-en": HARMLESS["en"]}

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def desk(session: Session) -> Desk:
    found = build_desk(session)
    session.commit()
    return found


def _browser(app: Flask, organiser: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, organiser)
    return client


def _send(client: FlaskClient, version: int, verb: str = "", **values: Any) -> TestResponse:
    data = {"csrf_token": token_of(client.get(PATH)), "version": str(version), **values}
    return client.post(PATH + verb, data=data)


def _stored(session: Session) -> Summary:
    session.expire_all()
    return session.scalars(sa.select(Summary)).one()


def test_written_by_one_approved_by_another_it_stands_on_both_pages(app: Flask, session: Session, desk: Desk) -> None:
    author, second = _browser(app, desk.author), _browser(app, desk.second)
    assert "Not written yet" in author.get(PATH).text
    assert _send(author, 0, **TEXTS, act="save").status_code == 303
    assert _send(author, 1, **TEXTS, act="submit").status_code == 303
    page = author.get(PATH).text
    assert "Waits for approval" in page
    assert "somebody else has to approve it" in page
    answer = _send(author, 1, "/approve")
    assert (answer.status_code, "Somebody else has to approve this" in answer.text) == (409, True)
    assert "Approve and publish" in second.get(PATH).text
    assert HARMLESS["en"] not in author.get("/en/series/mine/1/").text
    assert _send(second, 1, "/approve").status_code == 303
    for lang in ("fr", "en"):
        page = app.test_client().get(f"/{lang}/series/mine/1/").text
        assert HARMLESS[lang] in page
    assert "Take it off the pages" in second.get(PATH).text
    assert _send(second, 1, "/take-back").status_code == 303
    assert HARMLESS["en"] not in app.test_client().get("/en/series/mine/1/").text


def test_participants_read_it_on_their_own_page(app: Flask, session: Session, client: FlaskClient) -> None:
    desk = build_desk(session, Level.WHOLE_SESSION)
    guest = build_participant(session, desk.one.series)
    build_answer(session, desk.one, guest)
    token = issue(session, purpose=Purpose.MY, subject=guest.subject)
    assert HARMLESS["fr"] not in client.get(f"/fr/my/{token}/").text
    publish(session, desk, quotations=(quoted(),))
    page = client.get(f"/fr/my/{token}/").text
    assert HARMLESS["fr"] in page
    assert "une personne qui fait de la recherche" in page
    desk.one.level = Level.CLOSED
    assert HARMLESS["fr"] not in client.get(f"/fr/my/{token}/").text


def test_of_two_who_save_at_once_the_second_sees_both_texts(app: Flask, session: Session, desk: Desk) -> None:
    first, second = _browser(app, desk.author), _browser(app, desk.second)
    assert _send(first, 0, **TEXTS).status_code == 303
    answer = _send(second, 0, **{"text-fr": OTHER["fr"], "text-en": OTHER["en"]})
    assert answer.status_code == 409
    assert "Nothing was overwritten" in answer.text
    assert HARMLESS["en"] in answer.text
    assert OTHER["en"] in answer.text
    assert _stored(session).text == HARMLESS
    # Having seen it, they may.
    assert 'name="version" type="hidden" value="1"' in answer.text
    assert _send(second, 1, **{"text-fr": OTHER["fr"], "text-en": OTHER["en"]}).status_code == 303
    assert _stored(session).text == OTHER


def test_what_was_edited_meanwhile_is_not_approved(app: Flask, session: Session, desk: Desk) -> None:
    author, second = _browser(app, desk.author), _browser(app, desk.second)
    _send(author, 0, **TEXTS, act="submit")
    _send(author, 1, **{"text-fr": OTHER["fr"], "text-en": OTHER["en"]}, act="submit")
    answer = _send(second, 1, "/approve")
    assert (answer.status_code, "Somebody else has changed" in answer.text) == (409, True)
    assert _stored(session).published_at is None
    assert _send(second, 2, "/approve").status_code == 303


def test_a_helper_writes_and_submits_and_neither_approves_nor_quotes(app: Flask, session: Session, desk: Desk) -> None:
    helper = _browser(app, desk.helper)
    rows = {"quotations-0-text-en": "Words", "quotations-0-text-fr": "Mots", "quotations-0-shared_by": "6"}
    assert _send(helper, 0, **TEXTS, **rows, act="submit").status_code == 303
    assert _stored(session).quotations == []
    page = helper.get(PATH).text
    assert "Quotations" not in page
    assert "Whoever has the list of participants checks the rest" in page
    for verb in ("/approve", "/take-back", "/delete"):
        assert _send(helper, 1, verb).status_code == 404
    assert "confirmed participant" not in page


def test_faults_stand_at_their_fields(app: Flask, session: Session, desk: Desk) -> None:
    author = _browser(app, desk.author)
    row = {"quotations-0-text-en": "Words", "quotations-0-text-fr": "Mots", "quotations-0-role": "researcher"}
    for number, words in (("4", "At least five"), ("7", "not so many"), ("", "At least five")):
        answer = _send(author, 0, **TEXTS, **row, **{"quotations-0-shared_by": number})
        assert (answer.status_code, words in answer.text) == (422, True), number
        assert "Words" in answer.text
    assert _send(author, 0, **{"text-fr": "", "text-en": " "}).status_code == 422
    assert _send(author, 0, **{"text-fr": "a" * 20_001}).status_code == 422
    assert session.scalar(sa.select(sa.func.count()).select_from(Summary)) == 0
    answer = _send(author, 0, **{"text-fr": "Un texte."}, act="submit")
    assert answer.status_code == 422
    assert "missing in a language" in answer.text
    assert "saved as a draft" in answer.text
    assert _stored(session).text["fr"] == "Un texte."


def test_a_closed_session_has_no_form(app: Flask, session: Session) -> None:
    desk = build_desk(session, Level.CLOSED)
    author = _browser(app, desk.author)
    page = author.get(PATH)
    assert "This session is closed" in page.text
    assert "<textarea" not in page.text
    token = token_of(author.get("/en/organise/series/new"))
    assert author.post(PATH, data={"csrf_token": token, "version": "0", **TEXTS}).status_code == 409


def test_before_the_session_it_can_be_written_but_not_submitted(app: Flask, session: Session, desk: Desk) -> None:
    desk.one.starts_at, desk.one.ends_at = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    author = _browser(app, desk.author)
    assert "It can be submitted once the session has begun" in author.get(PATH).text
    answer = _send(author, 0, **TEXTS, act="submit")
    assert (answer.status_code, "has not begun" in answer.text) == (409, True)
    assert _stored(session).text == HARMLESS


def test_odd_versions_are_no_versions(app: Flask, session: Session, desk: Desk) -> None:
    author = _browser(app, desk.author)
    _send(author, 0, **TEXTS)
    for version in ("", "x", "-1", "9" * 40, "²"):
        data = {"csrf_token": token_of(author.get(PATH)), "version": version, **TEXTS, "text-en": "New"}
        assert author.post(PATH, data=data).status_code == 409
        assert author.post(PATH + "/delete", data=data).status_code == 409
    assert _stored(session).text == HARMLESS


def test_markup_in_a_text_stays_text(app: Flask, session: Session, desk: Desk) -> None:
    author = _browser(app, desk.author)
    _send(author, 0, **{"text-fr": "<script>x()</script> **gras**", "text-en": "<b>no</b> [a](javascript:x)"})
    page = author.get(PATH).text
    assert "<script>x()" not in page
    assert "<strong>gras</strong>" in page
    assert 'href="javascript' not in page


def test_a_helper_reads_nothing_of_who_is_on_the_list(app: Flask, session: Session, desk: Desk) -> None:
    guest = build_participant(session, desk.one.series, name="Balthazar Quimper")
    build_answer(session, desk.one, guest)
    helper, author = _browser(app, desk.helper), _browser(app, desk.author)
    texts = {"text-fr": "Balthazar Quimper a parlé.", "text-en": "A name: Balthazar. Of the Quimper family."}
    assert _send(helper, 0, **texts, act="submit").status_code == 303
    assert "<mark>Balthazar Quimper</mark>" in author.get(PATH).text
    answer = _send(author, 1, "/approve")
    assert (answer.status_code, "The check stands in the way" in answer.text) == (422, True)
    helper.get(PATH)  # says what was done, once
    page = helper.get(PATH).text
    assert "<mark>" not in page
    session.delete(guest)
    session.commit()
    assert _without_token(helper.get(PATH).text) == _without_token(page)


def _without_token(page: str) -> str:
    return re.sub(r'value="[^"]{40,}"', "", page)


def test_a_reason_is_asked_for_and_kept(app: Flask, session: Session, desk: Desk) -> None:
    build_answer(session, desk.one, build_participant(session, desk.one.series, name="Balthazar Quimper"))
    author, second = _browser(app, desk.author), _browser(app, desk.second)
    texts = {"text-fr": "Un prénom : Balthazar.", "text-en": "A first name: Balthazar."}
    answer = _send(author, 0, **texts, act="submit")
    assert answer.status_code == 422
    (key,) = set(re.findall(r'name="reason-([0-9a-f]{64})"', answer.text))
    assert _send(author, 1, **texts, **{f"reason-{key}": " A wise\nman. "}, act="submit").status_code == 303
    assert [reason.reason for reason in _stored(session).reasons] == ["A wise man."]
    assert 'value="A wise man."' in second.get(PATH).text
    assert _send(second, 1, "/approve").status_code == 303


def test_what_a_later_check_takes_off_is_told_where_organisers_look(app: Flask, session: Session, desk: Desk) -> None:
    publish(session, desk, both("Balthazar Quimper est un saint.", "Balthazar Quimper is a saint."))
    build_answer(session, desk.one, build_participant(session, desk.one.series, name="Balthazar Quimper"))
    recheck(session, now=NOW)
    assert "Balthazar" not in app.test_client().get("/en/series/mine/1/").text
    author, helper = _browser(app, desk.author), _browser(app, desk.helper)
    words = "has been taken off the pages by a later check"
    for path in ("/en/organise/series/mine/", "/fr/organise/series/mine/"):
        assert f"{PATH[3:]}" in author.get(path).text
    assert words in author.get("/en/organise/series/mine/").text
    assert words not in helper.get("/en/organise/series/mine/").text
    assert "Taken off the pages" in author.get(PATH).text
    assert "Taken off the pages" not in helper.get(PATH).text
