"""The personal page: every state in plain words, and what can be done about it."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.web.examples import statements
from tests.web.rsvp.visitor import Visitor, list_mail, my_path
from workshop.chatham.rule import Visibility
from workshop.core.links import Purpose, issue
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.service import tend_lists
from workshop.rsvp.service.acting import withdraw_answers

pytestmark = pytest.mark.usefixtures("clock")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series."""
    return build_series(session, slug="serie")


@pytest.fixture
def workshop_session(session: Session, series: Series) -> WorkshopSession:
    """Give session 4 with one seat, which is taken, and a waiting list."""
    found = build_session(session, series, slug="4", number=4, capacity=1, has_waiting_list=True)
    build_answer(session, found)
    session.commit()
    return found


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Give somebody with a browser."""
    return Visitor(client)


def build_own(
    session: Session, workshop_session: WorkshopSession, state: AnswerState, **values: object
) -> tuple[Answer, str]:
    """Return somebody's answer and the path of their page, in English."""
    participant = build_participant(session, workshop_session.series, address="someone@example.org", language="en")
    if state in {AnswerState.WAITLISTED, AnswerState.OFFERED}:
        values.setdefault("waitlisted_at", NOW - timedelta(hours=1))
    answer = build_answer(session, workshop_session, participant, state=state, **values)
    session.commit()
    return answer, my_path(session, language="en")


def text_of(visitor: Visitor, path: str) -> str:
    """Return a page's words."""
    page = visitor.client.get(path)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page.text)))


def state_of(session: Session, answer: Answer) -> AnswerState:
    """Return where the answer stands now."""
    session.expire_all()
    return answer.state


def test_the_place_in_the_list_is_told_to_its_owner_and_nobody_else_s_name_is(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    for hours in (3, 2):
        build_answer(
            session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW - timedelta(hours=hours)
        )
    _, path = build_own(session, workshop_session, AnswerState.WAITLISTED)
    words = text_of(visitor, path)
    assert "You are number 3 on the waiting list." in words
    assert "Leave the waiting list" in words
    assert words.count("Participante") == words.count(session.scalars(sa.select(Participant.name)).all()[-1])


def test_who_comes_too_late_joins_the_list_with_one_press_and_then_has_a_position(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 2
    visitor.answer("/en/series/serie/4/rsvp")
    path = my_path(session, language="en")
    build_answer(session, workshop_session)
    late = visitor.press(path + "confirm")
    assert late.status_code == 409
    assert "Put me on the waiting list" in late.text
    assert "You can join the waiting list" in late.text
    assert visitor.press(path + "answer", session="4", answer="accepted", waiting_list="1").status_code == 303
    assert "You are number 1 on the waiting list." in text_of(visitor, path)
    assert visitor.press(path + "withdraw", session="4").status_code == 303
    assert "This answer is withdrawn." in text_of(visitor, path)


def test_organisers_words_are_kept_out_of_a_discreet_message_and_stand_here_until_the_next_answer(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = None
    answer, path = build_own(session, workshop_session, AnswerState.ACCEPTED)
    answer.participant.is_discreet = True
    words = both("Des places manquent.", "Places are short.")
    withdraw_answers(
        session, now=NOW, workshop_session=workshop_session, answers=[answer], words=words, actor="organiser:1"
    )
    session.commit()
    mail = list_mail(session)[-1]
    assert "Places are short." not in mail.body_text + mail.body_html
    assert "Their words to you are on your personal page." in mail.body_text
    assert "This answer is withdrawn. Places are short." in text_of(visitor, path)
    coming = {"session": "4", "answer": "accepted", "acknowledge_rule": "y", "notice": "discussion.1"}
    assert visitor.press(path + "answer", **coming).status_code == 303
    assert "Places are short." not in text_of(visitor, path)


def test_changing_to_coming_in_a_full_session_offers_the_list(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    answer, path = build_own(session, workshop_session, AnswerState.TENTATIVE)
    fields = {"session": "4", "answer": "accepted", "acknowledge_rule": "y", "notice": "discussion.1"}
    refused = visitor.press(path + "answer", **fields)
    assert refused.status_code == 409
    assert "Put me on the waiting list" in refused.text
    assert state_of(session, answer) is AnswerState.TENTATIVE
    assert visitor.press(path + "answer", **fields, waiting_list="y").status_code == 303
    assert state_of(session, answer) is AnswerState.WAITLISTED


def test_an_offer_shows_its_end_on_both_clocks_and_is_taken_by_a_press(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 2
    answer, path = build_own(session, workshop_session, AnswerState.OFFERED, offer_expires_at=NOW + timedelta(hours=5))
    answer.participant.tzid = "America/Toronto"
    session.commit()
    words = text_of(visitor, path)
    assert "A place is offered to you." in words
    assert "15:00" in words
    assert "For you: Sunday 22 November 2026, 09:00" in words
    assert "Accept this place" in words
    assert "I no longer need it" in words
    for _ in range(3):
        visitor.client.get(path)
        visitor.client.head(path)
    assert state_of(session, answer) is AnswerState.OFFERED
    fields = {"session": "4", "answer": "accepted", "offer": "1"}
    assert visitor.press(path + "answer", **fields).status_code == 422
    assert visitor.press(
        path + "answer", **fields, acknowledge_rule="y", notice="discussion.1"
    ).status_code == 303  # fmt: skip
    assert state_of(session, answer) is AnswerState.ACCEPTED
    assert re.search(r'href="/en/join/[\w-]{27}"', visitor.client.get(path).text)


@pytest.mark.parametrize("offer", ["1", ""])
def test_an_offer_that_is_no_longer_needed_goes_to_the_next_at_once(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, offer: str
) -> None:
    workshop_session.capacity = 2
    next_one = build_answer(session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    answer, path = build_own(session, workshop_session, AnswerState.OFFERED, offer_expires_at=NOW + timedelta(hours=5))
    assert visitor.press(path + "answer", session="4", answer="declined", offer=offer).status_code == 303
    assert state_of(session, answer) is AnswerState.DECLINED
    assert state_of(session, next_one) is AnswerState.OFFERED


def test_an_offer_that_ran_out_says_so_before_and_after_the_list_was_tended(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    workshop_session.capacity = 2
    answer, path = build_own(session, workshop_session, AnswerState.OFFERED, offer_expires_at=NOW + 5 * MINUTE)
    clock.shift(6 * MINUTE)
    assert "You have no place" in text_of(visitor, path)
    assert "Accept this place" not in text_of(visitor, path)
    fields = {"session": "4", "answer": "accepted", "offer": "1", "acknowledge_rule": "y", "notice": "discussion.1"}
    late = visitor.press(path + "answer", **fields)
    assert late.status_code == 409
    assert "has gone to the next" in html.unescape(late.text)
    tend_lists(session, NOW + 6 * MINUTE)
    assert state_of(session, answer) is AnswerState.LAPSED
    assert "Put me on the waiting list" in text_of(visitor, path)


def test_a_withdrawal_can_be_undone_while_the_place_is_kept(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    workshop_session.capacity = 2
    answer, path = build_own(session, workshop_session, AnswerState.ACCEPTED, accepted_at=NOW)
    build_answer(session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    assert "Undo" not in text_of(visitor, path)
    visitor.press(path + "withdraw", session="4")
    assert "You can have your place back until 10:10" in text_of(visitor, path)
    assert visitor.press(path + "withdraw", session="4", undo="1").status_code == 303
    assert state_of(session, answer) is AnswerState.ACCEPTED
    visitor.press(path + "withdraw", session="4")
    clock.shift(11 * MINUTE)
    assert "Undo" not in text_of(visitor, path)
    late = visitor.press(path + "withdraw", session="4", undo="1")
    assert late.status_code == 409
    assert "too late to undo" in late.text
    assert state_of(session, answer) is AnswerState.WITHDRAWN


def test_a_request_waits_for_the_organisers_and_their_refusal_is_read_in_ones_language_and_final(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.needs_approval, workshop_session.has_waiting_list = True, False
    answer, path = build_own(session, workshop_session, AnswerState.REQUESTED)
    words = text_of(visitor, path)
    assert "You asked to come: the organisers decide." in words
    assert "No place is kept meanwhile." in words
    answer.state, answer.refused_at = AnswerState.DECLINED, NOW
    answer.refusal_text = both("Réservé aux membres.", "For members only.")
    session.commit()
    words = text_of(visitor, path)
    assert "The organisers cannot give you a place." in words
    assert "For members only." in words
    assert "Change my answer" not in words
    fields = {"session": "4", "answer": "accepted", "acknowledge_rule": "y", "notice": "discussion.1"}
    assert visitor.press(path + "answer", **fields).status_code == 409
    assert state_of(session, answer) is AnswerState.DECLINED


def test_an_answer_that_organisers_added_says_why_and_a_seat_shows_its_code(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 2
    answer, path = build_own(session, workshop_session, AnswerState.ACCEPTED, added_reason="speaks on <b>Monday</b>")
    page = visitor.client.get(path)
    assert answer.code in page.text
    assert "speaks on &lt;b&gt;Monday&lt;/b&gt;" in page.text
    answer.state = AnswerState.TENTATIVE
    session.commit()
    assert answer.code not in visitor.client.get(path).text


def test_close_to_the_start_whoever_waits_may_take_a_place_that_becomes_free(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    answer, path = build_own(session, workshop_session, AnswerState.WAITLISTED)
    assert "I will come" not in text_of(visitor, path)
    clock.move_to(workshop_session.starts_at - 30 * MINUTE)
    assert "to whoever takes it first" in text_of(visitor, path)
    workshop_session.capacity = 2
    session.commit()
    fields = {"session": "4", "answer": "accepted", "acknowledge_rule": "y", "notice": "discussion.1"}
    assert visitor.press(path + "answer", **fields).status_code == 303
    assert state_of(session, answer) is AnswerState.ACCEPTED


def test_who_withdrew_from_a_session_for_the_invited_only_can_still_undo_it(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity, workshop_session.visibility = 2, Visibility.INVITE_ONLY
    answer, path = build_own(session, workshop_session, AnswerState.ACCEPTED, accepted_at=NOW)
    build_answer(session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    visitor.press(path + "withdraw", session="4")
    assert "Undo" in text_of(visitor, path)
    assert visitor.press(path + "withdraw", session="4", undo="1").status_code == 303
    assert state_of(session, answer) is AnswerState.ACCEPTED


def test_without_an_address_the_page_is_the_only_key_and_promises_no_mail(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    participant = build_participant(session, workshop_session.series, address=None, name="Alias")
    build_answer(session, workshop_session, participant, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    path = f"/en/my/{issue(session, purpose=Purpose.MY, subject=participant.subject)}/"
    page = visitor.client.get(path)
    assert "This address is your only key" in page.text
    assert f'value="http://127.0.0.1:5000{path}"' in page.text
    assert re.search(r'<svg class="qr"[^>]*viewBox="0 0 \d+ \d+"[^>]*role="img"', page.text)
    assert " style=" not in page.text
    assert 'name="discreet"' not in page.text
    assert "No messages are sent to you" in page.text
    assert "please look here now and then" in page.text
    assert visitor.press(path + "preferences", name="Other", language="fr", timezone="").status_code == 303
    assert list_mail(session) == []


def test_the_number_of_statements_does_not_grow_with_the_answers(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 2
    answer, path = build_own(session, workshop_session, AnswerState.ACCEPTED)
    with statements(visitor.client.application) as few:
        visitor.client.get(path)
    for number in range(10, 30):
        build_answer(
            session,
            build_session(session, workshop_session.series, slug=str(number), number=number),
            answer.participant,
        )
    session.commit()
    with statements(visitor.client.application) as many:
        visitor.client.get(path)
    assert len(many) <= len(few) + 2
