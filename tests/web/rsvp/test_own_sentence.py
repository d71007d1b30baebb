"""The organisers' own sentence on the pages where people answer: read with the notice, and never missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_series, build_session
from tests.web.examples import statements
from tests.web.rsvp.visitor import Visitor, csrf_of, hidden_of, my_path
from workshop.chatham.rule import Level
from workshop.programme.models import WorkshopSession
from workshop.programme.service.standing import touch
from workshop.rsvp.models import Acknowledgement, Answer

pytestmark = pytest.mark.usefixtures("clock")

FORM = "/en/series/serie/4/rsvp"
SERIES_FORM = "/en/series/serie/rsvp"
SENTENCE = both("Phrase-canari <b>& rien</b>.", "Canary sentence <b>& nothing</b>.")
SHOWN = "Canary sentence &lt;b&gt;&amp; nothing&lt;/b&gt;."


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session at `discussion` whose organisers add a sentence, and a second one beside it."""
    series = build_series(session, slug="serie", own_sentence=SENTENCE, own_sentence_version=1)
    found = build_session(session, series, slug="4", number=4)
    build_session(session, series, slug="5", number=5, level=Level.WHOLE_SESSION)
    session.commit()
    return found


def rewrite(session: Session, workshop_session: WorkshopSession) -> None:
    """Let the organisers change their sentence."""
    series = workshop_session.series
    series.own_sentence, series.own_sentence_version = both("Autre-canari.", "Other canary."), 2
    touch(session, series, now=NOW)
    session.commit()


@pytest.mark.parametrize("path", [FORM, SERIES_FORM, "/en/series/serie/4/", "/en/series/serie/5/"])
def test_it_stands_after_the_notice_wherever_that_is_shown(
    client: FlaskClient, workshop_session: WorkshopSession, path: str
) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert SHOWN in page.text
    assert page.text.index("Chatham House Rule: you may use the information") < page.text.index(SHOWN)
    assert "The organisers add:" in page.text
    assert "Phrase-canari &lt;b&gt;&amp; rien" in client.get(path.replace("/en/", "/fr/")).text


def test_an_answer_keeps_what_was_read(visitor: Visitor, session: Session, workshop_session: WorkshopSession) -> None:
    page = visitor.client.get(FORM)
    assert hidden_of(page, "notice") == "discussion.1.1"
    assert 'value="discussion.1.1"' in page.text.split('name="acknowledge_rule"', 1)[1].split(">", 1)[0]
    assert visitor.answer(FORM).status_code == 303
    visitor.press(f"{my_path(session, language='en')}confirm")
    found = session.scalars(sa.select(Acknowledgement)).one()
    assert (found.level, found.version, found.own_version) == (Level.DISCUSSION, 1, 1)


def test_changed_while_the_form_was_open_the_new_one_is_shown_and_nothing_is_stored(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    page = visitor.client.get(FORM)
    values = {"csrf_token": csrf_of(page), "notice": hidden_of(page, "notice"), "acknowledge_rule": "discussion.1.1"}
    values |= {"name": "x", "email": "someone@example.org", "answer": "accepted", "language": "en"}
    values |= {"timezone": "Europe/Paris"}
    rewrite(session, workshop_session)
    clock.shift(timedelta(seconds=5))
    sent = visitor.client.post(FORM, data=values)
    assert sent.status_code == 422
    assert "The rule of this session has changed since you opened this page. Nothing was stored." in sent.text
    assert "Other canary." in sent.text
    assert SHOWN not in sent.text
    assert " checked" not in sent.text.split('name="acknowledge_rule"', 1)[1].split(">", 1)[0]
    assert session.scalars(sa.select(Answer)).all() == []


def test_the_form_of_the_series_notices_it_too(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    page = visitor.client.get(SERIES_FORM)
    values = {"csrf_token": csrf_of(page), "acknowledge_rule": "discussion.1.1", "sessions": "4", "name": "x"}
    values |= {"email": "someone@example.org", "answer": "accepted", "language": "en", "timezone": "Europe/Paris"}
    rewrite(session, workshop_session)
    clock.shift(timedelta(seconds=5))
    sent = visitor.client.post(SERIES_FORM, data=values)
    assert sent.status_code == 422
    assert "Other canary." in sent.text
    assert session.scalars(sa.select(Answer)).all() == []


def test_changed_before_the_button_it_is_read_on_the_personal_page(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(FORM)
    rewrite(session, workshop_session)
    mine = my_path(session, language="en")
    page = visitor.client.get(mine)
    assert "Other canary." in page.text
    assert 'value="discussion.1.2"' in page.text
    assert visitor.press(f"{mine}confirm").status_code == 422
    assert visitor.press(f"{mine}confirm", acknowledge_rule="discussion.1.2").status_code == 303
    assert session.scalars(sa.select(Acknowledgement.own_version)).one() == 2


def test_it_costs_neither_a_kept_page_nor_an_answer_a_statement(
    app: Flask, visitor: Visitor, workshop_session: WorkshopSession
) -> None:
    for path in (FORM, "/en/series/serie/4/"):
        visitor.client.get(path)
        with statements(app) as sent:
            visitor.client.get(path)
        assert len(sent) <= 1, (path, sent)
    visitor.answer(FORM, email="first@example.org")
    with statements(app) as sent:
        visitor.answer(FORM, email="second@example.org")
    assert len(sent) <= 9, sent
