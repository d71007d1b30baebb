"""The answer form."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_item, build_participant, build_series, build_session
from tests.web.examples import statements
from tests.web.rsvp.visitor import FORM, Visitor, csrf_of, list_mail
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import Base
from workshop.programme.models import OldSlug, SessionStatus, WorkshopSession
from workshop.programme.service.standing import touch
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Choice, Participant

pytestmark = pytest.mark.usefixtures("clock")

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}[[link:my:00000000000000000000000000000000]]"


def test_the_form_has_the_notice_in_the_page_s_language_its_box_unticked_and_the_date_of_erasure(
    client: FlaskClient, workshop_session: WorkshopSession
) -> None:
    french, english = client.get(FORM), client.get(FORM.replace("/fr/", "/en/"))
    assert french.status_code == english.status_code == 200
    assert "sous la règle de Chatham House" in french.text
    assert "held under the Chatham House Rule" in english.text
    box = re.search(r'<input[^>]*name="acknowledge_rule"[^>]*>', french.text)
    assert box
    assert "checked" not in box[0]
    reminders = re.search(r'<input[^>]*name="reminders"[^>]*>', french.text)
    assert reminders
    assert "checked" in reminders[0]
    assert "30 décembre 2026" in french.text
    assert "30 December 2026" in english.text
    assert "no-store" in french.headers["Cache-Control"]
    assert french.headers["Referrer-Policy"] == "no-referrer"


def test_an_answer_takes_few_statements_and_reads_the_session_before_it_keeps_others_from_writing(
    app: Flask, visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(email="first@example.org")
    with statements(app) as sent:
        visitor.answer(email="second@example.org")
    # Three count the limits, six keep the answer and its mail.
    assert len(sent) <= 9, sent
    assert not [one for one in sent if "FROM series" in one or "JOIN series" in one]
    assert len(list_mail(session)) == 2


def test_a_change_of_the_session_holds_for_the_next_answer_at_once(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    assert visitor.answer(email="first@example.org").status_code == 303
    workshop_session.level = Level.WHOLE_SESSION
    touch(session, workshop_session.series, now=NOW)
    session.commit()
    clock.shift(timedelta(seconds=5))
    token = csrf_of(visitor.client.get(FORM))
    data = {"csrf_token": token, "name": "x", "email": "second@example.org", "answer": "accepted", "language": "fr"}
    data |= {"timezone": "Europe/Paris", "acknowledge_rule": "discussion.1", "notice": "discussion.1"}
    assert visitor.client.post(FORM, data=data).status_code == 422


def test_an_answer_is_kept_until_its_button_and_nothing_else_is(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    response = visitor.answer(name="  Une\tpersonne ", email="Some.One+x@Example.org", affiliation="ONG")
    assert response.status_code == 303
    assert response.headers["Location"].endswith("/fr/series/serie/4/rsvp/sent")
    participant = session.scalars(sa.select(Participant)).one()
    assert (participant.address_folded, participant.name, participant.confirmed_at) == (
        "some.one+x@example.org",
        "",
        None,
    )
    answer = session.scalars(sa.select(Answer)).one()
    assert answer.state is AnswerState.PENDING
    request = answer.request
    assert request is not None
    assert (request.name, request.choice, request.affiliation) == ("Une personne", Choice.ACCEPTED, "ONG")
    assert (request.notice_level, request.notice_version, request.notice_language) == (Level.DISCUSSION, 1, "fr")


def test_the_mail_that_confirms_an_address_is_neutral_and_repeats_nothing_typed(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(name="Nom-Canari", affiliation="Canari-ONG")
    visitor.answer(email="other@example.org", name="Nom-Canari", language="en")
    french, english = list_mail(session)
    assert (french.language, english.subject) == ("fr", "Please confirm your address")
    for message in (french, english):
        everything = f"{message.subject}{message.body_text}{message.body_html}{message.sender_name}{message.headers}"
        for forbidden in ("Canari", "Série", "series", "séance 4", "Les ateliers"):
            assert forbidden not in everything
        link = re.search(r"http\S+/my/\[\[link:my:[0-9a-f]{32}\]\]/", message.body_text)
        assert link
        assert link[0] in message.body_html
        assert message.recipient in {"someone@example.org", "other@example.org"}


def test_a_first_answer_and_a_second_from_the_same_address_look_alike_from_outside(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, client: FlaskClient
) -> None:
    build_answer(
        session, workshop_session, build_participant(session, workshop_session.series, address="known@example.org")
    )
    session.commit()
    known = visitor.answer(email="Known@example.org", answer="declined")
    unknown = visitor.answer(email="unknown@example.org", answer="declined")
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert dict(known.headers) == dict(unknown.headers)
    assert client.get(known.headers["Location"]).data == client.get(unknown.headers["Location"]).data
    assert len(list_mail(session)) == 2
    session.expire_all()
    standing = session.scalars(sa.select(Answer).where(Answer.state == AnswerState.ACCEPTED)).one()
    assert standing.participant.name.startswith("Participante")


def test_the_same_form_sent_twice_at_once_is_one_answer_and_one_mail(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    first, second = visitor.answer(), visitor.answer()
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert len(list_mail(session)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(AnswerRequest)) == 1


@pytest.mark.rate_limits
def test_one_address_gets_three_mails_an_hour_and_the_outside_sees_no_difference(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    answers = []
    for _ in range(5):
        page = visitor.client.get(FORM)
        clock.shift(timedelta(minutes=2))
        answers.append(
            visitor.client.post(
                FORM,
                data={"csrf_token": csrf_of(page), "name": "x", "email": "victim@example.org", "answer": "declined",
                      "language": "fr", "timezone": "Europe/Paris"},
            )
        )  # fmt: skip
    assert [answer.status_code for answer in answers] == [303] * 5
    assert len({answer.data for answer in answers}) == 1
    assert len(list_mail(session)) == 3


@pytest.mark.rate_limits
def test_a_form_that_comes_back_faster_than_a_person_writes_is_asked_again(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    response = visitor.answer()
    assert response.status_code == 422
    assert list_mail(session) == []
    assert "Une personne" in response.text


def test_a_robot_that_fills_the_honeypot_is_told_all_is_well_and_nothing_is_stored(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    response = visitor.answer(website="https://spam.example.org")
    assert response.status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " \t "},
        {"name": "x" * 201},
        {"name": "https://evil.example.org/"},
        {"name": "\u200b \u2060"},
        {"email": ""},
        {"email": "nobody"},
        {"email": "a@b@c.example.org"},
        {"email": "é@example.org"},
        {"answer": "perhaps"},
        {"answer": None},
        {"language": "xx"},
        {"timezone": "Mars/Base"},
        {"affiliation": "x" * 301},
        {"acknowledge_rule": None},
        {"acknowledge_rule": None, "answer": "tentative"},
    ],
)
def test_a_wrong_form_comes_back_with_422_and_stores_nothing(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, fields: dict[str, str | None]
) -> None:
    response = visitor.answer(FORM, **fields)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


def test_declining_needs_no_box(visitor: Visitor, session: Session, workshop_session: WorkshopSession) -> None:
    assert visitor.answer(answer="declined", acknowledge_rule=None).status_code == 303
    request = session.scalars(sa.select(AnswerRequest)).one()
    assert request.notice_level is None


def test_on_the_record_shows_its_text_without_a_box(visitor: Visitor, session: Session) -> None:
    build_session(session, build_series(session, slug="serie", level=Level.ON_THE_RECORD), slug="4")
    page = visitor.client.get(FORM)
    assert "peut être cité avec leur nom" in page.text
    assert 'name="acknowledge_rule"' not in page.text
    assert visitor.answer(acknowledge_rule=None).status_code == 303


def test_the_box_follows_the_strictest_item(visitor: Visitor, session: Session) -> None:
    found = build_session(session, build_series(session, slug="serie", level=Level.ON_THE_RECORD), slug="4")
    build_item(session, found, level=Level.WHOLE_SESSION)
    assert "Toute cette séance se déroule sous la règle" in visitor.client.get(FORM).text
    assert visitor.answer(acknowledge_rule=None).status_code == 422


def test_a_notice_that_changed_while_the_form_was_open_is_shown_and_nothing_is_stored(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    response = visitor.answer(notice="on_the_record.1")
    assert response.status_code == 422
    assert "sous la règle de Chatham House" in response.text
    box = re.search(r'<input[^>]*name="acknowledge_rule"[^>]*>', response.text)
    assert box
    assert "checked" not in box[0]
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


@pytest.mark.parametrize(
    ("columns", "at"),
    [
        ({"status": SessionStatus.CANCELLED}, timedelta()),
        ({}, timedelta(days=8, hours=7)),
        ({}, timedelta(days=30)),
        ({"rsvp_closes_at": NOW - timedelta(hours=1)}, timedelta()),
        ({"rsvp_opens_at": NOW + timedelta(hours=1)}, timedelta()),
    ],
    ids=["cancelled", "begun", "ended", "closed", "not yet open"],
)
def test_where_no_answers_are_taken_both_methods_say_so_with_409(
    client: FlaskClient, session: Session, clock: time_machine.Traveller, columns: dict[str, object], at: timedelta
) -> None:
    series = build_series(session, slug="serie")
    build_session(session, series, slug="5")
    build_session(session, series, slug="4", **columns)
    token = csrf_of(client.get(FORM.replace("/4/", "/5/")))
    clock.shift(at)
    assert client.get(FORM).status_code == 409
    response = client.post(FORM, data={"csrf_token": token, "answer": "declined"})
    assert response.status_code == 409
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


@pytest.mark.parametrize("kind", ["unpublished", "invite_only", "closed", "of a hidden series", "of another series"])
@pytest.mark.parametrize("end", ["", "/sent"])
def test_hidden_and_unknown_sessions_answer_alike(client: FlaskClient, session: Session, kind: str, end: str) -> None:
    series = build_series(session, slug="serie")
    build_session(session, series, slug="1")
    if kind == "unpublished":
        build_session(session, series, slug="4", is_published=False)
    elif kind == "invite_only":
        build_session(session, series, slug="4", visibility=Visibility.INVITE_ONLY)
    elif kind == "closed":
        build_session(session, series, slug="4", level=Level.CLOSED)
    elif kind == "of a hidden series":
        series.visibility = Visibility.INVITE_ONLY
        build_session(session, series, slug="4")
    else:
        build_session(session, build_series(session), slug="4")
    hidden, unknown = client.get(FORM + end), client.get("/fr/series/serie/99/rsvp" + end)
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace("/serie/4/", "/serie/99/") == unknown.text
    assert dict(hidden.headers) == dict(unknown.headers)


def test_an_unlisted_session_takes_answers_by_its_address(visitor: Visitor, session: Session) -> None:
    build_session(session, build_series(session, slug="serie"), slug="4", visibility=Visibility.UNLISTED)
    assert visitor.answer().status_code == 303


def test_a_full_session_still_opens_its_form_and_refuses_only_acceptances(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 1
    build_answer(
        session, workshop_session, build_participant(session, workshop_session.series, address="seat@example.org")
    )
    for address in ("new@example.org", "seat@example.org"):
        refused = visitor.answer(email=address)
        assert refused.status_code == 409
        assert "<form" in refused.text
    assert session.scalar(sa.select(sa.func.count()).select_from(AnswerRequest)) == 0
    assert visitor.answer(answer="tentative").status_code == 303
    assert visitor.answer(answer="declined", email="other@example.org").status_code == 303


def test_places_are_told_in_a_word_up_to_discussion_and_not_from_whole_session_up(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 1
    build_answer(session, workshop_session)
    assert "Every place is taken" in client.get(FORM.replace("/fr/", "/en/")).text
    workshop_session.level = Level.WHOLE_SESSION
    workshop_session.series.revision += 1
    silent = client.get(FORM.replace("/fr/", "/en/"))
    assert silent.status_code == 200
    assert "Every place is taken" not in silent.text


def test_looking_changes_nothing_however_often(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    def rows() -> dict[str, list[object]]:
        session.commit()
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }

    before = rows()
    for _ in range(20):
        client.get(FORM)
        client.head(FORM)
        client.get(FORM + "/sent")
    assert rows() == before


def test_hostile_text_comes_back_harmless(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    response = visitor.answer(name=HOSTILE, affiliation=HOSTILE, email="wrong")
    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert "{{7*7}}" in response.text


def test_an_old_address_leads_to_the_new_one(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    session.add(
        OldSlug(within_series_id=workshop_session.series_id, slug="old", workshop_session_id=workshop_session.id)
    )
    response = client.get("/en/series/serie/old/rsvp")
    assert response.status_code == 301
    assert response.headers["Location"].endswith("/en/series/serie/4/rsvp")


def test_a_title_in_one_language_only_carries_its_language(client: FlaskClient, session: Session) -> None:
    build_session(session, build_series(session, slug="serie"), slug="4", title=both("Seulement en français", ""))
    assert '<span lang="fr">Seulement en français</span>' in client.get("/en/series/serie/4/rsvp").text


def test_a_post_without_the_token_is_refused(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    assert client.post(FORM, data={"name": "x", "email": "x@example.org", "answer": "declined"}).status_code == 403
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


def test_each_reader_of_the_kept_form_gets_a_token_of_their_own(app: Flask, workshop_session: WorkshopSession) -> None:
    assert workshop_session.is_published
    tokens = set()
    for _ in range(3):
        reader = app.test_client()
        page = reader.get(FORM)
        found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page.text)
        assert found
        tokens.add(found[1])
        assert page.headers["Cache-Control"] == "no-store"
        assert len(re.findall(re.escape(found[1]), page.text)) == 1
    assert len(tokens) == 3
