"""What those reach who know of a session and hold no seat, a partner and a helper: no name, room or list of others."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_organiser, build_participant
from tests.journeys.crawl import Crawl, crawl
from tests.journeys.test_public_crawl import (
    ADDRESS,
    AFFILIATION,
    CANARIES,
    CLOSED_ABSTRACT,
    CLOSED_SLUG,
    CLOSED_TITLE,
    MODERATOR,
    NAME,
    PARTICIPANT,
    ROOM,
    _plant,
)
from tests.web.workspace import sign_in
from workshop.accounts.models import Role
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.emails.offers import answer_withdrawn
from workshop.rsvp.models import Answer, AnswerState, Invitation
from workshop.rsvp.service import inviting

pytestmark = pytest.mark.usefixtures("clock")
OTHERS = {PARTICIPANT, ADDRESS, ROOM}
SPEAKERS = {NAME, MODERATOR, AFFILIATION}
INVITED_ONLY = {CLOSED_TITLE, CLOSED_SLUG}
WITHOUT_SEAT = tuple(state for state in AnswerState if state not in {AnswerState.ACCEPTED, AnswerState.PENDING})


def _found(result: Crawl) -> set[str]:
    return {canary for canary in CANARIES if result.where(canary)}


def _answer(session: Session, workshop_session: WorkshopSession, state: AnswerState) -> Answer:
    is_listed = state in {AnswerState.WAITLISTED, AnswerState.OFFERED}
    return build_answer(
        session,
        workshop_session,
        build_participant(session, workshop_session.series, name="Ego", language="en"),
        state=state,
        waitlisted_at=NOW if is_listed else None,
        offer_expires_at=NOW + timedelta(hours=3) if state is AnswerState.OFFERED else None,
    )


def _own_page(session: Session, answer: Answer) -> str:
    token = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
    session.commit()
    return f"/en/my/{token}/"


def _invited(session: Session, *sessions: WorkshopSession) -> str:
    inviting.invite(
        session,
        now=NOW,
        workshop_sessions=sessions,
        invitees=[inviting.Invitee("ego@example.org", "Ego", "en")],
        organisation="ONG",
        is_locked=False,
        made_by=None,
        actor="organiser:1",
    )
    found = session.scalars(sa.select(Invitation)).one()
    token = issue(session, purpose=Purpose.INVITATION, subject=found.subject)
    session.commit()
    return f"/en/invitation/{token}/"


def test_a_seat_shows_the_speakers_on_the_personal_page_and_nowhere_else(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    """So the crawls below could find them."""
    answer = _answer(session, _plant(app, session)[Level.WHOLE_SESSION], AnswerState.ACCEPTED)
    path = _own_page(session, answer)
    result = crawl(client, (path,))
    assert _found(result) == SPEAKERS
    assert {page for canary in SPEAKERS for page in result.where(canary)} <= {path, path.replace("/en/", "/fr/")}


@pytest.mark.parametrize("state", WITHOUT_SEAT)
def test_without_a_seat_nobody_s_name_is_reached(
    app: Flask, client: FlaskClient, session: Session, state: AnswerState
) -> None:
    by_level = _plant(app, session)
    whole = _own_page(session, _answer(session, by_level[Level.WHOLE_SESSION], state))
    assert _found(crawl(client, (whole,))) == set()
    closed = _own_page(session, _answer(session, by_level[Level.CLOSED], state))
    found = _found(crawl(client, (closed,)))
    assert not found & (OTHERS | SPEAKERS | {CLOSED_ABSTRACT})


def test_an_invitation_shows_what_one_is_invited_to_and_nobody(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    by_level = _plant(app, session)
    path = _invited(session, by_level[Level.WHOLE_SESSION], by_level[Level.CLOSED])
    result = crawl(client, (path,))
    assert _found(result) == INVITED_ONLY
    assert {page.rpartition("?")[0] or page for page in result.where(CLOSED_TITLE)} <= {
        path,
        path.replace("/en/", "/fr/"),
    }
    assert result.where("ego@example.org") == []


def test_no_mail_about_a_place_or_an_invitation_names_anybody_or_anything(app: Flask, session: Session) -> None:
    by_level = _plant(app, session)
    for level in (Level.WHOLE_SESSION, Level.CLOSED):
        for state in (*WITHOUT_SEAT, AnswerState.ACCEPTED):
            answer = _answer(session, by_level[level], state)
            answer.refused_at, answer.refusal_text = NOW, both("Un mot.", "A word.")
            emails.answer_recorded(session, now=NOW, answer=answer)
            answer = _answer(session, by_level[level], state)
            answer_withdrawn(session, now=NOW, answer=answer, words=both("Un mot.", "A word."))
        for state, message in (
            (AnswerState.OFFERED, emails.place_offered),
            (AnswerState.LAPSED, emails.place_lapsed),
            (AnswerState.WAITLISTED, emails.place_free),
            (AnswerState.DECLINED, emails.answer_refused),
            (AnswerState.OFFERED, emails.added_by_hand),
            (AnswerState.ACCEPTED, emails.session_announced),
        ):
            message(session, now=NOW, answer=_answer(session, by_level[level], state))
    _invited(session, by_level[Level.DISCUSSION], by_level[Level.CLOSED])
    found = session.scalars(sa.select(Invitation)).one()
    for is_reminder in (False, True):
        emails.invitation(session, now=NOW, invitation=found, is_reminder=is_reminder)
    title = by_level[Level.CLOSED].series.title
    mails = session.scalars(sa.select(OutboxMessage)).all()
    assert {one.kind for one in mails} >= {"place_offered", "place_free", "answer_withdrawn", "invitation_reminder"}
    for one in mails:
        whole = "\n".join((
            one.subject, one.sender_name, str(one.headers), one.body_text, one.body_html, str(one.attachments),
        ))  # fmt: skip
        assert [canary for canary in CANARIES if canary.casefold() in whole.casefold()] == [], one.kind
        assert [name for name in (title["fr"], title["en"]) if name in one.subject + one.sender_name] == [], one.kind


@pytest.mark.parametrize("role", [Role.PARTNER, Role.HELPER])
def test_partners_and_helpers_reach_no_list_no_address_and_no_room(
    app: Flask, client: FlaskClient, session: Session, role: Role
) -> None:
    by_level = _plant(app, session)
    _invited(session, by_level[Level.DISCUSSION])
    organiser = build_organiser(session, by_level[Level.CLOSED].series, role=role)
    organiser.roles[0].organisation = "ONG" if role is Role.PARTNER else ""
    organiser.roles[0].workshop_session_id = by_level[Level.CLOSED].id if role is Role.HELPER else None
    sign_in(client, organiser)
    result = crawl(client, ("/en/organise/",))
    series = by_level[Level.CLOSED].series.slug
    begun = "/invitations" if role is Role.PARTNER else f"/{CLOSED_SLUG}/check-in"
    assert f"/en/organise/series/{series}{begun}" in result.pages
    assert not _found(result) & OTHERS
    if role is Role.PARTNER:
        assert _found(result) == set()
        assert result.where("ego@example.org") == []
