"""The same work for every address, so that time tells nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_session
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.rsvp.models import Choice
from workshop.rsvp.rule import notice_id
from workshop.rsvp.service.asking import MAILS_PER_HOUR, Asked, request_answer


def test_beyond_the_limit_no_mail_leaves_and_the_work_is_the_same(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    workshop_session = build_session(session)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement.split("SAVEPOINT", maxsplit=1)[0])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    works = []
    for number in range(MAILS_PER_HOUR + 1):
        statements.clear()
        asked = Asked(
            name=f"Une personne {number}",
            address="someone@example.org",
            choice=Choice.ACCEPTED,
            language="fr",
            tzid="Europe/Paris",
            notices=[notice_id(current_notice(Level.DISCUSSION))],
            notice_language="fr",
        )
        request_answer(session, now=NOW + timedelta(seconds=number), workshop_session=workshop_session, values=asked)
        works.append([one for one in statements if "outbox_message" in one])
        session.expunge_all()
        workshop_session = session.merge(workshop_session)
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert works[-1] == works[-2]
    states = session.scalars(sa.select(OutboxMessage.state).order_by(OutboxMessage.id)).all()
    assert states == [OutboxState.SUPERSEDED] * (MAILS_PER_HOUR - 1) + [OutboxState.QUEUED]
