"""Every message about answers as it is read, in both languages, named and neutral; kept in tests/golden/mail.

After a change that is meant, write them anew with `GOLDEN=write pytest tests/unit/rsvp/test_messages.py`, and read
them aloud.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.unit.rsvp.seats import fill
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.rsvp import emails
from workshop.rsvp.emails.offers import answer_withdrawn
from workshop.rsvp.models import AddressChange, Answer, AnswerState, Invitation, InvitationKind
from workshop.rsvp.service.standing import set_state

GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
WORDS = both(
    "Les places du canari vont d’abord aux associations.", "The canary’s places go to community organisations first."
)
"""What an organiser typed, and may name what a neutral message must not."""
S = AnswerState
pytestmark = pytest.mark.databases("sqlite")


def _build(session: Session, level: Level, language: str, state: AnswerState) -> Answer:
    series = build_series(
        session,
        slug="canary-series",
        title=both("Série canari", "Canary series"),
        sender_name=both("Série canari", "Canary series"),
        level=level,
        visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC,
    )
    one = build_session(
        session, series, number=4, slug="canary", capacity=1, title=both("Titre canari", "Canary title")
    )
    fill(session, one, 1)
    person = build_participant(
        session, series, name="Alias", language=language, tzid="America/Toronto", address="someone@example.org"
    )
    return build_answer(
        session, one, person, state=state, waitlisted_at=NOW if state in {S.WAITLISTED, S.OFFERED} else None
    )


def _about_answers(session: Session, level: Level, language: str) -> Iterator[str]:
    """Yield the name of each message about where an answer stands, once it is queued."""
    for state in (S.ACCEPTED, S.TENTATIVE, S.WAITLISTED, S.REQUESTED, S.DECLINED):
        emails.answer_recorded(session, now=NOW, answer=_build(session, level, language, state))
        yield f"answer_recorded, {state.value}"
    for state in (S.WITHDRAWN, S.WAITLISTED):
        answer = _build(session, level, language, S.TENTATIVE)
        emails.answer_recorded(session, now=NOW - timedelta(hours=1), answer=answer)
        session.execute(sa.update(OutboxMessage).values(state=OutboxState.SENT))
        set_state(session, answer, state, now=NOW)
        answer.waitlisted_at = NOW if state is S.WAITLISTED else None
        session.flush()
        emails.answer_recorded(session, now=NOW, answer=answer)
        yield f"answer_recorded, {state.value} after a request"
    for state in (S.OFFERED, S.WAITLISTED):
        answer = _build(session, level, language, state)
        answer.offer_expires_at = NOW + timedelta(hours=17, minutes=30) if state is S.OFFERED else None
        answer.added_reason = "Pour le canari, par téléphone" if language == "fr" else "About the canary, by telephone"
        emails.added_by_hand(session, now=NOW, answer=answer)
        yield f"added_by_hand, {state.value}"
    for state in (S.ACCEPTED, S.REQUESTED, S.PENDING, S.LAPSED):
        emails.session_announced(session, now=NOW, answer=_build(session, level, language, state))
        yield f"session_announced, {state.value}"
    answer = _build(session, level, language, S.OFFERED)
    answer.offer_expires_at = NOW + timedelta(hours=17, minutes=30)
    emails.place_offered(session, now=NOW, answer=answer)
    yield "place_offered"
    emails.place_lapsed(session, now=NOW, answer=_build(session, level, language, S.LAPSED))
    yield "place_lapsed"
    emails.place_free(session, now=NOW, answer=_build(session, level, language, S.WAITLISTED))
    yield "place_free"
    answer = _build(session, level, language, S.DECLINED)
    answer.refusal_text = WORDS
    emails.answer_refused(session, now=NOW, answer=answer)
    yield "answer_refused"
    answer_withdrawn(session, now=NOW, answer=_build(session, level, language, S.WITHDRAWN), words=WORDS)
    yield "answer_withdrawn"


def _links_and_invitations(session: Session, level: Level, language: str) -> Iterator[str]:
    """Yield the name of each message that brings a link or an invitation, once it is queued."""
    answer = _build(session, level, language, S.PENDING)
    person = answer.participant
    emails.confirm_address(
        session, now=NOW, participant=person, session_ids=[answer.workshop_session_id], language=language
    )
    yield "confirm_address"
    change = AddressChange(
        participant=_build(session, level, language, S.ACCEPTED).participant, address="new@example.org", created_at=NOW
    )
    session.add(change)
    session.flush()
    emails.confirm_new_address(session, now=NOW, change=change, language=language)
    yield "confirm_new_address"
    for is_new in (False, True):
        person = _build(session, level, language, S.ACCEPTED).participant
        emails.link_resent(session, now=NOW, participant=person, is_new=is_new)
        yield "link_resent, new" if is_new else "link_resent"
    for count, is_reminder in ((1, False), (2, False), (1, True), (2, True)):
        emails.invitation(
            session, now=NOW, invitation=_invite(session, level, language, count), is_reminder=is_reminder
        )
        yield f"{'invitation_reminder' if is_reminder else 'invitation'}, {count}"


def _invite(session: Session, level: Level, language: str, count: int) -> Invitation:
    """Return somebody's invitation: one to a single session is locked, one to two comes from a partner."""
    one = _build(session, level, language, S.ACCEPTED).workshop_session
    sessions = [one]
    if count > 1:
        later = {"starts_at": one.starts_at + timedelta(days=7), "title": both("Autre canari", "Other canary")}
        sessions.append(build_session(session, one.series, number=5, slug="later", **later))
    found = Invitation(
        kind=InvitationKind.PERSON,
        series=one.series,
        sessions=sessions,
        address="guest@example.org",
        address_folded="guest@example.org",
        language=language,
        is_locked=count == 1,
        organisation="Association canari" if count > 1 else "",
        created_at=NOW,
    )
    session.add(found)
    session.flush()
    return found


def _each(session: Session, level: Level, language: str) -> Iterator[tuple[str, OutboxMessage]]:
    for write in (_about_answers, _links_and_invitations):
        for name in write(session, level, language):
            message = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
            assert message is not None
            assert message.kind == name.partition(",")[0]
            yield name, message
            session.rollback()


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
        for level in (Level.DISCUSSION, Level.CLOSED)
        for name, message in _each(session, level, language)
    )
    path = GOLDEN / f"rsvp.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_none_of_a_closed_session_names_series_topic_or_partner(session: Session, language: str) -> None:
    for name, message in _each(session, Level.CLOSED, language):
        whole = f"{message.sender_name}{message.subject}{message.headers}{message.body_text}{message.body_html}"
        whole += "".join(file["content"] for file in message.attachments)
        assert not re.search("canari|canary", whole.casefold()), name
