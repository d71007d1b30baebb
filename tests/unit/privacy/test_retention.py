"""Everything leaves on its day: of what is gone no value, and on SQLite no octet, is left."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from workshop.accounts.models import BreakGlass, Organiser, SignIn
from workshop.chatham.rule import Level
from workshop.core.db import Base, checkpoint
from workshop.core.erasures import FILE, list_erased, write_file
from workshop.mail.service import mail_folder
from workshop.privacy import service
from workshop.programme.models import LevelProposal, Question, QuestionKind, WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import (
    Choice,
    Invitation,
    InvitationKind,
    InvitationSession,
    LevelAgreement,
    LinkRequest,
    ListExport,
    QuestionReply,
)
from workshop.rsvp.service import Asked, request_address, request_answer
from workshop.worker import run

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)
MARK = "kanari"
"""What every value below begins with."""


def find_left(session: Session, instance_path: Path) -> set[str]:
    """Return which values are found anywhere: in a row of any table, or in an octet of any file of the instance."""
    session.commit()
    checkpoint()
    text = repr([[tuple(row) for row in session.execute(sa.select(table))] for table in Base.metadata.sorted_tables])
    session.commit()
    files = [path.read_bytes().decode("utf-8", "ignore") for path in instance_path.rglob("*") if path.is_file()]
    everything = "\n".join([text, *files]).casefold()
    names = {part.split("-")[1] for part in everything.split(MARK)[1:] for part in [f"{MARK}{part}"] if "-" in part[:8]}
    return {name for name in names if name in KNOWN}


KNOWN = {
    "room", "unconfirmed", "newaddress", "asked", "reply", "identity", "affiliation", "needs", "invited", "glass",
    "admin", "testmail", "purpose",
}  # fmt: skip


def canary(what: str) -> str:
    """Return a value that is found again by `find_left`."""
    return f"{MARK}-{what}-x"


def hold_everything(session: Session) -> WorkshopSession:
    """Return a session that somebody takes part in, and everything held that has a date on which it goes."""
    series = build_series(session, retention_days=20)
    one = build_session(session, series, room_link=f"https://rooms.example.org/{canary('room')}")
    participant = build_participant(
        session,
        series,
        address=f"{canary('identity')}@example.org",
        name=canary("identity"),
        affiliation=canary("affiliation"),
        access_needs=canary("needs"),
    )
    answer = build_answer(session, one, participant)
    question = Question(
        series_id=series.id, workshop_session_id=one.id, position=0, kind=QuestionKind.LONG,
        text=both("Q ?", "Q?"), reason=both("P.", "W."), keep_days=5,
    )  # fmt: skip
    proposal = LevelProposal(workshop_session_id=one.id, level=Level.ON_THE_RECORD, proposed_at=NOW, proposed_by="x")
    invitation = Invitation(
        series_id=series.id, kind=InvitationKind.PERSON, address=f"{canary('invited')}@example.org",
        address_folded=f"{canary('invited')}@example.org", name=canary("invited"), language="fr", created_at=NOW,
    )  # fmt: skip
    session.add_all([question, proposal, invitation])
    session.flush()
    session.add_all([
        InvitationSession(invitation_id=invitation.id, workshop_session_id=one.id),
        QuestionReply(
            participant_id=participant.id, question_id=question.id, value=canary("reply"), replied_at=NOW
        ),
        LevelAgreement(proposal_id=proposal.id, answer_id=answer.id, version=1, language="fr", agreed_at=NOW),
        ListExport(series_id=series.id, purpose=canary("purpose"), exported_at=NOW),
        LinkRequest(address_folded=f"{canary('asked')}@example.org", language="fr", created_at=NOW),
    ])  # fmt: skip
    administrator = build_organiser(session, is_administrator=True)
    session.add_all([
        BreakGlass(
            organiser_id=administrator.id, series_id=series.id, reason=canary("glass"), opened_at=NOW,
            closes_at=NOW + HOUR,
        ),
        SignIn(token_hash="a" * 64, organiser_id=administrator.id, created_at=NOW, seen_at=NOW),
    ])  # fmt: skip
    emails.answer_recorded(session, now=NOW, answer=answer)
    request_address(session, now=NOW, participant=participant, address=f"{canary('newaddress')}@example.org")
    request_answer(
        session,
        now=NOW,
        workshop_session=one,
        values=Asked(
            name=canary("unconfirmed"), address=f"{canary('unconfirmed')}@example.org", choice=Choice.DECLINED,
            language="fr", tzid="",
        ),
    )  # fmt: skip
    session.commit()
    return one


def write_test_mail() -> None:
    """Leave the file that `workshop mail test` writes where no server is set."""
    mail_folder().mkdir(exist_ok=True)
    (mail_folder() / f"{NOW:%Y%m%dT%H%M%SZ}-0.eml").write_text(f"To: {canary('testmail')}@example.org\n")


def test_everything_leaves_on_its_day(
    app: Flask, session: Session, instance_path: Path, clock: time_machine.Traveller
) -> None:
    one = hold_everything(session)
    ends_at = one.ends_at
    session.commit()
    run(app, once=True, work=[])
    write_test_mail()
    held = {
        "room", "unconfirmed", "newaddress", "asked", "reply", "identity", "affiliation", "needs", "invited", "glass",
        "testmail", "purpose",
    }  # fmt: skip
    assert find_left(session, instance_path) == held
    for at, leaves in (
        (NOW + 2 * DAY, {"unconfirmed", "newaddress", "asked"}),
        (NOW + 7 * DAY, {"testmail"}),
        (ends_at + DAY, {"room"}),
        (ends_at + 5 * DAY, {"reply"}),
        (ends_at + 20 * DAY, {"identity", "affiliation", "needs", "invited", "purpose"}),
        (NOW + HOUR + 90 * DAY, {"glass"}),
    ):
        for moment, gone in ((at - SECOND, set()), (at, leaves)):
            clock.move_to(moment, tick=False)
            run_purge(session, moment)
            held -= gone
            assert find_left(session, instance_path) == held, moment
    assert held == set()
    assert session.scalars(sa.select(LevelAgreement)).all() == []
    assert session.scalars(sa.select(SignIn)).all() == []
    assert [path.name for path in instance_path.rglob("*.eml")] == []


def run_purge(session: Session, now: datetime) -> None:
    """Purge as the worker does, until nothing is left."""
    while service.purge(session, now=now):
        session.commit()
    session.commit()


def test_the_list_of_erasures_stands_beside_the_database_and_names_nobody(
    app: Flask, session: Session, instance_path: Path
) -> None:
    participant = build_answer(session, build_session(session)).participant
    subject = participant.subject
    service.erase(session, now=NOW, participant=participant)
    session.commit()
    assert service.purge(session, now=NOW) == 0  # writes the file
    text = (instance_path / FILE).read_text("ascii")
    assert (text.count("\n"), subject in text) == (1, False)
    assert (instance_path / FILE).stat().st_mode & 0o077 == 0
    assert write_file(session) == 0
    second = build_answer(session, build_session(session)).participant
    service.erase(session, now=NOW + SECOND, participant=second)
    session.commit()
    with (instance_path / FILE).open("a") as file:
        file.write("half a line, as after a cra")
    assert write_file(session) == 1
    assert len(list_erased(session)) == 2


def test_a_backup_that_is_put_back_forgets_again(app: Flask, session: Session, instance_path: Path) -> None:
    one = build_session(session)
    kept, gone = (build_answer(session, one).participant for _ in range(2))
    build_person(session, one.series, email="speaker@example.org")
    build_person(session, one.series, email="other@example.org")
    organiser = build_organiser(session, email="admin@example.org")
    created_at = organiser.created_at
    session.commit()
    subject, address = gone.subject, gone.address
    service.erase(session, now=NOW, participant=gone)
    for email in ("speaker@example.org", "admin@example.org"):
        service.erase_address(session, now=NOW, email=email)
    session.commit()
    write_file(session)
    # What a backup from the day before would bring back.
    gone.subject, gone.address, gone.erased_at = subject, address, None
    again = build_organiser(session, email="admin@example.org", created_at=created_at)
    session.flush()
    again_id = again.id
    assert service.replay(session, now=NOW + DAY) == 2
    session.expire_all()
    assert gone.erased_at == NOW + DAY
    assert kept.erased_at is None
    assert session.get(Organiser, again_id) is None
    anew = build_organiser(session, email="admin@example.org", created_at=NOW + DAY)
    assert service.replay(session, now=NOW + 2 * DAY) == 0
    session.refresh(anew)


@pytest.mark.usefixtures("app")
def test_erasing_an_address_that_nobody_has_writes_nothing(session: Session) -> None:
    done = service.erase_address(session, now=NOW, email="nobody@example.org")
    assert (done.participants, done.entries, done.messages) == (0, (), 0)
