"""`workshop privacy export · erase · purge`, and the log's own command."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from workshop.accounts.models import Organiser
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break, find_head, record
from workshop.cli import audit
from workshop.core.db import Base
from workshop.core.erasures import FILE
from workshop.core.language import speaking
from workshop.mail.models import OutboxMessage
from workshop.mail.service import mail_folder
from workshop.people.models import Person
from workshop.privacy.cli import privacy
from workshop.programme.models import SpeakerSlot
from workshop.rsvp import emails
from workshop.rsvp.models import Invitation, InvitationKind, LinkRequest, Participant
from workshop.rsvp.service import request_address

GROUPS = {"privacy": privacy, "audit": audit}
ADDRESS = "Ana.Kanari@example.org"
pytestmark = pytest.mark.usefixtures("clock")


class Command:
    """Runs `workshop …` on the test's own database."""

    def __init__(self, app: Flask, session: Session) -> None:
        self._app, self._session = app, session

    def __call__(self, group: str, *arguments: str, typed: str = "") -> Result:
        self._session.commit()
        with speaking("en"):
            result = self._app.test_cli_runner().invoke(GROUPS[group], list(arguments), input=typed)
        self._session.expire_all()
        return result


@pytest.fixture
def command(app: Flask, session: Session) -> Command:
    return Command(app, session)


def _hold(session: Session) -> None:
    """Hold something under the address in every way there is."""
    first, second = build_series(session, contact=ADDRESS), build_series(session)
    for series in (first, second):
        participant = build_participant(session, series, address=ADDRESS, name="Ana-Kanari")
        answer = build_answer(session, build_session(session, series), participant)
        emails.answer_recorded(session, now=NOW, answer=answer)
    third = build_series(session)
    other = build_participant(session, third, address="other@example.org")
    request_address(session, now=NOW, participant=other, address=ADDRESS)
    session.add(Invitation(
        series_id=third.id, kind=InvitationKind.PERSON, address=ADDRESS, address_folded=ADDRESS.casefold(),
        name="Ana-Kanari", language="fr", created_at=NOW,
    ))  # fmt: skip
    session.add(LinkRequest(address_folded=ADDRESS.casefold(), language="fr", created_at=NOW))
    speaker = build_person(session, second, email=ADDRESS, name="Ana-Kanari")
    build_item(session, build_session(session, second), speakers=[speaker])
    build_organiser(session, third, email=ADDRESS, name="Ana-Kanari")
    build_organiser(session, third)
    session.commit()


def _everything(session: Session) -> str:
    """Return all rows but those of series, whose contact is not for this command to change."""
    return repr([
        list(session.execute(sa.select(table))) for name, table in Base.metadata.tables.items() if name != "series"
    ]).casefold()  # fmt: skip


def test_export_prints_all_that_stands_under_an_address(command: Command, session: Session) -> None:
    _hold(session)
    result = command("privacy", "export", ADDRESS.upper())
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert len(found["participant"]) == 2
    assert {one["held"]["name"] for one in found["participant"]} == {"Ana-Kanari"}
    assert all(one["messages"] for one in found["participant"])
    assert len(found["new_address_of_a_participant"]) == len(found["invited"]) == len(found["links_asked_for"]) == 1
    assert found["speaker"][0]["name"] == "Ana-Kanari"
    assert len(found["speaking"][0]["parts"]) == 1
    assert found["organiser"]["email"] == ADDRESS
    assert len(found["contact_of"]) == 1
    assert [message["kind"] for message in found["messages"]] == ["confirm_new_address"]
    assert "password" not in result.output
    assert "[[link" not in result.output


def test_erase_takes_all_of_it_and_says_so(command: Command, session: Session, instance_path: Path) -> None:
    _hold(session)
    result = command("privacy", "erase", ADDRESS, "--yes")
    assert result.exit_code == 0, result.output
    for line in (
        "2 participants",
        "1 invitation",
        "1 request for a link",
        "1 person in programmes",
        "1 organiser’s account",
    ):
        assert f"  {line}" in result.output
    assert "prints this address as its contact" in result.output
    assert "kanari" not in _everything(session)
    assert session.scalars(sa.select(Person)).all() == []
    assert session.scalars(sa.select(SpeakerSlot)).all() == []
    assert len(session.scalars(sa.select(Organiser)).all()) == 1
    assert "other@example.org" in _everything(session)
    assert (instance_path / FILE).read_text("ascii").count("\n") == 6
    rows = session.scalars(sa.select(LogEntry).where(LogEntry.action == "privacy.erase")).all()
    assert all(f"{entry.id}:{entry.hash}" in result.output for entry in rows)
    assert find_break(session) is None


def test_erase_asks_first(command: Command, session: Session) -> None:
    build_participant(session, build_series(session), address=ADDRESS)
    assert command("privacy", "erase", ADDRESS, typed="n\n").exit_code == 1
    assert session.scalars(sa.select(Participant.address)).one() == ADDRESS
    assert command("privacy", "erase", ADDRESS, typed="y\n").exit_code == 0
    assert session.scalars(sa.select(Participant.address)).one() is None


def test_erase_leaves_no_series_without_an_owner(command: Command, session: Session) -> None:
    series = build_series(session, slug="alone")
    build_organiser(session, series, email=ADDRESS)
    build_participant(session, series, address=ADDRESS)
    result = command("privacy", "erase", ADDRESS, "--yes")
    assert result.exit_code == 1
    assert "nobody else owns alone" in result.output
    assert session.scalars(sa.select(Participant.address)).one() == ADDRESS


@pytest.mark.parametrize("verb", ["export", "erase"])
def test_what_is_no_address_is_refused(command: Command, verb: str) -> None:
    result = command("privacy", verb, "nobody", *["--yes"] * (verb == "erase"))
    assert (result.exit_code, "This is no e-mail address: nobody" in result.output) == (1, True)


def test_a_dry_run_counts_and_changes_nothing(
    command: Command, session: Session, instance_path: Path, clock: object
) -> None:
    _hold(session)
    message = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)).first()
    assert message is not None
    message.finished_at = NOW - timedelta(days=8)
    mail_folder().mkdir()
    file = mail_folder() / f"20261101T000000Z-{message.id}.eml"
    file.write_text("body")
    session.commit()
    before = _everything(session)
    result = command("privacy", "purge", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "This would be erased:" in result.output
    assert "       1  texts of messages" in result.output
    assert file.exists()
    assert _everything(session) == before
    result = command("privacy", "purge")
    assert "Erased:" in result.output
    assert "       1  texts of messages" in result.output
    assert not file.exists()
    assert "       0  texts of messages" in command("privacy", "purge").output


def test_the_log_says_its_head_and_finds_a_cut_tail(app: Flask, command: Command, session: Session) -> None:
    for number in range(3):
        record(session, now=NOW, actor="command", action="test.act", details={"number": number})
    head = find_head(session)
    assert head is not None
    noted = f"{head[0]}:{head[1]}"
    result = command("audit", "verify")
    assert (result.exit_code, noted in result.output) == (0, True)
    assert command("audit", "verify", "--expect", noted).exit_code == 0
    # Whoever owns the file takes the guard away, and the last row with it.
    dialect = session.get_bind().dialect.name
    guard = "DROP TRIGGER log_entry_no_delete" if dialect == "sqlite" else "ALTER TABLE log_entry DISABLE TRIGGER USER"
    session.execute(sa.text(guard))
    session.execute(sa.delete(LogEntry).where(LogEntry.id == 3))
    assert command("audit", "verify").exit_code == 0
    cut = command("audit", "verify", "--expect", noted)
    assert (cut.exit_code, "broken at row 3" in cut.output) == (1, True)
    record(session, now=NOW, actor="command", action="test.act", details={"number": 9})
    assert command("audit", "verify", "--expect", noted).exit_code == 1
    assert command("audit", "verify", "--expect", "3:xyz").exit_code == 2
    if dialect != "sqlite":
        session.execute(sa.text("ALTER TABLE log_entry ENABLE TRIGGER USER"))
        session.commit()
