"""Erased is erased: no octet of it is left in any file of the database."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_session
from workshop.core.db import checkpoint, db
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.personal_data import LAST_WORD
from workshop.privacy import service
from workshop.programme.models import Question, QuestionKind, WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import (
    AnswerState,
    Choice,
    Invitation,
    InvitationKind,
    LinkRequest,
    Participant,
    QuestionReply,
)
from workshop.rsvp.service import Asked, request_address, request_answer
from workshop.worker import Task, run

pytestmark = pytest.mark.databases("sqlite")
CANARY = b"canary.of.octets"


def _is_there() -> bool:
    path = Path(str(db.engine.url.database))
    return any(CANARY in one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


def _nothing(_session: Session, /, *, now: object) -> int:
    return 0


def test_no_octet_is_left_even_where_a_reader_kept_the_log_at_first(app: Flask, session: Session) -> None:
    workshop_session = build_session(session)
    people = [
        build_participant(
            session, workshop_session.series, address=f"{CANARY.decode()}{number}@example.org", name=CANARY.decode()
        )
        for number in range(50)
    ]
    for participant in people:
        build_answer(session, workshop_session, participant)
    session.commit()
    assert _is_there()
    reader = sqlite3.connect(str(db.engine.url.database))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM participant").fetchall()
    for participant in people:
        service.erase(session, now=NOW, participant=participant)
    session.commit()
    began = time.monotonic()
    assert not checkpoint()
    assert time.monotonic() - began < 10  # nobody can write meanwhile
    assert _is_there()
    reader.close()
    run(app, once=True, work=[Task("purge", _nothing, erases=True)])
    assert not _is_there()


def _hold_everything(session: Session, workshop_session: WorkshopSession) -> Participant:
    """Return somebody of whom everything is held that can be, each datum with the canary in it."""
    canary = CANARY.decode()
    series = workshop_session.series
    participant = build_participant(
        session, series, address=f"{canary}@example.org", name=canary, affiliation=canary, access_needs=canary
    )
    question = Question(
        series_id=series.id, position=0, kind=QuestionKind.LONG, text=both("Q ?", "Q?"), reason=both("P.", "W.")
    )
    invitation = Invitation(
        series_id=series.id,
        kind=InvitationKind.PERSON,
        address=f"{canary}@example.org",
        address_folded=f"{canary}@example.org",
        name=canary,
        language="fr",
        created_at=NOW,
    )
    session.add_all([question, invitation, LinkRequest(
        address_folded=f"{canary}@example.org", language="fr", created_at=NOW
    )])  # fmt: skip
    session.flush()
    session.add(QuestionReply(participant_id=participant.id, question_id=question.id, value=canary, replied_at=NOW))
    answer = build_answer(
        session,
        workshop_session,
        participant,
        state=AnswerState.WAITLISTED,
        waitlisted_at=NOW,
        added_reason=canary,
        refusal_text=both(canary, canary),
        invitation_id=invitation.id,
    )
    emails.answer_recorded(session, now=NOW, answer=answer)
    emails.link_resent(session, now=NOW, participant=participant)
    request_address(session, now=NOW, participant=participant, address=f"new.{canary}@example.org")
    request_answer(
        session,
        now=NOW,
        workshop_session=workshop_session,
        values=Asked(
            name=canary,
            address=f"{canary}@example.org",
            choice=Choice.DECLINED,
            language="fr",
            tzid="",
            access_needs=canary,
            replies={question.key: canary},
        ),
    )
    session.commit()
    return participant


@pytest.mark.usefixtures("clock")
def test_no_octet_is_left_of_anything_that_was_held_in_database_mail_files_and_logs(
    app: Flask, session: Session, instance_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def holding() -> set[str]:
        return {path.suffix for path in instance_path.rglob("*") if path.is_file() and CANARY in path.read_bytes()}

    participant = _hold_everything(session, build_session(session, has_waiting_list=True))
    session.commit()
    run(app, once=True, work=[])
    assert ".eml" in holding()
    assert ".sqlite" in {found.partition("-")[0] for found in holding()}
    service.erase(session, now=NOW, participant=participant)
    session.commit()
    assert checkpoint()
    assert holding() == set()
    said = capfd.readouterr()
    assert CANARY.decode() not in said.out + said.err


@pytest.mark.usefixtures("clock")
def test_the_last_message_leaves_no_octet_either_once_it_has_left(
    app: Flask, session: Session, instance_path: Path
) -> None:
    participant = _hold_everything(session, build_session(session))
    service.erase(session, now=NOW, participant=participant, tells=True)
    session.commit()
    assert _is_there()
    run(app, once=True, work=[Task("purge", service.purge, erases=True)])
    session.expire_all()
    (kept,) = (one for one in session.scalars(sa.select(OutboxMessage)) if one.kind == "data_erased")
    assert (kept.state, kept.recipient, kept.domain, kept.body_text) == (OutboxState.SENT, "", "", "")
    assert kept.person_ref != LAST_WORD
    assert not any(CANARY in path.read_bytes() for path in instance_path.rglob("*") if path.is_file())
