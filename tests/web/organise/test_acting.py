"""Acting on many answers, and adding one by hand: what is shown first is what then happens, and nothing before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.web.workspace import post, token_of
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Participant

PATH = "/en/organise/series/mine/1/answers"
ADD = f"{PATH}/add"
Logged = Callable[[str], list[tuple[str, dict[str, Any]]]]
TEXT = {"text-fr": "Nous sommes trop nombreux.", "text-en": "We are too many."}
ADA = {
    "name": "Ada", "address": "ada@example.org", "language": "en", "reason": "You asked us by telephone",
    "affiliation": "Inserm", "interpretation": "fr", "access_needs": "A ramp",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("clock")


def _answers(session: Session, one: WorkshopSession, *states: AnswerState, **values: Any) -> list[Answer]:
    found = [
        build_answer(
            session,
            one,
            build_participant(session, one.series, name=f"P{number}", language="en"),
            state=state,
            **values,
        )
        for number, state in enumerate(states)
    ]
    session.commit()
    return found


def _act(client: FlaskClient, act: str, answers: list[Answer], query: str = "", **values: Any) -> TestResponse:
    token = token_of(client.get(PATH))
    data = MultiDict([("csrf_token", token), ("act", act), *(("answer", str(one.id)) for one in answers)])
    data.update(values)
    return client.post(f"{PATH}/act{query}", data=data)


def _seen(page: TestResponse) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]*)"', page.text)
    assert found is not None
    return found[1]


def _states(session: Session) -> list[AnswerState]:
    session.expire_all()
    return list(session.scalars(sa.select(Answer.state).order_by(Answer.id)))


def _mails(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(sa.select(OutboxMessage.kind).order_by(OutboxMessage.id)))


def test_accepting_is_shown_first_with_the_mail_and_then_done(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    listed.needs_approval, listed.capacity = True, 2
    answers = _answers(
        session, listed, AnswerState.REQUESTED, AnswerState.REQUESTED, AnswerState.REQUESTED, AnswerState.DECLINED
    )
    before = _states(session)
    preview = _act(desk, "accept", answers)
    assert preview.status_code == 200
    text = re.sub(r"\s+", " ", preview.text)
    assert "4 answers are chosen." in text
    assert "2: waits for approval → <strong>coming</strong>" in text
    assert "1: waits for approval → <strong>on the waiting list</strong>" in text
    assert "This cannot be done for 1 (not coming)" in text
    assert "3 messages will leave by e-mail." in text
    assert "you are coming, and a place is kept for you" in text
    assert "[[link" not in text
    assert _states(session) == before
    assert _mails(session) == []
    assert logged("rsvp.decide") == []
    done = _act(desk, "accept", answers, seen=_seen(preview), confirm="yes")
    assert (done.status_code, done.location) == (303, PATH)
    assert _states(session) == [
        AnswerState.ACCEPTED, AnswerState.ACCEPTED, AnswerState.WAITLISTED, AnswerState.DECLINED,
    ]  # fmt: skip
    assert _mails(session) == ["answer_recorded"] * 3
    assert len(logged("rsvp.decide")) == 1
    assert "Done for 3 answers. 3 messages will leave." in desk.get(PATH).text


def test_a_refusal_needs_a_text_and_shows_it_in_the_mail(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    listed.needs_approval = True
    answers = _answers(session, listed, AnswerState.REQUESTED)
    asked = _act(desk, "refuse", answers)
    assert asked.status_code == 200
    assert 'name="text-fr"' in asked.text
    assert 'name="confirm"' not in asked.text
    empty = _act(desk, "refuse", answers, seen="", **{"text-fr": " ", "text-en": ""})
    assert empty.status_code == 422
    assert "Please write this in at least one language." in empty.text
    long = _act(desk, "refuse", answers, seen="", **{"text-en": "x" * 1001})
    assert long.status_code == 422
    preview = _act(desk, "refuse", answers, seen="", **TEXT)
    assert preview.status_code == 200
    assert "They write:\n\nWe are too many." in preview.text
    done = _act(desk, "refuse", answers, seen=_seen(preview), confirm="yes", **TEXT)
    assert done.status_code == 303
    assert _states(session) == [AnswerState.DECLINED]
    answer = session.scalars(sa.select(Answer)).one()
    assert answer.refusal_text["fr"] == TEXT["text-fr"]
    assert _mails(session) == ["answer_refused"]
    assert "declined by the organisers" in desk.get(PATH).text


def test_what_changed_meanwhile_is_shown_again_and_not_done(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    listed.needs_approval, listed.capacity = True, 1
    answers = _answers(session, listed, AnswerState.REQUESTED)
    preview = _act(desk, "accept", answers)
    assert "<strong>coming</strong>" in preview.text
    build_answer(session, listed)
    session.commit()
    again = _act(desk, "accept", answers, seen=_seen(preview), confirm="yes")
    assert again.status_code == 409
    assert "Something has changed meanwhile" in again.text
    assert "<strong>on the waiting list</strong>" in again.text
    assert _states(session)[0] is AnswerState.REQUESTED
    assert _mails(session) == []


def test_putting_on_the_list_and_all_that_match(desk: FlaskClient, session: Session, listed: WorkshopSession) -> None:
    listed.needs_approval, listed.capacity = True, 1
    build_answer(session, listed)
    _answers(session, listed, AnswerState.REQUESTED, AnswerState.REQUESTED, AnswerState.TENTATIVE)
    preview = _act(desk, "list", [], query="?state=requested", all="yes")
    assert "2 answers are chosen." in preview.text
    ids = re.findall(r'name="answer" value="(\d+)"', preview.text)
    chosen = [session.get_one(Answer, int(number)) for number in ids]
    done = _act(desk, "list", chosen, query="?state=requested", seen=_seen(preview), confirm="yes")
    assert done.location == f"{PATH}?state=requested"
    assert _states(session)[1:] == [AnswerState.WAITLISTED, AnswerState.WAITLISTED, AnswerState.TENTATIVE]


def test_links_are_sent_again_to_those_who_have_an_address(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    answers = _answers(session, listed, AnswerState.ACCEPTED, AnswerState.DECLINED)
    nobody = build_answer(session, listed, build_participant(session, listed.series, address=None))
    session.commit()
    preview = _act(desk, "resend", [*answers, nobody])
    assert "2 messages will leave by e-mail." in preview.text
    assert "This cannot be done for 1 (coming)" in preview.text
    assert _act(desk, "resend", [*answers, nobody], seen=_seen(preview), confirm="yes").status_code == 303
    assert _mails(session) == ["link_resent"] * 2
    assert logged("rsvp.resend_links") == [(f"session:{listed.id}", {"answers": 2})]


def test_withdrawing_tells_each_why_and_nothing_of_those_who_do_not_stand(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    answers = _answers(session, listed, AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.DECLINED)
    preview = _act(desk, "withdraw", answers, seen="", **TEXT)
    assert "We are too many." in preview.text
    assert "2 messages will leave by e-mail." in preview.text
    assert _act(desk, "withdraw", answers, seen=_seen(preview), confirm="yes", **TEXT).status_code == 303
    assert _states(session) == [AnswerState.WITHDRAWN, AnswerState.WITHDRAWN, AnswerState.DECLINED]
    assert _mails(session) == ["answer_withdrawn"] * 2
    assert logged("rsvp.withdraw_answers") == [(f"session:{listed.id}", {"answers": 2})]


def test_withdrawing_and_the_place_that_becomes_free_are_in_one_preview(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    listed.capacity = 1
    answers = _answers(session, listed, AnswerState.ACCEPTED, AnswerState.WAITLISTED, waitlisted_at=NOW)
    preview = _act(desk, "withdraw", answers[:1], seen="", **TEXT)
    assert preview.status_code == 200
    assert _act(desk, "withdraw", answers[:1], seen=_seen(preview), confirm="yes", **TEXT).status_code == 303
    assert _states(session)[0] is AnswerState.WITHDRAWN


def test_nothing_chosen_or_unknown_is_said_in_words(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    foreign = build_answer(session, build_session(session, build_series(session)), state=AnswerState.REQUESTED)
    answers = _answers(session, listed, AnswerState.REQUESTED)
    assert "Nobody was chosen" in _act(desk, "accept", []).text
    assert _act(desk, "accept", [foreign]).status_code == 422
    assert "Please choose what to do." in _act(desk, "explode", answers).text
    token = token_of(desk.get(PATH))
    odd = {"csrf_token": token, "act": "accept", "answer": ["x", "", "-1", "9" * 40, "²", "\x00"]}
    assert desk.post(f"{PATH}/act", data=odd).status_code == 422


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": SessionStatus.CANCELLED}, "cancelled"),
        ({"starts_at": NOW - timedelta(hours=1), "ends_at": NOW + timedelta(hours=1)}, "begun"),
    ],
)
def test_deciding_too_late_is_refused_in_words(
    desk: FlaskClient, session: Session, listed: WorkshopSession, values: dict[str, Any], words: str
) -> None:
    answers = _answers(session, listed, AnswerState.REQUESTED)
    for name, value in values.items():
        setattr(listed, name, value)
    session.commit()
    answer = _act(desk, "accept", answers)
    assert answer.status_code == 409
    assert words in answer.text
    assert _states(session) == [AnswerState.REQUESTED]


def test_somebody_added_is_shown_first_with_the_mail_and_then_added(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    preview = post(desk, ADD, ADA)
    assert preview.status_code == 200
    assert "Ada: has been offered a place." in preview.text
    assert "You asked us by telephone" in preview.text
    assert "[[link" not in preview.text
    assert _states(session) == []
    assert session.scalars(sa.select(Participant)).all() == []
    done = post(desk, ADD, {**ADA, "confirm": "yes"})
    assert (done.status_code, done.location) == (303, PATH)
    answer = session.scalars(sa.select(Answer)).one()
    assert answer.state is AnswerState.OFFERED
    assert (answer.added_reason, answer.interpretation) == ("You asked us by telephone", "fr")
    assert answer.participant.access_needs == "A ramp"
    assert _mails(session) == ["added_by_hand"]
    assert len(logged("rsvp.add")) == 1
    assert "Ada" not in str(logged("rsvp.add"))
    assert "added by hand: You asked us by telephone" in desk.get(PATH).text


def test_an_addition_lacks_nothing_and_fits(desk: FlaskClient, session: Session, listed: WorkshopSession) -> None:
    for values, words in (
        ({"reason": ""}, "Please say why you add this person"),
        ({"name": " "}, "Please give a name"),
        ({"address": "no address"}, "Please write an e-mail address"),
        ({"address": "a@example.org\r\nBcc: b@example.org"}, "Please write an e-mail address"),
        ({"name": "x" * 201}, "At most 200 characters."),
        ({"language": "xx"}, ""),
        ({"interpretation": "xx"}, ""),
    ):
        answer = post(desk, ADD, {**ADA, **values, "confirm": "yes"})
        assert answer.status_code == 422
        assert words in answer.text
    assert _states(session) == []
    assert _mails(session) == []


def test_who_has_answered_or_finds_no_place_is_not_added(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    listed.capacity, listed.has_waiting_list = 1, False
    build_answer(session, listed, build_participant(session, listed.series, address="ada@example.org"))
    session.commit()
    for values, words in ((ADA, "answer"), ({**ADA, "address": "bo@example.org"}, "full")):
        answer = post(desk, ADD, {**values, "confirm": "yes"})
        assert answer.status_code == 409
        assert words in answer.text
    assert _states(session) == [AnswerState.ACCEPTED]


def test_whoever_finds_no_place_is_put_on_the_list(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    listed.capacity = 1
    build_answer(session, listed)
    session.commit()
    assert "Ada: on the waiting list." in post(desk, ADD, ADA).text
    assert post(desk, ADD, {**ADA, "confirm": "yes"}).status_code == 303
    assert _states(session) == [AnswerState.ACCEPTED, AnswerState.WAITLISTED]


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_a_withdrawal_of_a_neutral_session_names_nothing(
    desk: FlaskClient, session: Session, listed: WorkshopSession, level: Level
) -> None:
    listed.title, listed.level = both("Titre canari", "Canary title"), level
    answers = _answers(session, listed, AnswerState.ACCEPTED)
    preview = _act(desk, "withdraw", answers, seen="", **TEXT)
    assert _act(desk, "withdraw", answers, seen=_seen(preview), confirm="yes", **TEXT).status_code == 303
    message = session.scalars(sa.select(OutboxMessage)).one()
    for text in (message.subject, message.body_text, message.body_html, message.sender_name, str(message.headers)):
        assert "canar" not in text.casefold()
        assert "example series" not in text.casefold()
    assert "We are too many." not in message.body_text + message.body_html
    assert "Their words to you are on your personal page." in message.body_text
