"""Every message about a changed level as it is read, in both languages; kept in tests/golden/mail/levels.*.

After a change that is meant, write them anew with `GOLDEN=write pytest tests/unit/rsvp/test_level_messages.py`, and
read them aloud.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_item, build_participant, build_person, build_series
from tests.builders import build_session as build_workshop_session
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.programme.models import LevelProposal
from workshop.rsvp.emails import levels as emails
from workshop.rsvp.models import Answer, AnswerState

GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
pytestmark = pytest.mark.databases("sqlite")


def _build(session: Session, level: Level, language: str, starts_at: datetime | None = None) -> tuple[Answer, Person]:
    series = build_series(
        session,
        slug="canary-series",
        title=both("Série canari", "Canary series"),
        sender_name=both("Série canari", "Canary series"),
        own_sentence=both("Merci d’éteindre vos canaris.", "Please switch off your canaries."),
        own_sentence_version=1,
        level=level,
        visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC,
    )
    times = {} if starts_at is None else {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    one = build_workshop_session(
        session, series, number=4, slug="canary", title=both("Titre canari", "Canary title"), **times
    )
    speaks = build_person(session, series, language=language, name="Canari")
    build_item(session, one, title=both("Exposé canari", "Canary talk"), speakers=[speaks])
    person = build_participant(
        session, series, name="Alias", language=language, tzid="America/Toronto", address="someone@example.org"
    )
    return build_answer(session, one, person, state=AnswerState.ACCEPTED), speaks


def _raised(session: Session, level: Level, language: str) -> Iterator[str]:
    """Yield the name of each message about a stricter level, once it is queued."""
    known = {"before": Level.ON_THE_RECORD, "after": level}
    for starts_at in (None, NOW - timedelta(days=1)):
        words = ", over" if starts_at else ""
        answer, speaks = _build(session, level, language, starts_at)
        emails.level_raised(session, now=NOW, answer=answer, **known)
        yield f"level_raised{words}"
        emails.level_raised_speaker(session, now=NOW, person=speaks, workshop_session=answer.workshop_session, **known)
        yield f"level_raised_speaker{words}"
        session.rollback()


def _asked(session: Session, level: Level, language: str) -> Iterator[str]:
    """Yield the name of each message about a looser level, once it is queued: of a talk, and of the session."""
    for of_talk in (True, False):
        answer, speaks = _build(session, level, language)
        one = answer.workshop_session
        proposal = LevelProposal(
            workshop_session_id=one.id,
            item_id=one.sections[0].items[0].id if of_talk else None,
            level=Level.ON_THE_RECORD if level is Level.DISCUSSION else Level.DISCUSSION,
            proposed_at=NOW,
            proposed_by="organiser:1",
        )
        session.add(proposal)
        session.flush()
        words = ", talk" if of_talk else ""
        emails.level_asked(session, now=NOW, answer=answer, proposal=proposal)
        yield f"level_asked{words}"
        emails.level_asked_speaker(session, now=NOW, person=speaks, workshop_session=one, proposal=proposal)
        yield f"level_asked_speaker{words}"
        session.rollback()


def _each(session: Session, level: Level, language: str) -> Iterator[tuple[str, OutboxMessage]]:
    for write in (_raised, _asked):
        for name in write(session, level, language):
            message = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
            assert message is not None
            assert message.kind == name.partition(",")[0]
            yield name, message


def _readable(name: str, level: Level, message: OutboxMessage) -> str:
    """Return what is read; the HTML part says the same words, which others show."""
    files = "".join(f"Attached: {file['filename']}, {message.itip_method}\n" for file in message.attachments)
    body = re.sub(r"(\[\[link:[a-z]+:)[0-9a-f]{32}\]\]", r"\1…]]", message.body_text)
    head = f"======== {name}, {level.value}\nFrom: {message.sender_name}\nSubject: {message.subject}\n{files}"
    return f"{head}\n{body.strip()}\n\n"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_they_read_as_they_were_approved(session: Session, language: str) -> None:
    found = "".join(
        _readable(name, level, message)
        for level in (Level.DISCUSSION, Level.WHOLE_SESSION)
        for name, message in _each(session, level, language)
    )
    path = GOLDEN / f"levels.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_none_of_what_may_not_be_named_is_named(session: Session, level: Level, language: str) -> None:
    for name, message in _each(session, level, language):
        whole = f"{message.sender_name}{message.subject}{message.headers}{message.body_text}{message.body_html}"
        whole += "".join(file["content"] for file in message.attachments)
        assert not re.search("canari|canary", whole.casefold()), name


def test_a_discreet_reader_is_asked_without_the_topic(session: Session) -> None:
    answer, _speaks = _build(session, Level.DISCUSSION, "en")
    answer.participant.is_discreet = True
    one = answer.workshop_session
    proposal = LevelProposal(
        workshop_session_id=one.id, item_id=one.sections[0].items[0].id, level=Level.ON_THE_RECORD,
        proposed_at=NOW, proposed_by="organiser:1",
    )  # fmt: skip
    session.add(proposal)
    session.flush()
    emails.level_asked(session, now=NOW, answer=answer, proposal=proposal)
    emails.level_raised(session, now=NOW, answer=answer, before=Level.ON_THE_RECORD, after=Level.DISCUSSION)
    for message in session.scalars(sa.select(OutboxMessage)):
        whole = f"{message.sender_name}{message.subject}{message.headers}{message.body_text}{message.body_html}"
        assert "anary" not in whole + "".join(file["content"] for file in message.attachments)
    assert "one talk of this session." in session.scalars(sa.select(OutboxMessage.body_text)).all()[0]


def test_whoever_wants_no_calendar_files_gets_none(session: Session) -> None:
    answer, _speaks = _build(session, Level.WHOLE_SESSION, "en")
    answer.participant.wants_calendar = False
    emails.level_raised(session, now=NOW, answer=answer, before=Level.DISCUSSION, after=Level.WHOLE_SESSION)
    message = session.scalars(sa.select(OutboxMessage)).one()
    assert not message.attachments
    assert "calendar" not in message.body_text
