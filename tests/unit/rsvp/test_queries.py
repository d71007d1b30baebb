"""Counting and listing answers, and the command that prints the counts."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from workshop.rsvp.cli import rsvp
from workshop.rsvp.models import AnswerState, Participant
from workshop.rsvp.personal_data import export
from workshop.rsvp.queries import count_answers, count_seats


def test_only_accepted_and_offered_hold_a_seat_and_all_but_pending_count_as_answers(
    app: Flask, session: Session
) -> None:
    workshop_session, other = build_session(session), build_session(session)
    for state in AnswerState:
        build_answer(session, workshop_session, state=state)
    ids = [workshop_session.id, other.id]
    assert count_seats(session, ids) == {workshop_session.id: 2, other.id: 0}
    assert count_answers(session, ids) == {workshop_session.id: len(AnswerState) - 1, other.id: 0}
    assert count_seats(session, []) == {}


def test_counts_are_one_flat_object_with_every_state(app: Flask, session: Session) -> None:
    workshop_session = build_session(session, build_series(session, slug="serie"), slug="4")
    build_answer(session, workshop_session)
    build_answer(session, workshop_session, state=AnswerState.DECLINED)
    session.commit()
    result = CliRunner().invoke(rsvp, ["counts", "serie", "4"])
    assert result.exit_code == 0
    assert json.loads(result.output) == {**dict.fromkeys(map(str, AnswerState), 0), "accepted": 1, "declined": 1}


@pytest.mark.parametrize("arguments", [["serie", "5"], ["other", "4"]])
def test_counts_of_an_unknown_session_are_a_fault(app: Flask, session: Session, arguments: list[str]) -> None:
    build_session(session, build_series(session, slug="serie"), slug="4")
    session.commit()
    result = CliRunner().invoke(rsvp, ["counts", *arguments])
    assert result.exit_code == 1


def test_an_export_holds_every_column_that_tells_of_the_person(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    participant = build_participant(session, workshop_session.series, affiliation="ONG", tzid="Europe/Paris")
    build_answer(session, workshop_session, participant)
    found = export(session, person_ref=participant.subject)
    assert found is not None
    told = {"address", "name", "affiliation", "language", "created_at", "confirmed_at"}
    assert told <= set(found)
    assert told <= {column.name for column in Participant.__table__.columns}
    assert found["answers"][0]["state"] == "accepted"
    assert json.dumps(found)
    assert export(session, person_ref="nobody") is None
