"""Who came: from the list, at the door, online; a mere number where the Rule says so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.builders import NOW, build_answer, build_organiser, build_participant, build_series, build_session
from tests.web.organise.conftest import SOON
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Role, SeriesRole
from workshop.chatham.rule import Level
from workshop.core.limits import RateLimitWindow, first_time
from workshop.core.links import Purpose, issue
from workshop.privacy.service import purge
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Attendance
from workshop.rsvp.service.attending import keep_numbers_only

LIST = "/en/organise/series/mine/1/answers"
DOOR = "/en/organise/series/mine/1/check-in"
STRICT = [Level.WHOLE_SESSION, Level.CLOSED]
Logged = Callable[[str], list[tuple[str, dict[str, Any]]]]


@pytest.fixture(autouse=True)
def begun(clock: time_machine.Traveller) -> None:
    """Ten minutes after the start."""
    clock.move_to(SOON + timedelta(minutes=10))


@pytest.fixture
def ada(session: Session, listed: WorkshopSession) -> Answer:
    """Somebody who is expected."""
    answer = build_answer(session, listed, build_participant(session, listed.series, name="Ada"), code="ABCD2345")
    session.commit()
    return answer


@pytest.fixture
def helper(app: Flask, session: Session, listed: WorkshopSession) -> FlaskClient:
    """The browser of a helper."""
    client = app.test_client()
    sign_in(client, build_organiser(session, listed.series, role=Role.HELPER, door=listed))
    return client


def _mark(client: FlaskClient, values: list[tuple[str, str]]) -> TestResponse:
    token = token_of(client.get(LIST))
    return client.post(f"{LIST}/attendance", data=MultiDict([("csrf_token", token), *values]))


def _came(session: Session) -> list[bool]:
    session.expire_all()
    return [answer.attended_at is not None for answer in session.scalars(sa.select(Answer).order_by(Answer.id))]


def _number(session: Session) -> int:
    session.expire_all()
    return session.scalar(sa.select(sa.func.coalesce(sa.func.sum(Attendance.count), 0))) or 0


def _join(client: FlaskClient, session: Session, answer: Answer) -> TestResponse:
    token = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    session.commit()
    return post(client, f"/en/join/{token}")


def test_who_came_is_noted_from_the_list_one_by_one_and_taken_back(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, logged: Logged
) -> None:
    assert "0 people came." in desk.get(LIST).text
    answer = _mark(desk, [("came", str(ada.id))])
    assert (answer.status_code, answer.location) == (303, f"{LIST}#list")
    assert _came(session) == [True]
    assert "1 person came." in desk.get(LIST).text
    _mark(desk, [("came", str(ada.id))])
    _mark(desk, [("not_came", str(ada.id))])
    assert _came(session) == [False]
    assert logged("rsvp.mark_attendance") == [
        (f"session:{listed.id}", {"answers": 1, "has_come": True}),
        (f"session:{listed.id}", {"answers": 1, "has_come": False}),
    ]


def test_many_are_noted_at_once_but_nobody_of_another_session(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    perhaps = build_answer(session, listed, state=AnswerState.TENTATIVE)
    declined = build_answer(session, listed, state=AnswerState.DECLINED)
    foreign = build_answer(session, build_session(session, build_series(session)))
    session.commit()
    ids = [("answer", str(one.id)) for one in (ada, perhaps, declined, foreign)]
    assert _mark(desk, [("came", "ticked"), *ids]).status_code == 303
    assert _came(session) == [True, True, False, False]


@pytest.mark.parametrize(
    "values", [[], [("came", "")], [("came", "ticked")], [("came", "x")], [("not_came", "9" * 30)]]
)
def test_nobody_chosen_is_said_in_words(
    desk: FlaskClient, session: Session, ada: Answer, values: list[tuple[str, str]]
) -> None:
    answer = _mark(desk, values)
    assert answer.status_code == 422
    assert "Nobody was chosen" in answer.text
    assert _came(session) == [False]


@pytest.mark.parametrize("level", STRICT)
def test_nobody_is_noted_where_attendance_is_a_number(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, level: Level
) -> None:
    listed.level = level
    session.commit()
    page = desk.get(LIST).text
    assert "only their number is kept" in page
    assert 'name="came"' not in page
    answer = _mark(desk, [("came", str(ada.id))])
    assert answer.status_code == 409
    assert "only the number of people who came is kept" in answer.text
    assert _came(session) == [False]


def test_long_before_the_start_the_list_says_nothing_of_it(
    desk: FlaskClient, ada: Answer, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOW)
    assert "people came" not in desk.get(LIST).text


def test_a_helper_finds_one_person_by_code_and_sees_nobody_else(
    helper: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, logged: Logged
) -> None:
    build_answer(session, listed, build_participant(session, listed.series, name="Bo Other"), code="ZZZZ9999")
    session.commit()
    page = helper.get(DOOR)
    assert page.status_code == 200
    assert "Ada" not in page.text
    for typed in ("ABCD2345", "abcd2345", " ab cd-23 45 ", "AB.CD–2345"):
        found = post(helper, DOOR, {"code": typed})
        assert found.status_code == 200, typed
        assert "<h2>Ada</h2>" in found.text
        assert "coming" in found.text
        assert "Bo Other" not in found.text
        assert "example.org" not in found.text.replace("rooms.example.org", "!")
    assert _came(session) == [False, False]
    done = post(helper, DOOR, {"code": "ABCD2345", "came": "yes"})
    assert (done.status_code, done.location) == (303, DOOR)
    assert "Noted. The next code?" in helper.get(DOOR).text
    assert _came(session) == [True, False]
    assert "Noted already" in post(helper, DOOR, {"code": "ABCD2345"}).text
    assert post(helper, DOOR, {"code": "ABCD2345", "came": "yes"}).status_code == 303
    assert logged("rsvp.check_in") == [(f"session:{listed.id}", {"answers": 1})]


def test_every_wrong_code_gets_the_same_answer(
    helper: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    build_answer(session, build_session(session, listed.series, slug="2"), code="FREMD222")
    build_answer(session, listed, state=AnswerState.PENDING, code="PEND2222")
    gone = build_participant(session, listed.series, name="", address=None, erased_at=NOW)
    build_answer(session, listed, gone, code="GONE2222")
    session.commit()
    bodies = set()
    for code in ("FREMD222", "PEND2222", "GONE2222", "NONE2222", "ABCD234", "%", "’ OR 1=1"):
        answer = post(helper, DOOR, {"code": code})
        assert answer.status_code == 422
        text = answer.text.replace(answer.text.split('name="csrf_token"')[1].split(">")[0], "")
        bodies.add(text.replace(f'value="{code}"', ""))
    assert len(bodies) == 1
    assert "belongs to no answer" in bodies.pop()
    assert post(helper, DOOR, {"code": ""}).status_code == 422
    assert post(helper, DOOR, {"code": "x" * 41}).status_code == 422


def test_an_answer_that_does_not_stand_lets_nobody_be_noted(helper: FlaskClient, session: Session, ada: Answer) -> None:
    ada.state = AnswerState.WITHDRAWN
    session.commit()
    page = post(helper, DOOR, {"code": "ABCD2345"})
    assert "Please ask the organisers." in page.text
    assert 'name="came"' not in page.text
    assert post(helper, DOOR, {"code": "ABCD2345", "came": "yes"}).status_code == 404
    assert _came(session) == [False]


@pytest.mark.rate_limits
def test_after_too_many_wrong_codes_no_code_is_looked_for(
    helper: FlaskClient, session: Session, ada: Answer, clock: time_machine.Traveller
) -> None:
    token = token_of(helper.get(DOOR))
    for _ in range(20):
        assert helper.post(DOOR, data={"csrf_token": token, "code": "WRONG222"}).status_code == 422
    for code in ("WRONG222", "ABCD2345"):
        answer = helper.post(DOOR, data={"csrf_token": token, "code": code})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert "Ada" not in answer.text
    clock.shift(timedelta(minutes=10))
    assert "Ada" in helper.post(DOOR, data={"csrf_token": token, "code": "ABCD2345"}).text


@pytest.mark.parametrize("level", STRICT)
def test_at_the_door_of_a_stricter_session_only_a_number_grows(
    helper: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, level: Level, logged: Logged
) -> None:
    listed.level = level
    session.commit()
    page = post(helper, DOOR, {"code": "ABCD2345"})
    assert "This code is valid" in page.text
    assert "Ada" not in page.text
    for _ in range(2):
        assert post(helper, DOOR, {"code": "ABCD2345", "came": "yes"}).status_code == 303
    assert _came(session) == [False]
    assert _number(session) == 1
    assert logged("rsvp.check_in") == [(f"session:{listed.id}", {"answers": 1})]


def test_at_the_door_of_a_cancelled_session_nobody_is_noted(
    helper: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    listed.status = SessionStatus.CANCELLED
    session.commit()
    assert post(helper, DOOR, {"code": "ABCD2345", "came": "yes"}).status_code == 409
    assert _came(session) == [False]


@pytest.mark.parametrize("level", [Level.ON_THE_RECORD, Level.DISCUSSION])
def test_entering_online_is_noted_once_with_the_answer(
    client: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, level: Level
) -> None:
    listed.level = level
    session.commit()
    assert (
        "noted for the organisers"
        in client.get(f"/en/join/{issue(session, purpose=Purpose.JOIN, subject=ada.subject)}").text
    )
    assert _came(session) == [False]
    answer = _join(client, session, ada)
    assert (answer.status_code, answer.location) == (303, listed.room_link)
    assert _came(session) == [True]
    first = session.get_one(Answer, ada.id).attended_at
    _join(client, session, ada)
    session.expire_all()
    assert session.get_one(Answer, ada.id).attended_at == first
    assert _number(session) == 0


@pytest.mark.parametrize("level", STRICT)
def test_entering_online_is_only_counted_where_the_rule_says_so(
    client: FlaskClient, desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, level: Level
) -> None:
    listed.level = level
    other = build_answer(session, listed)
    session.commit()
    assert "only counted" in client.get(f"/en/join/{issue(session, purpose=Purpose.JOIN, subject=ada.subject)}").text
    for one in (ada, ada, other, ada):
        assert _join(client, session, one).status_code == 303
    assert _number(session) == 2
    assert _came(session) == [False, False]
    assert "2 people came; under the Rule" in desk.get(LIST).text
    kept = session.scalars(sa.select(RateLimitWindow)).all()
    assert all(ada.subject not in str(vars(row)) and len(row.key_hash) == 64 for row in kept)


def test_when_the_rule_becomes_stricter_notes_become_a_number(
    client: FlaskClient, desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    _join(client, session, ada)
    assert keep_numbers_only(session, now=SOON) == 0
    listed.level = Level.WHOLE_SESSION
    session.commit()
    assert "1 person came; under the Rule" in desk.get(LIST).text
    assert purge(session, now=SOON + timedelta(minutes=20)) >= 1
    session.commit()
    assert _came(session) == [False]
    assert "1 person came; under the Rule" in desk.get(LIST).text
    _join(client, session, ada)
    assert _number(session) == 1


def test_many_presses_at_once_count_each_answer_once(app: Flask, session: Session, listed: WorkshopSession) -> None:
    listed.level = Level.WHOLE_SESSION
    answers = [build_answer(session, listed) for _ in range(4)]
    tokens = [issue(session, purpose=Purpose.JOIN, subject=one.subject) for one in answers]
    session.commit()

    def press(token: str) -> int:
        return post(app.test_client(), f"/en/join/{token}").status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(press, tokens * 4))
    assert set(codes) == {303}
    assert _number(session) == 4


def test_too_early_at_the_door_nothing_is_counted(
    client: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, clock: time_machine.Traveller
) -> None:
    clock.move_to(SOON - timedelta(hours=2))
    token = issue(session, purpose=Purpose.JOIN, subject=ada.subject)
    session.commit()
    csrf = token_of(client.get("/en/login"))
    assert client.post(f"/en/join/{token}", data={"csrf_token": csrf}).status_code == 409
    assert _came(session) == [False]


def test_the_first_time_is_remembered_for_its_window_only(session: Session) -> None:
    hour = timedelta(hours=1)
    values: dict[str, Any] = {"scope": "attended", "key": "ab" * 16, "window": hour}
    assert first_time(session, now=NOW, **values)
    assert not first_time(session, now=NOW + timedelta(minutes=59), **values)
    assert first_time(session, now=NOW, **{**values, "key": "cd" * 16})
    assert first_time(session, now=NOW + timedelta(minutes=61), **values)
    assert not first_time(session, now=NOW + timedelta(minutes=62), **values)


def test_a_helper_is_led_to_the_check_in_of_one_session_and_to_nothing_else(
    helper: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    other = build_session(session, listed.series, slug="2", starts_at=SOON, ends_at=SOON + timedelta(hours=2))
    session.commit()
    page = helper.get("/en/organise/").text
    assert DOOR in page
    assert LIST not in page
    assert helper.get(DOOR.replace("/1/", f"/{other.slug}/")).status_code == 404
    for path in (LIST, "/en/organise/series/mine/answers", "/en/organise/series/mine/"):
        assert helper.get(path).status_code == 404


def test_a_helpers_time_ends_by_itself(
    helper: FlaskClient, session: Session, ada: Answer, clock: time_machine.Traveller
) -> None:
    session.execute(
        sa.update(SeriesRole).where(SeriesRole.role == Role.HELPER).values(expires_at=SOON + timedelta(hours=26))
    )
    session.commit()
    clock.move_to(SOON + timedelta(hours=6))
    assert helper.get(DOOR).status_code == 200
    clock.shift(timedelta(hours=5))
    helper.get("/en/organise/")  # seen, so that the sign-in does not end for idling
    clock.shift(timedelta(hours=9))
    assert helper.get(DOOR).status_code == 200
    clock.shift(timedelta(hours=6))
    assert helper.get(DOOR).status_code == 404
    assert DOOR not in helper.get("/en/organise/").text


def test_a_partner_sees_neither_list_nor_door(
    app: Flask, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    client = app.test_client()
    sign_in(client, build_organiser(session, listed.series, role=Role.PARTNER))
    token = token_of(client.get("/en/organise/series/new"))
    for path in (LIST, DOOR, f"{LIST}/export", f"{LIST}/add", "/en/organise/series/mine/answers"):
        assert client.get(path).status_code == 404, path
    for path in (DOOR, f"{LIST}/act", f"{LIST}/reveal", f"{LIST}/attendance", f"{LIST}/export", f"{LIST}/add"):
        assert client.post(path, data={"csrf_token": token, "code": "ABCD2345"}).status_code == 404, path
