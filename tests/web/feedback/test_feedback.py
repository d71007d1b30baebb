"""The questionnaire after a session: each answers once, nobody can be found again, and too few are not shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_series,
    build_session,
)
from tests.web.workspace import post, sign_in
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.core.links import Purpose, issue
from workshop.feedback.models import Feedback
from workshop.feedback.queries import find_ballot
from workshop.feedback.service import FeedbackGivenError, erase_remarks, give_feedback
from workshop.privacy import service as privacy
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.service.addresses import correct_address
from workshop.rsvp.service.links import renew_links

pytestmark = pytest.mark.usefixtures("clock")
ENDED: dict[str, Any] = {"starts_at": NOW - timedelta(hours=4)}
CHOSEN = {"useful": "very", "language": "yes", "rule": "yes"}


def ballots(session: Session, one: WorkshopSession, number: int) -> list[str]:
    """Return the addresses of so many questionnaires."""
    answers = [build_answer(session, one, build_participant(session, one.series)) for _ in range(number)]
    found = [f"/en/feedback/{issue(session, purpose=Purpose.FEEDBACK, subject=one.subject)}/" for one in answers]
    session.commit()
    return found


def held(one: WorkshopSession) -> Feedback:
    db.session.rollback()
    found = db.session.get(Feedback, one.id, populate_existing=True)
    assert found is not None
    return found


def test_it_asks_once_counts_and_thanks(client: FlaskClient, session: Session) -> None:
    one = build_session(session, **ENDED)
    (path,) = ballots(session, one, 1)
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    for word in ("Your feedback", "Was the session useful to you?", "This link works once."):
        assert word in page.text
    assert post(client, path, {**CHOSEN, "remark": "More time to talk."}).status_code == 303
    assert "Your answers are counted" in client.get(path).text
    assert (held(one).number, held(one).counts["useful"]["very"]) == (1, 1)
    again = client.post(path, data={"csrf_token": "x", **CHOSEN})
    assert again.status_code != 303
    assert held(one).number == 1


def test_what_is_missing_is_said_and_nothing_is_counted(client: FlaskClient, session: Session) -> None:
    one = build_session(session, **ENDED)
    (path,) = ballots(session, one, 1)
    for data in ({"language": "yes"}, {"useful": "astonishing"}, {**CHOSEN, "remark": "x" * 1001}):
        refused = post(client, path, data)
        assert refused.status_code == 422, data
        assert 'class="error"' in refused.text
    db.session.rollback()
    assert db.session.get(Feedback, one.id) is None
    kept = post(client, path, {"remark": "Kept as typed."})
    assert "Kept as typed." in kept.text


@pytest.mark.parametrize("number", [4, 5, 9, 10])
def test_organisers_see_five_at_a_time_and_never_who(client: FlaskClient, session: Session, number: int) -> None:
    series = build_series(session)
    one = build_session(session, series, slug="1", **ENDED)
    organiser = build_organiser(session, series)
    for position, path in enumerate(ballots(session, one, number)):
        sent = post(client, path, {"useful": "not" if position >= 5 else "very", "remark": f"remark {position:02}"})
        assert sent.status_code == 303
    sign_in(client, organiser)
    page = client.get(f"/en/organise/series/{series.slug}/1/feedback").text
    shown = number - number % 5
    assert page.count("<blockquote") == shown
    assert (f"{shown} answers" in page) == (shown > 0)
    assert ("Too few have answered" in page) == (shown == 0)
    # Numbers that moved with each answer would say what the last one was.
    assert ("remark 08" in page) == (shown >= 10)


def test_nothing_kept_has_a_name_a_time_or_an_order(app: Flask, session: Session) -> None:
    one = build_session(session, **ENDED)
    words = [f"word {number:02}" for number in range(30)]
    for word in words:
        give_feedback(session, build_answer(session, one), chosen=CHOSEN, remark=word)
    session.commit()
    columns = {column.name for column in Feedback.__table__.columns}
    assert not [name for name in columns if name.endswith(("_at", "_on", "participant_id", "answer_id"))]
    assert sorted(held(one).remarks) == words
    assert list(held(one).remarks) != words  # one in 30! that chance keeps them in order


@pytest.mark.parametrize("level", list(Level))
def test_what_is_asked_follows_the_level(client: FlaskClient, session: Session, level: Level) -> None:
    one = build_session(session, level=level, **ENDED)
    (path,) = ballots(session, one, 1)
    page = client.get(path).text
    assert ('name="rule"' in page) == (level > Level.ON_THE_RECORD)
    assert ('name="remark"' in page) == (level < Level.CLOSED)
    # What is not asked is not taken.
    assert post(client, path, {**CHOSEN, "remark": "Somebody said …"}).status_code == 303
    assert held(one).remarks == (() if level is Level.CLOSED else ("Somebody said …",))
    assert held(one).counts["rule"]["yes"] == (level > Level.ON_THE_RECORD)


def test_whose_it_is_not_gets_the_404_of_all(client: FlaskClient, session: Session) -> None:
    to_come, over = build_session(session), build_session(session, **ENDED)
    cancelled = build_session(session, status=SessionStatus.CANCELLED, **ENDED)
    paths = [*ballots(session, to_come, 1), *ballots(session, cancelled, 1), *ballots(session, over, 2)]
    declined, erased = session.scalars(
        sa.select(Answer).where(Answer.workshop_session_id == over.id).order_by(Answer.id)
    ).all()
    declined.state = AnswerState.DECLINED
    privacy.erase(session, now=NOW, participant=erased.participant)
    session.commit()
    bodies = {client.get(path).text.replace(path, "") for path in [*paths, "/en/feedback/unknown/"]}
    assert {client.get(path).status_code for path in paths} == {404}
    assert len(bodies) == 1


def test_ten_presses_of_one_link_count_once(app: Flask, session: Session) -> None:
    one = build_session(session, **ENDED)
    (path,) = ballots(session, one, 1)
    token = path.split("/")[3]

    def press(_number: int) -> bool:
        with app.app_context(), Session(db.engine) as own:
            answer = find_ballot(own, token=token)
            assert answer is not None
            try:
                give_feedback(own, answer, chosen=CHOSEN, remark="")
            except FeedbackGivenError:
                return False
            own.commit()
            return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(press, range(10))) == 1
    assert held(one).number == 1


def test_twenty_at_once_are_all_counted(app: Flask, session: Session) -> None:
    one = build_session(session, **ENDED)
    tokens = [path.split("/")[3] for path in ballots(session, one, 20)]

    def press(token: str) -> None:
        with app.app_context(), Session(db.engine) as own:
            answer = find_ballot(own, token=token)
            assert answer is not None
            give_feedback(own, answer, chosen=CHOSEN, remark="word")
            own.commit()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(press, tokens))
    assert (held(one).number, held(one).counts["useful"]["very"], len(held(one).remarks)) == (20, 20, 20)


def test_words_are_erased_with_the_retention_and_numbers_stay(session: Session) -> None:
    series = build_series(session, retention_days=10)
    one = build_session(session, series, **ENDED)
    for _ in range(5):
        give_feedback(session, build_answer(session, one), chosen=CHOSEN, remark="Said by somebody.")
    session.commit()
    assert erase_remarks(session, NOW + timedelta(days=9)) == 0
    assert erase_remarks(session, NOW + timedelta(days=10)) == 1
    assert erase_remarks(session, NOW + timedelta(days=10)) == 0
    session.commit()
    assert (held(one).remarks, held(one).shown_remarks, held(one).shown_number) == ((), (), 5)


def test_the_session_is_named_to_whom_it_belongs_in_both_languages(client: FlaskClient, session: Session) -> None:
    one = build_session(session, level=Level.WHOLE_SESSION, title=both("Le sujet", "The subject"), **ENDED)
    (path,) = ballots(session, one, 1)
    assert "The subject" in client.get(path).text
    assert "Le sujet" in client.get(path.replace("/en/", "/fr/", 1)).text


@pytest.mark.parametrize("raised", ["session", "series", "item"])
def test_words_go_where_a_session_is_closed_afterwards(client: FlaskClient, session: Session, raised: str) -> None:
    series = build_series(session, level=Level.DISCUSSION)
    one = build_session(session, series, slug="1", **ENDED)
    other = build_session(session, series, slug="2", level=Level.DISCUSSION, **ENDED)
    item = build_item(session, one, level=None)
    for about in (one, other):
        for _ in range(5):
            give_feedback(session, build_answer(session, about), chosen=CHOSEN, remark="Said by somebody.")
    organiser = build_organiser(session, series)
    session.commit()
    sign_in(client, organiser)
    path = f"/en/organise/series/{series.slug}/1/feedback"
    assert client.get(path).text.count("Said by somebody.") == 5
    target: Any = {"session": one, "series": series, "item": item}[raised]
    target.level = Level.CLOSED
    session.commit()
    page = client.get(path).text
    assert ("Said by somebody." in page, "5 answers" in page) == (False, True)
    assert erase_remarks(session, NOW) == 1
    session.commit()
    assert (held(one).remarks, held(one).shown_remarks, held(one).shown_number) == ((), (), 5)
    assert len(held(other).remarks) == 5


def test_a_corrected_address_ends_the_link_that_went_to_the_old_one(client: FlaskClient, session: Session) -> None:
    one = build_session(session, **ENDED)
    (path,) = ballots(session, one, 1)
    answer = session.scalars(sa.select(Answer)).one()
    correct_address(session, now=NOW, participant=answer.participant, address="right@example.org")
    session.commit()
    assert client.get(path).status_code == 404
    token = issue(session, purpose=Purpose.FEEDBACK, subject=answer.subject)
    renew_links(session, now=NOW, participant=answer.participant)
    session.commit()
    assert client.get(f"/en/feedback/{token}/").status_code == 404
    token = issue(session, purpose=Purpose.FEEDBACK, subject=answer.subject)
    session.commit()
    assert client.get(f"/en/feedback/{token}/").status_code == 200
