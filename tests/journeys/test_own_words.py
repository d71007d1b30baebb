"""A series' own words in every kind of message that may have them, written by what really writes it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.mails import MAILS, Case, build
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.mail.render import outline
from workshop.mail.texts import KINDS, OwnText, save_own

OWN = "Canary words of the organisers."
NAMED = sorted(set(KINDS) - {"invitation", "invitation_reminder"})
"""An invitation knows nobody's name."""


def _write(case: Case, kind: str) -> OutboxMessage:
    original = outline(kind, case.language)
    greeting = "{name} – " if kind in NAMED else ""
    own = OwnText(f"Canary subject, {original.subject}", f"{greeting}{OWN}\n\n{original.body}")
    case.session.flush()
    series_id = case.about.series_id
    save_own(case.session, now=NOW, series_id=series_id, kind=kind, language=case.language, own=own)
    MAILS[kind][1](case)
    statement = sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id.desc())
    found = case.session.scalars(statement).first()
    assert found is not None
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_they_are_in_the_message_and_nothing_else_is_lost(session: Session, kind: str) -> None:
    for language in ("en", "fr"):
        case = build(session, Level.DISCUSSION, language, MAILS[kind][0])
        message = _write(case, kind)
        assert message.basis["is_neutral"] is False
        assert message.subject.startswith("Canary subject, ")
        assert OWN in message.body_text
        assert OWN in message.body_html
        if kind in NAMED:
            name = case.speaker.name if "speaker" in kind else case.answer.participant.name
            assert f"{name} – {OWN}" in message.body_text
            assert f"{name} – {OWN}" in message.body_html
        session.rollback()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_neutral_mail_has_none_of_them(session: Session, kind: str, level: Level) -> None:
    message = _write(build(session, level, "en", MAILS[kind][0]), kind)
    assert message.basis["is_neutral"] is True
    assert "Canary" not in message.subject + message.body_text + message.body_html


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("kind", [kind for kind in NAMED if "speaker" not in kind])
def test_nor_has_mail_to_somebody_discreet(session: Session, kind: str) -> None:
    case = build(session, Level.DISCUSSION, "en", MAILS[kind][0])
    case.answer.participant.is_discreet = True
    message = _write(case, kind)
    assert message.basis["is_neutral"] is True
    assert "Canary" not in message.subject + message.body_text + message.body_html
