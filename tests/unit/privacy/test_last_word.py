"""The message that tells of an erasure: it names nothing, and is forgotten as soon as it has left or never will."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_session
from workshop.mail import suppression
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.personal_data import LAST_WORD, forget_last_words
from workshop.privacy import service
from workshop.rsvp.models import Participant

pytestmark = pytest.mark.usefixtures("app")
ADDRESS = "ana.lefevre@example.org"


def build(session: Session, **values: object) -> Participant:
    workshop_session = build_session(session)
    participant = build_participant(session, workshop_session.series, address=ADDRESS, language="en", **values)
    build_answer(session, workshop_session, participant)
    return participant


def find(session: Session) -> OutboxMessage | None:
    return session.scalar(sa.select(OutboxMessage).where(OutboxMessage.kind == "data_erased"))


def test_it_goes_to_the_address_in_its_language_and_names_nothing(session: Session) -> None:
    participant = build(session)
    title = str(participant.series.title["en"])
    service.erase(session, now=NOW, participant=participant, tells=True)
    found = find(session)
    assert found is not None
    assert (found.recipient, found.language, found.person_ref) == (ADDRESS, "en", LAST_WORD)
    assert (found.series_id, found.workshop_session_id, found.answer_ref) == (None, None, "")
    assert found.subject == "Your data has been erased"
    for part in (found.subject, found.body_text, found.body_html):
        assert title not in part
        assert "http" not in part.replace("http-equiv", "")


@pytest.mark.parametrize("tells", [True, False])
def test_nobody_is_told_without_an_address_or_unasked(session: Session, *, tells: bool) -> None:
    participant = build(session)
    if tells:
        participant.address = participant.address_folded = None
    service.erase(session, now=NOW, participant=participant, tells=tells)
    assert find(session) is None


@pytest.mark.parametrize("state", [OutboxState.SENT, OutboxState.FAILED, OutboxState.EXPIRED, OutboxState.UNCERTAIN])
def test_it_is_forgotten_however_it_ended(session: Session, state: OutboxState) -> None:
    service.erase(session, now=NOW, participant=build(session), tells=True)
    found = find(session)
    assert found is not None
    assert forget_last_words(session, now=NOW) == 0
    assert found.expires_at == NOW + timedelta(hours=24)
    found.state, found.finished_at = state, NOW
    session.flush()
    assert forget_last_words(session, now=NOW) == 1
    assert (found.recipient, found.subject, found.body_text, found.body_html) == ("", "", "", "")
    assert found.state is state
    assert forget_last_words(session, now=NOW) == 0


def test_erasing_forgets_that_mail_came_back(session: Session, app: Flask) -> None:
    participant = build(session)
    suppression.suppress(session, address=ADDRESS.upper(), status="5.1.1", now=NOW)
    assert service.export(session, now=NOW, participant=participant)["mail_came_back"] == "5.1.1"
    service.erase(session, now=NOW, participant=participant)
    assert suppression.status_of(session, ADDRESS) is None


def test_half_a_year_later_nobody_knows_that_mail_came_back(session: Session) -> None:
    suppression.suppress(session, address=ADDRESS, status="5.1.1", now=NOW)
    suppression.suppress(session, address=ADDRESS, status="5.1.2", now=NOW + timedelta(days=9))
    assert suppression.status_of(session, ADDRESS) == "5.1.1"
    service.purge(session, now=NOW + timedelta(days=179))
    assert suppression.statuses_of(session, [ADDRESS, "", "other@example.org"]) == {ADDRESS: "5.1.1"}
    service.purge(session, now=NOW + timedelta(days=180))
    assert suppression.status_of(session, ADDRESS) is None
