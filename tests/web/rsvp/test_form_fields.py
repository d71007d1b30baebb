"""What the answer form asks beyond the five fields: the organisers' questions, shares, the waiting list, wishes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from tests.builders import both, build_answer, build_series, build_session
from tests.web.rsvp.visitor import Visitor, csrf_of, hidden_of, list_mail, my_path
from workshop.core.localized import Localized
from workshop.programme.models import Question, QuestionKind, Series, WorkshopSession
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Participant, QuestionReply

pytestmark = pytest.mark.usefixtures("clock")

FORM = "/en/series/serie/4/rsvp"
OPTIONS = ({"key": "a", "text": {"fr": "Un", "en": "One"}}, {"key": "b", "text": {"fr": "Seulement en français"}})


def build_question(session: Session, series: Series, **values: Any) -> Question:
    defaults = {
        "series_id": series.id,
        "position": 0,
        "kind": QuestionKind.SHORT,
        "text": both("Par où ?", "Which way?"),
        "reason": both("Pour préparer.", "To prepare."),
    }
    question = Question(**{**defaults, **values})
    session.add(question)
    session.flush()
    series.revision += 1
    return question


def one_request(session: Session) -> AnswerRequest:
    session.expire_all()
    return session.scalars(sa.select(AnswerRequest)).one()


def confirm(client: FlaskClient, path: str) -> int:
    return client.post(f"{path}confirm", data={"csrf_token": csrf_of(client.get(path))}).status_code


def test_every_kind_of_question_is_asked_kept_and_becomes_a_reply(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    series = workshop_session.series
    asked = {
        kind: build_question(
            session,
            series,
            kind=kind,
            workshop_session_id=workshop_session.id if kind is QuestionKind.LONG else None,
            options=OPTIONS if kind in {QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF} else (),
        )
        for kind in QuestionKind
    }
    fields = {kind: f"questions-{one.key}" for kind, one in asked.items()}
    page = visitor.client.get(FORM)
    assert page.text.count("To prepare.") == 5
    for kind, field in fields.items():
        assert f'name="{field}"' in page.text, kind
    assert '<span lang="fr">Seulement en français</span>' in page.text
    data: MultiDict[str, str] = MultiDict([
        ("csrf_token", csrf_of(page)), ("notice", hidden_of(page, "notice")), ("name", "Une personne"),
        ("email", "someone@example.org"), ("answer", "accepted"), ("language", "en"), ("timezone", "Europe/Paris"),
        ("acknowledge_rule", "y"), (fields[QuestionKind.SHORT], " By\ttrain "), (fields[QuestionKind.LONG], "One\r\nTwo"),
        (fields[QuestionKind.ONE_OF], "b"), (fields[QuestionKind.SEVERAL_OF], "b"),
        (fields[QuestionKind.SEVERAL_OF], "a"), (fields[QuestionKind.YES_NO], "no"),
    ])  # fmt: skip
    assert visitor.client.post(FORM, data=data).status_code == 303
    said = one_request(session).replies
    assert said == {
        asked[QuestionKind.SHORT].key: "By train",
        asked[QuestionKind.LONG].key: "One\nTwo",
        asked[QuestionKind.ONE_OF].key: "b",
        asked[QuestionKind.SEVERAL_OF].key: ["a", "b"],
        asked[QuestionKind.YES_NO].key: False,
    }
    assert session.scalars(sa.select(QuestionReply)).all() == []
    # What is no longer asked when the button is pressed is not kept.
    session.delete(asked[QuestionKind.SHORT])
    asked[QuestionKind.SEVERAL_OF].options = OPTIONS[:1]
    session.commit()
    assert confirm(visitor.client, my_path(session, language="en")) == 303
    kept = {one.question_id: one.value for one in session.scalars(sa.select(QuestionReply))}
    assert kept == {
        asked[QuestionKind.LONG].id: "One\nTwo",
        asked[QuestionKind.ONE_OF].id: "b",
        asked[QuestionKind.SEVERAL_OF].id: ("a",),
        asked[QuestionKind.YES_NO].id: False,
    }


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_a_required_question_is_required_to_come_and_not_to_decline(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, kind: QuestionKind
) -> None:
    question = build_question(session, workshop_session.series, kind=kind, options=OPTIONS, is_required=True)
    refused = visitor.answer(FORM)
    assert refused.status_code == 422
    assert f'id="questions-{question.key}-error"' in refused.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0
    assert visitor.answer(FORM, answer="declined").status_code == 303
    reply = {QuestionKind.ONE_OF: "a", QuestionKind.SEVERAL_OF: "a", QuestionKind.YES_NO: "yes"}.get(kind, "Text")
    assert visitor.answer(FORM, **{f"questions-{question.key}": reply}).status_code == 303


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (QuestionKind.SHORT, "x" * 301),
        (QuestionKind.LONG, "x" * 5001),
        (QuestionKind.ONE_OF, "c"),
        (QuestionKind.SEVERAL_OF, "c"),
        (QuestionKind.YES_NO, "perhaps"),
    ],
)
def test_a_reply_that_the_question_does_not_take_is_said_at_its_field(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, kind: QuestionKind, reply: str
) -> None:
    question = build_question(session, workshop_session.series, kind=kind, options=OPTIONS)
    response = visitor.answer(FORM, **{f"questions-{question.key}": reply})
    assert response.status_code == 422
    assert f'id="questions-{question.key}-error"' in response.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


def test_the_questions_of_another_session_or_series_are_not_asked_and_not_kept(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    other = build_session(session, workshop_session.series, slug="5")
    of_other = build_question(session, workshop_session.series, workshop_session_id=other.id)
    foreign = build_question(session, build_series(session))
    page = visitor.client.get(FORM).text
    assert of_other.key not in page
    assert foreign.key not in page
    replies = {f"questions-{one.key}": "Text" for one in (of_other, foreign)}
    assert visitor.answer(FORM, **replies).status_code == 303
    assert one_request(session).replies == {}


def test_a_question_in_another_language_is_marked(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    build_question(session, workshop_session.series, text=both("Seulement en français", ""))
    assert '<span lang="fr">Seulement en français</span>' in visitor.client.get(FORM).text


def test_hostile_replies_come_back_harmless(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    question = build_question(session, workshop_session.series, kind=QuestionKind.LONG)
    hostile = "</textarea><script>alert(1)</script>{{7*7}}"
    response = visitor.answer(FORM, email="wrong", **{f"questions-{question.key}": hostile})
    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert "{{7*7}}" in response.text


def test_wishes_are_unticked_and_become_the_participants(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    workshop_session.interpretation = ({"from": "fr", "into": "en", "scope": {}},)
    page = visitor.client.get(FORM).text
    for name in ("discreet", "keep_informed"):
        box = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
        assert box
        assert "checked" not in box[0]
    assert 'name="later"' not in page
    wishes = {"discreet": "y", "keep_informed": "y", "access_needs": "Captions", "interpretation": "en"}
    assert visitor.answer(FORM, **wishes).status_code == 303
    assert confirm(visitor.client, my_path(session, language="en")) == 303
    session.expire_all()
    participant = session.scalars(sa.select(Participant)).one()
    assert (participant.is_discreet, participant.access_needs) == (True, "Captions")
    assert participant.informed_since is not None
    assert participant.answers[0].interpretation == "en"
    # A later form with the boxes left alone takes nothing back.
    clock.shift(timedelta(minutes=5))
    assert visitor.answer(FORM, answer="tentative").status_code == 303
    assert confirm(visitor.client, my_path(session, language="en")) == 303
    session.expire_all()
    participant = session.scalars(sa.select(Participant)).one()
    assert (participant.is_discreet, participant.access_needs) == (True, "Captions")
    assert participant.informed_since is not None


def test_interpretation_is_asked_only_where_there_is_some(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    assert 'name="interpretation"' not in visitor.client.get(FORM).text
    assert visitor.answer(FORM, interpretation="en").status_code == 303
    assert one_request(session).interpretation == ""
    workshop_session.interpretation = ({"from": "fr", "into": "en", "scope": {}},)
    workshop_session.series.revision += 1
    assert visitor.answer(FORM, interpretation="de").status_code == 422


def test_the_share_is_asked_only_where_places_are_kept_for_some(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    assert 'name="share"' not in visitor.client.get(FORM).text
    workshop_session.capacity = 10
    workshop_session.shares = ({"key": "ngo", "name": both("ONG", "NGOs").to_json(), "percent": 30},)
    workshop_session.series.revision += 1
    assert 'name="share"' in visitor.client.get(FORM).text
    assert visitor.answer(FORM, share="unknown").status_code == 422
    assert visitor.answer(FORM, share="ngo").status_code == 303
    assert one_request(session).share == "ngo"


def test_a_full_session_with_a_list_offers_it_by_name_and_by_a_hidden_field(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 1
    page = visitor.client.get(FORM).text
    box = re.search(r'<input[^>]*name="waiting_list"[^>]*>', page)
    assert box
    assert "checked" not in box[0]
    assert "Put me on the waiting list" not in page
    build_answer(session, workshop_session)
    page = visitor.client.get(FORM).text
    assert "Put me on the waiting list" in page
    assert '<input type="hidden" name="waiting_list" value="1">' in page
    refused = visitor.answer(FORM)
    assert refused.status_code == 409
    assert "Put me on the waiting list" in refused.text
    assert visitor.answer(FORM, waiting_list="1").status_code == 303
    assert one_request(session).joins_list
    assert confirm(visitor.client, my_path(session, language="en")) == 303
    mine = session.scalars(sa.select(Answer).join(Participant).where(Participant.address == "someone@example.org"))
    assert mine.one().state is AnswerState.WAITLISTED


def test_where_organisers_decide_the_form_says_so(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.needs_approval = True
    page = visitor.client.get(FORM).text
    assert "I would like to come" in page
    assert visitor.answer(FORM).status_code == 303
    assert confirm(visitor.client, my_path(session, language="en")) == 303
    session.expire_all()
    assert session.scalars(sa.select(Answer)).one().state is AnswerState.REQUESTED


@pytest.fixture
def open_series(session: Session, workshop_session: WorkshopSession) -> Series:
    """Give a series that asks for no address."""
    workshop_session.series.without_address = True
    session.commit()
    return workshop_session.series


def test_without_an_address_the_form_leads_to_the_page_with_the_button(
    visitor: Visitor, session: Session, open_series: Series
) -> None:
    assert "it is your only key" in visitor.client.get(FORM).text
    response = visitor.answer(FORM, email="", name="Alias")
    assert response.status_code == 303
    path = response.headers["Location"]
    assert re.search(r"^/en/my/[\w-]{20,}/$", path)
    assert "no-store" in response.headers["Cache-Control"]
    assert list_mail(session) == []
    assert session.scalars(sa.select(Answer)).one().state is AnswerState.PENDING
    assert confirm(visitor.client, path) == 303
    session.expire_all()
    answer = session.scalars(sa.select(Answer)).one()
    assert answer.state is AnswerState.ACCEPTED
    assert (answer.participant.address, answer.participant.name) == (None, "Alias")
    assert list_mail(session) == []
    # Nothing tells two of them apart but their links.
    again = visitor.answer(FORM, email="", name="Alias")
    assert again.headers["Location"] != path
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 2


def test_an_address_where_none_is_asked_for_goes_the_normal_way(
    visitor: Visitor, session: Session, open_series: Series
) -> None:
    response = visitor.answer(FORM)
    assert response.headers["Location"].endswith("/rsvp/sent")
    assert [one.kind for one in list_mail(session)] == ["confirm_address"]
    assert visitor.answer(FORM, email="wrong").status_code == 422


def test_what_needs_mail_cannot_be_had_without_an_address(
    visitor: Visitor, session: Session, open_series: Series
) -> None:
    response = visitor.answer(FORM, email="", keep_informed="y")
    assert response.status_code == 422
    assert 'id="keep_informed-error"' in response.text
    series_form = open_series.slug
    response = visitor.client.post(
        f"/en/series/{series_form}/rsvp",
        data={"csrf_token": csrf_of(visitor.client.get(FORM)), "sessions": "4", "name": "x", "answer": "declined",
              "language": "en", "later": "y"},
    )  # fmt: skip
    assert response.status_code == 422
    assert 'id="later-error"' in response.text


@pytest.mark.rate_limits
def test_answers_without_an_address_have_a_limit_of_their_own(
    visitor: Visitor, session: Session, open_series: Series, clock: time_machine.Traveller
) -> None:
    page = visitor.client.get(FORM)
    clock.shift(timedelta(seconds=10))
    values = {"csrf_token": csrf_of(page), "name": "x", "answer": "declined", "language": "en"}
    answers = [visitor.client.post(FORM, data=values) for _ in range(12)]
    assert [one.status_code for one in answers] == [303] * 10 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 10
    # Whoever gives an address is not concerned.
    assert visitor.client.post(FORM, data={**values, "email": "someone@example.org"}).status_code == 303


def test_localized_texts_of_a_neutral_share_have_no_language(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 10
    workshop_session.shares = (
        {"key": "a", "name": Localized.neutral("Inserm").to_json(), "percent": 30},
        {"key": "b", "name": both("Seulement", "").to_json(), "percent": 30},
    )
    page = visitor.client.get(FORM).text
    assert re.search(r'<option value="a">Inserm</option>', page)
    assert re.search(r'<option lang="fr" value="b">Seulement</option>', page)
