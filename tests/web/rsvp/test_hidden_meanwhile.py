"""A session that was hidden between the form and the press, or after it, lets nobody new in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant
from tests.web.rsvp.visitor import FORM, Visitor, csrf_of, list_mail, my_path
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerState

pytestmark = pytest.mark.usefixtures("clock")
HIDDEN = "Canari caché"


def _close(one: WorkshopSession) -> None:
    one.level = Level.CLOSED


def _invite_only(one: WorkshopSession) -> None:
    one.visibility = Visibility.INVITE_ONLY


def _take_back(one: WorkshopSession) -> None:
    one.is_published = False


def _hide(session: Session, one: WorkshopSession, hide: Callable[[WorkshopSession], None]) -> None:
    hide(one)
    one.title = Localized.neutral(HIDDEN)
    one.series.revision += 1
    session.commit()


@pytest.mark.parametrize("hide", [_close, _invite_only, _take_back])
def test_a_press_after_it_was_hidden_takes_no_seat_and_shows_nothing_of_it(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, hide: Callable[[WorkshopSession], None]
) -> None:
    assert visitor.answer().status_code == 303
    path = my_path(session)
    token = csrf_of(visitor.client.get(path))
    _hide(session, workshop_session, hide)
    assert HIDDEN not in visitor.client.get(path).text
    response = visitor.client.post(f"{path}confirm", data={"csrf_token": token, "acknowledge_rule": "closed.1"})
    assert response.status_code == 409
    assert HIDDEN not in response.text
    assert HIDDEN not in visitor.client.get(path).text
    session.expire_all()
    assert session.query(Answer).one().state is AnswerState.LAPSED
    assert [message.kind for message in list_mail(session)] == ["confirm_address"]


@pytest.mark.parametrize("hide", [_close, _invite_only])
@pytest.mark.parametrize("state", [AnswerState.DECLINED, AnswerState.WITHDRAWN, AnswerState.LAPSED])
def test_whoever_does_not_come_cannot_come_back_once_it_is_for_the_invited(
    visitor: Visitor,
    session: Session,
    workshop_session: WorkshopSession,
    hide: Callable[[WorkshopSession], None],
    state: AnswerState,
) -> None:
    participant = build_participant(session, workshop_session.series, address="someone@example.org")
    answer = build_answer(session, workshop_session, participant, state=state)
    _hide(session, workshop_session, hide)
    path = my_path(session)
    assert HIDDEN not in visitor.client.get(path).text
    fields = {"session": "4", "answer": "accepted", "acknowledge_rule": "y"}
    for notice in ("closed.1", "discussion.1"):
        assert visitor.press(f"{path}answer", notice=notice, **fields).status_code in {409, 422}
    session.refresh(answer)
    assert answer.state is state


@pytest.mark.parametrize("hide", [_close, _invite_only])
@pytest.mark.parametrize("state", [AnswerState.ACCEPTED, AnswerState.TENTATIVE])
def test_whoever_stands_by_their_answer_may_still_change_it(
    visitor: Visitor,
    session: Session,
    workshop_session: WorkshopSession,
    hide: Callable[[WorkshopSession], None],
    state: AnswerState,
) -> None:
    participant = build_participant(session, workshop_session.series, address="someone@example.org")
    answer = build_answer(session, workshop_session, participant, state=state)
    _hide(session, workshop_session, hide)
    path = my_path(session)
    other = "tentative" if state is AnswerState.ACCEPTED else "accepted"
    notice = "closed.1" if hide is _close else "discussion.1"
    fields = {"session": "4", "answer": other, "acknowledge_rule": "y", "notice": notice}
    assert visitor.press(f"{path}answer", **fields).status_code == 303
    session.refresh(answer)
    assert answer.state.value == other


def test_under_the_strict_rule_the_form_tells_nobody_that_every_place_is_taken(
    client: FlaskClient, visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.level, workshop_session.capacity = Level.WHOLE_SESSION, 1
    build_answer(session, workshop_session, build_participant(session, workshop_session.series))
    session.commit()
    response = visitor.answer()
    assert (response.status_code, response.headers["Location"]) == (303, f"{FORM}/sent")
    path = my_path(session)
    pressed = client.post(f"{path}confirm", data={"csrf_token": csrf_of(client.get(path))})
    assert pressed.status_code == 409  # whoever has shown that the address is theirs is told
