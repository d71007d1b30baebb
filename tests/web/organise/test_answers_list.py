"""The lists of a session and of a series: counts, filters, order, pages, and one address at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.web.workspace import post
from workshop.chatham.rule import Level
from workshop.mail import suppression
from workshop.programme.models import Question, QuestionKind, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Invitation, InvitationKind, QuestionReply

PATH = "/en/organise/series/mine/1/answers"
SERIES = "/en/organise/series/mine/answers"
Logged = Callable[[str], list[tuple[str, dict[str, Any]]]]


def _names(page: str) -> list[str]:
    return re.findall(r'<th scope="row">(?:<div class="check"><input[^>]*> <label[^>]*>)?([^<]+)<', page)


def _add(session: Session, one: WorkshopSession, name: str, **values: Any) -> Answer:
    person = {key: values.pop(key) for key in ("affiliation", "language", "access_needs", "address") if key in values}
    participant = build_participant(session, one.series, name=name, **person)
    return build_answer(session, one, participant, **values)


def _invite(session: Session, one: WorkshopSession, organisation: str) -> Invitation:
    invitation = Invitation(
        series_id=one.series_id, kind=InvitationKind.GROUP, name="Group", language="fr", organisation=organisation,
        created_at=NOW,
    )  # fmt: skip
    session.add(invitation)
    session.flush()
    return invitation


@pytest.fixture
def people(session: Session, listed: WorkshopSession) -> None:
    """Five who answered and one who did not confirm."""
    invitation = _invite(session, listed, "Médecins d’exemple")
    _add(session, listed, "Élodie Œuvrard", affiliation="Université de Besançon", language="fr", interpretation="en")
    _add(session, listed, "zed", language="en", access_needs="A ramp", created_at=NOW - timedelta(days=3))
    _add(session, listed, "Ana", language="en", state=AnswerState.TENTATIVE, invitation_id=invitation.id)
    _add(session, listed, "Late", state=AnswerState.WAITLISTED, waitlisted_at=NOW, created_at=NOW)
    _add(session, listed, "Early", state=AnswerState.WAITLISTED, waitlisted_at=NOW - timedelta(days=2))
    _add(session, listed, "Unconfirmed", state=AnswerState.PENDING)
    session.commit()


def test_the_list_counts_states_languages_and_needs(desk: FlaskClient, people: None) -> None:
    page = desk.get(PATH).text
    assert sorted(_names(page)) == ["Ana", "Early", "Late", "zed", "Élodie Œuvrard"]
    assert "<div><dt>coming</dt><dd>2</dd></div>" in page
    assert "<div><dt>on the waiting list</dt><dd>2</dd></div>" in page
    assert "<dt>Language</dt><dd>French 3, English 2</dd>" in page
    assert "<dt>Interpretation needed</dt><dd>English 1</dd>" in page
    assert "<dt>Access needs</dt><dd>1 person</dd>" in page
    assert "invited by Médecins d’exemple" in page
    assert "A ramp" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=elodie", {"Élodie Œuvrard"}),
        ("q=OEUVRARD+besancon", {"Élodie Œuvrard"}),
        ("q=BESANÇON", {"Élodie Œuvrard"}),
        ("q=%25", set()),
        ("q=_", set()),
        ("state=waitlisted", {"Early", "Late"}),
        ("language=en", {"Ana", "zed"}),
        ("interpretation=en", {"Élodie Œuvrard"}),
        ("interpretation=any", {"Élodie Œuvrard"}),
        ("interpretation=fr", set()),
        ("needs=yes", {"zed"}),
        ("organisation=M%C3%A9decins+d%E2%80%99exemple", {"Ana"}),
        ("language=en&state=accepted", {"zed"}),
        ("state=pending", {"Ana", "Early", "Late", "zed", "Élodie Œuvrard"}),
    ],
)
def test_filters_and_search_find_whom_they_should(desk: FlaskClient, people: None, query: str, names: set[str]) -> None:
    assert set(_names(desk.get(f"{PATH}?{query}").text)) == names
    assert set(_names(desk.get(f"{SERIES}?{query}").text)) == names


def test_the_list_is_sorted_as_asked(desk: FlaskClient, people: None) -> None:
    assert _names(desk.get(f"{PATH}?sort=name").text) == ["Ana", "Early", "Élodie Œuvrard", "Late", "zed"]
    assert _names(desk.get(f"{PATH}?sort=state").text) == ["Élodie Œuvrard", "zed", "Early", "Late", "Ana"]
    assert _names(desk.get(PATH).text)[0] == "Late"
    assert _names(desk.get(PATH).text)[-1] == "zed"
    assert _names(desk.get(f"{SERIES}?sort=name").text) == ["Ana", "Early", "Élodie Œuvrard", "Late", "zed"]
    assert _names(desk.get(f"{SERIES}?sort=state").text)[:2] == ["Élodie Œuvrard", "zed"]


def test_the_waiting_list_shows_its_order(desk: FlaskClient, people: None) -> None:
    page = desk.get(f"{PATH}?state=waitlisted&sort=state").text
    assert re.findall(r"on the waiting list, no\. (\d)", page) == ["1", "2"]
    assert _names(page) == ["Early", "Late"]


@pytest.mark.parametrize(
    ("query", "is_said"),
    [
        ("state=nonsense", True), ("language=../etc", True), ("interpretation=%00", False), ("sort=drop", True),
        ("organisation=Other", True), ("needs=perhaps", True), ("page=-1", False), ("page=99999999999999999999", False),
        ("page=9999", False), ("page=%C2%B2", False), ("q=" + "x" * 5000, True), ("state=%FF", True),
        ("q=%27%22%3Cb%3E", False), ("unknown=1", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [PATH, SERIES])
def test_bad_values_are_left_out_and_never_break_the_page(
    desk: FlaskClient,
    people: None,
    path: str,
    query: str,
    is_said: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    answer = desk.get(f"{path}?{query}")
    assert answer.status_code == 200
    assert ("is not known here" in answer.text) is is_said
    assert "<b>" not in answer.text


def test_a_long_list_comes_in_pages(desk: FlaskClient, session: Session, listed: WorkshopSession) -> None:
    for number in range(120):
        _add(session, listed, f"Person {number:03}", language="en" if number % 2 else "fr")
    session.commit()
    first = desk.get(f"{PATH}?sort=name&language=en").text
    assert _names(first) == [f"Person {number:03}" for number in range(1, 101, 2)]
    assert "Page 1 of 2" in first
    assert "60 answers" in first
    second = desk.get(f"{PATH}?sort=name&language=en&page=2").text
    assert _names(second) == [f"Person {number:03}" for number in range(101, 120, 2)]
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second
    assert _names(desk.get(f"{PATH}?sort=name&language=en&page=77").text) == _names(second)
    assert len(_names(desk.get(f"{SERIES}?sort=name").text)) == 50
    assert "Page 1 of 3" in desk.get(SERIES).text


def _crowd(session: Session, one: WorkshopSession, number: int) -> None:
    question = Question(
        series_id=one.series_id, position=1, kind=QuestionKind.YES_NO, text=both("Oui ?", "Yes?"), reason=both("r", "r"),
    )  # fmt: skip
    session.add(question)
    session.flush()
    invitation = _invite(session, one, f"Organisation {number}")
    for place in range(number):
        answer = _add(
            session, one, f"P{place}", state=list(AnswerState)[place % len(AnswerState)], waitlisted_at=NOW,
            invitation_id=invitation.id, interpretation="en",
        )  # fmt: skip
        reply = QuestionReply(participant_id=answer.participant_id, question_id=question.id, value=True, replied_at=NOW)
        session.add(reply)
    session.commit()


@pytest.mark.parametrize("path", [PATH, SERIES])
def test_thirty_answers_take_as_many_statements_as_one(
    desk: FlaskClient,
    session: Session,
    listed: WorkshopSession,
    counted: Callable[[], AbstractContextManager[list[str]]],
    path: str,
) -> None:
    _add(session, listed, "First", state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    session.commit()
    desk.get(path)
    with counted() as one:
        desk.get(path)
    _crowd(session, listed, 30)
    with counted() as thirty:
        assert len(_names(desk.get(path).text)) > 20
    assert len(thirty) == len(one), "\n".join(thirty)
    assert len(one) <= 24


def test_replies_are_not_counted_above_the_list(desk: FlaskClient, session: Session, listed: WorkshopSession) -> None:
    """They are counted once, in the breakdown, with small numbers suppressed."""
    options = (
        {"key": "a", "text": {"fr": "Matin", "en": "Morning"}},
        {"key": "b", "text": {"fr": "Soir", "en": "Evening"}},
    )
    question = Question(
        series_id=listed.series_id, workshop_session_id=listed.id, position=1, kind=QuestionKind.SEVERAL_OF,
        text=both("Quand ?", "When?"), reason=both("r", "r"), options=options,
    )  # fmt: skip
    session.add(question)
    session.flush()
    for value, state in (
        (("a", "b"), AnswerState.ACCEPTED),
        (("a",), AnswerState.TENTATIVE),
        (("b",), AnswerState.DECLINED),
    ):
        answer = _add(session, listed, "Somebody", state=state)
        session.add(
            QuestionReply(participant_id=answer.participant_id, question_id=question.id, value=value, replied_at=NOW)
        )
    session.commit()
    page = re.sub(r"\s+", " ", desk.get(PATH).text)
    assert "When?" not in page
    assert "Morning" not in page
    assert f"{PATH.removesuffix('answers')}breakdown" in page


def test_of_a_closed_session_nobody_is_counted_by_need(
    desk: FlaskClient, session: Session, listed: WorkshopSession, people: None
) -> None:
    listed.level = Level.CLOSED
    session.commit()
    page = desk.get(PATH).text
    assert "nobody is counted by language" in page
    assert "<dt>Access needs</dt>" not in page
    assert "French 3" not in page
    assert "Ana" in page
    assert "nobody is counted by language" in desk.get(SERIES).text


def test_an_address_is_shown_whole_once_and_logged(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    shown = _add(session, listed, "Ada", address="ada.secret@hidden.example.org")
    _add(session, listed, "Bo", address="bo.secret@hidden.example.org")
    session.commit()
    before = desk.get(f"{PATH}?sort=name")
    assert "secret" not in before.text
    answer = post(desk, f"{PATH}/reveal?sort=name", {"reveal": str(shown.id)}, page=PATH)
    assert answer.status_code == 200
    assert "ada.secret@hidden.example.org" in answer.text
    assert "bo.secret" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "secret" not in desk.get(PATH).text
    assert logged("rsvp.reveal_address") == [(f"answer:{shown.id}", {"session": f"session:{listed.id}"})]
    assert "secret" not in str(logged("rsvp.reveal_address"))


def test_addresses_of_other_sessions_stay_hidden(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    _add(session, listed, "Ada")
    foreign = _add(session, build_session(session, build_series(session)), "Bo", address="bo.secret@example.org")
    pending = _add(session, listed, "Cy", address="cy.secret@example.org", state=AnswerState.PENDING)
    session.commit()
    for number in (foreign.id, pending.id, 999999):
        assert post(desk, f"{PATH}/reveal", {"reveal": str(number)}, page=PATH).status_code == 404
    for text in ("", "x", "-1", "9" * 30):
        answer = post(desk, f"{PATH}/reveal", {"reveal": text}, page=PATH)
        assert answer.status_code == 422
        assert "Nobody was chosen" in answer.text
    assert logged("rsvp.reveal_address") == []


def test_the_list_of_a_series_has_a_state_for_each_session(
    desk: FlaskClient, session: Session, listed: WorkshopSession, logged: Logged
) -> None:
    second = build_session(session, listed.series, slug="2", short_title=both("Deux", "Two"))
    ada = build_participant(session, listed.series, name="Ada", address="ada.secret@example.org")
    build_answer(session, listed, ada)
    build_answer(session, second, ada, state=AnswerState.DECLINED)
    build_answer(session, second, build_participant(session, listed.series, name="Bo"), state=AnswerState.PENDING)
    session.commit()
    page = desk.get(SERIES).text
    assert _names(page) == ["Ada"]
    assert '<td data-label="Two">not coming</td>' in re.sub(r'data-label="\s*(.*?)\s*"', r'data-label="\1"', page)
    assert ">coming</td>" in page
    assert "secret" not in page
    assert logged("rsvp.view_answers") == [(f"series:{listed.series_id}", {"rows": 1})]


def test_erased_people_are_counted_and_nothing_more(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    gone = _add(session, listed, "")
    gone.participant.address = gone.participant.address_folded = None
    gone.participant.erased_at = NOW
    session.commit()
    page = desk.get(PATH).text
    assert "<em>erased</em>" in page
    assert 'name="answer"' not in page
    assert "<em>erased</em>" in desk.get(SERIES).text


def test_whoever_mail_comes_back_from_is_flagged_and_nobody_else(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    _add(session, listed, "Ana", address="ana@example.org")
    _add(session, listed, "zed", address="zed@example.org")
    assert "mail comes back" not in desk.get(PATH).text
    suppression.suppress(session, address="Zed@example.org", status="5.1.1", now=NOW)
    session.commit()
    page = desk.get(PATH).text
    assert page.count("mail comes back") == 1
    assert page.index("zed</label>") < page.index("mail comes back")
    assert "5.1.1" not in page
